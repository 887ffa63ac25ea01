# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Runs pytest in the booted machine and writes its JUnit to a port.

    inside.py PORT [OPTION OF PYTEST...]

The exit status is that of pytest.  The properties in the JUnit describe the machine.
"""

import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from xml.etree import ElementTree


def main(port: str, *options: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        return run(port, Path(folder, "junit.xml"), *options)


def run(port: str, junit: Path, *options: str) -> int:
    os.environ |= {
        "HOME": "/tmp",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": "build/python",
        "IPC_TEST_PROGRAMS": "/tree/build/programs",
        "IPC_TEST_SLOWNESS": "10",
    }
    # The console is also the kernel's log, and names of tests could look like its messages.
    command = [sys.executable, "-m", "pytest", "--tb=no", "--color=no"]
    command += [f"--junit-xml={junit}", *options]
    status = subprocess.call(command, stdin=subprocess.DEVNULL)
    if not junit.exists():
        return status or 1
    document = ElementTree.parse(junit)
    properties = ElementTree.Element("properties")
    for name, value in {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "long": f"{sysconfig.get_config_var('SIZEOF_LONG') * 8} bits, {sys.byteorder}",
    }.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)
    document.getroot()[0].insert(0, properties)
    with open(port, "wb") as out:
        document.write(out, "utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
