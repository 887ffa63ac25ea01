# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Each fuzz target with a defect planted in what it is to find it in: how soon it is found.

    fuzz_mutants.py [--only GLOB] [--seconds N | --runs N] BUILD

A plant is a change of a line of one source, in a copy that the target is linked with, or for
`python` in a copy of the whole binding; or a fault of tests/mutants/checks before the calls.  A
text that does not stand just once in its source is an error here, so that no plant is ever none.

Exit status: 0 each was found in time; 1 one was not; 2 misused, or a plant does not take.
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


class Plant(NamedTuple):
    """In the source, `old` becomes `new`; a fault has neither."""

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

PLANTS = [
    Plant("facts", "no_end_of_line", FACTS, 'if (!end)\n\t\t\treturn "the dump is cut short";', ""),
    Plant("facts", "room_for_half", FACTS, "calloc(count_lines(text),",
          "calloc(count_lines(text) / 2 + 1,"),
    Plant("facts", "twice_unseen", FACTS, "if (order == 0)", "if (order == 99)"),
    Plant("facts", "pieces", LAYOUT, "calloc(2 * facts->n + 1,", "calloc(facts->n + 1,"),
    Plant("facts", "lanes", LAYOUT, "j = (size_t)-1;", ""),
    Plant("facts", "hole_at_end", LAYOUT, "add_hole(layout, end, layout->size);", ""),
    Plant("judge", "overflow", RULES, "return bytes > MOST_BYTES ? -1 : (int)bytes;",
          "return (int)bytes;"),
    Plant("judge", "no_value", RULES, 'strstr(value, " signed") != NULL, offset',
          'strstr(strchr(value, \'u\'), " signed") != NULL, offset'),
    Plant("judge", "agreed", "conformance/abi/witness.c", "*agreed += said && !wrong;",
          "*agreed += !wrong;"),
    Plant("diff", "failures_unbounded", "conformance/report/diff.c",
          "i < is->nfailures && i < MAX_FAILURES", "i < is->nfailures"),
    Plant("diff", "counterpart", "conformance/report/diff.c", "before-- == 0)", "before-- == 1)"),
    Plant("diff", "beside_the_end", "conformance/report/diff.c", "j < nj ? &is->results[j] : NULL",
          "j <= nj ? &is->results[j] : NULL"),
    Plant("results", "text_end", JSON, "if (used + length >= size)", "if (used + length > size)"),
    Plant("results", "escape_end", JSON, "if (*json->at && (escape =", "if ((escape ="),
    Plant("results", "hex_digits", JSON, 'if (strspn(json->at, "0123456789abcdefABCDEF") < 4)',
          "if (0)"),
    Plant("results", "failures_room", REPORT, "if (stored->kept == MAX_FAILURES)",
          "if (stored->kept > MAX_FAILURES)"),
    Plant("results", "leak", REPORT, "free_runs(document.runs, document.nruns);", ""),
    Plant("results", "backslash", "conformance/report/escape.c",
          "if (code == '\"' || code == '\\\\')",
          "if (code == '\"')"),
    Plant("results", "no_facility", "conformance/report/report_parts.c",
          "length ? length : 1", "length"),
    Plant("btf", "names", STRUCTURES, "!name || name[strspn(name, WORD)] || strlen(name) > 64",
          "!name"),
    Plant("btf", "endless_typedef", STRUCTURES, "type && i < DEEPEST && (btf", "type && (btf"),
    Plant("btf", "seen", STRUCTURES, "bool seen[COUNT(members)];",
          "bool seen[COUNT(members) / 2];"),
    Plant("btf", "twice", STRUCTURES, "ok = ok && sort_facts(&dump);", "sort_facts(&dump);"),
    Plant("msg", "buffer_short", "tests/fuzz/msg.c", "malloc(sizeof(long) + n);",
          "malloc(sizeof(long) + n - (n > 8));"),
    Plant("msg", "model_boundary", "tests/fuzz/msg.c", "mtype <= most", "mtype < most"),
    Plant("sem", "array_short", "tests/fuzz/sem.c",
          "*array = malloc((size_t)set->nsems * sizeof(*array));\n"
          "\tconst union semun arg = {.array = array};",
          "*array = malloc((size_t)set->nsems * sizeof(*array) - 1);\n"
          "\tconst union semun arg = {.array = array};"),
    Plant("sem", "model_boundary", "tests/fuzz/sem.c", "if (value > MOST_VALUE)",
          "if (value >= MOST_VALUE)"),
    Plant("shm", "model_last_detach", "tests/fuzz/shm.c", "--segment->nattch == 0",
          "segment->nattch-- == 0"),
    *[Plant("msg", fault) for fault in (
        "msgsnd.last_byte_lost", "msgsnd.ends_at_nul", "msgsnd.qbytes_one_less",
        "msgsnd.torn", "msgsnd.count_unlimited", "msgrcv.byte_too_many",
        "msgrcv.negative_takes_first", "msgrcv.long_min", "msgrcv.e2big_loses",
        "msgrcv.copy_cuts", "msgrcv.efault_keeps", "msgctl.stat_too_long")],
    *[Plant("sem", fault) for fault in (
        "semctl.getall_one_more", "semctl.setall_partial", "semctl.setall_first",
        "semctl.sempid_none", "semctl.number_unchecked", "semget.one_more")],
    *[Plant("shm", fault) for fault in (
        "shmat.nattch_leak", "shmat.private_copy", "shmctl.dest_missing")],
    Plant("python", "no_error", "binding/src/convert.c",
          'PyErr_Format(PyExc_TypeError, "%s: an integer is needed, not %R", name,\n'
          "\t\t\t     (PyObject *)Py_TYPE(object));", ""),
    Plant("python", "text_room", "binding/src/msgbuf.c",
          "if (text.len <= self->capacity || resize(self, text.len) == 0) {", "{"),
]


class Caught(NamedTuple):
    """Whether, after what, and by which words."""

    found: bool
    seconds: float
    executions: str
    words: str


def planted(plant: Plant) -> str:
    text = (TOP / plant.source).read_text()
    if text.count(plant.old) != 1:
        raise SystemExit(f"fuzz_mutants.py: {plant}: does not stand once in {plant.source}")
    return text.replace(plant.old, plant.new)


def build_reader(plant: Plant, build: Path, folder: Path) -> Path:
    (folder / "planted.c").write_text(planted(plant))
    relative = folder.relative_to(TOP)
    subprocess.run(
        ["make", "-s", "watched-fuzz", f"GOALS=planted/{plant}/fuzz", f"PLANT={relative}",
         f"PLANTED={plant.source}", f"PLANTED_IN={plant.target}"],
        cwd=TOP, check=True, stdout=subprocess.DEVNULL, stderr=sys.stderr)
    return folder / "fuzz"


def build_module(plant: Plant, folder: Path) -> Path:
    """A copy of what setup.py reads, and the package built of it."""
    for name in ("binding", "conformance"):
        shutil.copytree(TOP / name, folder / name, dirs_exist_ok=True)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, folder)
    (folder / plant.source).write_text(planted(plant))
    subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", "-q", "build", "--build-lib", "python"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "python"


def look(plant: Plant, build: Path, bound: list[str], folder: Path) -> Caught:
    environment = {**os.environ, "FAULT": plant.name}
    if plant.target == "python":
        environment["PYTHONPATH"] = str(build_module(plant, folder))
        command = [sys.executable, str(HERE / "interface.py"), *bound, "--seed", "1",
                   "--found", f"{folder}/found-"]
    else:
        program = build_reader(plant, build, folder) if plant.source else (
            build / f"fuzz-faulty-{plant.target}")
        bound = [f"-max_total_time={bound[1]}" if bound[0] == "--seconds" else f"-runs={bound[1]}"]
        command = [str(program), *bound, "-seed=1", "-timeout=5", "-rss_limit_mb=1500",
                   f"-artifact_prefix={folder}/", "-print_final_stats=1",
                   *habits(plant.target), str(folder / "new"), str(CORPUS / plant.target)]
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
        raise SystemExit(f"fuzz_mutants.py: {plant}: {done.stdout}")
    return Caught(done.returncode not in (0, 4), seconds, executions[-1] if executions else "-",
                  words[0] if words else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", metavar="GLOB", action="append", help="of TARGET.NAME; may be repeated"
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, help="instead of seconds; none beside the corpus: 0")
    parser.add_argument("build", type=Path)
    options = parser.parse_args()
    only = options.only or ["*"]
    plants = [
        plant for plant in PLANTS if any(fnmatch.fnmatch(str(plant), glob) for glob in only)
    ]
    if not plants:
        parser.error(f"--only: no mutant matches {' '.join(only)}")
    bound = ["--seconds", str(options.seconds)]
    if options.runs is not None:
        bound = ["--runs", str(options.runs)]
    width = max(len(str(plant)) for plant in plants)
    print(f"{'planted':<{width}} seconds executions  found by", flush=True)
    caught = 0
    for plant in plants:
        folder = (options.build / "planted" / str(plant)).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        result = look(plant, options.build, bound, folder)
        caught += result.found
        print(f"{str(plant):<{width}} {result.seconds:7.1f} {result.executions:>10}  "
              f"{result.words[:90] if result.found else 'NOT FOUND'}", flush=True)
    print(f"{len(plants)} mutants, {caught} caught")
    return int(caught != len(plants))


if __name__ == "__main__":
    sys.exit(main())
