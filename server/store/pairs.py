"""Pairs with their comment and attachment pairs; it must not decide anything.

Writes go in lists: a page of a run is saved with one statement a table.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.domain.item import Link, Side
from server.domain.pair import AttachmentPair, CommentPair, Displaced, Pair, PairState, Refusal, Seen
from server.domain.syntax import Counterpart
from server.domain.values import Value
from server.store import bulk
from server.store import tables as t

_WALKED = (PairState.LINKED.value, PairState.OUTSIDE.value)
_NO_LINKS: Mapping[str, list[str]] = {}


def by_items(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> dict[str, Pair]:
    """The pairs of these items, by item id."""
    if not item_ids:
        return {}
    column = t.pairs.c.left_id if side is Side.LEFT else t.pairs.c.right_id
    return {pair.on(side).item_id or "": pair for pair in _load(tx, integration, column, item_ids)}


def by_ids(tx: Connection, integration: str, pair_ids: Iterable[str]) -> dict[str, Pair]:
    """The pairs with these ids (correlation ids), by id; ids that are no pair are left out."""
    wanted = list(pair_ids)
    if not wanted:
        return {}
    return {pair.id: pair for pair in _load(tx, integration, t.pairs.c.id, wanted)}


def page(tx: Connection, integration: str, after: str, limit: int) -> list[Pair]:
    """Pairs that are kept in step or were, by id, after that of ``after`` (empty: from the first)."""
    where = (t.pairs.c.integration_id == integration) & t.pairs.c.state.in_(_WALKED)
    if after:
        where &= t.pairs.c.id > after
    ids = tx.execute(select(t.pairs.c.id).where(where).order_by(t.pairs.c.id).limit(limit)).scalars().all()
    return sorted(by_ids(tx, integration, ids).values(), key=lambda one: ids.index(one.id))


def with_refusals(tx: Connection, integration: str) -> list[Pair]:
    """The pairs of which an app has refused something; nearly none."""
    where = (t.pairs.c.integration_id == integration) & t.pairs.c.refused.is_not(None)
    ids = tx.execute(select(t.pairs.c.id).where(where)).scalars().all()
    return list(by_ids(tx, integration, ids).values())


def refused_among(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> list[str]:
    """The pairs of these items of which an app has refused something."""
    if not item_ids:
        return []
    column = t.pairs.c.left_id if side is Side.LEFT else t.pairs.c.right_id
    where = (t.pairs.c.integration_id == integration) & t.pairs.c.refused.is_not(None)
    return [str(one) for one in tx.execute(select(t.pairs.c.id).where(where, bulk.among(column, item_ids))).scalars()]


def count(tx: Connection, integration: str, after: str = "") -> int:
    """How many pairs ``page`` will bring from there (all that are kept in step, when from the first)."""
    where = (t.pairs.c.integration_id == integration) & t.pairs.c.state.in_(_WALKED)
    if after:
        where &= t.pairs.c.id > after
    return int(tx.execute(select(func.count()).select_from(t.pairs).where(where)).scalar_one())


@dataclass(frozen=True, slots=True)
class Twin:
    """How far an item's pair has come; ``id`` of its twin is empty where there is none yet.

    ``beside`` is the twin's own audience; ``stays``: the two have parted, and one was restricted when last seen.
    """

    state: PairState
    id: str
    beside: str = ""
    stays: bool = False


def twins(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> dict[str, Twin]:
    """The twins of these items, as far as they have come, by item id."""
    if not item_ids:
        return {}
    mine, other = (
        (t.pairs.c.left_id, t.pairs.c.right_id) if side is Side.LEFT else (t.pairs.c.right_id, t.pairs.c.left_id)
    )
    given = bulk.listed(Column("item", Text), "items")
    both = (t.pairs.c.left_restricted, t.pairs.c.right_restricted)
    beside = both[1] if side is Side.LEFT else both[0]
    twin = bulk.each(
        select(
            other.label("twin"), t.pairs.c.state, beside.label("beside"), (both[0] + both[1] != "").label("told")
        ).where(t.pairs.c.integration_id == integration, mine == given.c.item),
        "twin",
    )
    query = select(given.c.item, *twin.c).select_from(given.join(twin, true()))
    rows = tx.execute(query, {"items": list(item_ids)})
    found = ((row, PairState(row.state)) for row in rows)
    return {
        row.item: Twin(state, row.twin or "", row.beside, state is PairState.OUTSIDE and row.told)
        for row, state in found
    }


def named(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> dict[str, Counterpart]:
    """The twins of these items as a text may name them, by item id; of pairs in step that everybody may see."""
    if not item_ids:
        return {}
    mine, other = ("left", "right") if side is Side.LEFT else ("right", "left")
    given = bulk.listed(Column("item", Text), "items")
    twin = bulk.each(
        select(*(t.pairs.c[f"{other}_{part}"].label(part) for part in ("id", "key", "url"))).where(
            t.pairs.c.integration_id == integration,
            t.pairs.c[f"{mine}_id"] == given.c.item,
            t.pairs.c.state == "linked",
            t.pairs.c.left_restricted + t.pairs.c.right_restricted == "",
        ),
        "twin",
    )
    query = select(given.c.item, *twin.c).select_from(given.join(twin, true()))
    rows = tx.execute(query, {"items": list(item_ids)})
    return {row.item: Counterpart(row.id, row.key, row.url) for row in rows if row.id}


@dataclass(frozen=True, slots=True)
class Lately:
    """A pair that was written lately, and its items."""

    pair: str
    synced_at: datetime
    left: str
    right: str


def lately(tx: Connection, integration: str, within: timedelta, after: Lately | None, limit: int) -> list[Lately]:
    """Pairs in step that were written ``within`` that time, the last first, beyond ``after`` (None: from the first)."""
    columns = (t.pairs.c.id, t.pairs.c.synced_at, t.pairs.c.left_id, t.pairs.c.right_id)
    where = (t.pairs.c.integration_id == integration) & (t.pairs.c.synced_at > func.now() - within)
    where &= t.pairs.c.state == bulk.constant("linked")
    if after is not None:
        place = tuple_(literal(after.synced_at, t.pairs.c.synced_at.type), literal(after.pair, t.pairs.c.id.type))
        where &= tuple_(t.pairs.c.synced_at, t.pairs.c.id) < place
    query = select(*columns).where(where).order_by(t.pairs.c.synced_at.desc(), t.pairs.c.id.desc()).limit(limit)
    return [Lately(str(row.id), row.synced_at, row.left_id, row.right_id) for row in tx.execute(query)]


def leading_to(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> list[str]:
    """The items of a side of which a link was seen that leads to one of these, and that have a twin."""
    if not item_ids:
        return []
    mine, links = (
        (t.pairs.c.left_id, t.pairs.c.left_links) if side is Side.LEFT else (t.pairs.c.right_id, t.pairs.c.right_links)
    )
    given = bulk.listed(Column("target", Text), "targets")
    leading = bulk.each(
        select(mine.label("item")).where(
            t.pairs.c.integration_id == integration,
            t.pairs.c.state == "linked",
            links != text("'{}'"),
            links.has_key(given.c.target),
        ),
        "leading",
    )
    query = select(leading.c.item).select_from(given.join(leading, true())).distinct()
    return list(tx.execute(query, {"targets": list(item_ids)}).scalars())


def reserve(tx: Connection, integration: str, pairs: Sequence[Pair]) -> None:
    """Write down pairs whose twin is about to be created. Raises on an item that has a pair already."""
    bulk.insert(tx, t.pairs, [_pair_row(integration, pair, None) for pair in pairs])


def save(tx: Connection, integration: str, pairs: Sequence[Pair]) -> None:
    """Write pairs as they are now (their comments and files aside)."""
    rows = [_pair_row(integration, pair, bulk.NOW) for pair in pairs]
    bulk.upsert(tx, t.pairs, rows, kept=("integration_id", "created_at"))


def stamp(tx: Connection, stamped: Sequence[tuple[Side, Pair]]) -> None:
    """Write the stamp of one side of each of these pairs, and nothing else: no index has anything to do then."""
    for side in Side:
        mine = [pair for where, pair in stamped if where is side]
        if mine:
            given = {"ids": [one.id for one in mine], "stamps": [one.on(side).stamp for one in mine]}
            tx.execute(_stamp(side), given)


def save_links(tx: Connection, pairs: Sequence[Pair]) -> None:
    """Write what is remembered of the links of these pairs, and nothing else."""
    for one in pairs:
        links = {"left_links": _by_target(one.left.links), "right_links": _by_target(one.right.links)}
        tx.execute(update(t.pairs).where(t.pairs.c.id == one.id).values(links))


def save_comments(tx: Connection, rows: Sequence[tuple[str, CommentPair]]) -> None:
    """Write comment pairs, each with the id of its pair."""
    bulk.upsert(tx, t.comment_pairs, [_comment_row(pair_id, one) for pair_id, one in rows], kept=("pair_id",))


def save_attachments(tx: Connection, rows: Sequence[tuple[str, AttachmentPair]]) -> None:
    """Write attachment pairs, each with the id of its pair."""
    bulk.upsert(tx, t.attachment_pairs, [_attachment_row(pair_id, one) for pair_id, one in rows], kept=("pair_id",))


def save_parts(tx: Connection, changed: Sequence[tuple[Pair, Pair]]) -> None:
    """Write what is different about the comments and files of pairs: each as it was, and as it is."""
    save_comments(tx, [(new.id, one) for old, new in changed for one in new.comments if one not in old.comments])
    files = [(new.id, one) for old, new in changed for one in new.attachments if one not in old.attachments]
    save_attachments(tx, files)


def _load(tx: Connection, integration: str, column: Column[Any], ids: Sequence[str]) -> list[Pair]:
    rows = tx.execute(_whole(column), {"integration": integration, "ids": list(ids)})
    return [_pair(row) for row in rows]


@cache
def _whole(column: Column[Any]) -> Any:
    """Whole pairs by one of their ids. Made once: to put it together takes as long as to carry it out.

    What is JSON comes as text, and not at all where it is empty: most pairs have no link, no comment and no file.
    """
    pairs = t.pairs.c
    sides = (
        _as_text(pairs[f"{side}_{name}"]) if name in ("snapshot", "links") else pairs[f"{side}_{name}"]
        for side in Side
        for name in ("id", "key", "url", "type", "snapshot", "stamp", "links", "restricted")
    )
    seldom = tuple(cast(one, Text) for one in (pairs.refused, pairs.typed, pairs.displaced))
    own = (pairs.id, pairs.state, pairs.origin, pairs.title, pairs.reserved_at, *seldom)
    given = bulk.listed(Column("wanted", column.type), "ids")
    whole = bulk.each(
        select(*own, *sides, _hanging(t.comment_pairs), _hanging(t.attachment_pairs)).where(
            pairs.integration_id == bindparam("integration"), column == given.c.wanted
        ),
        "whole",
    )
    return select(*whole.c).select_from(given.join(whole, true()))


def _as_text(column: Column[Any]) -> Any:
    return cast(func.nullif(column, text("'{}'::jsonb")) if column.name.endswith("_links") else column, Text)


@cache
def _stamp(side: Side) -> Any:
    columns = (Column("id", t.pairs.c.id.type), Column("stamp", Text))
    arrays = (bindparam(f"{one.name}s", type_=ARRAY(one.type)) for one in columns)
    given = func.unnest(*arrays).table_valued(*columns).render_derived(name="given")
    return update(t.pairs).where(t.pairs.c.id == given.c.id).values({f"{side}_stamp": given.c.stamp})


def _hanging(table: Table) -> Any:
    """The rows of ``table`` that belong to a pair, as one column: one round trip, whatever hangs on a pair."""
    rows = func.jsonb_agg(func.to_jsonb(literal_column(table.name)), type_=JSONB)
    return select(cast(rows, Text)).where(table.c.pair_id == t.pairs.c.id).scalar_subquery()


def values(held: Mapping[str, Any] | None) -> dict[str, Value] | None:
    """A snapshot as it was before it went through JSON."""
    if held is None:
        return None
    return {name: tuple(value) if isinstance(value, list) else value for name, value in held.items()}


def _pair(row: Sequence[Any]) -> Pair:
    id_, state, origin, title, reserved_at, refused, typed, displaced, *sides, comments, files = row
    return Pair(
        str(id_),
        PairState(state),
        Side(origin),
        _seen(*sides[: len(sides) // 2]),
        _seen(*sides[len(sides) // 2 :]),
        title,
        tuple(_comment(one) for one in json.loads(comments)) if comments else (),
        tuple(_attachment(one) for one in json.loads(files)) if files else (),
        reserved_at,
        tuple(_refusal(one) for one in json.loads(refused)) if refused else (),
        json.loads(typed) if typed else {},
        tuple(_displaced(one) for one in json.loads(displaced)) if displaced else (),
    )


def _displaced(row: Mapping[str, Any]) -> Displaced:
    held = values({name: row[name] for name in ("now", "before")}) or {}
    return Displaced(Side(row["side"]), row["field"], held["now"], held["before"])


def _refusal(row: Mapping[str, Any]) -> Refusal:
    among = tuple(row.get("among", ()))
    return Refusal(**{**row, "side": Side(row["side"]), "among": among})


def _seen(*columns: Any) -> Seen:
    item_id, key, url, type_, snapshot, stamp, links, restricted = columns
    held = None if snapshot is None else values(json.loads(snapshot))
    seen = _links(json.loads(links)) if links else frozenset[Link]()
    return Seen(item_id, key, url, type_, held, stamp, seen, restricted)


def _links(by_target: Mapping[str, Sequence[str]]) -> frozenset[Link]:
    return frozenset(Link(kind, target) for target, kinds in by_target.items() for kind in kinds)


def _by_target(links: frozenset[Link]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in sorted(links, key=lambda each: (each.target, each.kind)):
        found[one.target].append(one.kind)
    return found


def _comment(row: Mapping[str, Any]) -> CommentPair:
    return CommentPair(
        row["id"],
        Side(row["origin"]),
        row["left_id"],
        row["right_id"],
        row["left_hash"],
        row["right_hash"],
        row["private"],
        row["note"],
    )


def _attachment(row: Mapping[str, Any]) -> AttachmentPair:
    return AttachmentPair(
        row["id"],
        Side(row["origin"]),
        row["left_id"],
        row["right_id"],
        row["name"],
        row["size"],
        row["sha256"],
        row["note"],
    )


def _pair_row(integration: str, pair: Pair, synced_at: str | None) -> dict[str, object]:
    left, right = pair.left, pair.right
    return {
        "id": pair.id,
        "integration_id": integration,
        "state": pair.state.value,
        "origin": pair.origin.value,
        "title": pair.title,
        "reserved_at": pair.reserved_at,
        "synced_at": synced_at,
        "refused": [asdict(one) for one in pair.refusals] or None,
        "typed": dict(pair.typed) or None,
        "displaced": [asdict(one) for one in pair.displaced] or None,
        "left_id": left.item_id,
        "left_key": left.key,
        "left_url": left.url,
        "left_type": left.type,
        "left_snapshot": None if left.snapshot is None else dict(left.snapshot),
        "left_stamp": left.stamp,
        "left_links": _by_target(left.links) if left.links else _NO_LINKS,
        "left_restricted": left.restricted,
        "right_id": right.item_id,
        "right_key": right.key,
        "right_url": right.url,
        "right_type": right.type,
        "right_snapshot": None if right.snapshot is None else dict(right.snapshot),
        "right_stamp": right.stamp,
        "right_links": _by_target(right.links) if right.links else _NO_LINKS,
        "right_restricted": right.restricted,
    }


def _comment_row(pair_id: str, one: CommentPair) -> dict[str, object]:
    return {
        "id": one.id,
        "pair_id": pair_id,
        "origin": one.origin.value,
        "left_id": one.left_id,
        "right_id": one.right_id,
        "left_hash": one.left_hash,
        "right_hash": one.right_hash,
        "private": one.private,
        "note": one.note,
    }


def _attachment_row(pair_id: str, one: AttachmentPair) -> dict[str, object]:
    return {
        "id": one.id,
        "pair_id": pair_id,
        "origin": one.origin.value,
        "left_id": one.left_id,
        "right_id": one.right_id,
        "name": one.name,
        "size": one.size,
        "sha256": one.sha256,
        "note": one.note,
    }
