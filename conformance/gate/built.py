# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Builds kernels from Debian's source in a folder that stays, so that a second build is short.

A kernel has the configuration conformance/gate/configs/common and that of its architecture.  A
kernel with a watch also has that of conformance/gate/configs/watches, with which it looks for its
own errors while it runs.
"""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boot import HERE, Misuse
from architectures import host, reference, row_of  # boot.py finds the folder

TOP = HERE.parent.parent
CONFIGS = HERE / "configs"
SOURCES = {"bookworm": "linux-source-6.1", "trixie": "linux-source-6.12"}


class Broken(Exception):
    """A kernel cannot be built; the text gives the reason."""


@dataclass(frozen=True)
class Watch:
    """How a kernel with a watch is built and booted."""

    variables: tuple[str, ...] = ()  # of make
    memory: int = 512  # MiB of the machine
    words: str = ""  # for the kernel's command line
    slower: int = 1  # the factor by which it is slower than without a watch


# A kernel that QEMU starts as an ELF image (PVH) compares strings before KASAN's shadow memory
# exists, so these two files are built without KASAN (arch/x86/platform/pvh, lib).
EARLY = ("KASAN_SANITIZE_enlighten.o=n", "KASAN_SANITIZE_string.o=n")

# By the name of the file in conformance/gate/configs/watches.  Without kasan_multi_shot, KASAN
# stops after its first report.
WATCHES = {
    "": Watch(),
    "kasan": Watch(EARLY, memory=1024, words="kasan_multi_shot", slower=10),
    "lockdep": Watch(memory=1024, slower=10),
}


def watch_named(name: str) -> Watch:
    if name not in WATCHES:
        raise Misuse(f"no such watch: {name} ({' '.join(filter(None, WATCHES))})")
    return WATCHES[name]


# ---- configurations ---------------------------------------------------------------------


def merged(text: str, lines: list[str]) -> str:
    """A configuration in which these lines replace those of the same options."""
    for line in lines:
        name = line.partition("=")[0]
        text = re.sub(rf"^{name}=.*\n", "", text, flags=re.MULTILINE) + f"{line}\n"
    return text


def wanted_config(arch: str, watch: str = "", words: tuple[str, ...] = ()) -> str:
    """The options of a kernel; words are options without CONFIG_, such as SYSVIPC=n."""
    try:
        files = ("common", row_of(arch).get("config", arch))
        text = "".join((CONFIGS / name).read_text() for name in files)
        more = (CONFIGS / "watches" / watch).read_text().splitlines() if watch else []
    except OSError as error:
        raise Misuse(f"{error.filename}: {error.strerror}") from None
    lines = [line for line in more if line.startswith("CONFIG_")]
    return merged(text, lines + [f"CONFIG_{word}" for word in words])


def not_taken(wanted: str, taken: str) -> list[str]:
    """The lines of the wanted configuration that the one made from it lacks."""
    lines = set(taken.splitlines())
    set_options = {line.partition("=")[0] for line in lines}
    return [
        line
        for line in wanted.splitlines()
        if line.startswith("CONFIG_")
        and (line.partition("=")[0] in set_options if line.endswith("=n") else line not in lines)
    ]


# ---- sources: symbolic links to Debian's, so that a patched file can be a copy ---------


def source_tree(folder: Path, suite: str, files: tuple[str, ...] = ()) -> Path:
    """Make the tree of links unless it is complete.  `files` are paths in the tree that a run may
    have left patched when it was killed."""
    if suite not in SOURCES:
        raise Misuse(f"no kernel is built from the source of {suite} ({' '.join(SOURCES)})")
    links = [folder / file for file in ("Makefile", *files)]
    if not all(link.is_symlink() and link.exists() for link in links):
        command = [str(TOP / "ci/kernel-source"), suite, SOURCES[suite]]
        found = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if found.returncode:
            sys.exit(2)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-as", found.stdout.strip(), folder], check=True)
    return folder


@contextlib.contextmanager
def only_user(folder: Path) -> Iterator[None]:
    """Wait until no other process builds in the folder: a mutant changes the sources."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---- kernels --------------------------------------------------------------------------


@dataclass(frozen=True)
class Kernel:
    """A configuration of the kernel, and the folder where it is built."""

    tree: Path
    folder: Path
    config: tuple[str, ...]
    jobs: int
    watch: str = ""
    arch: str = reference()

    def make(self, target: str, *variables: str) -> None:
        row = row_of(self.arch)
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        fixed = {"KBUILD_BUILD_TIMESTAMP": "@0", "KBUILD_BUILD_USER": "", "KBUILD_BUILD_HOST": ""}
        if self.arch != host():
            fixed["CROSS_COMPILE"] = re.sub(r"gcc.*", "", row["compiler"])
        command = ["make", f"-j{self.jobs}", f"O={self.folder}", f"ARCH={row['linux-arch']}"]
        command += [*watch_named(self.watch).variables, *variables, target]
        with (self.folder / "log").open("w") as log, subprocess.Popen(
            command,
            cwd=self.tree,
            env=kept | fixed | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                status = process.wait()
            except BaseException:
                os.killpg(process.pid, signal.SIGTERM)
                raise
        if status:
            log_text = (self.folder / "log").read_text(errors="replace")
            raise Broken(f"does not build: {first_error(log_text)}")

    def configure(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = wanted_config(self.arch, self.watch, self.config)
        fragment = self.folder / "fragment"
        if fragment.exists() and fragment.read_text() == wanted:
            return
        fragment.unlink(missing_ok=True)
        new = self.folder / "fragment.new"
        new.write_text(wanted)
        self.make("allnoconfig", f"KCONFIG_ALLCONFIG={new}")
        for line in not_taken(wanted, (self.folder / ".config").read_text()):
            raise Broken(f"this kernel does not accept {line}")
        new.rename(fragment)

    def unbroken(self) -> Path:
        file = Path(row_of(self.arch)["image-file"])
        self.make(file.name)
        return self.folder / file


def first_error(log: str) -> str:
    lines = log.splitlines()
    errors = [line for line in lines if re.search(r"\berror\b|Error \d|\*\*\*", line)]
    return (errors or lines or ["?"])[0]
