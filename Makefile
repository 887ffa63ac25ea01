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
say = @printf '  %-7s %s\n' $(1) $(2)

# The compiler's architecture, by the kernel's name for it.
ARCH = $(or $(ARCH_$(CC)),$(eval ARCH_$(CC) := $(shell $(CC) -dumpmachine 2>/dev/null \
	| sed 's/-.*//; s/^i.86$$/i386/'))$(ARCH_$(CC)))
PYTHON ?= $(or $(PYTHON_FOUND),$(eval PYTHON_FOUND := $(shell ci/python))$(PYTHON_FOUND))
OUT = build/$(ARCH)
LIBC ?= glibc

.PHONY: all
all:
	@ci/setup build
	@$(MAKE) harness python

# ---- commands: set-up first, then the work, in a make of its own that sees
# ---- what set-up has brought

COMMANDS := conform check abi abi-accept lint
.PHONY: $(COMMANDS) $(COMMANDS:%=do-%) harness python install clean help
$(COMMANDS):
	@ci/setup $@
	@$(MAKE) do-$@

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make            builds the package ipc (build/python) and ipc-conform (build/ARCH)
#: make conform    does this machine's System V IPC conform? report in build/report
#: make check      every test
#: make abi        ABI facts by compiler, compared with abi-dumps
#: make abi-accept takes what the compilers say as the new abi-dumps
#: make lint       clang-format, clang-tidy, flake8, mypy, shellcheck
#: make install    the package ipc, for PYTHON; DESTDIR is honoured
#: make clean      removes build/

# ---- the harness -----------------------------------------------------------

HARNESS_SOURCES := $(wildcard conformance/*.c conformance/abi/*.c conformance/behaviour/*.c)
HARNESS_OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(filter-out conformance/main.c,$(HARNESS_SOURCES))) \
	$(OUT)/layers_data.o
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
HARNESS_FLAGS = -std=c11 -D_GNU_SOURCE $(WARNINGS) -Iconformance -I$(OUT)

harness: $(OUT)/ipc-conform $(OUT)/ipc-conform-dynamic

# Whatever changes the code beside the sources: a new compiler, other flags.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBC)' | cmp -s - $@ || \
	 echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBC)' >$@
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
	$(Q)conformance/abi/embed abi-dumps/$(ARCH) $(OUT)/$(LIBC).abi $(OUT)/uapi.abi >$@

COMPILE = $(CC) $(HARNESS_FLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -DARCH='"$(ARCH)"'
$(OUT)/%.o: %.c $(OUT)/kernel_constants.h $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(COMPILE) -c -o $@ $<
$(OUT)/%.o: $(OUT)/%.c
	$(Q)$(COMPILE) -c -o $@ $<
$(OUT)/main-%.o: conformance/main.c $(OUT)/kernel_constants.h $(OUT)/flags
	$(call say,CC,$@)
	$(Q)$(COMPILE) -DBUILD='"$*"' -c -o $@ $<

# Static, to be carried anywhere; dynamic, so that the installed libc is tested.
$(OUT)/ipc-conform: $(OUT)/main-static.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^ $$(pkg-config --static --libs check)
$(OUT)/ipc-conform-dynamic: $(OUT)/main-dynamic.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check)

-include $(wildcard build/*/*.d build/*/*/*.d build/*/*/*/*.d)

clean:
	rm -rf build
