# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The checks find mutants.

`make mutants KIND=checks` runs all mutants; this file runs one of each kind.
"""

import re
import subprocess
import sys

import pytest
from tree import MUTANTS, TOP

TABLE = TOP / "tests" / "mutants" / "checks" / "table.py"

KINDS = {
    "msgget.ENOSPC.as_ENOMEM": "msgget.enospc",
    "msgget.sequence_reused": "msgget.id_not_reused",
    "msgsnd.last_byte_lost": "msgrcv.message",
    "msgrcv.negative_takes_first": "msgrcv.type_negative",
    "msgrcv.e2big_loses": "msgrcv.e2big",
    "msgrcv.last_of_type": "random.msg",
    "msgsnd.torn": "random.msg.race",
    "msgrcv.restarted": "msgrcv.eintr_restart",
    "msgctl.IPC_STAT.msg_perm.mode": "msgctl.stat",
    "msgctl.padding": "msgctl.stat.padding.raw",
    "semop.undo_forgotten": "semop.undo.exit",
    "semtimedop.nanoseconds_unchecked": "semtimedop.einval_timeout",
    "semctl.stat_any_argument": "semctl.sem_stat_any",
    "semctl.SEM_INFO.half": "observed.semctl.SEM_INFO",
    "semop.torn": "history.sem",
    "msgrcv.taken_twice": "history.msg",
    "semop.rare_wake_up_lost": "random.sem",
    "shmdt.forgets_sometimes": "random.shm",
    "shmget.shmmax_one_less": "shmget.einval_shmmax",
    "shmat.private_copy": "shmat.shared",
    "shmctl.dest_missing": "shmctl.rmid.attached",
    "ftok.link_itself": "ftok.symbolic_link",
    "header.mode": "abi.libc.reference",
}

pytestmark = pytest.mark.skipif(not MUTANTS.exists(), reason="ipc-conform-mutants is not built")


def table(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, TABLE, *arguments, MUTANTS], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


@pytest.fixture(scope="module", name="found")
def fixture_found() -> "dict[str, list[str]]":
    """The checks that fail for each of these mutants."""
    options = [word for mutant in KINDS for word in ("--only", mutant)]
    done = table("--all", *options)
    assert done.stdout.splitlines()[-1] == f"{len(KINDS)} mutants, {len(KINDS)} caught"
    assert done.returncode == 0
    lines = [re.split(" +", line) for line in done.stdout.splitlines()[:-1]]
    return {mutant: ids for mutant, _, *ids in lines}


@pytest.mark.parametrize("mutant", KINDS)
def test_a_mutant_is_found_by_its_check(mutant: str, found: "dict[str, list[str]]") -> None:
    assert KINDS[mutant] in found[mutant]


@pytest.mark.parametrize("mutant, check", [("semop.undo_forgotten", "random.sem"),
                                           ("msgsnd.last_byte_lost", "random.msg"),
                                           ("shmat.nattch_leak", "random.shm")])
def test_a_seed_repeats_a_failure_which_is_shortened(mutant: str, check: str) -> None:
    def failing(*options: str) -> "list[str]":
        done = subprocess.run([MUTANTS, "--mutant", mutant, "run", "--only", check, *options],
                              stdout=subprocess.PIPE, text=True, check=False)
        return [line for line in done.stdout.splitlines() if "expected" in line]

    first = failing("--seed", "5", "--operations", "1000")
    options = re.search(r"(--seed) (\d+) (--operations) (\d+): ", first[0])
    steps = re.search(r"steps 1 to (\d+) of (\d+)", first[1])
    assert options and steps, first
    assert options.groups() == ("--seed", "5", "--operations", "1000")
    assert failing(*options.groups()) == first
    assert int(steps.group(1)) == int(steps.group(2)) <= 8


def test_an_unknown_mutant_is_refused() -> None:
    done = table("--only", "msgget.nothing")
    words = "table.py: --only: no mutant matches msgget.nothing\n"
    assert (done.returncode, done.stdout) == (2, words)
