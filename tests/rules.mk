# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- every test --------------------------------------------------------------------

# The harness's parts, with checks made for these tests in place of the real ones.
UNIT_OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/conformance/unit/*.c)) \
	$(filter-out $(OUT)/conformance/checks/% $(OUT)/conformance/abi/checks.o,$(HARNESS_OBJECTS)) \
	$(OUT)/conformance/checks/history/judge.o
$(OUT)/unit-tests: $(UNIT_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check)

# The harness with mutants between the checks and the calls.
MUTANT_OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/mutants/checks/*.c)) \
	$(OUT)/mutants-main.o $(OUT)/mutants-calls.o \
	$(filter-out $(OUT)/conformance/harness/calls.o,$(HARNESS_OBJECTS))
MUTANT_WRAPS := -Wl,--wrap=ftok,--wrap=libc_layer,--wrap=kernel_layer,--wrap=probe_needs,--wrap=isolate \
	-Wl,--wrap=unshare,--wrap=setns,--wrap=clone,--wrap=open,--wrap=fopen,--wrap=lseek,--wrap=read,--wrap=write \
	-Wl,--wrap=munmap,--wrap=mprotect,--wrap=mremap,--wrap=madvise,--wrap=msync,--wrap=ptrace
$(OUT)/mutants-calls.o: conformance/harness/calls.c $(OUT)/kernel_constants.h $(OUT)/flags
	$(call say,CC,$@)
	$(Q)$(COMPILE) -Dlibc_calls=real_libc_calls -Draw_calls=real_raw_calls \
	 -Dmultiplexed_calls=real_multiplexed_calls -c -o $@ $<
$(OUT)/mutants-main.o: conformance/harness/main.c $(OUT)/kernel_constants.h $(OUT)/flags
	$(call say,CC,$@)
	$(Q)$(COMPILE) -Wno-missing-prototypes -Dmain=conform_main -DBUILD='"mutants"' -c -o $@ $<
$(OUT)/ipc-conform-mutants: $(MUTANT_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MUTANT_WRAPS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check)

# KIND is a folder of tests/mutants, ONLY has globs of names of its mutants, and MUTANTS has other
# options of its runner.  The last line of each runner is "N mutants, N caught".
MUTANT_KINDS := abi binding checks fuzz kernel memory
CHOSEN = $(ONLY:%=--only '%') $(MUTANTS)
.PHONY: $(MUTANT_KINDS:%=do-mutants-%)
do-mutants:
	$(if $(filter $(KIND),$(MUTANT_KINDS)),,$(error KIND: invalid value '$(KIND)' ($(MUTANT_KINDS))))
	$(Q)$(MAKE) $(QUIET) do-mutants-$(KIND)
do-mutants-checks: $(OUT)/ipc-conform-mutants
	$(Q)$(PYTHON) tests/mutants/checks/table.py $(CHOSEN) $<

# A test spends half of its time waiting, so pytest has twice as many workers as there are jobs.
WORKERS = $(shell expr 2 \* $(JOBS))
# Independent stages run side by side, the longest first, and each prints its output when it ends.
# Both compilers have the same warnings as errors.
STAGES := stress kernels lint debug-builds interpreters clang abi conform unit-tests
.PHONY: $(STAGES:%=stage-%)
stage-abi stage-conform stage-lint: stage-%:
	$(Q)$(MAKE) $(QUIET) do-$*
stage-clang:
	$(Q)$(MAKE) $(QUIET) $(PARALLEL) CC=clang OUT=build/clang/$(TARGET) PACKAGE=build/clang/python harness python \
	 build/clang/$(TARGET)/ipc-btf build/clang/$(TARGET)/ipc-conform-mutants
stage-debug-builds:
	$(Q)ci/interpreters --installed
stage-interpreters:
	$(Q)SUITES=trixie TESTS=tests/binding/test_interpreters.py ci/interpreters --optional
stage-kernels:
	$(Q)$(MAKE) $(QUIET) do-kernels-short
stage-stress:
	$(Q)$(MAKE) $(QUIET) do-stress-short
stage-unit-tests:
	$(Q)$(OUT)/unit-tests
do-check:
	$(Q)$(MAKE) $(QUIET) -j $(JOBS) harness python $(OUT)/unit-tests $(OUT)/ipc-conform-mutants \
	 $(OUT)/ipc-conform-seeded $(OUT)/loops.so $(OUT)/bare.abi3.so
	$(Q)$(MAKE) $(QUIET) -j $(JOBS) --output-sync=target $(STAGES:%=stage-%)
	$(Q)PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup

# A quick tier, which shows most mistakes early: the build, this machine's kernel, the
# harness's parts, the C functions and the classes of the module.
QUICK := msg sem semall shm structures constants errors module swig_names command
.PHONY: do-check-quick
do-check-quick:
	$(Q)$(MAKE) $(QUIET) -j $(JOBS) harness python $(OUT)/unit-tests
	$(Q)$(MAKE) $(QUIET) do-conform
	$(Q)$(OUT)/unit-tests
	$(Q)PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -q -n $(JOBS) --dist loadgroup \
	 $(QUICK:%=tests/binding/test_%.py) tests/conformance/test_layout.py tests/conformance/test_messages.py

# All interpreters use one build.  INTERPRETERS selects some of them (ci/interpreters).
do-interpreters: harness python $(OUT)/loops.so
	$(Q)ci/interpreters $(INTERPRETERS)
# Runs the tests with a CPython without the GIL, in a separate build: first the tests of
# threads, then all, or those that TESTS names.
FREE = build/free-threaded
do-free-threaded: harness $(OUT)/loops.so
	$(Q)free=$$(ci/free-threaded) || { [ $$? -eq 4 ] && echo 'SKIP: the source of CPython cannot be fetched'; exit; }; \
	 $(MAKE) $(QUIET) PYTHON="$$free" PACKAGE=$(FREE)/python python && \
	 export PYTHONPATH=$(FREE)/python MAKEFLAGS= && \
	 "$$free" -m pytest tests/binding/test_threads.py && "$$free" -m pytest $(TESTS)
# CALLS is the number of calls of each function; make check makes fewer.
CALLS ?= 1000000
do-soak: python
	$(Q)IPC_TEST_CALLS=$(CALLS) PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -rP \
	 --no-header --show-capture=stdout tests/binding/test_references.py -k memory

# RACES is the number of races; make check has fewer.
RACES ?= 100000
do-races: python
	$(Q)IPC_TEST_RACES=$(RACES) PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -rP \
	 --no-header --show-capture=stdout tests/binding/test_asyncio.py tests/binding/test_message_queue.py -k race

# WAITS is the number of waits; make check has fewer.
WAITS ?= 100000
do-waits: python
	$(Q)IPC_TEST_WAITS=$(WAITS) PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -rP \
	 --no-header --show-capture=stdout tests/binding/test_timeouts.py -k waits_beside
