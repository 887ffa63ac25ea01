# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Shared fixtures: a new IPC namespace, objects that are removed after the test, time limits.

No test sleeps for a guessed time; /proc tells whether a thread waits in a system call.
"""

import atexit
import contextlib
import ctypes
import errno
import faulthandler
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

import pytest

import ipc
from limits import HANG, SLOWNESS
from programs import Facts, build, facts_of

T = TypeVar("T")

# With this variable, programs would not fail when Python flushes standard output or error at exit.
os.environ.pop("PYTHONUNBUFFERED", None)

OF_MODULE = Path(__file__).resolve().with_name("binding")

# A size of a segment that is too large to attach.
HUGE = 2**60 if sys.maxsize > 2**32 else 2**32 - 2**25


def times(n: int) -> int:
    """Return n, divided by SLOWNESS on a slow machine, but at least 1."""
    return max(n // SLOWNESS, 1)


libc = ctypes.CDLL(None, use_errno=True)

# ---- a new IPC namespace: unshare(2), user_namespaces(7) --------------------

CLONE_NEWIPC, CLONE_NEWUSER = 0x08000000, 0x10000000


def enter_namespace() -> bool:
    """Enter a new IPC namespace, as root or in a new user namespace; return False if that fails."""
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWIPC) == 0:
        return True
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    # pytest sees uid 0 now and would refuse the temporary folder because it has another owner.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    return True


ISOLATED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ISOLATED] = enter_namespace()
    # The second thread belongs to faulthandler; it does no harm in a forked child.
    config.addinivalue_line(
        "filterwarnings", "ignore:This process .* is multi-threaded:DeprecationWarning"
    )


def of_module(item: pytest.Item) -> bool:
    return OF_MODULE in item.path.parents


# These files run make in the tree.
RUN_MAKE = {f"test_{name}.py" for name in ("btf", "fuzz", "libcs", "readme", "tools")}


# The tests of these files wait long and share nothing, so each test is a group.
APART = {"test_isolation.py"}
# The groups that take longest; the workers run them first.
LONGEST = ["make", "test_isolation.py", "test_port.py", "test_boot.py", "test_mutants.py"]
LONGEST += [f"test_{name}.py" for name in ("numpy", "collector", "places", "references")]


def group_of(item: pytest.Item) -> str:
    return "make" if item.path.name in RUN_MAKE else item.path.name


def begins_late(item: pytest.Item) -> int:
    group = group_of(item)
    return LONGEST.index(group) if group in LONGEST else len(LONGEST)


# With several workers (pytest-xdist), one worker runs all tests of a group.
BESIDE_OTHERS = "PYTEST_XDIST_WORKER" in os.environ


def pytest_itemcollected(item: pytest.Item) -> None:
    if BESIDE_OTHERS:
        group = item.nodeid if item.path.name in APART else group_of(item)
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests that need a shell if there is none, as on a kernel under test."""
    if BESIDE_OTHERS:
        items.sort(key=begins_late)
    if not shutil.which("sh"):
        for item in items:
            if not of_module(item) or item.get_closest_marker("tools"):
                item.add_marker(pytest.mark.skip("runs the tree's tools, and there is no shell"))


def pytest_report_header(config: pytest.Config) -> str:
    isolated = config.stash[ISOLATED]
    return f"IPC namespace: {'its own' if isolated else 'that of the caller'}"


@pytest.fixture(scope="session")
def isolated(pytestconfig: pytest.Config) -> bool:
    return pytestconfig.stash[ISOLATED]


@pytest.fixture
def alone(isolated: bool) -> None:
    """Skip a test that objects of other processes would disturb, if they can be seen."""
    if not isolated:
        pytest.skip("cannot create an IPC namespace")


# ---- objects; no test may leave any -------------------------------------------


def rows_of_proc(kind: str) -> list[dict[str, int]]:
    """Return the lines of /proc/sysvipc/KIND, each as a dict by column; see proc(5)."""
    head, *lines = Path("/proc/sysvipc", kind).read_text().splitlines()
    names = head.split()
    return [
        {name: int(text, 8 if name == "perms" else 10) for name, text in zip(names, row.split())}
        for row in lines
    ]


IDENTIFIER = {"msg": "msqid", "sem": "semid", "shm": "shmid"}


def row_of_proc(kind: str, ident: int) -> dict[str, int]:
    (row,) = [row for row in rows_of_proc(kind) if row[IDENTIFIER[kind]] == ident]
    return row


def all_objects() -> set[tuple[str, int]]:
    return {(kind, row[name]) for kind, name in IDENTIFIER.items() for row in rows_of_proc(kind)}


@pytest.fixture(autouse=True)
def nothing_is_left_behind(isolated: bool) -> Iterator[None]:
    """Fail a test that leaves an IPC object behind."""
    before = all_objects() if isolated else set()
    yield
    if isolated and not all_objects() <= before:
        gc.collect()  # a removed segment exists while an object in a cycle has it attached
        assert all_objects() <= before, "objects left behind in /proc/sysvipc"


class Maker:
    """Makes IPC objects, and removes them at the end of the test."""

    def __init__(self) -> None:
        self.cleanup = contextlib.ExitStack()

    def _kept(self, ident: int, remove: Callable[[int], object]) -> int:
        def quietly() -> None:
            with contextlib.suppress(OSError):
                remove(ident)

        self.cleanup.callback(quietly)
        return ident

    def queue(self, key: int = ipc.IPC_PRIVATE, msgflg: int = 0o600) -> int:
        msqid = ipc.msgget(key, msgflg | ipc.IPC_CREAT | ipc.IPC_EXCL)
        return self._kept(msqid, lambda ident: ipc.msgctl(ident, ipc.IPC_RMID))

    def semset(self, nsems: int = 1, key: int = ipc.IPC_PRIVATE, semflg: int = 0o600) -> int:
        semid = ipc.semget(key, nsems, semflg | ipc.IPC_CREAT | ipc.IPC_EXCL)
        return self._kept(semid, lambda ident: ipc.semctl(ident, 0, ipc.IPC_RMID))

    def segment(self, size: int = 100, key: int = ipc.IPC_PRIVATE, shmflg: int = 0o600) -> int:
        shmid = ipc.shmget(key, size, shmflg | ipc.IPC_CREAT | ipc.IPC_EXCL)
        return self._kept(shmid, lambda ident: ipc.shmctl(ident, ipc.IPC_RMID))


def take_slot_of(old: int, make_one: Callable[[], int], remove: Callable[[int], object]) -> None:
    """Make objects until one has the slot of old: the low 15 bits of the id (ipc/util.h)."""
    for _ in range(1000):
        ident = make_one()
        if (ident ^ old) & 0x7FFF == 0:
            return
        remove(ident)
    pytest.skip("the kernel did not reuse the slot within 1000 objects")


@pytest.fixture
def make(nothing_is_left_behind: None) -> Iterator[Maker]:
    maker = Maker()
    with maker.cleanup:
        yield maker


@pytest.fixture
def queue(make: Maker) -> int:
    """An empty message queue."""
    return make.queue()


@pytest.fixture
def semset(make: Maker) -> int:
    """A set of three semaphores with the value 0."""
    return make.semset(3)


@pytest.fixture
def segment(make: Maker) -> int:
    """A segment of 100 bytes, less than a page, so that memory follows its end."""
    return make.segment(100)


@pytest.fixture
def key() -> int:
    """A key that no object has."""
    used = {row["key"] for kind in IDENTIFIER for row in rows_of_proc(kind)}
    return next(key for key in range(0x1BC00000 + os.getpid(), 0x7FFFFFFF) if key not in used)


Limit = Callable[[str, "int | str"], None]


@pytest.fixture
def limit(alone: None) -> Iterator[Limit]:
    """Return a function that sets a limit of the namespace; see sysvipc(7) and proc(5)."""
    with contextlib.ExitStack() as restore:

        def set_limit(name: str, value: int | str) -> None:
            path = Path("/proc/sys/kernel", name)
            old = path.read_text()
            try:
                path.write_text(str(value))
            except PermissionError as error:
                pytest.skip(f"the namespace's limits cannot be set: {error}")
            restore.callback(path.write_text, old)

        yield set_limit


# ---- expectations --------------------------------------------------------------


@contextlib.contextmanager
def fails_with(code: int, *words: str) -> Iterator[None]:
    """Require an OSError with this errno, of the class for it, with the words in its text."""
    with pytest.raises(OSError) as caught:
        yield
    assert errno.errorcode[caught.value.errno] == errno.errorcode[code]
    assert caught.type is OSError(code, "").__class__
    for word in words:
        assert word in str(caught.value)


def view(exporter: Any) -> memoryview:
    """Return a memoryview.  Before 3.12 no annotation means "has the buffer protocol"."""
    return memoryview(exporter)


def message(text: bytes | str, mtype: int = 1) -> ipc.msgbuf:
    return ipc.mkmsgbuf(mtype, text)


def room(capacity: int) -> ipc.msgbuf:
    """Return an empty message with room for capacity bytes of text."""
    return ipc.msgbuf(capacity=capacity)


# ---- time limits: a hang fails ---------------------------------------------------


@pytest.fixture(autouse=True)
def a_hang_fails(request: pytest.FixtureRequest) -> Iterator[None]:
    """End a test that hangs by an exception; if the interpreter hangs, end the process."""
    if not of_module(request.node):
        yield  # tests of programs limit the time of each program
        return

    def expired(*_: object) -> NoReturn:
        raise TimeoutError(f"the test took more than {HANG} seconds")

    old = signal.signal(signal.SIGALRM, expired)
    faulthandler.dump_traceback_later(2 * HANG, exit=True)
    signal.alarm(HANG)
    yield
    signal.alarm(0)
    faulthandler.cancel_dump_traceback_later()
    signal.signal(signal.SIGALRM, old)


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + HANG
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {HANG} seconds: {what}")
        time.sleep(0.0002)


def waits_with(tid: int, ident: int) -> bool:
    """Return whether a thread of this process waits in a system call whose argument is ident.

    /proc/PID/task/TID/syscall has the call and its arguments; see proc(5).  A Python thread that
    waits for another reason waits in futex(2), whose first argument is an address.
    """
    with open(f"/proc/self/task/{tid}/syscall") as file:
        number, *arguments = file.read().split()
    if number == "117":  # ipc(2) on architectures that have it; its first argument is the call
        arguments = arguments[1:]
    return len(arguments) > 1 and int(arguments[0], 16) == ident


def is_blocked(tid: int, ident: int) -> bool:
    if not Path("/proc/self/syscall").exists():
        pytest.skip("this kernel has no /proc/PID/syscall")
    try:
        return waits_with(tid, ident)
    except (FileNotFoundError, ProcessLookupError):
        return False  # the thread has not begun, or has ended


class Worker(threading.Thread, Generic[T]):
    """A thread that makes one call on an object and keeps the result or the exception."""

    def __init__(self, call: Callable[[], T], waits_with: int) -> None:
        super().__init__(daemon=True)
        self.call, self.waits_with = call, waits_with
        self.value: T | None = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.value = self.call()
        except BaseException as error:
            self.error = error

    def wait_until_blocked(self) -> None:
        wait_until(
            lambda: not self.is_alive() or is_blocked(self.native_id or 0, self.waits_with),
            "the thread is blocked",
        )
        assert self.is_alive(), f"it did not block: {self.value!r} {self.error!r}"

    def result(self) -> T:
        """Wait for the end of the call; return its result or raise its exception."""
        self.join(HANG)
        assert not self.is_alive(), "the call did not end"
        if self.error:
            raise self.error
        return self.value  # type: ignore[return-value]


# ---- as another user: credentials(7), capabilities(7) ------------------------------

NOBODY = 65534
CANNOT = 254
LINUX_CAPABILITY_VERSION_3 = 0x20080522
PR_SET_PDEATHSIG = 1


def drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def errno_in_child(become: Callable[[], None], call: Callable[[], object]) -> str:
    """Make a call in a child; return the name of its errno, or "" if it succeeds."""
    pid = os.fork()
    if pid == 0:
        status = CANNOT
        try:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            become()
            status = 0
            call()
        except OSError as error:
            status = status or error.errno
        except BaseException:
            traceback.print_exc()
            status = 255
        finally:
            os._exit(status)
    _, waited = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(waited)
    if code == CANNOT:
        pytest.skip(f"{become.__name__}: not allowed here")
    return errno.errorcode[code] if code else ""


# ---- programs in C -----------------------------------------------------------------

Program = Callable[[str], Path]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return a function that builds a program of programs.py by its name."""
    folder = tmp_path_factory.mktemp("programs")

    def built(name: str) -> Path:
        return build(name, folder) or pytest.skip("no C compiler")

    return built


@pytest.fixture(scope="session")
def facts(program: Program) -> Facts:
    """The facts about <sys/msg.h>, <sys/sem.h> and <sys/shm.h>, from the C compiler."""
    ran = subprocess.run([program("facts")], stdout=subprocess.PIPE, text=True, check=True)
    return facts_of(ran.stdout)
