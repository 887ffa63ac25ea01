# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""A killed run leaves a record, from which another run resumes."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import tree
from limits import HANG
from tree import CONFORM, TOP

CHECKS = ("--only", "msgget.*", "--only", "semget.*", "--jobs", "2")

pytestmark = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def run(*words: object, status: int = 0) -> tuple[dict[str, str], str]:
    """The outcomes by id, and the error messages."""
    result = tree.run(CONFORM, "run", *CHECKS, *words, "--format", "json")
    assert result.returncode == status, result.stdout + result.stderr
    if status == 2:
        return {}, result.stderr
    results = json.loads(result.stdout)["runs"][0]["results"]
    return {one["id"]: one["outcome"] for one in results}, result.stderr


@pytest.fixture(scope="module")
def whole() -> dict[str, str]:
    """The outcomes of a run that is not killed."""
    return run()[0]


def lines(record: Path) -> list[str]:
    return record.read_text().splitlines(keepends=True)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The record of a complete run."""
    path = tmp_path / "record"
    run("--record", path)
    return path


def cut_behind(record: Path, word: str, n: int) -> str:
    """Cuts a record after the nth line of a kind and returns that line."""
    all_lines = lines(record)
    places = [i for i, line in enumerate(all_lines) if line.startswith(f'{{"{word}"')]
    record.write_text("".join(all_lines[: places[n] + 1]))
    return all_lines[places[n]]


def test_each_check_begins_and_ends_in_the_record(record: Path, whole: dict[str, str]) -> None:
    head, *rest = (json.loads(line) for line in lines(record))
    assert head["schema"] == "ipc-conform-record/1" and "GNU" not in head["kernel"]
    begun = [line["begun"] for line in rest if "begun" in line]
    ended = {line["result"]["id"]: line["result"]["outcome"] for line in rest if "result" in line}
    assert sorted(begun) == sorted(whole) and ended == whole


@pytest.mark.parametrize("moment", [1, 20, 60])
def test_a_killed_run_is_resumed(moment: int, tmp_path: Path, whole: dict[str, str]) -> None:
    record = tmp_path / "record"
    command = [str(CONFORM), "run", *CHECKS, "--record", str(record)]
    begin, results = time.monotonic(), len(whole)
    while results == len(whole):  # on a busy machine the kill may come after the end of the run
        record.unlink(missing_ok=True)
        with subprocess.Popen(
            command, cwd=TOP, stdout=subprocess.DEVNULL, start_new_session=True
        ) as process:
            while not record.exists() or record.read_text().count('{"result"') < moment:
                assert time.monotonic() - begin < HANG
            os.killpg(process.pid, signal.SIGKILL)
        killed = record.read_text()
        results = killed.count('{"result"')
    assert moment <= results < len(whole)
    outcomes, _ = run("--resume", record)
    assert outcomes == whole
    # Recorded checks did not run again.
    assert record.read_text().startswith(killed[: killed.rindex("\n") + 1])
    assert record.read_text().count('{"result"') == len(whole)


def test_the_check_of_a_death_runs_alone_and_first(record: Path, whole: dict[str, str]) -> None:
    suspect = json.loads(cut_behind(record, "begun", 30))["begun"]
    before = len(lines(record))
    outcomes, complaint = run("--resume", record)
    assert outcomes == whole
    assert f"the machine died in {suspect}: it runs alone\n" in complaint
    begun, ended = (json.loads(line) for line in lines(record)[before:][:2])
    first = begun["begun"]
    assert f"the machine died in {first}" in complaint and ended["result"]["id"] == first


def test_a_check_in_which_the_machine_dies_again_has_failed(
    record: Path, whole: dict[str, str]
) -> None:
    line = cut_behind(record, "begun", 30)
    record.write_text(record.read_text() + line + '{"result":{"id":"torn')
    killer = json.loads(line)["begun"]
    outcomes, complaint = run("--resume", record, status=1)
    assert outcomes == whole | {killer: "failed"}
    assert f"the machine died in {killer} again, alone: the check failed\n" in complaint
    # The check has a result now, so the next run does not run it either.
    assert run("--resume", record, status=1)[0] == outcomes


def test_a_terminated_run_fails_no_check(record: Path, whole: dict[str, str]) -> None:
    line = cut_behind(record, "begun", 30)
    stopped = line.replace("begun", "stopped")
    record.write_text(record.read_text() + stopped + line + stopped)
    outcomes, complaint = run("--resume", record)
    assert outcomes == whole and json.loads(line)["begun"] not in complaint


def test_sigterm_is_recorded(tmp_path: Path) -> None:
    record = tmp_path / "record"
    command = [str(CONFORM), "run", "--only", "semtimedop.*", "--record", str(record)]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.DEVNULL) as process:
        while not record.exists() or '{"begun"' not in record.read_text():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
    begun = [json.loads(line).get("begun") for line in lines(record)]
    stopped = [json.loads(line).get("stopped") for line in lines(record)]
    ended = [json.loads(line).get("result", {}).get("id") for line in lines(record)]
    assert set(filter(None, begun)) == set(filter(None, stopped + ended))


def test_a_record_may_continue_in_another_file(
    record: Path, tmp_path: Path, whole: dict[str, str]
) -> None:
    cut_behind(record, "result", 20)
    before, other = record.read_text(), tmp_path / "other"
    other.write_text("x" * 1000000)
    assert run("--resume", record, "--record", other)[0] == whole
    assert record.read_text() == before and other.read_text().startswith(before)
    assert run("--resume", other)[0] == whole


def test_a_missing_record_begins_a_new_run(tmp_path: Path, whole: dict[str, str]) -> None:
    assert run("--resume", tmp_path / "record")[0] == whole
    assert run("--resume", tmp_path / "record")[0] == whole


def test_the_record_of_another_run_is_refused(record: Path, tmp_path: Path) -> None:
    text = record.read_text()
    assert "No such file" in run("--record", tmp_path / "no" / "record", status=2)[1]
    for old, new, words in [
        ("-record/1", "-record/2", "the schema is not"),
        ('"arch":"', '"arch":"x', "of another program, kernel or libc"),
        ('{"begun":"msgget.', '{"begun":"msgget.x', "is not among the selected ones"),
        ('{"begun"', '{"began"', "line 2, byte 2: a member is unknown"),
        ('"nfailures":0', '"nfailures":1', "the number of failures is wrong"),
    ]:
        record.write_text(text.replace(old, new, 1))
        complaint = run("--resume", record, status=2)[1]
        assert words in complaint and complaint.count("\n") == 1, complaint
        assert record.read_text() == text.replace(old, new, 1)


def test_a_record_that_cannot_be_written_ends_the_run() -> None:
    complaint = run("--record", "/dev/full", status=2)[1]
    assert complaint == "ipc-conform: /dev/full: No space left on device\n"
