"""The laws of rich text, tried with thousands of bodies nobody would think of."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.connectors.redmine.syntax import syntax as redmine
from server.connectors.request_tracker.syntax import syntax as request_tracker
from server.connectors.roundup.syntax import syntax as roundup
from server.domain.syntax import Counterpart, Syntax
from server.domain.values import TextFormat
from server.engine.richtext import (
    Crossing,
    convert,
    fingerprint,
    plain,
    read,
    read_markdown,
    said_references,
    same_meaning,
    write,
)
from server.engine.richtext.normal import normal
from tests.property.documents import PLAIN_WORDS
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


ALIKE = [
    (TextFormat.TEXTILE, redmine("textile", "https://red.example")),
    (TextFormat.MARKDOWN, redmine("common_mark", "https://red.example")),
    (TextFormat.MARKDOWN, redmine("markdown", "https://red.example")),
    (TextFormat.HTML, request_tracker(TextFormat.HTML, "https://rt.example")),
    (TextFormat.PLAIN, request_tracker(TextFormat.PLAIN, "https://rt.example")),
    (TextFormat.PLAIN, roundup("issue", "https://bugs.example/t")),
    (TextFormat.PLAIN, Syntax()),
]
"""What apps make of text, each in a format that it has."""
apps = st.sampled_from(ALIKE)
REFERENCES = [
    "#12",
    "##3",
    "r7",
    "commit:abc",
    "user:bob",
    "@alice",
    "(@alice)",
    "issue12",
    "msg3",
    "[[Page]]",
    "{{toc}}",
]
naming = st.lists(st.one_of(noise, st.sampled_from(REFERENCES)), max_size=5).flatmap(
    lambda found: st.sampled_from([" ".join(found), "\n".join(found), "".join(found)])
)
_REDMINE_TELLS = re.compile(
    r"(?:^|\W)@([A-Za-z0-9_\-@\.]*?)(?=(?=[^\w\s][^A-Za-z0-9_/])|,|\.+$|\s|\]|<|$)", re.MULTILINE
)
"""How Redmine itself finds whom to tell, in what was written; code blocks apart."""
_BLOCKS = re.compile(r"<pre>.*?</pre>|^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)


def has_code(body: str, source: TextFormat) -> bool:
    """Whether something in it stays to the character: in plain text nothing shows that it is code, and it may link."""
    return "<code" in write(read(body, source), TextFormat.HTML).body


@given(naming, apps, apps)
def test_no_text_refers_to_a_stranger(
    body: str, here: tuple[TextFormat, Syntax], there: tuple[TextFormat, Syntax]
) -> None:
    assume(not (there[0] is TextFormat.PLAIN and has_code(body, here[0])))
    carried = convert(body, here[0], there[0], Crossing(here[1], there[1])).body
    assert said_references(carried, *there) == frozenset()


@given(naming, apps, apps)
def test_a_twin_is_the_only_one_that_a_text_refers_to(
    body: str, here: tuple[TextFormat, Syntax], there: tuple[TextFormat, Syntax]
) -> None:
    assume(not (there[0] is TextFormat.PLAIN and has_code(body, here[0])))
    twins = {
        one: Counterpart("issue77" if there[1].item == "{id}" else "77", "77", "") for one in ("12", "3", "issue12")
    }
    carried = convert(body, here[0], there[0], Crossing(here[1], there[1], twins)).body
    assert said_references(carried, *there) <= {"#77", "issue77"}


@given(naming, apps, st.sampled_from(ALIKE[:3]))
def test_redmine_tells_nobody(body: str, here: tuple[TextFormat, Syntax], there: tuple[TextFormat, Syntax]) -> None:
    body = _INVISIBLE.sub("", body)
    carried = convert(body, here[0], there[0], Crossing(here[1], there[1])).body
    told = {one for one in _REDMINE_TELLS.findall(_BLOCKS.sub("", carried)) if re.fullmatch(r"[A-Za-z0-9]\S*", one)}
    assert not told, carried


@given(bodies, apps, apps)
def test_people_see_the_same_words(
    body: str, here: tuple[TextFormat, Syntax], there: tuple[TextFormat, Syntax]
) -> None:
    guarded = convert(body, TextFormat.PLAIN, there[0], Crossing(here[1], there[1])).body
    assert seen(convert(guarded, there[0], TextFormat.PLAIN, Crossing(there[1], Syntax())).body) == seen(body)


NO_MARKUP = [
    *PLAIN_WORDS,
    "-----",
    "--",
    "-v",
    "1.",
    "12)",
    "+1",
    "(a)",
    "$5",
    '"q"',
    ":",
    "@joe",
    "%",
    "?",
    "http://x.y/z",
    " ",
]


@given(st.lists(st.lists(st.sampled_from(NO_MARKUP), max_size=5).map(" ".join), max_size=5).map("\n".join))
def test_what_is_read_the_short_way_is_what_the_parser_makes_of_it(body: str) -> None:
    assume(read_markdown.simple(body))
    assert plain.read(body).blocks == read_markdown.parsed(body).blocks
