"""Undo and resync: what is to be put right."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from server.domain.item import Side
from server.web.schemas.base import Body
from server.web.schemas.items import HeldItem


class UndoIn(Body):
    """What to take back of a run. ``pairs`` left out: all of it. ``dry``: only show what that would do.

    ``delete``: items that it made are deleted where the app can and nobody touched them; otherwise they stay, and are
    no longer kept in step.
    """

    pairs: tuple[UUID, ...] | None = Field(default=None, max_length=1000)
    delete: bool = False
    dry: bool = True


class ResyncIn(Body):
    """What to look at again; nothing named: all pairs, and whatever is held back.

    ``hard``: every mapped field of ``side`` (left out: of the side where the item was first made) counts as changed.
    ``dry``: only show what that would do.
    """

    pairs: tuple[UUID, ...] = Field(default=(), max_length=1000)
    items: tuple[HeldItem, ...] = Field(default=(), max_length=1000)
    hard: bool = False
    side: Side | None = None
    dry: bool = True
