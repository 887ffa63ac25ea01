#!/bin/sh
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# Runs ipc-conform, and writes a line for each check into output/result.txt.

# shellcheck disable=SC1091
. ../../lib/sh-test-lib

OUTPUT="$(pwd)/output"
RESULT_FILE="${OUTPUT}/result.txt"
LOGFILE="${OUTPUT}/ipc-conform.ktap"
export RESULT_FILE

PROGRAM=""
ONLY=""
SKIP=""
JOBS="1"

usage() {
    echo "Usage: $0 [-p program] [-o only-globs] [-s skip-globs] [-j jobs]" 1>&2
    exit 1
}

while getopts "p:o:s:j:h" opt; do
    case "${opt}" in
        p) PROGRAM="${OPTARG}" ;;
        o) ONLY="${OPTARG}" ;;
        s) SKIP="${OPTARG}" ;;
        j) JOBS="${OPTARG}" ;;
        *) usage ;;
    esac
done

create_out_dir "${OUTPUT}"

if [ -z "${PROGRAM}" ] && ! PROGRAM=$(command -v ipc-conform); then
    PROGRAM="./bin/$(uname -m)/ipc-conform"
fi

set -f
set -- --jobs "${JOBS}"
for glob in ${ONLY}; do
    set -- "$@" --only "${glob}"
done
for glob in ${SKIP}; do
    set -- "$@" --skip "${glob}"
done

"${PROGRAM}" run --format ktap --output "${LOGFILE}" "$@"
status=$?
cat "${LOGFILE}"

# An expected failure (XFAIL) is skipped; an unexpected pass (XPASS) is a failure.
sed -n \
    -e 's/^not ok [0-9]* \([^ ]*\) # XFAIL.*/\1 skip/p' -e t \
    -e 's/^ok [0-9]* \([^ ]*\) # XFAIL.*/\1 skip/p' -e t \
    -e 's/^ok [0-9]* \([^ ]*\) # SKIP.*/\1 skip/p' -e t \
    -e 's/^not ok [0-9]* \([^ ]*\).*/\1 fail/p' -e t \
    -e 's/^ok [0-9]* \([^ ]*\).*/\1 pass/p' "${LOGFILE}" >>"${RESULT_FILE}"

# The result of the whole program, which also fails if it could not run.
case "${status}" in
    0) report_pass "ipc-conform" ;;
    4) report_skip "ipc-conform" ;;
    *) report_fail "ipc-conform" ;;
esac
