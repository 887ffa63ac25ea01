# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# The commands of python-ipc; `make help` lists them.
#
# CC, CPPFLAGS, CFLAGS and LDFLAGS have their usual meaning; PYTHON selects the
# interpreter; V=1 shows every command.  All build output is in build/.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

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
# The output of a command, which make runs when a rule needs it first: $(call once,NAME,COMMAND).
once = $(or $(once_$1),$(eval once_$1 := $(shell $2))$(once_$1))
PYTHON ?= $(call once,python,ci/python)
PYTHON_INCLUDE = $(call once,include,$(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')
OUT = build/$(TARGET)
LIBC ?= glibc

# The table of architectures as variables of make; each make would otherwise start Python several
# times.  Without Python 3.11 the variables are empty, until ci/setup has installed it.
-include build/architectures.mk
build/architectures.mk: conformance/abi/architectures.py conformance/abi/architectures.toml
	@mkdir -p $(@D) 2>/dev/null && conformance/abi/architectures.py make >$@.$$$$ 2>/dev/null && mv $@.$$$$ $@ || \
	 { rm -f $@.$$$$; false; }

.PHONY: all
all:
	@ci/setup build
	@$(MAKE) $(QUIET) harness python

# ---- commands: each runs ci/setup, and then a second make, which finds the
# ---- programs that ci/setup has installed

hash := \#
listed := $(filter $(hash):make:%,$(subst $(hash): make ,$(hash):make:,$(file <Makefile)))
COMMANDS := $(filter-out install clean,$(listed:$(hash):make:%=%))
.PHONY: $(COMMANDS) $(COMMANDS:%=do-%) install clean help
$(COMMANDS):
	@ci/setup $@$(if $(filter mutants,$@),-$(KIND))
	@$(MAKE) $(QUIET) do-$@

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: Use
#: make                  build ipc (build/python) and ipc-conform (build/ARCH)
#: make conform          check this machine; writes reports to build/report
#: make libcs            check Debian's glibcs and musl on this kernel; SUITES
#: make port             compare a libc's headers with the kernel's; CC CPPFLAGS LIBC
#: make docs             build the documentation of ipc as HTML in build/docs
#: make install          install ipc for PYTHON; DESTDIR
#: make install-conform  install ipc-conform and its manual pages; DESTDIR PREFIX
#: make clean            remove build/
#: Gate a kernel
#: make kernel           boot and check a kernel image; KERNEL or SUITE, ARCH, GATE
#: make kernels          boot and check Debian's kernels; CELLS
#: make kernels-accept   write their results as the new baselines; CELLS
#: make kernels-observe  compare the bytes that they write with abi-dumps; CELLS OPTIONS
#: make kernels-debug    check kernels built with debugging options; WATCH SUITES OPTIONS
#: make costs            print the recorded costs of calls on Debian's kernels
#: make kernel-pytest    run the module's tests on a booted kernel; ARCH
#: make kernels-pytest   run them on every kernel with the field pytest
#: make btf              compare a kernel's types (BTF) with abi-dumps; KERNEL ARCH
#: make btf-debian       compare the types of Debian's kernel images
#: make implementations  check gVisor, QEMU's user mode, UML and others; NAMES
#: make comparison       write docs/comparison.md, a table of all implementations
#: Develop
#: make check-quick      run the build, the checks and the tests of the calls
#: make check            run every test
#: make lint             run clang-format, clang-tidy, flake8, mandoc, mypy, shellcheck
#: make abi              compare every compiler's ABI facts with abi-dumps; TARGETS
#: make abi-accept       write the compilers' facts to abi-dumps
#: make stress           run load under sanitizers and Valgrind; SECONDS for each
#: make check-binding    run the module's tests under ASan, UBSan, memcheck, TSan
#: make fuzz             run TARGETS with random input, SECONDS for each
#: make bench            compare times and instructions of ipc and of C; BENCH
#: make soak             call each function a million times and check memory use
#: make races            cancel 100,000 calls and check that no message is lost
#: make waits            run 100,000 timeouts beside real-time signals
#: Maintain
#: make mutants          check that each planted defect is noticed; KIND ONLY MUTANTS
#:      KIND=checks      wrong calls, and the checks that fail for each
#:      KIND=abi         wrong declarations in real headers; EACH of a kind
#:      KIND=memory      memory errors and races, and the tools that report each
#:      KIND=binding     the same in the extension
#:      KIND=kernel      broken kernels, and the checks that fail for each
#:      KIND=fuzz        defects in each fuzz target, and the time to find each
#: make interpreters     run every test with the CPythons of Debian's suites
#: make free-threaded    run every test with a CPython without the GIL
#: make sdist            build the source archive of ipc in build/wheels
#: make wheels           build the sdist, and a wheel for each of ARCHS
#: make wheels-check     test each wheel with the CPythons of Debian's suites
#: make debs             build Debian packages of the last commit in build/debs
#: make debs-check       install, test and purge them in a bare Debian 12
#: make release-programs build a static ipc-conform for each architecture; PROGRAMS
#: make release          build every file of a release in build/release; VERSION
#: Variables
#:   CC CPPFLAGS CFLAGS LDFLAGS  as usual; CC may be a cross compiler
#:   PYTHON  the interpreter; LIBC  glibc or musl; V=1  shows each command
#:   ONLY    globs of mutants' names; MUTANTS  other options of their runner
#:   JOBS    processes at the same time; REPORT  folder of reports (build/report)

# Each folder has its own rules.  Those of the harness come first because others use its variables.
include conformance/rules.mk \
	conformance/gate/rules.mk \
	conformance/abi/rules.mk \
	conformance/stress/rules.mk \
	tests/fuzz/rules.mk \
	binding/rules.mk \
	tests/rules.mk \
	tests/bench/rules.mk \
	ci/rules.mk
