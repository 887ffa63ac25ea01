# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Traces requirements: clause -> behaviour -> check -> result -> mutants that the check kills.

Each check names its clause, behaviours.txt maps behaviours to checks, and the header of each
mutant of the kernel (tests/mutants/kernel/*.patch) names checks of which at least one must
detect it.  The checks that kill the mutants of calls are in files of `make mutants` (--kills).
"""

import csv
import fnmatch
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from results import Misuse, Results, Row, digest, labels_of, why

TOP = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Link:
    """A row: one result of one check."""

    clause: str
    behaviours: tuple[str, ...]
    run: str
    result: Row
    mutants: tuple[str, ...]


def behaviours() -> list[tuple[str, list[str]]]:
    """Each behaviour with its section and the globs of its checks."""
    paths = list((TOP / "conformance").rglob("behaviours.txt"))
    if len(paths) != 1:
        raise Misuse(f"{TOP}/conformance has {len(paths)} files behaviours.txt, not 1")
    found, section = [], ""
    for line in paths[0].read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            words, _, globs = line.rpartition(":")
            found.append((f"{section}: {words}", [glob.strip("()") for glob in globs.split()]))
    return found


def mutants() -> list[tuple[str, list[str]]]:
    """Each mutant of the kernel, and the globs of the checks that its header names."""
    found = []
    for path in sorted((TOP / "tests" / "mutants" / "kernel").rglob("*.patch")):
        seen_by = re.search(r"^Seen-by: (.*)$", path.read_text(), re.MULTILINE)
        if seen_by:
            found.append((path.stem, seen_by[1].split()))
    return found


def killed(paths: list[Path]) -> list[tuple[str, list[str]]]:
    """Each mutant of the files, which have lines "MUTANT: CHECK...", with the checks' ids."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            name, colon, ids = line.partition(":")
            if not colon or not name or " " in name:
                raise Misuse(f"{path}, line {number}: '{line}' is not 'MUTANT: CHECK...'")
            found.append((name, ids.split()))
    return found


def matching(table: list[tuple[str, list[str]]], *names: str) -> tuple[str, ...]:
    return tuple(
        name
        for name, globs in table
        if any(fnmatch.fnmatchcase(one, glob) for glob in globs for one in names)
    )


def links(results: Results, kills: list[Path]) -> Iterator[Link]:
    of_behaviour, of_mutant = behaviours(), mutants() + killed(kills)
    for label, run in zip(labels_of(results.runs), results.runs):
        for result in run["results"]:
            identity = result["id"]
            plain = re.sub(r"\.(raw|ipc)$", "", identity)
            yield Link(
                result["source"],
                matching(of_behaviour, plain),
                label,
                result,
                matching(of_mutant, identity),
            )


COLUMNS = ("clause", "behaviour", "check", "what must hold", "run", "result", "why", "mutants")


def trace_csv(results: Results, kills: list[Path]) -> str:
    """CSV (RFC 4180); a check that tests several behaviours has a row for each."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for link in links(results, kills):
        one = link.result
        reasons = "; ".join(why(one))
        for behaviour in link.behaviours or ("",):
            writer.writerow(
                (link.clause, behaviour, one["id"], one["title"], link.run, one["outcome"], reasons,
                 " ".join(link.mutants))
            )
    return out.getvalue()


# ---- SPDX 3.0.1 --------------------------------------------------------------------------

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
CREATION = "_:creation"


class Graph:
    """Elements by id, and relationships, in the order in which they were added."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.elements: dict[str, Row] = {}
        self.relations: dict[tuple[str, str], list[str]] = {}

    def add(self, kind: str, name: str, purpose: str, description: str = "") -> str:
        identity = f"{self.base}#{kind}-{digest({'name': name})}"
        element = {
            "type": "software_File",
            "spdxId": identity,
            "creationInfo": CREATION,
            "name": name,
            "software_primaryPurpose": purpose,
        }
        if description:
            element["description"] = description
        self.elements.setdefault(identity, element)
        return identity

    def relate(self, first: str, kind: str, second: str) -> None:
        second_ones = self.relations.setdefault((first, kind), [])
        if second not in second_ones:
            second_ones.append(second)

    def rows(self) -> list[Row]:
        relations = [
            {
                "type": "Relationship",
                "spdxId": f"{self.base}#relationship-{number}",
                "creationInfo": CREATION,
                "from": first,
                "relationshipType": kind,
                "to": second_ones,
            }
            for number, ((first, kind), second_ones) in enumerate(self.relations.items(), 1)
        ]
        return [*self.elements.values(), *relations]


def created() -> str:
    """Now, or SOURCE_DATE_EPOCH: https://reproducible-builds.org/specs/source-date-epoch/."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch and not epoch.isdigit():
        raise Misuse(f"SOURCE_DATE_EPOCH={epoch}: must be a number of seconds")
    utc = timezone.utc
    moment = datetime.fromtimestamp(int(epoch), utc) if epoch else datetime.now(utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def trace_spdx(results: Results, kills: list[Path]) -> Row:
    """A behaviour has its clause as specification and its checks as test cases; a check has its
    results as evidence, and was tested on its mutants."""
    base = f"https://spdx.org/spdxdocs/ipc-conform-{digest({'runs': results.runs})}"
    graph = Graph(base)
    for link in links(results, kills):
        one = link.result
        clause = graph.add("clause", link.clause, "specification")
        check = graph.add("check", one["id"], "test", one["title"])
        words = "\n".join([one["outcome"], *why(one)])
        name = f"{one['id']} on {link.run}: {one['outcome']}"
        result = graph.add("result", name, "evidence", words)
        for name in link.behaviours:
            behaviour = graph.add("behaviour", name, "requirement")
            graph.relate(behaviour, "hasSpecification", clause)
            graph.relate(behaviour, "hasTestCase", check)
        graph.relate(check, "hasSpecification", clause)
        graph.relate(check, "hasEvidence", result)
        for name in link.mutants:
            graph.relate(check, "testedOn", graph.add("mutant", name, "patch"))
    agent = f"{base}#agent"
    rows = graph.rows()
    head: list[Row] = [
        {
            "type": "CreationInfo",
            "@id": CREATION,
            "specVersion": "3.0.1",
            "created": created(),
            "createdBy": [agent],
        },
        {
            "type": "SoftwareAgent",
            "spdxId": agent,
            "creationInfo": CREATION,
            "name": "ipc-conform",
        },
        {
            "type": "SpdxDocument",
            "spdxId": base,
            "creationInfo": CREATION,
            "name": "System V IPC: clauses, behaviours, checks, results, mutants",
            "profileConformance": ["core", "software"],
            "rootElement": [row["spdxId"] for row in rows if "#check-" in row["spdxId"]],
        },
    ]
    return {"@context": CONTEXT, "@graph": head + rows}
