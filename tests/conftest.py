"""What the tests share: an IPC namespace of their own, objects that are removed, time limits.

Nothing here waits by sleeping for a guessed time: what a thread does, the kernel says.
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
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

import pytest

import ipc

T = TypeVar("T")

# After so long a test hangs.  Not nearer: a machine may have twenty other jobs.
SECONDS_OF_A_TEST = 300
SECONDS_OF_A_WAIT = 10

libc = ctypes.CDLL(None, use_errno=True)

# ---- a namespace of their own: unshare(2), user_namespaces(7) ---------------

CLONE_NEWIPC, CLONE_NEWUSER = 0x08000000, 0x10000000


def enter_namespace() -> bool:
    """Leaves the machine's IPC objects behind, as root or by a user namespace."""
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWIPC) == 0:
        return True
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    # To pytest this user is root now, whose temporary folder is another's.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    return True


ISOLATED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ISOLATED] = enter_namespace()
    # The other thread is faulthandler's, which does no harm in a child.
    config.addinivalue_line(
        "filterwarnings", "ignore:This process .* is multi-threaded:DeprecationWarning"
    )


def pytest_report_header(config: pytest.Config) -> str:
    isolated = config.stash[ISOLATED]
    return f"IPC namespace: {'its own' if isolated else 'the one that was there'}"


@pytest.fixture(scope="session")
def isolated(pytestconfig: pytest.Config) -> bool:
    return pytestconfig.stash[ISOLATED]


@pytest.fixture
def alone(isolated: bool) -> None:
    """For a test to which other processes' objects would matter."""
    if not isolated:
        pytest.skip("no IPC namespace of its own can be had")


# ---- objects, and that none stays ---------------------------------------------


def rows_of_proc(kind: str) -> list[dict[str, int]]:
    """/proc/sysvipc/KIND by its columns, see proc(5)."""
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
    """Each test removes what it made; so nothing is left when the last one ends."""
    before = all_objects() if isolated else set()
    yield
    if isolated and not all_objects() <= before:
        gc.collect()  # an attachment in a cycle keeps a removed segment
        assert all_objects() <= before, "objects left behind in /proc/sysvipc"


class Maker:
    """Makes objects, and removes just those."""

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
    """Makes objects until one has the slot that old had: the low 15 bits, see ipc/util.h."""
    for _ in range(1000):
        ident = make_one()
        if (ident ^ old) & 0x7FFF == 0:
            return
        remove(ident)
    pytest.skip("the kernel does not come back to a slot")


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
    """Three semaphores of value 0."""
    return make.semset(3)


@pytest.fixture
def segment(make: Maker) -> int:
    """100 bytes: less than a page, so that there is memory behind the end."""
    return make.segment(100)


@pytest.fixture
def key() -> int:
    """A key that no object has."""
    used = {row["key"] for kind in IDENTIFIER for row in rows_of_proc(kind)}
    return next(key for key in range(0x1BC00000 + os.getpid(), 0x7FFFFFFF) if key not in used)


Limit = Callable[[str, "int | str"], None]


@pytest.fixture
def limit(alone: None) -> Iterator[Limit]:
    """Sets a limit of the namespace, see sysvipc(7) and proc(5)."""
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


# ---- what is expected ----------------------------------------------------------


@contextlib.contextmanager
def fails_with(code: int, *words: str) -> Iterator[None]:
    """OSError with an errno, of the class that goes with it, its text having the words."""
    with pytest.raises(OSError) as caught:
        yield
    assert errno.errorcode[caught.value.errno] == errno.errorcode[code]
    assert caught.type is OSError(code, "").__class__
    for word in words:
        assert word in str(caught.value)


def view(exporter: Any) -> memoryview:
    """memoryview(); that a type exports a buffer, annotations cannot say before 3.12."""
    return memoryview(exporter)


def message(text: bytes | str, mtype: int = 1) -> ipc.msgbuf:
    return ipc.mkmsgbuf(mtype, text)


def room(capacity: int) -> ipc.msgbuf:
    """A message to receive into."""
    return ipc.msgbuf(capacity=capacity)


# ---- time limits: a hang fails ---------------------------------------------------


@pytest.fixture(autouse=True)
def a_hang_fails(request: pytest.FixtureRequest) -> Iterator[None]:
    """An alarm's exception; where the interpreter itself hangs, the end of it."""
    if not hasattr(request.module, "ipc") and "sysv_ipc" not in request.fixturenames:
        yield  # a test of programs, which limits them itself
        return

    def expired(*_: object) -> NoReturn:
        raise TimeoutError(f"the test took more than {SECONDS_OF_A_TEST} seconds")

    old = signal.signal(signal.SIGALRM, expired)
    faulthandler.dump_traceback_later(2 * SECONDS_OF_A_TEST, exit=True)
    signal.alarm(SECONDS_OF_A_TEST)
    yield
    signal.alarm(0)
    faulthandler.cancel_dump_traceback_later()
    signal.signal(signal.SIGALRM, old)


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + SECONDS_OF_A_WAIT
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {SECONDS_OF_A_WAIT} seconds: {what}")
        time.sleep(0.0002)


def is_blocked(tid: int, ident: int) -> bool:
    """Does that thread of ours wait in a system call whose first argument is ident?

    By /proc/PID/task/TID/syscall, see proc(5).  What a Python thread waits in
    otherwise is futex(2), whose first argument is an address.
    """
    if not Path("/proc/self/syscall").exists():
        pytest.skip("this kernel has no /proc/PID/syscall")
    try:
        fields = Path(f"/proc/self/task/{tid}/syscall").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return False  # it has not begun, or has ended
    return len(fields) > 2 and int(fields[1], 16) == ident


class Worker(threading.Thread, Generic[T]):
    """A thread that makes one call on an object; its result, or exception, is kept."""

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
        """What the call returned or raised, once it has."""
        self.join(SECONDS_OF_A_WAIT)
        assert not self.is_alive(), "the call did not end"
        if self.error:
            raise self.error
        return self.value  # type: ignore[return-value]


# ---- as somebody else: credentials(7), capabilities(7) -----------------------------

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
    """The name of the errno that a call fails with in a child; "" where it succeeds."""
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


# ---- what the C compiler says of <sys/msg.h> and its kin ------------------------------

# Members in the manual pages' words: msgctl(2), semctl(2), shmctl(2), msgop(2), semop(2),
# sysvipc(7); two leading underscores where the headers put them.
STRUCTURES = {
    "ipc_perm": "__key uid gid cuid cgid mode __seq",
    "msqid_ds": "msg_perm msg_stime msg_rtime msg_ctime __msg_cbytes msg_qnum msg_qbytes"
    " msg_lspid msg_lrpid",
    "msgbuf": "mtype mtext",
    "msginfo": "msgpool msgmap msgmax msgmnb msgmni msgssz msgtql msgseg",
    "semid_ds": "sem_perm sem_otime sem_ctime sem_nsems",
    "sembuf": "sem_num sem_op sem_flg",
    "seminfo": "semmap semmni semmns semmnu semmsl semopm semume semusz semvmx semaem",
    "semun": "val buf array __buf",
    "shmid_ds": "shm_perm shm_segsz shm_atime shm_dtime shm_ctime shm_cpid shm_lpid shm_nattch",
    "shminfo": "shmmax shmmin shmmni shmseg shmall",
    "shm_info": "used_ids shm_tot shm_rss shm_swp swap_attempts swap_successes",
}
NESTED = {"msg_perm", "sem_perm", "shm_perm"}
MEMBERS = [(name, member) for name, row in STRUCTURES.items() for member in row.split()]
INTEGERS = [
    (name, member)
    for name, member in MEMBERS
    if name != "semun" and member not in NESTED | {"mtext"}
]


class Fact(NamedTuple):
    """A member, as the C compiler sees it."""

    offset: int
    size: int
    signed: bool

    @property
    def part(self) -> slice:
        """Its bytes in the structure."""
        return slice(self.offset, self.offset + self.size)

    @property
    def range(self) -> tuple[int, int]:
        bits = 8 * self.size
        return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if self.signed else (0, 2**bits - 1)


class Facts(NamedTuple):
    size: dict[str, int]
    member: dict[tuple[str, str], Fact]


PROGRAM = r"""
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
union semun { int val; struct semid_ds *buf; unsigned short *array; struct seminfo *__buf; };
#define SIZE(T, S) printf("%s %zu\n", #S, sizeof(T S));
#define MEMBER(T, S, M, SIGNED) \
    printf("%s %s %zu %zu %d\n", #S, #M, offsetof(T S, M), sizeof(((T S *)0)->M), SIGNED);
#define SIGN(T, S, M) ((__typeof__(((T S *)0)->M))-1 < 1)
int main(void) { @ return 0; }
"""


@pytest.fixture(scope="session")
def facts() -> Facts:
    """Sizes and offsets that a small program of C prints."""
    compiler = os.environ.get("CC", "cc").split()
    if not shutil.which(compiler[0]):
        pytest.skip("no C compiler to ask")
    kind = {name: "union" if name == "semun" else "struct" for name in STRUCTURES}
    lines = [f"SIZE({kind[name]}, {name})" for name in STRUCTURES]
    for name, member in MEMBERS:
        sign = f"SIGN({kind[name]}, {name}, {member})" if (name, member) in INTEGERS else "0"
        lines.append(f"MEMBER({kind[name]}, {name}, {member}, {sign})")
    facts = Facts({}, {})
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "facts")
        command = [*compiler, "-w", "-x", "c", "-o", program, "-"]
        subprocess.run(command, input=PROGRAM.replace("@", "\n".join(lines)), text=True, check=True)
        printed = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout
    for words in map(str.split, printed.splitlines()):
        if len(words) == 2:
            facts.size[words[0]] = int(words[1])
        else:
            fact = Fact(int(words[2]), int(words[3]), words[4] == "1")
            facts.member[words[0], words[1]] = fact
    return facts
