# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc-conform layout and the drawings of the HTML report, compared with pahole."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from test_btf import make_btf
from tree import ARCH, CONFORM, DUMP, REFERENCES, TOP, assert_refused, run

pytestmark = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")

# name, offset, size; the name of padding without a member is empty.
Piece = tuple[str, int, int]

KERNELS_NAMES = dict(
    re.findall(
        r"^(?:STRUCT|UNION)\((\w+), (\w+),",
        (TOP / "conformance" / "interface" / "sysvipc.def").read_text(),
        flags=re.M,
    )
)


def layout(*arguments: object) -> dict[str, list[Piece]]:
    """The parts of each structure."""
    result = run(CONFORM, "layout", *arguments)
    assert result.returncode == 0, result.stderr
    found: dict[str, list[Piece]] = {}
    for line in result.stdout.splitlines():
        if begin := re.match(r"(?:struct|union) (\w+) {", line):
            pieces = found.setdefault(begin[1], [])
        elif piece := re.match(r"\t\w+ +(\w+)(?:\[\])?; +/\* +(\d+) +(\d+) \*/$", line):
            pieces.append((piece[1], int(piece[2]), int(piece[3])))
        elif hole := re.match(r"\t/\* \d+ bytes? of padding \*/ +/\* +(\d+) +(\d+) \*/$", line):
            pieces.append(("", int(hole[1]), int(hole[2])))
        else:
            assert re.match(r"}; /\* size \d+|/\* \w+: has no \w+ \*/$", line), line
    return found


def pahole(obj: Path, tag: str) -> list[Piece]:
    result = run("pahole", "-F", "dwarf", "-C", tag, obj)
    assert result.returncode == 0 and result.stdout, result.stderr
    members = re.findall(
        r"(\w+)(?:\[\d*\])?(?:\)\(\))?; +/\* +(\d+) +(\d+) \*/$|"
        r"(\w+)(?:\[\d*\])?; +/\* +(\d+) \*/$",
        result.stdout,
        flags=re.M,
    )
    # pahole prints no offset for members of a union.
    return [(m[0] or m[3], int(m[1] or 0), int(m[2] or m[4])) for m in members]


@pytest.mark.skipif(not shutil.which("pahole"), reason="pahole is not installed")
def test_the_text_agrees_with_pahole(tmp_path: Path) -> None:
    obj = make_btf(tmp_path)
    found = layout("--layer", "uapi")
    assert set(found) == set(KERNELS_NAMES)
    for structure, tag in KERNELS_NAMES.items():
        members = [piece for piece in found[structure] if piece[0]]
        assert sorted(members) == sorted(pahole(obj, tag)), structure


def test_every_byte_occurs_once() -> None:
    dump = run(CONFORM, "dump", "--layer", "uapi").stdout
    for structure, pieces in layout("--layer", "uapi").items():
        if structure == "semun":
            continue
        end = 0
        for _, offset, size in pieces:
            assert offset == end, structure
            end += size
        size_of_all = re.search(rf"^struct +{structure} +size (\d+)", dump, flags=re.M)
        assert size_of_all and end == int(size_of_all[1])


def test_one_structure_of_every_layer_compiled_in() -> None:
    result = run(CONFORM, "layout", "msqid_ds")
    assert result.returncode == 0, result.stderr
    layers = re.findall(r"^struct msqid_ds { /\* ([\w-]+) \*/$", result.stdout, flags=re.M)
    assert layers[:2] == ["glibc", "uapi"]
    assert set(layers) == {path.stem for path in REFERENCES.glob("*.abi")} | {"glibc", "uapi"}


def test_a_file_is_a_layer_too(tmp_path: Path) -> None:
    dump = tmp_path / "own.abi"
    dump.write_text(run(DUMP, "uapi", "gcc").stdout)
    assert layout("shmid_ds", "--layer", dump) == layout("shmid_ds", "--layer", "uapi")
    both = run(CONFORM, "layout", "shmid_ds", "--layer", "uapi", "--layer", dump).stdout
    assert f"struct shmid_ds {{ /* {dump} */\n" in both and both.count("struct shmid_ds {") == 2


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["beos_ds"], "beos_ds"),
        (["msqid_ds", "semid_ds"], "one structure"),
        (["--layer", "beos"], "--layer: unknown layer 'beos'; known: glibc uapi"),
        (["--layer", "/dev/null"], "/dev/null: is empty"),
        (["--layer", "README.md"], "README.md: line 1"),
        (["--layer", "uapi"] * 17, "too many layers"),
        (["--frobnicate"], "--frobnicate"),
    ],
)
def test_misuse_is_one_line_and_status_2(arguments: list[str], words: str) -> None:
    assert_refused(run(CONFORM, "layout", *arguments), words)


def test_an_inconsistent_dump_is_refused(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    for size in ("-8", "0", "99999999"):
        dump.write_text(f"struct  msgbuf size {size}\n# 1 facts\n")
        assert_refused(run(CONFORM, "layout", "msgbuf", "--layer", dump), "msgbuf: has no size")


# ---- in the report ---------------------------------------------------------------------


class Drawings(HTMLParser):
    """Collects the cells of each structure; the row gives the layer, the title the bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: dict[str, list[tuple[str, int, int, int]]] = {}
        self.open: list[str] = []
        self.structure = ""
        self.line = -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        classes = (attributes.get("class") or "").split()
        if tag not in ("meta",):
            self.open.append(tag)
        if tag == "details":
            self.structure, self.line = "", -1
        self.is_name = tag == "span" and classes == ["id"]
        if classes == ["layout"]:
            self.line += 1
        title = attributes.get("title")
        if tag == "div" and title:
            area = re.match(
                r"grid-area: (\d+) / (\d+) / auto / span (\d+)", attributes["style"] or ""
            )
            assert area
            row, column, span = map(int, area.groups())
            self.cells[self.structure].append((title, row, 32 * self.line + column - 2, span))

    def handle_data(self, data: str) -> None:
        if self.open and self.is_name and not self.structure:
            self.structure = data
            self.cells[data] = []
            self.is_name = False

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    result = run(CONFORM, "run", "--only", "abi.*", "--format", "html", "--output", path)
    assert result.returncode in (0, 1), result.stderr
    return path.read_text()


def structures_of(report: str) -> str:
    return "<h2>" + report.split("<h2>Structures")[1].split("</body>")[0]


def test_each_cell_is_at_the_place_in_its_title(report: str) -> None:
    assert f"<h2>Structures of {ARCH}, byte by byte</h2>" in report
    drawings = Drawings()
    drawings.feed(structures_of(report))
    assert not drawings.open
    assert set(drawings.cells) == set(KERNELS_NAMES)
    for structure, cells in drawings.cells.items():
        drawn: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for title, row, column, span in cells:
            drawn.setdefault((title, row), []).append((column, span))
        for (title, _), parts in drawn.items():
            where = re.match(r"[\w ]+: offset (\d+), size (\d+), (\w+)", title)
            assert where, title
            offset, size = int(where[1]), int(where[2])
            assert parts[0][0] == offset, (structure, title)
            if where[3] != "array":
                assert sum(span for _, span in parts) == size, (structure, title)


def test_every_member_of_the_kernel_is_drawn(report: str) -> None:
    for structure, pieces in layout("--layer", "uapi").items():
        drawn = structures_of(report).split(f'<span class="id">{structure}</span>')[1]
        drawn = drawn.split("</details>")[0]
        for name, offset, size in pieces:
            # No padding follows an open text.
            if size and (name or structure != "msgbuf"):
                title = f'title="{name or "no member"}: offset {offset}, size {size}, '
                assert title in drawn, (structure, name)


def test_the_page_needs_no_other_file_and_follows_the_color_scheme(report: str) -> None:
    assert not re.search(r"(src|href)=|url\(|@import|<script", report)
    assert report.count("prefers-color-scheme: dark") == 2
