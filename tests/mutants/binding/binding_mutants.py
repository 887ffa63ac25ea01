# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Builds each mutant of the binding and shows which tool finds it while the module's tests run.

A mutant is one change of a copy of the tree, which is built for each column and tested as `make
check-binding` does.  The columns are plain (the tests without a tool), asan, memcheck and tsan.  A
cell says what first found the mutant: the tool, the tests or a crash; "-" means that none did.
The first row is the unchanged tree, in which any report of a tool is a false alarm.

Exit status: 0 if each mutant is caught, by its own tool if it has one, and there is no false
alarm; 1 if not; 2 if an argument is wrong.
"""

import argparse
import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[3]
COLUMNS = ["plain", "asan", "memcheck", "tsan"]
NOTICED = {0: "-", 1: "tests", 99: "tool"}


class Mutant(NamedTuple):
    name: str
    file: str
    old: str  # the file contains it exactly once
    new: str
    tests: str  # pytest's arguments
    by: str  # the tool that must find it; plain: any tool, or the tests


SOUND = Mutant("sound", "binding/src/msg.c", "", "", "test_msg.py test_threads.py", "plain")
MUTANTS = [
    # The 2003 module sent the structure itself, with a text of one byte and padding.
    Mutant(
        "mtext.swig.size_1",
        "binding/src/msgbuf.c",
        "PyMem_Malloc((size_t)HEAD + (size_t)capacity)",
        "PyMem_Malloc(sizeof(struct msgbuf))",
        "test_msg.py",
        "asan",
    ),
    Mutant(
        "mtext.swig.strlen",
        "binding/src/msg.c",
        "message->msgbuf->capacity : message->msgbuf->length",
        "message->msgbuf->capacity : (Py_ssize_t)strlen((char *)message->msgp + HEAD)",
        "test_msg.py",
        "asan",
    ),
    # A message with a zero byte: no access is out of bounds, so only a test finds this.
    Mutant(
        "mtext.nul_cut",
        "binding/src/msgbuf.c",
        "self = msgbuf_of(state, mtype, view.buf, view.len);",
        "view.len = (Py_ssize_t)strnlen(view.buf, (size_t)view.len);\n"
        "\tself = msgbuf_of(state, mtype, view.buf, view.len);",
        "test_msg.py",
        "plain",
    ),
    # The size without the type, which has eight bytes on a 64-bit machine.
    Mutant(
        "mtext.receive.8_over",
        "binding/src/msg.c",
        "message->room = (size_t)(message->view.len - HEAD);",
        "message->room = (size_t)message->view.len;",
        "test_msg.py",
        "asan",
    ),
    Mutant(
        "mtext.buffer.8_short",
        "binding/src/msgbuf.c",
        "PyMem_Malloc((size_t)HEAD + (size_t)capacity)",
        "PyMem_Malloc((size_t)capacity + 1)",
        "test_msg.py",
        "asan",
    ),
    Mutant(
        "mtext.buffer.1_short",
        "binding/src/msgbuf.c",
        "PyMem_Malloc((size_t)HEAD + (size_t)capacity)",
        "PyMem_Malloc((size_t)HEAD + (size_t)capacity - (capacity > 0))",
        "test_msg.py",
        "asan",
    ),
    Mutant(
        "freed.text",
        "binding/src/msgbuf.c",
        "\tself->head.bytes = bytes;\n\tself->capacity = capacity;\n\treturn 0;",
        "\tself->capacity = capacity;\n\treturn 0;",
        "test_msg.py test_structures.py",
        "asan",
    ),
    Mutant(
        "short.getall.copy",
        "binding/src/semall.c",
        "copy = PyMem_Malloc((size_t)nsems * sizeof(*copy));",
        "copy = PyMem_Malloc((size_t)(nsems - 1) * sizeof(*copy));",
        "test_semall.py test_sem.py",
        "asan",
    ),
    # No memory is mapped after the buffer, so the call fails with EFAULT.
    Mutant(
        "short.getall.array",
        "binding/src/semall.c",
        "(size_t)nsems * sizeof(unsigned short));",
        "(size_t)(nsems - 1) * sizeof(unsigned short));",
        "test_semall.py test_sem.py",
        "plain",
    ),
    Mutant(
        "short.sembuf",
        "binding/src/sem.c",
        "PyMem_Malloc(nsops * sizeof(*ops->sops));",
        "PyMem_Malloc((nsops - 1) * sizeof(*ops->sops));",
        "test_sem.py",
        "asan",
    ),
    Mutant(
        "short.semun_address",
        "binding/src/sem.c",
        "(union semun){.buf = bytes}",
        "(union semun){.buf = (void *)&bytes}",
        "test_sem.py",
        "asan",
    ),
    Mutant(
        "shm.after_shmdt",
        "binding/src/address.c",
        "\tunlink_address(state, self);\n\tRELAXED_STORE(&self->memory, NULL);",
        "\tunlink_address(state, self);",
        "test_shm.py",
        "asan",
    ),
    Mutant(
        "left.attachment",
        "binding/src/address.c",
        "\tif (memory)\n\t\tdetach(self, memory, false);",
        "",
        "test_shm.py",
        "plain",
    ),
    Mutant(
        "leak.text",
        "binding/src/msgbuf.c",
        "\tPyMem_Free(self->head.bytes);\n",
        "",
        "test_msg.py",
        "asan",
    ),
    Mutant(
        "leak.operations",
        "binding/src/sem.c",
        "\toperations_free(&o.ops);\n\treturn done",
        "\treturn done",
        "test_sem.py",
        "asan",
    ),
    Mutant(
        "leak.values",
        "binding/src/semall.c",
        "\tPyMem_Free(values);\n\treturn result;",
        "\treturn result;",
        "test_semall.py test_sem.py",
        "asan",
    ),
    Mutant(
        "leak.view",
        "binding/src/semall.c",
        "view.buf, view.len / 2);\n\tMUTEX_UNLOCK(state);\n\tPyBuffer_Release(&view);",
        "view.buf, view.len / 2);\n\tMUTEX_UNLOCK(state);",
        "test_semall.py test_sem.py",
        "asan",
    ),
    Mutant(
        "leak.reference",
        "binding/src/sem.c",
        "\t\t}\n\tPy_DECREF(items);\n\treturn 0;",
        "\t\t}\n\treturn 0;",
        "test_sem.py",
        "asan",
    ),
    # Other threads may change the memory while they run.
    Mutant(
        "race.getall",
        "binding/src/semall.c",
        "if (checked_semctl(semid, 0, GETALL, (union semun){.array = *values}) != -1)",
        "int got;\n"
        "\t\tPy_BEGIN_ALLOW_THREADS got = checked_semctl(semid, 0, GETALL,"
        " (union semun){.array = *values});\n"
        "\t\tPy_END_ALLOW_THREADS if (got != -1)",
        "test_threads.py",
        "tsan",
    ),
    Mutant(
        "race.unpinned",
        "binding/src/msg.c",
        "\t\tmsgbuf_pin(message->msgbuf);\n",
        "",
        "test_threads.py",
        "tsan",
    ),
    # The GIL is held while the next attachment of a large segment is filled.
    Mutant(
        "shmat.large_as_small",
        "binding/src/shm.c",
        "ds.shm_segsz < LARGE_SEGMENT ? shmid : -1",
        "shmid",
        "test_shm.py",
        "plain",
    ),
]


class Failed(Exception):
    """A mutant could not be made."""


def seed(tree: Path, mutant: Mutant) -> None:
    path = tree / mutant.file
    text = path.read_text()
    if mutant != SOUND and text.count(mutant.old) != 1:
        raise Failed(f"{mutant.name}: its text is {text.count(mutant.old)} times in {mutant.file}")
    path.write_text(text.replace(mutant.old, mutant.new) if mutant.old else text)


def run(tree: Path, command: "list[str]", **environment: str) -> "tuple[int, str]":
    done = subprocess.run(
        command,
        cwd=tree,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout


def see(mutant: Mutant, columns: "list[str]", python: str) -> "dict[str, str]":
    cells, options = {}, {"SANITIZER_OPTIONS": "symbolize=0"}  # names of functions take long
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        shutil.copytree(TOP, tree, ignore=shutil.ignore_patterns("build", ".git", "abi-dumps"))
        seed(tree, mutant)
        tests = [f"tests/binding/{word}" for word in mutant.tests.split()]
        for column in columns:
            status, said = run(tree, ["make", "-s", f"binding-for-{column}"])
            if status != 0:
                raise Failed(f"{mutant.name}: {column} is not built: {said}")
            command = ["tests/watch/watch", column, python, *tests]
            if mutant != SOUND:  # the first that is noticed is enough
                command.insert(3, "-x")
                options["VALGRIND_OPTS"] = "--exit-on-first-error=yes"
            status, said = run(tree, command, **options)
            cells[column] = "crash" if status > 128 else NOTICED.get(status, f"?{status}")
            if os.environ.get("V") == "1":
                print(said, file=sys.stderr)
    return cells


def caught(mutant: Mutant, cells: "dict[str, str]") -> bool:
    if mutant == SOUND:
        return set(cells.values()) == {"-"}
    if mutant.by in cells and mutant.by != "plain":
        return cells[mutant.by] == "tool"
    return bool(set(cells.values()) & {"tool", "tests", "crash"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only",
        metavar="GLOB",
        action="append",
        help="run only mutants of these names; may be repeated",
    )
    parser.add_argument("python", help="the interpreter that the tests run with")
    parser.add_argument("columns", metavar="column", nargs="+", choices=COLUMNS)
    options = parser.parse_args()
    columns = options.columns
    only = options.only or ["*"]
    rows = [
        row
        for row in [SOUND, *MUTANTS]
        if any(fnmatch.fnmatchcase(row.name, glob) for glob in only)
    ]
    if not rows:
        parser.error(f"--only: no mutant matches {' '.join(only)}")
    width = max(len(row.name) for row in rows)
    print(" ".join([" " * width, *columns]), flush=True)
    missed = 0
    with ThreadPoolExecutor(2) as pool:
        seen = [(row, pool.submit(see, row, columns, options.python)) for row in rows]
        for row, future in seen:
            try:
                cells = future.result()
            except Failed as failed:
                print(f"binding_mutants: {failed}", file=sys.stderr)
                return 2
            wrong = not caught(row, cells)
            missed += wrong
            line = [f"{cell:{len(column)}}" for column, cell in cells.items()]
            print(f"{row.name:{width}}", *line, *["WRONG"] * wrong, flush=True)
    n = len([row for row in rows if row != SOUND])
    print(f"{n} mutants, {n - missed} caught")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
