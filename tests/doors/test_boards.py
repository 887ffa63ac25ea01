# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""LAVA, kselftest, virtme-ng and tmt: programs that start the harness on the system under test."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from door import BUILD, CONFORM, built, lines_of, mutated, need, peer, program, sh
from tree import TOP, fetched

pytestmark = built
KTAP = re.compile(r"^\s*(?:# )?(not )?ok \d+ (\S+)(?: # (\w+)(?: (.*))?)?$", re.M)


def outcomes(ktap: str) -> dict[str, str]:
    """pass, fail or skip for each check; an expected failure is a skip."""
    found = {}
    for failed, name, directive, _ in KTAP.findall(ktap):
        skipped = directive in ("SKIP", "XFAIL")
        found[name] = "skip" if skipped else "fail" if failed else "pass"
    return found


def harness(path: Path, options: str, program_file: Path = CONFORM) -> None:
    """Installs the program at a path, with options for its run."""
    path.unlink(missing_ok=True)
    program(path, f'exec {program_file} {options} "$@"')


# The script prints each outcome, because no check has all of them on this machine.
SAYS = r"""
while [ $# -gt 0 ]; do [ "$1" != --output ] || out=$2; shift; done
cat >"${out:-/dev/stdout}" <<'END'
KTAP version 1
1..5
ok 1 a.passes
not ok 2 a.fails.raw
ok 3 a.skips # SKIP isn't: run as {root}, "x"
not ok 4 a.xfails # XFAIL why [BZ 1]
not ok 5 a.xpasses # XPASS why
# Totals: pass:1 fail:1 xfail:1 xpass:1 skip:1 error:0
END
exit 1
"""
SAID = {"a.passes": "pass", "a.fails.raw": "fail", "a.skips": "skip"}
SAID |= {"a.xfails": "skip", "a.xpasses": "fail"}


# ---- LAVA ----------------------------------------------------------------------------------


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    """A copy of the files of the real repository that the folder needs."""
    real = peer("TEST_DEFINITIONS", "automated", "utils", "send-to-lava.sh").parents[2]
    copy = tmp_path / "test-definitions"
    for folder in ("automated/lib", "automated/utils"):
        shutil.copytree(real / folder, copy / folder)
    return copy


def signals(text: str) -> dict[str, str]:
    pattern = r"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=(\S+) RESULT=(\w+)>"
    return dict(re.findall(pattern, text))


def test_lava_gets_a_signal_for_each_check(definitions: Path) -> None:
    said = sh(lines_of("LAVA"), TEST_DEFINITIONS=definitions)
    own = outcomes(said.stdout)
    listed = [line.split()[0] for line in sh(f"{CONFORM} list").stdout.splitlines()]
    wanted = {identity for identity in listed if not identity.startswith("random.")}
    assert own.keys() == wanted
    assert signals(said.stdout) == own | {"ipc-conform": "pass"}


@pytest.mark.parametrize(
    "script, wanted",
    [(SAYS, SAID | {"ipc-conform": "fail"}), ("exit 4", {"ipc-conform": "skip"}),
     ("exit 2", {"ipc-conform": "fail"})],
)
def test_lava_gets_each_outcome(script: str, wanted: dict[str, str], definitions: Path) -> None:
    install, _, *rest = lines_of("LAVA").splitlines(keepends=True)
    sh(install, TEST_DEFINITIONS=definitions)
    program(definitions / "automated/linux/ipc-conform/bin" / BUILD.name / "ipc-conform", script)
    said = sh("".join(rest), TEST_DEFINITIONS=definitions)
    assert signals(said.stdout) == wanted


def test_lava_finds_a_mutant(definitions: Path, tmp_path: Path) -> None:
    program(tmp_path / "harness", f'exec {mutated()} "$@"')
    install, _, enter, run, send = lines_of("LAVA").splitlines(keepends=True)
    run = run.replace("-s 'random.*'", f"-p {tmp_path}/harness -o 'msgget.* ftok.*' -j 2")
    said = sh(install + enter + run + send, TEST_DEFINITIONS=definitions)
    found = signals(said.stdout)
    assert found.pop("ipc-conform") == "fail" and "fail" in found.values()
    assert found == outcomes(said.stdout)
    assert {name.split(".")[0] for name in found} == {"msgget", "ftok"}


def test_the_lava_definition_follows_the_rules_of_test_definitions(definitions: Path) -> None:
    """These are the rules of validate.py in test-definitions."""
    yaml = pytest.importorskip("yaml", reason="there is no python3-yaml")
    path = TOP / "ci/lava/automated/linux/ipc-conform/ipc-conform.yaml"
    definition = yaml.safe_load(path.read_text())
    metadata = definition["metadata"]
    assert metadata["format"] == "Lava-Test Test Definition 1.0"
    text = peer("TEST_DEFINITIONS", "validate.py").read_text()
    (keys,) = re.findall(r"mandatory_keys = set\(\s*\[(.*?)\]", text, re.S)
    for key in re.findall(r'"(\w+)"', keys):
        assert metadata[key], key
    assert " " not in metadata["name"]
    script = path.with_suffix(".sh").read_text()
    for name in re.findall(r"\$\{(\w+)\}", " ".join(definition["run"]["steps"])):
        assert name in definition["params"]
    for option in re.findall(r" -(\w) ", " ".join(definition["run"]["steps"])):
        assert f"        {option}) " in script


# ---- kselftest -----------------------------------------------------------------------------


@pytest.fixture
def kselftest(tmp_path: Path) -> Path:
    """A folder as kselftest_install.sh (make install in tools/testing/selftests) makes it."""
    need("perl")
    real = peer("LINUX", "tools", "testing", "selftests")
    folder = tmp_path / "kselftest"
    shutil.copytree(real / "kselftest", folder / "kselftest")
    shutil.copy(real / "run_kselftest.sh", folder)
    return folder


def test_kselftest_runs_the_line_of_its_list(kselftest: Path) -> None:
    said = sh(lines_of("kselftest"), KSELFTEST=kselftest).stdout
    listed = {line.split()[0] for line in sh(f"{CONFORM} list").stdout.splitlines()}
    own = outcomes(said)
    assert listed <= own.keys()
    assert re.search(r"^ok 1 selftests: ipc-conform: ipc-conform.sh$", said, re.M)


@pytest.mark.parametrize("status, line", [(1, "not ok 1 selftests: "), (4, "ok 1 selftests: ")])
def test_kselftest_takes_the_exit_status(status: int, line: str, kselftest: Path) -> None:
    _, *rest = lines_of("kselftest").splitlines(keepends=True)
    program(kselftest / "ipc-conform" / "ipc-conform", f"exit {status}")
    said = sh("".join(rest), KSELFTEST=kselftest).stdout
    (found,) = [row for row in said.splitlines() if row.startswith(line)]
    assert found.endswith("# SKIP" if status == 4 else f"# exit={status}")


def test_kselftest_does_not_end_a_long_run(kselftest: Path) -> None:
    """The limit of kselftest is made shorter than the run; our file `settings` turns it off."""
    runner = kselftest / "kselftest" / "runner.sh"
    limit = re.compile(r"(kselftest_default_timeout=)\d+$", re.M)
    text, count = limit.subn(r"\g<1>1", runner.read_text())
    assert count == 1
    runner.write_text(text)
    _, *rest = lines_of("kselftest").splitlines(keepends=True)
    program(kselftest / "ipc-conform" / "ipc-conform", "sleep 3")
    said = sh("".join(rest), KSELFTEST=kselftest).stdout
    assert said.splitlines()[-1].startswith("ok 1 selftests: "), said


# ---- virtme-ng -----------------------------------------------------------------------------


def test_virtme_ng_understands_the_line(tmp_path: Path) -> None:
    """A boot needs a kernel with 9p, so the test reads the command of QEMU instead."""
    need(f"qemu-system-{BUILD.name}")
    vng = peer("VIRTME_NG", "vng")
    kernel = fetched("fetch-kernel", "bookworm", BUILD.name)
    program(tmp_path / "vng", f'exec {sys.executable} {vng} --dry-run --disable-kvm "$@"')
    said = sh(
        lines_of("virtme-ng"), KERNEL=kernel, PATH=f"{tmp_path}:/usr/bin:/bin", HOME=tmp_path
    )
    assert str(kernel) in said.stdout + said.stderr


# ---- tmt -----------------------------------------------------------------------------------


def run_tmt(folder: Path, status: int, script: str) -> str:
    """Runs the test as tmt does: in its folder, with TMT_TEST_DATA."""
    yaml = pytest.importorskip("yaml", reason="there is no python3-yaml")
    install, *_ = lines_of("tmt").splitlines(keepends=True)
    sh(install, TREE=folder)
    program(folder / "tmt" / "ipc-conform", script)
    (folder / "data").mkdir()
    test = yaml.safe_load((folder / "tmt" / "main.fmf").read_text())["/test"]
    assert test["result"] == "custom"
    sh(test["test"], folder / "tmt", status, TMT_TEST_DATA=folder / "data")
    return (folder / "data" / "results.yaml").read_text()


def results_of(text: str) -> dict[str, str]:
    yaml = pytest.importorskip("yaml", reason="there is no python3-yaml")
    rows = yaml.safe_load(text)
    assert len({row["name"] for row in rows}) == len(rows)
    return {row["name"]: row["result"] for row in rows}


def test_tmt_gets_a_result_for_each_check(tmp_path: Path) -> None:
    log = f'{CONFORM} run --only "ftok.*" --only "msgget.*" --format ktap'
    wanted = {f"/{name.replace('.', '/')}": word for name, word in outcomes(sh(log).stdout).items()}
    script = f"""exec {CONFORM} "$@" --only 'ftok.*' --only 'msgget.*'"""
    assert results_of(run_tmt(tmp_path, 0, script)) == wanted | {"/": "pass"}


def test_tmt_gets_each_outcome(tmp_path: Path) -> None:
    text = run_tmt(tmp_path, 1, SAYS)
    wanted = {f"/{name.replace('.', '/')}": word for name, word in SAID.items()}
    assert results_of(text) == wanted | {"/": "fail"}
    yaml = pytest.importorskip("yaml")
    notes = {row["name"]: row.get("note") for row in yaml.safe_load(text)}
    assert notes["/a/skips"] == ["isn't: run as {root}, \"x\""]
    assert notes["/a/xfails"] == ["expected to fail: why [BZ 1]"]


@pytest.mark.parametrize("status, word", [(2, "error"), (4, "skip")])
def test_tmt_gets_checks_that_did_not_run(status: int, word: str, tmp_path: Path) -> None:
    assert results_of(run_tmt(tmp_path, status, f"exit {status}")) == {"/": word}


def test_tmt_s_schemas_accept_test_and_results(tmp_path: Path) -> None:
    """The schemas are tmt/schemas of the real tmt."""
    jsonschema = pytest.importorskip("jsonschema", reason="there is no python3-jsonschema")
    yaml = pytest.importorskip("yaml", reason="there is no python3-yaml")
    folder = peer("TMT", "tmt", "schemas", "test.yaml").parent
    schemas = [yaml.safe_load(path.read_text()) for path in folder.rglob("*.yaml")]
    store = {schema["$id"]: schema for schema in schemas if isinstance(schema, dict)}

    def validate(name: str, value: object) -> None:
        resolver = jsonschema.RefResolver("", store[name], store)
        jsonschema.Draft7Validator(store[name], resolver=resolver).validate(value)

    tree = yaml.safe_load((TOP / "ci" / "tmt" / "main.fmf").read_text())
    common = {name: value for name, value in tree.items() if not name.startswith("/")}
    validate("/schemas/test", common | tree["/test"])
    validate("/schemas/plan", common | tree["/plan"])
    results = yaml.safe_load(run_tmt(tmp_path, 1, SAYS))
    validate("/schemas/results", results)
    with pytest.raises(jsonschema.ValidationError):
        validate("/schemas/results", results + [{"name": "no slash", "result": "pass"}])
    with pytest.raises(jsonschema.ValidationError):
        validate("/schemas/test", json.loads('{"test": "x", "result": "unknown"}'))
