"""Makes sure that of all who would make the same twin at the same moment only one does; it must not make it.

The law. Whoever makes a twin (1) has said so in the control schema, under everything by which another could come to the
same twin, (2) then looks whether it is there, (3) makes it, and (4) takes back what was said once the answer is on
record, or the app has refused for certain. Of two that would make one twin, the second reads in (1) that it has to
wait; when its turn comes, its look (2) begins after the first's (4), so it finds the twin, or that there is none. That
holds for a circle, a chain and a star of one tenant, and for all tenants of a cluster, in whatever order their passes
go and wherever a process dies: what was said outlives it, and stays as long as a create's outcome is unknown.

By what another could come to it: the number of the original, which is in the twin's correlation id; in an app that
keeps none, any item that this tenant's integrations have paired with it, in turn; and its title, by which twins are
known that say nothing (``kinship``).

What it does not hold for are two installations, or a database and its copy: nothing is shared by them but the apps, and
no app makes an item only if another is not there. Each looks right before it makes one; what both make within that
moment is two items of one lineage: each is left alone by whoever does not know it, and said (``kinship``).

What a kill -9 leaves behind: what was said of twins that were never planned is dropped by the next holder, before it
works (``take_over``); what was planned is looked up first, and is over with that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress

from server.domain.errors import LockstepError
from server.domain.item import Side
from server.domain.lineage import making
from server.services.scope import TenantScope
from server.services.sync.recovery import NotYetKnown
from server.services.sync.work import Look, Work
from server.store import integrations, journal, makings
from server.store.makings import Hand

_SOON = 2.0
"""Seconds: by then whoever makes the twin has mostly done so."""


class MadeElsewhere(NotYetKnown):
    """Another integration makes the twin of this very item, or may have made it: it is looked for when that is over."""

    def __init__(self, key: str, app: str) -> None:
        super().__init__(_SOON)
        self.message = (
            f"Another integration is about to copy {key} to {app}, or waits for the answer to that. It is looked at "
            "again when that is over."
        )


def begin(work: Work, side: Side, place: str, wanted: Mapping[str, set[int]]) -> set[str]:
    """Say that twins of these items of ``side`` are about to be made at ``place``; the ids of those that have to wait.

    ``wanted``: by item id, what no other may make there meanwhile. A dry run says nothing, and nobody waits.
    """
    if work.dry or not wanted:
        return set()
    items = {_item(side, item_id): item_id for item_id in wanted}
    said = {item: wanted[item_id] for item, item_id in items.items()}
    work.making.update(items)
    with work.scope.database.control() as control:
        wait = makings.begin(control, _hand(work), making(place, "all"), said)
    return {items[one] for one in wait}


def over(work: Work) -> None:
    """Take back what was said of all twins but those of which it is not known whether they were made.

    It is called when a page is settled, or given up.
    """
    if not work.making:
        return
    with work.scope.reading() as tx:
        open_ = {_item(*one) for one in journal.making(tx, work.integration)}
    done = work.making - open_
    if not done:
        return
    lag = max(work.end(side).connector.manifest.capabilities.marker_lag for side in Side)
    with work.scope.database.control() as control:
        makings.over(control, _hand(work), done, lag)
    work.making.difference_update(done)


def given_up(work: Work) -> None:
    """The same for a page that something has stopped: what cannot be said now is said after the next page."""
    with suppress(LockstepError):
        over(work)


def take_over(scope: TenantScope, epoch: int) -> dict[str, set[int]]:
    """Drop what earlier holders said and did not come to plan; what still stands, by integration."""
    with scope.reading() as tx:
        rows = integrations.every(tx)
        standing = {row.id: {_item(*one) for one in journal.making(tx, row.id)} for row in rows}
    with scope.database.control() as control:
        every = [(integration, item) for integration, items in standing.items() for item in items]
        makings.keep(control, scope.id, epoch, every)
    return standing


def names_of(place: str, one: Look, title: str, members: Collection[tuple[str, str]]) -> set[int]:
    """All by which another could come to the twin of this item at ``place``.

    ``members``: the items (app, id) that this tenant's integrations have paired with it, and itself.
    """
    found = {making(place, "item", *each) for each in members}
    found |= {making(place, "original", str(one.root))} if one.root is not None else set()
    return found | ({making(place, "title", title)} if title else set())


def _hand(work: Work) -> Hand:
    return Hand(work.scope.id, work.integration, work.epoch)


def _item(side: Side, item_id: str) -> int:
    return making("", "of", side.value, item_id)
