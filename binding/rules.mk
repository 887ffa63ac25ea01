# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# ---- the module ------------------------------------------------------------------

# setup.py builds the module; these rules only call it.
PYTHON_SOURCES := setup.py pyproject.toml $(wildcard binding/*.py binding/src/*) $(wildcard $(addprefix binding/ipc/,*.* */*.* */*/*.*)) \
	$(wildcard conformance/interface/*)
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

# pip installs a wheel of the built package, so that pip can also upgrade and uninstall it.
# With DESTDIR, pip ignores the packages of the running system.
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

# binding/docs has the pages that people write; tables.py generates the others.
DOCS := build/docs
DOCS_SOURCES = $(wildcard binding/docs/*.rst)
do-docs: python
	$(call say,SPHINX,$(DOCS)/html)
	$(Q)rm -rf $(DOCS) && mkdir -p $(DOCS)/source && cp $(DOCS_SOURCES) $(DOCS)/source
	$(Q)PYTHONPATH=$(PACKAGE):binding PYTHONDONTWRITEBYTECODE=1 $(PYTHON) binding/docs/tables.py $(DOCS)/source
	$(Q)PYTHONPATH=$(PACKAGE) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m sphinx -W --keep-going -q -a -E \
	 -b html -c binding/docs -d $(DOCS)/doctrees $(DOCS)/source $(DOCS)/html

# The sdist, and a wheel for each architecture, built from the sdist.
ARCHS ?= $(shell ci/wheels --list)
do-sdist do-wheels: do-%:
	$(Q)PYTHON=$(PYTHON) ci/wheels build/wheels $(if $(filter wheels,$*),$(ARCHS))

# Builds every file of a release in build/release, from a clone of the last commit.  ARCHS are the
# architectures of the wheels and PROGRAMS those of the static programs (ci/release).
do-release:
	$(Q)$(if $(filter command%,$(origin ARCHS)),ARCHS='$(ARCHS)') ci/release '$(VERSION)' build/release

# ci/debs exits with 4 if it has printed SKIP.
do-debs:
	$(Q)ci/debs build/debs || [ $$? -eq 4 ]
do-debs-check: do-debs
	$(Q)ci/debs --test build/debs || [ $$? -eq 4 ]

# Tests each wheel of ARCHS with CPythons of its architecture.
do-wheels-check: do-wheels harness python $(OUT)/loops.so
	$(Q)INTERPRETERS='$(INTERPRETERS)' ci/check-wheels build/wheels $(ARCHS)
