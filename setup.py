# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Builds the extension module of `ipc`; pyproject.toml has the rest of the configuration.

The environment variables CC, CFLAGS, CPPFLAGS and LDFLAGS have their usual meaning.  CC may be a
cross compiler; CPPFLAGS=-I... then names the folder of CPython's headers for its architecture.
"""

import contextlib
import hashlib
import importlib
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import setuptools
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

# setuptools has bdist_wheel since version 70; for older versions the package wheel has it.
WheelCommand: Any = None
for module in ("setuptools.command.bdist_wheel", "wheel.bdist_wheel"):
    if WheelCommand is None:
        with contextlib.suppress(ImportError):
            WheelCommand = importlib.import_module(module).bdist_wheel

INTERFACE = "conformance/interface"
# Headers, and the tools that generate headers and stubs; an sdist needs both.
HEADERS = [
    *sorted(str(path) for path in Path("binding/src").glob("*.h")),
    *(f"{INTERFACE}/{name}.h" for name in ("checked_calls", "interceptors", "sanitizers")),
    *(f"{INTERFACE}/{name}" for name in ("sysvipc.def", "semun.h")),
]
MAKERS = [
    "binding/stubs.py",
    *(f"{INTERFACE}/{name}" for name in ("dump", "probe.h", "print-constants")),
]

# The limited API makes one build for every CPython from 3.11 on.  A CPython without the GIL has
# no limited API before 3.15.
LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")


class BuildExtension(build_ext):
    """Generates the header with the constants that libc lacks, then compiles."""

    def build_extensions(self) -> None:
        made = Path(self.build_temp)
        made.mkdir(parents=True, exist_ok=True)
        compiler = [os.environ.get("CC") or str(self.compiler.compiler[0])]
        compiler += os.environ.get("CPPFLAGS", "").split()
        for output, command in {
            "uapi.abi": [f"{INTERFACE}/dump", "uapi", *compiler],
            "kernel_constants.h": [f"{INTERFACE}/print-constants", str(made / "uapi.abi")],
        }.items():
            with open(made / output, "wb") as out:
                subprocess.run(["sh", *command], stdout=out, check=True)
        for extension in self.extensions:
            extension.include_dirs.append(str(made))
        # Extension modules do not link with libpython, and a cross linker rejects this machine's
        # libraries in its folder.
        self.compiler.set_library_dirs([])
        super().build_extensions()

    def get_source_files(self) -> list[str]:
        files: list[str] = super().get_source_files()  # type: ignore[no-untyped-call]
        return [*files, *HEADERS, *MAKERS]


class BuildPython(build_py):
    """Copies the package and generates its type stubs."""

    def run(self) -> None:
        super().run()
        folder = Path(self.build_lib, "ipc")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "binding/stubs.py", folder], check=True)


class BuildWheel(WheelCommand or object):  # type: ignore[misc]
    """Adds a bill of materials (PEP 770, CycloneDX) to the metadata.

    It has no time and no serial number, so that the build is reproducible.
    """

    def egg2dist(self, egginfo_path: str, distinfo_path: str) -> None:
        super().egg2dist(egginfo_path, distinfo_path)
        folder = Path(distinfo_path, "sboms")
        folder.mkdir()
        text = json.dumps(self.bill_of_materials(), indent=1, sort_keys=True)
        (folder / "python-ipc.cdx.json").write_text(text + "\n")

    def bill_of_materials(self) -> dict[str, Any]:
        version = self.distribution.get_version()
        reference = f"pkg:pypi/python-ipc@{version}"
        package = Path(self.bdist_dir)
        files = sorted(path for path in package.glob("ipc/**/*") if path.suffix != ".pyc")
        return {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "component": {
                    "type": "library",
                    "bom-ref": reference,
                    "name": "python-ipc",
                    "version": version,
                    "purl": reference,
                    "licenses": [{"license": {"id": "MIT"}}],
                }
            },
            "components": [
                {
                    "type": "file",
                    "bom-ref": str(path.relative_to(package)),
                    "name": str(path.relative_to(package)),
                    "hashes": [
                        {"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}
                    ],
                }
                for path in files
                if path.is_file()
            ],
            # The wheel bundles no library: it uses the C library and the interpreter of the system.
            "dependencies": [{"ref": reference, "dependsOn": []}],
        }


# The licence as an SPDX expression (PEP 639); older versions of setuptools call the field license.
EXPRESSION = int(setuptools.__version__.split(".")[0]) >= 77
LICENCE: dict[str, Any] = {"license_expression" if EXPRESSION else "license": "MIT"}

setup(
    **LICENCE,
    data_files=[("share/man/man1", ["binding/python-ipc.1"])],
    cmdclass={"build_ext": BuildExtension, "build_py": BuildPython}
    | ({"bdist_wheel": BuildWheel} if WheelCommand else {}),
    ext_modules=[
        Extension(
            "ipc._ipc",
            sorted(str(path) for path in Path("binding/src").glob("*.c")),
            depends=HEADERS,
            include_dirs=["conformance", "binding/src"],
            define_macros=[("_GNU_SOURCE", None)]
            + [("Py_LIMITED_API", "0x030b0000")] * LIMITED,
            # The SLP vectorizer would load two arguments with one instruction.  The interpreter has
            # just stored them one by one, and a processor cannot forward two stores to one load.
            extra_compile_args=["-std=c11", "-fvisibility=hidden", "-fno-tree-slp-vectorize"],
            py_limited_api=LIMITED,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},
)
