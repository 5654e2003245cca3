"""Walks through a Redmine project without missing what changes meanwhile; it must not keep what it has seen.

Redmine filters by ``>=`` and whole seconds, and an offset would skip an issue whenever an earlier one changes and
moves to the end. So each request starts anew from the last second seen; a second with more issues than a request
brings (a bulk edit) is walked by number. Redmine keeps fractions of a second without showing them, and sorts by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.connectors.reading import heads_of, ids_of, number
from server.connectors.redmine.read import Json, read_head
from server.domain.errors import TooLarge
from server.domain.item import Head, Page

PAGE = 100
"""As many issues as Redmine gives at once; it cuts a larger wish silently."""

_FEWEST = 2
"""Issues of a page: one that was seen before, and one that brings the walk on."""
_SECOND = timedelta(seconds=1)
_WITH_STAMP = {"include": "attachments,relations"}
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Listing = Callable[[Mapping[str, str]], tuple[list[Json], int]]
"""Asks for a list of issues with these parameters: the issues and how many there are in all."""


def scope(container: str) -> dict[str, str]:
    """All issues of the project itself: closed ones too, but not those of subprojects."""
    return {"project_id": container, "subproject_id": "!*", "status_id": "*"}


class Pages:
    """A list in pages as large as Redmine gives them, and in smaller ones once an answer was too large."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self.size = PAGE

    def ask(self, wish: Mapping[str, str]) -> tuple[list[Json], int]:
        """One page, and how many issues there are in all."""
        while True:
            try:
                return self._listing({**wish, "limit": str(self.size)})
            except TooLarge:
                if self.size <= _FEWEST:
                    raise
                self.size = max(_FEWEST, self.size // 4)


def at_least(value: str) -> str:
    """Redmine's filter for ``>=``."""
    return f">={value}"


def spoken(when: datetime) -> str:
    """A time as Redmine takes it in a filter: whole seconds, ``Z``; anything finer is refused."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def walk_changes(
    listing: Listing,
    container: str,
    since: datetime | None,
    now: Callable[[], datetime],
    latest: Callable[[], datetime | None] = lambda: None,
) -> Iterator[Page]:
    """Issues changed at or after ``since``, oldest first, a page a request. ``now`` and ``latest``: see ``Reading``."""

    def read(issue: Json) -> Head:
        return read_head(issue, now(), latest())

    start = (since or _BEGINNING).replace(microsecond=0)
    seen: frozenset[tuple[str, datetime, str]] = frozenset()
    total: int | None = None
    ceiling: datetime | None = None
    pages = Pages(listing)
    while True:
        wish = scope(container) | _WITH_STAMP | {"sort": "updated_on:asc,id:asc", "updated_on": at_least(spoken(start))}
        issues, count = pages.ask(wish)
        total = count if total is None else total
        heads = heads_of(issues, read, _numbered, start)
        yield from _page([one for one in heads if _sight(one) not in seen], start, total, ceiling)
        if len(issues) < pages.size:
            return
        last = heads[-1].updated_at
        if last > start:
            start = last
            seen = frozenset(_sight(one) for one in heads if one.updated_at == last)
        else:
            for page in _walk_second(pages, container, start, read):
                if ceiling is None and any(not one.stamp for one in page.heads):
                    ceiling = start  # it was not over yet: what changed within it meanwhile is for the next look
                yield page if ceiling is None else replace(page, reached=min(start, ceiling))
            start, seen = start + _SECOND, frozenset()


def _sight(one: Head) -> tuple[str, datetime, str]:
    """What an entry was seen as. Within one second an issue may change again, which its stamp tells once it is over."""
    return one.id, one.updated_at, one.stamp


def _walk_second(pages: Pages, container: str, second: datetime, read: Callable[[Json], Head]) -> Iterator[Page]:
    """All issues last changed within one second, by number."""
    after = 0
    between = f"><{spoken(second)}|{spoken(second + _SECOND)}"
    while True:
        wish = scope(container) | _WITH_STAMP | {"sort": "id:asc", "issue_id": at_least(str(after + 1))}
        issues, _ = pages.ask(wish | {"updated_on": between})
        heads = heads_of(issues, read, _numbered, second)
        yield from _page([one for one in heads if one.updated_at == second], second, None, None)
        if len(issues) < pages.size:
            return
        after = _last(issues)


def _numbered(issue: Json) -> str:
    return number(issue["id"])


def _last(issues: list[Json]) -> int:
    """The largest number of a page that is ordered by number."""
    return max(map(int, ids_of(issues, _numbered)))


def _page(heads: list[Head], start: datetime, total: int | None, ceiling: datetime | None) -> Iterator[Page]:
    """A page of these, if any. Redmine's ``>=`` also brings issues of the second before; they are left out."""
    wanted = tuple(one for one in heads if one.updated_at >= start)
    if wanted:
        latest = max(one.updated_at for one in wanted)
        yield Page(wanted, latest if ceiling is None else min(latest, ceiling), total)


def walk_census(listing: Listing, container: str) -> Iterator[tuple[str, ...]]:
    """The numbers of all issues of the project, by number."""
    after = 0
    pages = Pages(listing)
    while True:
        issues, _ = pages.ask(scope(container) | {"sort": "id:asc", "issue_id": at_least(str(after + 1))})
        yield ids_of(issues, _numbered)
        if len(issues) < pages.size:
            return
        after = _last(issues)
