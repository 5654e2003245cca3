"""The kinds of run that there are, as a list one can read: what starts each, and what it does; it must not do it.

``feed`` is the live pass; every other kind answers a request, or something that is due before the next live pass, and
goes through the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from server.connectors.pace import Share
from server.services.sync import dry_run, feed, hints, match, realign, resync, scan, undo
from server.services.sync.work import Work
from server.store.requests import Request

Route = Callable[[Work], Iterator[object]]

ROUTES: Final[Mapping[str, Route]] = {
    "poll": feed.run,
    "now": feed.run,
    "retry": feed.errands,
    "webhook": hints.run,
    "scan": scan.run,
    "dry run": dry_run.run,
    "reconcile": realign.run,
    "match": match.run,
    "undo": undo.run,
    "resync": resync.run,
    "hard resync": resync.run,
}
"""What a run does, by its trigger. It yields after every page."""

SHARES_OF: Final[Mapping[str, Share]] = {
    "retry": Share.RETRY,
    "scan": Share.BACKFILL,
    "dry run": Share.BACKFILL,
    "reconcile": Share.BACKFILL,
    "match": Share.BACKFILL,
    "undo": Share.BACKFILL,
    "resync": Share.BACKFILL,
    "hard resync": Share.BACKFILL,
}
"""What a run's first page is for, by its trigger, where that is not live: these go over much that nobody waits for."""

LIVE: Final = frozenset({"poll", "now"})
"""The kinds that keep an integration in step: the next one begins by itself, as long as the integration runs."""

DRY: Final = frozenset({"dry run"})
"""The kinds that write nothing to an app."""

AT_REST: Final = frozenset({"dry run", "match", "undo"})
"""The kinds that are worked while the integration itself does not run."""


def is_dry(request: Request | None) -> bool:
    """Whether nothing may be written: by its kind, or because a preview was asked for."""
    if request is None:
        return False
    if request.kind == "match":
        return "preview" not in request.argument
    return request.kind in DRY or bool(request.argument.get("dry"))


def at_rest(request: Request) -> bool:
    """Whether the request is worked while the integration does not run."""
    return request.kind in AT_REST or is_dry(request)
