# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Exports for KCIDB, squad, GitHub and traces, checked by their schemas and programs."""

import csv
import fnmatch
import functools
import http.server
import importlib
import io
import json
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from door import CONFORM, built, lines_of, mutated, need, peer, sh
from tree import MUTANTS, TOP

pytestmark = built
EXPORT = TOP / "conformance" / "export" / "export.py"
OUTCOMES = ("passed", "failed", "skipped")


def export(kind: str, *results: Path, options: str = "", status: int = 0) -> str:
    paths = " ".join(map(str, results))
    command = f"{sys.executable} {EXPORT} --format {kind} {options} {paths}"
    done = sh(command, status=status, SOURCE_DATE_EPOCH=0)
    return done.stdout if status == 0 else done.stderr


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "run.json"
    sh(f"{CONFORM} run --only 'msgget.*' --only 'ftok.*' --format json --output {path}")
    return path


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a run with a mutant, in which checks fail."""
    path = tmp_path_factory.mktemp("bad") / "run.json"
    options = f"--only 'msgget.*' --format json --output {path}"
    sh(f"{mutated()} run {options}", status=1)
    return path


@pytest.fixture
def expected(bad: Path, tmp_path: Path) -> Path:
    """The same with one expected failure and one unexpected pass."""
    document = json.loads(bad.read_text())
    rows = document["runs"][0]["results"]
    next(row for row in rows if row["outcome"] == "failed").update(outcome="xfailed", reason="r")
    next(row for row in rows if row["outcome"] == "passed").update(outcome="xpassed", reason="r")
    path = tmp_path / "expected.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def cost(tmp_path: Path) -> Path:
    path = tmp_path / "cost.json"
    row = {"id": "msgsnd.text", "n": 64, "cost": 812.5, "unit": "ns"}
    document: dict[str, Any] = {"schema": "ipc-conform-cost/1", "build": "static", "clock": "time"}
    document |= {"arch": "x86_64", "machine": "x86_64", "kernel": "6.1.0 #1", "libc": "glibc 2.36"}
    document |= {"rows": [row], "skipped": [{"id": "shmat.huge", "reason": "no huge pages"}]}
    path.write_text(json.dumps(document))
    return path


def results_of(path: Path) -> list[dict[str, Any]]:
    return [result for run in json.loads(path.read_text())["runs"] for result in run["results"]]


def count(path: Path, *outcomes: str) -> int:
    return sum(result["outcome"] in outcomes for result in results_of(path))


# ---- KCIDB ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validate() -> Callable[[Any], Any]:
    """The validator of the real schema 5.3."""
    pytest.importorskip("jsonschema", reason="there is no python3-jsonschema")
    folder = peer("KCIDB_IO", "kcidb_io", "schema", "v05_03.py").parents[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        schema = importlib.import_module("kcidb_io.schema")
    return schema.V5_3.validate_exactly  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", ["good", "bad", "expected", "cost"])
def test_kcidb_takes_a_submission(
    kind: str, validate: Callable[[Any], Any], request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(kind)
    document = json.loads(export("kcidb", path, options="--origin tester"))
    validate(document)
    ids = [row["id"] for row in document["tests"]]
    assert len(set(ids)) == len(ids) > 0
    jsonschema = pytest.importorskip("jsonschema")
    with pytest.raises(jsonschema.ValidationError, match="is a required property"):
        validate(document | {"tests": [{"path": "no_build"}]})


def test_kcidb_has_the_counts_of_the_run(good: Path, bad: Path, expected: Path) -> None:
    document = json.loads(export("kcidb", good, bad, options="--origin tester"))
    statuses = [row["status"] for row in document["tests"]]
    for status, outcome in zip(("PASS", "FAIL", "SKIP"), OUTCOMES):
        assert statuses.count(status) == count(good, outcome) + count(bad, outcome)
    assert statuses.count("FAIL") > 0
    for row in document["tests"]:
        assert ("log_excerpt" in row) == (row["status"] != "PASS")
    document = json.loads(export("kcidb", expected, options="--origin tester"))
    statuses = [row["status"] for row in document["tests"]]
    assert statuses.count("FAIL") == count(expected, "failed", "xpassed")
    assert statuses.count("SKIP") == count(expected, "skipped", "xfailed")


def test_kcidb_has_costs_with_units_and_the_builds_given(cost: Path) -> None:
    options = f"--origin tester --commit {'a' * 40}"
    document = json.loads(export("kcidb", cost, options=options))
    measured, skipped = document["tests"]
    assert measured["number"] == {"value": 812.5, "unit": "ns"} and measured["status"] == "DONE"
    assert measured["path"] == "ipc-conform.cost.msgsnd.text.64"
    assert skipped["status"] == "SKIP" and skipped["log_excerpt"] == "no huge pages"
    assert document["checkouts"][0]["git_commit_hash"] == "a" * 40
    assert document["builds"][0]["checkout_id"] == document["checkouts"][0]["id"]
    assert measured["build_id"] == document["builds"][0]["id"]
    given = json.loads(export("kcidb", cost, options="--origin tester --build-id tester:7"))
    assert "builds" not in given and {row["build_id"] for row in given["tests"]} == {"tester:7"}


@pytest.mark.parametrize(
    "options, words",
    [
        ("", "--origin ''"),
        ("--origin Tester", "--origin 'Tester': allowed are lower-case letters, digits and _"),
        ("--origin t --commit 6.1", "--commit '6.1': allowed are 40 hexadecimal digits"),
        ("--origin t --build-id u:1", "--build-id 'u:1': must begin with t:"),
    ],
)
def test_a_submission_that_kcidb_refuses_is_refused(options: str, words: str, good: Path) -> None:
    assert words in export("kcidb", good, options=options, status=2)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 1}', '{"schema": "ipc-conform/1"}'])
def test_an_invalid_result_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    said = export("squad-tests", tmp_path / "x.json", status=2)
    assert said.startswith(f"export: {tmp_path}/x.json: ") and said.count("\n") == 1
    assert "No such file" in export("squad-tests", tmp_path / "y.json", status=2)


class Server(http.server.BaseHTTPRequestHandler):
    """Accepts one submission."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken = (self.headers["Authorization"], body)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_the_documented_lines_submit(validate: Callable[[Any], Any], tmp_path: Path) -> None:
    need("curl")
    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.handle_request, daemon=True)
    thread.start()
    commands = lines_of("KCIDB").replace("kcidb.json", f"{tmp_path}/kcidb.json")
    commands = commands.replace("result.json", f"{tmp_path}/result.json")
    url = f"http://127.0.0.1:{server.server_port}/submit"
    sh(commands, KCIDB_TOKEN="token", KCIDB_URL=url, no_proxy="127.0.0.1")
    thread.join()
    server.server_close()
    token, body = server.taken  # type: ignore[attr-defined]
    assert token == "Bearer token"
    validate(json.loads(body))


# ---- squad ---------------------------------------------------------------------------------


def test_squad_has_the_status_of_each_check(good: Path, bad: Path, expected: Path) -> None:
    tests = json.loads(export("squad-tests", good, bad))
    assert len(tests) == len(results_of(good)) + len(results_of(bad))
    statuses = list(tests.values())
    for status, outcome in zip(("pass", "fail", "skip"), OUTCOMES):
        assert statuses.count(status) == count(good, outcome) + count(bad, outcome)
    assert all(re.fullmatch(r"ipc-conform/[\w.-]+/[\w.-]+", name) for name in tests)
    statuses = list(json.loads(export("squad-tests", expected)).values())
    assert statuses.count("fail") == count(expected, "failed", "xpassed")


def test_squad_has_metrics(good: Path, cost: Path) -> None:
    measured = json.loads(export("squad-metrics", good, cost))
    assert len(measured) == count(good, "passed", "failed") + 1
    (name,) = [name for name in measured if "/cost." in name]
    assert name.endswith("/cost.msgsnd.text.64")
    assert measured[name] == {"value": 812.5, "unit": "ns"}


# ---- GitHub --------------------------------------------------------------------------------


def unescape(words: str) -> str:
    codes = {"%0A": "\n", "%0D": "\r", "%3A": ":", "%2C": ",", "%25": "%"}
    return functools.reduce(lambda text, code: text.replace(code, codes[code]), codes, words)


def test_an_annotation_has_the_line_of_the_check(bad: Path, good: Path) -> None:
    assert export("github", good) == ""
    failed = [result for result in results_of(bad) if result["outcome"] == "failed"]
    lines = export("github", bad).splitlines()
    assert len(lines) == len(failed) > 0
    for line, result in zip(lines, failed):
        match = re.fullmatch(r"::error file=([^,:]+),line=(\d+),title=([^,:]+)::(.*)", line)
        assert match, line
        file, number, title, words = match.groups()
        assert result["failures"][0]["where"] == f"{Path(file).name}:{number}"
        assert int(number) <= len((TOP / file).read_text().splitlines())
        assert unescape(title).endswith(result["id"])
        assert unescape(words).startswith(result["title"])


def test_an_annotation_is_one_line_for_any_evidence(bad: Path, tmp_path: Path) -> None:
    document = json.loads(bad.read_text())
    run = document["runs"][0]
    run["results"] = [row for row in run["results"] if row["outcome"] == "failed"][:1]
    seen = "50%\r\n::error::x, y|<b>"
    run["results"][0]["failures"][0]["seen"] = seen
    path = tmp_path / "nasty.json"
    path.write_text(json.dumps(document))
    (line,) = export("github", path).splitlines()
    assert "50%25%0D%0A::error::x, y|<b>" in line
    assert seen in unescape(line)
    table = export("markdown", path).splitlines()
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in table[-3:])
    assert "<b>" not in table[-1]


def test_the_summary_has_the_counts(bad: Path, good: Path) -> None:
    text = export("markdown", bad)
    assert text.startswith("### System V IPC: does not conform\n")
    numbers = " | ".join(str(count(bad, outcome)) for outcome in OUTCOMES)
    assert f" | {numbers} |\n" in text
    for result in results_of(bad):
        named = f" {result['id']} |" in text.replace("\\", "")
        assert named == (result["outcome"] == "failed")
    assert export("markdown", good).startswith("### System V IPC: conforms\n")


# ---- traces --------------------------------------------------------------------------------


def test_the_trace_links_clauses_checks_and_mutants(good: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(export("trace-csv", good))))
    listed = {}
    for line in sh(f"{CONFORM} list").stdout.splitlines():
        _, _, clause = line.rpartition(" [")[2].rstrip("]").partition(": ")  # after its level
        listed[line.split()[0]] = clause
    assert {row["check"] for row in rows} == {result["id"] for result in results_of(good)}
    for row in rows:
        assert row["clause"] and row["clause"] == listed[row["check"]]
        assert ": " in row["behaviour"]
    patch = next((TOP / "tests").rglob("errno_eexist.patch")).read_text()
    (named,) = re.findall(r"^Seen-by: (.*)$", patch, re.M)
    for row in rows:
        kills = any(fnmatch.fnmatchcase(row["check"], glob) for glob in named.split())
        assert ("errno_eexist" in row["mutants"].split()) == kills
    assert any(row["mutants"] for row in rows)


@pytest.fixture
def kills(tmp_path: Path) -> Path:
    """The file that `make mutants KIND=checks` writes about some mutants of msgget."""
    if not MUTANTS.exists():
        pytest.skip("ipc-conform-mutants is not built")
    names = [line.split("\t")[0] for line in sh(f"{MUTANTS} mutants").stdout.splitlines()]
    chosen = " ".join(f"--only {name}" for name in names if name.startswith("msgget.E"))
    path = tmp_path / "kills.txt"
    sh(f"{sys.executable} {TOP}/tests/mutants/checks/table.py {chosen} --kills {path} {MUTANTS}")
    return path


def test_the_trace_has_the_mutants_of_calls(good: Path, kills: Path) -> None:
    """Each mutant is in the rows of the checks that fail with it, and in no other."""
    wanted = {}
    for line in kills.read_text().splitlines():
        name, _, ids = line.partition(": ")
        wanted[name] = set(ids.split())
        assert name.startswith("msgget.E") and wanted[name]
    text = export("trace-csv", good, options=f"--kills {kills}")
    rows = list(csv.DictReader(io.StringIO(text)))
    ran = {row["check"] for row in rows}
    for name, killers in wanted.items():
        having = {row["check"] for row in rows if name in row["mutants"].split()}
        assert having == killers & ran and having, name
    assert any("errno_eexist" in row["mutants"].split() for row in rows)
    graph = json.loads(export("trace-spdx", good, options=f"--kills {kills}"))["@graph"]
    assert wanted.keys() < {row.get("name") for row in graph}


@pytest.mark.parametrize("line", ["msgget.EEXIST", ": msgget.key", "a b: c", ""])
def test_what_is_no_file_of_kills_is_refused(line: str, good: Path, tmp_path: Path) -> None:
    path = tmp_path / "kills"
    path.write_text(f"{line}\n")
    said = export("trace-csv", good, options=f"--kills {path}", status=2)
    assert said == f"export: {path}, line 1: '{line}' is not 'MUTANT: CHECK...'\n"


def test_the_spdx_graph_is_closed_and_complete(good: Path) -> None:
    graph = json.loads(export("trace-spdx", good))["@graph"]
    ids = {row.get("spdxId", row.get("@id")) for row in graph}
    assert len(ids) == len(graph)
    relations = [row for row in graph if row["type"] == "Relationship"]
    for row in relations:
        assert {row["from"], *row["to"]} <= ids
    results = {row["spdxId"] for row in graph if row.get("software_primaryPurpose") == "evidence"}
    of_evidence = [row["to"] for row in relations if row["relationshipType"] == "hasEvidence"]
    evidence = [to for listed in of_evidence for to in listed]
    assert len(results) == len(results_of(good)) and set(evidence) == results
    assert export("trace-spdx", good) == export("trace-spdx", good)


def test_the_spdx_terms_are_those_of_the_published_context(good: Path) -> None:
    """rdf/spdx-context.jsonld of github.com/spdx/spdx-spec has each type, property and value."""
    context = json.loads(peer("SPDX_SPEC", "rdf", "spdx-context.jsonld").read_text())["@context"]
    document = json.loads(export("trace-spdx", good))
    assert document["@context"] == "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    vocabularies = ("relationshipType", "software_primaryPurpose", "profileConformance")
    for row in document["@graph"]:
        assert row["type"] in context, row["type"]
        for name, value in row.items():
            assert name in context or name == "@id", name
            if name in vocabularies:
                known = context[name]["@context"]["@vocab"]
                for word in value if isinstance(value, list) else [value]:
                    assert (known, word) in terms_of_model(), (known, word)


@functools.cache
def terms_of_model() -> set[tuple[str, str]]:
    """The address and the word of each entry of a vocabulary."""
    text = peer("SPDX_SPEC", "rdf", "spdx-model.nt").read_text()
    subjects = re.findall(r"^<(https://spdx\.org/rdf/[^>]*/)(\w+)>", text, re.M)
    return set(subjects)
