#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""observed: judges the bytes that a booted kernel wrote by the facts of the headers.

    observed.py OBSERVED UAPI LIBC

OBSERVED has the lines of `ipc-conform dump --layer observed`.  A structure that the raw
system call fills must agree with UAPI, and one that libc's function fills with LIBC: each member
is written, and no byte outside the structure.  Padding need not be written.
Exit status: 0 they agree, 1 they differ, with a line for each difference, 2 misused.
"""

import re
import sys
from pathlib import Path

# The structure that each kind of command fills.
STRUCTURES = {
    "msgctl": {"INFO": "msginfo", "STAT": "msqid_ds"},
    "semctl": {"INFO": "seminfo", "STAT": "semid_ds"},
    "shmctl": {"INFO": "shminfo", "STAT": "shmid_ds"},
}


class Misuse(Exception):
    """An error in the arguments, described in one line."""


def structure_of(call: str, command: str) -> str | None:
    if command == "SHM_INFO":
        return "shm_info"
    return next((name for kind, name in STRUCTURES[call].items() if kind in command), None)


def bytes_of(words: str) -> set[int]:
    """The bytes of a line: "bytes 0-7 16" is the first eight, and the seventeenth."""
    found: set[int] = set()
    for begin, end in re.findall(r"(?<![\d-])(-?\d+)(?:-(-?\d+))?", words):
        found |= set(range(int(begin), int(end or begin) + 1))
    return found


def facts(dump: str) -> tuple[dict[str, int], dict[str, dict[str, range]]]:
    """The size of each structure, and the bytes of its members without padding."""
    sizes: dict[str, int] = {}
    members: dict[str, dict[str, range]] = {}
    for name, size in re.findall(r"^struct +(\S+) +size (\d+)", dump, re.MULTILINE):
        sizes[name] = int(size)
    for line in re.findall(r"^member +.*", dump, re.MULTILINE):
        match = re.match(r"member +(\w+)\.(\S+) +offset (\d+) size (\d+) (\S+)", line)
        if match and match[5] != "pad":
            begin = int(match[3])
            members.setdefault(match[1], {})[match[2]] = range(begin, begin + int(match[4]))
    return sizes, members


def differences(observed: str, dumps: dict[str, str]) -> list[str]:
    """The differences as text; dumps has the facts for each way to make a call, raw or libc."""
    known = {way: facts(dump) for way, dump in dumps.items()}
    found = []
    lines = re.findall(r"^wrote +(\w+)\.(\w+)\.(\w+) +(.*)$", observed, re.MULTILINE)
    if not lines:
        raise Misuse("no line begins with: wrote")
    for call, command, way, words in lines:
        name = structure_of(call, command) if call in STRUCTURES else None
        if not name or not words.startswith("bytes "):
            continue
        sizes, members = known[way]
        if name not in sizes:
            continue
        written = bytes_of(words.removeprefix("bytes "))
        what = f"{call}.{command}.{way}: {name}"
        if outside := sorted(byte for byte in written if not 0 <= byte < sizes[name]):
            found.append(f"{what}: byte {outside[0]} is written, the size is {sizes[name]}")
        for member, place in members.get(name, {}).items():
            if missing := sorted(set(place) - written):
                found.append(f"{what}.{member}: byte {missing[0]} is not written")
    return found


def main() -> int:
    if len(sys.argv) != 4:
        print("observed: usage: observed OBSERVED UAPI LIBC", file=sys.stderr)
        return 2
    try:
        observed, uapi, libc = (Path(path).read_text() for path in sys.argv[1:])
        found = differences(observed, {"raw": uapi, "libc": libc})
    except (OSError, Misuse) as error:
        print(f"observed: {error}", file=sys.stderr)
        return 2
    print("".join(f"{line}\n" for line in found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
