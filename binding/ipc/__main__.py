# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""python -m ipc: lists, shows and removes objects; compares this build with the kernel."""

import argparse
import errno
import json
import os
import pwd
import sys
import types
import typing as t
from collections import abc
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from struct import calcsize

import ipc

TIMES = ("stime", "rtime", "ctime", "otime", "atime", "dtime")


class Kind(t.NamedTuple):
    """The properties of msg, sem or shm that the commands use.

    Attributes:
        title: The heading of a list of objects.
        noun: The name of one object in messages.
        get: Returns the identifier for a key.
        type: The class in ipc.
        all: Returns the state of each object by identifier.
        perm: The name of the member with the permissions.
        columns: For each heading of ls, a member or a function of the state.
    """

    title: str
    noun: str
    get: abc.Callable[[int], int]
    type: t.Any
    all: abc.Callable[[], dict[int, t.Any]]
    perm: str
    columns: dict[str, "str | abc.Callable[[t.Any], object]"]


def state_of_segment(ds: ipc.shmid_ds) -> str:
    mode = ds.shm_perm.mode
    flags = {"removed": ipc.SHM_DEST, "locked": ipc.SHM_LOCKED}
    return ", ".join(word for word, bit in flags.items() if mode & bit)


KINDS = {
    "msg": Kind(
        "message queues",
        "message queue",
        lambda key: ipc.msgget(key, 0),
        ipc.MessageQueue,
        ipc.queues,
        "msg_perm",
        {"messages": "msg_qnum", "bytes": "msg_cbytes", "at most": "msg_qbytes"},
    ),
    "sem": Kind(
        "semaphore sets",
        "semaphore set",
        lambda key: ipc.semget(key, 0, 0),
        ipc.SemaphoreSet,
        ipc.semaphore_sets,
        "sem_perm",
        {"semaphores": "sem_nsems"},
    ),
    "shm": Kind(
        "shared memory",
        "shared memory segment",
        lambda key: ipc.shmget(key, 0, 0),
        ipc.SharedMemory,
        ipc.segments,
        "shm_perm",
        {"bytes": "shm_segsz", "attached": "shm_nattch", "state": state_of_segment},
    ),
}


class Failed(Exception):
    """An error, with one line of text for the user."""


# ---- output --------------------------------------------------------------------------


Lines = abc.Iterable[str]


def table(rows: list[dict[str, object]]) -> Lines:
    """Format rows as a table: numbers are aligned to the right, text to the left."""
    heads = list(rows[0])
    cells = [heads, *([str(row[head]) for head in heads] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(heads))]
    right = [isinstance(rows[0][head], int) for head in heads]
    for line in cells:
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right)]
        yield "  ".join(padded).rstrip()


def write(text: str) -> bool:
    """Write to standard output and flush it; return False if it is a pipe without a reader."""
    need_output()
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
        return True
    except BrokenPipeError:
        discard(sys.stdout)
        return False
    except OSError as error:
        discard(sys.stdout)
        raise Failed(f"standard output: {error.strerror}") from None


def need_output() -> None:
    if not sys.stdout:
        raise Failed("standard output is closed")


def discard(stream: t.TextIO) -> None:
    """Redirect the stream to /dev/null, so that the flush at exit does not fail again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def put(as_json: bool, document: object, text: abc.Callable[[], Lines]) -> None:
    lines = [json.dumps(document, indent=1)] if as_json else text()
    output = "".join(f"{line}\n" for line in lines)
    if output:
        write(output)


def user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def members(structure: t.Any) -> list[str]:
    """Return the names of a structure's members in C's order, without the aliases with "__"."""
    kind = structure if isinstance(structure, type) else type(structure)
    descriptors = types.GetSetDescriptorType
    names = [name for name, what in vars(kind).items() if isinstance(what, descriptors)]
    if kind is not ipc.semun:  # its buf and __buf are different members
        names = [name for name in names if not (name[:2] == "__" and name[2:] in names)]
    return sorted(names, key=lambda name: ipc.offsetof(kind, name))


def plain(value: t.Any) -> t.Any:
    """Return a structure as a dictionary."""
    if isinstance(value, int):
        return value
    return {name: plain(getattr(value, name)) for name in members(value)}


def flat(value: dict[str, t.Any], around: str = "") -> abc.Iterable[tuple[str, int]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from flat(inner, f"{around}{name}.")
        else:
            yield around + name, inner


def readable(name: str, value: int) -> str:
    if name.rpartition("_")[2] in TIMES:
        moment = datetime.fromtimestamp(value, timezone.utc)
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if value else "never"
    if name.endswith("mode"):
        return f"{value:#o}"
    if name.endswith("key"):
        return f"{value & 0xFFFFFFFF:#010x}"
    if name.endswith("uid"):
        return f"{value} ({user(value)})"
    return str(value)


# ---- the commands -------------------------------------------------------------------------


def row(name: str, ident: int, ds: t.Any) -> dict[str, object]:
    kind = KINDS[name]
    perm = getattr(ds, kind.perm)
    return {
        "id": ident,
        "key": readable("key", perm.key),
        "owner": user(perm.uid),
        "mode": f"{perm.mode & 0o777:03o}",
        **{
            head: getattr(ds, what) if isinstance(what, str) else what(ds)
            for head, what in kind.columns.items()
        },
    }


def command_ls(options: argparse.Namespace) -> int:
    chosen = options.kind or list(KINDS)
    found = {name: sorted(KINDS[name].all().items()) for name in chosen}

    def text() -> Lines:
        for i, (name, objects) in enumerate(found.items()):
            yield f"{chr(10) if i else ''}{KINDS[name].title} ({name}): {len(objects)}"
            if objects:
                yield from table([row(name, ident, ds) for ident, ds in objects])

    document = {
        name: [{"id": ident, **plain(ds)} for ident, ds in objects]
        for name, objects in found.items()
    }
    put(options.json, document, text)
    return 0


def command_show(options: argparse.Namespace) -> int:
    kind = KINDS[options.kind]
    with about(kind, options.id):
        one = kind.type.from_id(options.id)
        document = {"id": one.id, **plain(one.stat())}
        if options.kind == "sem":
            document["semaphores"] = [
                {
                    "value": s.value,
                    "pid": s.pid,
                    "waiting": s.waiting,
                    "waiting for zero": s.waiting_for_zero,
                }
                for s in one
            ]

    def text() -> Lines:
        semaphores = document.pop("semaphores", [])
        lines = list(flat(document))
        width = max(len(name) for name, _ in lines)
        for name, value in lines:
            yield f"{name:{width}}  {readable(name, value)}"
        if semaphores:
            yield ""
            yield from table([{"semaphore": i, **row} for i, row in enumerate(semaphores)])

    put(options.json, document, text)
    return 0


def messages(ident: int) -> abc.Iterator[ipc.msgbuf]:
    """Yield a copy of each message of a queue; each is read only when the caller asks for it."""
    index = 0
    with about(KINDS["msg"], ident):
        q = ipc.MessageQueue.from_id(ident)
        while (message := q.peek(index)) is not None:
            yield message
            index += 1


def command_peek(options: argparse.Namespace) -> int:
    """Write each message as soon as it is read, because a queue may be too large for memory."""
    form = peek_json if options.json else peek_text
    for text in form(messages(options.id)):
        if not write(text):
            break
    return 0


def peek_text(found: abc.Iterator[ipc.msgbuf]) -> abc.Iterator[str]:
    """Yield a table with fixed column widths, because the later messages are not known yet."""
    for i, m in enumerate(found):
        if not i:
            yield "index  mtype  length  mtext\n"
        yield f"{i:5}  {m.mtype:5}  {len(m.mtext):6}  {repr(m.mtext)[1:]}\n"


def peek_json(found: abc.Iterator[ipc.msgbuf]) -> abc.Iterator[str]:
    """Yield a JSON array, which is complete even if a later message cannot be read."""
    failed = None
    separator = "["
    try:
        for i, m in enumerate(found):
            text = m.mtext
            one = {"index": i, "mtype": m.mtype, "length": len(text), "mtext": text.hex()}
            yield f"{separator}\n {json.dumps(one)}"
            separator = ","
    except Failed as error:
        if separator == "[":
            raise
        failed = error
    yield "[]\n" if separator == "[" else "\n]\n"
    if failed:
        raise failed


def command_rm(options: argparse.Namespace) -> int:
    """Remove each object; go on with the next one after an error."""
    kind, status = KINDS[options.kind], 0
    removed: list[int] = []
    for number in options.number:
        try:
            ident = find(kind, number) if options.key else number
            with about(kind, ident):
                unread(kind, ident).remove()
            removed.append(ident)
        except Failed as error:
            complain(f"rm: {error}")
            status = 2
    try:
        put(options.json, {options.kind: removed}, lambda: ())
    except Failed as error:
        raise Failed(f"{error}; removed: {' '.join(map(str, removed)) or 'nothing'}") from None
    return status


def find(kind: Kind, key: int) -> int:
    """Return the identifier of the object with a key."""
    if key == ipc.IPC_PRIVATE:
        raise Failed("no object can be found by the key 0 (IPC_PRIVATE): give its identifier")
    if not -(2**31) <= key < 2**32:
        raise Failed(
            f"no {kind.noun} has the key {shown(key)}: a key has 32 bits, "
            f"from {-(2**31)} to {2**32 - 1}"
        )
    try:
        return kind.get(key)
    except FileNotFoundError:
        raise Failed(f"no {kind.noun} has the key {key & 0xFFFFFFFF:#010x}") from None
    except OSError as error:
        raise Failed(f"{kind.noun} of key {key & 0xFFFFFFFF:#010x}: {reason(error)}") from None


def unread(kind: Kind, ident: int) -> t.Any:
    """Return an object without reading its state, since removing it needs no read permission."""
    one = kind.type.__new__(kind.type)
    one.id = ident
    return one


@contextmanager
def about(kind: Kind, ident: int) -> abc.Iterator[None]:
    """Turn an OSError of the calls in a with block into a message that names the object."""
    if not 0 <= ident < 2**31:
        raise Failed(
            f"no {kind.noun} has the identifier {shown(ident)}: "
            f"an identifier is from 0 to {2**31 - 1}"
        )
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EIDRM):
            raise Failed(f"no {kind.noun} has the identifier {ident}") from None
        words = {
            errno.EACCES: "the caller has no permission to read it",
            errno.EPERM: "the caller is neither its owner nor its creator, nor privileged "
            "(CAP_SYS_ADMIN)",
            errno.ENOSYS: "this kernel has no MSG_COPY (CONFIG_CHECKPOINT_RESTORE)",
        }
        raise Failed(f"{kind.noun} {ident}: {words.get(error.errno or 0, reason(error))}") from None


def shown(number: int) -> str:
    """Format an int of any length; sys.set_int_max_str_digits() limits only decimal digits."""
    return str(number) if abs(number) < 10**40 else f"{number:#x}"


# ---- does this build agree with this machine? ------------------------------------------------


_INT_MAX, _LONG_MAX = (2 ** (8 * calcsize(code) - 1) - 1 for code in "il")
# Columns of /proc whose names differ from the members.
WORDS = {"perms": "mode", "size": "shm_segsz"}


def proc(name: str, ident: int) -> dict[str, int]:
    """Return an object's row of /proc/sysvipc, see proc(5)."""
    head, *lines = Path("/proc/sysvipc", name).read_text().splitlines()
    for line in lines:
        columns = dict(zip(head.split(), line.split()))
        found = {k: int(v, 8 if k == "perms" else 10) for k, v in columns.items()}
        if ident in (found.get(f"{name}id"), found.get("msqid")):
            return found
    raise Failed(f"/proc/sysvipc/{name} has no row for {ident}")


def compare(name: str, one: t.Any, found: dict[str, list[str]]) -> None:
    """Compare an object's IPC_STAT with /proc, member by member."""
    ds = one.stat()
    perm = getattr(ds, KINDS[name].perm)
    for column, value in proc(name, one.id).items():
        for structure, prefix in (perm, ""), (ds, f"{name}_"):
            member = WORDS.get(column, prefix + column)
            if member in members(structure):
                judge(structure, member, value, found)


def judge(structure: t.Any, member: str, value: int, found: dict[str, list[str]]) -> None:
    wrong = found.setdefault(type(structure).__name__, [])
    if getattr(structure, member) != value:
        wrong.append(f"{member} is {getattr(structure, member)}, /proc says {value}")


def limits(structure: t.Any, files: dict[str, str], found: dict[str, list[str]]) -> None:
    """Compare limits with /proc/sys/kernel; files maps a member to a file and a word in it."""
    for member, place in files.items():
        name, _, word = place.partition(" ")
        value = int(Path("/proc/sys/kernel", name).read_text().split()[int(word or 0)])
        # A 64-bit kernel gives 32-bit programs the low word, of shmmax at most INT_MAX (ipc/shm.c).
        if member == "shmmax" and value > _INT_MAX == structure.shmmax:
            value = _INT_MAX
        judge(structure, member, value % (_LONG_MAX * 2 + 2), found)


def observed() -> dict[str, list[str]]:
    """Return the differences found for each structure on this machine, with temporary objects."""
    found: dict[str, list[str]] = {}
    with ipc.MessageQueue(mode=0o640, remove_on_exit=True) as q:
        q.send(b"12345", 0x1234567)
        q.send(b"6789", 3)
        got = q.receive()
        sent = ipc.mkmsgbuf(0x1234567, b"12345")
        found["msgbuf"] = [] if got == sent else [f"{got} was received"]
        compare("msg", q, found)
    with ipc.SemaphoreSet(nsems=3, mode=0o640, remove_on_exit=True) as s:
        s.operate([(1, 5, 0), (2, 7, 0)])
        found["sembuf"] = [] if s.values == [0, 5, 7] else [f"the values are {s.values}"]
        s[0].value = 3
        found["semun"] = [] if s.values == [3, 5, 7] else [f"the values are {s.values}"]
        compare("sem", s, found)
    with ipc.SharedMemory(size=12345, mode=0o640, remove_on_exit=True) as m:
        compare("shm", m, found)
    info, sems, shms = ipc.msginfo(), ipc.seminfo(), ipc.shminfo()
    ipc.msgctl(0, ipc.IPC_INFO, info)
    ipc.semctl(0, 0, ipc.IPC_INFO, sems)
    ipc.shmctl(0, ipc.IPC_INFO, shms)
    limits(info, {name: name for name in ("msgmax", "msgmnb", "msgmni")}, found)
    words = ("semmsl", "semmns", "semopm", "semmni")
    limits(sems, {name: f"sem {i}" for i, name in enumerate(words)}, found)
    limits(shms, {name: name for name in ("shmmax", "shmall", "shmmni")}, found)
    return found


def command_abi(options: argparse.Namespace) -> int:
    names = [n for n in ipc.__all__ if isinstance(getattr(ipc, n), type) and hasattr(ipc._ipc, n)]
    names.remove("shm_address")
    wrong = observed()
    structures: dict[str, t.Any] = {}
    for name in names:
        kind = getattr(ipc, name)
        structures[name] = {
            "size": ipc.sizeof(kind),
            "members": {member: ipc.offsetof(kind, member) for member in members(kind)},
            "agrees": not wrong[name] if name in wrong else None,
            "wrong": wrong.get(name, []),
        }
    constants = {n: getattr(ipc, n) for n in ipc.__all__ if isinstance(getattr(ipc, n), int)}
    words = {True: "yes", False: "no", None: "not asked"}

    def text() -> Lines:
        yield from table(
            [
                {
                    "structure": name,
                    "bytes": facts["size"],
                    "agrees": words[facts["agrees"]],
                    "members at": " ".join(f"{m}:{at}" for m, at in facts["members"].items()),
                }
                for name, facts in structures.items()
            ]
        )
        yield ""
        yield from table([{"constant": name, "value": value} for name, value in constants.items()])
        yield ""
        for name, facts in structures.items():
            for line in facts["wrong"]:
                yield f"wrong: {name}: {line}"
        machine = f"{os.uname().machine}, Linux {os.uname().release}"
        yield f"this build {'disagrees' if any(wrong.values()) else 'agrees'} with {machine}"

    put(options.json, {"structures": structures, "constants": constants}, text)
    return 1 if any(wrong.values()) else 0


# ---- the command line -----------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that reports an error if it cannot write the help text."""

    def print_help(self, file: t.Any = None) -> None:
        write(self.format_help())

    def error(self, message: str) -> t.NoReturn:
        say(f"{self.format_usage()}{self.prog}: error: {message}")
        sys.exit(2)


def number(text: str) -> int:
    return int(text, 0)


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m ipc",
        description="List, show, remove System V IPC objects; compare this build with the kernel.",
        epilog="Exit status: 0: success; 1: abi found a difference; 2: an error.",
    )
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, function: abc.Callable[..., int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[common], help=text, description=text)
        made.set_defaults(function=function)
        return made

    ls = command("ls", command_ls, "list all objects of this IPC namespace")
    ls.add_argument("kind", nargs="*", metavar="KIND", help="msg, sem or shm; by default all")
    show = command("show", command_show, "print the state of an object")
    show.add_argument("kind", choices=list(KINDS))
    show.add_argument("id", type=number)
    rm = command("rm", command_rm, "remove objects")
    rm.add_argument("kind", choices=list(KINDS))
    rm.add_argument("number", type=number, nargs="+", metavar="ID")
    rm.add_argument("--key", action="store_true", help="take keys in place of identifiers")
    peek = command("peek", command_peek, "print a queue's messages without receiving them")
    peek.add_argument("id", type=number)
    command("abi", command_abi, "print sizes, offsets, constants; compare them with the kernel")
    options = parser.parse_args(words)
    if options.command == "ls" and not set(options.kind) <= set(KINDS):
        ls.error(f"KIND is one of {', '.join(KINDS)}, not {' '.join(options.kind)}")
    return options


def reason(error: OSError) -> str:
    text = error.strerror or str(error)
    return f"{error.filename}: {text}" if error.filename else text


def complain(text: str) -> None:
    say(f"python -m ipc: {text}")


def say(text: str) -> None:
    """Print to standard error; ignore a failure, because the exit status tells of the error too."""
    if sys.stderr:  # None if it is closed; print(file=None) would write to standard output
        try:
            print(text, file=sys.stderr, flush=True)
        except OSError:
            discard(sys.stderr)


def main(words: list[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    command = ""
    try:
        options = arguments(words)
        command = f"{options.command}: "
        if options.json or options.command != "rm":
            need_output()  # before anything is removed
        status: int = options.function(options)
        return status
    except (OSError, Failed) as error:
        complain(f"{command}{reason(error) if isinstance(error, OSError) else error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
