"""Pairs of items as people look at them, and items that are held back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, RootModel

from server.web.schemas.base import Body, Query, Reply
from server.web.schemas.runs import EventOut

PairState = Literal["reserved", "linked", "outside", "ended"]
SideName = Literal["left", "right"]


class ItemsQuery(Query):
    """Which items. ``q`` searches keys and titles; ``state`` may also be ``held``; ``after`` is a page's ``next``."""

    integration: UUID | None = None
    q: str = Field(default="", max_length=200)
    state: Literal["", "reserved", "linked", "outside", "ended", "held"] = ""
    after: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class ItemRef(Reply):
    """One side of a pair: its key opens ``url``."""

    id: str
    key: str
    url: str
    type: str


class ItemRow(Reply):
    """One pair in a list."""

    id: UUID
    integration: UUID
    integration_name: str
    title: str
    state: PairState
    origin: SideName
    left: ItemRef | None
    right: ItemRef | None
    held: bool
    synced_at: datetime | None


class ItemPage(Reply):
    """A page of pairs, the last synced first. ``next`` is empty on the last page."""

    items: tuple[ItemRow, ...]
    next: str


class ItemPath(Query):
    """Which pair."""

    id: UUID


class FieldValue(Reply):
    """A value of a side as last seen: ``shown`` is for people, ``value`` the app's own."""

    field: str
    label: str
    shown: str
    value: Any
    kind: str


class ItemSide(ItemRef):
    """One side of a pair with its values as last seen. ``name`` is the connection's.

    ``restricted``: the app's word for why not everybody who sees its neighbours sees it; viewers get no values then.
    """

    name: str
    fields: tuple[FieldValue, ...]
    restricted: str


class CommentPairOut(Reply):
    """A comment and its twin; ``note`` says why there is no twin."""

    id: UUID
    origin: SideName
    left_id: str | None
    right_id: str | None
    private: bool
    note: str


class AttachmentPairOut(Reply):
    """A file and its twin; ``size`` is in bytes."""

    id: UUID
    origin: SideName
    left_id: str | None
    right_id: str | None
    name: str
    size: int
    sha256: str
    note: str


class ConflictOut(Reply):
    """A field that changed on both sides to different values, and which won."""

    id: int
    at: datetime
    field_left: str
    field_right: str
    left_value: Any
    right_value: Any
    winner: Literal["left", "right", "held"]
    reason: str


class HoldOut(Reply):
    """An item that is held back. ``words`` are the app's own; ``due_at`` None: it waits for a change or a person."""

    integration: UUID
    integration_name: str
    side: SideName
    item_id: str
    item_key: str
    pair: UUID | None
    kind: Literal["retry", "quarantine", "waiting", "skipped"]
    reason: str
    words: str
    attempts: int
    due_at: datetime | None
    first_at: datetime
    last_at: datetime


class HoldList(RootModel[tuple[HoldOut, ...]]):
    """Items held back, the latest first."""


class HoldsQuery(Query):
    """Of which integration."""

    integration: UUID | None = None


class HeldItem(Body):
    """One item that is held back."""

    side: SideName
    item_id: str


class RetryIn(Body):
    """What to try again now; ``items`` left out: everything held back of the integration."""

    integration: UUID
    items: tuple[HeldItem, ...] | None = None


class Retried(Reply):
    """How many items will be tried again."""

    count: int


class ApartOut(Reply):
    """A mapped field, by its id on either side, that the two hold differently; ``reason`` says why it stays so."""

    left: str
    right: str
    name: str
    reason: str


class ItemDetail(Reply):
    """A pair with everything known of it. ``apart``: the fields that differ by what was last seen of both."""

    id: UUID
    integration: UUID
    integration_name: str
    title: str
    state: PairState
    origin: SideName
    left: ItemSide | None
    right: ItemSide | None
    comments: tuple[CommentPairOut, ...]
    attachments: tuple[AttachmentPairOut, ...]
    holds: tuple[HoldOut, ...]
    conflicts: tuple[ConflictOut, ...]
    history: tuple[EventOut, ...]
    created_at: datetime
    synced_at: datetime | None
    apart: tuple[ApartOut, ...]
