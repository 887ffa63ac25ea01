"""Builds the extension module of `ipc`; everything else is in pyproject.toml.

The table and the tools that read it are the harness's, in conformance/abi.
"""

import os
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ABI = "conformance/abi"


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
            depends=sorted(str(path) for path in Path("binding").glob("*.h"))
            + sorted(str(path) for path in Path("conformance").glob("seam*.h"))
            + [f"{ABI}/sysvipc.def", f"{ABI}/semun.h"],
            include_dirs=["conformance", "binding"],
            define_macros=[("_GNU_SOURCE", None), ("Py_LIMITED_API", "0x030b0000")],
            extra_compile_args=["-std=c11", "-fvisibility=hidden"],
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
