# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Builds the extension module of `ipc`; everything else is in pyproject.toml.

The table and the tools that read it are the harness's, in conformance/abi.  CC, CFLAGS,
CPPFLAGS and LDFLAGS as usual: CC may be a cross compiler, where CPPFLAGS=-I... leads it to
CPython's headers of its architecture.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ABI = "conformance/abi"
# The sources compiled in, and the tools that generate the rest; an sdist has both.
HEADERS = [
    *sorted(str(path) for path in Path("binding").glob("*.h")),
    *(f"conformance/{name}.h" for name in ("seam", "seam_check", "seam_tools")),
    *(f"{ABI}/{name}" for name in ("sysvipc.def", "semun.h")),
]
MAKERS = ["binding/stubs.py", *(f"{ABI}/{name}" for name in ("dump", "probe.h", "constants"))]

# One build for every CPython from 3.11 on; but where there is no interpreter's lock, there
# is no limited API before 3.15.
LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")


class BuildExtension(build_ext):
    """Makes the header with the constants that libc lacks, then compiles."""

    def build_extensions(self) -> None:
        made = Path(self.build_temp)
        made.mkdir(parents=True, exist_ok=True)
        compiler = [os.environ.get("CC") or str(self.compiler.compiler[0])]
        compiler += os.environ.get("CPPFLAGS", "").split()
        for output, command in {
            "uapi.abi": [f"{ABI}/dump", "uapi", *compiler],
            "kernel_constants.h": [f"{ABI}/constants", str(made / "uapi.abi")],
        }.items():
            with open(made / output, "wb") as out:
                subprocess.run(["sh", *command], stdout=out, check=True)
        for extension in self.extensions:
            extension.include_dirs.append(str(made))
        super().build_extensions()

    def get_source_files(self) -> list[str]:
        files: list[str] = super().get_source_files()  # type: ignore[no-untyped-call]
        return [*files, *HEADERS, *MAKERS]


class BuildPython(build_py):
    """Copies the package, and makes its type stubs from the table."""

    def run(self) -> None:
        super().run()
        folder = Path(self.build_lib, "ipc")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "binding/stubs.py", folder], check=True)


setup(
    cmdclass={"build_ext": BuildExtension, "build_py": BuildPython},
    ext_modules=[
        Extension(
            "ipc._ipc",
            sorted(str(path) for path in Path("binding").glob("*.c")),
            depends=HEADERS,
            include_dirs=["conformance", "binding"],
            define_macros=[("_GNU_SOURCE", None)]
            + [("Py_LIMITED_API", "0x030b0000")] * LIMITED,
            # Arguments that the interpreter has just stored one by one: a processor waits where
            # two are loaded at once.
            extra_compile_args=["-std=c11", "-fvisibility=hidden", "-fno-tree-slp-vectorize"],
            py_limited_api=LIMITED,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},
)
