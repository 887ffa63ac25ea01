# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Runs ipc-conform on other implementations of System V IPC, and compares the results with lists.

implementations.py [--optional] [--output DIRECTORY] [NAME...]: the rows of the file `table` with
these names, or all.  A row differs if a check fails that its list does not name, or if a
check passes that it names.  With --optional, a row whose command or program is missing is a SKIP.
Exit status: 0 as listed, 1 something differs, 2 an argument is wrong, or a row could not run.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]
sys.path.append(str(TOP / "conformance" / "abi"))
import architectures  # noqa: E402

BUILD = TOP / "build"
# The time limit of a run, which ends one that hangs; gVisor takes a minute.
MOST = 3600


class Problem(Exception):
    """Why a row could not run."""


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    name: str
    lists: str
    arch: str
    jobs: str
    limit: str
    package: str
    command: str


def table() -> list[Row]:
    lines = (HERE / "table").read_text().splitlines()
    cells = [line.split("|") for line in lines if line and not line.startswith("#")]
    return [Row(*(cell.strip() for cell in row)) for row in cells]


def host() -> Path:
    return BUILD / architectures.host() / "ipc-conform"


def container(directory: Path) -> Path:
    program = directory / "container"
    flags = ["-static", "-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
    subprocess.run(["gcc", *flags, "-o", program, HERE / "container.c"], check=True)
    return program


def initrd(program: Path, directory: Path) -> Path:
    """Make an initramfs whose /init is the program."""
    root = directory / "initrd"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in ("dev", "proc", "sys", "tmp"):
        (root / name).mkdir()
    shutil.copy2(program, root / "init")
    image = directory / "initrd.cpio"
    names = "\n".join(sorted(str(path.relative_to(root)) for path in root.rglob("*")))
    with image.open("wb") as out:
        subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc"],
            input=names.encode(),
            stdout=out,
            cwd=root,
            check=True,
        )
    return image


def command_of(row: Row) -> list[str]:
    """The words of the command, with the folder of the package."""
    suite, _, package = row.package.rpartition(":")
    if not suite:
        return row.command.split()
    fetched = subprocess.run(
        [TOP / "ci" / "fetch-package", suite, package], capture_output=True, text=True
    )
    if fetched.returncode:
        raise Problem(fetched.stderr.strip())
    return row.command.replace("{package}", fetched.stdout.strip()).split()


def words_of(row: Row, program: Path, directory: Path) -> list[str]:
    """The command, with the arguments of run behind the program's place, or behind `--`."""
    arguments = ["run", "--time-limit", row.limit, "--jobs", row.jobs, "--format", "json"]
    words = []
    for word in command_of(row):
        if word == "{container}":
            words.append(str(container(directory)))
        elif "{initrd}" in word:
            words.append(word.format(initrd=initrd(program, directory)))
            arguments.insert(0, "--")
        else:
            words.append(word.format(program=program))
    return words + arguments


def document_in(text: str) -> str:
    """The JSON in the output; a console adds carriage returns, and its own lines."""
    begin, end = text.find('{"schema"'), text.rfind("]}")
    if begin < 0 or end < begin:
        raise Problem(f"it printed no result: {text[-300:].strip()!r}")
    return text[begin:end].replace("\r", "") + "]}\n"


def run(row: Row, directory: Path) -> Path:
    """The file with the results of a row."""
    program = BUILD / row.arch / "ipc-conform"
    if not program.exists():
        raise Problem(f"{program.relative_to(TOP)} is not built")
    first = command_of(row)[0]
    if not shutil.which(first):
        raise Problem(f"no {first} (Debian's package {row.package})")
    directory.mkdir(parents=True, exist_ok=True)
    # Checks make files for ftok; a sandbox may have its own /tmp.
    environment = {**os.environ, "TMPDIR": "/tmp"}
    try:
        ended = subprocess.run(
            words_of(row, program, directory),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=MOST,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise Problem(f"it did not end within {MOST} s") from None
    try:
        text = document_in(ended.stdout)
    except Problem as problem:
        raise Problem(f"{problem}; {ended.stderr[-300:].strip()}") from None
    path = directory / f"{row.name}.json"
    path.write_text(text)
    return path


def judge(row: Row, path: Path) -> bool:
    """Apply the list; print the differences, or the counts; return whether all are listed."""
    expect = path.with_suffix(".expect")
    expect.write_text("".join((HERE / f"{one}.expect").read_text() for one in row.lists.split()))
    judged = path.with_suffix(".judged.json")
    words: list[str | Path] = [host(), "report", "--expect", expect, "--format", "text"]
    words += ["--format", "json", "--output", judged, path]
    ended = subprocess.run(words, capture_output=True, text=True)
    if ended.returncode not in (0, 1):
        raise Problem(ended.stderr.strip() or f"report: exit status {ended.returncode}")
    if ended.returncode:
        print(ended.stdout, end="")
    else:
        levels, counts = ended.stdout.rstrip().splitlines()[-2:]
        print(f"{row.name}: {counts}; {levels}")
    return ended.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--optional", action="store_true")
    parser.add_argument("--output", type=Path, default=BUILD / "implementations")
    parser.add_argument("--programs", action="store_true", help="print the architectures")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rows = table()
    unknown = sorted(set(options.names) - {row.name for row in rows})
    if unknown:
        parser.error(f"no such implementation: {unknown[0]}")
    rows = [row for row in rows if not options.names or row.name in options.names]
    if options.programs:
        print(*sorted({row.arch for row in rows}))
        return 0
    status = 0
    for row in rows:
        try:
            if not judge(row, run(row, options.output)):
                print(f"{row.name}: differs from its list", flush=True)
                status = max(status, 1)
        except Problem as problem:
            print(f"{'SKIP: ' if options.optional else ''}{row.name}: {problem}", flush=True)
            status = status if options.optional else 2
    return status


if __name__ == "__main__":
    sys.exit(main())
