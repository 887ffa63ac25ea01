# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The constants have the values in Linux's headers include/uapi/linux/{ipc,msg,sem,shm}.h."""

import ctypes
import mmap
import platform

import pytest

import ipc

ULONG_MAX = ctypes.c_ulong(-1).value

CONSTANTS = {
    "IPC_PRIVATE": 0,
    "IPC_CREAT": 0o1000,
    "IPC_EXCL": 0o2000,
    "IPC_NOWAIT": 0o4000,
    "IPC_RMID": 0,
    "IPC_SET": 1,
    "IPC_STAT": 2,
    "IPC_INFO": 3,
    # linux/msg.h
    "MSG_NOERROR": 0o10000,
    "MSG_EXCEPT": 0o20000,
    "MSG_COPY": 0o40000,
    "MSG_STAT": 11,
    "MSG_INFO": 12,
    "MSG_STAT_ANY": 13,
    "MSGMNI": 32000,
    "MSGMAX": 8192,
    "MSGMNB": 16384,
    "MSGPOOL": 32000 * 16384 // 1024,
    "MSGTQL": 16384,
    "MSGMAP": 16384,
    "MSGSSZ": 16,
    "MSGSEG": 0xFFFF,
    # linux/sem.h
    "SEM_UNDO": 0x1000,
    "GETPID": 11,
    "GETVAL": 12,
    "GETALL": 13,
    "GETNCNT": 14,
    "GETZCNT": 15,
    "SETVAL": 16,
    "SETALL": 17,
    "SEM_STAT": 18,
    "SEM_INFO": 19,
    "SEM_STAT_ANY": 20,
    "SEMMNI": 32000,
    "SEMMSL": 32000,
    "SEMMNS": 32000 * 32000,
    "SEMOPM": 500,
    "SEMVMX": 32767,
    "SEMAEM": 32767,
    "SEMUME": 500,
    "SEMMNU": 32000 * 32000,
    "SEMMAP": 32000 * 32000,
    "SEMUSZ": 20,
    # linux/shm.h
    "SHM_R": 0o400,
    "SHM_W": 0o200,
    "SHM_RDONLY": 0o10000,
    "SHM_RND": 0o20000,
    "SHM_REMAP": 0o40000,
    "SHM_EXEC": 0o100000,
    "SHM_LOCK": 11,
    "SHM_UNLOCK": 12,
    "SHM_STAT": 13,
    "SHM_INFO": 14,
    "SHM_STAT_ANY": 15,
    "SHM_DEST": 0o1000,
    "SHM_LOCKED": 0o2000,
    "SHM_HUGETLB": 0o4000,
    "SHM_NORESERVE": 0o10000,
    "SHMMIN": 1,
    "SHMMNI": 4096,
    "SHMMAX": ULONG_MAX - 2**24,
    "SHMALL": ULONG_MAX - 2**24,
    "SHMSEG": 4096,
    # The bits from 26 on have the binary logarithm of the page size.
    "SHM_HUGE_SHIFT": 26,
    "SHM_HUGE_MASK": 0x3F,
    "SHM_HUGE_64KB": 16 << 26,
    "SHM_HUGE_512KB": 19 << 26,
    "SHM_HUGE_1MB": 20 << 26,
    "SHM_HUGE_2MB": 21 << 26,
    "SHM_HUGE_8MB": 23 << 26,
    "SHM_HUGE_16MB": 24 << 26,
    "SHM_HUGE_32MB": 25 << 26,
    "SHM_HUGE_256MB": 28 << 26,
    "SHM_HUGE_512MB": 29 << 26,
    "SHM_HUGE_1GB": 30 << 26,
    "SHM_HUGE_2GB": 31 << 26,
    "SHM_HUGE_16GB": 34 << 26,
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_is_the_headers(name: str) -> None:
    assert getattr(ipc, name) == CONSTANTS[name]
    assert type(getattr(ipc, name)) is int


def test_shmlba_is_pages() -> None:
    assert ipc.SHMLBA > 0 and ipc.SHMLBA % mmap.PAGESIZE == 0
    if platform.machine() in ("x86_64", "i686", "aarch64", "riscv64", "s390x", "ppc64le"):
        assert ipc.SHMLBA == mmap.PAGESIZE


def test_there_are_no_other_constants() -> None:
    found = {name for name in dir(ipc) if name.isupper() and type(getattr(ipc, name)) is int}
    assert found == {*CONSTANTS, "SHMLBA"}
