"""Marks and links as properly nested runs, which every markup needs and the tree does not keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from server.engine.richtext.document import Inline, Inlines, Mark, Text


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours that share a mark, or a link (then ``mark`` is None). Inside, they no longer carry it."""

    mark: Mark | None
    link: str
    inlines: Inlines


def in_runs(inlines: Inlines) -> Iterator[Inline | Run]:
    """The same inlines with the outermost marks and links as runs; the longest is outermost, code innermost."""
    index = 0
    while index < len(inlines):
        one = inlines[index]
        if not isinstance(one, Text) or not (one.marks or one.link):
            yield one
            index += 1
            continue
        mark, end = _longest(inlines, index, one)
        inner = tuple(_without(each, mark) for each in inlines[index:end] if isinstance(each, Text))
        yield Run(mark, "" if mark else one.link, inner)
        index = end


def _longest(inlines: Inlines, start: int, one: Text) -> tuple[Mark | None, int]:
    """What the text at ``start`` shares with most of those after it, and where that ends."""
    if one.marks == (Mark.CODE,) and not one.link:
        return Mark.CODE, start + 1
    looks: list[Mark | None] = [mark for mark in one.marks if mark is not Mark.CODE]
    if one.link:
        looks.append(None)
    ends = [(_end(inlines, start, mark, one.link), mark) for mark in looks]
    furthest = max(end for end, _ in ends)
    return next(mark for end, mark in ends if end == furthest), furthest


def _end(inlines: Inlines, start: int, mark: Mark | None, link: str) -> int:
    for index in range(start + 1, len(inlines)):
        one = inlines[index]
        if not isinstance(one, Text):
            return index
        if (one.link != link) if mark is None else (mark not in one.marks):
            return index
    return len(inlines)


def _without(text: Text, mark: Mark | None) -> Text:
    if mark is None:
        return replace(text, link="")
    return replace(text, marks=tuple(one for one in text.marks if one is not mark))
