# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Kills a run at a random moment and resumes it; the verdicts must not change.

killed.py [--times N] [--seed N] COMMAND...: COMMAND is ipc-conform, with or without an emulator
before it.  It runs in a PID namespace, and SIGKILL to the first process there ends all processes,
as a power failure would.  Needs root.
Exit status: 0 the verdicts are the same, 1 they differ.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

APART = ["unshare", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
ARGUMENTS = ["run", "--jobs", "2", "--skip", "random.*", "--seed", "1", "--format", "json"]


def verdicts(text: str) -> dict[str, str]:
    return {one["id"]: one["outcome"] for one in json.loads(text)["runs"][0]["results"]}


def killed(command: list[str], record: Path, seconds: float) -> bool:
    """Kill the run after that time; return False if it ended before."""
    run = subprocess.Popen(
        [*command, "--record", str(record)], stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        run.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    command = [*APART, *options.command, *ARGUMENTS]
    once = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    want = verdicts(once.stdout)
    seconds = json.loads(once.stdout)["runs"][0]["seconds"]
    status = 0
    with tempfile.TemporaryDirectory() as directory:
        for time in range(1, options.times + 1):
            record = Path(directory) / str(time)
            while not killed(command, record, chance.uniform(0.05, 0.9) * seconds):
                record.unlink()
            text = record.read_text() if record.exists() else ""
            option = "--resume" if text else "--record"
            end = subprocess.run([*command, option, record], stdout=subprocess.PIPE, text=True)
            got = verdicts(end.stdout)
            different = {one: (was, got.get(one)) for one, was in want.items()
                         if was != got.get(one)}
            print(f"kill {time}: {text.count('result')} results were recorded, "
                  f"{len(different)} of {len(want)} verdicts differ", flush=True)
            for name, (was, now) in sorted(different.items()):
                print(f"  {name}: {was} in one run, {now} after the kill")
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
