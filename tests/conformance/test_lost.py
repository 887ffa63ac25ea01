# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""If a feature of this kernel stops working, its checks fail, and are not skipped."""

import errno
import json
import subprocess
from pathlib import Path

import pytest

from limits import HANG
from test_isolation import PROGRAM, fail, failing

__all__ = ["failing"]  # a fixture

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="ipc-conform-dynamic is not built")

# For each feature, the call that fails, its errno, the file that it opens, and a check.
LOST = {
    "MSG_COPY": ("copy", errno.ENOSYS, "", "msgrcv.copy.by_index"),
    "MSG_STAT_ANY": ("stat_any", errno.EINVAL, "", "msgctl.msg_stat_any"),
    "SHM_STAT_ANY": ("stat_any", errno.EINVAL, "", "shmctl.shm_stat_any"),
    "msg_next_id": ("open", errno.EIO, "msg_next_id", "msgget.next_id"),
    "sem_next_id": ("open", errno.ENOENT, "sem_next_id", "semget.next_id"),
}


def outcomes(before: list[str], check: str) -> list[tuple[str, str]]:
    command = ["unshare", "--ipc", *before, str(PROGRAM), "run", "--format", "json"]
    ended = subprocess.run(
        [*command, "--only", check], stdout=subprocess.PIPE, timeout=HANG, check=False
    )
    results = json.loads(ended.stdout)["runs"][0]["results"]
    return [(one["id"], one["outcome"]) for one in results]


@pytest.mark.parametrize("feature", LOST)
def test_a_lost_feature_fails(failing: Path, feature: str) -> None:
    call, error, path, check = LOST[feature]
    lost = [f"{name}={value}" for name, value in fail(failing, call, error, 0, path).items()]
    usual, without = outcomes([], check), outcomes(["env", *lost], check)
    if usual == [(check, "skipped")]:
        pytest.skip("this kernel has no such feature")
    assert usual == [(check, "passed")]
    assert without == [(check, "failed")]
