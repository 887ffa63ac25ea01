# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Measures how soon each fuzz target finds mutants of the code that it tests.

    fuzz_mutants.py [--only GLOB] [--seconds N | --runs N] BUILD

A mutant changes a line in a copy of one source, which the target is linked with, or for `python`
in a copy of the binding; or it is a mutant of a call from tests/mutants/checks.  A text that its
source does not contain exactly once is an error, so each mutant changes something.

Exit status: 0 each mutant was found in time; 1 one was not; 2 an argument is wrong, or a mutant
could not be built.
"""

import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from fuzz import CORPUS, HERE, habits

TOP = HERE.parents[1]


class Mutant(NamedTuple):
    """A replacement of `old` by `new` in a source; a mutant of a call has neither."""

    target: str
    name: str
    source: str = ""
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        return f"{self.target}.{self.name}"


FACTS = "conformance/abi/facts.c"
JSON = "conformance/report/json.c"
REPORT = "conformance/report/report_json.c"
RULES = "conformance/abi/rules.c"
LAYOUT = "conformance/abi/layout.c"
STRUCTURES = "conformance/btf/structures.c"

MUTANTS = [
    Mutant("facts", "no_end_of_line", FACTS,
           'if (!end)\n\t\t\treturn "the dump is cut short";', ""),
    Mutant("facts", "room_for_half", FACTS, "calloc(count_lines(text),",
           "calloc(count_lines(text) / 2 + 1,"),
    Mutant("facts", "twice_unseen", FACTS, "if (order == 0)", "if (order == 99)"),
    Mutant("facts", "pieces", LAYOUT, "calloc(2 * facts->n + 1,", "calloc(facts->n + 1,"),
    Mutant("facts", "lanes", LAYOUT, "j = (size_t)-1;", ""),
    Mutant("facts", "hole_at_end", LAYOUT, "add_hole(layout, end, layout->size);", ""),
    Mutant("judge", "overflow", RULES, "return bytes > LARGEST ? -1 : bytes;",
           "return bytes;"),
    Mutant("judge", "no_value", RULES, 'strstr(value, " signed") != NULL, offset',
           'strstr(strchr(value, \'u\'), " signed") != NULL, offset'),
    Mutant("judge", "agreed", "conformance/abi/partial.c", "*agreed += said && !wrong;",
           "*agreed += !wrong;"),
    Mutant("diff", "failures_unbounded", "conformance/report/diff.c",
           "i < is->nfailures && i < MAX_FAILURES", "i < is->nfailures"),
    Mutant("diff", "counterpart", "conformance/report/diff.c", "before-- == 0)", "before-- == 1)"),
    Mutant("diff", "beside_the_end", "conformance/report/diff.c", "j < nj ? &is->results[j] : NULL",
           "j <= nj ? &is->results[j] : NULL"),
    Mutant("results", "text_end", JSON, "if (used + length >= size)", "if (used + length > size)"),
    Mutant("results", "escape_end", JSON, "if (*json->at && (escape =", "if ((escape ="),
    Mutant("results", "hex_digits", JSON, 'if (strspn(json->at, "0123456789abcdefABCDEF") < 4)',
           "if (0)"),
    Mutant("results", "failures_room", REPORT, "if (stored->kept == MAX_FAILURES)",
           "if (stored->kept > MAX_FAILURES)"),
    Mutant("results", "leak", REPORT, "free_runs(document.runs, document.nruns);", ""),
    Mutant("results", "backslash", "conformance/report/escape.c",
           "if (code == '\"' || code == '\\\\')",
           "if (code == '\"')"),
    Mutant("results", "no_facility", "conformance/report/report_parts.c",
           "length ? length : 1", "length"),
    Mutant("btf", "names", STRUCTURES, "!name || name[strspn(name, WORD)] || strlen(name) > 64",
           "!name"),
    Mutant("btf", "endless_typedef", STRUCTURES, "type && i < DEEPEST && (btf", "type && (btf"),
    Mutant("btf", "seen", STRUCTURES, "bool seen[COUNT(members)];",
           "bool seen[COUNT(members) / 2];"),
    Mutant("btf", "twice", STRUCTURES, "ok = ok && sort_facts(&dump);", "sort_facts(&dump);"),
    Mutant("msg", "buffer_short", "tests/fuzz/msg.c", "malloc(sizeof(long) + n);",
           "malloc(sizeof(long) + n - (n > 8));"),
    Mutant("msg", "model_boundary", "tests/fuzz/msg.c", "mtype <= most", "mtype < most"),
    Mutant("sem", "array_short", "tests/fuzz/sem.c",
           "*array = malloc((size_t)set->nsems * sizeof(*array));\n"
           "\tconst union semun arg = {.array = array};",
           "*array = malloc((size_t)set->nsems * sizeof(*array) - 1);\n"
           "\tconst union semun arg = {.array = array};"),
    Mutant("sem", "model_boundary", "tests/fuzz/sem.c", "if (value > MOST_VALUE)",
           "if (value >= MOST_VALUE)"),
    Mutant("shm", "model_last_detach", "tests/fuzz/shm.c", "--segment->nattch == 0",
           "segment->nattch-- == 0"),
    *[Mutant("msg", mutant) for mutant in (
        "msgsnd.last_byte_lost", "msgsnd.ends_at_nul", "msgsnd.qbytes_one_less",
        "msgsnd.torn", "msgsnd.count_unlimited", "msgrcv.byte_too_many",
        "msgrcv.negative_takes_first", "msgrcv.long_min", "msgrcv.e2big_loses",
        "msgrcv.copy_cuts", "msgrcv.efault_keeps", "msgctl.stat_too_long")],
    *[Mutant("sem", mutant) for mutant in (
        "semctl.getall_one_more", "semctl.setall_partial", "semctl.setall_first",
        "semctl.sempid_none", "semctl.number_unchecked", "semget.one_more")],
    *[Mutant("shm", mutant) for mutant in (
        "shmat.nattch_leak", "shmat.private_copy", "shmctl.dest_missing")],
    Mutant("python", "no_error", "binding/src/convert.c",
           'PyErr_Format(PyExc_TypeError, "%s: an integer is needed, not %R", name,\n'
           "\t\t\t     (PyObject *)Py_TYPE(object));", ""),
    Mutant("python", "text_room", "binding/src/msgbuf.c",
           "if (text.len <= self->capacity || resize(self, text.len) == 0) {", "{"),
]


class Caught(NamedTuple):
    """Whether the target found the mutant, after how long, and its message."""

    found: bool
    seconds: float
    executions: str
    words: str


def mutated(mutant: Mutant) -> str:
    text = (TOP / mutant.source).read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(f"fuzz_mutants.py: {mutant}: its text is not once in {mutant.source}")
    return text.replace(mutant.old, mutant.new)


def build_reader(mutant: Mutant, build: Path, folder: Path) -> Path:
    (folder / "mutated.c").write_text(mutated(mutant))
    relative = folder.relative_to(TOP)
    subprocess.run(
        ["make", "-s", "watched-fuzz", f"GOALS=mutated/{mutant}/fuzz", f"MUTANT_FOLDER={relative}",
         f"MUTATED_SOURCE={mutant.source}", f"MUTATED_IN={mutant.target}"],
        cwd=TOP, check=True, stdout=subprocess.DEVNULL, stderr=sys.stderr)
    return folder / "fuzz"


def build_module(mutant: Mutant, folder: Path) -> Path:
    """Builds the package from a copy of the files that setup.py reads."""
    for name in ("binding", "conformance"):
        shutil.copytree(TOP / name, folder / name, dirs_exist_ok=True)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, folder)
    (folder / mutant.source).write_text(mutated(mutant))
    subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", "-q", "build", "--build-lib", "python"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "python"


def look(mutant: Mutant, build: Path, bound: list[str], folder: Path) -> Caught:
    environment = {**os.environ, "MUTANT": mutant.name}
    if mutant.target == "python":
        environment["PYTHONPATH"] = str(build_module(mutant, folder))
        command = [sys.executable, str(HERE / "interface.py"), *bound, "--seed", "1",
                   "--found", f"{folder}/found-"]
    else:
        program = build_reader(mutant, build, folder) if mutant.source else (
            build / f"fuzz-mutated-{mutant.target}")
        bound = [f"-max_total_time={bound[1]}" if bound[0] == "--seconds" else f"-runs={bound[1]}"]
        command = [str(program), *bound, "-seed=1", "-timeout=5", "-rss_limit_mb=1500",
                   f"-artifact_prefix={folder}/", "-print_final_stats=1",
                   *habits(mutant.target), str(folder / "new"), str(CORPUS / mutant.target)]
        (folder / "new").mkdir(exist_ok=True)
    begin = time.monotonic()
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                          check=False)
    seconds = time.monotonic() - begin
    words = re.search(r"FINDING (.*)|runtime error: .*|ERROR: \w+Sanitizer: [\w-]+(?: [\w-]+)?"
                      r"|ERROR: libFuzzer: .*|SystemError.*|Fatal Python error.*"
                      r"|the interpreter ended.*|bad (?:leading|trailing) pad.*", done.stdout)
    executions = re.findall(r"number_of_executed_units: (\d+)", done.stdout)
    if done.returncode == 2 and not words:
        raise SystemExit(f"fuzz_mutants.py: {mutant}: {done.stdout}")
    return Caught(done.returncode not in (0, 4), seconds, executions[-1] if executions else "-",
                  words[0] if words else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only",
        metavar="GLOB",
        action="append",
        help="run only mutants TARGET.NAME that match; may be repeated",
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, help="instead of seconds; 0: only the corpus")
    parser.add_argument("build", type=Path)
    options = parser.parse_args()
    only = options.only or ["*"]
    mutants = [
        mutant for mutant in MUTANTS if any(fnmatch.fnmatch(str(mutant), glob) for glob in only)
    ]
    if not mutants:
        parser.error(f"--only: no mutant matches {' '.join(only)}")
    bound = ["--seconds", str(options.seconds)]
    if options.runs is not None:
        bound = ["--runs", str(options.runs)]
    width = max(len(str(mutant)) for mutant in mutants)
    print(f"{'mutant':<{width}} seconds executions  found by", flush=True)
    caught = 0
    for mutant in mutants:
        folder = (options.build / "mutated" / str(mutant)).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        result = look(mutant, options.build, bound, folder)
        caught += result.found
        print(f"{str(mutant):<{width}} {result.seconds:7.1f} {result.executions:>10}  "
              f"{result.words[:90] if result.found else 'NOT FOUND'}", flush=True)
    print(f"{len(mutants)} mutants, {caught} caught")
    return int(caught != len(mutants))


if __name__ == "__main__":
    sys.exit(main())
