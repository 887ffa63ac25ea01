# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The methods in C of the classes in Python (method.c) behave like Python functions."""

import gc
import inspect
import pickle
import pydoc
import signal
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ipc
from child import run_child
from conftest import Maker

c: Any = ipc

METHODS = [
    ipc.MessageQueue.receive,
    ipc.MessageQueue.send,
    ipc.Semaphore.acquire,
    ipc.Semaphore.release,
]
# For each parameter, an argument that is not its default.
ARGUMENTS: dict[str, Any] = {
    "text": b"a", "mtype": 3, "timeout": 1, "size": 5, "truncate": True, "exclude": True, "n": 2,
}


def name_of(method: Callable[..., object]) -> str:
    return method.__qualname__


@pytest.fixture
def objects() -> Iterator[dict[str, Any]]:
    """An object of each class, on which every call above succeeds at once."""
    with ipc.MessageQueue(remove_on_exit=True) as q:
        semaphore = ipc.Semaphore(value=2)
        q.send(b"a", 3)
        q.send(b"b")
        yield {"MessageQueue": q, "Semaphore": semaphore}
        semaphore.remove()


def fill(self: Any) -> None:
    """Lets the next call succeed at once."""
    if isinstance(self, ipc.MessageQueue):
        self.send(b"a", 3)
        self.send(b"b")
    else:
        self.value = 2


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_no_python_frame_is_entered(
    objects: dict[str, Any], method: Callable[..., object]
) -> None:
    self = objects[method.__qualname__.partition(".")[0]]
    arguments = (b"a",) if "text" in inspect.signature(method).parameters else ()
    entered = []
    sys.setprofile(lambda frame, event, _: entered.append(frame) if event == "call" else None)
    try:
        method(self, *arguments)
    finally:
        sys.setprofile(None)
    assert entered == []


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_the_parameters_are_those_of_the_signature(
    objects: dict[str, Any], method: Callable[..., object]
) -> None:
    self = objects[method.__qualname__.partition(".")[0]]
    (_, *parameters) = inspect.signature(method).parameters.values()
    needed = {p.name: ARGUMENTS[p.name] for p in parameters if p.default is p.empty}
    for p in parameters:
        method(self, **needed | {p.name: ARGUMENTS[p.name]})
        fill(self)
        if p.default is not p.empty:
            method(self, **needed | {p.name: p.default})
            fill(self)
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    method(self, *(ARGUMENTS[p.name] for p in positional))
    too_many = [ARGUMENTS[p.name] for p in positional] + [1]
    wrong_calls: list[Callable[[], object]] = [
        lambda: method(self, *too_many),
        lambda: method(self, **needed, other=1),
        lambda: method(),
        lambda: method(1),
        lambda: method(ipc.sembuf(), **needed),
    ]
    for wrong in wrong_calls:
        with pytest.raises(TypeError, match=rf"^{method.__name__}\(\) "):
            wrong()


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_it_has_what_a_function_has(objects: dict[str, Any], method: Any) -> None:
    described: Any = getattr(method, "__wrapped__")
    self = objects[method.__qualname__.partition(".")[0]]
    assert isinstance(described, types.FunctionType) and inspect.isroutine(method)
    for name in "__module__", "__name__", "__qualname__", "__doc__", "__annotations__":
        assert getattr(method, name) == getattr(described, name)
    assert inspect.signature(method) == inspect.signature(described)
    assert str(inspect.signature(getattr(self, method.__name__))).startswith("(")
    assert inspect.getsource(method) == inspect.getsource(described)
    render: Any = pydoc.render_doc
    assert (described.__doc__ or "").partition("\n")[0] in render(method)
    assert method.__name__ in render(type(self))
    assert described.__qualname__ in repr(method)


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_it_is_bound_kept_and_pickled(objects: dict[str, Any], method: Any) -> None:
    self = objects[method.__qualname__.partition(".")[0]]
    bound = getattr(self, method.__name__)
    assert isinstance(bound, types.MethodType)
    assert bound.__self__ is self and getattr(bound, "__func__") is method
    assert bound == getattr(self, method.__name__)
    assert weakref.WeakMethod(bound)() == bound
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(method, protocol)) is method
    copy = pickle.loads(pickle.dumps(bound))
    assert copy.__func__ is method and copy.__self__.id == self.id


def test_a_derived_class_may_extend_it(objects: dict[str, Any]) -> None:
    class Queue(ipc.MessageQueue):
        def send(self, text: Any, mtype: int = 7, **more: Any) -> None:
            super().send(text, mtype, **more)

    q: Any = Queue.from_id(objects["MessageQueue"].id)
    q.send(b"x")
    assert q.receive(7).mtext == b"x"
    q.send.__call__(b"y", timeout=1)
    assert c.MessageQueue.receive.__call__(q, mtype=7).mtext == b"y"


def test_only_a_function_of_that_name_becomes_one() -> None:
    def send() -> None:
        """A function that is not MessageQueue.send."""

    with pytest.raises(ValueError, match="no method in C"):
        c._ipc._method(send)
    with pytest.raises(AttributeError):
        c._ipc._method(1)
    with pytest.raises(TypeError):
        type(c.MessageQueue.send)()


def test_what_is_not_set_is_missed() -> None:
    q: Any = ipc.MessageQueue.__new__(ipc.MessageQueue)
    s: Any = ipc.Semaphore.__new__(ipc.Semaphore)
    for call in lambda: q.send(b""), q.receive, s.acquire, s.release:
        with pytest.raises(AttributeError):
            call()
    q.id = 0
    with pytest.raises(AttributeError):
        q.receive()
    q._inbox = 1
    with pytest.raises(TypeError):
        q.receive()
    s.set = 1
    with pytest.raises(TypeError):
        s.acquire()
    s.set = q
    with pytest.raises(AttributeError):
        s.release()
    s._up = s._down = 1
    for call in s.acquire, s.release:
        with pytest.raises(TypeError):
            call()


def test_a_cycle_is_collected() -> None:
    s: Any = ipc.Semaphore.__new__(ipc.Semaphore)
    s.set = s._up = [s]
    gone = weakref.ref(s)
    del s
    gc.collect()
    assert gone() is None


def test_an_exception_of_a_handler_is_not_a_timeout(make: Maker) -> None:
    """The handler raises the exception that the C code raises when a call times out."""

    def handler(*_: object) -> None:
        raise BlockingIOError

    one = ipc.SemaphoreSet.from_id(make.semset(1))[0]
    old = signal.signal(signal.SIGALRM, handler)
    try:
        with pytest.raises(BlockingIOError):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            one.acquire(timeout=600)
    finally:
        signal.signal(signal.SIGALRM, old)
    assert not one.acquire(timeout=0.001)


def test_audit_events_are_those_of_the_calls(make: Maker) -> None:
    """A hook may change the object.  It cannot be removed, so the test is a separate process."""
    run_child(
        """
heard = []

def hook(event, arguments):
    if event.startswith("ipc.") and heard is not None:
        heard.append((event, *arguments))
        if len(heard) < 3:
            one.undo = not one.undo

q, one = ipc.MessageQueue.from_id(ids[0]), ipc.SemaphoreSet.from_id(ids[1])[1]
sys.addaudithook(hook)
one.release()
one.acquire()
one.release(2)
assert one.acquire(2, timeout=5) and not one.acquire(timeout=-1)
q.send(b"a")
q.send(b"b", 3, timeout=9)
q.receive()
q.receive(3, size=4, truncate=True, exclude=False, timeout=9)
undo = ipc.SEM_UNDO
found, heard = heard, None
assert found == [
    ("ipc.semop", ids[1], ipc.sembuf(1, 1, 0), None),
    ("ipc.semop", ids[1], ipc.sembuf(1, -1, undo), None),
    ("ipc.semop", ids[1], [(1, 2, 0)], None),
    ("ipc.semtimedop", ids[1], [(1, -2, 0)], None, 5),
    ("ipc.semtimedop", ids[1], [(1, -1, 0)], None, 0),
    ("ipc.msgsnd", ids[0], b"a", None, 0),
    ("ipc.msgsnd", ids[0], b"b", None, 0),
    ("ipc.msgrcv", ids[0], None, None, 0, 0),
    ("ipc.msgrcv", ids[0], None, 4, 3, ipc.MSG_NOERROR),
], found
""",
        make.queue(),
        make.semset(2),
    )
