# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The common part of MessageQueue, Semaphore and SharedMemory."""

import errno
import gc
import importlib
import os
import signal
import threading
from types import FunctionType
from typing import Any

import pytest

import ipc
from compat.conftest import CLASSES, OURS, as_nobody, differs, each_class, row
from conftest import all_objects, is_blocked, wait_until

SETTABLE = {
    "MessageQueue": {"max_size", "uid", "gid", "mode"},
    "Semaphore": {"value", "undo", "block", "uid", "gid", "mode"},
    "SharedMemory": {"uid", "gid", "mode"},
}


# ---- constructors --------------------------------------------------------------------------


@each_class
def test_no_flags_open_an_existing_object(sysv_ipc: Any, key: int, name: str) -> None:
    make = getattr(sysv_ipc, name)
    with pytest.raises(sysv_ipc.ExistentialError):
        make(key)
    made = make(key, sysv_ipc.IPC_CREX)
    assert (made.key, make(key).id, make(key=key, flags=0).key) == (key, made.id, key)


@each_class
def test_creat_opens_or_makes(sysv_ipc: Any, key: int, name: str) -> None:
    make = getattr(sysv_ipc, name)
    size = {"size": 10} if name == "SharedMemory" else {}
    made = make(key, sysv_ipc.IPC_CREAT, **size)
    assert make(key, sysv_ipc.IPC_CREAT).id == made.id


@each_class
def test_crex_only_makes(sysv_ipc: Any, key: int, name: str) -> None:
    make = getattr(sysv_ipc, name)
    made = make(key, sysv_ipc.IPC_CREX)
    with pytest.raises(sysv_ipc.ExistentialError):
        make(key, sysv_ipc.IPC_CREX)
    assert make(key).id == made.id


@each_class
def test_excl_alone_is_a_mistake(sysv_ipc: Any, key: int, name: str) -> None:
    for wrong in key, None:
        with pytest.raises(ValueError):
            getattr(sysv_ipc, name)(wrong, sysv_ipc.IPC_EXCL)


@each_class
def test_a_private_key_is_always_a_new_object(sysv_ipc: Any, name: str) -> None:
    make = getattr(sysv_ipc, name)
    one, two = (make(sysv_ipc.IPC_PRIVATE, sysv_ipc.IPC_CREX) for _ in range(2))
    assert one.id != two.id and one.key == two.key == sysv_ipc.IPC_PRIVATE


@each_class
def test_no_key_is_a_random_one_that_is_unused(sysv_ipc: Any, name: str) -> None:
    make = getattr(sysv_ipc, name)
    made = [make(None, sysv_ipc.IPC_CREX) for _ in range(20)]
    keys = [each.key for each in made]
    assert len(set(keys)) == 20 and all(1 <= key <= 32767 for key in keys)
    assert max(keys) - min(keys) > 20, "they are random"
    assert [make(each.key).id for each in made] == [each.id for each in made]
    for flags in 0, sysv_ipc.IPC_CREAT:
        with pytest.raises(ValueError):
            make(None, flags)


def test_a_random_key_that_is_used_is_not_taken(
    alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = importlib.import_module(OURS)
    monkeypatch.setattr(os, "urandom", lambda n: (32765).to_bytes(n, "little"))
    made = [ours.MessageQueue(None, ours.IPC_CREX) for _ in range(4)]
    try:
        assert [each.key for each in made] == [32766, 32767, 1, 2]
    finally:
        for each in made:
            each.remove()


def test_without_an_unused_key(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = importlib.import_module(OURS)
    tried = []

    def exists(key: int, flg: int) -> int:
        tried.append(key)
        raise FileExistsError(errno.EEXIST, "it is there")

    # An error of a function outside the package is the program's, for example a signal handler's.
    inside = {**globals(), "__package__": OURS}
    function = FunctionType(exists.__code__, inside, closure=exists.__closure__)
    monkeypatch.setattr(ipc, "msgget", function)
    with pytest.raises(ours.ExistentialError):
        ours.MessageQueue(None, ours.IPC_CREX)
    assert sorted(tried) == list(range(1, 32768))


@each_class
def test_keys_are_integers(sysv_ipc: Any, name: str) -> None:
    for wrong in "1", 1.5, b"1", [1]:
        with pytest.raises(TypeError):
            getattr(sysv_ipc, name)(wrong)


@each_class
def test_keys_are_signed(sysv_ipc: Any, name: str, key: int) -> None:
    make = getattr(sysv_ipc, name)
    low = make(-key, sysv_ipc.IPC_CREX)
    assert low.key == -key and make(2**32 - key).id == low.id
    assert make(2**32 - key).key == -key
    highest = make(2**31 - 1, sysv_ipc.IPC_CREX)
    assert highest.key == 2**31 - 1
    lowest = make(2**31, sysv_ipc.IPC_CREX)
    assert lowest.key == -(2**31) and make(-(2**31)).id == lowest.id
    assert make(2**32 - 1, sysv_ipc.IPC_CREX).key == -1


@differs("truncates the key")
@each_class
def test_a_key_that_does_not_fit(sysv_ipc: Any, name: str) -> None:
    for wrong in 2**32, -(2**31) - 1:
        with pytest.raises(ValueError):
            getattr(sysv_ipc, name)(wrong)


@each_class
def test_permissions_are_of_mode_alone(sysv_ipc: Any, name: str) -> None:
    make = getattr(sysv_ipc, name)
    assert make(None, sysv_ipc.IPC_CREX).mode == 0o600
    assert make(None, sysv_ipc.IPC_CREX, 0o640).mode == 0o640
    assert make(None, sysv_ipc.IPC_CREX | 0o666, mode=0o602).mode == 0o602
    assert make(None, sysv_ipc.IPC_CREX, 0o1777).mode == 0o777


@pytest.mark.parametrize("name", ["MessageQueue", "SharedMemory"])
def test_bits_of_mode_are_no_flags(sysv_ipc: Any, name: str, key: int) -> None:
    with pytest.raises(sysv_ipc.ExistentialError):
        getattr(sysv_ipc, name)(key, 0, 0o7600)


@differs("passes them to semget as flags")
def test_bits_of_a_semaphores_mode_are_no_flags(sysv_ipc: Any, key: int) -> None:
    with pytest.raises(sysv_ipc.ExistentialError):
        sysv_ipc.Semaphore(key, 0, 0o7600)


@each_class
def test_mode_is_the_requested_permission(sysv_ipc: Any, name: str, key: int) -> None:
    """semget(2): the existing object must grant the requested permissions."""
    make = getattr(sysv_ipc, name)
    make(key, sysv_ipc.IPC_CREX, 0o444)
    assert as_nobody(lambda: make(key)) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: make(key, 0, 0o400)) is None


@each_class
def test_arguments_of_other_types(sysv_ipc: Any, name: str, key: int) -> None:
    make = getattr(sysv_ipc, name)
    for wrong in [], [key, "0"], [key, sysv_ipc.IPC_CREX, "0"], [key, 0, 0, 0, 0, 0]:
        with pytest.raises(TypeError):
            make(*wrong)
    with pytest.raises(TypeError):
        make(key, colour=1)
    with pytest.raises(OverflowError):
        make(key, 2**40)


# ---- attributes and methods of all three classes ----------------------------------------------


def test_str_and_repr(each: Any) -> None:
    assert str(each.key) in str(each) and str(each.id) in str(each)
    assert repr(each) == f"sysv_ipc.{type(each).__name__}({each.key})"


def test_identity(each: Any) -> None:
    assert (each.key, each.id) == (row(each)["key"], each.id)


def test_owner_and_permissions_can_be_set(each: Any) -> None:
    other = {"uid": 12345, "gid": 23456, "mode": 0o640}
    each.uid, each.gid, each.mode = other["uid"], other["gid"], other["mode"]
    assert {name: getattr(each, name) for name in other} == other
    kernel = row(each)
    assert (kernel["uid"], kernel["gid"], kernel["perms"]) == (12345, 23456, 0o640)


def test_the_creator(each: Any) -> None:
    each.uid, each.gid = 1, 2
    assert (each.cuid, each.cgid) == (os.geteuid(), os.getegid())
    kernel = row(each)
    assert (kernel["cuid"], kernel["cgid"]) == (each.cuid, each.cgid)


@each_class
def test_the_creators_user_and_group_are_two(sysv_ipc: Any, name: str) -> None:
    gid = os.getegid()
    try:
        os.setegid(gid + 1)
    except OSError as error:
        pytest.skip(f"the group cannot be changed: {error}")
    try:
        made = getattr(sysv_ipc, name)(None, sysv_ipc.IPC_CREX)
    finally:
        os.setegid(gid)
    assert (made.cuid, made.cgid) == (os.geteuid(), gid + 1)


def test_read_only_attributes(each: Any) -> None:
    name = type(each).__name__
    for attribute in set(CLASSES[name].split()) - SETTABLE[name] - {"__enter__", "__exit__"}:
        with pytest.raises(AttributeError):
            setattr(each, attribute, 1)
    with pytest.raises(AttributeError):
        each.another = 1


def test_attributes_accept_integers_only(each: Any) -> None:
    for attribute in SETTABLE[type(each).__name__] - {"undo", "block"}:
        with pytest.raises(TypeError):
            setattr(each, attribute, "1")


@differs("truncates the value, or raises an ExistentialError")
def test_attributes_refuse_values_out_of_range(each: Any) -> None:
    for attribute in SETTABLE[type(each).__name__] - {"undo", "block", "value"}:
        before = getattr(each, attribute)
        for wrong in -1, 2**32 if attribute != "max_size" else 2**64:
            with pytest.raises(OverflowError):
                setattr(each, attribute, wrong)
        assert getattr(each, attribute) == before


@differs("raises an ExistentialError")
def test_no_user_has_that_number(each: Any) -> None:
    for attribute in "uid", "gid":
        with pytest.raises(ValueError):
            setattr(each, attribute, 2**32 - 1)


@differs("crashes", run=False)
def test_nothing_can_be_deleted(each: Any) -> None:
    for attribute in CLASSES[type(each).__name__].split():
        with pytest.raises(AttributeError):
            delattr(each, attribute)


def test_removed(sysv_ipc: Any, each: Any) -> None:
    if type(each).__name__ == "SharedMemory":
        each.detach()
    ident, key = each.id, each.key
    each.remove()
    with pytest.raises(sysv_ipc.ExistentialError):
        each.remove()
    with pytest.raises(sysv_ipc.ExistentialError):
        type(each)(key)
    for attribute in "mode", "uid", "gid", "cuid", "cgid":
        with pytest.raises(sysv_ipc.ExistentialError):
            getattr(each, attribute)
    with pytest.raises(sysv_ipc.ExistentialError):
        each.mode = 0o600
    assert (each.id, each.key) == (ident, key)
    with pytest.raises(TypeError):
        each.remove(1)


def another_users(sysv_ipc: Any, name: str) -> None:
    obj = getattr(sysv_ipc, name)(None, sysv_ipc.IPC_CREX, 0o666)
    assert as_nobody(obj.remove) is sysv_ipc.PermissionsError
    for attribute in "mode", "uid", "gid":
        assert as_nobody(lambda: setattr(obj, attribute, 0)) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: obj.mode) is None
    obj.mode = 0o600
    assert as_nobody(lambda: obj.mode) is sysv_ipc.PermissionsError


@pytest.mark.parametrize("name", ["MessageQueue", "SharedMemory"])
def test_another_users(sysv_ipc: Any, name: str) -> None:
    another_users(sysv_ipc, name)


@differs("raises the built-in PermissionError")
def test_another_users_semaphore(sysv_ipc: Any) -> None:
    another_users(sysv_ipc, "Semaphore")


# Attributes that cannot be set.  The error messages are those of the C members of sysv_ipc.
OBJECTS = {
    "MessageQueue": "key last_send_time last_receive_time last_change_time last_send_pid"
    " last_receive_pid current_messages cuid cgid",
    "Semaphore": "key last_pid waiting_for_nonzero waiting_for_zero o_time cuid cgid",
    "SharedMemory": "key size address attached last_attach_time last_detach_time"
    " last_change_time creator_pid last_pid number_attached cuid cgid",
}


@pytest.mark.parametrize(
    "kind, name", [(kind, name) for kind, row in OBJECTS.items() for name in row.split()]
)
def test_attributes_that_cannot_be_set(kind: str, name: str) -> None:
    import ipc.compat.sysv_ipc as drop_in

    arguments = {"size": 1} if kind == "SharedMemory" else {}
    one = getattr(drop_in, kind)(None, drop_in.IPC_CREX, **arguments)
    try:
        full = f"{type(one).__module__}.{kind}"
        with pytest.raises(AttributeError) as caught:
            setattr(one, name, 1)
        assert str(caught.value) == f"attribute '{name}' of '{full}' objects is not writable"
        with pytest.raises(AttributeError, match="^readonly attribute$"):
            one.id = 1
    finally:
        if kind == "SharedMemory":
            one.detach()
        one.remove()


def test_values_out_of_range() -> None:
    import ipc.compat.sysv_ipc as drop_in

    one = drop_in.Semaphore(None, drop_in.IPC_CREX)
    try:
        for value in -1, drop_in.SEMAPHORE_VALUE_MAX + 1:
            with pytest.raises(ValueError) as caught:
                one.value = value
            said = "The semaphore's value must remain between 0 and SEMVMX"
            assert str(caught.value) == said
    finally:
        one.remove()


@differs("is not concerned: its calls do not continue", run=False)
@pytest.mark.parametrize("code", [errno.EAGAIN, errno.EEXIST, errno.EINVAL])
def test_an_exception_of_a_signal_handler_is_the_programs(
    queue: Any, semaphore: Any, code: int
) -> None:
    """An OSError of the handler is no error of the call that it ends."""
    mine = OSError(code, "the program's")

    def handler(*_: object) -> None:
        raise mine

    def interrupt(ident: int) -> None:
        main = threading.main_thread()
        tid = main.native_id or 0
        wait_until(lambda: is_blocked(tid, ident), "the main thread is blocked")
        signal.pthread_kill(main.ident or 0, signal.SIGUSR1)

    old = signal.signal(signal.SIGUSR1, handler)
    try:
        for one, call in (queue, queue.receive), (semaphore, semaphore.acquire):
            thread = threading.Thread(target=interrupt, args=(one.id,))
            with pytest.raises(OSError) as caught:
                thread.start()
                call()
            thread.join()
            assert caught.value is mine
    finally:
        signal.signal(signal.SIGUSR1, old)


@differs("is not concerned: it is written in C", run=False)
def test_a_constructor_that_is_interrupted_leaves_nothing(
    sysv_ipc: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = all_objects()
    monkeypatch.setattr(sysv_ipc.SharedMemory, "_fill", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX)
    monkeypatch.setattr(sysv_ipc.Semaphore, "_set_value", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX, initial_value=1)
    gc.collect()  # which detaches the removed segment
    assert all_objects() == before
