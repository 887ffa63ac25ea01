# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Boots a kernel image under QEMU and returns the results of the harness.

The static harness is the kernel's only program; the guest has no network, no disk and no access
to this machine.  A second serial port carries the results, because firmware and kernel write to
the console.  Two more results are about the kernel: it runs until it stops by itself, and its
log has no warning, oops or panic.
"""

import contextlib
import functools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "abi"))
import architectures  # noqa: E402

Run = dict[str, Any]  # as in the JSON that ipc-conform writes
# The outcomes of a check in a run (conformance/report/result.h), and those that refuse a kernel.
OUTCOMES = (
    "passed", "failed", "skipped", "xfailed", "xpassed", "flaky", "not implemented", "timeout"
)
FAILURES = ("failed", "timeout", "xpassed")

# Seconds.  A kernel counts as hung if neither its console nor the harness prints anything for this
# time.  It is longer than the time limit of a check, 120 s (ipc-conform(1)), for slow machines.
SILENCE = 600.0
# A kernel that prints without end is stopped after this many times its limit.
ENDLESS = 20


class Misuse(Exception):
    """A usage error, described in one line."""


def end_with(main: Callable[[], int], name: str) -> NoReturn:
    """Exits with the status of main; with 2 and one line on a usage error, and 2 if stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    try:
        sys.exit(main())
    except Misuse as misuse:
        print(f"{name}: {misuse}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(2)


# ---- machines ---------------------------------------------------------------------


@dataclass(frozen=True)
class Port:
    """A serial port: QEMU's device ("serial" if the machine has it), and Linux's name for it."""

    device: str
    name: str
    word: str = ""  # for the kernel's command line

    def command(self, identity: str, path: Path) -> list[str]:
        ends = ("-chardev", f"file,id={identity},path={path}")
        if self.device == "serial":
            return [*ends, "-serial", f"chardev:{identity}"]
        return [*ends, "-device", f"{self.device},chardev={identity}"]


@dataclass(frozen=True)
class Machine:
    """A row of the table of architectures that has a machine."""

    arch: str
    qemu: list[str]
    console: Port
    results: Port
    programs: list[str]
    more: list[str]  # programs for the matrix only


def machines() -> dict[str, Machine]:
    rows = {name: architectures.row_of(name) for name in architectures.having("qemu")}
    return {
        name: Machine(
            name,
            row["qemu"].split(),
            Port(*row["console"]),
            Port(*row["results"]),
            row["programs"],
            row.get("more", []),
        )
        for name, row in rows.items()
    }


def machine_of(arch: str) -> Machine:
    known = machines()
    if arch not in known:
        raise Misuse(f"no machine for {arch}; there are: {' '.join(known)}")
    if not shutil.which(known[arch].qemu[0]):
        raise Misuse(f"{known[arch].qemu[0]} is not installed")
    return known[arch]


def check_image(kernel: Path, arch: str) -> None:
    try:
        with kernel.open("rb") as file:
            head = file.read(1 << 17)
    except OSError as error:
        raise Misuse(f"{kernel}: {error.strerror}") from None
    if not architectures.is_image(arch, head):
        raise Misuse(f"{kernel} is not a kernel image for {arch}")


def virtualizes(cpuinfo: str) -> bool:
    """Whether the processor can run any kernel as a guest, from the text of /proc/cpuinfo.

    On x86, Linux can have /dev/kvm without VMX or SVM (PVM: https://lwn.net/Articles/963718/).
    Such a KVM creates a machine, but runs only kernels that were built for it; others hang at
    their first instructions.  Other architectures have /dev/kvm only where it is real.
    """
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)
    return not flags or not {"vmx", "svm"}.isdisjoint(flags[1].split())


@functools.cache
def accelerator(qemu: tuple[str, ...]) -> list[str]:
    """KVM, if it supports this architecture and can really create a machine; else TCG."""
    machine = architectures.host()
    native = architectures.table().get(machine, {}).get("programs", [machine])
    if not virtualizes(read(Path("/proc/cpuinfo"))):
        native = []
    kvm = ["-accel", "kvm", "-cpu", "host"]
    if qemu[0].removeprefix("qemu-system-") in native and os.access("/dev/kvm", os.W_OK):
        with contextlib.suppress(subprocess.TimeoutExpired):
            probe = [*qemu, *kvm, "-nodefaults", "-display", "none", "-S", "-monitor", "stdio"]
            ended = subprocess.run(probe, input=b"quit\n", capture_output=True, timeout=10)
            if ended.returncode == 0:
                return kvm
    return ["-accel", "tcg"]


# ---- one boot -----------------------------------------------------------------------


@dataclass(frozen=True)
class Options:
    build: Path = Path("build")  # the folder of the programs: build/ARCH/ipc-conform
    program: Path | None = None  # instead of the harness
    append: str = ""  # appended to the kernel's command line
    qemu: str = ""  # appended to QEMU's
    smp: int = 0  # processors; 0: the machine's default
    select: str = ""  # appended to the harness's
    emulate: bool = False  # even if KVM works
    expect: Path | None = None  # a list of expected failures before the gate's own
    time_limit: float = SILENCE  # without output from the kernel
    cost: bool = False  # a second boot measures the costs of calls


@dataclass
class Boot:
    """The output of a boot."""

    console: str
    results: str
    stderr: str
    timed_out: bool
    seconds: float
    limit: float
    log: list[str] = field(default_factory=list)
    progress: str = ""

    def __post_init__(self) -> None:
        # The harness prints its progress between the lines of the kernel's log; a line-mode
        # console (s390's) drops the sequences that move the cursor.
        shown = re.findall(r"\[K(\d+/\d+ [\w.]+)", self.console)
        self.progress = shown[-1] if shown else ""
        text = re.sub(r"(\r\x1b)?\[K(\d+/\d+ [\w.]+)?", "", self.console)
        self.log = [line for line in re.split(r"[\r\n]+", text) if line.strip()]


def make_initramfs(folder: Path, program: Path, *roots: Path) -> Path:
    """Makes an initramfs with the program as the first process, and the files of the folders."""
    image = folder / "initramfs"
    (folder / "root").mkdir()
    try:
        shutil.copy(program, folder / "root" / "init")
    except OSError as error:
        raise Misuse(f"{error.filename}: {error.strerror}") from None
    with image.open("wb") as out:
        for root in (folder / "root", *roots):
            names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
            command = ["cpio", "--create", "--format=newc", "--owner=0:0", "--quiet"]
            subprocess.run(command, cwd=root, input=names.encode(), stdout=out, check=True)
    return image


def harness_words(machine: Machine, options: Options) -> str:
    # A kernel splits its command line at spaces, and keeps apostrophes.
    select = " ".join(shlex.split(options.select))
    return (
        f"run --progress --jobs 2 {select} --expect /expected"
        f" --format json --output /dev/{machine.results.name}"
    )


# Settings that checks need: huge pages for concurrent checks of SHM_HUGETLB, and a limit of
# mappings that an emulated processor reaches in a second.  The user's words can override both: the
# kernel takes the first number of huge pages, and the last value of a sysctl.
HUGE_PAGES = "hugepages=16"
HUGE_PAGES_NEED = 256  # MiB: with less memory, huge pages would leave too little
FOR_CHECKS = "sysctl.vm.max_map_count=5000"

# The kernel's watchdogs measure time by the host's clock, so they also see the pauses of a virtual
# machine on a busy host.  These are the longest times that the kernel allows: 120 s for a lockup
# (twice the threshold), 300 s for a stall of RCU (Documentation/admin-guide/kernel-parameters.txt).
PATIENT = "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=300"


def huge_pages(words: list[str]) -> str:
    """The setting for QEMU's options, empty with little memory.  The last -m applies, in MiB."""
    memory = [size for option, size in zip(words, words[1:]) if option == "-m"]
    number = re.fullmatch(r"(?:size=)?(\d+)M?", memory[-1]) if memory else None
    return "" if number and int(number[1]) < HUGE_PAGES_NEED else HUGE_PAGES


def qemu_command(
    machine: Machine, kernel: Path, initramfs: Path, words: str, folder: Path, options: Options
) -> list[str]:
    accel = ["-accel", "tcg"] if options.emulate else accelerator(tuple(machine.qemu))
    more = shlex.split(options.qemu)
    return [
        # The emulator ends when this program ends, even by a signal.
        *("setpriv", "--pdeathsig", "KILL"),
        # The machine's options may override these.
        *(machine.qemu[0], "-smp", "2", "-m", "512"),
        *machine.qemu[1:],
        *accel,
        *("-nodefaults", "-nic", "none", "-display", "none"),
        *("-no-reboot", "-sandbox", "on,spawn=deny,elevateprivileges=deny"),
        *machine.console.command("console", folder / "console"),
        *machine.results.command("results", folder / "results"),
        *("-kernel", str(kernel), "-initrd", str(initramfs)),
        # Log warnings and worse; on a panic, reboot, which -no-reboot turns into an exit.
        "-append",
        f"console={machine.console.name} {machine.console.word} printk.time=1 loglevel=5"
        f" panic=-1 {FOR_CHECKS} {PATIENT} {options.append}"
        f" {huge_pages([*machine.qemu, *more])} -- {words}",
        *(("-smp", str(options.smp)) if options.smp else ()),
        *more,
    ]


def read(path: Path) -> str:
    return path.read_bytes().decode(errors="replace") if path.exists() else ""


def boot(
    kernel: Path,
    machine: Machine,
    program: Path,
    words: str,
    options: Options,
    *roots: Path,
    stop: threading.Event | None = None,
) -> Boot:
    """Boots once, and waits until the kernel ends or hangs; words are the program's arguments.
    Setting stop kills the emulator."""
    with temporary_folder() as folder:
        initramfs = make_initramfs(folder, program, *roots)
        command = qemu_command(machine, kernel, initramfs, words, folder, options)
        begin, timed_out = time.monotonic(), False
        with (folder / "stderr").open("wb") as stderr, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr
        ) as process:
            try:
                timed_out = not ends(process, folder, options.time_limit, stop)
                if timed_out:
                    process.kill()
            except BaseException:
                process.kill()
                raise
        return Boot(
            read(folder / "console"),
            read(folder / "results"),
            read(folder / "stderr"),
            timed_out,
            time.monotonic() - begin,
            options.time_limit,
        )


def ends(
    process: "subprocess.Popen[bytes]",
    folder: Path,
    silence: float,
    stop: threading.Event | None = None,
) -> bool:
    """Waits until the emulator ends; False if its ports were silent for this time, or on stop."""
    said, begin = -1, time.monotonic()
    changed = begin
    while process.poll() is None:
        now = time.monotonic()
        size = sum(path.stat().st_size for path in folder.glob("*"))
        if size != said:
            said, changed = size, now
        if now - changed > silence or now - begin > ENDLESS * silence or (stop and stop.is_set()):
            return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    return True


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ipc-boot-") as name:
        yield Path(name)


# ---- results about the kernel ---------------------------------------------------------

# The beginnings of the kernel's messages about errors (lib/bug.c, kernel/panic.c,
# kernel/locking/lockdep.c, lib/debugobjects.c, mm/kasan, mm/slub.c, kernel/hung_task.c, the
# architectures' traps.c).
TROUBLE = re.compile(
    r"\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? *(?P<message>(?:"
    r"WARNING: |(?:\[ )?BUG: |BUG \S+ \(|kernel BUG at |Oops|Kernel panic|Internal error: |"
    r"Unable to handle |"
    r"general protection fault|divide error|invalid opcode|stack segment|int3: |"
    r"INFO: task |INFO: lockdep|INFO: trying to register|INFO: rcu|rcu: INFO: |watchdog: BUG|"
    r"ODEBUG: |UBSAN: |KASAN: |KCSAN: |KFENCE: |refcount_t: |list_(?:add|del) corruption|kmemleak: "
    r").*)"
)
# Memory that nothing points to, as init.c copies it from kmemleak's file.
LEAK = re.compile(r"^(?P<message>unreferenced object 0x.*)")
EXIT_STATUS = re.compile(r"^ipc-conform: exit status (\d+)$")


def exit_status(boot: Boot) -> int | None:
    found = [match for line in boot.log if (match := EXIT_STATUS.match(line))]
    return int(found[-1][1]) if found else None


def trouble(boot: Boot) -> list[tuple[int, str]]:
    """Line number and text of each message about an error."""
    found = ((n, TROUBLE.search(line) or LEAK.match(line)) for n, line in enumerate(boot.log, 1))
    return [(n, match["message"].strip()) for n, match in found if match]


def why_dead(boot: Boot) -> str | None:
    """Why the run is incomplete, in words; None if it is complete."""
    when = f"at {boot.progress}" if boot.progress else "before the checks begin"
    last = boot.log[-1] if boot.log else "nothing is on its console"
    panic = [words for _, words in trouble(boot) if words.startswith("Kernel panic")]
    if panic:
        return f"the kernel panics {when}: {panic[0]}"
    if exit_status(boot) is not None:
        said = [line for line in boot.log if re.match("ipc-conform: (?!exit status)", line)]
        if said and not boot.results:
            return said[-1].removeprefix("ipc-conform: ")
        return None if boot.results else f"the kernel gives no results: {last}"
    if boot.timed_out:
        return f"the kernel hangs {when}, silent for {boot.limit:g} s: {last}"
    if not boot.log and boot.stderr.strip():
        return f"the emulator does not start: {boot.stderr.strip().splitlines()[-1]}"
    return f"the kernel dies {when}: {last}"


def result(identity: str, title: str, seconds: float, failures: list[tuple[str, str]]) -> Run:
    """A result in the form that the harness writes."""
    kept = [
        {"where": where[:63], "what": what[:159], "expected": "", "seen": ""}
        for where, what in failures[:8]
    ]
    return {
        "id": identity,
        "title": title,
        "source": "conformance/gate",
        "outcome": "failed" if failures else "passed",
        "seconds": round(seconds, 6),
        "reason": "",
        "nfailures": len(failures),
        "failures": kept,
    }


def parse_results(text: str) -> Run | None:
    """The run that the harness wrote; None if it is cut short or garbled."""
    # s390's boot code writes to every port before the harness does.
    begin = max(text.find('{"schema"'), 0)
    try:
        return json.loads(text[begin:])["runs"][0]  # type: ignore[no-any-return]
    except (ValueError, LookupError, TypeError):
        return None


def count(run: Run) -> None:
    """Sorts the results, and counts them again."""
    run["results"].sort(key=lambda result: result["id"].encode())
    outcomes = [result["outcome"] for result in run["results"]]
    run["counts"] = {word: outcomes.count(word) for word in OUTCOMES}


def expected_failures(given: Path | None) -> list[tuple[str, str]]:
    """The place and the text of each line of the lists, in the order in which the harness reads
    them.  The first line that matches a check applies."""
    places = []
    for path in (given, HERE / "expected"):
        try:
            lines = path.read_text().splitlines() if path else []
        except (OSError, UnicodeDecodeError) as error:
            raise Misuse(f"--expect: {path}: {getattr(error, 'strerror', error)}") from None
        places += [(f"{path}: line {n}", line) for n, line in enumerate(lines, 1)]
    return places


def misuse_of(words: str, lists: list[tuple[str, str]]) -> str | None:
    """The usage error of the caller in a message of the harness; None for another message."""
    line = re.match(r"/expected: line (\d+): (.*)", words)
    if line and 0 < int(line[1]) <= len(lists):
        return f"--expect: {lists[int(line[1]) - 1][0]}: {line[2]}"
    return words if words.startswith("no check matches") else None


def run_on(kernel: Path, machine: Machine, programs: str, options: Options) -> tuple[Run, Boot]:
    """The harness's run on a kernel, with results about the kernel itself."""
    program = options.program or options.build / programs / "ipc-conform"
    with temporary_folder() as folder:
        lists = expected_failures(options.expect)
        (folder / "expected").write_text("".join(f"{line}\n" for _, line in lists))
        words = harness_words(machine, options)
        ended = boot(kernel, machine, program, words, options, folder)
    run = parse_results(ended.results)
    dead = why_dead(ended)
    misuse = misuse_of(dead or "", lists)
    if misuse:
        raise Misuse(misuse)
    if run is None and dead is None:
        dead = "the results are garbled"
    if run is None:
        arch, _, libc = programs.partition("-")
        run = {"build": "static", "arch": arch, "machine": machine.arch, "libc": libc}
        run |= {"kernel": f"{kernel}"[:191], "seconds": round(ended.seconds, 6), "results": []}
    run["results"] += [
        result(
            "kernel.lives",
            "the kernel boots, runs the checks, and stops by itself",
            ended.seconds,
            [("", dead)] if dead else [],
        ),
        result(
            "kernel.log",
            "the kernel's log has no warning, oops or panic",
            0,
            [(f"log line {n}", words) for n, words in trouble(ended)],
        ),
    ]
    absent = [
        ("", f"{fact['name']}: {fact['value']}")
        for fact in run.get("facts", [])
        if fact["value"].endswith("not implemented")
    ]
    if absent:
        title = "the kernel has every call of System V IPC (CONFIG_SYSVIPC)"
        run["results"].append(result("kernel.facilities", title, 0, absent))
    count(run)
    return run, ended
