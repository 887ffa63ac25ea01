# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Kills QEMU at a random moment and resumes the run on a new boot; the verdicts must not change.

killed_kernels.py [--times N] [--seed N] [--shards N] ARCH KERNEL

The harness records its results on a serial port, and the next boot gets the record as a file.  A
killed run has the checks of one shard only, so that it is short.  If there are at least as many
kills as shards, every check has been in a killed run.
Exit status: 0 if the verdicts are those of a run that was not killed, 1 if they differ, 2 if an
argument is wrong or a file is missing.
"""

import argparse
import json
import random
import sys
import threading
from pathlib import Path

import boot

TOP = Path(__file__).resolve().parents[2]
# Random operations take half of the time, and the scheduler decides part of their results.
CHECKS = "--jobs 2 --seed 1 --skip random.* --skip history.*"


def verdicts(record: str) -> dict[str, str]:
    """The outcomes of the complete lines of a record."""
    lines = record[: record.rfind("\n") + 1].splitlines()
    results = [json.loads(line)["result"] for line in lines if line.startswith('{"result"')]
    return {one["id"]: one["outcome"] for one in results}


def run(
    kernel: Path, machine: boot.Machine, shard: str, record: str = "", seconds: float = 0
) -> tuple[boot.Boot, bool]:
    """Boots, continues a record, and kills QEMU after some seconds, if not 0; whether it did."""
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    words = f"run {CHECKS} --shard {shard} --record /dev/{machine.results.name}"
    with boot.temporary_folder() as folder:
        if record:
            (folder / "record").write_text(record)
            words += " --resume /record"
        if seconds:
            timer.start()
        program = TOP / "build" / machine.arch / "ipc-conform"
        ended = boot.boot(kernel, machine, program, words, boot.Options(), folder, stop=stop)
        timer.cancel()
    return ended, ended.timed_out


def interrupted(
    kernel: Path, machine: boot.Machine, shard: str, seconds: float, chance: random.Random
) -> str:
    """The record of a run that was killed while a check ran."""
    while True:
        ended, killed = run(kernel, machine, shard, "", chance.uniform(0.05, 0.95) * seconds)
        if killed and '{"begun"' in ended.results:
            return ended.results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("arch")
    parser.add_argument("kernel", type=Path)
    options = parser.parse_args()
    machine = boot.machine_of(options.arch)
    boot.check_image(options.kernel, options.arch)
    chance = random.Random(options.seed)
    want: dict[str, dict[str, str]] = {}
    took: dict[str, float] = {}
    status = 0
    for time in range(options.times):
        shard = f"{time % options.shards + 1}/{options.shards}"
        if shard not in want:
            whole, _ = run(options.kernel, machine, shard)
            want[shard], took[shard] = verdicts(whole.results), whole.seconds
            if not want[shard]:
                why = f"shard {shard}: no result; the kernel's last lines: {whole.log[-3:]}"
                raise boot.Misuse(why)
        record = interrupted(options.kernel, machine, shard, took[shard], chance)
        resumed, _ = run(options.kernel, machine, shard, record)
        got = verdicts(resumed.results)
        names = sorted({*want[shard], *got})
        different = [name for name in names if want[shard].get(name) != got.get(name)]
        print(
            f"kill {time + 1}: shard {shard}, {len(verdicts(record))} results were recorded, "
            f"{len(different)} of {len(want[shard])} verdicts differ",
            flush=True,
        )
        for name in different:
            print(f"  {name}: {want[shard].get(name)} in one run, {got.get(name)} after the kill")
            status = 1
    return status


if __name__ == "__main__":
    boot.end_with(main, Path(sys.argv[0]).name)
