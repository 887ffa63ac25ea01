# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The module itself: signatures, docstrings, audit events, interpreters, and no leaks."""

import contextlib
import errno
import inspect
import os
import re
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import pytest

import ipc
from child import run_child
from conftest import Maker, message, room, view
from programs import STRUCTURES

# The parameters have the names and the order of the C functions in the manual pages below.
SIGNATURES = {
    "ftok": "(pathname, proj_id)",
    "msgget": "(key, msgflg)",
    "msgsnd": "(msqid, msgp, msgsz=None, msgflg=0)",
    "msgrcv": "(msqid, msgp, msgsz=None, msgtyp=0, msgflg=0)",
    "msgctl": "(msqid, cmd, buf=None)",
    "mkmsgbuf": "(mtype, mtext)",
    "semget": "(key, nsems, semflg)",
    "semop": "(semid, sops, nsops=None)",
    "semtimedop": "(semid, sops, nsops=None, timeout=None)",
    "semctl": "(semid, semnum, cmd, arg=None)",
    "shmget": "(key, size, shmflg)",
    "shmat": "(shmid, shmaddr=None, shmflg=0)",
    "shmdt": "(shmaddr)",
    "shmctl": "(shmid, cmd, buf=None)",
    "shmcpy_to": "(p, data, len=None)",
    "shmcpy_from": "(p, len)",
    "sizeof": "(structure, /)",
    "offsetof": "(structure, member, /)",
}
PAGES = {
    "ftok": "ftok(3)",
    "msgget": "msgget(2)",
    "msgsnd": "msgop(2)",
    "msgrcv": "msgop(2)",
    "msgctl": "msgctl(2)",
    "semget": "semget(2)",
    "semop": "semop(2)",
    "semtimedop": "semop(2)",
    "semctl": "semctl(2)",
    "shmget": "shmget(2)",
    "shmat": "shmop(2)",
    "shmdt": "shmop(2)",
    "shmctl": "shmctl(2)",
}
# Names that C does not have and the package adds.
OBJECTS = ["MessageQueue", "Semaphore", "SemaphoreSet", "SharedMemory"]
OBJECTS += ["queues", "segments", "semaphore_sets"]
# A module of the package is an attribute as soon as it has been imported.
PUBLIC = [
    name
    for name in sorted({*dir(ipc), *dir(ipc._ipc)})
    if not name.startswith("_") and not isinstance(getattr(ipc, name), types.ModuleType)
]


# ---- signatures and docstrings ---------------------------------------------------------------


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_function_has_c_parameters(name: str) -> None:
    assert str(inspect.signature(getattr(ipc, name))) == SIGNATURES[name]


@pytest.mark.parametrize("name", PAGES)
def test_a_docstring_names_errors_and_the_manual_page(name: str) -> None:
    doc = getattr(ipc, name).__doc__
    assert f"See {PAGES[name]}." in doc
    assert "OSError: " in doc
    errors = set(re.findall(r"\bE[A-Z0-9]{2,}\b", doc))
    assert errors <= set(errno.errorcode.values())
    assert errors or name == "ftok"


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(ipc, name)
    if isinstance(value, int):
        return
    assert value.__doc__
    if name != "shm_address":  # the type has no constructor
        inspect.signature(value)


def test_every_member_is_documented() -> None:
    for name in [*STRUCTURES, "shm_address"]:
        for member, value in vars(getattr(ipc, name)).items():
            if inspect.isdatadescriptor(value):
                assert value.__doc__, f"{name}.{member}"


def test_every_public_name_belongs_to_the_interface() -> None:
    accessors = re.compile(f"(new|delete)_\\w+|({'|'.join(STRUCTURES)})_\\w+_(get|set)")
    others = [
        name
        for name in PUBLIC
        if not isinstance(getattr(ipc, name), int) and not accessors.fullmatch(name)
    ]
    assert sorted(others) == sorted([*SIGNATURES, *STRUCTURES, "shm_address", *OBJECTS])


def test_an_import_loads_few_modules() -> None:
    """`import ipc` reads few modules from files, because each costs time in every program."""
    program = """
import sys
before = set(sys.modules)
import ipc
parts = {f"ipc.{name}" for name in ("_ipc", "_memory", "_object", "_queue", "_semaphore")}
new = set(sys.modules) - before - set(sys.builtin_module_names)
assert new == {"ipc", *parts}, new
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", [name for name in OBJECTS if name[0].isupper()])
def test_a_class_is_pickled_by_its_public_name(name: str) -> None:
    """The modules that define the classes are private."""
    assert getattr(ipc, name).__module__ == "ipc"


def test_a_name_is_found_without_getattr() -> None:
    """CPython does not specialise attribute loads of a module with __getattr__ (specialize.c)."""
    assert not hasattr(ipc, "__getattr__")
    assert set(OBJECTS) <= set(ipc.__all__) <= set(dir(ipc))


def test_functions_take_keywords(make: Maker, queue: int, semset: int, segment: int) -> None:
    m = room(5)
    ipc.msgsnd(msqid=queue, msgp=message("hello"), msgsz=5, msgflg=0)
    assert ipc.msgrcv(msqid=queue, msgp=m, msgsz=5, msgtyp=1, msgflg=ipc.IPC_NOWAIT) == 5
    assert ipc.msgctl(msqid=queue, cmd=ipc.IPC_STAT, buf=ipc.msqid_ds()) == 0
    assert ipc.mkmsgbuf(mtype=1, mtext="hello") == m
    assert ipc.semop(semid=semset, sops=[(0, 1)], nsops=1) == 0
    assert ipc.semtimedop(semid=semset, sops=[(0, -1)], nsops=1, timeout=0) == 0
    assert ipc.semctl(semid=semset, semnum=0, cmd=ipc.SETVAL, arg=1) == 0
    with ipc.shmat(shmid=segment, shmaddr=None, shmflg=0) as p:
        ipc.shmcpy_to(p=p, data="hello", len=2)
        assert ipc.shmcpy_from(p=p, len=3) == b"he\0"
        ipc.shmdt(shmaddr=p)
    assert ipc.shmctl(shmid=segment, cmd=ipc.IPC_STAT, buf=ipc.shmid_ds()) == 0
    assert ipc.ftok(pathname="/", proj_id="a") == ipc.ftok("/", ord("a"))
    for get, rest in ((ipc.msgget, {}), (ipc.semget, {"nsems": 1}), (ipc.shmget, {"size": 1})):
        with pytest.raises(FileNotFoundError):
            get(key=0x7FFFFFFF, **{f"{get.__name__[:3]}flg": 0}, **rest)  # type: ignore[operator]


# ---- ftok ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "proj_id, low", [(1, 1), (255, 255), (0x1FF, 255), ("a", 97), (b"\xff", 255), (-1, 255)]
)
def test_ftok_is_of_inode_device_and_project(proj_id: Any, low: int) -> None:
    status = os.stat("/proc")
    key = low << 24 | (status.st_dev & 0xFF) << 16 | status.st_ino & 0xFFFF
    assert ipc.ftok("/proc", proj_id) == (key if key < 2**31 else key - 2**32)


def test_ftok_takes_every_form_of_path() -> None:
    class Root:
        def __fspath__(self) -> str:
            return "/"

    assert ipc.ftok("/", 1) == ipc.ftok(b"/", 1) == ipc.ftok(Root(), 1)


def test_ftok_of_no_file_is_enoent() -> None:
    with pytest.raises(FileNotFoundError, match="ftok"):
        ipc.ftok("/nonexistent", 1)
    with pytest.raises(NotADirectoryError):
        ipc.ftok("/dev/null/x", 1)


# ---- audit events ------------------------------------------------------------------------------


# A hook cannot be removed, and later tests would count its allocations, so it is in another
# process.
HOOKED = """
class Refused(Exception):
    pass

events, refused = [], None

def hook(event, arguments):
    if event.startswith("ipc."):
        events.append((event, *arguments))
        if event == refused:
            raise Refused

def refuse(event, call):
    global refused
    refused = event
    events.clear()
    try:
        call()
    except Refused:
        pass
    else:
        sys.exit(f"{event} was not refused")
    refused = None

sys.addaudithook(hook)
queue, semset, segment = ids
"""
# The arguments of each call, as Python source.
AUDITED = {
    "ftok": "'/', 1",
    "msgget": "ipc.IPC_PRIVATE, ipc.IPC_CREAT | 0o600",
    "msgsnd": "queue, ipc.mkmsgbuf(1, 'hello'), 5, 0",
    "msgrcv": "queue, ipc.msgbuf(capacity=5), 5, 0, ipc.IPC_NOWAIT",
    "msgctl": "queue, ipc.IPC_RMID, None",
    "semget": "ipc.IPC_PRIVATE, 1, ipc.IPC_CREAT | 0o600",
    "semop": "semset, [(0, 1, 0)], 1",
    "semtimedop": "semset, [(0, 1, 0)], 1, 0.5",
    "semctl": "semset, 0, ipc.SETVAL, 3",
    "shmget": "ipc.IPC_PRIVATE, 1, ipc.IPC_CREAT | 0o600",
    "shmat": "segment, None, 0",
    "shmdt": "ipc.shmat(segment),",
    "shmctl": "segment, ipc.IPC_RMID, None",
}


@pytest.mark.parametrize("name", AUDITED)
def test_a_call_raises_an_audit_event_and_a_hook_may_refuse_it(make: Maker, name: str) -> None:
    """A refused call makes, removes, sends and detaches nothing."""
    run_child(
        HOOKED
        + f"""
name, arguments = "{name}", ({AUDITED[name]})
refuse(f"ipc.{{name}}", lambda: getattr(ipc, name)(*arguments))
assert events == [(f"ipc.{{name}}", *arguments)], events
if name == "shmdt":
    assert arguments[0]
elif not name.endswith("get") and name != "ftok":
    if name == "msgrcv":
        ipc.msgsnd(queue, ipc.mkmsgbuf(1, "hello"))
    if name == "semop":
        assert ipc.semctl(semset, 0, ipc.GETVAL) == 0
    getattr(ipc, name)(*arguments)
""",
        make.queue(),
        make.semset(),
        make.segment(),
    )


def test_the_end_of_a_context_is_a_shmdt(make: Maker) -> None:
    run_child(
        HOOKED
        + """
p = ipc.shmat(segment)

def block():
    with p:
        pass

refuse("ipc.shmdt", block)
assert events == [("ipc.shmdt", p)] and p, events
""",
        make.queue(),
        make.semset(),
        make.segment(100),
    )


# ---- more than one interpreter -----------------------------------------------------------------

IN_AN_INTERPRETER = """
import sys
sys.path[:] = {path!r}
import ipc, os
q = ipc.msgget(ipc.IPC_PRIVATE, 0o600)
ipc.msgsnd(q, ipc.mkmsgbuf(1, "hello"))
m = ipc.msgbuf(capacity=9)
assert ipc.msgrcv(q, m) == 5 and m.mtext == b"hello"
ipc.msgctl(q, ipc.IPC_RMID)
s = ipc.shmget(ipc.IPC_PRIVATE, 100, 0o600)
p = ipc.shmat(s)
ipc.shmctl(s, ipc.IPC_RMID)
forgotten = ipc.semun(array=[1, 2, 3])
try:
    ipc.msgctl(q, ipc.IPC_STAT, ipc.msqid_ds())
except OSError:
    os.write({fd}, b"done")
"""


def subinterpreters() -> Any:
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            return __import__(name)
        except ImportError:
            pass
    pytest.skip("this Python cannot make interpreters")


def test_each_interpreter_has_a_module_of_its_own() -> None:
    """From 3.12 on, each interpreter has its own GIL, which a module must support."""
    interpreters = subinterpreters()
    identifiers = [interpreters.create() for _ in range(3)]
    done: list[bytes] = []

    def run(identifier: Any) -> None:
        read, write = os.pipe()
        interpreters.run_string(identifier, IN_AN_INTERPRETER.format(path=sys.path, fd=write))
        os.close(write)
        done.append(os.read(read, 9))
        os.close(read)

    threads = [threading.Thread(target=run, args=(identifier,)) for identifier in identifiers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for identifier in identifiers:
        interpreters.destroy(identifier)
    assert done == [b"done"] * 3


def run_python(*arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def test_a_module_that_is_imported_again_is_another_one() -> None:
    script = """
import gc, sys, weakref
import ipc._ipc as first
gone = weakref.ref(first.msgbuf)
value = first.msgbuf(1, "x")
for name in [name for name in sys.modules if name.partition(".")[0] == "ipc"]:
    del sys.modules[name]
import ipc._ipc as second
assert first is not second and first.msgbuf is not second.msgbuf
assert value != second.msgbuf(1, "x") and value == first.msgbuf(1, "x")
try:
    second.msgbuf_mtype_get(value)
except TypeError:
    print("refused")
del first, value
gc.collect()
print(gone())
"""
    assert run_python("-c", script) == "refused\nNone\n"


def test_an_interpreter_ends_quietly_with_an_attachment_and_a_view() -> None:
    script = """
import ipc
s = ipc.shmget(ipc.IPC_PRIVATE, 100, 0o600)
p = ipc.shmat(s)
ipc.shmctl(s, ipc.IPC_RMID)
v = memoryview(p)
u = ipc.semun(array=v)
print("end")
"""
    assert run_python("-c", script) == "end\n"


# ---- nothing leaks ------------------------------------------------------------------------------


untyped: Any = ipc  # calls that the annotations forbid
assign: Any = setattr


def ok_or_refused(call: Callable[..., object], *arguments: Any) -> None:
    with contextlib.suppress(Exception):
        call(*arguments)


def test_no_call_leaks(queue: int, semset: int, segment: int) -> None:
    m, semun, ds = room(64), ipc.semun(), ipc.msqid_ds()
    p = ipc.shmat(segment)
    sops = [ipc.sembuf(0, 1), (0, -1, 0)]
    kept = object()

    class Fresh:
        """A number without other references."""

        def __index__(self) -> int:
            return int("1000000")

    calls: dict[str, Callable[[], object]] = {
        "numbers": lambda: ok_or_refused(ipc.msgsnd, Fresh(), b"", Fresh(), Fresh()),
        "sizes": lambda: ok_or_refused(ipc.shmcpy_from, p, Fresh()),
        "a long": lambda: ok_or_refused(ipc.mkmsgbuf, Fresh(), "x"),
        "seconds": lambda: ok_or_refused(ipc.semtimedop, -1, [], 0, (Fresh(), Fresh())),
        "numbers too large": lambda: ok_or_refused(ipc.sembuf, Fresh(), Fresh()),
        "ftok": lambda: ipc.ftok("/", "a"),
        "ftok of nothing": lambda: ok_or_refused(ipc.ftok, "/nonexistent", 1),
        "msgsnd, msgrcv": lambda: (ipc.msgsnd(queue, message("hello")), ipc.msgrcv(queue, m)),
        "msgsnd of bytes": lambda: (ipc.msgsnd(queue, b"\1" * 9), ipc.msgrcv(queue, bytearray(9))),
        "msgrcv refused": lambda: ok_or_refused(ipc.msgrcv, queue, m, 65),
        "msgrcv of nothing": lambda: ok_or_refused(ipc.msgrcv, queue, m, 1, 0, ipc.IPC_NOWAIT),
        "msgsnd refused": lambda: ok_or_refused(ipc.msgsnd, queue, m, 999),
        "msgsnd of no buffer": lambda: ok_or_refused(ipc.msgsnd, queue, kept),
        "msgctl": lambda: (ipc.msgctl(queue, ipc.IPC_STAT, ds), ds.msg_perm.uid),
        "msgctl refused": lambda: ok_or_refused(ipc.msgctl, queue, ipc.IPC_STAT, kept),
        "msgbuf": lambda: ipc.msgbuf(mtype=1, mtext=b"x", capacity=100),
        "msgbuf refused": lambda: ok_or_refused(lambda: ipc.msgbuf(1, b"xx", capacity=1)),
        "mtext": lambda: (assign(m, "mtext", b"text"), m.mtext),
        "semop": lambda: untyped.semop(semset, sops),
        "semop of many": lambda: untyped.semop(semset, sops * 20),
        "semop of bytes": lambda: ipc.semop(semset, view(sops[0])),
        "semop refused": lambda: ok_or_refused(ipc.semop, semset, [*sops, kept]),
        "semop with nsops": lambda: ok_or_refused(ipc.semop, semset, sops * 20, 99),
        "semop at once": lambda: ok_or_refused(ipc.semop, semset, [(2, -1, ipc.IPC_NOWAIT)] * 40),
        "semtimedop": lambda: untyped.semtimedop(semset, sops, 2, 0.5),
        "semtimedop over": lambda: ok_or_refused(ipc.semtimedop, semset, [(2, -1)], 1, 0),
        "semtimedop refused": lambda: ok_or_refused(ipc.semtimedop, semset, sops, 2, (1, kept)),
        "GETALL": lambda: ipc.semctl(semset, 0, ipc.GETALL),
        "GETALL to a list": lambda: ipc.semctl(semset, 0, ipc.GETALL, [0, 0, 0]),
        "SETALL": lambda: ipc.semctl(semset, 0, ipc.SETALL, [0, 0, 0]),
        "SETALL by semun": lambda: ipc.semctl(semset, 0, ipc.SETALL, ipc.semun(array=[0] * 3)),
        "SETALL refused": lambda: ok_or_refused(ipc.semctl, semset, 0, ipc.SETALL, [0, 0]),
        "SETALL of others": lambda: ok_or_refused(ipc.semctl, semset, 0, ipc.SETALL, [kept] * 3),
        "semun": lambda: (assign(semun, "array", [1, 2]), semun.array, repr(semun)),
        "semun refused": lambda: ok_or_refused(assign, semun, "buf", kept),
        "shmat, shmdt": lambda: ipc.shmdt(ipc.shmat(segment)),
        "shmat forgotten": lambda: ipc.shmat(segment),
        "shmat refused": lambda: ok_or_refused(ipc.shmat, segment, p),
        "SHM_REMAP": lambda: ipc.shmat(segment, ipc.shmat(segment), ipc.SHM_REMAP),
        "SHM_REMAP refused": lambda: ok_or_refused(ipc.shmat, segment, 4096, ipc.SHM_REMAP),
        "view": lambda: view(p),
        "shmcpy": lambda: (untyped.shmcpy_to(p, "hello"), ipc.shmcpy_from(p, 100)),
        "shmcpy by number": lambda: ipc.shmcpy_to(int(p), b"hello"),
        "shmcpy refused": lambda: ok_or_refused(ipc.shmcpy_to, p, "hello", 101),
        "shmcpy past": lambda: ok_or_refused(ipc.shmcpy_from, p, 101),
        "structure": lambda: ipc.msqid_ds(ipc.ipc_perm(uid=1), msg_qnum=2),
        "structure refused": lambda: ok_or_refused(lambda: untyped.ipc_perm(1, 2, kept)),
        "structure of others": lambda: ok_or_refused(lambda: untyped.ipc_perm(nonsense=1)),
        "repr": lambda: (repr(ds), repr(m), repr(p)),
        "reduce": lambda: (ds.__reduce__(), room(9).__reduce__(), semun.__reduce__()),
        "equality": lambda: (ds == ipc.msqid_ds(), ds == kept, m == message("")),
        "2003": lambda: (ipc.new_semun(), ipc.msqid_ds_msg_perm_get(ds)),
        "gone": lambda: ok_or_refused(ipc.msqid_ds___wwait_get, ds),
        "sizeof": lambda: (ipc.sizeof(ds), ipc.offsetof(ds, "msg_qnum")),
    }
    watched = [kept, m, semun, ds, p, sops, *(getattr(ipc, name) for name in STRUCTURES)]
    if sys.getrefcount(None) < 1 << 28:  # newer interpreters do not count it (PEP 683)
        watched.append(None)

    def growth(call: Callable[[], object]) -> list[int]:
        """The growth of memory and of references to the watched objects in a hundred calls."""
        before = [sys.getallocatedblocks(), *map(sys.getrefcount, watched)]
        for _ in range(100):
            call()
        after = [sys.getallocatedblocks(), *map(sys.getrefcount, watched)]
        return [new - old for old, new in zip(before, after)]

    for name, call in calls.items():
        # A cache grows in some rounds, a leak in every round.
        rounds = [growth(call) for _ in range(4)]
        least = [min(abs(changes[n]) for changes in rounds) for n in range(len(rounds[0]))]
        assert max(least) < 50, f"{name}: memory, then references: {least}"
    ipc.shmdt(p)  # fails if a call has left a pin
    m.mtext = b"x" * 999


def test_an_instance_holds_its_type_once(segment: int) -> None:
    makers: dict[Any, Callable[[], object]] = {
        **{getattr(ipc, name): getattr(ipc, name) for name in STRUCTURES},
        ipc.shm_address: lambda: ipc.shmat(segment),
    }
    for kind, make_one in makers.items():
        before = sys.getrefcount(kind)
        made = [make_one() for _ in range(100)]
        assert sys.getrefcount(kind) - before == 100
        del made
        assert sys.getrefcount(kind) == before


def test_the_module_is_a_module() -> None:
    assert isinstance(ipc, types.ModuleType) and ipc.__doc__
    assert "System V" in ipc.__doc__


def test_each_constant_is_explained() -> None:
    explained = dict(re.findall(r"^([A-Z]\w+): (\w.*\.)$", ipc._ipc.__doc__ or "", flags=re.M))
    constants = [name for name in ipc.__all__ if isinstance(getattr(ipc, name), int)]
    assert len(constants) > 70 and set(explained) == set(constants)
