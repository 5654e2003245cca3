"""Previews: what a run would do, a line per item and effect."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from server.domain.integration import Document
from server.domain.rules import MatchRules, Precedence
from server.web.schemas.base import LARGEST, Body, Query, Reply


class LineOut(Reply):
    """One effect that a run would have.

    ``side`` is where, ``item_key`` the item on the other side that it comes from, ``twin_key`` the item that it goes
    to (empty: it would be made). ``action`` is create, update, add_comment, edit_comment, add_file, ..., note,
    conflict, hold, skip, restricted (it stays because its app restricts it), opened (it is restricted, and its twin is
    not), ended, outside, join or ambiguous; a create has a line for the item and one for each field.
    """

    id: int
    side: Literal["left", "right"]
    item_id: str
    item_key: str
    twin_id: str
    twin_key: str
    action: str
    field: str
    before: Any
    after: Any
    reason: str


class LinePage(Reply):
    """Lines in order. ``next`` is what to give as ``after`` next time, whether or not more is there yet."""

    lines: tuple[LineOut, ...]
    next: int


class LinesQuery(Query):
    """Lines with an id greater than ``after``; of one action only, if named."""

    after: int = Field(default=0, ge=0, le=LARGEST)
    limit: int = Field(default=200, ge=1, le=1000)
    action: str = Field(default="", max_length=40)


class RealignIn(Body):
    """How all pairs are to be brought in step after the mapping changed.

    ``wins``: whose value counts where two were never in step. ``dry``: only show what that would do; then ``document``
    may be one that is not saved yet.
    """

    wins: Precedence = Precedence.FILL
    dry: bool = True
    document: Document | None = None


class MatchIn(Body):
    """By what items that are on both sides already are to be matched; left out: as the document says."""

    rules: MatchRules | None = None


class JoinIn(Body):
    """Which match (a run) is to be carried out. ``wins``: whose value counts where two differ."""

    preview: UUID
    wins: Precedence = Precedence.FILL
