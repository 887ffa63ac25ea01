"""The harness is itself tested: seeded faults, each of which a check must find.

`make mutants-checks` does this for all of them; these are one of each kind.
"""

import re
import subprocess
import sys

import pytest
from test_tools import CONFORM, TOP

FAULTS = CONFORM.with_name("ipc-conform-faults")
TABLE = TOP / "tests" / "faults" / "table.py"

KINDS = {
    "msgget.ENOSPC.as_ENOMEM": "msgget.enospc",
    "msgget.sequence_reused": "msgget.id_not_reused",
    "msgsnd.last_byte_lost": "msgrcv.message",
    "msgrcv.negative_takes_first": "msgrcv.type_negative",
    "msgrcv.e2big_loses": "msgrcv.e2big",
    "msgrcv.restarted": "msgrcv.eintr_restart",
    "msgctl.IPC_STAT.msg_perm.mode": "msgctl.stat",
    "msgctl.padding": "msgctl.stat.padding.raw",
    "semop.undo_forgotten": "semop.undo.exit",
    "semtimedop.nanoseconds_unchecked": "semtimedop.einval_timeout",
    "semctl.stat_any_argument": "semctl.sem_stat_any",
    "semctl.SEM_INFO.half": "observed.semctl.SEM_INFO",
    "shmget.shmmax_one_less": "shmget.einval_shmmax",
    "shmat.private_copy": "shmat.shared",
    "shmctl.dest_missing": "shmctl.rmid.attached",
    "ftok.link_itself": "ftok.symbolic_link",
    "header.mode": "abi.libc.reference",
}

pytestmark = pytest.mark.skipif(not FAULTS.exists(), reason="ipc-conform-faults is not built")


def table(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, TABLE, *arguments, FAULTS], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


@pytest.fixture(scope="module", name="found")
def fixture_found() -> "dict[str, list[str]]":
    """What each of those faults makes fail."""
    options = [word for fault in KINDS for word in ("--fault", fault)]
    done = table("--all", *options)
    assert done.stdout.splitlines()[-1] == f"{len(KINDS)} defects, {len(KINDS)} caught"
    assert done.returncode == 0
    lines = [re.split(" +", line) for line in done.stdout.splitlines()[:-1]]
    return {fault: ids for fault, _, *ids in lines}


@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_is_found_by_the_check_of_it(fault: str, found: "dict[str, list[str]]") -> None:
    assert KINDS[fault] in found[fault]


def test_a_fault_that_there_is_none_of_is_misuse() -> None:
    done = table("--fault", "msgget.nothing")
    assert (done.returncode, done.stdout) == (2, "table.py: no such fault: msgget.nothing\n")
