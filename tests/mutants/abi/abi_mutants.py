#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Makes mutants of real headers.  Each must be found, and the real headers must have no fault.

    abi_mutants.py IPC-CONFORM [--each N] [--only GLOB] [TARGET...]

For each target (by default the rows of the table with `always`) and each layer that has headers
(uapi, glibc, musl), the program changes one declaration at a time in a copy of the header, which
the compiler finds before the real one.  DWARF has the place of each declaration.  A rule finds a
mutant if the layer and its counterpart no longer agree or are incomplete; the reference finds it
if the dump differs from the committed one.  A mutant is caught if either finds it.  --each N: at
most N mutants of each kind in a layer, 0: all.  The program prints each mutant that no rule
finds.  The last line is `N mutants, N caught`.
Exit status: 0 all are caught, 1 some are not, 2 the arguments are wrong or a step failed.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple, NoReturn
from architectures import TABLE, having, table
from limits import HANG

TOP = Path(__file__).resolve().parents[3]
ABI = TOP / "conformance" / "abi"
INTERFACE = TOP / "conformance" / "interface"
TYPES = {1: "char", 2: "short", 4: "int", 8: "long long"}
CONSTANTS = ("ipc", "msg", "sem", "shm")


def die(what: object) -> NoReturn:
    print(f"abi_mutants: {what}", file=sys.stderr)
    sys.exit(2)


def run(*command: object) -> "subprocess.CompletedProcess[str]":
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=TOP, capture_output=True, text=True, timeout=HANG)


class Layer(NamedTuple):
    """One kind of headers of one target, and the other kind that it must agree with."""

    target: str
    name: str
    compiler: list[str]
    flags: list[str]
    other: Path


class Mutant(NamedTuple):
    kind: str
    what: str
    file: Path
    text: str


# ---- making mutants ---------------------------------------------------------------------


def declared(size: int, is_signed: bool, name: str) -> str:
    return f"{'signed' if is_signed else 'unsigned'} {TYPES[size]} {name};"


def members(layer: Layer, folder: Path) -> dict[str, tuple[Path, int]]:
    """The file and line of each STRUCT.MEMBER, as DWARF spells it."""
    elf = folder / "places.elf"
    result = run(INTERFACE / "dump", "-g", elf, layer.name, *layer.compiler, *layer.flags)
    if result.returncode:
        die(result.stderr.strip())
    lines = run(sys.executable, ABI / "dwarf.py", "places", elf)
    if lines.returncode:
        die(lines.stderr.strip())
    found = {}
    for line in lines.stdout.splitlines():
        name, place = line.split("\t")
        file, number = place.rsplit(":", 1)
        found[name] = Path(file), int(number)
    return found


def facts(dump: str) -> dict[str, list[str]]:
    """The fact of each STRUCT.MEMBER that is not absent."""
    rows = (line.split() for line in dump.splitlines() if line.startswith("member "))
    return {row[1]: row[2:] for row in rows if row[2] != "absent"}


def with_line(file: Path, number: int, new: str) -> str:
    lines = file.read_text().splitlines(keepends=True)
    lines[number - 1] = new + "\n" if new else "\n"
    return "".join(lines)


def member_mutants(layer: Layer, dump: str, folder: Path) -> Iterator[Mutant]:
    where = members(layer, folder)
    previous: tuple[Path, int, str, str, str] | None = None
    for name, words in sorted(facts(dump).items(), key=lambda item: where.get(item[0], (TOP, 0))):
        if name not in where or len(words) != 5:
            continue
        file, number = where[name]
        line = file.read_text().splitlines()[number - 1]
        # One declaration, of one member, on one line.
        match = re.match(r"\s*[\w\s]+?[\s*](\w+)(\s*\[[^]]*\])?\s*;\s*(/\*.*)?$", line)
        if not match:
            previous = None
            continue
        member, size, sign = match[1], int(words[3]), words[4]
        offset, value = words[1], sign in ("signed", "unsigned")
        signed = sign == "signed"

        def mutant(kind: str, new: str) -> Mutant:
            return Mutant(kind, name, file, with_line(file, number, new))

        yield mutant("dropped", "")
        if value and size in TYPES:
            yield mutant("sign changed", declared(size, not signed, member))
            if size < 8:
                yield mutant("widened", declared(size * 2, signed, member))
            if size > 1:
                yield mutant("narrowed", declared(size // 2, signed, member))
            aligned = f"__attribute__((aligned(16))) {member};"
            yield mutant("alignment changed", declared(size, signed, aligned[:-1]))
        # The members of a union may have any order.
        if previous and previous[:2] == (file, number - 1) and previous[4] != offset:
            both = {sign, previous[3]}
            kind = "padding moved" if "pad" in both else "swapped"
            if both != {"pad"}:
                lines = file.read_text().splitlines(keepends=True)
                first = number - 2
                lines[first:number] = reversed(lines[first:number])
                yield Mutant(kind, f"{previous[2]}, {name}", file, "".join(lines))
        previous = file, number, name, sign, offset


def constant_mutants(layer: Layer, dump: str) -> Iterator[Mutant]:
    """A mutant of each constant that a #define defines as a number."""
    names = set(re.findall(r"^const +(\w+) +-?\d+$", dump, flags=re.M))
    folder = "linux" if layer.name == "uapi" else "sys"
    source = "".join(f"#include <{folder}/{name}.h>\n" for name in CONSTANTS)
    command = [*layer.compiler, "-D_GNU_SOURCE", *layer.flags, "-E", "-dD", "-x", "c", "-"]
    text = subprocess.run(command, input=source, capture_output=True, text=True).stdout
    for path in sorted(set(re.findall(r'^# \d+ "(/[^"]+)"', text, flags=re.M))):
        file = Path(path)
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r"(#\s*define\s+(\w+)\s+)(0x[\da-fA-F]+|\d+)\b(?!.*\\$)(.*)", line)
            if match and match[2] in names:
                new = f"{match[1]}({match[3]} + 1){match[4]}"
                yield Mutant("constant changed", match[2], file, with_line(file, number, new))


# ---- finding mutants ---------------------------------------------------------------------


def include_folders(layer: Layer) -> list[Path]:
    command = [*layer.compiler, *layer.flags, "-E", "-v", "-x", "c", "/dev/null"]
    text = run(*command).stderr
    listed = re.search(r"search starts here:\n(.*)End of search list", text, flags=re.S)
    if not listed:
        die(f"{layer.compiler[0]} does not print its include folders")
    return [Path(line.strip()).resolve() for line in listed[1].splitlines() if "#inc" not in line]


def overlay(mutant: Mutant, folders: list[Path], folder: Path) -> None:
    """Writes the mutated header to a folder that the compiler searches first."""
    file = mutant.file.resolve()
    roots = [root for root in folders if root in file.parents]
    if not roots:
        die(f"{file} is in no include folder")
    root = max(roots, key=lambda root: len(root.parts))
    copy = folder / file.relative_to(root)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(mutant.text)


def found(conform: Path, layer: Layer, folder: Path) -> tuple[bool, bool] | None:
    """Whether a rule and whether the reference finds the mutant; None if it does not compile."""
    dump, elf = folder / f"{layer.name}.abi", folder / "elf"
    # The compiler searches this folder before those of the layer.
    flags = ["-isystem", folder, *layer.flags]
    result = run(INTERFACE / "dump", layer.name, *layer.compiler, *flags)
    if result.returncode:
        return None
    dump.write_text(result.stdout)
    reference = (TOP / "abi-dumps" / layer.target / f"{layer.name}.abi").read_text()
    pair = (layer.other, dump) if layer.name == "uapi" else (dump, layer.other)
    judged = run(conform, "judge", *pair)
    if judged.returncode == 0:
        run(INTERFACE / "dump", "-g", elf, layer.name, *layer.compiler, *flags)
        judged = run(sys.executable, ABI / "dwarf.py", "complete", dump, elf)
    if judged.returncode == 2:
        die(judged.stderr.strip())
    return judged.returncode == 1, reference != result.stdout


def layers_of(target: str, scratch: Path) -> Iterator[Layer]:
    for name, row in table().items():
        if name != target:
            continue
        compiler = row["compiler"].split()
        machine = run("gcc", "-dumpmachine").stdout.split("-")[0]
        if not shutil.which(compiler[0]):
            if machine != target:
                print(f"SKIP {target}: there is no {compiler[0]}")
                return
            compiler = ["gcc"]
        uapi = TOP / "abi-dumps" / target / "uapi.abi"
        glibc = TOP / "abi-dumps" / target / "glibc.abi"
        yield Layer(target, "uapi", compiler, [], glibc)
        yield Layer(target, "glibc", compiler, [], uapi)
        arch = re.search(r"musl=(\w+)", " ".join(row.get("layers", [])))
        headers = run(TOP / "ci" / "musl", arch[1]).stdout.strip() if arch else ""
        if headers:
            yield Layer(target, "musl", compiler, ["-nostdinc", "-isystem", headers], uapi)
        else:
            print(f"SKIP {target} musl: there are no headers (ci/musl --fetch)")
        return
    die(f"no such architecture in {TABLE}: {target}")


def mutants_of(layer: Layer, each: int, only: list[str], scratch: Path) -> list[Mutant]:
    reference = TOP / "abi-dumps" / layer.target / f"{layer.name}.abi"
    dump = reference.read_text()
    every = [*member_mutants(layer, dump, scratch), *constant_mutants(layer, dump)]
    made = [mutant for mutant in every if any(fnmatch(mutant.kind, glob) for glob in only)]
    chosen = []
    for kind in sorted({mutant.kind for mutant in made}):
        of_kind = [mutant for mutant in made if mutant.kind == kind]
        # The selection is spread over the headers and is the same in each run.
        step = max(1, len(of_kind) // each) if each else 1
        chosen += of_kind[::step][: each or None]
    return chosen


def try_layer(conform: Path, layer: Layer, each: int, only: list[str]) -> tuple[int, int, int]:
    """The numbers of mutants, of those that rules find, and of those that references find."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folders = include_folders(layer)
        empty = scratch / "empty"
        empty.mkdir()
        if found(conform, layer, empty) != (False, False):
            die(f"{layer.target} {layer.name}: the unchanged header has a fault")

        def one(numbered: tuple[int, Mutant]) -> tuple[Mutant, tuple[bool, bool] | None]:
            number, mutant = numbered
            folder = scratch / str(number)
            overlay(mutant, folders, folder)
            result = found(conform, layer, folder)
            shutil.rmtree(folder)
            return mutant, result

        with ThreadPoolExecutor(2) as pool:
            tried = list(pool.map(one, enumerate(mutants_of(layer, each, only, scratch))))
    # A change that does not compile does not count as a mutant.
    results = [(mutant, *result) for mutant, result in tried if result]
    for mutant, rule, reference in results:
        if not rule:
            how = "only by reference" if reference else "NOT CAUGHT"
            print(f"{layer.target} {layer.name}: {mutant.what}: {mutant.kind}: {how}")
    rules = sum(rule for _, rule, _ in results)
    caught = sum(rule or reference for _, rule, reference in results)
    print(f"{layer.target} {layer.name}: {len(results)} mutants, {caught} caught, {rules} by rule")
    return len(results), caught, rules


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("conform", type=Path, help="the built ipc-conform")
    parser.add_argument("--each", type=int, default=0, help="mutants of a kind in a layer")
    parser.add_argument(
        "--only",
        metavar="GLOB",
        action="append",
        help="run only mutants of these kinds; may be repeated",
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    arguments = parser.parse_intermixed_args()
    if not arguments.conform.exists():
        die(f"not built: {arguments.conform}")
    conform, only = arguments.conform.resolve(), arguments.only or ["*"]
    defects = caught = rules = 0
    with tempfile.TemporaryDirectory() as scratch:
        for target in arguments.targets or having("always"):
            for layer in layers_of(target, Path(scratch)):
                n, found_, by_rule = try_layer(conform, layer, arguments.each, only)
                defects, caught, rules = defects + n, caught + found_, rules + by_rule
    print(f"{rules} by rule alone, without a reference")
    print(f"{defects} mutants, {caught} caught")
    if not defects:
        die(f"--only: no mutant matches {' '.join(only)}")
    return 0 if defects == caught else 1


if __name__ == "__main__":
    sys.exit(main())
