"""Each seeded defect under each tool: who notices.

    mutants.py BUILD COLUMN...

A column is a tool, whose build in BUILD/COLUMN has the seam; TOOL-bare, a sanitizer or Valgrind
alone; or plain, the program by itself.  A cell says who noticed: the tool, a crash, the stress
programs' own frame, or nobody ("-").  The first row is a program without a defect: there a tool
that speaks gives a false alarm.

Exit status: 0 if with the seam each defect is caught, those of a message's size by asan, and no
tool gives a false alarm; 1 if not; 2 if misused.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

UNDER = Path(__file__).resolve().parents[2] / "conformance" / "stress" / "under"
SOUND = "sound"
NOTICED = {0: "-", 99: "tool", 1: "frame"}
# Valgrind's columns share a build.
BUILDS = {
    "memcheck": "valgrind",
    "helgrind": "valgrind",
    "memcheck-bare": "plain",
    "helgrind-bare": "plain",
}


def see(build: Path, column: str, defect: str) -> str:
    folder = build / BUILDS.get(column, column)
    command = [folder / "ipc-defects", defect]
    if defect == SOUND:
        command = [folder / "ipc-stress", "mixed", "--rounds", "1"]
    tool = column.removesuffix("-bare")
    done = subprocess.run(
        ["sh", UNDER, tool, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
    )
    # Where the seam speaks, valgrind's own report need not be the reason to end.
    crashed = done.returncode < 0 or done.returncode > 128
    return "crash" if crashed else NOTICED.get(done.returncode, f"?{done.returncode}")


def wrong(defect: str, cells: dict[str, str]) -> bool:
    """Whether the columns with the seam did not do what they are for."""
    seamed = {column: cell for column, cell in cells.items() if not column.endswith("-bare")}
    if defect == SOUND:
        return set(seamed.values()) != {"-"}
    if defect.startswith("mtext.") and not defect.endswith("nul_cut"):
        return seamed["asan"] != "tool"
    return not set(seamed.values()) & {"tool", "crash", "frame"}


def main() -> int:
    if len(sys.argv) < 3 or "asan" not in sys.argv:
        print("usage: mutants.py BUILD COLUMN..., asan among them", file=sys.stderr)
        return 2
    build, columns = Path(sys.argv[1]), sys.argv[2:]
    listed = subprocess.run(
        [build / "asan" / "ipc-defects", "list"], stdout=subprocess.PIPE, text=True, check=True
    )
    defects = [SOUND, *listed.stdout.split()]
    width = max(map(len, defects))
    print(" ".join([" " * width, *columns]))
    missed = 0
    with ThreadPoolExecutor(2) as pool:
        rows = [[pool.submit(see, build, column, row) for column in columns] for row in defects]
        for defect, row in zip(defects, rows):
            cells = dict(zip(columns, (cell.result() for cell in row)))
            failed = wrong(defect, cells)
            missed += failed
            line = [f"{cell:{len(column)}}" for column, cell in cells.items()]
            print(f"{defect:{width}}", *line, *["MISSED"] * failed, flush=True)
    print(f"{len(defects) - 1} defects, {len(defects) - 1 - missed} caught")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
