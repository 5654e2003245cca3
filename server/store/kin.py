"""Which items are in a container, and of which original each is; it must not say what follows from that.

What stands here was read from the app and may be read again: no row is the only place of anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, Text, bindparam, delete, func, select, true

from server.domain.item import Side
from server.domain.lineage import bounds, lineage
from server.store import bulk
from server.store import tables as t


@dataclass(frozen=True, slots=True)
class Realm:
    """A container as one connection sees it."""

    connection: str
    container: str


@dataclass(frozen=True, slots=True)
class Kin:
    """An item of a container, and the number of its original."""

    id: str
    key: str
    root: int
    marker: str | None
    title: str
    own: bool
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Bond:
    """A pair: the item that was asked for (its id, or its key where ids were not asked for), and its twin."""

    integration: str
    item: str
    twin_id: str
    twin_key: str


def reached(tx: Connection, realm: Realm, place: str) -> str:
    """How far the container was read (empty: it was not, or the connection led to another app then)."""
    c = t.kin_cursors.c
    query = select(c.reached).where(c.connection_id == realm.connection, c.container == realm.container)
    return str(tx.execute(query.where(c.place == place)).scalar_one_or_none() or "")


def add(tx: Connection, realm: Realm, several: Sequence[Kin]) -> None:
    """Write down items that are not there yet."""
    rows = [
        {
            "connection_id": realm.connection,
            "container": realm.container,
            "item_id": one.id,
            "item_key": one.key,
            "root": one.root,
            "marker": one.marker,
            "title": one.title,
            "own": one.own,
            "made_at": one.made_at,
        }
        for one in several
    ]
    bulk.add_missing(tx, t.kin, rows)


def move(tx: Connection, realm: Realm, place: str, to: str) -> None:
    """Say how far the container was read."""
    row = {"connection_id": realm.connection, "container": realm.container, "place": place, "reached": to}
    bulk.upsert(tx, t.kin_cursors, [row])


def forget(tx: Connection, realm: Realm, item_ids: Sequence[str] | None = None) -> None:
    """Drop items that are gone (None: all of the container, and how far it was read)."""
    mine = (t.kin.c.connection_id == realm.connection) & (t.kin.c.container == realm.container)
    if item_ids is not None:
        mine &= bulk.among(t.kin.c.item_id, item_ids)
    tx.execute(delete(t.kin).where(mine))
    if item_ids is None:
        c = t.kin_cursors.c
        tx.execute(delete(t.kin_cursors).where(c.connection_id == realm.connection, c.container == realm.container))


def by_id(tx: Connection, realm: Realm, item_ids: Iterable[str]) -> dict[str, Kin]:
    """These items, by their ids."""
    return {one.id: one for one in _of(tx, realm, t.kin.c.item_id, list(item_ids))}


def by_root(tx: Connection, realm: Realm, roots: Iterable[int]) -> dict[int, list[Kin]]:
    """The items of these originals, by the original, oldest first."""
    return _grouped(_of(tx, realm, t.kin.c.root, list(roots)), lambda one: one.root)


def by_marker(tx: Connection, realm: Realm, markers: Iterable[str]) -> dict[str, list[Kin]]:
    """The items that carry one of these correlation ids, by it, oldest first."""
    return _grouped(_of(tx, realm, t.kin.c.marker, list(markers)), lambda one: one.marker or "")


def by_title(tx: Connection, realm: Realm, titles: Iterable[str]) -> dict[str, list[Kin]]:
    """The items that are called so, as far as every app keeps a title, by it, oldest first."""
    return _grouped(_of(tx, realm, t.kin.c.title, list(titles)), lambda one: one.title)


def holds_strangers(tx: Connection, realm: Realm) -> bool:
    """Whether an item carries a correlation id that no pair of this tenant has."""
    c, p = t.kin.c, t.pairs.c
    query = (
        select(c.item_id)
        .where(c.connection_id == realm.connection, c.container == realm.container, c.marker.is_not(None))
        .where(~select(p.id).where(p.id.cast(Text) == c.marker).exists())
        .limit(1)
    )
    return tx.execute(query).first() is not None


def _of(tx: Connection, realm: Realm, column: Column[Any], wanted: Sequence[Any]) -> list[Kin]:
    if not wanted:
        return []
    given, c = bulk.listed(Column("wanted", column.type), "wanted"), t.kin.c
    found = bulk.each(
        select(c.item_id, c.item_key, c.root, c.marker, c.title, c.own, c.made_at).where(
            c.connection_id == realm.connection, c.container == realm.container, column == given.c.wanted
        ),
        "found",
    )
    rows = tx.execute(select(*found.c).select_from(given.join(found, true())), {"wanted": list(wanted)})
    return [Kin(*row) for row in rows]


def _grouped(several: Iterable[Kin], key: Any) -> dict[Any, list[Kin]]:
    found: dict[Any, list[Kin]] = defaultdict(list)
    for one in sorted(several, key=lambda each: (each.made_at, each.id)):
        found[key(one)].append(one)
    return found


def of_pairs(tx: Connection, integration: str, side: Side, roots: Iterable[int]) -> dict[int, Bond]:
    """The pairs of this integration that say they are of these originals, with an item on ``side``: the twin."""
    limits = {root: bounds(root) for root in roots}
    if not limits:
        return {}
    c = t.pairs.c
    left, right = (c.left_id, c.left_key), (c.right_id, c.right_key)
    (item, key), (_, mine) = (left, right) if side is Side.LEFT else (right, left)
    within = (Column("low", c.id.type), Column("high", c.id.type))
    lists = (bindparam(f"{one.name}s", type_=ARRAY(one.type)) for one in within)
    given = func.unnest(*lists).table_valued(*within).render_derived(name="given")
    found = bulk.each(
        select(c.id, item.label("item"), key.label("key"), mine.label("mine")).where(
            c.id >= given.c.low, c.id <= given.c.high, c.integration_id == integration, item.is_not(None)
        ),
        "found",
    )
    wanted = {"lows": [low for low, _ in limits.values()], "highs": [high for _, high in limits.values()]}
    rows = tx.execute(select(*found.c).select_from(given.join(found, true())), wanted)
    told = ((lineage(str(row.id)), row) for row in rows)
    return {
        said.root: Bond(integration, row.mine, row.item, row.key)
        for said, row in told
        if said is not None and said.root in limits
    }


def owners(tx: Connection, markers: Sequence[str]) -> dict[str, str]:
    """The integrations of the tenant that know a pair by one of these correlation ids, by it."""
    query = select(t.pairs.c.id, t.pairs.c.integration_id).where(bulk.among(t.pairs.c.id, markers))
    return {str(row.id): str(row.integration_id) for row in tx.execute(query)} if markers else {}


def bonds(tx: Connection, integrations: Sequence[str], side: Side, item_ids: Sequence[str]) -> list[Bond]:
    """The pairs that these integrations have of these items of a side, with a twin."""
    if not integrations or not item_ids:
        return []
    c = t.pairs.c
    mine, twin, key = (c.left_id, c.right_id, c.right_key) if side is Side.LEFT else (c.right_id, c.left_id, c.left_key)
    query = select(c.integration_id, mine, twin, key).where(
        bulk.among(c.integration_id, integrations), bulk.among(mine, item_ids), twin.is_not(None), c.state != "ended"
    )
    return [Bond(str(row[0]), row[1], row[2], row[3]) for row in tx.execute(query)]
