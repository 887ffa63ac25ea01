# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- does a kernel image conform? ---------------------------------------------

# KERNEL: the image, or SUITE: the suite of Debian with the kernel; ARCH: its architecture;
# BASELINE: a series of conformance/gate/baselines, or the JSON of a run, to compare with;
# GATE: options of gate.py.
KERNEL_REPORT = $(REPORT)/kernel
PROGRAMS = $($(ARCH).programs)
do-kernel: $(sort $(HOST)/ipc-conform $(PROGRAMS:%=build/%/ipc-conform))
	$(Q)mkdir -p $(REPORT); rm -f $(KERNEL_REPORT)-costs.*; status=0; image='$(KERNEL)'; \
	 [ -n "$$image" ] || image=$$(ci/fetch-kernel '$(SUITE)' '$(ARCH)') || exit 2; \
	 $(PYTHON) conformance/gate/gate.py $(if $(BASELINE),--baseline '$(BASELINE)') $(GATE) \
	  --output $(KERNEL_REPORT).json --log $(KERNEL_REPORT).log --costs $(KERNEL_REPORT)-costs.json \
	  "$$image" '$(ARCH)' || status=$$?; \
	 [ $$status -eq 2 ] || $(HOST)/ipc-conform report --format text --format ktap --output $(KERNEL_REPORT).ktap \
	  --format junit --output $(KERNEL_REPORT).xml --format html --output $(KERNEL_REPORT).html \
	  $(KERNEL_REPORT).json || [ $$? -lt 2 ]; \
	 [ ! -e $(KERNEL_REPORT)-costs.json ] || $(HOST)/ipc-conform cost --read $(KERNEL_REPORT)-costs.json \
	  --format html --output $(KERNEL_REPORT)-costs.html; exit $$status

# The costs of calls on the kernels of the matrix, from conformance/gate/costs.
do-costs:
	$(Q)$(PYTHON) conformance/gate/cost.py --html $(REPORT)/costs.html

# The matrix: CELLS of conformance/abi/architectures.toml, or all.
MATRIX = $(PYTHON) conformance/gate/matrix.py --output $(REPORT)/kernels.json
CELL_PROGRAMS = $(patsubst %,build/%/ipc-conform,$(shell $(PYTHON) conformance/gate/matrix.py \
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
# Compares the bytes that kernels write with abi-dumps/ARCH/observed.  OPTIONS: --accept.
do-kernels-observe:
	$(Q)$(MAKE) $(QUIET) $(sort $(filter-out %-musl/ipc-conform,$(CELL_PROGRAMS)))
	$(Q)$(PYTHON) conformance/gate/observe.py $(OPTIONS) $(CELLS)
# Builds and boots kernels that look for their own errors: WATCH, names of
# conformance/gate/configs/watches, or all; SUITES, bookworm by default; OPTIONS: of debug.py.
DEBUG = $(PYTHON) conformance/gate/debug.py $(WATCH:%=--watch=%) $(ARCH:%=--arch=%) $(OPTIONS) \
 $(if $(filter file,$(origin SUITES)),,$(SUITES))
do-kernels-debug:
	$(Q)programs=$$($(DEBUG) --print-programs) && \
	 $(MAKE) $(QUIET) $(HOST)/ipc-conform $$(printf 'build/%s/ipc-conform ' $$programs)
	$(Q)rm -f $(REPORT)/kernels-debug.json; status=0; \
	 $(DEBUG) --jobs $(KERNEL_JOBS) --output $(REPORT)/kernels-debug.json || status=$$?; \
	 [ ! -e $(REPORT)/kernels-debug.json ] || $(HOST)/ipc-conform report \
	  --format junit --output $(REPORT)/kernels-debug.xml \
	  --format html --output $(REPORT)/kernels-debug.html \
	  $(REPORT)/kernels-debug.json || [ $$? -lt 2 ]; exit $$status
# The architectures of make check, with all their programs; a kernel that cannot be fetched is a SKIP.
.PHONY: do-kernels-short
do-kernels-short: CELLS = $(cells.always:%=bookworm/%)
do-kernels-short:
	$(Q)$(MAKE) $(QUIET) --keep-going $(sort $(CELL_PROGRAMS)) || \
	 echo 'SKIP: programs that cannot be built'
	$(Q)$(MATRIX) --optional --no-cost $(CELLS)

# KERNEL_JOBS: jobs of make for a kernel.
KERNEL_JOBS ?= $(JOBS)
# For the first architecture of the table and its 32-bit programs.
MUTATED_PROGRAMS = $($(firstword $(architectures)).programs)
do-mutants-kernel:
	$(Q)$(MAKE) $(QUIET) $(MUTATED_PROGRAMS:%=build/%/ipc-conform)
	$(Q)PYTHONPATH=conformance/gate $(PYTHON) tests/mutants/kernel/kernel_mutants.py --jobs $(KERNEL_JOBS) $(CHOSEN)

# The module and the programs of its tests, for a root of Debian (ci/rootfs) on that kernel.
# OPTIONS: of tests/gate/pytest_targets.py.
PYTEST_CELLS = $(cells.pytest)
pytest-%: python
	$(Q)headers=$$(ci/rootfs --headers $*) && \
	 CC="$($*.compiler)" && \
	 PYTHONPATH="$$headers/sysconfig" _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata_cross \
	 $(MAKE) $(QUIET) CC="$$CC" CPPFLAGS="-I$$(echo $$headers/include/python3.*) -I$$headers/include" \
	  OUT=build/$*/pytest PACKAGE=build/$*/python python build/$*/pytest/init && \
	 mkdir -p build/$*/programs && CC="$$CC" $(PYTHON) tests/binding/programs.py build/$*/programs
$(OUT)/init: $(OUT)/conformance/gate/exec.o $(OUT)/conformance/harness/init.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^
do-kernel-pytest: CELLS = $(or $(ARCH),$(error make kernel-pytest: set ARCH to one of $(PYTEST_CELLS)))
do-kernels-pytest: CELLS = $(PYTEST_CELLS)
do-kernel-pytest do-kernels-pytest:
	$(Q)$(MAKE) $(QUIET) $(sort $(foreach cell,$(CELLS),pytest-$(firstword $(subst -on-, ,$(cell)))))
	$(Q)PYTHONPATH=conformance/gate $(PYTHON) tests/gate/pytest_targets.py --report $(REPORT) $(OPTIONS) $(CELLS)

# Runs other implementations of System V IPC and compares with their lists; NAMES: rows of the table
# (all if empty).
IMPLEMENTATIONS = $(PYTHON) conformance/gate/implementations/implementations.py
do-implementations:
	$(Q)$(MAKE) $(QUIET) $(sort $(HOST)/ipc-conform $(patsubst %,build/%/ipc-conform,$(shell \
	 $(IMPLEMENTATIONS) --programs $(NAMES))))
	$(Q)$(IMPLEMENTATIONS) $(NAMES)
# Makes the table of all implementations from their last results and from the baselines.
do-comparison: $(HOST)/ipc-conform
	$(Q)mkdir -p $(REPORT)
	$(Q)$(PYTHON) conformance/gate/implementations/comparison.py --html $(REPORT)/comparison.html
