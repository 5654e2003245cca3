"""Reads pairs for people: lists, search, one pair with its comments and files; it must not write any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, literal, or_, select, tuple_

from server.domain.errors import NotFound, PutRight
from server.store import tables as t
from server.store.bulk import among
from server.store.database import Transaction
from server.store.naming import Named, answers


@dataclass(frozen=True, slots=True)
class SideRow:
    """One side of a pair. ``snapshot`` holds the mapped values as last seen, in that app's own terms.

    ``restricted``: the app's word for an audience of the item's own, empty where whoever sees its neighbours sees it.
    """

    id: str
    key: str
    url: str
    type: str
    snapshot: Mapping[str, Any]
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair with its integration's name."""

    id: str
    integration: str
    integration_name: str
    title: str
    state: str
    origin: str
    left: SideRow | None
    right: SideRow | None
    held: bool
    created_at: datetime
    synced_at: datetime | None


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment and its twin."""

    id: str
    origin: str
    left_id: str | None
    right_id: str | None
    private: bool
    note: str


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A file and its twin; ``size`` is in bytes."""

    id: str
    origin: str
    left_id: str | None
    right_id: str | None
    name: str
    size: int
    sha256: str
    note: str


@dataclass(frozen=True, slots=True)
class PairPage:
    """Pairs, the last synced first. ``next`` is where the next page begins; empty: there is none."""

    items: tuple[PairRow, ...]
    next: str


_HELD = exists().where(
    t.holds.c.integration_id == t.pairs.c.integration_id,
    t.holds.c.kind != "skipped",
    or_(
        t.holds.c.pair_id == t.pairs.c.id,
        and_(t.holds.c.side == "left", t.holds.c.item_id == t.pairs.c.left_id),
        and_(t.holds.c.side == "right", t.holds.c.item_id == t.pairs.c.right_id),
    ),
)
_PAIRS = select(t.pairs, t.integrations.c.name.label("integration_name"), _HELD.label("held")).join_from(
    t.pairs, t.integrations, t.integrations.c.id == t.pairs.c.integration_id
)
_WHEN = func.coalesce(t.pairs.c.synced_at, t.pairs.c.created_at)


_FOR_ALL = t.pairs.c.left_restricted + t.pairs.c.right_restricted == ""
"""Neither of the two items was restricted when last seen."""


def page(
    tx: Transaction,
    *,
    integration: str | None,
    words: str,
    state: str,
    after: str,
    limit: int,
    address: tuple[Sequence[str], Sequence[Named]] | None = None,
    every: bool = True,
) -> PairPage:
    """A page of pairs. ``words`` search keys and titles; ``state`` may be ``held``; ``after`` is a former ``next``.

    ``address``: what ``words`` mean where they are the address of an item. ``every``: titles of restricted items are
    searched, too. Raises ``PutRight`` when ``after`` is none.
    """
    query = _PAIRS.order_by(_WHEN.desc(), t.pairs.c.id.desc()).limit(limit + 1)
    if integration is not None:
        query = query.where(t.pairs.c.integration_id == integration)
    if state == "held":
        query = query.where(_HELD)
    elif state:
        query = query.where(t.pairs.c.state == state)
    if address is not None:
        query = query.where(answers(*address))
    elif words:
        pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        title = t.pairs.c.title.ilike(pattern)
        keys = (c.ilike(pattern) for c in (t.pairs.c.left_key, t.pairs.c.right_key))
        query = query.where(or_(*keys, title if every else and_(title, _FOR_ALL)))
    if after:
        at, pair_id = _place(after)
        place = tuple_(literal(at, _WHEN.type), literal(pair_id, t.pairs.c.id.type))
        query = query.where(tuple_(_WHEN, t.pairs.c.id) < place)
    rows = list(tx.execute(query))
    last = rows[limit - 1] if len(rows) > limit else None
    following = "" if last is None else f"{(last.synced_at or last.created_at).isoformat()}|{last.id}"
    return PairPage(tuple(_pair(row) for row in rows[:limit]), following)


def get(tx: Transaction, pair_id: str) -> PairRow:
    """One pair. Raises ``NotFound``."""
    row = tx.execute(_PAIRS.where(t.pairs.c.id == pair_id)).one_or_none()
    if row is None:
        raise NotFound("These two items are not kept in step (any more).")
    return _pair(row)


def comments(tx: Transaction, pair_id: str) -> tuple[CommentRow, ...]:
    """The comments of a pair."""
    query = select(t.comment_pairs).where(t.comment_pairs.c.pair_id == pair_id).order_by(t.comment_pairs.c.id)
    return tuple(
        CommentRow(row.id, row.origin, row.left_id, row.right_id, row.private, row.note) for row in tx.execute(query)
    )


def attachments(tx: Transaction, pair_id: str) -> tuple[AttachmentRow, ...]:
    """The files of a pair."""
    query = select(t.attachment_pairs).where(t.attachment_pairs.c.pair_id == pair_id)
    return tuple(
        AttachmentRow(row.id, row.origin, row.left_id, row.right_id, row.name, row.size, row.sha256, row.note)
        for row in tx.execute(query.order_by(t.attachment_pairs.c.name, t.attachment_pairs.c.id))
    )


def restricted(tx: Transaction, pair_ids: Iterable[str]) -> set[str]:
    """Those of the pairs one of whose items was restricted when last seen."""
    ids = list(pair_ids)
    if not ids:
        return set()
    query = select(t.pairs.c.id).where(among(t.pairs.c.id, ids), ~_FOR_ALL)
    return {str(one) for one in tx.execute(query).scalars()}


def counts(tx: Transaction) -> dict[str, int]:
    """How many pairs each integration keeps in step, by integration."""
    query = (
        select(t.pairs.c.integration_id, func.count())
        .where(t.pairs.c.state == "linked")
        .group_by(t.pairs.c.integration_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def _place(after: str) -> tuple[datetime, str]:
    when, _, pair_id = after.partition("|")
    try:
        at, _ = datetime.fromisoformat(when), UUID(pair_id)
    except ValueError as error:
        raise PutRight("The place to go on from is not one that this list gave.", field="after") from error
    if at.tzinfo is None:
        raise PutRight("The place to go on from is not one that this list gave.", field="after")
    return at, pair_id


def _pair(row: Any) -> PairRow:
    left = SideRow(row.left_id, row.left_key, row.left_url, row.left_type, row.left_snapshot or {}, row.left_restricted)
    right = SideRow(
        row.right_id, row.right_key, row.right_url, row.right_type, row.right_snapshot or {}, row.right_restricted
    )
    return PairRow(
        row.id,
        row.integration_id,
        row.integration_name,
        row.title,
        row.state,
        row.origin,
        left if row.left_id is not None else None,
        right if row.right_id is not None else None,
        row.held,
        row.created_at,
        row.synced_at,
    )
