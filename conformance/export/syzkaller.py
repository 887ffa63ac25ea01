#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""syzkaller: write syzkaller's description of the interface: syzkaller.py FOLDER.

The files replace sys/linux/ipc.txt and ipc.txt.const of syzkaller: ipc.txt has the calls,
ipc_ARCH.txt the structures of ARCH and of the architectures with the same layout.  The calls and
commands are those of the table sysvipc.def; the layouts and numbers are the facts of abi-dumps/.
The field `syzkaller` of architectures.toml is syzkaller's name for an architecture.
Exit status: 0 written, 2 an argument is wrong, or a file cannot be read or written.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "conformance" / "abi"))

from architectures import Misuse, table  # noqa: E402

TABLE = TOP / "conformance" / "interface" / "sysvipc.def"
DUMPS = TOP / "abi-dumps"
NAME = re.compile(r"[A-Z]\w*")

# The calls, without the prefix of their identifiers: the table has them as functions of libc.  Each
# fuzzing process has its own keys.  shmget has a parameter `unused`, whose length is the size.
CALLS = """\
resource ipc[int32]: 0, -1
resource ipc_msq[ipc]
resource ipc_sem[ipc]
resource ipc_shm[ipc]
resource shmaddr[intptr]: 0

type ipc_key proc[0x798daaf3, 4, int32]

msgget(key ipc_key, flags flags[msgget_flags]) ipc_msq
msgget$private(key const[IPC_PRIVATE], flags flags[msgget_flags]) ipc_msq
msgsnd(msqid ipc_msq, msgp ptr[in, msgbuf], msgsz len[msgp], flags flags[msgsnd_flags])
msgrcv(msqid ipc_msq, msgp ptr[out, msgbuf], msgsz len[msgp], typ flags[ipc_mtypes], flags flags[msgrcv_flags])

semget(key ipc_key, nsems flags[ipc_nsems], flags flags[semget_flags]) ipc_sem
semget$private(key const[IPC_PRIVATE], nsems flags[ipc_nsems], flags flags[semget_flags]) ipc_sem
semop(semid ipc_sem, sops ptr[in, array[sembuf]], nsops len[sops])
semtimedop(semid ipc_sem, sops ptr[in, array[sembuf]], nsops len[sops], timeout ptr[in, timespec, opt])

shmget(key ipc_key, size len[unused], flags flags[shmget_flags], unused vma) ipc_shm
shmget$private(key const[IPC_PRIVATE], size len[unused], flags flags[shmget_flags], unused vma) ipc_shm
shmat(shmid ipc_shm, addr vma[opt], flags flags[shmat_flags]) shmaddr
shmdt(addr shmaddr)
"""  # noqa: E501 (a line of a description cannot be broken)

FLAGS = {
    "msgget_flags": "IPC_CREAT, IPC_EXCL, open_mode",
    "msgsnd_flags": "IPC_NOWAIT",
    "msgrcv_flags": "IPC_NOWAIT, MSG_COPY, MSG_EXCEPT, MSG_NOERROR",
    "ipc_mtypes": "-3, -2, -1, 0, 1, 2, 3",
    "semget_flags": "IPC_CREAT, IPC_EXCL, open_mode",
    "semop_flags": "IPC_NOWAIT, SEM_UNDO",
    "ipc_nsems": "0, 1, 2, 3, 4",
    "shmget_flags": "IPC_CREAT, IPC_EXCL, SHM_HUGETLB, @SHM_HUGE, SHM_NORESERVE, open_mode",
    "shmat_flags": "SHM_EXEC, SHM_RDONLY, SHM_REMAP, SHM_RND",
}

# syzkaller's types for those of POSIX, and for members that have special values.
TYPES = {"uid_t": "uid", "gid_t": "gid", "pid_t": "pid"}
MEMBERS = {
    "ipc_perm.key": "ipc_key",
    "ipc_perm.mode": "flags[open_mode, int{bits}]",
    "msgbuf.mtype": "flags[ipc_mtypes, int{bits}]",
    "sembuf.sem_num": "flags[ipc_nsems, int{bits}]",
    "sembuf.sem_flg": "flags[semop_flags, int{bits}]",
}


class Command(NamedTuple):
    """A row CONTROL of the table."""

    call: str
    name: str
    way: str
    structure: str


class Fact(NamedTuple):
    """A member of a structure: its place in bytes, and its kind in the dump."""

    offset: int
    size: int
    kind: str


class Interface(NamedTuple):
    """The table: libc's name -> the kernel's; STRUCT.MEMBER -> type; the commands."""

    structures: dict[str, str]
    types: dict[str, str]
    commands: list[Command]


class Dump(NamedTuple):
    """The facts of an architecture."""

    sizes: dict[str, int]
    members: dict[str, dict[str, Fact]]
    numbers: dict[str, int]  # of constants, and of calls as __NR_CALL


def read_table() -> Interface:
    text = TABLE.read_text()
    body = text[text.index("/* ---- structures"):]
    rows = re.findall(r"^([A-Z_]+)\(([^\")]+)", body, flags=re.M)
    words = [(kind, [word.strip() for word in rest.split(",")]) for kind, rest in rows]
    structures = {row[0]: row[1] for kind, row in words if kind == "STRUCT"}
    types = {f"{row[0]}.{row[1]}": row[2] for kind, row in words if kind in ("TYPED", "NESTED")}
    commands = [Command(*row) for kind, row in words if kind == "CONTROL"]
    return Interface(structures, types, commands)


def read_dump(arch: str) -> Dump:
    dump = Dump({}, {}, {})
    for line in (DUMPS / arch / "uapi.abi").read_text().splitlines():
        kind, name, *values = line.split()
        if "absent" in values or kind == "#":
            continue
        if kind == "struct":
            dump.sizes[name] = int(values[1])
        elif kind == "member":
            structure, member = name.split(".")
            fact = Fact(int(values[1]), int(values[3]), values[4])
            dump.members.setdefault(structure, {})[member] = fact
        elif kind in ("const", "syscall"):
            dump.numbers[("__NR_" if kind == "syscall" else "") + name] = int(values[0], 0)
    return dump


# ---- structures --------------------------------------------------------------------------


def hole(begin: int, end: int) -> str:
    """A line of a structure for bytes that the kernel does not read."""
    return f"\tpad{begin}\tarray[const[0, int8], {end - begin}]"


def type_of(interface: Interface, name: str, fact: Fact) -> str:
    bits = 8 * fact.size
    if name in MEMBERS:
        return MEMBERS[name].format(bits=bits)
    posix = interface.types.get(name, "")
    if posix in interface.structures:
        return interface.structures[posix]
    return TYPES[posix] if posix in TYPES and fact.size == 4 else f"int{bits}"


def structure(interface: Interface, dump: Dump, name: str) -> Iterator[str]:
    """The lines of a structure: packed, because each byte is in the dump."""
    yield interface.structures[name] + " {"
    end = 0
    for member, fact in sorted(dump.members[name].items(), key=lambda item: item[1]):
        if fact.kind == "pad":
            continue
        if fact.offset > end:
            yield hole(end, fact.offset)
        if fact.kind == "array":
            yield f"\t{member}\tarray[int8]"
            end = dump.sizes[name]
        else:
            yield f"\t{member}\t{type_of(interface, f'{name}.{member}', fact)}"
            end = fact.offset + fact.size
    if end < dump.sizes[name]:
        yield hole(end, dump.sizes[name])
    yield "} [packed]"
    yield ""


def structures(interface: Interface, dump: Dump) -> str:
    lines = [line for name in interface.structures for line in structure(interface, dump, name)]
    return "\n".join(lines)


# ---- calls and constants --------------------------------------------------------------------

WAYS = {"IN": "ptr[in, {}]", "OUT": "ptr[out, {}]", "VALUE": "int32", "NONE": ""}
WAYS |= {"ARRAY_IN": "ptr[in, array[int16]]", "ARRAY_OUT": "ptr[out, array[int16]]"}
FACILITIES = {"msgctl": "msqid ipc_msq", "semctl": "semid ipc_sem", "shmctl": "shmid ipc_shm"}


def control(interface: Interface, command: Command, suffix: str) -> str:
    """A command of a control call; suffix "_64" asks for the current structures by IPC_64."""
    arguments = [FACILITIES[command.call]]
    if command.call == "semctl":
        whole = command.structure != "none" or command.name in ("GETALL", "SETALL", "IPC_RMID")
        arguments.append("semnum const[0]" if whole else "semnum flags[ipc_nsems]")
    arguments.append(f"cmd const[{command.name}{suffix}]")
    kernel = interface.structures.get(command.structure, "")
    if argument := WAYS[command.way].format(kernel):
        arguments.append(f"arg {argument}")
    # A call that returns a value of the set can return any number.
    end = " (ignore_return)" if command.call == "semctl" else ""
    return f"{command.call}${command.name}{suffix}({', '.join(arguments)}){end}"


def versions(command: Command) -> list[str]:
    """Commands whose structure was different before Linux 2.4 have a second number."""
    old = ("msqid_ds", "semid_ds", "shmid_ds", "shminfo")
    return ["", "_64"] if command.structure in old else [""]


def controls(interface: Interface) -> Iterator[str]:
    for command in interface.commands:
        for suffix in versions(command):
            yield control(interface, command, suffix)


def flags(known: set[str]) -> Iterator[str]:
    sizes = sorted(name for name in known if re.fullmatch(r"SHM_HUGE_\d+[KMG]B", name))
    for name, values in FLAGS.items():
        yield f"{name} = {values.replace('@SHM_HUGE', ', '.join(sizes))}"


def with_versions(interface: Interface, numbers: dict[str, int]) -> dict[str, int]:
    both = {c.name for c in interface.commands if len(versions(c)) == 2}
    return numbers | {f"{name}_64": numbers[name] | numbers["IPC_64"] for name in both}


def constant(name: str, values: dict[str, str]) -> str:
    """A line of the file of constants: the most frequent value, and the others by architecture."""
    usual = Counter(values.values()).most_common(1)[0][0]
    others: dict[str, list[str]] = {}
    for arch, value in values.items():
        if value != usual:
            others.setdefault(value, []).append(arch)
    rest = [":".join([*arches, value]) for value, arches in others.items()]
    return ", ".join([f"{name} = {usual}", *rest])


def constants(text: str, numbers: dict[str, dict[str, int]]) -> Iterator[str]:
    """The constants that the description uses, in the format of syz-extract."""
    yield "# Made by conformance/export/syzkaller.py."
    yield f"arches = {', '.join(sorted(numbers))}"
    known = {name for of_arch in numbers.values() for name in of_arch}
    used = set(NAME.findall(text)) & known | {name for name in known if name.startswith("__NR_")}
    unused = {"__NR_ipc", "__NR_semtimedop_time64"}
    for name in sorted(used - unused):
        values = {arch: str(numbers[arch].get(name, "???")) for arch in sorted(numbers)}
        yield constant(name, values)


# ---- files ----------------------------------------------------------------------------------

HEAD = """\
# System V IPC.  Made by conformance/export/syzkaller.py of python-ipc.
"""
INCLUDES = "fcntl ipc msg sem shm stat"


def files() -> dict[str, str]:
    interface = read_table()
    arches = {row["syzkaller"]: name for name, row in table().items() if "syzkaller" in row}
    dumps = {arch: read_dump(name) for arch, name in sorted(arches.items())}
    numbers = {arch: with_versions(interface, dump.numbers) for arch, dump in dumps.items()}
    includes = [f"include <linux/{name}.h>" for name in INCLUDES.split()]
    defines = sorted(
        {f"define {c.name}_64 {c.name}|IPC_64" for c in interface.commands if len(versions(c)) == 2}
    )
    known = {name for of_arch in numbers.values() for name in of_arch}
    calls = [*includes, "", *defines, "", CALLS, *controls(interface), "", *flags(known), ""]
    found = {"ipc.txt": HEAD + "\n" + "\n".join(calls)}
    found["ipc.txt.const"] = "\n".join([*constants(found["ipc.txt"], numbers), ""])
    layouts: dict[str, list[str]] = {}
    for arch, dump in dumps.items():
        layouts.setdefault(structures(interface, dump), []).append(arch)
    for layout, same in layouts.items():
        quoted = ", ".join(f'"{arch}"' for arch in same)
        found[f"ipc_{same[0]}.txt"] = f"{HEAD}\nmeta arches[{quoted}]\n\n{layout}"
    return found


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr, end="")
        return 2
    folder = Path(sys.argv[1])
    try:
        for name, text in files().items():
            (folder / name).write_text(text)
    except (Misuse, OSError) as error:
        words = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        print(f"syzkaller: {words}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
