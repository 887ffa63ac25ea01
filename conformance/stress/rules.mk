# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- stress under sanitizers and Valgrind -----------------------------------

FRAME_OBJECTS = $(addprefix $(OUT)/conformance/,stress/frame.o stress/workers.o \
	$(addprefix harness/,absent.o blocked.o calls.o coverage.o isolate.o expect.o child.o inherited.o \
	privilege.o))
$(OUT)/ipc-stress: $(addprefix $(OUT)/conformance/stress/,main.o msg.o sem.o shm.o mixed.o) \
		$(FRAME_OBJECTS)
$(OUT)/ipc-memory-mutants: $(OUT)/tests/mutants/memory/mutants.o $(FRAME_OBJECTS)
$(OUT)/ipc-stress $(OUT)/ipc-memory-mutants:
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^

# A build for each tool; those named -bare have no checked calls.
WATCHED = -O1 -g -fno-omit-frame-pointer
BUILD_plain := CC=gcc CFLAGS='$(WATCHED)'
BUILD_valgrind := CC=gcc CFLAGS='$(WATCHED) -DCHECKED_VALGRIND'
BUILD_asan := CC=clang CFLAGS='$(WATCHED) -fsanitize=address,undefined -fno-sanitize-recover=all'
# asan-ARCH: link with the loader of the compiler's libc.
cross_asan = $(call linked_asan,$($1.compiler:%-gcc=%),$($1.asan))
linked_asan = $(subst clang,$1-gcc,$(BUILD_asan)) \
	LDFLAGS='-Wl,--dynamic-linker=/usr/$1/lib/$2 -Wl,--disable-new-dtags,-rpath,/usr/$1/lib'
build_of = $(if $(filter asan-%,$1),$(call cross_asan,$(1:asan-%=%)),$(BUILD_$1))
BUILD_msan := CC=clang CFLAGS='$(WATCHED) -fsanitize=memory'
BUILD_tsan := CC=clang CFLAGS='$(WATCHED) -fsanitize=thread'
watched-%:
	$(Q)$(MAKE) $(QUIET) OUT=build/$* PACKAGE=build/$*/python $(call build_of,$(*:-bare=)) \
	 $(if $(filter %-bare,$*),CPPFLAGS='$(CPPFLAGS) -DCHECKED_CALLS=0') $(GOALS:%=build/$*/%)

# The builds that each tool needs.
builds_of = $(patsubst %,watched-%,$(sort $(patsubst memcheck,valgrind,$(patsubst helgrind,valgrind,$1))))

# SECONDS: the time of each program under each tool.  JOBS: programs at a time.
SECONDS ?= 10
# HISTORIES: a quarter of the calls of each of the checks history.*.
HISTORIES ?= 250000
STRESS = $(PYTHON) conformance/stress/stress.py --jobs $(JOBS)
EVERY_TOOL := asan msan tsan memcheck helgrind
STRESS_TOOLS = $(EVERY_TOOL) $(having.asan:%=asan-%)
do-stress: harness
	$(Q)$(OUT)/ipc-conform run --only 'history.*' --operations $(HISTORIES) --time-limit 3600
	$(Q)$(if $(PRESENT),$(MAKE) $(QUIET) GOALS=ipc-stress $(call builds_of,$(PRESENT)) && \
	 $(STRESS) --seconds $(SECONDS) build $(PRESENT))
# The tools that work on this machine; the others print SKIP.
PRESENT = $(or $(PRESENT_FOUND),$(eval PRESENT_FOUND := $(shell MAKE='$(MAKE)' \
	conformance/stress/find-tools build $(STRESS_TOOLS)))$(PRESENT_FOUND))

# Part of make check: a few rounds of each program, and some of the mutants.
$(OUT)/nothing: FORCE
	@mkdir -p $(@D)
	$(Q)printf '#ifdef CHECKED_VALGRIND\n#include <valgrind/helgrind.h>\n#endif\nint main(void) { return 0; }\n' \
	 | $(CC) $(CFLAGS) $(LDFLAGS) -x c -o $@ -
SHORT_MUTANTS := sound unset.mtype freed.raw_send short.getall.heap shm.after_shmdt left.queue \
	race.unlocked
.PHONY: do-stress-short do-stress-present
do-stress-short:
	$(Q)$(if $(PRESENT),$(MAKE) $(QUIET) PRESENT='$(PRESENT)' do-stress-present)
do-stress-present: ASAN = $(filter asan,$(PRESENT))
do-stress-present:
	$(Q)$(MAKE) $(QUIET) $(PARALLEL) GOALS='ipc-stress ipc-memory-mutants' $(call builds_of,$(PRESENT) $(ASAN:%=%-bare))
	$(Q)$(STRESS) --short build $(PRESENT)
	$(Q)$(if $(ASAN),$(MEMORY_MUTANTS) --brief --only 'mtext.*' build asan-bare asan)
	$(Q)$(if $(filter-out $(PRESENT),$(EVERY_TOOL)),echo 'SKIP: mutants of all kinds: not all tools are installed',\
	 $(MEMORY_MUTANTS) $(SHORT_MUTANTS:%=--only %) build $(EVERY_TOOL))
	$(Q)$(if $(ASAN),$(MAKE) $(QUIET) TESTS='$(TESTS_short)' binding-under-asan)
	$(Q)$(if $(filter tsan,$(PRESENT)),$(MAKE) $(QUIET) TESTS='$(call tests,threads)' binding-under-tsan)
	$(Q)$(if $(filter memcheck,$(PRESENT)),$(MAKE) $(QUIET) TESTS='$(call tests,swig_script)' binding-under-memcheck)

MEMORY_MUTANTS = PYTHONPATH=tests $(PYTHON) tests/mutants/memory/memory_mutants.py
MUTANT_COLUMNS := plain $(EVERY_TOOL:%=%-bare) $(EVERY_TOOL)
do-mutants-memory:
	$(Q)$(MAKE) $(QUIET) GOALS='ipc-stress ipc-memory-mutants' \
	 $(patsubst %,watched-%,plain valgrind asan msan tsan asan-bare msan-bare tsan-bare)
	$(Q)$(MEMORY_MUTANTS) $(CHOSEN) build $(MUTANT_COLUMNS)
do-mutants-binding:
	$(Q)$(PYTHON) tests/mutants/binding/binding_mutants.py $(CHOSEN) $(PYTHON) plain asan memcheck tsan

# Run the module's tests under a tool: under Valgrind, which is slow, the tests of calls; under
# TSan, in an interpreter that is linked with its runtime, the tests of threads.  The variables
# TOOLS and TESTS select others.
TOOLS ?= asan memcheck tsan
tests = $(patsubst %,tests/binding/test_%.py,$1)
TESTS_short = $(call tests,msg sem semall shm structures)
TESTS_asan = $(shell grep -l '^import ipc$$\|^from child import' tests/binding/test_*.py)
TESTS_memcheck = $(TESTS_short) $(call tests,errors swig_names swig_script)
TESTS_tsan = $(call tests,threads blocking interpreters collector)
do-check-binding: $(TOOLS:%=binding-under-%)
binding-under-%: binding-for-%
	$(Q)tests/watch/watch $* $(PYTHON) -m 'not unwatched' $(or $(TESTS),$(TESTS_$*))
binding-for-%:
	$(Q)$(MAKE) $(QUIET) GOALS='python/built $(if $(filter tsan,$*),interpreter)' $(call builds_of,$*)
$(OUT)/interpreter: tests/watch/interpreter.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(CC) $(WARNINGS) $(CFLAGS) -isystem $(PYTHON_INCLUDE) $(LDFLAGS) -o $@ $< \
	 $$($(PYTHON)-config --embed --ldflags)
