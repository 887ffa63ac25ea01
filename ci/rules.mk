# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- lint -----------------------------------------------------------------------------

C_FILES := $(wildcard conformance/*/*.[ch] conformance/*/*/*.[ch] conformance/*/*.def \
	binding/src/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])
PYTHON_FILES := setup.py binding conformance tests
MANUAL_PAGES := conformance/harness/ipc-conform.1 conformance/btf/ipc-btf.1 conformance/stress/ipc-stress.1 \
	binding/python-ipc.1
SHELL_FILES = ci/private-apt $(sort $(call once,shells,grep -rl '^\#!/bin/sh' ci conformance tests))

# clang-tidy reads a file again only if the file, a header or the settings change.
TIDY = $(patsubst %.c,$(OUT)/tidy/%,$(filter %.c,$(C_FILES)))
$(OUT)/tidy/%: %.c .clang-tidy $(filter %.h %.def,$(C_FILES)) $(OUT)/kernel_constants.h
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	$(Q)clang-tidy --quiet $< -- $(HARNESS_FLAGS) -Ibinding/src -Itests/conformance/unit -DARCH='"$(TARGET)"' \
	 -DBUILD='"static"' -DPy_LIMITED_API=0x030b0000 \
	 -isystem $(PYTHON_INCLUDE) $(if $(filter $<,$(TIDY_DEEP)),,$(TIDY_SHALLOW)) 2>$@.log >&2 || { cat $@.log; exit 1; }
	@touch $@
# The analyzer follows the paths of a function up to this many nodes, a tenth of its default.  With
# the default, lint takes 2.5 times as long.  With this limit the analyzer reaches the same blocks,
# except in the files of TIDY_DEEP (clang --analyze with the checker debug.Stats counts the blocks).
TIDY_SHALLOW := -Xclang -analyzer-config -Xclang max-nodes=20000
TIDY_DEEP := $(addprefix binding/src/,inbox.c sem.c shm.c) $(addprefix conformance/,abi/rules.c btf/image.c \
	checks/model/random.c cost/measure.c harness/expected.c) tests/fuzz/msg.c tests/fuzz/sem.c

do-lint: python
	$(Q)$(MAKE) $(QUIET) $(PARALLEL) $(TIDY)
	$(call say,FORMAT,'$(words $(C_FILES)) files')
	$(Q)clang-format --dry-run -Werror $(filter-out %.def,$(C_FILES))
	$(call say,MANDOC,$(MANUAL_PAGES))
	$(Q)mandoc -Tlint -W warning $(MANUAL_PAGES)
	$(call say,SHELL,'$(SHELL_FILES)')
	$(Q)shellcheck -x $(SHELL_FILES)
	$(call say,FLAKE8,'$(PYTHON_FILES)')
	$(Q)$(PYTHON) -m flake8 --max-line-length 100 $(PYTHON_FILES)
	$(call say,MYPY,'$(PYTHON_FILES)')
	$(Q)MYPYPATH=build/python $(PYTHON) -m mypy --no-incremental
	$(call say,STUBTEST,ipc)
	$(Q)cd build/python && $(PYTHON) -m mypy.stubtest --allowlist $(CURDIR)/binding/stubtest.allowlist \
	 --ignore-unused-allowlist ipc
