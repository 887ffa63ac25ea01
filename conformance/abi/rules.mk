# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- the ABI as compilers and kernels have it -------------------------------------

# ipc-conform, which compares, is built for the host; CC and CPPFLAGS are for the dumps.
# TARGETS selects targets.
COMPARE = TARGETS='$(TARGETS)' conformance/abi/compare-dumps $(HOST)/ipc-conform '$(CC) $(CPPFLAGS)'
do-abi do-abi-accept: do-%: host-tools
	$(Q)$(COMPARE) $(patsubst abi%,%,$*)
	$(Q)[ $@ = do-abi-accept ] || $(BTF) || [ $$? -eq 4 ]

# Judge the headers of a libc, which CPPFLAGS find, by rule.
word_of = '$(subst ','\'',$(1))'
do-port: host-tools
	$(Q)KERNEL_CPPFLAGS=$(call word_of,$(KERNEL_CPPFLAGS)) conformance/abi/judge-headers $(HOST)/ipc-conform \
	 $(call word_of,$(LIBC)) $(call word_of,$(CC)) $(call word_of,$(CPPFLAGS))

# Judge copies of real headers with one changed declaration: EACH changes of a kind in each
# layer, 0 for all.
EACH ?= 6
do-mutants-abi: host-tools
	$(Q)PYTHONPATH=tests:conformance/abi $(PYTHON) tests/mutants/abi/abi_mutants.py $(HOST)/ipc-conform --each $(EACH) $(CHOSEN) $(TARGETS)

# Compare the structures in the kernels' BTF with abi-dumps.  Exit status 4: there was nothing
# to compare.
BTF = conformance/btf/compare-kernels $(HOST)/ipc-btf $(HOST)/ipc-conform
do-btf: host-tools
	$(Q)$(BTF) $(if $(KERNEL),$(or $(ARCH),$(HOST_ARCH)) '$(KERNEL)') || [ $$? -eq 4 ]
# The architectures of make check whose kernels also describe 32-bit programs.
BTF_KERNELS = $(foreach arch,$(having.always),$(if $($(arch).compat),$(arch)))
do-btf-debian: host-tools
	$(Q)images=$$(for arch in $(BTF_KERNELS); do \
	  image=$$(ci/fetch-kernel bookworm $$arch) && echo $$arch $$image || exit; done) && $(BTF) $$images
.PHONY: host-tools
host-tools:
	$(Q)$(MAKE) $(QUIET) CC=gcc CPPFLAGS= LIBC=$(HOST_LIBC) $(HOST)/ipc-conform $(HOST)/ipc-btf
