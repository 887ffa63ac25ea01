# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The kernel gate: kernels with different defects, and wrong arguments.

The kernels are real; seeds.c makes them fail during the checks.
"""

import contextlib
import functools
import json
import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from limits import HANG

import architectures
import baseline
import boot
import gate as gate_program
import tree
from tree import TOP, fetched

run = functools.partial(tree.run, timeout=HANG)
BOOT = TOP / "conformance" / "gate"
GATE = BOOT / "gate.py"
ARCH = "x86_64"
SEEDED = TOP / "build" / ARCH / "ipc-conform-seeded"


@pytest.fixture(scope="module")
def kernel() -> Path:
    if platform.machine() != ARCH or not SEEDED.exists():
        pytest.skip("ipc-conform-seeded is not built")
    for program in ("qemu-system-x86_64", "cpio"):
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")
    return fetched("fetch-kernel", "bookworm", ARCH)


def processes() -> Iterator[tuple[int, str, int]]:
    """The id, the name and the parent of each process; see stat in proc(5)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, rest = stat.read_text().split(" (", 1)
            name, rest = rest.rsplit(") ", 1)
            yield int(pid), name, int(rest.split()[1])


def emulators() -> list[int]:
    """The emulators among the descendants of this process."""
    rows = list(processes())
    below = {os.getpid()}
    for _ in rows:
        below |= {pid for pid, _, parent in rows if parent in below}
    return [pid for pid, name, _ in rows if name.startswith("qemu") and pid in below]


SEEDED_CHECKS = "--only msgget.seeded --only 'msgget.e*' --only 'semop.e*'"
# The seed, the seconds without output that count as a hang, and the line of the report.
BROKEN = [
    ("panic", 600, r"kernel.lives: the kernel panics at "),
    ("hang", 60, r"kernel.lives: the kernel hangs "),
    ("oops", 600, "BUG: kernel NULL pointer dereference, address: 0"),
    ("no_sysvipc", 600, "kernel.facilities: message queues: msgget, msgctl: not implemented"),
    ("fail", 600, 'msgget.seeded: seeds.c:'),
]


def gate(kernel: Path, *options: object) -> "subprocess.CompletedProcess[str]":
    programs = ("--programs", ARCH)
    return run(GATE, kernel, ARCH, *programs, "--select", SEEDED_CHECKS, *options)


@pytest.mark.parametrize("seed, limit, words", BROKEN, ids=[seed for seed, _, _ in BROKEN])
def test_defective_kernel(kernel: Path, tmp_path: Path, seed: str, limit: int, words: str) -> None:
    output = tmp_path / "result.json"
    result = gate(
        kernel,
        *("--program", SEEDED, "--append", f"seed={seed}"),
        *("--time-limit", limit, "--output", output),
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert words in result.stdout
    assert emulators() == []
    assert json.loads(output.read_text())["runs"][0]["counts"]["failed"] >= 1


def test_kernel_without_a_defect(kernel: Path) -> None:
    result = gate(kernel, "--program", SEEDED)
    assert result.returncode == 0, result.stdout + result.stderr


def test_kernel_that_panics_before_its_first_program(kernel: Path) -> None:
    result = gate(kernel, "--append", "rdinit=/none")
    assert result.returncode == 1
    assert "the kernel panics before the checks begin: Kernel panic - not syncing" in result.stdout


def test_kernel_that_hangs_before_its_first_program(kernel: Path) -> None:
    result = gate(kernel, "--qemu=-S", "--time-limit", 5)
    assert result.returncode == 1
    assert "the kernel hangs before the checks begin, silent for 5 s" in result.stdout
    assert "nothing is on its console" in result.stdout
    assert emulators() == []


def processor_seconds(pid: int) -> float:
    """See stat in proc(5); 0 if the process has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_pause_of_the_machine_is_no_lockup(tmp_path: Path) -> None:
    """A host pauses the machine for 30 s; the watchdogs must not report a lockup."""
    # On x86_64, the watchdogs notice less of a pause.
    arch, output = "aarch64", tmp_path / "result.json"
    kernel = fetched("fetch-kernel", "bookworm", arch)
    if not (TOP / "build" / arch / "ipc-conform").exists():
        pytest.skip(f"build/{arch}/ipc-conform is not built")
    command = [str(GATE), str(kernel), arch, "--programs", arch, "--emulate"]
    command += ["--no-cost", "--select", "--only random.*", "--output", str(output)]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + HANG
        # By then the watchdogs run, and the checks have not ended.
        while not (running := [pid for pid in emulators() if processor_seconds(pid) > 8]):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(running[0], signal.SIGSTOP)
        time.sleep(30)
        os.kill(running[0], signal.SIGCONT)
        report = process.communicate(timeout=HANG)[0]
    results = {one["id"]: one for one in json.loads(output.read_text())["runs"][0]["results"]}
    assert results["kernel.log"]["outcome"] == "passed", report


def test_terminated_gate_leaves_nothing(kernel: Path, tmp_path: Path) -> None:
    # The probe for KVM would start an emulator too, so the test does not use KVM.
    command = [str(GATE), str(kernel), ARCH, "--programs", ARCH, "--qemu=-S", "--emulate"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=TOP, env=environment) as process:
        deadline = time.monotonic() + HANG
        while not (running := emulators()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert running
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANG) == 2
    assert emulators() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "cpuinfo, real",
    [
        ("processor\t: 0\nflags\t\t: fpu vmx sse2\n", True),
        ("processor\t: 0\nflags\t\t: fpu sse2 svm\n", True),
        ("processor\t: 0\nflags\t\t: fpu sse2 hypervisor\nvmx flags\t: ept\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd\n", True),  # not an x86
        ("", True),
    ],
)
def test_kvm_is_used_if_the_processor_has_it(cpuinfo: str, real: bool) -> None:
    assert boot.virtualizes(cpuinfo) is real


class Emulator:
    """An emulator for boot.ends(): each poll takes a second."""

    def __init__(self, folder: Path, writes: int, lasts: int) -> None:
        self.folder, self.writes, self.lasts, self.seconds = folder, writes, lasts, 0

    def monotonic(self) -> float:
        return self.seconds

    def poll(self) -> int | None:
        self.seconds += 1
        if self.seconds <= self.writes:
            with (self.folder / "console").open("a") as console:
                console.write("a line\n")
        return 0 if self.seconds > self.lasts else None

    def wait(self, timeout: float) -> None:
        pass


@pytest.mark.parametrize(
    "writes, lasts, ended",
    [
        (50, 50, True),  # the run takes five times the limit, but always prints something
        (50, 59, True),
        (50, 70, False),
        (10**6, 10**6, False),  # the output repeats for ever
    ],
)
def test_a_kernel_without_output_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int, lasts: int, ended: bool
) -> None:
    emulator = Emulator(tmp_path, writes, lasts)
    monkeypatch.setattr(time, "monotonic", emulator.monotonic)
    assert boot.ends(emulator, tmp_path, 10) is ended  # type: ignore[arg-type]


# ---- bad input: one clear line, exit status 2 ---------------------------------------


def assert_refused(result: "subprocess.CompletedProcess[str]", words: str) -> None:
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stderr.count("\n") == 1 and words in result.stderr


@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
def test_a_file_other_than_a_kernel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "random").write_bytes(os.urandom(100000))
    assert_refused(run(GATE, tmp_path / "random", ARCH), "is not a kernel image for x86_64")
    assert_refused(run(GATE, tmp_path / "none", ARCH), "No such file")
    assert_refused(run(GATE, tmp_path, ARCH), "Is a directory")


def test_bad_calls(tmp_path: Path) -> None:
    assert_refused(run(GATE, "/dev/null", "vax"), "no machine for vax")
    assert_refused(run("ci/fetch-kernel", "bookworm", "vax"), "no such architecture")
    assert_refused(run("ci/fetch-kernel", "../..", ARCH), "SUITE: invalid value")
    missing = run("ci/fetch-kernel", "--cached", "bookworm", ARCH, CACHE=str(tmp_path))
    assert_refused(missing, "is not in the cache")
    assert_refused(run(BOOT / "matrix.py", "no/such"), "no cell matches no/such")


@pytest.mark.parametrize("given", ["0", "65", "two", "-1"])
def test_number_of_processors(given: str) -> None:
    result = run(GATE, "/dev/null", ARCH, f"--smp={given}")
    assert result.returncode == 2
    assert result.stderr.endswith(f"argument --smp: {given}: 1 to 64\n")


def test_the_kernel_has_the_number_of_processors(tmp_path: Path) -> None:
    def processors(**options: Any) -> "list[str]":
        machine = boot.machines()[ARCH]
        command = boot.qemu_command(
            machine, tmp_path, tmp_path, "", tmp_path, boot.Options(emulate=True, **options)
        )
        return [value for word, value in zip(command, command[1:]) if word == "-smp"]

    assert processors() == ["2"]
    assert processors(smp=8) == ["2", "8"]
    # A run that counts instructions always uses one processor.
    assert processors(smp=8, qemu="-smp 1")[-1] == "1"


@pytest.mark.parametrize(
    "words, number",
    [
        ("", "hugepages=16"),
        ("-m 1024", "hugepages=16"),
        ("-m 2G", "hugepages=16"),
        ("-m 128", ""),
        ("-m 512 -m size=128M", ""),
    ],
)
def test_a_small_machine_has_no_huge_pages(words: str, number: str) -> None:
    """16 huge pages would leave 64 of 128 MiB, which is not enough for the checks."""
    assert boot.huge_pages(words.split()) == number


def test_wrong_kind_of_kernel(kernel: Path) -> None:
    if not shutil.which("qemu-system-i386"):
        pytest.skip("there is no qemu-system-i386")
    assert_refused(run(GATE, kernel, "i386"), "is not a kernel image for i386")


def test_unknown_checks_are_refused(kernel: Path) -> None:
    assert_refused(run(GATE, kernel, ARCH, "--select", "--only none"), "no check matches: none")


def test_unknown_baseline(kernel: Path, tmp_path: Path) -> None:
    assert_refused(gate(kernel, "--baseline", tmp_path / "none"), "no baseline")
    (tmp_path / "broken").write_text("{}")
    assert_refused(gate(kernel, "--baseline", tmp_path / "broken"), "has no results")


# ---- the parts, without a kernel ------------------------------------------------------


def ended(console: str, results: str = "", timed_out: bool = False) -> boot.Boot:
    return boot.Boot(console, results, "", timed_out, 1.0, 9.0)


TROUBLE = [
    "[    1.234567] WARNING: CPU: 0 PID: 1 at ipc/msg.c:1 do_msgrcv+0x1/0x2",
    "[    1.234567][    T1] BUG: KASAN: slab-out-of-bounds in do_msgsnd+0x1/0x2",
    "[    1.234567] WARNING: possible circular locking dependency detected",
    "[  241.234567] INFO: task ipc-conform:77 blocked for more than 120 seconds.",
    "[   12.234567] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [ipc-conform:77]",
    "[   12.234567] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    "[    1.234567] Oops: 0002 [#1] PREEMPT SMP",
    "[    1.234567] Internal error: Oops: 0000000096000044 [#1] SMP",
    "[    1.234567] Unable to handle kernel NULL pointer dereference at virtual address 0",
    "[    1.234567] UBSAN: array-index-out-of-bounds in ipc/sem.c:1:2",
    "[    1.234567] refcount_t: underflow; use-after-free.",
    "\r\x1b[K7/9 msgget.new[    1.234567] Kernel panic - not syncing: Fatal exception",
]


@pytest.mark.parametrize("line", TROUBLE)
def test_trouble_in_the_log_is_found(line: str) -> None:
    assert len(boot.trouble(ended(f"[    1.0] fine\r\n{line}\r\n"))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "[    0.1] Spectre V2 : WARNING: Unprivileged eBPF is enabled",
        "WARNING: a program's own words",
        "[    0.1] ACPI BIOS Warning (bug): 32/64X length mismatch",
    ],
)
def test_a_normal_log_has_no_trouble(line: str) -> None:
    assert boot.trouble(ended(line)) == []


def test_log_of_a_console_of_lines() -> None:
    """A console of lines (s390) drops carriage returns and escape sequences."""
    seen = ended("[K7/9 msgget.new[K[    1.234567] WARNING: odd\n[K8/9 msgget.old")
    assert seen.progress == "8/9 msgget.old"
    assert boot.trouble(seen) == [(1, "WARNING: odd")]


def test_firmware_may_write_before_the_results() -> None:
    run = boot.parse_results('KASLR disabled: CPU has no PRNG\r\n{"schema":"","runs":[{"a":1}]}')
    assert run == {"a": 1}
    assert boot.parse_results('{"schema":"","runs":[{"a"') is None
    assert boot.parse_results("KASLR disabled") is None


# The beginning of an image of each boot protocol; one changed bit makes it another.
HEADS = {
    "x86_64": (0x202, b"HdrS" + bytes(48) + b"\x01"),
    "i386": (0x202, b"HdrS" + bytes(48) + b"\x00"),
    "aarch64": (0x38, b"ARM\x64"),
    "armhf": (0x24, (0x016F2818).to_bytes(4, "little")),
    "s390x": (0x10008, b"S390EP"),
    "powerpc64le": (0, b"\x7fELF\x02\x01" + bytes(10) + b"\x02\0\x15\0"),
    "mipsel": (0, b"\x7fELF\x01\x01" + bytes(10) + b"\x02\0\x08\0"),
    "mips64el": (0, b"\x7fELF\x02\x01" + bytes(10) + b"\x02\0\x08\0"),
    "riscv64": (0x38, b"RSC\x05"),
}


@pytest.mark.parametrize("arch", boot.machines())
def test_images_are_distinguished(arch: str) -> None:
    offset, magic = HEADS[arch]
    image = bytes(offset) + magic + bytes(100)
    assert [other for other in boot.machines() if architectures.is_image(other, image)] == [arch]


def test_image_that_is_not_compressed() -> None:
    elf = b"\x7fELF\x02\x01" + bytes(10) + b"\x02\0\x3e\0" + bytes(1000)
    assert [arch for arch in boot.machines() if architectures.is_image(arch, elf)] == ["x86_64"]


def test_ends_are_distinguished() -> None:
    good = "ipc-conform: exit status 0\r\n"
    assert boot.why_dead(ended(good, "{}")) is None
    assert "gives no results" in str(boot.why_dead(ended(good)))
    at = "\r\x1b[K3/9 semop.wakes\r\n"
    assert "dies at 3/9 semop.wakes" in str(boot.why_dead(ended(at)))
    assert "hangs at 3/9 semop.wakes" in str(boot.why_dead(ended(at, timed_out=True)))
    assert "nothing is on its console" in str(boot.why_dead(ended("")))


def a_run(**outcomes: str) -> boot.Run:
    results = [boot.result(name.replace("_", "."), "", 0, []) for name in outcomes]
    for result, outcome in zip(results, outcomes.values()):
        result["outcome"] = outcome
    run: boot.Run = {"arch": "i386", "machine": "i686", "kernel": "6.1.0-50-686", "libc": ""}
    run["results"] = results
    boot.count(run)
    return run


def test_baseline_in_words() -> None:
    outcomes = {"*": "passed", "a.skips": "skipped", "a.gone": "failed"}
    old = baseline.Baseline("6.1", {"i386": outcomes})
    worse, better = old.compare(a_run(a_new="passed", a_skips="passed", b_fails="failed"))
    assert worse == ["b.fails: was passed, is failed", "a.gone: is gone"]
    assert better == ["a.skips: was skipped, is passed"]
    assert old.compare(a_run(a_new="passed"), whole=False) == ([], [])


def test_a_listed_failure_refuses_no_kernel_that_passed_before() -> None:
    old = baseline.Baseline("6.1", {"i386": {"*": "passed", "c": "xfailed"}})
    run = a_run(a="xfailed", b="flaky", c="xfailed")
    status, lines = gate_program.verdict(run, ended(""), old, True)
    assert status == 0
    assert lines[1:] == [
        "  differs from 6.1 in:",
        "    a: was passed, is xfailed",
        "    b: was passed, is flaky",
    ]
    unlisted = gate_program.verdict(a_run(a="xpassed", c="xfailed"), ended(""), old, True)
    assert unlisted[0] == 1


def test_a_mistake_in_a_list_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "my.list").write_text("# mine\n\nxfail | a.b | *")
    lists = boot.expected_failures(tmp_path / "my.list")
    last = len((boot.HERE / "expected").read_text().splitlines())
    assert boot.misuse_of("/expected: line 3: the source is missing", lists) == (
        f"--expect: {tmp_path}/my.list: line 3: the source is missing"
    )
    assert boot.misuse_of(f"/expected: line {3 + last}: x", lists) == (
        f"--expect: {boot.HERE}/expected: line {last}: x"
    )
    assert boot.misuse_of(f"/expected: line {4 + last}: x", lists) is None
    assert boot.misuse_of("the kernel dies before the checks begin: ", lists) is None


def test_committed_baselines_are_sorted_and_of_known_outcomes() -> None:
    assert baseline.committed(), "there are none"
    for name in baseline.committed():
        lines = [
            line for line in (baseline.BASELINES / name).read_text().splitlines() if line[0] != "#"
        ]
        assert lines == sorted(lines)
        for outcomes in baseline.read_committed(name).outcomes.values():
            assert outcomes["*"] == "passed"
            assert set(outcomes.values()) <= {"passed", "skipped", "xfailed"}


def test_accepting_a_run_keeps_those_of_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(baseline, "BASELINES", tmp_path)
    other = a_run(a_skips="skipped") | {"arch": "s390x", "machine": "s390x"}
    baseline.accept("6.1", [other, a_run(b_skips="skipped")])
    baseline.accept("6.1", [a_run(c_skips="skipped")])
    lines = (tmp_path / "6.1").read_text().splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == [
        "# SPDX-FileCopyrightText", "# SPDX-License-Identifier"
    ]
    assert baseline.read_committed("6.1").outcomes == {
        "s390x": {"*": "passed", "a.skips": "skipped"},
        "i386": {"*": "passed", "c.skips": "skipped"},
    }


@pytest.mark.parametrize("machine, name", [("armv7l", "armhf"), ("ppc64le", "powerpc64le")])
def test_programs_on_their_own_kernel(machine: str, name: str) -> None:
    assert baseline.name_of(a_run() | {"arch": name, "machine": machine}) == name
    assert baseline.name_of(a_run() | {"arch": name}) == f"{name} on i386"
    assert baseline.name_of(a_run() | {"libc": "musl"}) == "i386-musl"


def test_a_difference_from_glibc_is_reported_but_no_failure() -> None:
    outcomes = {
        "i386": {"*": "passed", "a.skips": "skipped"},
        "i386-musl": {"*": "passed", "b.skips": "skipped"},
    }
    old = baseline.Baseline("6.1", outcomes)
    run = a_run(a_skips="passed", b_skips="skipped") | {"libc": "musl"}
    status, lines = gate_program.verdict(run, ended(""), old, True)
    assert status == 0
    assert lines[1:] == [
        "  differs from 6.1 in nothing",
        "  differs from glibc on 6.1 in:",
        "    b.skips: passed with glibc, is skipped",
        "    a.skips: skipped with glibc, is passed",
    ]
    worse = a_run(a_skips="skipped", b_skips="skipped", c="passed") | {"libc": "musl"}
    assert gate_program.verdict(worse, ended(""), old, True)[0] == 1


def test_expected_failures_decide_and_keep_their_evidence() -> None:
    failure = {"where": "sem.c:7", "what": "errno", "expected": "EAGAIN", "seen": "success"}
    run = a_run(a="passed", b="failed", c="passed")
    for result, outcome in zip(run["results"], ("passed", "xfailed", "xpassed")):
        result |= {"outcome": outcome, "reason": "musl [BZ 1]" if outcome != "passed" else ""}
    run["results"][1]["failures"] = [failure]
    boot.count(run)
    status, lines = gate_program.verdict(run, ended(""), None, True)
    assert status == 1
    assert lines[0].startswith("i386: 1 passed, 0 failed, 0 skipped, 1 xfailed, 1 xpassed;")
    assert lines[1:] == [
        "  b: expected to fail: musl [BZ 1]: sem.c:7: errno: expected EAGAIN, got success",
        "  c: passes, but is expected to fail: musl [BZ 1]",
    ]
    run["results"].pop()
    boot.count(run)
    assert gate_program.verdict(run, ended(""), None, True)[0] == 0


def test_expected_failures_of_the_user_come_first(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("xfail | a | * | words | BZ 1")
    lines = boot.expected_failures(tmp_path / "list")
    assert lines[0] == (f"{tmp_path}/list: line 1", "xfail | a | * | words | BZ 1")
    assert lines[1:] == boot.expected_failures(None)
    assert [line for _, line in lines[1:]] == (boot.HERE / "expected").read_text().splitlines()
    with pytest.raises(boot.Misuse, match="--expect: .*/none: No such file"):
        boot.expected_failures(tmp_path / "none")


def test_baseline_for_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "committed", lambda: ["5.10", "6.1", "6.12"])
    monkeypatch.setattr(baseline, "read_committed", lambda name: baseline.Baseline(name, {}))
    for kernel, name in [("5.15.1", "5.10"), ("6.1.0-50-686", "6.1"), ("7.2.1", "6.12")]:
        found = baseline.baseline_for(None, kernel)
        assert found and found.name == name
    assert baseline.baseline_for(None, "4.19.0") is None
