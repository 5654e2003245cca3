"""Promise: no text stops a page by what it costs to read, write or search; what is too costly is shown as typed.

Times are bounds that only a cost in square goes beyond; they tell nothing of a machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from server.connectors.redmine.syntax import syntax as redmine
from server.connectors.request_tracker.markup import html_to_text
from server.connectors.request_tracker.syntax import syntax as request_tracker
from server.connectors.roundup.syntax import syntax as roundup
from server.domain.html_text import unescaped
from server.domain.syntax import Syntax
from server.domain.values import LengthUnit, TextFormat
from server.engine.lengths import cut
from server.engine.richtext import LONGEST, Crossing, attributed, convert, named_items, read, said_references, write
from server.engine.richtext.build import TOO_COSTLY, TOO_LONG

LONG = 80_000
"""Characters of each text: below the bound, so its markup is read."""
ENOUGH = 4.0
"""Seconds of this process; a cost in square takes more for texts of this length, and what is linear less than one."""
DEAR = ("*_*_", " - a\n", "> > > a\n", "` ``a```\n", "<td>")
"""Pieces that a parser has much to do with, for each of them as much as for the first."""
APPS = {
    TextFormat.TEXTILE: redmine("textile", "https://red.example"),
    TextFormat.MARKDOWN: redmine("common_mark", "https://red.example"),
    TextFormat.HTML: request_tracker(TextFormat.HTML, "https://rt.example"),
    TextFormat.PLAIN: roundup("issue", "https://bugs.example/t"),
}

MARKDOWN = {
    "pictures": "![",
    "brackets": "[[a",
    "signs": "*_*_",
    "fences": "` ``a```\n",
    "quotes": "> > > a\n",
    "lists": " - a\n",
    "links to nothing": "[a](<b",
    "comments": "<!--a",
    "tags": "<a b='",
    "sections": "<![CDATA[>",
    "headings": "#",
    "definitions": "[a]: b\n",
}
HTML = {
    "comments never closed": "<!--a>",
    "sections never closed": "<![CDATA[>",
    "sections of no kind": "<![a>",
    "objects closed by what is not open": "<svg></a>",
    "tags": "<a <b>",
    "references": "&#",
    "cells": "<td>",
}
TEXTILE = {
    "code never closed": "<code>",
    "tags never closed": "<pre ",
    "links": '"a":http://b" ',
    "looks": '"{a',
    "pictures with a look": " !{a",
    "wiki links in a cell": "|[[[[",
    "spans": "*_-+a ",
    "addresses": "http://a ",
}
EVERYWHERE = {
    "dashes": "-",
    "words with dashes": "a-",
    "macros never closed": "{{a(",
    "references in each other": "r1-",
    "mentions": "@a ",
    "accents": "a\u0301\u0301",
    "flags": "\U0001f1e6",
    "classes": "issue ",
    "lines": "\n",
    "blanks": " ",
}


def filled(piece: str, length: int = LONG) -> str:
    return piece * (length // len(piece))


def took(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def everywhere(body: str, source: TextFormat) -> Iterator[str]:
    """The text in each format, with all that is done to it on its way."""
    named_items(body, APPS[source])
    for target, syntax in APPS.items():
        yield convert(body, source, target, Crossing(APPS[source], syntax)).body


@pytest.mark.parametrize(
    ("source", "piece"),
    [
        *(pytest.param(TextFormat.MARKDOWN, one, id=f"markdown {name}") for name, one in MARKDOWN.items()),
        *(pytest.param(TextFormat.HTML, one, id=f"html {name}") for name, one in HTML.items()),
        *(pytest.param(TextFormat.TEXTILE, one, id=f"textile {name}") for name, one in TEXTILE.items()),
    ],
)
def test_no_markup_costs_its_length_in_square(source: TextFormat, piece: str) -> None:
    body = filled(piece, LONG // 10 if piece in DEAR else LONG)
    assert took(lambda: read(body, source, literal=True)) < ENOUGH


@pytest.mark.parametrize("piece", [pytest.param(one, id=name) for name, one in EVERYWHERE.items()])
def test_nothing_that_is_looked_for_in_texts_costs_their_length_in_square(piece: str) -> None:
    body = filled(piece, LONG // 4)
    assert took(lambda: list(everywhere(body, TextFormat.PLAIN))) < ENOUGH


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"http://{'.' * LONG}b", id="dots in an address"),
        pytest.param(f'"a":http://b{"." * LONG}c d', id="dots in a link"),
        pytest.param(f"h1. {'#' * LONG}a", id="a heading of signs"),
        pytest.param(f"@a{'.@' * (LONG // 20)}", id="a mention of dots"),
        pytest.param(f"#{'1' * LONG}-x", id="a long number"),
        pytest.param(filled("<pre>a</pre>\n\n", LONG // 4), id="blocks of code"),
    ],
)
def test_no_single_long_thing_costs_its_length_in_square(body: str) -> None:
    assert took(lambda: list(everywhere(body[:LONG], TextFormat.TEXTILE))) < ENOUGH


def test_links_are_written_in_a_time_that_their_number_bounds() -> None:
    found = read(filled("http://a "), TextFormat.MARKDOWN)
    assert found.lost == ()
    for target in TextFormat:
        assert took(partial(write, found, target)) < ENOUGH


@pytest.mark.parametrize("piece", HTML.values(), ids=list(HTML))
def test_a_message_in_html_becomes_text_in_time(piece: str) -> None:
    assert took(lambda: html_to_text(filled(piece))) < ENOUGH


@pytest.mark.parametrize("piece", ["a\u0301\u0301", "\U0001f1e6", "\u0915\u094d", "\u1100", "\u0600", "\u200d"])
def test_a_text_is_cut_in_time(piece: str) -> None:
    assert took(lambda: cut(filled(piece), LONG // 2 + 1, LengthUnit.CHARACTERS)) < ENOUGH


def test_brackets_within_brackets_are_shown_as_they_were_typed_and_that_is_told() -> None:
    body = f"# Title\n\n{filled('![')}\n\n**end**"
    carried = convert(body, TextFormat.MARKDOWN, TextFormat.PLAIN)
    assert carried.body == body
    assert TOO_COSTLY in carried.lost
    assert TOO_COSTLY in convert(body, TextFormat.MARKDOWN, TextFormat.TEXTILE).lost


def test_as_many_links_as_a_long_text_can_hold_are_still_read() -> None:
    carried = convert(filled("[a](http://b.example) "), TextFormat.MARKDOWN, TextFormat.HTML)
    assert carried.lost == ()
    assert '<a href="http://b.example">a a a' in carried.body


def test_the_markup_of_a_text_that_is_too_long_is_shown_as_it_was_typed_and_that_is_told() -> None:
    body = filled("a b c d e f g\n", LONGEST + 100) + "**a** *b* <b>c</b>"
    for source in (TextFormat.MARKDOWN, TextFormat.TEXTILE, TextFormat.HTML):
        carried = convert(body, source, TextFormat.PLAIN)
        assert TOO_LONG in carried.lost, source
        assert carried.body == body.strip()
    kept = convert(body, TextFormat.MARKDOWN, TextFormat.MARKDOWN, Crossing(APPS[TextFormat.MARKDOWN], Syntax()))
    assert kept.body == body
    assert kept.lost == ()


def test_a_reference_is_guarded_in_a_text_that_is_too_long_for_its_markup() -> None:
    body = filled("a b c d e f g\n", LONGEST + 100) + "**a** #12 b"
    carried = convert(body, TextFormat.MARKDOWN, TextFormat.TEXTILE, Crossing(Syntax(), APPS[TextFormat.TEXTILE]))
    assert said_references(carried.body, TextFormat.TEXTILE, APPS[TextFormat.TEXTILE]) == frozenset()
    assert attributed(carried.body, TextFormat.TEXTILE, "Ann", datetime(2026, 1, 1, tzinfo=UTC)).startswith("*Ann*")


@pytest.mark.parametrize("reference", [f"&#{'9' * 5000};", f"&#{'0' * 5000}65;", f"&#{'9' * 5000}", "&#x" + "f" * 5000])
@pytest.mark.parametrize("source", list(TextFormat))
def test_a_character_whose_number_has_no_end_is_no_error(source: TextFormat, reference: str) -> None:
    body = f'{reference} @{reference}@ <a href="{reference}">x</a> !{reference}.png! "a":http://{reference}'
    for target in TextFormat:
        assert convert(body, source, target).body
    assert html_to_text(body)
    assert unescaped(f"&#{'0' * 5000}65;") == "A"


@pytest.mark.parametrize("section", ["<![foo[ a ]]>", "<![ if x]>", "<![", "<![if-x]>", "<!['a'>"])
def test_a_section_of_no_kind_is_text_and_nothing_before_it_is_there_twice(section: str) -> None:
    body = f"<p>before</p>{section}<p>after</p>"
    for seen in (convert(body, TextFormat.HTML, TextFormat.PLAIN).body, html_to_text(body)):
        assert (seen.count("before"), seen.count("after")) == (1, 1), seen


def test_what_is_too_long_for_a_projects_name_is_guarded_all_the_same() -> None:
    textile = APPS[TextFormat.TEXTILE]
    for long in (f"{'a' * 101}:#12", f"{'a-' * 200}:commit:abc", "{{include(" + "a" * 2000 + ")}}"):
        assert said_references(long, TextFormat.PLAIN, textile)
        carried = convert(long, TextFormat.PLAIN, TextFormat.TEXTILE, Crossing(Syntax(), textile)).body
        assert said_references(carried, TextFormat.TEXTILE, textile) == frozenset()
