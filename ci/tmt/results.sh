#!/bin/sh
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# results.sh: runs ipc-conform and writes tmt's results.yaml.
# PROGRAM: the path of the program; by default the one in the folder of this file, or else in PATH.
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=${PROGRAM:-$here/ipc-conform}
[ -x "$program" ] || program=$(command -v ipc-conform) || {
	echo "results.sh: ipc-conform is neither in $here nor in PATH" >&2
	exit 2
}
log=$TMT_TEST_DATA/ipc-conform.ktap
"$program" run --format ktap --output "$log"
status=$?
cat "$log"

# Each line is an entry of a YAML list.  The name of a result is a path, so slashes replace the dots
# of the check's name.  The reason is a note in apostrophes; YAML writes an apostrophe in it twice.
{
	case $status in
	0) echo "- {name: /, result: pass}" ;;
	1) echo "- {name: /, result: fail}" ;;
	4) echo "- {name: /, result: skip}" ;;
	*) echo "- {name: /, result: error, note: ['exit status $status']}" ;;
	esac
	sed -n "
		s/'/''/g
		s/^not ok [0-9]* \([^ ]*\) # XFAIL \(.*\)/- {name: \1, result: skip, note: ['expected to fail: \2']}/
		s/^ok [0-9]* \([^ ]*\) # XFAIL \(.*\)/- {name: \1, result: skip, note: ['expected to fail: \2']}/
		s/^ok [0-9]* \([^ ]*\) # SKIP \(.*\)/- {name: \1, result: skip, note: ['\2']}/
		s/^not ok [0-9]* \([^ ]*\).*/- {name: \1, result: fail}/
		s/^ok [0-9]* \([^ ]*\).*/- {name: \1, result: pass}/
		/^- {/{
			:slash
			s,^\(- {name: [^ .]*\)\.,\1/,
			t slash
			s,^- {name: ,&/,
			p
		}" "$log"
} >"$TMT_TEST_DATA/results.yaml"
exit $status
