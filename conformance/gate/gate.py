#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""gate: boot a kernel image, and report whether it conforms and what changed.

Exit status: 0 the kernel conforms, 1 it does not (or dies, hangs, warns), 2 an argument is wrong,
4 nothing was run.
"""

import argparse
import contextlib
import json
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path

from baseline import Baseline, baseline_for, name_of
from boot import FAILURES, HERE, OUTCOMES, SILENCE, Boot, Machine, Misuse, Options, Run
from boot import check_image, count, end_with, machine_of, run_on
from cost import Beside, Costs, Measured, add_costs, committed, cost_baseline, read_costs

sys.path.append(str(HERE.parent / "export"))
from github import annotation  # noqa: E402


def verdict(
    run: Run, boot: Boot, baseline: Baseline | None, whole: bool
) -> tuple[int, list[str]]:
    """The exit status for a run, and the lines to print."""
    counts = run["counts"]
    always = ("passed", "failed", "skipped")
    shown = [word for word in OUTCOMES if word in always or counts.get(word)]
    tally = ", ".join(f"{counts[word]} {word}" for word in shown)
    lines = [f"{name_of(run)}: {tally}; {boot.seconds:.1f} s"]
    status = 1 if any(counts.get(word) for word in FAILURES) else 0
    for result in run["results"]:
        lines += [f"  {result['id']}: {words}" for words in said_of(result)]
        refuses = result["failures"] and result["outcome"] in FAILURES
        if refuses and os.environ.get("GITHUB_ACTIONS"):
            lines.append(annotation(run, result).rstrip())
    if baseline and name_of(run) in baseline.outcomes and checks_run(run):
        worse, better = baseline.compare(run, whole)
        lines.append(f"  differs from {baseline.name} in{':' if worse + better else ' nothing'}")
        lines += [f"    {words}" for words in worse + better]
        status = max(status, 1 if worse else 0)
    lines += beside_glibc(run, baseline, whole) if baseline and checks_run(run) else []
    if status == 0 and checks_run(run) == 0:
        status = 4
    return status, lines


def beside_glibc(run: Run, baseline: Baseline, whole: bool) -> list[str]:
    """The differences between another libc's programs and glibc's, which are not failures."""
    name = name_of(run, "glibc")
    if name == name_of(run) or name not in baseline.outcomes:
        return []
    worse, better = baseline.compare(run, whole, "glibc")
    lines = [f"    {words}" for words in worse + better]
    return [f"  differs from glibc on {baseline.name} in{':' if lines else ' nothing'}", *lines]


def in_words(failure: dict[str, str]) -> str:
    seen = f"expected {failure['expected']}, got {failure['seen']}" if failure["expected"] else ""
    return ": ".join(word for word in (failure["where"], failure["what"], seen) if word)


def said_of(result: Run) -> list[str]:
    """Each failure in words, with the reason from the list of expected failures, if any."""
    if result["outcome"] == "xpassed":
        return [f"passes, but is expected to fail: {result['reason']}"]
    expected = result["outcome"] in ("xfailed", "flaky")
    why = f"expected to fail: {result['reason']}: " if expected else ""
    return [why + in_words(failure) for failure in result["failures"]]


def checks_run(run: Run) -> int:
    """Return the number of checks of the harness that were not skipped."""
    return sum(
        result["outcome"] != "skipped" and not result["id"].startswith("kernel.")
        for result in run["results"]
    )


@dataclass
class Judged:
    """The verdict on a kernel: exit status, lines to print, results, the output of the boot,
    and the costs as JSON if they were measured."""

    status: int
    lines: list[str]
    run: Run
    boot: Boot
    costs: str = ""


def gate(
    kernel: Path,
    machine: Machine,
    programs: str,
    wanted: str | None,
    options: Options,
    costs_wanted: str | None = None,
) -> Judged:
    """Boots to run the checks, and at the same time, for programs of the kernel's architecture
    with glibc, boots to measure the costs of calls."""
    with contextlib.ExitStack() as stack:
        beside = None
        if options.cost and programs == machine.programs[0] and not options.program:
            beside = stack.enter_context(Beside(kernel, machine, options))
        run, boot = run_on(kernel, machine, programs, options)
        # A kernel that dies in the first boot would die or hang in the second.
        measured = beside.measured() if beside and lives(run) else None
    baseline = baseline_for(wanted, run["kernel"])
    lines_of_costs = []
    if measured:
        name, old = costs_to_compare(measured, wanted, costs_wanted)
        lines_of_costs = add_costs(run, measured, name, old)
        count(run)
    status, lines = verdict(run, boot, baseline, not options.select)
    return Judged(status, lines + lines_of_costs, run, boot, measured.text if measured else "")


def costs_to_compare(
    measured: Measured, wanted: str | None, costs_wanted: str | None
) -> tuple[str, Costs | None]:
    """Return the costs of --cost-baseline, or else of the series of --baseline or of the kernel."""
    if not measured.costs:
        return "", None
    if wanted and wanted not in committed() and not costs_wanted:
        # Results of an earlier run have no costs, and the kernel is not one of Debian's.
        return "the baseline (--cost-baseline)", None
    return cost_baseline(costs_wanted or wanted, measured.costs)


def lives(run: Run) -> bool:
    return all(
        result["outcome"] == "passed"
        for result in run["results"]
        if result["id"] == "kernel.lives"
    )


def as_json(runs: list[Run]) -> str:
    return json.dumps({"schema": "ipc-conform/1", "runs": runs}) + "\n"


def write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror}") from None


def processors(text: str) -> int:
    """Parse a number of processors.  QEMU can emulate more, but most hosts have fewer."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text}: 1 to 64")
    return int(text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "gate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kernel", type=Path, help="the image: bzImage, Image")
    parser.add_argument("arch", help="its architecture")
    parser.add_argument("--programs", help="run only the programs of this architecture")
    parser.add_argument("--baseline", help="a series (6.1), or results of an earlier run")
    parser.add_argument(
        "--no-cost", dest="cost", action="store_false", help="do not measure the costs of calls"
    )
    parser.add_argument("--cost-baseline", help="a series (6.1), or costs of an earlier run")
    parser.add_argument("--costs", type=Path, help="the file for the costs, as JSON")
    parser.add_argument("--output", type=Path, help="the file for the results, as JSON")
    parser.add_argument("--log", type=Path, help="the file for the kernel's log")
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the programs")
    parser.add_argument("--program", type=Path, help="instead of BUILD/ARCH/ipc-conform")
    parser.add_argument("--append", default="", help="words for the kernel's command line")
    parser.add_argument("--qemu", default="", help="options for QEMU")
    parser.add_argument(
        "--smp", type=processors, default=0, metavar="N", help="processors of the machine"
    )
    parser.add_argument("--select", default="", help="options for the harness: --only GLOB")
    parser.add_argument("--expect", type=Path, help="a list of expected failures (ipc-conform(1))")
    parser.add_argument("--emulate", action="store_true", help="without KVM")
    parser.add_argument(
        "--time-limit", type=float, default=SILENCE, metavar="SECONDS",
        help="a kernel that prints nothing for this time counts as hung",
    )
    return parser.parse_args()


def main() -> int:
    given = arguments()
    names = [option.name for option in fields(Options)]
    options = Options(**{name: getattr(given, name) for name in names})
    machine = machine_of(given.arch)
    check_image(given.kernel, given.arch)
    if given.baseline:
        baseline_for(given.baseline, "")
    if given.cost_baseline and given.cost_baseline not in committed():
        read_costs(Path(given.cost_baseline))
    every = machine.programs + machine.more
    if given.programs and given.programs not in every:
        raise Misuse(f"{given.arch} runs programs of: {' '.join(every)}")
    runs, logs, worst = [], "", 0
    for programs in [given.programs] if given.programs else machine.programs:
        judged = gate(
            given.kernel, machine, programs, given.baseline, options, given.cost_baseline
        )
        print("\n".join(judged.lines), flush=True)
        runs.append(judged.run)
        logs += "".join(f"{line}\n" for line in judged.boot.log)
        worst = max(worst, judged.status, key=[0, 4, 1, 2].index)
        if given.costs and judged.costs:
            write(given.costs, judged.costs)
    if given.output:
        write(given.output, as_json(runs))
    if given.log:
        write(given.log, logs)
    return worst


if __name__ == "__main__":
    end_with(main, "gate")
