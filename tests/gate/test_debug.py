# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The runner of kernels that look for their own errors; these tests build and boot none."""

import os
import sys
from pathlib import Path

import pytest

import architectures
import boot
import built
import debug
from boot import Boot, Misuse
from tree import TOP, run

DEBUG = TOP / "conformance" / "gate" / "debug.py"


def ended(console: str) -> Boot:
    return Boot(console, "", "", False, 1.0, 9.0)


# Real reports, from Documentation/dev-tools of Linux and from boots of mutants, shortened.
KASAN = """\
==================================================================
BUG: KASAN: slab-out-of-bounds in kmalloc_oob_right+0xa8/0xbc [test_kasan]
Write of size 1 at addr ffff8801f44ec37b by task insmod/2760

CPU: 1 PID: 2760 Comm: insmod Not tainted 4.19.0-rc3+ #698
Call Trace:
 kasan_report+0x144/0x187
 kmalloc_oob_right+0xa8/0xbc [test_kasan]
=================================================================="""
KCSAN = """\
==================================================================
BUG: KCSAN: data-race in test_kernel_read / test_kernel_write

write to 0xffffffffc009a628 of 8 bytes by task 487 on cpu 0:
 test_kernel_write+0x1d/0x30

read to 0xffffffffc009a628 of 8 bytes by task 488 on cpu 6:
 test_kernel_read+0x10/0x20

Reported by Kernel Concurrency Sanitizer on:
CPU: 6 PID: 488 Comm: access_thread Not tainted 5.12.0-rc2+ #1
=================================================================="""
KMSAN = """\
=====================================================
BUG: KMSAN: uninit-value in test_uninit_kmsan_check_memory+0x1be/0x380 [kmsan_test]
 test_uninit_kmsan_check_memory+0x1be/0x380 mm/kmsan/kmsan_test.c:273

Uninit was stored to memory at:
 do_uninit_local_array+0xfa/0x110 mm/kmsan/kmsan_test.c:260"""
UBSAN = """\
================================================================================
UBSAN: Undefined behaviour in ../include/linux/bitops.h:110:33
shift exponent 32 is to large for 32-bit type 'unsigned int'
CPU: 0 PID: 0 Comm: swapper Not tainted 4.4.0-rc1+ #26"""
LOCKDEP = """\
======================================================
WARNING: possible circular locking dependency detected
6.1.0 #1 Not tainted
------------------------------------------------------
ipc-conform/77 is trying to acquire lock:
ffff888003c0e018 (&ids->rwsem){++++}-{3:3}, at: shm_close+0x1f/0x90

but task is already holding lock:
ffff888003c1e018 (&mm->mmap_lock){++++}-{3:3}, at: __vm_munmap+0x5d/0xb0"""
STATE = """\
================================
WARNING: inconsistent lock state
6.1.0 #1 Not tainted
--------------------------------
inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage."""
RCU = """\
=============================
WARNING: suspicious RCU usage
6.1.0 #1 Not tainted
-----------------------------
ipc/util.c:600 suspicious rcu_dereference_check() usage!"""
CONTEXT = """\
=============================
[ BUG: Invalid wait context ]
6.1.0 #1 Not tainted"""
ATOMIC = """\
BUG: sleeping function called from invalid context at ipc/sem.c:1
in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 77, name: ipc-conform"""
KEY = """\
INFO: trying to register non-static key.
The code is fine but needs lockdep annotation, or maybe"""
OBJECTS = """\
ODEBUG: free active (active state 0) object type: timer_list hint: it_real_fn+0x0/0x10"""
SLUB = """\
=============================================================================
BUG kmalloc-64 (Not tainted): Right Redzone overwritten
-----------------------------------------------------------------------------"""

REPORTS = [KASAN, KCSAN, KMSAN, UBSAN, LOCKDEP, STATE, RCU, CONTEXT, ATOMIC, KEY, OBJECTS, SLUB]


NAMES = ["kasan", "kcsan", "kmsan", "ubsan", "circular", "state", "rcu", "context", "atomic", "key",
         "objects", "slub"]


def logged(report: str) -> str:
    """The report as the console has it, with the times of the kernel's log."""
    return "".join(f"[   12.345678][   T77] {line}\r\n" for line in report.split("\n"))


@pytest.mark.parametrize("report", REPORTS, ids=NAMES)
def test_a_report_is_found_with_its_lines(report: str) -> None:
    found = debug.reports(ended(f"[    1.0] fine\r\n{logged(report)}"))
    assert len(found) == 1
    assert found[0].message in report
    # All lines from the message on, without the times.
    assert str(found[0]) == report[report.index(found[0].message):]


@pytest.mark.parametrize("report", REPORTS, ids=NAMES)
def test_a_report_without_its_message_is_not_found(report: str) -> None:
    """Nothing else in a report identifies it, so the test above can fail."""
    words = debug.reports(ended(logged(report)))[0].message
    assert debug.reports(ended(logged(report.replace(words, "nothing")))) == []


def test_each_report_ends_where_the_next_one_begins() -> None:
    found = debug.reports(ended(logged(KASAN) + logged(KCSAN)))
    assert [one.message.split()[1] for one in found] == ["KASAN:", "KCSAN:"]
    assert "test_kernel_write" not in str(found[0])


LEAK = """\
unreferenced object 0xffff888004a5c000 (size 4096):
  comm "ipc-conform", pid 90, jiffies 4294906000 (age 12.000s)
  backtrace:
    [<000000003e0b3c5c>] load_msg+0x3f/0x1e0
"""


def test_leaks_are_found_without_times_before_them() -> None:
    found = debug.reports(ended(LEAK + LEAK))
    assert len(found) == 2
    assert "load_msg" in str(found[1])
    assert debug.reports(ended(LEAK.replace("unreferenced", "a"))) == []


# ---- known reports --------------------------------------------------------------------


def known(tmp_path: Path, *lines: str) -> list[debug.Known]:
    (tmp_path / "reports").write_text("# a list\n" + "".join(f"{line}\n" for line in lines))
    return debug.read_known(tmp_path / "reports")


def judged(console: str, these: list[debug.Known], watch: str = "kasan") -> boot.Run:
    log = boot.result("kernel.log", "", 0, [("log line 1", "any")])
    made: boot.Run = {"kernel": "6.1.170 #1 SMP", "results": [log]}
    debug.judge_log(made, ended(console), watch, these)
    assert [one["id"] for one in made["results"]] == ["kernel.log"]
    return made


def failures(made: boot.Run) -> list[str]:
    assert made["counts"]["failed"] == (made["results"][0]["outcome"] == "failed")
    return [one["what"] for one in made["results"][0]["failures"]]


def test_only_unknown_reports_refuse(tmp_path: Path) -> None:
    console = logged(LOCKDEP) + logged(RCU)
    words = ["WARNING: possible circular locking dependency detected"]
    words.append("WARNING: suspicious RCU usage")
    assert failures(judged(console, [])) == words
    line = r"kasan | 6\.1\. | at: shm_close\+ | why | commit 0123456789ab"
    assert failures(judged(console, known(tmp_path, line))) == words[1:]
    # Lines for another checker, for another kernel and for another function.
    assert failures(judged(console, known(tmp_path, line), "other")) == words
    for change in [("6", "7"), ("shm_close", "shm_open")]:
        assert failures(judged(console, known(tmp_path, line.replace(*change)))) == words


@pytest.mark.parametrize(
    "line, words",
    [
        ("kasan | 6 | report | why", "line 2: not `watch "),
        ("kasan | 6 |  | why | commit", "line 2: not `watch "),
        ("else | 6 | report | why | commit", "line 2: not `watch "),
        ("kasan | 6 | [ | why | commit", "line 2: unterminated"),
    ],
)
def test_bad_lists_are_refused(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(Misuse, match=words):
        known(tmp_path, line)


def test_the_list_of_the_tree_can_be_read() -> None:
    debug.read_known(debug.REPORTS)


# ---- configurations -------------------------------------------------------------------


def test_every_watch_has_a_configuration() -> None:
    folder = TOP / "conformance" / "gate" / "configs" / "watches"
    assert {path.name for path in folder.iterdir()} == set(built.WATCHES) - {""}


def test_a_configuration_replaces_options() -> None:
    text = built.wanted_config(architectures.reference(), "kasan", ("SYSVIPC=n", "KASAN=n"))
    lines = text.splitlines()
    assert "CONFIG_SYSVIPC=n" in lines and "CONFIG_SYSVIPC=y" not in lines
    assert "CONFIG_KASAN=n" in lines and "CONFIG_KASAN=y" not in lines
    assert "CONFIG_UBSAN=y" in lines
    names = [line.partition("=")[0] for line in lines if line.startswith("CONFIG_")]
    assert sorted(set(names)) == sorted(names)
    assert "CONFIG_KASAN" not in built.wanted_config(architectures.reference())


def test_options_that_a_kernel_does_not_take() -> None:
    wanted = "# words\nCONFIG_A=y\nCONFIG_B=n\nCONFIG_C=1\n"
    assert built.not_taken(wanted, "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=1\n") == []
    assert built.not_taken(wanted, "CONFIG_B=y\nCONFIG_C=2\n") == wanted.splitlines()[1:]


# ---- bad input: one clear line, exit status 2 ---------------------------------------------


@pytest.mark.parametrize(
    "words, says",
    [
        (("--watch", "none"), "no such watch: none (kasan"),
        (("sid",), "invalid suite: sid (bookworm"),
        (("--arch", "none"), "no kernel with a watch for none ("),
        (("--known", "/none"), "/none: No such file"),
    ],
)
def test_wrong_arguments(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    refused = run(sys.executable, DEBUG, "--build", tmp_path, *words)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"debug: {says}") and refused.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == []
