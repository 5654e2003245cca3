"""Writes NOTICE: whose work Lockstep stands on, and under which licence; it leaves no part out.

``python -m installers.notice FILE`` writes it, ``... --texts FILE`` the licences in full, as the parts bring them.
Versions are the bill's matter (``sbom``): a notice changes when a part comes, goes, or changes its licence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from installers import parts
from installers.parts import Part

_HEAD = """\
Lockstep
Copyright 2026 the authors of Lockstep

Licensed under the Apache License, Version 2.0 (LICENSE). An installation has the parts below in it, each under its own
licence. `make sbom` writes the versions of all of them, with the modules and crates that were built into some, and the
licences in full, to build/. This file is written by `make notice`, and a test holds it against what is installed.

psycopg (LGPL-3.0-only), and PySide6, shiboken6 and Qt (used under LGPL-3.0-only) are used as they come, unchanged, as
packages of the private Python environment: whoever has an installation may put changed ones in their place.

The demonstration and the tests fetch trackers of their own (Redmine, Request Tracker, Roundup) and tools. They are not
part of an installation.
"""
_TITLES = {"pypi": "Python packages, with what is built into them", "npm": "In the panel"}


def notice(made_of: Iterable[Part]) -> str:
    """The text of NOTICE."""
    made_of = tuple(made_of)
    lines = [_HEAD]
    for kind, title in _TITLES.items():
        lines += [title, "-" * len(title)]
        for part in (one for one in made_of if one.kind == kind):
            lines += _entry(part, "")
            for inside in part.inside:
                if inside.kind == "generic":
                    lines += _entry(inside, "    ")
            lines += _counted(part)
        lines.append("")
    return "\n".join(lines)


def texts(made_of: Iterable[Part]) -> str:
    """The licences in full, as each part brings them; a part that brings none names another that has the same."""
    made_of = tuple(made_of)
    bringing = {part.licence: part.name for part in reversed(made_of) if parts.licence_texts(part)}
    lines = []
    for part in made_of:
        found = parts.licence_texts(part)
        lines += [f"==== {part.name} {part.version} ({part.licence})", ""]
        lines += found or [f"It brings no text of its own; {_elsewhere(part.licence, bringing)}.", ""]
    return "\n".join(lines)


def _elsewhere(licence: str, bringing: dict[str, str]) -> str:
    if licence in bringing:
        return f"the same licence stands under {bringing[licence]}"
    first = licence.partition(" OR ")[0]
    if first in bringing:
        return f"{first} stands under {bringing[first]}"
    return "its words are those of SPDX"


def _entry(part: Part, margin: str) -> list[str]:
    return [f"{margin}{part.name} ({part.licence})", *(f"{margin}  {line}" for line in part.copyrights)]


def _counted(part: Part) -> list[str]:
    """Crates and modules are many, and their licences are the bill's; that they are there is said."""
    words = {"cargo": "crates of Rust", "golang": "modules of Go"}
    there = {one.kind for one in part.inside}
    return [f"    and {words[kind]}, each named in the bill of materials" for kind in words if kind in there]


if __name__ == "__main__":
    *how, file = sys.argv[1:]
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(texts(parts.every()) if how == ["--texts"] else notice(parts.every()))
