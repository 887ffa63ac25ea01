# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Runs each stress program under each tool, from BUILD/TOOL/ipc-stress, and prints the results.

Exit status: 0 no tool reported anything, 1 one did, 2 misused.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RUN_UNDER = Path(__file__).resolve().with_name("run-under")
PROGRAMS = ("msg", "sem", "shm", "mixed")
BUILDS = {"memcheck": "valgrind", "helgrind": "valgrind"}
# Rounds of the short form; the first pattern that matches TOOL PROGRAM applies.  All
# runs of msg together send 10^6 messages.
ROUNDS = [
    (r"(asan|tsan) msg", 420),
    (r"msan msg", 100),
    (r"\S+ msg", 4),
    (r"[amt]san \w+", 10),
    (r"asan-\S+ \w+", 1),
    (r"\S+ \w+", 2),
]


def limit(seconds: int | None, tool: str, program: str) -> list[str]:
    if seconds is not None:
        return ["--seconds", str(seconds)]
    name = f"{tool} {program}"
    return ["--rounds", str(next(n for what, n in ROUNDS if re.fullmatch(what, name)))]


def run(build: Path, tool: str, program: str, limits: list[str]) -> tuple[int, str]:
    """The exit status, and the output of program and tool."""
    stress = build / BUILDS.get(tool, tool) / "ipc-stress"
    done = subprocess.run(
        ["sh", RUN_UNDER, tool, stress, program, *limits],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def runs(options: argparse.Namespace) -> Iterator[tuple[str, str, int, str]]:
    """Yields tool, program, status and output, in the order of the tools and programs."""
    pairs = [(tool, program) for tool in options.tools for program in PROGRAMS]
    with ThreadPoolExecutor(options.jobs) as pool:
        started = [
            pool.submit(run, options.build, *pair, limit(options.seconds, *pair)) for pair in pairs
        ]
        for (tool, program), ended in zip(pairs, started):
            yield tool, program, *ended.result()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--seconds", type=int, help="the time of each program")
    length.add_argument("--short", action="store_true", help="a few rounds of each")
    parser.add_argument("--jobs", type=int, default=1, help="programs that run at once")
    parser.add_argument("build", type=Path)
    parser.add_argument("tools", metavar="tool", nargs="+")
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error(f"--jobs: {options.jobs}")
    silent, messages, n = 0, 0, 0
    for tool, program, status, said in runs(options):
        n += 1
        if status == 0 and said.count("\n") == 1:
            print(f"{tool:12} {said}", end="", flush=True)
            silent += 1
            messages += sum(map(int, re.findall(r"(\d+) messages", said)))
        else:
            print(f"{tool:12} {program}: FAILED, exit status {status}\n{said}", flush=True)
    print(f"{n} runs, {silent} silent, {messages} messages and none lost")
    return int(silent < n)


if __name__ == "__main__":
    sys.exit(main())
