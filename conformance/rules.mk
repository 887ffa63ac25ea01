# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- the harness -----------------------------------------------------------

HARNESS_SOURCES := $(wildcard $(addprefix conformance/,\
	harness/*.c report/*.c abi/*.c checks/*/*.c cost/*.c))
HARNESS_OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(filter-out conformance/harness/main.c,$(HARNESS_SOURCES))) \
	$(OUT)/layers_data.o
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
HARNESS_FLAGS = -std=c11 -D_GNU_SOURCE $(WARNINGS) -Iconformance -I$(OUT)

.PHONY: harness
harness: $(OUT)/ipc-conform $(OUT)/ipc-conform-dynamic

# Rebuild after a change of the compiler or of flags.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBC)' | cmp -s - $@ || \
	 echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBC)' >$@
.PHONY: FORCE
FORCE:

$(OUT)/%.abi: conformance/interface/dump conformance/interface/probe.h conformance/interface/semun.h \
		conformance/interface/sysvipc.def $(OUT)/flags
	$(call say,DUMP,$@)
	$(Q)conformance/interface/dump $* $(CC) $(CPPFLAGS) >$@

# Constants that this libc's headers lack, with the kernel's values.
$(OUT)/kernel_constants.h: $(OUT)/uapi.abi conformance/interface/print-constants
	$(Q)conformance/interface/print-constants $< >$@

$(OUT)/layers_data.c: conformance/abi/embed-dumps $(OUT)/$(LIBC).abi $(OUT)/uapi.abi \
		$(wildcard abi-dumps/*/*.abi)
	$(Q)conformance/abi/embed-dumps abi-dumps/$(TARGET) $(OUT)/$(LIBC).abi $(OUT)/uapi.abi >$@

COMPILE = $(CC) $(HARNESS_FLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -DARCH='"$(TARGET)"'
$(OUT)/%.o: %.c $(OUT)/kernel_constants.h $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(COMPILE) -c -o $@ $<
$(OUT)/%.o: $(OUT)/%.c
	$(Q)$(COMPILE) -c -o $@ $<
$(OUT)/main-%.o: conformance/harness/main.c $(OUT)/kernel_constants.h $(OUT)/flags
	$(call say,CC,$@)
	$(Q)$(COMPILE) -DBUILD='"$*"' -c -o $@ $<

CHECK_LIBS = $$(pkg-config --static --libs check)
# The static program runs on any machine; the dynamic one tests the installed libc.
$(OUT)/ipc-conform: $(OUT)/main-static.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^ $(CHECK_LIBS)
$(OUT)/ipc-conform-dynamic: $(OUT)/main-dynamic.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check)

# ipc-btf, which reads the kernel's BTF, is a separate program because it needs libbpf.
$(OUT)/ipc-btf: $(patsubst %.c,$(OUT)/%.o,$(wildcard conformance/btf/*.c)) \
		$(addprefix $(OUT)/conformance/harness/,inherited.o textfile.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs libbpf)

# The static program for another architecture, built by its cross compiler.  Debian's libcheck needs
# libraries that a libcheck built from source (ci/sysroot) does not need.
CROSS_LIBS = $$([ -e $$root/lib/libsubunit.a ] || echo CHECK_LIBS=-lcheck)
CROSS := $(filter-out $(TARGET),$(architectures))
CROSS_BUILD = root=$$(ci/sysroot $*) && $(MAKE) $(QUIET) CPPFLAGS="-isystem $$root/include" \
	 LDFLAGS="-L$$root/lib" TARGET=$* CC="$($*.compiler)" $(CROSS_LIBS)
$(CROSS:%=build/%/ipc-conform): build/%/ipc-conform: FORCE
	$(Q)+$(CROSS_BUILD) $@

# The same with musl instead of glibc.
MUSL := $(filter %-musl,$(sort $(foreach arch,$(architectures),$($(arch).more))))
MUSL_BUILD = root=$$(ci/sysroot --musl $*) && $(MAKE) $(QUIET) OUT=$(@D) TARGET=$* LIBC=musl \
	 CC="$($*.compiler)" CHECK_LIBS=-lcheck \
	 CPPFLAGS="-nostdinc -isystem $$root/include" \
	 LDFLAGS="--sysroot=$$root -B$$root/lib -L$$root/lib"
$(filter-out $(OUT)/ipc-conform,$(sort $(MUSL:%=build/%/ipc-conform))): build/%-musl/ipc-conform: FORCE
	$(Q)+$(MUSL_BUILD) $@

# Programs to publish are built in separate folders, because the debug information, and so the build
# id, depends on the name of the folder.
RELEASED := $(addprefix build/released/,$(addsuffix /ipc-conform,$(architectures)))
RELEASED_MUSL := $(MUSL:%=build/released/%/ipc-conform)
$(filter-out $(OUT)/ipc-conform,$(RELEASED)): build/released/%/ipc-conform: FORCE
	$(Q)+$(CROSS_BUILD) OUT=$(@D) CFLAGS=-O2 $@
$(filter-out $(OUT)/ipc-conform,$(RELEASED_MUSL)): build/released/%-musl/ipc-conform: FORCE
	$(Q)+$(MUSL_BUILD) CFLAGS=-O2 $@
do-release-programs:
	$(Q)ci/release-programs build/release-programs $(PROGRAMS)

# A dependency file of an earlier build may name a source that has moved since.
conformance/%.c: ;
-include $(wildcard build/*/*.d build/*/*/*.d build/*/*/*/*.d build/*/*/*/*/*.d)

# Install the programs, their manual pages and the data that the guides use below PREFIX.
PREFIX ?= /usr/local
PROGRAMS_INSTALLED := ipc-conform ipc-conform-dynamic ipc-btf ipc-stress
do-install-conform: $(PROGRAMS_INSTALLED:%=$(OUT)/%)
	$(Q)install -D -t '$(DESTDIR)$(PREFIX)/bin' $^
	$(Q)install -D -m 644 -t '$(DESTDIR)$(PREFIX)/share/man/man1' $(filter conformance/%,$(MANUAL_PAGES))
	$(Q)ln -sf ipc-conform.1 '$(DESTDIR)$(PREFIX)/share/man/man1/ipc-conform-dynamic.1'
	$(Q)mkdir -p '$(DESTDIR)$(PREFIX)/share/ipc-conform'
	$(Q)cp -R abi-dumps ci/kirk/runtest conformance/gate/baselines '$(DESTDIR)$(PREFIX)/share/ipc-conform'

# ---- does this machine conform? ----------------------------------------------

REPORT ?= build/report
JOBS ?= $(shell nproc)
# The option -j of a nested make; empty if it shares the jobs of the make that started it.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j $(JOBS))

do-conform: harness
	$(Q)mkdir -p $(REPORT)
	$(Q)$(OUT)/ipc-conform run --jobs $(JOBS) --format json --output $(OUT)/static.json; \
	 [ $$? -ne 2 ]
	$(Q)$(OUT)/ipc-conform-dynamic run --jobs $(JOBS) --format json --output $(OUT)/dynamic.json; \
	 [ $$? -ne 2 ]
	$(Q)$(OUT)/ipc-conform report --format text --format ktap --output $(REPORT)/conform.ktap \
	 --format json --output $(REPORT)/conform.json --format junit --output $(REPORT)/conform.xml \
	 --format html --output $(REPORT)/conform.html $(OUT)/static.json $(OUT)/dynamic.json

# The build for this machine, whatever CC and ARCH are.
HOST_ARCH = $(if $(filter-out gcc,$(CC)),$(call once,host,\
	gcc -dumpmachine 2>/dev/null | sed 's/-.*//; s/^i.86$$/i386/'),$(TARGET))
HOST = build/$(HOST_ARCH)
HOST_LIBC = $(if $(findstring musl,$(shell gcc -dumpmachine)),musl,glibc)

# The static harness with the glibc of each suite of Debian and with musl, on the running
# kernel; conformance/libc/expected lists their expected failures.
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
	  build/libc/$$suite/ipc-conform run --jobs $(JOBS) --expect conformance/libc/expected \
	   --format json --output build/libc/$$suite/result.json; [ $$? -ne 2 ] || exit 2; done
	$(Q)$(PYTHON) conformance/libc/libcs.py \
	 $(foreach suite,$(SUITES),$(suite)=build/libc/$(suite)/result.json)
