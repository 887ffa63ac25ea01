# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Sphinx's settings for the docstrings of the built module and the pages of tables.py."""

import re
import tomllib
from pathlib import Path
from typing import Any

import ipc

metadata = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
project, release = metadata["name"], ipc.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
napoleon_numpy_docstring = False
html_theme = "alabaster"
html_theme_options = {"description": metadata["description"], "show_powered_by": False}
html_show_copyright = html_show_sourcelink = False
html_copy_source = False
add_module_names = False
autodoc_member_order = "bysource"
manpages_url = "https://man7.org/linux/man-pages/man{section}/{page}.{section}.html"


def take_as_text(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Escapes a docstring, which is plain text except for a module's; links its manual pages."""
    if what != "module":
        text = re.sub(r"([\\*`|]|_(?!\w))", r"\\\1", "\n".join(lines))
        lines[:] = re.sub(r"\b(\w+\([2-7]\))", r":manpage:`\1`", text).split("\n")


def setup(app: Any) -> None:
    # Before napoleon, which turns Args, Returns and Raises into fields at priority 500.
    app.connect("autodoc-process-docstring", take_as_text, priority=400)
