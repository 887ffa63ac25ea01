# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""A script that was written for the 2003 module works unchanged."""

import errno

import ipc
from conftest import Maker, fails_with


def test_a_message_goes_through_a_queue(make: Maker) -> None:
    q = make.queue()
    m = ipc.mkmsgbuf(1, "hello world")
    ipc.msgsnd(q, m, 11, 0)
    b = ipc.mkmsgbuf(0, " " * 64)
    n = ipc.msgrcv(q, b, 64, 0, 0)
    assert n == 11
    assert ipc.msgbuf_mtext_get(b)[:n] == b"hello world"
    assert ipc.msgbuf_mtype_get(b) == 1
    ipc.msgctl(q, ipc.IPC_RMID, ipc.new_msqid_ds())
    with fails_with(errno.EINVAL):
        ipc.msgctl(q, ipc.IPC_STAT, ipc.new_msqid_ds())


def test_a_message_made_of_an_empty_one(queue: int) -> None:
    m = ipc.new_msgbuf()
    ipc.msgbuf_mtype_set(m, 3)
    ipc.msgbuf_mtext_set(m, "hello")
    ipc.msgsnd(queue, m, 5, 0)
    d = ipc.new_msqid_ds()
    ipc.msgctl(queue, ipc.IPC_STAT, d)
    assert ipc.msqid_ds_msg_qnum_get(d) == 1
    assert ipc.msqid_ds___msg_cbytes_get(d) == 5
    assert ipc.ipc_perm_mode_get(ipc.msqid_ds_msg_perm_get(d)) == 0o600


def test_a_semaphore_is_set_by_a_union(semset: int) -> None:
    u = ipc.new_semun()
    ipc.semun_val_set(u, 3)
    ipc.semctl(semset, 0, ipc.SETVAL, u)
    assert ipc.semctl(semset, 0, ipc.GETVAL, u) == 3
    d = ipc.new_semid_ds()
    ipc.semun_buf_set(u, d)
    ipc.semctl(semset, 0, ipc.IPC_STAT, u)
    assert ipc.semid_ds_sem_nsems_get(d) == 3
    i = ipc.new_seminfo()
    ipc.semun___buf_set(u, i)
    ipc.semctl(0, 0, ipc.IPC_INFO, u)
    assert ipc.seminfo_semvmx_get(i) == 32767


def test_text_goes_through_a_segment(make: Maker) -> None:
    i = make.segment(100)
    d = ipc.new_shmid_ds()
    ipc.shmctl(i, ipc.IPC_STAT, d)
    assert ipc.shmid_ds_shm_segsz_get(d) == 100
    p = ipc.shmat(i, None, 0)
    ipc.shmcpy_to(p, "hello", 5)
    assert ipc.shmcpy_from(p, 5) == b"hello"
    ipc.shmdt(p)
    ipc.shmctl(i, ipc.IPC_STAT, d)
    assert ipc.shmid_ds_shm_nattch_get(d) == 0
    ipc.shmctl(i, ipc.IPC_RMID, d)
