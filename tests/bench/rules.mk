# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- benchmarks -------------------------------------------------------------------

# The loops in C are a library for the benchmark's own process.  BENCH: its options.
$(OUT)/loops.so: tests/bench/loops.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(COMPILE) -fPIC -shared $(LDFLAGS) -o $@ $<
# The cost of any call from Python; built for every CPython, as the module is.
$(OUT)/bare.abi3.so: tests/bench/bare.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(COMPILE) -I$(PYTHON_INCLUDE) -fPIC -shared $(LDFLAGS) -o $@ $<
do-bench: python $(OUT)/loops.so $(OUT)/bare.abi3.so
	$(Q)$(MAKE) $(QUIET) PACKAGE=build/policies/tries CPPFLAGS='$(CPPFLAGS) -DBACKOFF=0' python
	$(Q)$(MAKE) $(QUIET) PACKAGE=build/policies/releases CPPFLAGS='$(CPPFLAGS) -DBACKOFF=-1' \
	 python
	$(Q)PYTHONPATH=build/python $(PYTHON) tests/bench/bench.py --loops $(OUT)/loops.so $(BENCH)

# The harness with kernels' defects (tests/gate).
$(OUT)/ipc-conform-seeded: $(OUT)/main-static.o $(OUT)/tests/gate/seeds.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^ $(CHECK_LIBS)
