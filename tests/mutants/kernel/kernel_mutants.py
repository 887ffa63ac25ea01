#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""kernel_mutants: builds kernels with one defect each and tests that the gate refuses them.

A mutant is a file with a header and a patch for Debian's kernel source, in the folder of its kind.
The header has these lines:
    What: the defect, as a program sees it
    Programs: the architecture of the programs that run (default: x86_64)
    Config: options that are added to the configuration or replace its own, such as SYSVIPC=n
    Watch: a file of conformance/gate/configs/watches, which makes the kernel detect its errors
    Limit: the seconds that the boot may take
    Seen-by: globs; at least one check that matches one of them must fail
    Says: a regular expression; a line of the gate's output must match it
If Seen-by is kernel.cost alone, no check is run.  Instead, the costs of the calls are compared
with those on the unbroken kernel.
First the kernel without a patch is built and booted in each configuration that has patches, and
the gate must accept it.  Then the gate must refuse each mutant, for the reason in its header.  A
mutant runs the checks that its header names; with --all it runs every check.

Exit status: 0 if the gate accepts the kernel and refuses each mutant for its reason, 1 if not, 2 if
an argument is wrong or a program or a source is missing.
"""

import argparse
import contextlib
import fnmatch
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from boot import FAILURES, Misuse, Options, Run, count, end_with, machine_of
from built import Broken, Kernel, first_error, only_user, source_tree, watch_named
from cost import Costs, add_costs, measure_costs
from debug import REPORTS, boot_watched, read_known
from gate import gate

HERE = Path(__file__).resolve().parent
ARCH = "x86_64"
SUITE = "bookworm"

# On a broken kernel many checks may wait for ever, so the limit of each is short.
SECONDS_OF_A_WAIT = 20
BOOT_LIMIT = 600
# The gate must accept the unbroken kernel also on a machine that runs twenty other jobs.
SECONDS_OF_A_CHECK = 120
# A kernel passes at most 32 words to its first process (CONFIG_INIT_ENV_ARG_LIMIT).  This many of
# them may name checks.
ROOM_FOR_NAMES = 18
# The number of kernels that boot while the next one is built; a boot mostly waits.
BOOTED_AT_ONCE = 2


# ---- the table ------------------------------------------------------------------------

# The watch and the configuration of a kernel.
Kind = tuple[str, tuple[str, ...]]


def in_words(kind: Kind) -> str:
    return " ".join([kind[0], *kind[1]]).strip()


@dataclass(frozen=True)
class Mutant:
    name: str
    what: str
    seen_by: tuple[str, ...] = ()
    says: str = ""
    programs: str = ARCH
    config: tuple[str, ...] = ()
    watch: str = ""
    limit: float = BOOT_LIMIT
    files: tuple[str, ...] = ()
    path: Path = HERE

    @property
    def of_cost(self) -> bool:
        return self.seen_by == ("kernel.cost",)

    @property
    def kind(self) -> "Kind":
        return self.watch, self.config


FIELDS = ("What", "Programs", "Config", "Watch", "Limit", "Seen-by", "Says")


def read_mutant(path: Path) -> Mutant:
    header, _, diff = path.read_text().partition("\n--- ")
    given = dict(line.split(": ", 1) for line in header.splitlines())
    if not {"What", "Seen-by"} <= given.keys() <= set(FIELDS):
        raise Misuse(f"{path}: the header must have only the fields {', '.join(FIELDS)}")
    return Mutant(
        path.stem,
        given["What"],
        tuple(given["Seen-by"].split()),
        given.get("Says", ""),
        given.get("Programs", ARCH),
        tuple(given.get("Config", "").split()),
        given.get("Watch", ""),
        float(given.get("Limit", BOOT_LIMIT)),
        tuple(re.findall(r"^\+\+\+ b/(\S+)", diff, re.MULTILINE)),
        path,
    )


def mutants(patterns: list[str]) -> list[Mutant]:
    """Return the mutants whose names match a pattern, sorted by kernel and name."""
    every = [read_mutant(path) for path in HERE.rglob("*.patch")]
    for pattern in patterns:
        if not fnmatch.filter([mutant.name for mutant in every], pattern):
            raise Misuse(f"--only: no mutant matches {pattern}")
    chosen = [
        mutant
        for mutant in every
        if not patterns or any(fnmatch.fnmatchcase(mutant.name, glob) for glob in patterns)
    ]
    return sorted(chosen, key=lambda mutant: (mutant.kind, mutant.name))


# ---- patches: a patched file is a copy in the tree of symbolic links --------------------


@contextlib.contextmanager
def patched(tree: Path, mutant: Mutant) -> Iterator[None]:
    """Apply the patch of a mutant to the tree, and undo it at the end."""
    pristine = {tree / file: (tree / file).resolve() for file in mutant.files}
    try:
        for file, original in pristine.items():
            file.unlink()
            shutil.copy(original, file)
        if mutant.files:
            patch_tree(tree, mutant)
        yield
    finally:
        for file, original in pristine.items():
            file.unlink(missing_ok=True)
            file.symlink_to(original)


def patch_tree(tree: Path, mutant: Mutant) -> None:
    command = ["patch", "--strip=1", "--fuzz=0", "--batch", "--no-backup-if-mismatch"]
    text = mutant.path.read_bytes()
    done = subprocess.run(command, cwd=tree, input=text, capture_output=True)
    if done.returncode:
        raise Broken(f"does not apply: {done.stdout.decode().strip().splitlines()[-1]}")


# ---- kernels --------------------------------------------------------------------------


class MutatedKernel(Kernel):
    """A configuration of the unbroken kernel, beside which mutants are built."""

    def saved(self, name: str) -> str:
        """Return the command with which make made a file."""
        path = self.folder / Path(name).with_name(f".{Path(name).name}.cmd")
        command = re.match(r"(?:saved)?cmd_\S+ := (.*)", path.read_text())
        if not command:
            raise Broken(f"{path} has no command")
        return command[1].replace("$(pound)", "#").replace("$$", "$")

    def run(self, *command: str) -> None:
        done = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            raise Broken(f"does not build: {first_error(done.stderr)}")

    def objects(self, mutant: Mutant) -> list[str]:
        """Return the object files that the mutant changes.  Most of the kernel includes a header
        that has a structure of IPC, but only ipc/ uses the structure."""
        if all(file.endswith(".c") for file in mutant.files):
            return [str(Path(file).with_suffix(".o")) for file in mutant.files]
        return [str(path.relative_to(self.folder)) for path in self.folder.glob("ipc/[!.]*.o")]

    def image(self, mutant: Mutant, images: Path) -> Path:
        """Compile the changed files and link them with the other objects of the unbroken kernel.
        make would check each file of the kernel, and link it four times."""
        folder = images / f"{mutant.name}.o"
        shutil.rmtree(folder, ignore_errors=True)
        changed = {name: str(folder / Path(name).name) for name in self.objects(mutant)}
        folder.mkdir(parents=True)
        with patched(self.tree, mutant):
            for name, new in changed.items():
                command = re.sub(r"-Wp,-MMD,\S+", "", self.saved(name))
                self.run("sh", "-c", re.sub(rf"(?<=\s){re.escape(name)}(?!\S)", new, command))
        self.link(images / mutant.name, changed)
        shutil.rmtree(folder)
        return images / mutant.name

    def link(self, image: Path, changed: dict[str, str]) -> None:
        """Link as scripts/link-vmlinux.sh does, but with the symbols of the unbroken kernel.  A
        trace may therefore name a wrong function, if it is linked after a changed one."""
        _, linker, *flags = shlex.split(self.saved("vmlinux").partition(";")[0])
        libraries = re.search(r"--start-group .* --end-group", self.saved("vmlinux.o"))
        listed = subprocess.run(
            ["ar", "t", "vmlinux.a"], cwd=self.folder, capture_output=True, text=True, check=True
        )
        objects = [*listed.stdout.split(), "init/version-timestamp.o"]
        symbols = sorted(self.folder.glob(".tmp_vmlinux.kallsyms?.o"))[-1:]
        self.run(
            *(linker, *shlex.split(" ".join(flags)), "--script=arch/x86/kernel/vmlinux.lds"),
            *("-o", str(image), "--whole-archive"),
            *(changed.get(name, name) for name in objects),
            *("--no-whole-archive", *(libraries[0].split() if libraries else ())),
            *map(str, symbols),
        )
        self.run("scripts/sorttable", str(image))


# ---- verdicts -------------------------------------------------------------------------


def failed_checks(run: Run, outcomes: Collection[str] = FAILURES) -> list[str]:
    return [result["id"] for result in run["results"] if result["outcome"] in outcomes]


def why_wrong(mutant: Mutant, status: int, lines: list[str], failed: list[str]) -> str:
    """Return why the gate's verdict on a mutant is wrong; "" if it is right."""
    if status != 1 or not failed:
        return "ACCEPTED" if status == 0 else f"NOT REFUSED (exit status {status})"
    if not matching(mutant, failed):
        return f"NOT SEEN BY {' '.join(mutant.seen_by)}"
    if not any(re.search(mutant.says, line) for line in lines):
        return f"DOES NOT SAY {mutant.says}"
    return ""


def matching(mutant: Mutant, failed: list[str]) -> list[str]:
    return [
        name for name in failed if any(fnmatch.fnmatchcase(name, glob) for glob in mutant.seen_by)
    ]


def in_short(mutant: Mutant, failed: list[str], late: Collection[str] = ()) -> str:
    """Return the names of at most three failed checks that Seen-by matches, and the number of other
    failed checks.  A check counts once for libc, .raw and .ipc.  "(timeout)" marks a check that
    reached its time limit, because it may be slow and not wrong."""
    shown: dict[str, str] = {}
    for name in matching(mutant, failed):
        mark = " (timeout)" if name in late else ""
        shown[re.sub(r"\.(raw|ipc)$", "", name)] = mark
    named = " ".join(name + mark for name, mark in list(shown.items())[:3])
    others = len({re.sub(r"\.(raw|ipc)$", "", name) for name in failed}) - len(list(shown)[:3])
    return f"{named} and {others} more" if others else named


Looked = tuple[int, list[str], Run]
Booted = Future[Looked] | str


def only_named(those: list[Mutant], seconds: int = SECONDS_OF_A_WAIT) -> str:
    """Return options of the harness that select the checks which the mutants name.  They select
    all checks if a mutant names none, or if a kernel would not pass on so many words."""
    each = [[g for g in mutant.seen_by if not g.startswith("kernel.")] for mutant in those]
    globs = sorted({glob for of_one in each for glob in of_one})
    only = " ".join(f"--only='{glob}'" for glob in globs)
    limit = f"--time-limit {seconds}"
    return f"{limit} {only}" if all(each) and len(globs) <= ROOM_FOR_NAMES else limit


def look_at(image: Path, mutant: Mutant, select: str) -> Looked:
    watch = watch_named(mutant.watch)
    options = Options(
        select=select,
        time_limit=mutant.limit * watch.slower,
        qemu=f"-m {watch.memory}",
        append=watch.words,
    )
    judged = (
        boot_watched(image, ARCH, mutant.programs, options, mutant.watch, read_known(REPORTS))
        if mutant.watch
        else gate(image, machine_of(ARCH), mutant.programs, None, options)
    )
    return judged.status, judged.lines, judged.run


def look_at_costs(image: Path, unbroken: Costs) -> Looked:
    measured = measure_costs(image, machine_of(ARCH), Options())
    run: Run = {"results": []}
    lines = add_costs(run, measured, "the unbroken kernel", unbroken)
    count(run)
    status = 1 if run["counts"]["failed"] else 0
    return status, lines or [measured.why], run


@dataclass
class Bench:
    """Builds and boots kernels one after the other, and counts the results."""

    tree: Path
    build: Path
    jobs: int
    all: bool
    verbose: bool
    costs: dict[Kind, Costs] = field(default_factory=dict)
    done: int = 0
    wrong: list[str] = field(default_factory=list)

    def kernel(self, kind: Kind) -> MutatedKernel:
        watch, config = kind
        # A rule of make cannot have a target with "=" in its name.
        name = "-".join([ARCH, *filter(None, kind[:1]), *config]).replace("=", "_")
        return MutatedKernel(self.tree, self.build / name, config, self.jobs, watch, ARCH)

    def progress(self, words: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)

    def row(self, name: str, what: str, words: str) -> None:
        self.progress("")
        print(f"{name:<22} | {what:<78} | {words}", flush=True)

    def accept_unbroken(self, kind: Kind, broken: list[Mutant]) -> bool:
        """Boot the unbroken kernel with the time limits and the programs of the mutants."""
        kernel = self.kernel(kind)
        self.progress(f"builds the unbroken kernel {in_words(kind)}")
        kernel.configure()
        image = kernel.unbroken()
        limit = max(2 * BOOT_LIMIT, *(mutant.limit for mutant in broken))
        if any(mutant.of_cost for mutant in broken) and not self.measure(kind, image):
            return False
        for those in sorted({mutant.programs for mutant in broken if not mutant.of_cost}):
            self.progress(f"boots the unbroken kernel {in_words(kind)} for {those}")
            unbroken = Mutant("unbroken", "", programs=those, watch=kind[0], limit=limit)
            named = [mutant for mutant in broken if mutant.programs == those and not mutant.of_cost]
            seconds = SECONDS_OF_A_CHECK * watch_named(kind[0]).slower
            select = f"--time-limit {seconds}" if self.all else only_named(named, seconds)
            status, lines, _ = look_at(image, unbroken, select)
            words = "accepted" if status == 0 else "REFUSED"
            self.row("unbroken", in_words(kind) or "as it is", f"{words}: {lines[0]}")
            if status:
                print("\n".join(lines[1:20]))
                return False
        return True

    def measure(self, kind: Kind, image: Path) -> bool:
        """Measure the costs of the unbroken kernel twice; the two must not differ."""
        self.progress(f"measures the unbroken kernel {in_words(kind)}")
        first = measure_costs(image, machine_of(ARCH), Options())
        if first.costs is None:
            self.row("unbroken", in_words(kind) or "as it is", f"REFUSED: {first.why}")
            return False
        self.costs[kind] = first.costs
        status, lines, _ = look_at_costs(image, first.costs)
        words = "costs accepted" if status == 0 else "COSTS REFUSED"
        self.row("unbroken", in_words(kind) or "as it is", f"{words}: {lines[0].strip()}")
        if status:
            print("\n".join(lines[1:20]))
        return status == 0

    def judge(self, mutant: Mutant, booted: Booted) -> None:
        """Print the row of a mutant that was booted or could not be built."""
        self.done += 1
        failed: list[str] = []
        late: list[str] = []
        lines: list[str] = []
        if isinstance(booted, str):
            wrong = booted
        else:
            status, lines, run = booted.result()
            failed, late = failed_checks(run), failed_checks(run, ("timeout",))
            wrong = why_wrong(mutant, status, lines, failed)
        self.row(mutant.name, mutant.what, wrong or in_short(mutant, failed, late))
        if mutant.says and not wrong:
            print("    " + next(line for line in lines if re.search(mutant.says, line)).strip())
        if self.verbose or wrong:
            print("\n".join(f"    {line}" for line in lines[:20]))
        if wrong:
            self.wrong.append(mutant.name)

    def start(self, mutant: Mutant, pool: ThreadPoolExecutor) -> Booted:
        """Build a mutant and start its boot; return the reason if it cannot be built."""
        kernel = self.kernel(mutant.kind)
        try:
            kernel.configure()
            # A mutant without a patch is a configuration of the unbroken kernel.
            image = (
                kernel.image(mutant, self.build / "images") if mutant.files else kernel.unbroken()
            )
        except Broken as broken:
            return str(broken)
        if mutant.of_cost:
            return pool.submit(look_at_costs, image, self.costs[mutant.kind])
        seconds = SECONDS_OF_A_WAIT * watch_named(mutant.watch).slower
        select = f"--time-limit {seconds}" if self.all else only_named([mutant], seconds)
        return pool.submit(look_at, image, mutant, select)

    def try_all(self, chosen: list[Mutant]) -> None:
        started: deque[tuple[Mutant, Booted]] = deque()
        with ThreadPoolExecutor(BOOTED_AT_ONCE) as pool:
            for n, mutant in enumerate(chosen, 1):
                self.progress(f"{n}/{len(chosen)} {mutant.name}")
                started.append((mutant, self.start(mutant, pool)))
                if len(started) > BOOTED_AT_ONCE:
                    self.judge(*started.popleft())
            while started:
                self.judge(*started.popleft())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only",
        metavar="GLOB",
        action="append",
        default=[],
        help="run only mutants whose names match",
    )
    parser.add_argument(
        "--build", type=Path, default=Path("build"), help="folder with the built programs"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="jobs of make for a kernel"
    )
    parser.add_argument(
        "--all", action="store_true", help="run every check, and not only the named ones"
    )
    parser.add_argument("--verbose", action="store_true", help="print all output of the gate")
    given = parser.parse_args()
    if platform.machine() != ARCH:
        raise Misuse(f"kernels for {ARCH} are built on {ARCH} only")
    machine_of(ARCH)
    chosen = mutants(given.only)
    folder = (given.build / "kernels" / SUITE).resolve()
    with only_user(folder):
        files = tuple(file for mutant in chosen for file in mutant.files)
        tree = source_tree(folder / "source", SUITE, files)
        return run_all(Bench(tree, folder, given.jobs, given.all, given.verbose), chosen)


def run_all(bench: Bench, chosen: list[Mutant]) -> int:
    for kind in sorted({mutant.kind for mutant in chosen if mutant.files}):
        broken = [mutant for mutant in chosen if mutant.kind == kind]
        try:
            if not bench.accept_unbroken(kind, broken):
                return 1
        except Broken as why:
            raise Misuse(f"the unbroken kernel: {why}") from why
    bench.try_all(chosen)
    if bench.wrong:
        print(f"not refused, or for another reason: {' '.join(bench.wrong)}")
    print(f"{bench.done} mutants, {bench.done - len(bench.wrong)} caught")
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    end_with(main, "kernel_mutants")
