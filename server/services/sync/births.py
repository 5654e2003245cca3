"""Keeps what is in a container, and of which original each item is, as far as the app shows it; it must not judge.

One list for a page of new twins, however many these are, tells of all that others have made there meanwhile. What a
kill -9 leaves behind: rows without the place that was reached, which are read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.item import Item, Side
from server.domain.lineage import Newborn, alike, lineage, original
from server.services.sync import copied_database
from server.services.sync.work import Look, Work
from server.store import kin
from server.store.database import Transaction
from server.store.kin import Kin, Realm


def place(work: Work, side: Side) -> str:
    """What tells the container of a side from every other, as its app says it. Raises what the app raises."""
    return work.end(side).connector.place(work.mapping.shape(side).container)


def realm_of(work: Work, side: Side) -> Realm:
    """The container of a side as its connection sees it."""
    return Realm(work.end(side).connection, work.mapping.shape(side).container)


def root_of(place: str, item: Item | Newborn) -> int:
    """The number of an item as an original."""
    made_at = item.made_at if isinstance(item, Newborn) else item.created_at
    return original(place, item.id, "" if made_at is None else f"{made_at:%Y-%m-%dT%H:%M:%S}")


def read_on(work: Work, side: Side, place: str) -> None:
    """Read what was made in the container since it was read last: what the app shows at this very moment.

    Raises ``NeedsRelease`` where a copy of this database has made some of it.
    """
    realm, connector = realm_of(work, side), work.end(side).connector
    since, strange = copied_database.begun(work, side), list[str]()
    with work.scope.reading() as tx:
        after = kin.reached(tx, realm, place)
        if not after:
            kin.forget(tx, realm)
    for page in connector.births(realm.container, after):
        found = [_as_kin(place, one) for one in page.items]
        # No transaction: a row that is there without the next, or without the place reached, is written again.
        with work.scope.reading() as tx:
            strange += copied_database.made_by_it(tx, work, realm, since, page.items)
            kin.add(tx, realm, _without_copies(tx, realm, place, page.items, found))
            if page.reached != after:
                kin.move(tx, realm, place, page.reached)
        after = page.reached
    copied_database.stop(work, side, strange)


def _without_copies(
    tx: Transaction, realm: Realm, place: str, born: Sequence[Newborn], found: Sequence[Kin]
) -> list[Kin]:
    """The same, but a person's copy is an original: it carries an older item's id, and we did not make it."""
    if not any(one.marker is not None and not one.own for one in found):
        return list(found)
    markers = {one.marker for one in found if one.marker is not None}
    first = {marker: several[0] for marker, several in kin.by_marker(tx, realm, markers).items()}
    rest = []
    for one, raw in zip(found, born, strict=True):
        older = first.setdefault(one.marker, one) if one.marker is not None else one
        copied = older.id != one.id and not one.own
        rest.append(replace(one, root=root_of(place, raw), marker=None) if copied else one)
    return rest


def know_copies(work: Work, side: Side, marked: Sequence[Look]) -> None:
    """Tell what people copied, with our correlation id in it, from what carries it because we made it."""
    with work.scope.reading() as tx:
        known = kin.by_id(tx, realm_of(work, side), [one.item_id for one in marked])
    for one in marked:
        row = known.get(one.item_id)
        one.copied = row is not None and row.marker is None


def _as_kin(place: str, one: Newborn) -> Kin:
    said = lineage(one.marker)
    root = said.root if said is not None else root_of(place, one)
    return Kin(one.id, one.key, root, one.marker if said is not None else None, alike(one.title), one.own, one.made_at)
