# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The sdist and the wheels: their content, their platform tags, and their installation."""

import email
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import ipc
from limits import HANG
from tree import ARCH, TOP, fetched

NEEDED = ("pip", "setuptools", "wheel")
# A build under a sanitizer needs more headers.
SANITIZED = {"CFLAGS": "-O0 -g0 -w -fsanitize=address"}

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED) or not shutil.which("gcc"),
    reason=f"needs gcc, {', '.join(NEEDED)}",
)


def run(*command: object, cwd: Path = TOP, **more: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command without the settings of make and without the package of this build."""
    forgotten = ("MAKEFLAGS", "MAKELEVEL", "PYTHONPATH", "CC", "CFLAGS", "CPPFLAGS", "LDFLAGS")
    environment = {k: v for k, v in os.environ.items() if k not in forgotten} | more
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG,
    )


def done(*command: object, cwd: Path = TOP, **more: str) -> str:
    """The output of a command that must succeed."""
    result = run(*command, cwd=cwd, **more)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def make(folder: Path, *archs: str, **more: str) -> list[Path]:
    printed = done(TOP / "ci/wheels", folder, *archs, cwd=TOP, PYTHON=sys.executable, **more)
    return [Path(line) for line in printed.splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sdist and the wheel for this machine."""
    return make(tmp_path_factory.mktemp("wheels"), ARCH)


@pytest.fixture(scope="module")
def sdist(made: list[Path]) -> Path:
    return made[0]


@pytest.fixture(scope="module")
def wheel(made: list[Path]) -> Path:
    return made[1]


@pytest.fixture
def sources(sdist: Path, tmp_path: Path) -> Path:
    """The sdist, unpacked outside of the tree."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    return folder


# ---- content ------------------------------------------------------------------


def test_the_same_sources_give_the_same_bytes(made: list[Path], tmp_path: Path) -> None:
    """The folder, the time and the umask do not change the bytes."""
    epoch = zipfile.ZipFile(made[1]).infolist()[0].date_time
    again = make(tmp_path, ARCH, TZ="Asia/Tokyo", PYTHONHASHSEED="1")
    assert [path.name for path in again] == [path.name for path in made]
    for one, other in zip(made, again):
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (one, other)]
        assert digests[0] == digests[1], one.name
    later = make(tmp_path / "later", SOURCE_DATE_EPOCH="1800000000")
    assert later[0].read_bytes() != made[0].read_bytes()
    assert epoch < (2027, 1, 15)


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    page = f"python_ipc-{ipc.__version__}.data/data/share/man/man1/python-ipc.1"
    assert page in names
    names.remove(page)
    package = TOP / "build" / "python"
    built = {str(path.relative_to(package)) for path in package.glob("ipc/**/*.*")}
    built = {name for name in built if "__pycache__" not in name}
    assert names == built
    assert "ipc/_ipc.abi3.so" in names and "ipc/py.typed" in names


def in_dist_info(wheel: Path, name: str) -> bytes:
    archive = zipfile.ZipFile(wheel)
    (found,) = [n for n in archive.namelist() if n.endswith(f".dist-info/{name}")]
    return archive.read(found)


def test_the_bill_of_materials_has_every_file(wheel: Path) -> None:
    """The SBOM of PEP 770 has the hashes of the files in the wheel."""
    bill = json.loads(in_dist_info(wheel, "sboms/python-ipc.cdx.json"))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["version"] == ipc.__version__
    archive = zipfile.ZipFile(wheel)
    digests = {
        name: hashlib.sha256(archive.read(name)).hexdigest()
        for name in archive.namelist()
        if name.startswith("ipc/")
    }
    assert {c["name"]: c["hashes"][0]["content"] for c in bill["components"]} == digests
    assert b"sboms/python-ipc.cdx.json,sha256=" in in_dist_info(wheel, "RECORD")


def test_the_metadata_has_the_licence_and_the_version(wheel: Path) -> None:
    metadata = email.message_from_bytes(in_dist_info(wheel, "METADATA"))
    assert "MIT" in (metadata["License"], metadata["License-Expression"])
    assert metadata["Version"] == ipc.__version__


def test_the_wheel_is_for_every_cpython_from_3_11_on(wheel: Path) -> None:
    tag = re.fullmatch(r"python_ipc-[\d.rc]+-(cp311-abi3-manylinux_2_\d+_\w+)\.whl", wheel.name)
    assert tag
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/WHEEL")]
    metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Tag"] == tag[1] and metadata["Root-Is-Purelib"] == "false"


# The files of the sdist besides the C and the Python of the package.
SHARED = [
    "binding/src/control.h",
    "binding/src/method.h",
    "binding/src/module.h",
    "binding/src/operation.h",
    "binding/src/timed.h",
    "binding/src/transfer.h",
    "conformance/interface/checked_calls.h",
    "conformance/interface/interceptors.h",
    "conformance/interface/sanitizers.h",
    *(f"conformance/interface/{name}" for name in ("sysvipc.def", "semun.h", "probe.h")),
    *(f"conformance/interface/{name}" for name in ("dump", "print-constants")),
    "binding/stubs.py",
]


@pytest.mark.parametrize("name", SHARED)
def test_the_sdist_needs_each_of_its_files(sources: Path, name: str) -> None:
    """Without any one of its files the sdist does not build."""
    (sources / name).unlink()
    command = [sys.executable, "-W", "ignore", "setup.py", "-q", "build"]
    assert run(*command, cwd=sources, **SANITIZED).returncode != 0


def test_the_sdist_has_nothing_else(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    names = {member.name.partition("/")[2] for member in members if member.isfile()}
    names = {name for name in names if ".egg-info/" not in name}
    package = {str(path.relative_to(TOP)) for path in (TOP / "binding/ipc").rglob("*.py")}
    package |= {str(path.relative_to(TOP)) for path in (TOP / "binding" / "src").glob("*.c")}
    described = {"LICENSE", "README.md", "pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO"}
    described |= {"binding/python-ipc.1", "binding/ipc/py.typed"}
    assert names == {*SHARED} | package | described
    assert {(member.uid, member.gid) for member in members} == {(0, 0)}
    assert {member.mode & 0o22 for member in members} == {0}


# ---- old headers ----------------------------------------------------------------

# Constants that the headers of Linux 3.7 lack, and one that only libc lacks.
NEW = {"MSG_COPY", "MSG_STAT_ANY", "SEM_STAT_ANY", "SHM_STAT_ANY", "SHM_HUGE_16GB"}
KERNELS_ONLY = {"SHM_EXEC"}
ASK = """
import ipc
from ipc import _ipc
documented = {line.partition(":")[0] for line in _ipc.__doc__.splitlines()}
print({name for name in NAMES if hasattr(ipc, name)} | {*NAMES} & documented, ipc.SHM_EXEC)
with (
    ipc.MessageQueue(remove_on_exit=True) as queue,
    ipc.SharedMemory(size=1, remove_on_exit=True) as segment,
    ipc.SemaphoreSet(nsems=2, remove_on_exit=True) as semaphores,
):
    print(queue.id in ipc.queues(), segment.id in ipc.segments())
    print(semaphores.id in ipc.semaphore_sets(), ipc.semctl(semaphores.id, 0, ipc.GETALL))
"""


def test_a_constant_that_the_headers_lack_is_absent(sources: Path, tmp_path: Path) -> None:
    """The package builds with such headers, and its classes do not need the constants."""
    old = tmp_path / "old"
    for folder, lacked in {"sys": NEW | KERNELS_ONLY, "linux": NEW}.items():
        (old / folder).mkdir(parents=True)
        undefined = "".join(f"#undef {name}\n" for name in sorted(lacked))
        for name in ("msg.h", "sem.h", "shm.h"):
            (old / folder / name).write_text(f"#include_next <{folder}/{name}>\n{undefined}")
    flags = {"CPPFLAGS": f"-I{old}", "CFLAGS": "-O0 -g0 -Wall -Wextra -Werror"}
    command = [sys.executable, "-W", "ignore", "setup.py", "-q", "build", "--build-lib", "made"]
    done(*command, cwd=sources, **flags)
    script = f"NAMES = {sorted(NEW)}{ASK}"
    made = {"PYTHONPATH": str(sources / "made")}
    printed = done(sys.executable, "-c", script, cwd=tmp_path, **made)
    assert printed.split("\n") == ["set() 32768", "True True", "True [0, 0]", ""]


# ---- platform tags ----------------------------------------------------------------


def versions_needed(extension: Path) -> set[tuple[int, ...]]:
    """The versions of glibc's symbols, read by another tool than the one that makes the tag."""
    elffile = pytest.importorskip("elftools.elf.elffile")
    with extension.open("rb") as file:
        elf = elffile.ELFFile(file)
        names = [
            auxiliary.name
            for _, auxiliaries in elf.get_section_by_name(".gnu.version_r").iter_versions()
            for auxiliary in auxiliaries
        ]
    assert all(name.startswith("GLIBC_2.") for name in names)
    return {tuple(map(int, name.removeprefix("GLIBC_").split("."))) for name in names}


def test_the_tag_is_that_of_the_newest_symbol(wheel: Path, tmp_path: Path) -> None:
    extension = Path(zipfile.ZipFile(wheel).extract("ipc/_ipc.abi3.so", tmp_path))
    newest = max(versions_needed(extension))
    assert wheel.name.split("-")[-1] == f"manylinux_2_{newest[1]}_{platform.machine()}.whl"


def compiled(output: Path, source: str, *flags: object) -> Path:
    """A shared library made of one line of C."""
    (output.parent / "source.c").write_text(source)
    command = ["gcc", "-shared", "-fPIC", "-w", "-o", output, output.parent / "source.c", *flags]
    done(*command)
    return output


def test_a_newer_symbol_makes_a_newer_tag(tmp_path: Path) -> None:
    """getentropy(3) came with glibc 2.25."""
    library = tmp_path / "module.so"
    compiled(library, "int getentropy(void *, unsigned long); int f(void) { return getentropy; }")
    printed = done(TOP / "ci/wheels", "--tag", library, "i386")
    assert printed == "manylinux_2_25_i686\n"
    assert max(versions_needed(library)) == (2, 25)


def test_a_library_outside_of_the_policy_is_refused(tmp_path: Path) -> None:
    library = tmp_path / "module.so"
    compiled(tmp_path / "libother.so", "int other(void) { return 1; }", "-Wl,-soname,libother.so")
    compiled(library, "int other(void); int f(void) { return other(); }", tmp_path / "libother.so")
    result = run(TOP / "ci/wheels", "--tag", library, ARCH)
    assert result.returncode == 2
    assert re.fullmatch(r"wheels: \S+ needs more than glibc: libother\.so \n", result.stderr)


@pytest.fixture(scope="module")
def musl() -> Path:
    """The root of musl, if this machine has it."""
    return fetched("sysroot", "--cached", "--musl", ARCH)


def linked_with_musl(library: Path, musl: Path, *more: object) -> None:
    place = [f"--sysroot={musl}", f"-B{musl}/lib", f"-L{musl}/lib", "-static-libgcc"]
    compiled(library, "int puts(const char *); int f(void) { return puts(0); }", *place, *more)


def test_a_module_of_musl_has_the_tag_of_that_musl(musl: Path, tmp_path: Path) -> None:
    """musl has no symbol versions, so the tag has the version of the linked musl (PEP 656)."""
    linked_with_musl(tmp_path / "module.so", musl)
    major, minor, _ = (musl / "version").read_text().split(".")
    printed = done(TOP / "ci/wheels", "--tag", tmp_path / "module.so", f"{ARCH}-musl")
    assert printed == f"musllinux_{major}_{minor}_{platform.machine()}\n"


def test_a_module_is_of_one_libc(musl: Path, tmp_path: Path) -> None:
    """A module that is linked with the other libc, or with another library, has no tag."""
    compiled(tmp_path / "glibc.so", "int puts(const char *); int f(void) { return puts(0); }")
    result = run(TOP / "ci/wheels", "--tag", tmp_path / "glibc.so", f"{ARCH}-musl")
    assert (result.returncode, "needs more than musl: libc.so.6" in result.stderr) == (2, True)
    linked_with_musl(tmp_path / "musl.so", musl)
    result = run(TOP / "ci/wheels", "--tag", tmp_path / "musl.so", ARCH)
    assert (result.returncode, "needs more than glibc: libc.so " in result.stderr) == (2, True)


def test_the_table_of_the_guide_has_each_wheel() -> None:
    guide = (TOP / "docs" / "maintainers" / "release.md").read_text()
    (table,) = re.findall(r"^\| wheels \|.*\n\| ---.*\n((?:\|.*\n)+)", guide, flags=re.M)
    names = [name for row in table.splitlines() for name in row.split("|")[1].strip().split(", ")]
    assert sorted(names) == sorted(done(TOP / "ci/wheels", "--list").split())


@pytest.mark.parametrize(
    "arguments, words",
    [([], "usage: check-wheels FOLDER"), (["{}/none"], "no such folder: {}/none"),
     (["{}", "pdp11"], "no such architecture: pdp11"), (["{}", "i386"], "{} has no wheel of i386")],
)
def test_misuse_of_check_wheels_is_one_line(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    place = str(tmp_path)
    result = run(TOP / "ci/check-wheels", *(word.replace("{}", place) for word in arguments))
    assert result.returncode == 2
    assert result.stderr.startswith(f"check-wheels: {words.replace('{}', place)}")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["--tag"], ["--tag", "README.md", "i386"]])
def test_a_wrong_argument_gives_one_line(arguments: list[str]) -> None:
    result = run(TOP / "ci/wheels", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1 and result.stderr.startswith("wheels: ")


def test_an_unknown_architecture_gives_one_line(tmp_path: Path) -> None:
    result = run(TOP / "ci/wheels", tmp_path / "folder", "pdp11", PYTHON=sys.executable)
    assert result.returncode == 2
    table = "conformance/abi/architectures.toml"
    assert result.stderr == f"wheels: no such architecture in {table}: pdp11\n"


# ---- installation ----------------------------------------------------------------

PROGRAM = """
import ipc
msqid = ipc.msgget(ipc.IPC_PRIVATE, 0o600)
try:
    ipc.msgsnd(msqid, ipc.mkmsgbuf(1, b"text"))
    message = ipc.msgbuf(capacity=10)
    ipc.msgrcv(msqid, message)
finally:
    ipc.msgctl(msqid, ipc.IPC_RMID)
print(message.mtext, ipc.__file__)
"""


def installed(folder: Path, cwd: Path, *what: object) -> None:
    """Installs a file with pip, without an index, and imports the module."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--root-user-action=ignore"]
    done(*pip, "--target", folder, *what, cwd=cwd)
    printed = done(sys.executable, "-c", PROGRAM, cwd=cwd, PYTHONPATH=str(folder))
    assert printed == f"b'text' {folder}/ipc/__init__.py\n"
    assert (folder / "ipc" / "__init__.pyi").exists()


def test_the_wheel_installs(wheel: Path, tmp_path: Path) -> None:
    """pip refuses a wheel that is not for this interpreter and this libc."""
    installed(tmp_path / "site", tmp_path, wheel)


def test_the_sdist_installs(sources: Path, tmp_path: Path) -> None:
    installed(tmp_path / "site", sources, "--no-build-isolation", ".")
