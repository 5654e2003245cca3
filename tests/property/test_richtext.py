"""The laws of rich text, tried with thousands of bodies nobody would think of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.values import TextFormat
from server.engine.richtext import convert, fingerprint, read, same_meaning, write
from server.engine.richtext.normal import normal
from tests.property.richtext_bodies import bodies, formats, noise

RICH = [TextFormat.MARKDOWN, TextFormat.HTML, TextFormat.TEXTILE]
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffe\uffff]")


def seen(text: str) -> list[list[str]]:
    """The words of each line that has any."""
    lines = _INVISIBLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line.split() for line in lines if line.split()]


@given(noise, formats, formats)
def test_any_text_converts(body: str, source: TextFormat, target: TextFormat) -> None:
    assert isinstance(convert(body, source, target).body, str)


@pytest.mark.parametrize("target", RICH)
@given(body=bodies)
def test_plain_text_survives_every_format(target: TextFormat, body: str) -> None:
    there = convert(body, TextFormat.PLAIN, target).body
    assert seen(convert(there, target, TextFormat.PLAIN).body) == seen(body)
    assert same_meaning(body, TextFormat.PLAIN, there, target)


@pytest.mark.parametrize("format_", RICH)
@given(body=noise)
def test_what_is_written_reads_the_same(format_: TextFormat, body: str) -> None:
    tree = read(body, format_).blocks
    assert read(write(read(body, format_), format_).body, format_).blocks == tree
    assert normal(tree) == tree


@given(noise, st.sampled_from(RICH), st.sampled_from(RICH))
def test_a_second_crossing_changes_nothing(body: str, source: TextFormat, target: TextFormat) -> None:
    once = convert(body, source, target).body
    again = convert(convert(once, target, source).body, source, target).body
    assert same_meaning(once, target, again, target)


@given(noise, formats)
def test_a_script_never_passes(body: str, source: TextFormat) -> None:
    poisoned = f"{body}<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>{body}"
    out = convert(poisoned, source, TextFormat.HTML).body if source is not TextFormat.HTML else ""
    assert "<script" not in out.lower()
    assert not re.search(r"<[^>]*\son\w+\s*=", out.lower())
    assert not re.search(r"(?:href|src)=[\"']?\s*javascript:", out.lower())


@given(bodies, formats)
def test_a_fingerprint_ignores_line_ends(body: str, format_: TextFormat) -> None:
    assert fingerprint(body, format_) == fingerprint(body.replace("\n", "  \r\n"), format_)
