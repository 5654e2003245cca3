"""Lists a Redmine project's issues in the order of their making, with the correlation ids; it must not keep any.

Numbers are given out in order, but an issue whose number was given out first may be stored last. So each look begins a
few numbers before the end of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator

from server.connectors.moments import moment
from server.connectors.reading import born_of, ids_of, number
from server.connectors.redmine.feed import Listing, Pages, at_least, scope
from server.connectors.redmine.read import Json, own_id, read_marker
from server.domain.lineage import Births, Newborn

_LATE = 25
"""So many issues may be stored later than one with a higher number."""


def walk_births(listing: Listing, container: str, after: str, marker: str | None, own: str) -> Iterator[Births]:
    """The issues beyond the number ``after`` (empty: all). ``marker``: the custom field of the correlation id."""
    first = max(0, int(after or 0) - _LATE)
    pages = Pages(listing)
    while True:
        issues, _ = pages.ask(scope(container) | {"sort": "id:asc", "issue_id": at_least(str(first + 1))})
        first = max((int(one) for one in ids_of(issues, _numbered)), default=first)
        yield Births(born_of(issues, lambda one: _newborn(one, marker, own)), str(max(first, int(after or 0))))
        if len(issues) < pages.size:
            return


def _numbered(raw: Json) -> str:
    return number(raw["id"])


def _newborn(issue: Json, marker: str | None, own: str) -> Newborn:
    numbered = number(issue["id"])
    by_us = own_id(issue.get("author")) == own
    made_at, title = moment(issue["created_on"]), str(issue.get("subject") or "")
    return Newborn(numbered, f"#{numbered}", title, read_marker(issue, marker), by_us, made_at)
