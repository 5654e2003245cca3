"""Looks for the issue of a create whose answer was lost; it must not make one, nor decide whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from server.connectors.redmine.feed import Listing, Pages, at_least, scope, spoken
from server.connectors.redmine.read import lines, read_marker
from server.domain.item import Draft


def find_lost(listing: Listing, marker: str | None, draft: Draft, since: Callable[[], datetime]) -> tuple[str, ...]:
    """Issues that carry the correlation id; without a field for it, our own since then that say the same."""
    pages = Pages(listing)
    if marker is not None:
        issues, _ = pages.ask({f"cf_{marker}": draft.marker, "status_id": "*"})
        # Redmine ignores a filter that it does not know: then anything comes back, and it proves nothing. Nothing
        # found proves as little: the first issue of a project is made before its fields can be known.
        if issues and all(read_marker(one, marker) == draft.marker for one in issues):
            return tuple(str(one["id"]) for one in issues)
    return tuple(_alike(pages, marker, draft, since()))


def _alike(pages: Pages, marker: str | None, draft: Draft, since: datetime) -> Iterator[str]:
    wish = scope(draft.container) | {"author_id": "me", "sort": "id:asc"}
    wish["created_on"] = at_least(spoken(since))
    after = 0
    while True:
        issues, _ = pages.ask(wish | {"issue_id": at_least(str(after + 1))})
        for one in issues:
            carried = read_marker(one, marker)
            same = (
                str(one["subject"]).strip() == str(draft.fields.get("subject") or "").strip()
                and lines(one.get("description")).strip() == lines(draft.fields.get("description")).strip()
            )
            if carried == draft.marker or (carried is None and same):
                yield str(one["id"])
        if len(issues) < pages.size:
            return
        after = int(issues[-1]["id"])
