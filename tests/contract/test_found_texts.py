"""Texts that once arrived otherwise than they were meant: each by its number, shown by the app it was written for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from server.connectors.request_tracker.markup import html_to_text
from server.domain.values import TextFormat
from server.engine.richtext import convert
from tests.support.renderers import Redmine, redmine, visible

pytestmark = pytest.mark.trackers

HTML, MARKDOWN, PLAIN, TEXTILE = TextFormat.HTML, TextFormat.MARKDOWN, TextFormat.PLAIN, TextFormat.TEXTILE


@pytest.fixture(scope="module")
def ruby() -> Iterator[Redmine]:
    with redmine() as running:
        yield running


@pytest.mark.parametrize(
    ("source", "body", "textile"),
    [
        pytest.param(MARKDOWN, "Steps\n-----\nOpen the page.", "h2. Steps\n\nOpen the page.", id="P01"),
        pytest.param(
            HTML,
            '<i>see <a href="https://x.example.org/a">beta</a></i> now',
            '_see "beta":https://x.example.org/a_ now',
            id="P05",
        ),
        pytest.param(
            PLAIN,
            "see https://g.example.org/d/abc?orgId=1&fullscreen",
            "see https://g.example.org/d/abc?orgId=1&fullscreen",
            id="P08",
        ),
        pytest.param(HTML, "<table><tr><td><code>c|d</code></td></tr></table>", "| <code>c|d</code> |", id="P10"),
        pytest.param(HTML, '<img src="a.png" alt=\'say "hi"\'>', '!a.png(say "hi")!', id="P27"),
        pytest.param(MARKDOWN, "- a\n  - b\n\n  after", "* a\n** b\n* after", id="P28"),
    ],
)
def test_it_is_written_as(source: TextFormat, body: str, textile: str) -> None:
    assert convert(body, source, TEXTILE).body == textile


@pytest.mark.parametrize(
    ("source", "body", "shown", "links"),
    [
        pytest.param(
            HTML,
            '<a href="https://x.example.org/a1">a</a><a href="https://x.example.org/a2">b</a>',
            "a b",
            ["https://x.example.org/a1", "https://x.example.org/a2"],
            id="P03",
        ),
        pytest.param(HTML, "<b>⚠</b> Warning", "⚠ Warning", [], id="P11"),
        pytest.param(PLAIN, '"a":http://x.example.org/y', '"a":http://x.example.org/y', [], id="P13"),
        pytest.param(MARKDOWN, "*(**foo**)*", "(foo)", [], id="P14"),
    ],
)
def test_redmine_shows(ruby: Redmine, source: TextFormat, body: str, shown: str, links: list[str]) -> None:
    html = ruby.html("textile", convert(body, source, TEXTILE).body)
    assert visible(html) == shown
    assert re.findall(r'href="([^"]*)"', html) == links


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param("<table><tr><td>a|b</td><td>c</td></tr></table>", "a|b\nc", id="P20"),
        pytest.param("user^2 and a^b", "user^2 and a^b", id="P22"),
    ],
)
def test_redmines_older_markdown_shows(ruby: Redmine, body: str, shown: str) -> None:
    assert visible(ruby.html("markdown", convert(body, HTML, MARKDOWN).body)) == shown


def test_what_is_underlined_stays_so_in_redmines_markdown(ruby: Redmine) -> None:
    written = convert("+under+", TEXTILE, MARKDOWN).body
    assert written == "<ins>under</ins>", "P19"
    assert "<ins>under</ins>" in ruby.html("common_mark", written)


def test_that_words_were_raised_is_told() -> None:
    assert convert("10<sup>6</sup> bytes", HTML, TEXTILE).lost == ("raised and lowered words stand on the line",), "P15"


def test_brackets_within_an_address_are_a_part_of_it() -> None:
    body = convert("see https://en.example.org/wiki/C_(language) ok (https://x.example.org/a)", TEXTILE, HTML).body
    assert 'href="https://en.example.org/wiki/C_(language)"' in body, "P17"
    assert 'href="https://x.example.org/a"' in body


@pytest.mark.parametrize(
    ("textile", "words"),
    [
        pytest.param("@line one\nline *two*@", "line one\nline *two*", id="P23"),
        pytest.param("use -v with foo--bar", "use -v with foo--bar", id="P24"),
    ],
)
def test_textile_reads_as_redmine_shows_it(ruby: Redmine, textile: str, words: str) -> None:
    assert visible(ruby.html("textile", textile)) == words
    assert visible(convert(textile, TEXTILE, HTML).body) == words


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        pytest.param("<pre>line 1\n  line 2</pre>", "line 1\n  line 2", id="P31"),
        pytest.param(
            '<p>see <a href="https://x.example.org/d">docs</a></p>', "see docs (https://x.example.org/d)", id="P32"
        ),
    ],
)
def test_a_page_is_read_as_plain_words(markup: str, words: str) -> None:
    assert html_to_text(markup) == words
