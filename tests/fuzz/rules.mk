# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- fuzzing ----------------------------------------------------------------------

# The objects of each target; libFuzzer has main().
READERS = abi/layout abi/layout_html report/escape harness/textfile report/json report/diff \
	report/report report/report_html report/report_json report/report_junit report/report_ktap \
	report/report_ltp report/report_parts report/report_text abi/facts abi/layers abi/rules \
	abi/partial
READERS_btf = btf/image btf/structures abi/facts harness/textfile
CALLERS = harness/absent harness/blocked harness/calls harness/coverage harness/expect harness/isolate \
	harness/child harness/privilege
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
# These targets have a mutant of tests/mutants/checks between them and the calls.
MUTATED := $(FUZZ_CALLERS:%=mutated-%)
$(foreach T,$(FUZZ_CALLERS),$(eval $(OUT)/fuzz-mutated-$T: \
	$(filter-out %/calls.o,$(call FUZZ_OBJECTS,$T)) $(OUT)/tests/fuzz/mutated.o))
$(MUTATED:%=$(OUT)/fuzz-%): $(OUT)/mutants-calls.o $(OUT)/conformance/abi/layers.o $(OUT)/layers_data.o \
	$(patsubst %.c,$(OUT)/%.o,$(filter-out %/main.c,$(wildcard tests/mutants/checks/*.c)))
	$(call say,LD,$@)
	$(Q)$(FUZZ_LINK) $(MUTANT_WRAPS)
# MUTANT_FOLDER is a folder with mutated.c: a copy, with a defect, of the source MUTATED_SOURCE of
# the target MUTATED_IN.
ifdef MUTANT_FOLDER
$(MUTANT_FOLDER)/fuzz: $(MUTANT_FOLDER)/mutated.o $(filter-out $(OUT)/$(MUTATED_SOURCE:.c=.o),$(call FUZZ_OBJECTS,$(MUTATED_IN)))
	$(Q)$(FUZZ_LINK) $(if $(filter btf,$(MUTATED_IN)),$(FUZZ_BTF))
$(MUTANT_FOLDER)/mutated.o: HARNESS_FLAGS += -iquote $(dir $(MUTATED_SOURCE))
endif
BUILD_fuzz := CC=clang CFLAGS='$(WATCHED) -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all'

# Builds the targets and prints their names.
.PHONY: fuzz-targets
fuzz-targets:
	$(Q)$(MAKE) $(QUIET) GOALS='$(FUZZ_TARGETS:%=fuzz-%)' watched-fuzz >&2
	@echo $(FUZZ_TARGETS)
# TARGETS: the targets to run (all if empty).  FUZZ: options of fuzz.py.
FUZZ ?= --seconds $(SECONDS)
do-fuzz: python
	$(Q)$(MAKE) $(QUIET) GOALS='$(FUZZ_TARGETS:%=fuzz-%)' watched-fuzz
	$(Q)PYTHONPATH=build/python $(PYTHON) tests/fuzz/fuzz.py --jobs $(JOBS) $(FUZZ) build/fuzz $(TARGETS)

# Runs each target with mutants of the code that it tests.
do-mutants-fuzz: python
	$(Q)$(MAKE) $(QUIET) GOALS='$(MUTATED:%=fuzz-%) $(FUZZ_TARGETS:%=fuzz-%)' watched-fuzz
	$(Q)PYTHONPATH=build/python:tests/fuzz $(PYTHON) tests/mutants/fuzz/fuzz_mutants.py $(CHOSEN) build/fuzz
