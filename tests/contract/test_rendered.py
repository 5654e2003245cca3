"""What we write, the apps' own renderers show with the very words that were meant: Redmine's three, and markdown-it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from server.domain.values import TextFormat
from server.engine.richtext import write
from tests.property.documents import document, seen, without_blanks
from tests.support.renderers import Redmine, markdown_it, redmine, visible

pytestmark = pytest.mark.trackers

_DOCUMENTS = 1500
"""Of each kind: words of every day, some awkward ones, mostly awkward ones."""
Renderer = Callable[[str], str]


@pytest.fixture(scope="module")
def ruby() -> Iterator[Redmine]:
    with redmine() as running:
        yield running


@pytest.fixture(params=["textile", "markdown", "common_mark", "markdown-it"])
def renderer(request: pytest.FixtureRequest, ruby: Redmine) -> tuple[TextFormat, Renderer]:
    """A format, and what shows it."""
    name: str = request.param
    format_ = TextFormat.TEXTILE if name == "textile" else TextFormat.MARKDOWN
    return format_, markdown_it if name == "markdown-it" else lambda text: ruby.html(name, text)


@pytest.mark.parametrize("awkward", [0.0, 0.35, 0.7])
def test_people_see_the_words_that_were_meant_whatever_these_are(
    renderer: tuple[TextFormat, Renderer], awkward: float
) -> None:
    format_, show = renderer
    for number in range(_DOCUMENTS):
        meant = document(random.Random(f"{awkward} {number}"), awkward)  # noqa: S311 - the same documents each time
        written = write(meant, format_).body
        assert without_blanks(visible(show(written))) == seen(meant), (number, written)
