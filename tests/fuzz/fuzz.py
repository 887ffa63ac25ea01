# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Runs fuzz targets, some at a time, and prints one line for each.

    fuzz.py [--seconds N | --runs N] [--seed N] [--jobs N] BUILD [TARGET...]

A target is BUILD/fuzz-TARGET (libFuzzer); `python` is interface.py beside this file.  It begins
with the inputs of corpus/TARGET, and with --seconds also with the inputs in BUILD/corpus, which
earlier runs kept.  Exit status: 0 no target failed; 1 a target failed, and its line names the
input; 2 an argument is wrong; 4 no target could be run.
"""

import argparse
import contextlib
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
READERS_OF_TEXT = ["facts", "judge", "diff", "results"]
CALLERS = ["msg", "sem", "shm"]
TARGETS = [*READERS_OF_TEXT, "btf", *CALLERS, "python"]

# An input that takes more time or memory counts as a failure.
LIMITS = ["-timeout=20", "-rss_limit_mb=1500"]


class Result(NamedTuple):
    """The result of a target: its last line, or its whole output if it failed."""

    target: str
    status: str  # "nothing", "SKIP: ...", or the path of an input
    executions: str
    coverage: str
    said: str


class Extent(NamedTuple):
    """The time or the number of runs, the seed and the folder."""

    seconds: int
    runs: int
    seed: int
    build: Path


def habits(target: str) -> list[str]:
    """Return options: a dictionary for targets that read text, long inputs for calls."""
    if target in READERS_OF_TEXT:
        return [f"-dict={HERE / 'words.dict'}"]
    return ["-len_control=0", "-max_len=800"] if target in CALLERS else []


def command(target: str, extent: Extent, new: Path) -> list[str]:
    """The command of the target, which writes new inputs to the folder `new`."""
    found = extent.build / "found" / f"{target}-"
    if target == "python":
        bound = ["--seconds", str(extent.seconds)] if extent.seconds else [
            "--examples", str(max(1, extent.runs // 100))]
        return [sys.executable, str(HERE / "interface.py"), *bound, "--seed", str(extent.seed),
                "--found", str(found)]
    bound = [f"-max_total_time={extent.seconds}"] if extent.seconds else [f"-runs={extent.runs}"]
    return [str(extent.build / f"fuzz-{target}"), *bound, *LIMITS, f"-seed={extent.seed}",
            f"-artifact_prefix={found}", "-print_final_stats=1",
            *habits(target),
            str(new), str(CORPUS / target)]


def last(pattern: str, text: str) -> str:
    found: list[str] = re.findall(pattern, text)
    return found[-1] if found else "-"


@contextlib.contextmanager
def kept_in(target: str, extent: Extent) -> Iterator[Path]:
    """The folder for new inputs; a run of a fixed count does not use those of earlier runs."""
    if extent.seconds:
        folder = extent.build / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)


def run(target: str, extent: Extent) -> Result:
    with kept_in(target, extent) as new:
        done = subprocess.run(command(target, extent, new), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
    said = done.stdout
    if done.returncode == 0:
        status = "nothing"
    elif done.returncode == 4:
        status = last(r"(?m)^SKIP: .*", said)
    else:
        status = last(r"Test unit written to (\S+)", said)
    return Result(target, status, last(r"number_of_executed_units: (\d+)", said),
                  last(r"\bcov: (\d+)", said), said)


def line(result: Result) -> str:
    return f"{result.target:<9} {result.executions:>10} {result.coverage:>8}  {result.status}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    bound = parser.add_mutually_exclusive_group()
    bound.add_argument("--seconds", type=int, default=0, help="for each target")
    bound.add_argument("--runs", type=int, default=1000, help="of each target")
    parser.add_argument("--seed", type=int, default=random.randrange(1, 2**31))
    parser.add_argument("--jobs", type=int, default=2, help="targets that run at once")
    parser.add_argument("build", type=Path)
    parser.add_argument("targets", nargs="*", metavar="target", default=TARGETS)
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error(f"--jobs: {options.jobs}")
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    extent = Extent(options.seconds, options.runs, options.seed, options.build)
    (extent.build / "found").mkdir(parents=True, exist_ok=True)
    print(f"seed {extent.seed}")
    print(f"{'target':<9} {'executions':>10} {'coverage':>8}  found", flush=True)
    results = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(lambda target: run(target, extent), options.targets):
            results.append(result)
            print(line(result), flush=True)
    skipped = [result for result in results if result.status.startswith("SKIP")]
    found = [result for result in results if result.status != "nothing" and result not in skipped]
    for result in found:
        print(f"\n{result.target}:\n{result.said}", file=sys.stderr)
    print(f"{len(results)} targets, {len(found)} with a finding, {len(skipped)} skipped")
    return 1 if found else 4 if len(skipped) == len(results) else 0


if __name__ == "__main__":
    sys.exit(main())
