"""Whoever's work is in an installation is named in NOTICE, and their licence is handed on."""

from __future__ import annotations

from installers import notice, parts
from installers.parts import Part


def test_notice_names_what_is_installed(every: tuple[Part, ...]) -> None:
    written = (parts.ROOT / "NOTICE").read_text()
    assert written == notice.notice(every), "A dependency came, went, or changed its licence: run `make notice`."


def test_a_dependency_that_comes_in_changes_it(every: tuple[Part, ...]) -> None:
    newcomer = Part("pypi", "newcomer", "1.0", "MIT", ("Copyright 2026 Somebody",))
    assert "newcomer (MIT)\n  Copyright 2026 Somebody\n" in notice.notice((*every, newcomer))
    assert notice.notice((*every, newcomer)) != notice.notice(every)


def test_the_licences_in_full_are_those_that_the_parts_bring(every: tuple[Part, ...]) -> None:
    text = notice.texts(every)
    for one in every:
        assert f"==== {one.name} {one.version} ({one.licence})" in text
        assert all(line in " ".join(text.split()) for line in one.copyrights)
    assert "Permission is hereby granted, free of charge" in text
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text


def test_lockstep_has_a_licence_itself() -> None:
    text = (parts.ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Copyright 2026 the authors of Lockstep" in text
    assert '"license": "Apache-2.0"' in (parts.PANEL / "package.json").read_text()
