# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The defects that `make mutants-memory` seeds in the binding: each can be seeded."""

import sys

import pytest

from test_tools import TOP

sys.path.insert(0, str(TOP / "tests" / "memory"))

from binding_mutants import DEFECTS, Defect  # noqa: E402


@pytest.mark.parametrize("defect", DEFECTS, ids=[one.name for one in DEFECTS])
def test_what_it_changes_stands_once(defect: Defect) -> None:
    assert (TOP / defect.file).read_text().count(defect.old) == 1
