# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- benchmarks -------------------------------------------------------------------

# The loops in C are a shared library, which bench.py loads.  BENCH has options of bench.py.
$(OUT)/loops.so: tests/bench/loops.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(COMPILE) -fPIC -shared $(LDFLAGS) -o $@ $<
# bare.c shows the cost of any call from Python.  One build serves every CPython, as the module does.
$(OUT)/bare.abi3.so: tests/bench/bare.c $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(COMPILE) -I$(PYTHON_INCLUDE) -fPIC -shared $(LDFLAGS) -o $@ $<
do-bench: python $(OUT)/loops.so $(OUT)/bare.abi3.so
	$(Q)$(MAKE) $(QUIET) PACKAGE=build/policies/tries CPPFLAGS='$(CPPFLAGS) -DBACKOFF=0' python
	$(Q)$(MAKE) $(QUIET) PACKAGE=build/policies/releases CPPFLAGS='$(CPPFLAGS) -DBACKOFF=-1' \
	 python
	$(Q)PYTHONPATH=build/python $(PYTHON) tests/bench/bench.py --loops $(OUT)/loops.so $(BENCH)

# The harness with planted defects of the kernel (tests/gate).
$(OUT)/ipc-conform-seeded: $(OUT)/main-static.o $(OUT)/tests/gate/seeds.o $(HARNESS_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^ $(CHECK_LIBS)
