#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Reads a layer's structures from DWARF, independently of the table.

    dwarf.py complete DUMP ELF    does the dump have every member and every byte?
    dwarf.py places ELF           where each structure and member is declared
    dwarf.py others DUMP ELF      the dump, with the members that are not in the table
    dwarf.py port FOLDER LIBC     all three for make port

`dump -g` writes ELF.  `complete` prints a line for each member that the dump lacks or has at
another place, and for each byte that is neither in a member nor in a hole due to alignment.
`others` adds members that are not in the table as padding, with their sign if they are
integers, and the places of bit-fields: judge finds members by place, whatever a libc calls them.
`port` reads LIBC.abi, LIBC.elf, uapi.abi and uapi.elf of FOLDER, and writes FOLDER/places and
FOLDER/others of the libc and FOLDER/complete of the kernel's layer.
Exit status: 0, 1 a member or byte is missing, 2 the input is unusable, 4 the ELF file is not
linked, and elftools does not know the relocations of its architecture, 5 there is no elftools.
"""

import contextlib
import functools
import importlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

VARIABLE = "type_"  # types.h


class Member(NamedTuple):
    name: str
    offset: int
    size: int
    align: int
    place: str
    kind: str  # "signed", "unsigned", "pointer-to-STRUCT", "bytes"; " bits"


class Structure(NamedTuple):
    name: str
    size: int
    union: bool
    place: str
    members: list[Member]


def die(what: object, status: int = 2) -> NoReturn:
    print(f"dwarf: {what}", file=sys.stderr)
    sys.exit(status)


# ---- reading -----------------------------------------------------------------------


def of(entry: Any, attribute: str, default: Any = None) -> Any:
    value = entry.attributes.get(attribute)
    return default if value is None else value.value


QUALIFIERS = {f"DW_TAG_{word}" for word in (
    "typedef", "const_type", "volatile_type", "restrict_type", "atomic_type"
)}  # fmt: skip


def type_of(entry: Any) -> Any:
    """The type of an entry without typedefs and qualifiers; for a pointer, its target.

    DWARF has no entry for void, so "const void" is the entry of the const.
    """
    type_ = entry.get_DIE_from_attribute("DW_AT_type")
    while type_.tag in QUALIFIERS and "DW_AT_type" in type_.attributes:
        type_ = type_.get_DIE_from_attribute("DW_AT_type")
    return type_


def size_and_alignment(type_: Any, word: int) -> tuple[int, int]:
    """The size and the natural alignment in bytes; a target may align less strictly."""
    if type_.tag == "DW_TAG_array_type":
        size, align = size_and_alignment(type_of(type_), word)
        for child in type_.iter_children():
            if child.tag == "DW_TAG_subrange_type":
                count = of(child, "DW_AT_count", of(child, "DW_AT_upper_bound", -1) + 1)
                size *= count
        return size, align
    if type_.tag == "DW_TAG_pointer_type":
        return word, word
    size = of(type_, "DW_AT_byte_size", 0)
    if type_.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
        inner = [size_and_alignment(type_of(child), word)[1] for child in children(type_)]
        return size, max(inner, default=1)
    return size, size or 1


def children(type_: Any) -> list[Any]:
    return [child for child in type_.iter_children() if child.tag == "DW_TAG_member"]


def place(member: Any, program: Any) -> str:
    """FILE:LINE from the line program's tables (DWARF 4: files and folders count from 1)."""
    entry = program["file_entry"][of(member, "DW_AT_decl_file") - 1]
    name = os.fsdecode(entry.name)  # a path may have any bytes
    if entry.dir_index:
        folder = program["include_directory"][entry.dir_index - 1]
        name = os.path.join(os.fsdecode(folder), name)
    return f"{os.path.normpath(name)}:{of(member, 'DW_AT_decl_line')}"


def name_of(entry: Any) -> str:
    value = of(entry, "DW_AT_name", b"(no name)")
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def in_ascii(name: str) -> str:
    """A name as dumps have it: gcc and clang also accept letters beyond ASCII, and $."""
    return re.sub(r"[^A-Za-z0-9_]", lambda match: f"_{ord(match[0]):x}", name)


def kind_of(type_: Any) -> str:
    """The word for the type in a dump."""
    if type_.tag == "DW_TAG_pointer_type":
        # void * has no type.
        target = type_of(type_) if "DW_AT_type" in type_.attributes else type_
        return "pointer-to-" + re.sub(r"[^A-Za-z0-9_]+", "-", name_of(target))
    if type_.tag == "DW_TAG_enumeration_type":
        return "unsigned"
    if type_.tag != "DW_TAG_base_type":
        return "bytes"
    encodings = {5: "signed", 6: "signed", 7: "unsigned", 8: "unsigned"}  # DW_ATE_*
    return encodings.get(of(type_, "DW_AT_encoding"), "bytes")


def bit_field(child: Any, size: int, little: bool) -> tuple[int, int]:
    """The first byte of a bit-field, and the number of bytes that it occupies."""
    bits = of(child, "DW_AT_bit_size")
    start = of(child, "DW_AT_data_bit_offset")
    if start is None:
        # DWARF 3 counts from the most significant bit of the storage unit.
        unit = of(child, "DW_AT_byte_size", size)
        before = of(child, "DW_AT_bit_offset")
        start = 8 * of(child, "DW_AT_data_member_location", 0)
        start += 8 * unit - before - bits if little else before
    return start // 8, (start + bits + 7) // 8 - start // 8


def flat_members(type_: Any, unit: "Unit", base: int = 0) -> list[Member]:
    """All members; those of anonymous structures and unions count as members, as in C."""
    members = []
    for child in children(type_):
        inner = type_of(child)
        size, align = size_and_alignment(inner, unit.word)
        offset = base + of(child, "DW_AT_data_member_location", 0)
        kind = kind_of(inner)
        if "DW_AT_bit_size" in child.attributes:
            first, size = bit_field(child, size, unit.little)
            offset, kind = base + first, f"{kind} bits"
        elif "DW_AT_name" not in child.attributes and inner.tag != "DW_TAG_array_type":
            members += flat_members(inner, unit, offset)
            continue
        members.append(
            Member(in_ascii(name_of(child)), offset, size, align, place(child, unit.program), kind)
        )
    return members


class Unit(NamedTuple):
    """The data of a compilation unit that are needed to read its members."""

    program: Any  # the line program
    word: int
    little: bool


def structure(name: str, type_: Any, unit: Unit) -> Structure:
    return Structure(
        name,
        of(type_, "DW_AT_byte_size"),
        type_.tag == "DW_TAG_union_type",
        place(type_, unit.program),
        flat_members(type_, unit),
    )


@functools.cache
def read(path: str) -> list[Structure]:
    """The structures that types.h declares and the layer defines."""
    try:
        # elftools has no type annotations, so it is Any.
        exceptions: Any = importlib.import_module("elftools.common.exceptions")
        elffile: Any = importlib.import_module("elftools.elf.elffile")
    except ImportError:
        die("Python's module elftools is not installed (python3-pyelftools)", 5)
    try:
        with open(path, "rb") as stream:
            elf = elffile.ELFFile(stream)
            if not elf.has_dwarf_info():
                die(f"{path}: has no debugging information")
            dwarf = elf.get_dwarf_info()
            found = []
            for unit in dwarf.iter_CUs():
                program = dwarf.line_program_for_CU(unit).header
                for variable in unit.get_top_DIE().iter_children():
                    name = name_of(variable)
                    if variable.tag != "DW_TAG_variable" or not name.startswith(VARIABLE):
                        continue
                    target = type_of(type_of(variable))
                    if "DW_AT_declaration" not in target.attributes:
                        place_ = Unit(program, unit["address_size"], elf.little_endian)
                        found.append(structure(name[len(VARIABLE):], target, place_))
            return found
    except exceptions.ELFRelocationError as error:
        die(f"{path}: {error}", 4)
    except (OSError, exceptions.ELFError, exceptions.DWARFError) as error:
        die(f"{path}: {getattr(error, 'strerror', None) or error}")


def facts(path: str) -> dict[str, dict[str, tuple[int, int]]]:
    """STRUCT -> MEMBER -> (offset, size), from a dump."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    try:
        with open(path) as lines:
            for line in lines:
                match = re.match(r"(?:struct|union) +(\w+) ", line)
                if match:
                    found.setdefault(match[1], {})
                match = re.match(r"member +(\w+)\.(\w+) +offset (\d+) size (\d+)", line)
                if match:
                    found.setdefault(match[1], {})[match[2]] = int(match[3]), int(match[4])
    except OSError as error:
        die(f"{path}: {error.strerror}")
    if not found:
        die(f"{path}: is not a dump")
    return found


# ---- judging -----------------------------------------------------------------------


def fact_name(member: str) -> str:
    """The table's spelling: without leading underscores; _high and _low for musl's _hi, _lo."""
    name = member.lstrip("_")
    return re.sub(r"_lo$", "_low", re.sub(r"_hi$", "_high", name))


def missing_members(structure: Structure, known: dict[str, tuple[int, int]]) -> list[str]:
    words = []
    by_name = {name.lstrip("_"): where for name, where in known.items()}
    for member in structure.members:
        what = f"{structure.name}.{member.name}"
        where = known.get(member.name) or by_name.get(fact_name(member.name))
        has = f"offset {member.offset} size {member.size}"
        if where is None:
            words.append(f"{what}: {has} is not in the table ({member.place})")
        elif where != (member.offset, member.size):
            dumped = f"offset {where[0]} size {where[1]}"
            words.append(f"{what}: {has}, but the dump has {dumped} ({member.place})")
    return words


def unexplained_holes(structure: Structure) -> list[str]:
    """The holes that the alignment of the next member or of the structure does not explain."""
    if structure.union:
        return []
    words = []
    end = 0
    for member in sorted(structure.members, key=lambda m: (m.offset, m.size)):
        if member.offset - end >= member.align:
            words.append(
                f"{structure.name}: bytes {end}-{member.offset - 1} are of no member, and"
                f" {member.name} needs no hole before it"
            )
        end = max(end, member.offset + member.size)
    align = max((member.align for member in structure.members), default=1)
    if structure.size - end >= align:
        words.append(
            f"{structure.name}: bytes {end}-{structure.size - 1} are of no member, and"
            " the end needs no padding"
        )
    return words


def complete(dump: str, elf: str) -> int:
    known = facts(dump)
    words = []
    for structure in read(elf):
        words += missing_members(structure, known.get(structure.name, {}))
        words += unexplained_holes(structure)
    print("".join(word + "\n" for word in words), end="")
    return 1 if words else 0


def others(dump: str, elf: str) -> int:
    """If a member has the bytes of a named one, it is the same member under another name."""
    known = facts(dump)
    with open(dump) as lines:
        rows = [line.split(maxsplit=2) for line in lines if not line.startswith("#")]
    values = {(row[0], row[1]): row[2].strip() for row in rows}
    for structure in read(elf):
        named = {
            where
            for name, where in known.get(structure.name, {}).items()
            if not values["member", f"{structure.name}.{name}"].endswith(" pad")
        }
        for member in structure.members:
            where = f"offset {member.offset} size {member.size} {member.kind}"
            for name in (member.name, fact_name(member.name)):
                key = "member", f"{structure.name}.{name}"
                if values.get(key) == "bits":
                    values[key] = where
                    break
                if structure.union and member.name in known[structure.name]:
                    break
            else:
                if structure.union or (member.offset, member.size) not in named:
                    values["member", f"{structure.name}.{member.name}"] = f"{where} pad"
    for (kind, name), value in sorted(values.items()):
        print(f"{kind:<7} {name:<22} {value}")
    print(f"# {len(values)} facts")
    return 0


def places(elf: str) -> int:
    for structure in read(elf):
        print(f"{structure.name}\t{structure.place}")
        for member in structure.members:
            # Padding keeps its whole name.
            for name in {member.name, fact_name(member.name)}:
                print(f"{structure.name}.{name}\t{member.place}")
    return 0


def port(folder: str, libc: str) -> int:
    own, kernel = f"{folder}/{libc}", f"{folder}/uapi"
    steps: dict[str, Callable[[], int]] = {
        "places": lambda: places(f"{own}.elf"),
        "others": lambda: others(f"{own}.abi", f"{own}.elf"),
        "complete": lambda: complete(f"{kernel}.abi", f"{kernel}.elf"),
    }
    status = 0
    for name, step in steps.items():
        # Names of folders may be bytes that are not UTF-8.
        with Path(folder, name).open("w", errors="surrogateescape") as out:
            with contextlib.redirect_stdout(out):
                status = step()
    return status


def main(arguments: list[str]) -> int:
    commands: dict[tuple[str, int], Callable[..., int]] = {
        ("complete", 2): complete,
        ("places", 1): places,
        ("others", 2): others,
        ("port", 2): port,
    }
    run = commands.get((arguments[0] if arguments else "", len(arguments) - 1))
    if run is None:
        die("usage: dwarf.py complete|others DUMP ELF | places ELF | port FOLDER LIBC")
    return run(*arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
