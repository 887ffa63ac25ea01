# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Each mutant of `make mutants KIND=binding` can be applied to the binding."""

import pytest

from tree import TOP

from binding_mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=[one.name for one in MUTANTS])
def test_the_replaced_text_occurs_once(mutant: Mutant) -> None:
    assert (TOP / mutant.file).read_text().count(mutant.old) == 1
