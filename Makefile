# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# python-ipc: the one front door.  `make help` lists the commands.
#
# CC, CPPFLAGS, CFLAGS, LDFLAGS as usual; PYTHON picks an interpreter; V=1 shows
# every command.  Everything that is built is under build/.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
V ?= 0
Q := $(if $(filter 0,$(V)),@,)
QUIET := $(if $(filter 0,$(V)),-s)
say = @printf '  %-7s %s\n' $(1) $(2)

# The compiler's architecture, by the kernel's name for it.  gcc's flags (gcc -m32) change its
# -print-multiarch but not its -dumpmachine.  A variable's name cannot have blanks, = and :.
empty :=
CC_NAME = $(subst :,_,$(subst =,_,$(subst $(empty) $(empty),_,$(CC))))
TARGET = $(or $(TARGET_$(CC_NAME)),$(eval TARGET_$(CC_NAME) := $(shell \
	{ $(if $(word 2,$(CC)),$(CC) -print-multiarch | grep .,false) || $(CC) -dumpmachine; } 2>/dev/null \
	| sed 's/-.*//; s/^i.86$$/i386/'))$(TARGET_$(CC_NAME)))
PYTHON ?= $(or $(PYTHON_FOUND),$(eval PYTHON_FOUND := $(shell ci/python))$(PYTHON_FOUND))
OUT = build/$(TARGET)
LIBC ?= glibc

.PHONY: all
all:
	@ci/setup build
	@$(MAKE) $(QUIET) harness python

# ---- commands: set-up first, then the work, in a second make, which sees
# ---- the programs that set-up has installed

COMMANDS := $(filter-out install clean,$(shell sed -n 's/^\#: make \([a-z-]*\)  *.*/\1/p' Makefile))
.PHONY: $(COMMANDS) $(COMMANDS:%=do-%) install clean help
$(COMMANDS):
	@ci/setup $@
	@$(MAKE) $(QUIET) do-$@

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make            builds the package ipc (build/python) and ipc-conform (build/ARCH)
#: make conform    does this machine's System V IPC conform? report in build/report
#: make libcs      is each of Debian's glibcs, and musl, as good or as broken as known? SUITES: whose
#: make kernel     does a kernel image conform?  KERNEL=IMAGE or SUITE=..., ARCH=x86_64|aarch64|s390x|...
#: make kernels    Debian's kernels of five suites, on each architecture; CELLS: which
#: make kernels-accept  takes what they say as conformance/boot/baselines
#: make costs      what each call costs on each of those kernels, in instructions; charts in build/report
#: make kernel-mutants  kernels that are broken in one place each, and which checks refuse them; MUTANTS: which
#: make kernel-pytest  the module's tests on a real kernel, ARCH=x86_64|i386|i386-on-x86_64|aarch64|s390x
#: make kernels-pytest  the same on all of them
#: make check      every test
#: make mutants-checks  what each of the seeded faults makes fail, and checks that none does
#: make abi        ABI facts by every cross compiler there is, compared with abi-dumps
#: make port       a libc's headers against the kernel's by rule, for CC; CPPFLAGS, LIBC, KERNEL_CPPFLAGS
#: make mutants-abi seeded defects in real headers, each shown to be caught; EACH of a kind
#: make abi-accept takes what the compilers say as the new abi-dumps
#: make btf        the kernel's own types, running or KERNEL=image ARCH=aarch64, against abi-dumps
#: make btf-debian the same of Debian's kernel images, in a cache
#: make stress     queues, sets, segments under load, under sanitizers and Valgrind (SECONDS=N each)
#: make check-binding  the module's tests under ASan with UBSan and LSan, memcheck, TSan
#: make mutants-memory  seeded defects of memory and order, and which tool sees each
#: make fuzz       readers, calls and the module against random input (SECONDS=N each; TARGETS)
#: make mutants-fuzz  defects planted for each target of fuzz, and how soon each is found
#: make bench      the binding beside raw C, sysv_ipc and ctypes, as ratios in one run
#: make soak       a million calls of each function: the memory stays as it was
#: make races      a hundred thousand cancellations at the moment of a message: none is lost
#: make waits      a hundred thousand timeouts while every real-time signal is handled, ignored, sent
#: make interpreters  every test with the CPythons of Debian's suites, in a cache
#: make free-threaded  every test with a CPython without the interpreter's lock, in a cache
#: make lint       clang-format, clang-tidy, flake8, mandoc, mypy, shellcheck
#: make docs       the documentation of the package ipc, as HTML in build/docs
#: make sdist      the sources of the package ipc alone, in build/wheels
#: make wheels     that, and of it a wheel of ipc for each of ARCHS, for every CPython from 3.11 on
#: make wheels-check  each of them with the CPythons of Debian's suites, in a cache
#: make debs       Debian's packages of the last commit, in build/debs, checked by lintian
#: make debs-check  installs them in a bare Debian 12, runs them and autopkgtest, purges them
#: make install    the package ipc, for PYTHON; DESTDIR is honoured
#: make clean      removes build/

# ---- the harness -----------------------------------------------------------

HARNESS_SOURCES := $(wildcard conformance/*.c conformance/abi/*.c conformance/behaviour/*.c conformance/cost/*.c)
HARNESS_OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(filter-out conformance/main.c,$(HARNESS_SOURCES))) \
	$(OUT)/layers_data.o
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
HARNESS_FLAGS = -std=c11 -D_GNU_SOURCE $(WARNINGS) -Iconformance -I$(OUT)

.PHONY: harness
harness: $(OUT)/ipc-conform $(OUT)/ipc-conform-dynamic

# Whatever changes the code beside the sources: a new compiler, other flags.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBC)' | cmp -s - $@ || \
	 echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBC)' >$@
.PHONY: FORCE
FORCE:

$(OUT)/%.abi: conformance/abi/dump conformance/abi/probe.h conformance/abi/semun.h \
		conformance/abi/sysvipc.def $(OUT)/flags
	$(call say,DUMP,$@)
	$(Q)conformance/abi/dump $* $(CC) $(CPPFLAGS) >$@

# Constants that this libc's headers lack, with the kernel's values.
$(OUT)/kernel_constants.h: $(OUT)/uapi.abi conformance/abi/constants
	$(Q)conformance/abi/constants $< >$@

$(OUT)/layers_data.c: conformance/abi/embed $(OUT)/$(LIBC).abi $(OUT)/uapi.abi \
		$(wildcard abi-dumps/*/*.abi)
	$(Q)conformance/abi/embed abi-dumps/$(TARGET) $(OUT)/$(LIBC).abi $(OUT)/uapi.abi >$@

COMPILE = $(CC) $(HARNESS_FLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -DARCH='"$(TARGET)"'
$(OUT)/%.o: %.c $(OUT)/kernel_constants.h $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(COMPILE) -c -o $@ $<
$(OUT)/%.o: $(OUT)/%.c
	$(Q)$(COMPILE) -c -o $@ $<
$(OUT)/main-%.o: conformance/main.c $(OUT)/kernel_constants.h $(OUT)/flags
	$(call say,CC,$@)
	$(Q)$(COMPILE) -DBUILD='"$*"' -c -o $@ $<

CHECK_LIBS = $$(pkg-config --static --libs check)
# Static, to be carried anywhere; dynamic, so that the installed libc is tested.
$(OUT)/ipc-conform: $(OUT)/main-static.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^ $(CHECK_LIBS)
$(OUT)/ipc-conform-dynamic: $(OUT)/main-dynamic.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check)

# A separate tool reads the kernel's BTF, because it needs libbpf.
$(OUT)/ipc-btf: $(patsubst %.c,$(OUT)/%.o,$(wildcard conformance/btf/*.c)) \
		$(OUT)/conformance/textfile.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs libbpf)

# The static one of another architecture, by its cross compiler.
CROSS = $(filter-out $(TARGET),$(shell sed -n 's/^\([a-z][^ ]*\) .*/\1/p' conformance/boot/machines))
$(CROSS:%=build/%/ipc-conform): build/%/ipc-conform: FORCE
	$(Q)root=$$(ci/sysroot $*) && $(MAKE) $(QUIET) CPPFLAGS="-isystem $$root/include" \
	 LDFLAGS="-L$$root/lib" TARGET=$* CC="$$(sed -n 's/^$* *| *\([^ ]*\).*/\1/p' conformance/abi/targets)" $@

# The same with musl in glibc's place.
MUSL = $(shell grep '^[a-z]' conformance/boot/machines | grep -o '[^ ]*-musl')
$(filter-out $(OUT)/ipc-conform,$(sort $(MUSL:%=build/%/ipc-conform))): build/%-musl/ipc-conform: FORCE
	$(Q)root=$$(ci/sysroot --musl $*) && $(MAKE) $(QUIET) OUT=$(@D) TARGET=$* LIBC=musl \
	 CC="$$(sed -n 's/^$* *| *\([^ ]*\).*/\1/p' conformance/abi/targets)" CHECK_LIBS=-lcheck \
	 CPPFLAGS="-nostdinc -isystem $$root/include" \
	 LDFLAGS="--sysroot=$$root -B$$root/lib -L$$root/lib" $@

-include $(wildcard build/*/*.d build/*/*/*.d build/*/*/*/*.d build/*/*/*/*/*.d)

# ---- does this machine conform? ----------------------------------------------

REPORT ?= build/report
JOBS ?= $(shell nproc)

do-conform: harness
	$(Q)mkdir -p $(REPORT)
	$(Q)$(OUT)/ipc-conform run --jobs $(JOBS) --format json --output $(OUT)/static.json; \
	 [ $$? -ne 2 ]
	$(Q)$(OUT)/ipc-conform-dynamic run --jobs $(JOBS) --format json --output $(OUT)/dynamic.json; \
	 [ $$? -ne 2 ]
	$(Q)$(OUT)/ipc-conform report --format text --format ktap --output $(REPORT)/conform.ktap \
	 --format json --output $(REPORT)/conform.json --format junit --output $(REPORT)/conform.xml \
	 --format html --output $(REPORT)/conform.html $(OUT)/static.json $(OUT)/dynamic.json

# This machine's own, whatever CC and ARCH are.
HOST_ARCH = $(or $(HOST_FOUND),$(eval HOST_FOUND := $(shell gcc -dumpmachine \
	| sed 's/-.*//; s/^i.86$$/i386/'))$(HOST_FOUND))
HOST = build/$(HOST_ARCH)
HOST_LIBC = $(if $(findstring musl,$(shell gcc -dumpmachine)),musl,glibc)

# The static harness with the glibc of each suite of Debian, and with musl, on the running
# kernel; what those are known to be broken in is in conformance/libc/broken.
SUITES ?= bullseye bookworm trixie musl
LIBC_PROGRAMS = $(SUITES:%=build/libc/%/ipc-conform)
build/libc/musl/ipc-conform: $(HOST)-musl/ipc-conform
	@mkdir -p $(@D) && cp $< $@
$(filter-out build/libc/musl/%,$(LIBC_PROGRAMS)): build/libc/%/ipc-conform: FORCE
	$(Q)root=$$(ci/sysroot $(HOST_ARCH) $*) && $(MAKE) $(QUIET) SUITES= OUT=build/libc/$* \
	 CC=gcc LIBC=glibc CPPFLAGS="--sysroot=$$root" \
	 LDFLAGS="--sysroot=$$root -B$$root/lib -L$$root/lib -L$$root/gcc -pthread" $@
do-libcs: $(LIBC_PROGRAMS)
	$(Q)for suite in $(SUITES); do \
	  build/libc/$$suite/ipc-conform run --jobs $(JOBS) --format json \
	   --output build/libc/$$suite/result.json; [ $$? -ne 2 ] || exit 2; done
	$(Q)$(PYTHON) conformance/libc/libcs.py \
	 $(foreach suite,$(SUITES),$(suite)=build/libc/$(suite)/result.json)

# ---- does a kernel image conform? ---------------------------------------------

# KERNEL: the image, or SUITE: Debian's newest of that; ARCH: its architecture; BASELINE:
# the run to compare with, a series of conformance/boot/baselines or the JSON of a run;
# GATE: the gate's options.
KERNEL_REPORT = $(REPORT)/kernel
PROGRAMS = $(shell sed -n 's/^$(ARCH) .*| *\([^|]*\)|[^|]*$$/\1/p' conformance/boot/machines)
do-kernel: $(sort $(HOST)/ipc-conform $(PROGRAMS:%=build/%/ipc-conform))
	$(Q)mkdir -p $(REPORT); rm -f $(KERNEL_REPORT)-costs.*; status=0; image='$(KERNEL)'; \
	 [ -n "$$image" ] || image=$$(ci/fetch-kernel '$(SUITE)' '$(ARCH)') || exit 2; \
	 $(PYTHON) conformance/boot/gate.py $(if $(BASELINE),--baseline '$(BASELINE)') $(GATE) \
	  --output $(KERNEL_REPORT).json --log $(KERNEL_REPORT).log --costs $(KERNEL_REPORT)-costs.json \
	  "$$image" '$(ARCH)' || status=$$?; \
	 [ $$status -eq 2 ] || $(HOST)/ipc-conform report --format text --format ktap --output $(KERNEL_REPORT).ktap \
	  --format junit --output $(KERNEL_REPORT).xml --format html --output $(KERNEL_REPORT).html \
	  $(KERNEL_REPORT).json || [ $$? -lt 2 ]; \
	 [ ! -e $(KERNEL_REPORT)-costs.json ] || $(HOST)/ipc-conform cost --read $(KERNEL_REPORT)-costs.json \
	  --format html --output $(KERNEL_REPORT)-costs.html; exit $$status

# What calls cost on the kernels of the matrix, as conformance/boot/costs has it.
do-costs:
	$(Q)$(PYTHON) conformance/boot/cost.py --html $(REPORT)/costs.html

# The matrix: CELLS of conformance/boot/kernels, or all.
MATRIX = $(PYTHON) conformance/boot/matrix.py --output $(REPORT)/kernels.json
CELL_PROGRAMS = $(patsubst %,build/%/ipc-conform,$(shell $(PYTHON) conformance/boot/matrix.py \
	--programs $(CELLS)))
do-kernels:
	$(Q)$(MAKE) $(QUIET) $(sort $(HOST)/ipc-conform $(CELL_PROGRAMS))
	$(Q)rm -f $(REPORT)/kernels.json; status=0; $(MATRIX) $(CELLS) || status=$$?; \
	 [ ! -e $(REPORT)/kernels.json ] || $(HOST)/ipc-conform report \
	  --format junit --output $(REPORT)/kernels.xml --format html --output $(REPORT)/kernels.html \
	  $(REPORT)/kernels.json || [ $$? -lt 2 ]; exit $$status
do-kernels-accept:
	$(Q)$(MAKE) $(QUIET) $(sort $(CELL_PROGRAMS))
	$(Q)$(MATRIX) --accept $(CELLS)
# One cell for each architecture, and one of IA32 programs on x86_64; a kernel that cannot be fetched is a SKIP.
.PHONY: do-kernels-short
do-kernels-short: CELLS = $(patsubst %,bookworm/%,x86_64 i386-on-x86_64 i386 aarch64)
do-kernels-short:
	$(Q)$(MAKE) $(QUIET) --keep-going $(sort $(CELL_PROGRAMS)) || \
	 echo 'SKIP: programs that cannot be built'
	$(Q)$(MATRIX) --optional --no-cost $(CELLS)

# MUTANTS of tests/boot/mutants, or all; KERNEL_JOBS: of a kernel's make.
KERNEL_JOBS ?= $(JOBS)
do-kernel-mutants: build/x86_64/ipc-conform build/i386/ipc-conform
	$(Q)$(PYTHON) tests/boot/kernel_mutants.py --jobs $(KERNEL_JOBS) $(MUTANTS)

# The module, and its tests' programs, for a root of Debian's (ci/rootfs) on that kernel.
# OPTIONS: of tests/boot/suite.py.
SUITE_CELLS := $(shell sed -n 's/^\([a-z][^ ]*\) .*/\1/p' tests/boot/suites)
suite-%: python
	$(Q)headers=$$(ci/rootfs --headers $*) && \
	 CC="$$(sed -n 's/^$* *| *\([^ ]*\).*/\1/p' conformance/abi/targets)" && \
	 PYTHONPATH="$$headers/sysconfig" _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata_cross \
	 $(MAKE) $(QUIET) CC="$$CC" CPPFLAGS="-I$$headers/include/python3.11 -I$$headers/include" \
	  OUT=build/$*/suite PACKAGE=build/$*/python python build/$*/suite/init && \
	 mkdir -p build/$*/programs && CC="$$CC" $(PYTHON) tests/programs.py build/$*/programs
$(OUT)/init: $(OUT)/conformance/boot/exec.o $(OUT)/conformance/init.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^
do-kernel-pytest: CELLS = $(or $(ARCH),$(error make kernel-pytest: say ARCH=, one of $(SUITE_CELLS)))
do-kernels-pytest: CELLS = $(SUITE_CELLS)
do-kernel-pytest do-kernels-pytest:
	$(Q)$(MAKE) $(QUIET) $(sort $(foreach cell,$(CELLS),suite-$(firstword $(subst -on-, ,$(cell)))))
	$(Q)$(PYTHON) tests/boot/suite.py --report $(REPORT) $(OPTIONS) $(CELLS)

# ---- the ABI as compilers and kernels have it -------------------------------------

# The comparer is built as ever; CC and CPPFLAGS are for the dumps.  TARGETS: only those.
COMPARE = TARGETS='$(TARGETS)' conformance/abi/compare $(HOST)/ipc-conform '$(CC) $(CPPFLAGS)'
do-abi do-abi-accept: do-%: host-tools
	$(Q)$(COMPARE) $(patsubst abi%,%,$*)
	$(Q)[ $@ = do-abi-accept ] || $(BTF) || [ $$? -eq 4 ]

# A libc that is given by CPPFLAGS, by rule.
word_of = '$(subst ','\'',$(1))'
do-port: host-tools
	$(Q)KERNEL_CPPFLAGS=$(call word_of,$(KERNEL_CPPFLAGS)) conformance/abi/port $(HOST)/ipc-conform \
	 $(call word_of,$(LIBC)) $(call word_of,$(CC)) $(call word_of,$(CPPFLAGS))

# Real headers with one declaration changed: EACH of a kind in each layer, 0 for all.
EACH ?= 6
do-mutants-abi: host-tools
	$(Q)$(PYTHON) tests/mutants_abi.py $(HOST)/ipc-conform --each $(EACH) $(TARGETS)

# The same by what kernels say of themselves.  Exit status 4: there was nothing to compare.
BTF = conformance/btf/check $(HOST)/ipc-btf $(HOST)/ipc-conform
do-btf: host-tools
	$(Q)$(BTF) $(if $(KERNEL),$(or $(ARCH),$(HOST_ARCH)) '$(KERNEL)') || [ $$? -eq 4 ]
do-btf-debian: host-tools
	$(Q)images=$$(for arch in x86_64 aarch64; do \
	  image=$$(ci/fetch-kernel bookworm $$arch) && echo $$arch $$image || exit; done) && $(BTF) $$images
.PHONY: host-tools
host-tools:
	$(Q)$(MAKE) $(QUIET) CC=gcc CPPFLAGS= LIBC=$(HOST_LIBC) $(HOST)/ipc-conform $(HOST)/ipc-btf

# ---- stress, under the tools that watch memory -----------------------------------

FRAME_OBJECTS = $(addprefix $(OUT)/conformance/,stress/frame.o stress/workers.o calls.o coverage.o \
	isolate.o expect.o child.o privilege.o)
$(OUT)/ipc-stress: $(addprefix $(OUT)/conformance/stress/,main.o msg.o sem.o shm.o mixed.o) \
		$(FRAME_OBJECTS)
$(OUT)/ipc-defects: $(OUT)/tests/memory/defects.o $(FRAME_OBJECTS)
$(OUT)/ipc-stress $(OUT)/ipc-defects:
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^

# A build for each tool; one that ends in -bare has the tool without the seam.
WATCHED = -O1 -g -fno-omit-frame-pointer
BUILD_plain := CC=gcc CFLAGS='$(WATCHED)'
BUILD_valgrind := CC=gcc CFLAGS='$(WATCHED) -DSEAM_VALGRIND'
BUILD_asan := CC=clang CFLAGS='$(WATCHED) -fsanitize=address,undefined -fno-sanitize-recover=all'
# With the loader that belongs to the compiler's libc.
BUILD_asan-i386 = $(call cross_asan,i686-linux-gnu,ld-linux.so.2)
BUILD_asan-aarch64 = $(call cross_asan,aarch64-linux-gnu,ld-linux-aarch64.so.1)
cross_asan = $(subst clang,$1-gcc,$(BUILD_asan)) \
	LDFLAGS='-Wl,--dynamic-linker=/usr/$1/lib/$2 -Wl,--disable-new-dtags,-rpath,/usr/$1/lib'
BUILD_msan := CC=clang CFLAGS='$(WATCHED) -fsanitize=memory'
BUILD_tsan := CC=clang CFLAGS='$(WATCHED) -fsanitize=thread'
watched-%:
	$(Q)$(MAKE) $(QUIET) OUT=build/$* PACKAGE=build/$*/python $(BUILD_$(*:-bare=)) \
	 $(if $(filter %-bare,$*),CPPFLAGS='$(CPPFLAGS) -DSEAM_CHECK=0') $(GOALS:%=build/$*/%)

# The builds of tools.
builds_of = $(patsubst %,watched-%,$(sort $(patsubst memcheck,valgrind,$(patsubst helgrind,valgrind,$1))))

# SECONDS: for each program under each tool.  JOBS: how many run at once.
SECONDS ?= 10
STRESS = $(PYTHON) conformance/stress/stress.py --jobs $(JOBS)
EVERY_TOOL := asan msan tsan memcheck helgrind
STRESS_TOOLS := $(EVERY_TOOL) asan-i386 asan-aarch64
do-stress:
	$(Q)$(if $(PRESENT),$(MAKE) $(QUIET) GOALS=ipc-stress $(call builds_of,$(PRESENT)) && \
	 $(STRESS) --seconds $(SECONDS) build $(PRESENT))
# Those that this machine has; each of the others says SKIP.
PRESENT = $(or $(PRESENT_FOUND),$(eval PRESENT_FOUND := $(shell MAKE='$(MAKE)' \
	conformance/stress/present build $(STRESS_TOOLS)))$(PRESENT_FOUND))

# In make check: a second or a few for each, and some of the defects.
$(OUT)/nothing: FORCE
	@mkdir -p $(@D)
	$(Q)printf '#ifdef SEAM_VALGRIND\n#include <valgrind/helgrind.h>\n#endif\nint main(void) { return 0; }\n' \
	 | $(CC) $(CFLAGS) $(LDFLAGS) -x c -o $@ -
SHORT_DEFECTS := sound unset.mtype freed.raw_send short.getall.heap shm.after_shmdt left.queue \
	race.unlocked
.PHONY: do-stress-short do-stress-present
do-stress-short:
	$(Q)$(if $(PRESENT),$(MAKE) $(QUIET) PRESENT='$(PRESENT)' do-stress-present)
do-stress-present: ASAN = $(filter asan,$(PRESENT))
do-stress-present:
	$(Q)$(MAKE) $(QUIET) -j 2 GOALS='ipc-stress ipc-defects' $(call builds_of,$(PRESENT) $(ASAN:%=%-bare))
	$(Q)$(STRESS) --short build $(PRESENT)
	$(Q)$(if $(ASAN),$(MEMORY_MUTANTS) --brief --only 'mtext.*' build asan-bare asan)
	$(Q)$(if $(filter-out $(PRESENT),$(EVERY_TOOL)),echo 'SKIP: defects of all kinds: not all tools are here',\
	 $(MEMORY_MUTANTS) $(SHORT_DEFECTS:%=--only %) build $(EVERY_TOOL))
	$(Q)$(if $(ASAN),$(MAKE) $(QUIET) TESTS='$(TESTS_short)' binding-under-asan)
	$(Q)$(if $(filter tsan,$(PRESENT)),$(MAKE) $(QUIET) TESTS='$(call tests,threads)' binding-under-tsan)
	$(Q)$(if $(filter memcheck,$(PRESENT)),$(MAKE) $(QUIET) TESTS='$(call tests,script_2003)' binding-under-memcheck)

MEMORY_MUTANTS = $(PYTHON) tests/memory/mutants.py
MUTANT_COLUMNS := plain $(EVERY_TOOL:%=%-bare) $(EVERY_TOOL)
do-mutants-memory:
	$(Q)$(MAKE) $(QUIET) GOALS='ipc-stress ipc-defects' \
	 $(patsubst %,watched-%,plain valgrind asan msan tsan asan-bare msan-bare tsan-bare)
	$(Q)$(MEMORY_MUTANTS) build $(MUTANT_COLUMNS)
	$(Q)$(PYTHON) tests/memory/binding_mutants.py $(PYTHON) plain asan memcheck tsan

# The module's tests under a tool; under Valgrind, which is slow, those of calls; under TSan,
# with an interpreter that has its runtime, those of threads.  TOOLS, TESTS: which.
TOOLS ?= asan memcheck tsan
tests = $(patsubst %,tests/test_%.py,$1)
TESTS_short = $(call tests,msg sem semall shm structures)
TESTS_asan = $(shell grep -l '^import ipc$$\|^from child import' tests/test_*.py)
TESTS_memcheck = $(TESTS_short) $(call tests,errors names_2003 script_2003)
TESTS_tsan = $(call tests,threads blocking interpreters collector)
do-check-binding: $(TOOLS:%=binding-under-%)
binding-under-%: binding-for-%
	$(Q)tests/memory/watch $* $(PYTHON) -m 'not unwatched' $(or $(TESTS),$(TESTS_$*))
binding-for-%:
	$(Q)$(MAKE) $(QUIET) GOALS='python/built $(if $(filter tsan,$*),interpreter)' $(call builds_of,$*)
$(OUT)/interpreter: tests/memory/interpreter.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(CC) $(WARNINGS) $(CFLAGS) -isystem $(PYTHON_INCLUDE) $(LDFLAGS) -o $@ $< \
	 $$($(PYTHON)-config --embed --ldflags)

# ---- fuzzing ----------------------------------------------------------------------

# What a target is made of; libFuzzer is the main program.
READERS = layout layout_html escape textfile json diff report report_html report_json report_junit \
	report_ktap report_ltp report_parts report_text abi/facts abi/layers abi/rules abi/witness
READERS_btf = btf/image btf/structures abi/facts textfile
CALLERS = absent calls coverage expect isolate child privilege
FUZZ_READERS := facts judge diff results
FUZZ_CALLERS := msg sem shm
FUZZ_TARGETS := $(FUZZ_READERS) btf $(FUZZ_CALLERS)
FUZZ_OBJECTS = $(addprefix $(OUT)/,tests/fuzz/$1.o tests/fuzz/fuzz.o $(addprefix conformance/,\
	$(if $(filter $1,$(FUZZ_READERS)),$(READERS:%=%.o)) $(if $(filter $1,btf),$(READERS_btf:%=%.o)) \
	$(if $(filter $1,$(FUZZ_CALLERS)),$(CALLERS:%=%.o))) \
	$(if $(filter $1,$(FUZZ_READERS)),layers_data.o) \
	$(if $(filter $1,$(FUZZ_CALLERS)),tests/fuzz/sequence.o))
FUZZ_LINK = $(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^
FUZZ_BTF = -Wl,--wrap=fork $$(pkg-config --libs libbpf)
$(foreach T,$(FUZZ_TARGETS),$(eval $(OUT)/fuzz-$T: $(call FUZZ_OBJECTS,$T)))
$(FUZZ_TARGETS:%=$(OUT)/fuzz-%):
	$(call say,LD,$@)
	$(Q)$(FUZZ_LINK) $(if $(filter %-btf,$@),$(FUZZ_BTF))
# With a fault of tests/faults before the calls.
FAULTY := $(FUZZ_CALLERS:%=faulty-%)
$(foreach T,$(FUZZ_CALLERS),$(eval $(OUT)/fuzz-faulty-$T: \
	$(filter-out %/calls.o,$(call FUZZ_OBJECTS,$T)) $(OUT)/tests/fuzz/faulty.o))
$(FAULTY:%=$(OUT)/fuzz-%): $(OUT)/faults-calls.o $(OUT)/conformance/abi/layers.o $(OUT)/layers_data.o \
	$(patsubst %.c,$(OUT)/%.o,$(filter-out %/main.c,$(wildcard tests/faults/*.c)))
	$(call say,LD,$@)
	$(Q)$(FUZZ_LINK) $(FAULT_WRAPS)
# PLANT: a folder with planted.c, the source PLANTED of the target PLANTED_IN with a defect.
ifdef PLANT
$(PLANT)/fuzz: $(PLANT)/planted.o $(filter-out $(OUT)/$(PLANTED:.c=.o),$(call FUZZ_OBJECTS,$(PLANTED_IN)))
	$(Q)$(FUZZ_LINK) $(if $(filter btf,$(PLANTED_IN)),$(FUZZ_BTF))
$(PLANT)/planted.o: HARNESS_FLAGS += -iquote $(dir $(PLANTED))
endif
BUILD_fuzz := CC=clang CFLAGS='$(WATCHED) -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all'

# Says which.
.PHONY: fuzz-targets
fuzz-targets:
	$(Q)$(MAKE) $(QUIET) GOALS='$(FUZZ_TARGETS:%=fuzz-%)' watched-fuzz >&2
	@echo $(FUZZ_TARGETS)
# TARGETS: only those, of fuzz.py's.  FUZZ: its other options.
FUZZ ?= --seconds $(SECONDS)
do-fuzz: python
	$(Q)$(MAKE) $(QUIET) GOALS='$(FUZZ_TARGETS:%=fuzz-%)' watched-fuzz
	$(Q)PYTHONPATH=build/python $(PYTHON) tests/fuzz/fuzz.py --jobs $(JOBS) $(FUZZ) build/fuzz $(TARGETS)

# Each target with defects planted in the code that it tests.  MUTANTS: options of plants.py.
do-mutants-fuzz: python
	$(Q)$(MAKE) $(QUIET) GOALS='$(FAULTY:%=fuzz-%) $(FUZZ_TARGETS:%=fuzz-%)' watched-fuzz
	$(Q)PYTHONPATH=build/python $(PYTHON) tests/fuzz/plants.py $(MUTANTS) build/fuzz

# ---- the module ------------------------------------------------------------------

# setup.py is the one place that knows how it is built.
PYTHON_SOURCES := setup.py pyproject.toml $(wildcard binding/*.*) $(shell find binding/ipc -type f ! -name "*.pyc") \
	$(wildcard conformance/seam*.h conformance/abi/*)
PACKAGE := build/python
.PHONY: python
python: $(PACKAGE)/built
$(PACKAGE)/built: $(PYTHON_SOURCES) $(PACKAGE)-flags
	$(call say,PYTHON,$(PACKAGE)/ipc)
	$(Q)CC='$(CC)' CFLAGS='$(CPPFLAGS) $(CFLAGS) $(WARNINGS)' $(PYTHON) -W ignore setup.py -q build \
	 --build-base $(PACKAGE)-setup --build-lib $(PACKAGE)
	@touch $@
$(PACKAGE)-flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(PYTHON)' | cmp -s - $@ || \
	 { rm -rf $(PACKAGE)-setup && echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(PYTHON)' >$@; }

# pip installs the wheel of what is built, so that pip can also upgrade and uninstall it.
# With DESTDIR nothing of the running system is looked at or removed.
WHEEL = $(PACKAGE)-wheel
PIP_INSTALL = PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore $(PYTHON) -m pip install \
	--quiet --no-index --no-deps --no-warn-script-location --disable-pip-version-check
install:
	@ci/setup install
	@$(MAKE) $(QUIET) python
	$(Q)rm -rf $(WHEEL) && mkdir -p $(WHEEL)/lib && cp -R $(PACKAGE)/ipc $(WHEEL)/lib && \
	 $(PYTHON) -W ignore setup.py -q build --build-base $(PACKAGE)-setup --build-lib $(WHEEL)/lib \
	 egg_info --egg-base $(WHEEL) bdist_wheel --skip-build --bdist-dir $(WHEEL)/tree --dist-dir $(WHEEL)
	$(Q)$(PIP_INSTALL) $(if $(DESTDIR),--ignore-installed --root '$(DESTDIR)',--force-reinstall) \
	 --pre --find-links $(WHEEL) python-ipc

# Pages that are written and pages that are made of the table, and what the docstrings say.
DOCS := build/docs
DOCS_SOURCES = $(wildcard binding/docs/*.rst)
do-docs: python
	$(call say,SPHINX,$(DOCS)/html)
	$(Q)rm -rf $(DOCS) && mkdir -p $(DOCS)/source && cp $(DOCS_SOURCES) $(DOCS)/source
	$(Q)PYTHONPATH=$(PACKAGE):binding PYTHONDONTWRITEBYTECODE=1 $(PYTHON) binding/docs/tables.py $(DOCS)/source
	$(Q)PYTHONPATH=$(PACKAGE) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m sphinx -W --keep-going -q -a -E \
	 -b html -c binding/docs -d $(DOCS)/doctrees $(DOCS)/source $(DOCS)/html

# The sdist, and of that a wheel for each architecture.
ARCHS ?= x86_64 i386 aarch64
do-sdist do-wheels: do-%:
	$(Q)PYTHON=$(PYTHON) ci/wheels build/wheels $(if $(filter wheels,$*),$(ARCHS))

# ci/debs exits with 4 after SKIP.
do-debs:
	$(Q)ci/debs build/debs || [ $$? -eq 4 ]
do-debs-check: do-debs
	$(Q)ci/debs --test build/debs || [ $$? -eq 4 ]

# Each wheel as pip installs it: this machine's with every CPython (INTERPRETERS: which), the
# others with that of Debian 12 and a test of each kind of object.
do-wheels-check: do-wheels harness python $(OUT)/loops.so
	$(Q)status=0; for arch in $(ARCHS); do wheel=$$(echo build/wheels/*_$$(echo $$arch | sed s/i386/i686/).whl); \
	 case $$arch in $(HOST_ARCH)) ci/interpreters --wheel "$$wheel" $(INTERPRETERS) ;; \
	 *) SUITES=bookworm TESTS=tests/test_script_2003.py ci/interpreters --optional --wheel "$$wheel" 3.11 ;; esac || status=$$?; \
	 done; exit $$status

# ---- every test --------------------------------------------------------------------

# The harness's own parts, with checks of the tests' own in place of the real ones.
UNIT_OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/unit/*.c)) \
	$(filter-out $(OUT)/conformance/behaviour/% $(OUT)/conformance/abi/checks.o,$(HARNESS_OBJECTS))
$(OUT)/unit-tests: $(UNIT_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check)

# The harness with seeded faults between the checks and the calls.  FAULTS: options of table.py.
FAULT_OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/faults/*.c)) \
	$(OUT)/faults-main.o $(OUT)/faults-calls.o \
	$(filter-out $(OUT)/conformance/calls.o,$(HARNESS_OBJECTS))
FAULT_WRAPS := -Wl,--wrap=ftok,--wrap=libc_layer,--wrap=kernel_layer,--wrap=probe_needs,--wrap=isolate \
	-Wl,--wrap=unshare,--wrap=setns,--wrap=clone,--wrap=open,--wrap=fopen,--wrap=lseek,--wrap=read,--wrap=write \
	-Wl,--wrap=munmap,--wrap=mprotect,--wrap=mremap,--wrap=madvise,--wrap=ptrace
$(OUT)/faults-calls.o: conformance/calls.c $(OUT)/kernel_constants.h $(OUT)/flags
	$(call say,CC,$@)
	$(Q)$(COMPILE) -Dlibc_calls=real_libc_calls -Draw_calls=real_raw_calls \
	 -Dmultiplexed_calls=real_multiplexed_calls -c -o $@ $<
$(OUT)/faults-main.o: conformance/main.c $(OUT)/kernel_constants.h $(OUT)/flags
	$(call say,CC,$@)
	$(Q)$(COMPILE) -Wno-missing-prototypes -Dmain=conform_main -DBUILD='"faults"' -c -o $@ $<
$(OUT)/ipc-conform-faults: $(FAULT_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(FAULT_WRAPS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check)

do-mutants-checks: $(OUT)/ipc-conform-faults
	$(Q)$(PYTHON) tests/faults/table.py --unfailed tests/faults/unfailed.txt $(FAULTS) $<

# Both compilers with the same warnings as errors; then what each runner sums up.
do-check:
	$(Q)$(MAKE) $(QUIET) -j $(JOBS) harness python $(OUT)/unit-tests $(OUT)/ipc-conform-faults $(OUT)/loops.so $(OUT)/bare.abi3.so
	$(Q)$(MAKE) $(QUIET) do-lint
	$(Q)$(MAKE) $(QUIET) -j $(JOBS) CC=clang OUT=build/clang/$(TARGET) PACKAGE=build/clang/python harness python \
	 build/clang/$(TARGET)/ipc-btf build/clang/$(TARGET)/ipc-conform-faults
	$(Q)$(MAKE) $(QUIET) do-abi
	$(Q)$(MAKE) $(QUIET) do-conform
	$(Q)$(OUT)/unit-tests
	$(Q)ci/interpreters --installed
	$(Q)SUITES=trixie TESTS=tests/test_interpreters.py ci/interpreters --optional
	$(Q)$(MAKE) $(QUIET) do-stress-short
	$(Q)$(MAKE) $(QUIET) do-kernels-short $(OUT)/ipc-conform-seeded
	$(Q)PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -n $(JOBS) --dist loadgroup

# One build for all of them.  INTERPRETERS: which (ci/interpreters).
do-interpreters: harness python $(OUT)/loops.so
	$(Q)ci/interpreters $(INTERPRETERS)
# Without the GIL, in a separate build: the tests of threads first.  TESTS:
# which of the others.
FREE = build/free-threaded
do-free-threaded: harness $(OUT)/loops.so
	$(Q)free=$$(ci/free-threaded) || { [ $$? -eq 4 ] && echo 'SKIP: the source of CPython cannot be fetched'; exit; }; \
	 $(MAKE) $(QUIET) PYTHON="$$free" PACKAGE=$(FREE)/python python && \
	 export PYTHONPATH=$(FREE)/python MAKEFLAGS= && \
	 "$$free" -m pytest tests/test_threads.py && "$$free" -m pytest $(TESTS)
# CALLS: of each function.  In make check the same with fewer.
CALLS ?= 1000000
do-soak: python
	$(Q)IPC_TEST_CALLS=$(CALLS) PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -rP \
	 --no-header --show-capture=stdout tests/test_references.py -k memory

# RACES: how many.  In make check the same with fewer.
RACES ?= 100000
do-races: python
	$(Q)IPC_TEST_RACES=$(RACES) PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -rP \
	 --no-header --show-capture=stdout tests/test_asyncio.py tests/test_message_queue.py -k race

# WAITS: how many.  In make check the same with fewer.
WAITS ?= 100000
do-waits: python
	$(Q)IPC_TEST_WAITS=$(WAITS) PYTHONPATH=build/python MAKEFLAGS= $(PYTHON) -m pytest -rP \
	 --no-header --show-capture=stdout tests/test_timeouts.py -k waits_beside

# ---- benchmarks -------------------------------------------------------------------

# The loops in C are a library for the benchmark's own process.  BENCH: its options.
$(OUT)/loops.so: tests/bench/loops.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(COMPILE) -fPIC -shared $(LDFLAGS) -o $@ $<
# The cost of any call from Python; built for every CPython, as the module is.
INCLUDE_PYTHON = $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')
$(OUT)/bare.abi3.so: tests/bench/bare.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(COMPILE) -I$(INCLUDE_PYTHON) -fPIC -shared $(LDFLAGS) -o $@ $<
do-bench: python $(OUT)/loops.so $(OUT)/bare.abi3.so
	$(Q)$(MAKE) $(QUIET) PACKAGE=build/policies/tries CPPFLAGS='$(CPPFLAGS) -DSTRAIGHT=0' python
	$(Q)$(MAKE) $(QUIET) PACKAGE=build/policies/releases CPPFLAGS='$(CPPFLAGS) -DSTRAIGHT=-1' \
	 python
	$(Q)PYTHONPATH=build/python $(PYTHON) tests/bench/bench.py --loops $(OUT)/loops.so $(BENCH)

# The harness with kernels' defects (tests/boot).
$(OUT)/ipc-conform-seeded: $(OUT)/main-static.o $(OUT)/tests/boot/seeds.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^ $(CHECK_LIBS)

# ---- lint -----------------------------------------------------------------------------

C_FILES := $(wildcard conformance/*.[ch] conformance/*/*.[ch] conformance/abi/*.def binding/*.[ch] \
	tests/*/*.[ch])
PYTHON_FILES := setup.py binding conformance tests
MANUAL_PAGES := conformance/ipc-conform.1 conformance/btf/ipc-btf.1 conformance/stress/ipc-stress.1 \
	binding/python-ipc.1
SHELL_FILES := ci/private-apt $(sort $(shell grep -rl '^\#!/bin/sh' ci conformance tests))

# A file that passed is not read again until it, a header or the settings change.
TIDY = $(patsubst %.c,$(OUT)/tidy/%,$(filter %.c,$(C_FILES)))
$(OUT)/tidy/%: %.c .clang-tidy $(filter %.h %.def,$(C_FILES)) $(OUT)/kernel_constants.h
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	$(Q)clang-tidy --quiet $< -- $(HARNESS_FLAGS) -Ibinding -Itests/unit -DARCH='"$(TARGET)"' \
	 -DBUILD='"static"' -DPy_LIMITED_API=0x030b0000 \
	 -isystem $(PYTHON_INCLUDE) 2>$@.log >&2 || { cat $@.log; exit 1; }
	@touch $@
PYTHON_INCLUDE = $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')

do-lint: python
	$(Q)$(MAKE) $(QUIET) -j $(JOBS) $(TIDY)
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
