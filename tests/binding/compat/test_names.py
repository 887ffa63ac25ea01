# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Every documented name; constants, exceptions, functions."""

import errno
import importlib
import itertools
import re
import resource
import warnings
from pathlib import Path
from typing import Any

import pytest

import ipc
from compat.conftest import CLASSES, OURS, differs, each_class
from conftest import libc

ERRORS = "InternalError PermissionsError ExistentialError BusyError NotAttachedError".split()
CONSTANTS = (
    "IPC_CREAT IPC_EXCL IPC_CREX IPC_PRIVATE KEY_MIN KEY_MAX SEMAPHORE_VALUE_MAX PAGE_SIZE"
    " SEMAPHORE_TIMEOUT_SUPPORTED SHM_RDONLY SHM_RND SHM_HUGETLB SHM_NORESERVE SHM_REMAP VERSION"
).split()
FUNCTIONS = "attach ftok remove_semaphore remove_shared_memory remove_message_queue".split()
ABOUT = "__version__ __author__ __copyright__ __license__".split()
NAMES = [*CLASSES, "Error", *ERRORS, *CONSTANTS, *FUNCTIONS]


def test_the_module_has_every_name(sysv_ipc: Any) -> None:
    assert set(NAMES + ABOUT) <= set(dir(sysv_ipc))


def test_a_star_brings_just_these() -> None:
    namespace: dict[str, Any] = {}
    exec(f"from {OURS} import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(NAMES)


@each_class
def test_a_class_has_every_name(sysv_ipc: Any, name: str) -> None:
    public = {word for word in dir(getattr(sysv_ipc, name)) if not word.startswith("_")}
    dunder = {word for word in CLASSES[name].split() if word.startswith("_")}
    assert public | dunder == set(CLASSES[name].split())
    assert dunder <= set(dir(getattr(sysv_ipc, name)))


def test_every_name_is_used_by_a_test() -> None:
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    source = "".join(file.read_text() for file in files)
    names = itertools.chain(NAMES, ABOUT, *(words.split() for words in CLASSES.values()))
    assert [name for name in names if not re.search(rf"\.{name}\b", source)] == []


def test_constants(sysv_ipc: Any) -> None:
    assert sysv_ipc.IPC_CREX == sysv_ipc.IPC_CREAT | sysv_ipc.IPC_EXCL
    assert sysv_ipc.IPC_CREAT & sysv_ipc.IPC_EXCL == 0
    for name in "IPC_CREAT IPC_EXCL IPC_PRIVATE SHM_RDONLY SHM_RND SHM_REMAP".split():
        assert getattr(sysv_ipc, name) == getattr(ipc, name), name
    assert (sysv_ipc.SHM_HUGETLB, sysv_ipc.SHM_NORESERVE) == (0o4000, 0o10000)  # shmget(2)
    assert sysv_ipc.PAGE_SIZE == resource.getpagesize()
    assert sysv_ipc.SEMAPHORE_VALUE_MAX == 32767
    assert sysv_ipc.SEMAPHORE_TIMEOUT_SUPPORTED is True
    assert sysv_ipc.VERSION == sysv_ipc.__version__
    assert all(isinstance(getattr(sysv_ipc, name), str) for name in ABOUT)
    assert sysv_ipc.__author__ and sysv_ipc.__license__ and sysv_ipc.__copyright__


def test_the_version_is_that_of_the_documentation() -> None:
    assert importlib.import_module(OURS).VERSION == "1.2.0"


@differs("truncates keys that do not fit key_t")
def test_the_range_of_keys_is_that_of_key_t(sysv_ipc: Any) -> None:
    assert (sysv_ipc.KEY_MIN, sysv_ipc.KEY_MAX) == (-(2**31), 2**31 - 1)


def test_errors(sysv_ipc: Any) -> None:
    assert sysv_ipc.Error.__bases__ == (Exception,)
    for name in ERRORS:
        assert getattr(sysv_ipc, name).__bases__ == (sysv_ipc.Error,), name
    assert sysv_ipc.InternalError is not sysv_ipc.Error


def test_the_cause_of_an_error_has_its_errno(key: int) -> None:
    ours = importlib.import_module(OURS)
    with pytest.raises(ours.ExistentialError, match=rf"Semaphore with key {key}: ") as caught:
        ours.Semaphore(key)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOENT


# ---- functions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "remove"),
    [
        ("MessageQueue", "remove_message_queue"),
        ("Semaphore", "remove_semaphore"),
        ("SharedMemory", "remove_shared_memory"),
    ],
)
def test_removal_by_id(sysv_ipc: Any, name: str, remove: str) -> None:
    obj = getattr(sysv_ipc, name)(None, sysv_ipc.IPC_CREX)
    functions = {
        "remove_message_queue": sysv_ipc.remove_message_queue,
        "remove_semaphore": sysv_ipc.remove_semaphore,
        "remove_shared_memory": sysv_ipc.remove_shared_memory,
    }
    if name == "SharedMemory":
        obj.detach()
    functions[remove](obj.id)
    for gone in obj.id, -1:
        with pytest.raises(sysv_ipc.ExistentialError):
            functions[remove](gone)
    with pytest.raises(TypeError):
        functions[remove]("1")
    with pytest.raises(OverflowError):
        functions[remove](2**40)


def test_ftok(sysv_ipc: Any, tmp_path: Path) -> None:
    path = str(tmp_path)
    with pytest.warns(Warning) as caught:
        key = sysv_ipc.ftok(path, 5)
    assert len(caught) == 1 and caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sysv_ipc.ftok(path, 5, True) == key
        assert sysv_ipc.ftok(path=path, id=5, silence_warning=True) == key
    with pytest.warns(Warning):
        sysv_ipc.ftok(path, 5, silence_warning=False)
    assert key == libc.ftok(path.encode(), 5)


def test_ftok_takes_the_low_8_bits(sysv_ipc: Any, tmp_path: Path) -> None:
    for number in range(-1, 258):
        key = libc.ftok(str(tmp_path).encode(), number)
        assert sysv_ipc.ftok(str(tmp_path), number, True) == key, number
    for wrong, error in (("1", TypeError), (2**40, OverflowError)):
        with pytest.raises(error):
            sysv_ipc.ftok(str(tmp_path), wrong, True)


def test_ftok_of_no_file(sysv_ipc: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    if sysv_ipc.VERSION == "1.0.0":
        assert sysv_ipc.ftok(path, 1, True) == -1  # history.md
        return
    with pytest.raises(OSError) as caught:
        sysv_ipc.ftok(path, 1, True)
    assert caught.value.errno == errno.ENOENT


def test_attach(sysv_ipc: Any, segment: Any) -> None:
    segment.write(b"hello")
    other = sysv_ipc.attach(segment.id)
    assert type(other) is sysv_ipc.SharedMemory
    assert (other.id, other.size, other.attached) == (segment.id, 100, True)
    assert segment.number_attached == 2 and other.address != segment.address
    assert other.read(5) == b"hello"
    address = other.address
    other.detach()
    again = sysv_ipc.attach(id=segment.id, address=address, flags=0)
    assert again.address == address
    again.detach()
    again = sysv_ipc.attach(segment.id, address + 1, sysv_ipc.SHM_RND)
    assert again.address == address
    again.detach()
    assert segment.number_attached == 1


def test_attach_read_only(sysv_ipc: Any, segment: Any) -> None:
    other = sysv_ipc.attach(segment.id, None, sysv_ipc.SHM_RDONLY)
    assert other.read(1) == b" "
    with pytest.raises(OSError):
        other.write(b"x")


@differs("leaves the key unset")
def test_attach_knows_the_key(sysv_ipc: Any, segment: Any) -> None:
    assert sysv_ipc.attach(segment.id).key == segment.key


def test_attach_of_nothing(sysv_ipc: Any) -> None:
    with pytest.raises(ValueError):
        sysv_ipc.attach(2**31 - 1)
    with pytest.raises(TypeError):
        sysv_ipc.attach("1")
