"""Shows text as the apps themselves do: Redmine's own formatters in a Ruby process; it must not use our readers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt

REDMINE = Path("/usr/share/redmine")
_SCRIPT = Path(__file__).parent / "redmine.rb"
_APART = frozenset({"p", "div", "br", "li", "ul", "ol", "td", "th", "tr", "table", "pre", "blockquote", "hr"})
_APART |= {f"h{level}" for level in range(1, 7)}


@dataclass(slots=True)
class Redmine:
    """A running Ruby that shows text as Redmine does."""

    process: subprocess.Popen[str]

    def html(self, format_: str, text: str) -> str:
        """``text`` as Redmine shows it. ``format_``: ``textile``, ``markdown`` (Redcarpet) or ``common_mark``."""
        given, answers = self.process.stdin, self.process.stdout
        assert given is not None
        assert answers is not None
        given.write(json.dumps([format_, text]) + "\n")
        given.flush()
        shown: str = json.loads(answers.readline())
        return shown


@contextmanager
def redmine() -> Iterator[Redmine]:
    """Start it, and end it afterwards."""
    command = ["ruby", str(_SCRIPT), str(REDMINE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Redmine(process)
        assert process.stdin is not None
        process.stdin.close()


def markdown_it(text: str) -> str:
    """``text`` as GitHub's dialect of Markdown shows it."""
    return str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text))


@dataclass
class _Words(HTMLParser):
    pieces: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._apart(tag)

    def handle_endtag(self, tag: str) -> None:
        self._apart(tag)

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def _apart(self, tag: str) -> None:
        if tag in _APART:
            self.pieces.append("\n")


def visible(html: str) -> str:
    """The words that somebody sees, by the line; runs of blanks are one."""
    words = _Words()
    words.feed(html)
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.pieces).split("\n"))
    return "\n".join(line for line in lines if line)
