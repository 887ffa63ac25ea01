# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Kills a run at random moments and resumes it: the verdicts must be those of one run.

killed.py [--times N] [--seed N] COMMAND...: COMMAND is ipc-conform, or an emulator before it, for
example `qemu-x86_64 build/x86_64/ipc-conform`.  It runs in a PID namespace whose first process
SIGKILL ends, and with it all others, as the death of a machine does.  Needs root.
Exit status: 0 the same verdicts, 1 others.
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


def ended(record: Path) -> int:
    return len(record.read_text(errors="replace").splitlines()) if record.exists() else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as directory:
        record = Path(directory) / "record"
        command = [*APART, *options.command, *ARGUMENTS]
        once = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        want = verdicts(once.stdout)
        seconds = json.loads(once.stdout)["runs"][0]["seconds"]
        killed = 0
        while True:
            option = "--resume" if record.exists() else "--record"
            run = subprocess.Popen(
                [*command, option, record],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
            if killed == options.times:
                break
            try:
                run.wait(timeout=chance.uniform(0.5, 1.5) * seconds / (options.times + 5))
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
                run.communicate()
                killed += 1
                print(f"kill {killed}: {ended(record)} lines in the record", flush=True)
                continue
            break
        got = verdicts(run.communicate()[0])
    different = {one: (want[one], got.get(one)) for one in want if want[one] != got.get(one)}
    print(f"killed {killed} times; {len(got)} results, {len(different)} differ from one run")
    for name, (was, now) in sorted(different.items()):
        print(f"{name}: {was} in one run, {now} after the kills")
    return 1 if different or killed < options.times else 0


if __name__ == "__main__":
    sys.exit(main())
