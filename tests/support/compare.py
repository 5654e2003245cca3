"""Compares two apps as their own interfaces show them; it must not use the server, its database or its engine.

Titles are unique in the story, so twins are found by them. What the syncing user wrote is a copy, what anybody else
wrote is an original.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

SYNC = "sync"
"""The login under which the product works; all others are people."""
Rows = Collection[tuple[str, str]]
_TEXTILE_TAGS = re.compile(r"</?(?:pre|code)>")
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class Said:
    """A comment: the login of who wrote it, and its text as it is stored."""

    author: str
    text: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A file: its name, size and SHA-256, and whether only staff sees it."""

    name: str
    size: int
    digest: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as its tracker shows it to somebody who may see everything.

    ``status`` and ``priority`` are the tracker's own ids, ``assignee`` is a login (empty: nobody). ``touched`` changes
    with every write.
    """

    id: str
    title: str
    text: str
    status: str
    priority: str
    assignee: str
    comments: tuple[Said, ...]
    files: tuple[Kept, ...]
    touched: str


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class _Words(HTMLParser):
    """The text of HTML, where links lead after their words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._targets.append(dict(attrs).get("href") or "")
        if tag in {"p", "li", "br", "h1", "h2", "h3", "pre", "blockquote", "td", "th", "div"}:
            self.found.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._targets:
            self.found.append(f" {self._targets.pop()} ")

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words(text: str, markup: str) -> list[str]:
    """The words of three letters and more, in order and lower case, without any markup."""
    if markup == "html":
        reader = _Words()
        reader.feed(text)
        reader.close()
        text = "".join(reader.found)
    elif markup == "textile":
        text = _TEXTILE_TAGS.sub(" ", text)
    return [one.strip("_") for one in _WORD.findall(text.casefold()) if len(one.strip("_")) > 2]


def twins(left: Sequence[Stored], right: Sequence[Stored]) -> Iterator[str]:
    """A sentence for each item that has not exactly one twin."""
    ours, theirs = (Counter(one.title for one in side) for side in (left, right))
    for title in sorted(ours | theirs):
        if (ours[title], theirs[title]) != (1, 1):
            yield f"“{title}” is {ours[title]} times on the left and {theirs[title]} times on the right"


def by_title(left: Sequence[Stored], right: Sequence[Stored]) -> list[tuple[Stored, Stored]]:
    """The pairs; an item without a twin is ``twins``' business."""
    theirs = {one.title: one for one in right}
    return [(one, theirs[one.title]) for one in left if one.title in theirs]


def texts(pairs: Sequence[tuple[Stored, Stored]], markups: tuple[str, str]) -> Iterator[str]:
    """A sentence for each pair whose descriptions do not say the same."""
    for one, other in pairs:
        ours, theirs = words(one.text, markups[0]), words(other.text, markups[1])
        if ours != theirs or not ours:
            yield f"“{one.title}” is described by {ours} on the left and by {theirs} on the right"


def values(pairs: Sequence[tuple[Stored, Stored]], statuses: Rows, priorities: Rows) -> Iterator[str]:
    """A sentence for each status, priority or assignee that is not what the other side's means."""
    for one, other in pairs:
        if (one.status, other.status) not in statuses:
            yield f"“{one.title}” has the status {one.status} on the left and {other.status} on the right"
        if (one.priority, other.priority) not in priorities:
            yield f"“{one.title}” has the priority {one.priority} on the left and {other.priority} on the right"
        if one.assignee != other.assignee:
            yield f"“{one.title}” is {one.assignee}'s on the left and {other.assignee}'s on the right"


def comments(
    pairs: Sequence[tuple[Stored, Stored]], markups: tuple[str, str], keep_private: tuple[bool, bool]
) -> Iterator[str]:
    """A sentence for each comment of a person without exactly one copy, and for each copy of nothing."""
    for pair in pairs:
        for here, there in ((0, 1), (1, 0)):
            originals = [one for one in pair[here].comments if one.author != SYNC]
            carried = [one for one in originals if keep_private[there] or not one.private]
            copies = [one for one in pair[there].comments if one.author == SYNC]
            for one in carried:
                found = [copy for copy in copies if is_copy(copy, markups[there], one, markups[here])]
                if len(found) != 1 or found[0].private != one.private:
                    yield f"“{pair[here].title}”: {len(found)} copies of {one}"
            if len(copies) != len(carried):
                yield f"“{pair[here].title}” has {len(copies)} copies of {len(carried)} comments: {copies}"


def is_copy(copy: Said, copied_as: str, original: Said, written_as: str) -> bool:
    """Whether a copy ends with all that the original says (it begins with who said it)."""
    wanted, found = words(original.text, written_as), words(copy.text, copied_as)
    return bool(wanted) and found[-len(wanted) :] == wanted


def files(pairs: Sequence[tuple[Stored, Stored]]) -> Iterator[str]:
    """A sentence for each pair whose public files differ by a name or a byte."""
    for one, other in pairs:
        ours, theirs = (
            Counter((file.name, file.size, file.digest) for file in side.files if not file.private)
            for side in (one, other)
        )
        if ours != theirs:
            yield f"“{one.title}” has the files {sorted(ours)} on the left and {sorted(theirs)} on the right"
