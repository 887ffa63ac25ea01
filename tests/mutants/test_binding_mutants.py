# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The defects that `make mutants KIND=binding` seeds in the binding: each can be seeded."""

import pytest

from tree import TOP

from binding_mutants import DEFECTS, Defect


@pytest.mark.parametrize("defect", DEFECTS, ids=[one.name for one in DEFECTS])
def test_what_it_changes_stands_once(defect: Defect) -> None:
    assert (TOP / defect.file).read_text().count(defect.old) == 1
