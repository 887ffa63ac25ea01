#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""cost: the cost of each call on a kernel, in instructions, compared with earlier costs.

Under QEMU's -icount the guest's clock advances one nanosecond with each instruction, so a cost
is a number of instructions and does not depend on the host's load.  A seed makes the guest's
random numbers the same in every boot.

As a program: prints the committed baselines as a table of kernels and rows, and as charts.
Exit status: 0, or 2 if an argument is wrong.
"""

import argparse
import fnmatch
import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

from baseline import name_of, series
from boot import HERE, SILENCE, Boot, Machine, Misuse, Options, Run
from boot import boot, end_with, result, why_dead

COSTS = HERE / "costs"  # a file for each series
COUNTING = "-smp 1 -icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01,clock=vm"
# Without address randomization, the program has the same mappings in every boot.
FIXED = "norandmaps"

# ---- costs ----------------------------------------------------------------------------

# From the best to the worst, with a description (conformance/cost/growth.c).
CLASSES = {
    "constant": "does not grow",
    "logarithmic": "grows logarithmically",
    "linear": "grows linearly",
    "n log n": "grows as n log n",
    "quadratic": "grows quadratically",
}
PAST = {
    name: words.replace("does", "did").replace("grows", "grew") for name, words in CLASSES.items()
}


@dataclass(frozen=True)
class Growth:
    of: str
    name: str  # a key of CLASSES

    def __str__(self) -> str:
        return f"{CLASSES[self.name]} with {self.of}"

    def worse_than(self, other: "Growth") -> bool:
        order = list(CLASSES)
        return order.index(self.name) > order.index(other.name)


@dataclass
class Costs:
    """The costs on a kernel, for one kind of programs."""

    programs: str
    kernel: str
    rows: dict[str, dict[int, float]] = field(default_factory=dict)  # by id and n
    growth: dict[str, Growth] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def parse_costs(text: str) -> Costs:
    """Parses the JSON of ipc-conform cost; raises ValueError if it is something else."""
    begin = max(text.find('{"schema"'), 0)
    try:
        document = json.loads(text[begin:])
        if document["clock"] != "instructions":
            raise ValueError("the costs are not in instructions")
        costs = Costs(name_of(document), document["kernel"])
        for row in document["rows"]:
            costs.rows.setdefault(row["id"], {})[row["n"]] = row["cost"]
        for growth in document["growth"]:
            costs.growth[growth["id"]] = Growth(growth["of"], growth["class"])
        costs.skipped = {row["id"]: row["reason"] for row in document["skipped"]}
    except (LookupError, TypeError) as error:
        raise ValueError(f"no costs: {error}") from None
    return costs


# ---- thresholds -----------------------------------------------------------------------


@dataclass(frozen=True)
class Threshold:
    """An increase counts if it exceeds both numbers."""

    percent: float
    instructions: float


DEFAULT = Threshold(2, 20)


def thresholds() -> list[tuple[str, str, Threshold]]:
    """The table: globs of rows and of programs, and their thresholds."""
    found = []
    for line in (HERE / "thresholds").read_text().splitlines():
        if line and not line.startswith("#"):
            glob, programs, percent, instructions, _ = (word.strip() for word in line.split("|"))
            found.append((glob, programs, Threshold(float(percent), float(instructions))))
    return found


def threshold_of(identity: str, programs: str) -> Threshold:
    for glob, whose, threshold in thresholds():
        if fnmatch.fnmatchcase(identity, glob) and fnmatch.fnmatchcase(programs, whose):
            return threshold
    return DEFAULT


def rises(new: float, old: float, threshold: Threshold) -> bool:
    return new - old > threshold.instructions and new - old > old * threshold.percent / 100


# ---- what has changed -----------------------------------------------------------------


def change(identity: str, n: int, new: float, old: float) -> str:
    at = f" (n={n})" if n != 1 else ""
    percent = f"{(new - old) / old * 100:+.1f} %"
    return f"{identity}{at}: {new:.0f} instructions, was {old:.0f} ({percent})"


def compare_costs(new: Costs, old: Costs) -> tuple[list[str], list[str]]:
    """The rows that cost more or grow faster than before, and those that cost less, in words."""
    worse, better = [], []
    for identity, costs in old.rows.items():
        threshold = threshold_of(identity, new.programs)
        if identity not in new.rows:
            worse.append(f"{identity}: not measured: {new.skipped.get(identity, 'no such row')}")
            continue
        now = new.rows[identity]
        common = sorted(costs.keys() & now.keys())
        risen = [n for n in common if rises(now[n], costs[n], threshold)]
        fallen = [n for n in common if rises(costs[n], now[n], threshold)]
        is_, was = new.growth.get(identity), old.growth.get(identity)
        # A worse class alone does not count: a few instructions can separate two classes.
        if is_ and was and is_.worse_than(was) and risen and risen[-1] == common[-1]:
            last = change(identity, risen[-1], now[risen[-1]], costs[risen[-1]])
            worse.append(f"{identity} {is_}, and {PAST[was.name]} before: {last}")
        elif risen:
            # Show the smallest and the largest n only.
            shown = sorted({risen[0], risen[-1]})
            worse += [change(identity, n, now[n], costs[n]) for n in shown]
        elif fallen:
            better.append(change(identity, fallen[-1], now[fallen[-1]], costs[fallen[-1]]))
    return worse, better


# ---- committed baselines ----------------------------------------------------------------


def committed() -> list[str]:
    return sorted((path.name for path in COSTS.glob("[0-9]*")), key=series)


def read_committed(name: str) -> dict[str, Costs]:
    """The costs of a series, by kind of programs."""
    found: dict[str, Costs] = {}
    for line in (COSTS / name).read_text().splitlines():
        if line and not line.startswith("#"):
            programs, identity, growth, row = (word.strip() for word in line.split("|"))
            costs = found.setdefault(programs, Costs(programs, name))
            pairs = (pair.split(":") for pair in row.split())
            costs.rows[identity] = {int(n): float(cost) for n, cost in pairs}
            if growth:
                class_name, _, of = growth.partition(" in ")
                costs.growth[identity] = Growth(of, class_name)
    return found


def name_of_series(kernel: str) -> str:
    return ".".join(map(str, series(kernel)))


def read_costs(path: Path) -> Costs:
    try:
        return parse_costs(path.read_text())
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Misuse(f"{path} has no costs of ipc-conform: {error}") from None


def cost_baseline(wanted: str | None, costs: Costs) -> tuple[str, Costs | None]:
    """The name of a baseline, and its costs for these programs: of the series or file that is
    wanted, else of the kernel's series.  Costs of different series are not comparable."""
    name = wanted or name_of_series(costs.kernel)
    if name in committed():
        return name, read_committed(name).get(costs.programs)
    return name, read_costs(Path(name)) if wanted else None


def accept_costs(every: Iterable[Costs]) -> list[Path]:
    """Writes costs as the baselines of their series; keeps those of other programs."""
    paths = []
    for costs in every:
        name = name_of_series(costs.kernel)
        path = COSTS / name
        kept = read_committed(name) if path.exists() else {}
        kept[costs.programs] = costs
        lines = [
            "# SPDX-FileCopyrightText: 2026 the python-ipc authors",
            "# SPDX-License-Identifier: MIT",
            f"# Instructions of each row of ipc-conform cost on Linux {name} as Debian builds it.",
            "# programs    | row                          | growth                      | n:cost",
        ]
        for programs, its in sorted(kept.items()):
            for identity, row in its.rows.items():
                growth = its.growth.get(identity)
                words = f"{growth.name} in {growth.of}" if growth else ""
                pairs = " ".join(f"{n}:{cost:.0f}" for n, cost in sorted(row.items()))
                lines.append(f"{programs:<13} | {identity:<28} | {words:<27} | {pairs}")
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        paths.append(path)
    return list(dict.fromkeys(paths))


# ---- a boot ---------------------------------------------------------------------------


@dataclass
class Measured:
    """The result of a boot with the counting clock: costs, or why they are missing."""

    text: str  # the JSON
    costs: Costs | None
    why: str
    seconds: float


def measure_costs(
    kernel: Path, machine: Machine, options: Options, stop: threading.Event | None = None
) -> Measured:
    """Boots a kernel with the counting clock, and measures programs of its architecture."""
    counting = replace(
        options,
        emulate=True,
        append=f"{FIXED} {options.append}",
        qemu=f"{COUNTING} {options.qemu}",
        time_limit=max(options.time_limit, SILENCE),
    )
    program = options.program or options.build / machine.programs[0] / "ipc-conform"
    words = f"cost --clock instructions --format json --output /dev/{machine.results.name}"
    ended: Boot = boot(kernel, machine, program, words, counting, stop=stop)
    dead, costs = why_dead(ended), None
    if not dead:
        try:
            costs = parse_costs(ended.results)
        except ValueError as error:
            dead = str(error)
    # s390's boot code writes to every port before the JSON.
    begin = max(ended.results.find('{"schema"'), 0)
    text = ended.results[begin:]
    return Measured(text, costs, dead or "", ended.seconds)


class Beside:
    """Measures the costs of a kernel in a thread."""

    def __init__(self, kernel: Path, machine: Machine, options: Options) -> None:
        self.stop = threading.Event()
        self.pool = ThreadPoolExecutor(1)
        self.future = self.pool.submit(measure_costs, kernel, machine, options, self.stop)

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.pool.shutdown()

    def measured(self) -> Measured:
        return self.future.result()


def add_costs(run: Run, measured: Measured, name: str, old: Costs | None) -> list[str]:
    """Adds to a run the result of comparing its costs with old; returns the lines to print."""
    worse: list[str] = []
    better: list[str] = []
    lines: list[str] = []
    if measured.costs is None:
        worse = [f"the costs were not measured: {measured.why}"]
    elif old is None:
        lines = [f"  costs: not compared: no costs of {name}"]
    else:
        worse, better = compare_costs(measured.costs, old)
        lines = [f"  costs differ from {name} in{':' if worse + better else ' nothing'}"]
        lines += [f"    {words}" for words in worse + better]
    run["results"].append(
        result(
            "kernel.cost",
            "no call costs more than before, and no cost grows faster",
            measured.seconds,
            [("", words) for words in worse],
        )
    )
    return lines


# ---- the table of kernels ---------------------------------------------------------------


def table(programs: str, names: list[str]) -> list[str]:
    """A table of the costs of an architecture: a column for each kernel, a row for each n."""
    every = {name: read_committed(name) for name in names}
    columns = {name: costs[programs] for name, costs in every.items() if programs in costs}
    rows = dict.fromkeys((i, n) for c in columns.values() for i, row in c.rows.items() for n in row)
    lines = [f"{programs:<28} {'n':>5}" + "".join(f"{name:>10}" for name in columns)]
    for identity, n in rows:
        values = [costs.rows.get(identity, {}).get(n) for costs in columns.values()]
        cells = "".join(f"{'-' if value is None else f'{value:.0f}':>10}" for value in values)
        lines.append(f"{identity:<28} {n:>5}{cells}")
        growths = {str(c.growth[identity]) for c in columns.values() if identity in c.growth}
        if n == max(m for i, m in rows if i == identity) and growths:
            lines.append(f"{'':<28}       {' or '.join(sorted(growths))}")
    return lines


COLOURS = ("#2a6fdb", "#d1495b", "#3a9d5d", "#b07d2b", "#7a4fbf", "#3aa6a6")
WIDTH, HEIGHT = 300, 140


def chart(identity: str, columns: dict[str, Costs]) -> str:
    """A line for each kernel: n to the right in equal steps, cost upward; or bars for one n."""
    rows = {name: c.rows[identity] for name, c in columns.items() if identity in c.rows}
    most = max(cost for row in rows.values() for cost in row.values()) or 1
    ns = sorted({n for row in rows.values() for n in row})
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 24}" width="{WIDTH}" role="img">']
    for k, (name, row) in enumerate(rows.items()):
        colour = COLOURS[k % len(COLOURS)]
        if len(ns) > 1:
            points = " ".join(
                f"{10 + (WIDTH - 40) * ns.index(n) / (len(ns) - 1):.1f},"
                f"{8 + HEIGHT * (1 - cost / most):.1f}"
                for n, cost in sorted(row.items())
            )
            parts.append(f'<polyline fill="none" stroke="{colour}" points="{points}">'
                         f"<title>{escape(name)}</title></polyline>")
        else:
            cost, width = row[ns[0]], (WIDTH - 20) / len(rows)
            parts.append(f'<rect x="{10 + k * width:.1f}" y="{8 + HEIGHT * (1 - cost / most):.1f}"'
                         f' width="{width - 6:.1f}" height="{HEIGHT * cost / most:.1f}"'
                         f' fill="{colour}"><title>{escape(name)}: {cost:.0f}</title></rect>')
    marks = ns if len(ns) > 1 else []
    for n in marks:
        x = 10 + (WIDTH - 40) * ns.index(n) / (len(ns) - 1)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT + 22}">{n}</text>')
    return "".join(parts) + f"</svg><p>top: {most:.0f} instructions</p>"


def page(names: list[str], programs: list[str]) -> str:
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<title>The cost of System V IPC</title><style>body{font:15px sans-serif;margin:2em}"
        "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(20em,1fr));gap:1em}"
        "section{border:1px solid #ccd;padding:0 1em}h3{font-size:1em}text{font-size:10px}"
        "</style></head><body><h1>The cost of System V IPC, in instructions</h1>"
    ]
    for arch in programs:
        every = {name: read_committed(name) for name in names}
        columns = {name: costs[arch] for name, costs in every.items() if arch in costs}
        legend = " ".join(
            f'<span style="color:{COLOURS[k % len(COLOURS)]}">&#9632; {escape(name)}</span>'
            for k, name in enumerate(columns)
        )
        parts.append(f"<h2>{escape(arch)}</h2><p>{legend}</p><main>")
        for identity in dict.fromkeys(i for c in columns.values() for i in c.rows):
            growth = {str(c.growth[identity]) for c in columns.values() if identity in c.growth}
            parts.append(f"<section><h3>{escape(identity)}</h3>{chart(identity, columns)}"
                         f"<p>{escape(' or '.join(sorted(growth)))}</p></section>")
        parts.append("</main>")
    return "\n".join(parts) + "</body></html>\n"


def main() -> int:
    parser = argparse.ArgumentParser("cost", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--html", type=Path, help="the file for the charts")
    given = parser.parse_args()
    names = committed()
    programs = sorted({arch for name in names for arch in read_committed(name)})
    print("\n\n".join("\n".join(table(arch, names)) for arch in programs))
    if given.html:
        given.html.parent.mkdir(parents=True, exist_ok=True)
        given.html.write_text(page(names, programs))
    return 0


if __name__ == "__main__":
    end_with(main, "cost")
