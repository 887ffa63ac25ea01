# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""GitHub and GitLab: their files follow the published rules, and the action gates a kernel."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from door import DOCUMENT, built, mutated, peer, program, sh
from tree import TOP

WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))
OF_GITHUB = ["action.yml", *(str(path.relative_to(TOP)) for path in WORKFLOWS)]


def read_yaml(path: Path) -> Any:
    yaml: Any = pytest.importorskip("yaml", reason="there is no python3-yaml")
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("name", OF_GITHUB)
def test_github_s_schema_accepts_the_file(name: str) -> None:
    """The schema is that of SchemaStore, which editors use."""
    jsonschema = pytest.importorskip("jsonschema", reason="there is no python3-jsonschema")
    kind = "github-action" if name == "action.yml" else "github-workflow"
    schema = json.loads(peer("SCHEMASTORE", "src", "schemas", "json", f"{kind}.json").read_text())
    document = {"on" if key is True else key: value for key, value in read_yaml(TOP / name).items()}
    jsonschema.Draft7Validator(schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(document | {"runs": 1, "jobs": 1})


def test_the_action_has_its_inputs_and_reads_each() -> None:
    action = read_yaml(TOP / "action.yml")
    inputs = action["inputs"]
    assert list(inputs) == ["kernel", "architecture", "baseline", "expectations"]
    (step,) = action["runs"]["steps"]
    script = (TOP / "ci" / "github-action").read_text()
    for name in inputs:
        assert step["env"][name.upper()] == f"${{{{ inputs.{name} }}}}"
        assert f"${{{name.upper()}:-" in script
    used = re.search(r"uses: OWNER.*?\n\n?```", DOCUMENT.read_text(), re.S)
    assert used
    for name in re.findall(r"^ {10}(\w+):", used[0], re.M):
        assert name in inputs


def test_gitlab_s_template_has_the_documented_variables() -> None:
    """Debian and SchemaStore have no schema of GitLab; the rules are from its reference."""
    template = read_yaml(TOP / "ci" / "gitlab.yml")
    job = template["ipc-conform"]
    assert set(job) <= {"image", "variables", "parallel", "script", "artifacts"}
    assert all(isinstance(line, str) for line in job["script"])
    assert all(isinstance(value, str) for value in job["variables"].values())
    assert set(job["artifacts"]) == {"when", "paths", "reports"}
    block = re.search(r"```yaml\ninclude:.*?```", DOCUMENT.read_text(), re.S)
    assert block
    for name in re.findall(r"^  ([A-Z_]+):", block[0], re.M):
        assert name in job["variables"], name


def test_gitlab_s_script_runs_the_gate(tmp_path: Path) -> None:
    """A program in place of make prints its arguments."""
    job = read_yaml(TOP / "ci" / "gitlab.yml")["ipc-conform"]
    program(tmp_path / "bin" / "make", 'printf "%s\\n" "$@"')
    (tmp_path / "vmlinuz").touch()
    variables = job["variables"] | {"KERNEL": "vmlinuz", "ARCH": "aarch64"}
    said = sh(
        "\n".join(job["script"]), tmp_path, PATH=f"{tmp_path}/bin:/usr/bin:/bin",
        CI_PROJECT_DIR=tmp_path, **variables,
    ).stdout.splitlines()
    assert said == [
        "kernel", f"KERNEL={tmp_path}/vmlinuz", "SUITE=bookworm", "ARCH=aarch64", "BASELINE=",
        f"REPORT={tmp_path}/ipc-conform-report",
    ]


# ---- the action ----------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with a kernel, and a make that returns the results of a mutant."""
    program(
        tmp_path / "bin" / "make",
        f'echo "$*" >{tmp_path}/called\n'
        'for word; do case $word in REPORT=*) report=${word#REPORT=} ;; esac; done\n'
        f"exec {mutated()} run --only 'msgget.*' --format json"
        ' --output "$report/kernel.json"',
    )
    # The action's python3 is the one that runs the tests.
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "vmlinuz").touch()
    return tmp_path


def act(workspace: Path, status: int, **inputs: object) -> str:
    """Runs the action's step as GitHub's runner does."""
    action = read_yaml(TOP / "action.yml")
    (step,) = action["runs"]["steps"]
    defaults = {name.upper(): one.get("default", "") for name, one in action["inputs"].items()}
    said = sh(
        step["run"], workspace / "workspace", status, GITHUB_ACTION_PATH=TOP, GITHUB_ACTIONS="true",
        GITHUB_OUTPUT=workspace / "output", GITHUB_STEP_SUMMARY=workspace / "summary",
        PATH=f"{workspace}/bin:/usr/bin:/bin:/usr/sbin:/sbin", **defaults | inputs,
    )
    return said.stdout + said.stderr


@built
def test_the_action_annotates_and_sums_up(workspace: Path) -> None:
    said = act(workspace, 1, KERNEL="vmlinuz", ARCHITECTURE="aarch64", BASELINE="6.1")
    called = (workspace / "called").read_text()
    for word in (f"KERNEL={workspace}/workspace/vmlinuz", "ARCH=aarch64", "BASELINE=6.1"):
        assert f" {word} " in called
    result = Path((workspace / "output").read_text().strip().removeprefix("result="))
    rows = json.loads(result.read_text())["runs"][0]["results"]
    failed = [row["id"] for row in rows if row["outcome"] == "failed"]
    annotated = re.findall(r"^::error file=\S+,line=\d+,title=\S+%3A (\S+)::", said, re.M)
    assert annotated == failed and failed
    assert "does not conform" in (workspace / "summary").read_text()


@built
def test_the_action_takes_expected_failures_into_account(workspace: Path) -> None:
    act(workspace, 1, KERNEL="vmlinuz")
    result = workspace / "workspace" / "ipc-conform-report" / "kernel.json"
    rows = json.loads(result.read_text())["runs"][0]["results"]
    listed = workspace / "workspace" / "list"
    listed.write_text(expectations([row["id"] for row in rows if row["outcome"] == "failed"]))
    (workspace / "summary").unlink()
    said = act(workspace, 0, KERNEL="vmlinuz", EXPECTATIONS="list")
    assert "::error" not in said
    assert "conforms" in (workspace / "summary").read_text()


def expectations(ids: list[str]) -> str:
    return "".join(f"xfail | {identity} | * | a mutant | checks\n" for identity in ids)


@built
@pytest.mark.parametrize(
    "inputs, words",
    [
        ({"KERNEL": ""}, "the input kernel is empty"),
        ({"KERNEL": "vmlinuz", "ARCHITECTURE": ""}, "the input architecture is empty"),
        ({"KERNEL": "none"}, "kernel none: no such file"),
        ({"KERNEL": "vmlinuz", "EXPECTATIONS": "none"}, "expectations none: no such file"),
    ],
)
def test_the_action_refuses_missing_inputs(
    inputs: dict[str, str], words: str, workspace: Path
) -> None:
    assert words in act(workspace, 2, **inputs)


def test_the_gate_annotates_the_line_of_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of GitHub may run `make kernel` without the action."""
    import boot
    import gate

    failure = {"where": "ftok.c:7", "what": "key", "expected": "1", "seen": "2"}
    result = boot.result("ftok.x", "a title", 0, []) | {"outcome": "failed", "failures": [failure]}
    run: dict[str, Any] = {"build": "static", "arch": "x86_64", "machine": "x86_64"}
    run |= {"kernel": "6.1.0 #1", "libc": "glibc 2.36", "seconds": 1, "results": [result]}
    boot.count(run)
    left = boot.Boot("", "", "", False, 1.0, 600.0)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    status, lines = gate.verdict(run, left, None, True)
    (line,) = [line for line in lines if line.startswith("::")]
    (source,) = (TOP / "conformance").rglob("ftok.c")
    assert line.startswith(f"::error file={source.relative_to(TOP)},line=7,title=") and status == 1
    monkeypatch.delenv("GITHUB_ACTIONS")
    _, lines = gate.verdict(run, left, None, True)
    assert not any(line.startswith("::") for line in lines)
