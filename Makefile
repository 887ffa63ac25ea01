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
ARCHITECTURES = conformance/abi/architectures.py

.PHONY: all
all:
	@ci/setup build
	@$(MAKE) $(QUIET) harness python

# ---- commands: set-up first, then the work, in a second make, which sees
# ---- the programs that set-up has installed

COMMANDS := $(filter-out install clean,$(shell sed -n 's/^\#: make \([a-z-]*\)  *.*/\1/p' Makefile))
.PHONY: $(COMMANDS) $(COMMANDS:%=do-%) install clean help
$(COMMANDS):
	@ci/setup $@$(if $(filter mutants,$@),-$(KIND))
	@$(MAKE) $(QUIET) do-$@

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: Use
#: make                  build ipc (build/python) and ipc-conform (build/ARCH)
#: make conform          does this machine conform?  Reports in build/report
#: make libcs            do Debian's glibcs and musl behave as expected?  SUITES
#: make port             a libc's headers against the kernel's; CC CPPFLAGS LIBC
#: make docs             the documentation of ipc, as HTML in build/docs
#: make install          install ipc for PYTHON; DESTDIR is honoured
#: make install-conform  ipc-conform and its manual pages; DESTDIR, PREFIX
#: make clean            remove build/
#: Gate a kernel
#: make kernel           does a kernel image conform?  KERNEL or SUITE, ARCH, GATE
#: make kernels          boot and judge Debian's kernels; CELLS
#: make kernels-accept   take their results as the new baselines
#: make kernels-observe  the bytes that they write against abi-dumps; CELLS OPTIONS
#: make kernels-debug    kernels that watch themselves; WATCH SUITES OPTIONS
#: make costs            what each call costs on them, in instructions
#: make kernel-pytest    the module's tests on a real kernel; ARCH
#: make kernels-pytest   the same on every kernel with the field pytest
#: make btf              a kernel's own types (BTF) against abi-dumps; KERNEL ARCH
#: make btf-debian       the same for Debian's kernel images
#: make implementations  QEMU's user mode, gVisor, UML, ... against lists; NAMES
#: make comparison       the table of what each implementation has, in docs
#: Develop
#: make check-quick      what finds most mistakes, in a minute or two
#: make check            every test
#: make lint             clang-format, clang-tidy, flake8, mandoc, mypy, shellcheck
#: make abi              every compiler's ABI facts against abi-dumps; TARGETS
#: make abi-accept       take the compilers' facts as the new abi-dumps
#: make stress           load under sanitizers and Valgrind; SECONDS for each
#: make check-binding    the module's tests under ASan, UBSan, memcheck, TSan
#: make fuzz             random input; SECONDS for each of TARGETS
#: make bench            the binding beside C and others: times, instructions
#: make soak             a million calls of each function: does memory grow?
#: make races            a hundred thousand cancellations: is a message lost?
#: make waits            a hundred thousand timeouts beside real-time signals
#: Maintain
#: make mutants          planted defects: what notices each; KIND, ONLY
#:      KIND=checks      wrong calls: which check fails for each
#:      KIND=abi         wrong declarations in real headers; EACH of a kind
#:      KIND=memory      defects of memory and order: which tool sees each
#:      KIND=binding     the same in the extension
#:      KIND=kernel      broken kernels: which check refuses each
#:      KIND=fuzz        defects in each fuzz target: how soon each is found
#: make interpreters     every test with the CPythons of Debian's suites
#: make free-threaded    every test with a CPython without the GIL
#: make sdist            the sources of ipc alone, in build/wheels
#: make wheels           the sdist, and a wheel for each of ARCHS
#: make wheels-check     test each wheel with the CPythons of Debian's suites
#: make debs             Debian packages of the last commit, in build/debs
#: make debs-check       install, test and purge them in a bare Debian 12
#: make release-programs a static ipc-conform for each architecture; PROGRAMS
#: make release          every file of a release, in build/release; VERSION
#: Variables
#:   CC CPPFLAGS CFLAGS LDFLAGS  as usual; a cross compiler is welcome
#:   PYTHON  the interpreter; LIBC  glibc or musl; V=1  shows each command
#:   ONLY    globs of mutants' names; MUTANTS  other options of their runner
#:   JOBS    processes at a time; REPORT  where reports go (build/report)

# Each room has its rules; those of the harness come first because others use its variables.
include conformance/rules.mk \
	conformance/gate/rules.mk \
	conformance/abi/rules.mk \
	conformance/stress/rules.mk \
	tests/fuzz/rules.mk \
	binding/rules.mk \
	tests/rules.mk \
	tests/bench/rules.mk \
	ci/rules.mk
