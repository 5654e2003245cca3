"""Walks through a Redmine project without missing what changes meanwhile; it must not keep what it has seen.

Redmine filters by ``>=`` and whole seconds, and an offset would skip an issue whenever an earlier one changes and
moves to the end. So each request starts anew from the last second seen; a second with more issues than a request
brings (a bulk edit) is walked by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from server.connectors.redmine.read import Json, moment, read_head
from server.domain.item import Page

PAGE = 100
"""As many issues as Redmine gives at once; it cuts a larger wish silently."""

_SECOND = timedelta(seconds=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Listing = Callable[[Mapping[str, str]], tuple[list[Json], int]]
"""Asks for a list of issues with these parameters: the issues and how many there are in all."""


def scope(container: str) -> dict[str, str]:
    """All issues of the project itself: closed ones too, but not those of subprojects."""
    return {"project_id": container, "subproject_id": "!*", "status_id": "*", "limit": str(PAGE)}


def at_least(value: str) -> str:
    """Redmine's filter for ``>=``."""
    return f">={value}"


def spoken(when: datetime) -> str:
    """A time as Redmine takes it in a filter: whole seconds, ``Z``; anything finer is refused."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def walk_changes(
    listing: Listing, container: str, since: datetime | None, now: Callable[[], datetime | None]
) -> Iterator[Page]:
    """Issues changed at or after ``since``, oldest first, a page a request. ``now`` is Redmine's own time."""
    start = (since or _BEGINNING).replace(microsecond=0)
    seen: set[tuple[str, datetime]] = set()
    total: int | None = None
    after: int | None = None  # within a crowded second: the number of the last issue seen of it
    while True:
        wish = scope(container) | {"sort": "updated_on:asc,id:asc", "include": "attachments,relations"}
        wish["updated_on"] = at_least(spoken(start))
        if after is not None:
            wish["issue_id"] = at_least(str(after + 1))
        issues, count = listing(wish)
        total = count if total is None else total
        full = len(issues) >= PAGE
        if after is not None:
            issues = [one for one in issues if moment(one["updated_on"]) == start]
        heads = tuple(
            head for head in (read_head(one, now()) for one in issues) if (head.id, head.updated_at) not in seen
        )
        reached = max((one.updated_at for one in heads), default=None)
        yield Page(heads, reached, total)
        if after is not None:
            if issues and full:
                after = int(issues[-1]["id"])
            else:  # this second is done; what is later comes by time again
                start, after = start + _SECOND, None
            continue
        if not full:
            return
        last = moment(issues[-1]["updated_on"])
        if last == start:
            after = int(issues[-1]["id"])
        start = last
        seen = {(one.id, one.updated_at) for one in heads if one.updated_at == last}


def walk_census(listing: Listing, container: str) -> Iterator[tuple[str, ...]]:
    """The numbers of all issues of the project, by number."""
    after = 0
    while True:
        issues, _ = listing(scope(container) | {"sort": "id:asc", "issue_id": at_least(str(after + 1))})
        ids = tuple(str(one["id"]) for one in issues)
        yield ids
        if len(ids) < PAGE:
            return
        after = int(ids[-1])
