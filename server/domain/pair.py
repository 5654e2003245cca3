"""A pair: the left item, the right item, and what was last seen of both; it must not know how it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from server.domain.item import Link, Side
from server.domain.values import Value

_REMOVED = "its twin was removed, and it gets no new one"


class PairState(StrEnum):
    """How far a pair has come."""

    RESERVED = "reserved"
    """One item is known; the create of its twin was planned and may or may not have happened."""
    LINKED = "linked"
    OUTSIDE = "outside"
    """One of the two items does not belong to the integration just now; nothing travels until it does again."""
    ENDED = "ended"
    """One of the two items is gone; the other is left alone."""


BOTH: Final = "both"
NOWHERE: Final = ""
"""An app worked the value out by itself."""
PARTED: Final = frozenset({PairState.OUTSIDE, PairState.ENDED})
"""In these the two items are not kept in step."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One side of a pair as last seen. ``snapshot`` is None until the side has been settled once.

    ``links`` are its relations and its parent, in its own terms; ``restricted`` is the item's word for its audience.
    """

    item_id: str | None = None
    key: str = ""
    url: str = ""
    type: str = ""
    snapshot: Mapping[str, Value] | None = None
    stamp: str = ""
    links: frozenset[Link] = frozenset()
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class CommentPair:
    """A comment and its twin. ``id`` is the correlation id; ``origin`` is where a person wrote it.

    A side's hash is the fingerprint of its body when last seen, empty while not seen yet. ``note`` says why a
    comment has no twin and shall get none.
    """

    id: str
    origin: Side
    left_id: str | None = None
    right_id: str | None = None
    left_hash: str = ""
    right_hash: str = ""
    private: bool = False
    note: str = ""

    def on(self, side: Side) -> str | None:
        """The comment's id on a side."""
        return self.left_id if side is Side.LEFT else self.right_id

    def hash_on(self, side: Side) -> str:
        """The fingerprint last seen on a side."""
        return self.left_hash if side is Side.LEFT else self.right_hash

    def seen_on(self, side: Side, comment_id: str, body_hash: str) -> CommentPair:
        """The same pair with one side's id and fingerprint known."""
        if side is Side.LEFT:
            return replace(self, left_id=comment_id, left_hash=body_hash)
        return replace(self, right_id=comment_id, right_hash=body_hash)

    def without(self, side: Side) -> CommentPair:
        """The same pair once we have removed the comment of one side; it gets no new one."""
        note = self.note or _REMOVED
        if side is Side.LEFT:
            return replace(self, left_id=None, left_hash="", note=note)
        return replace(self, right_id=None, right_hash="", note=note)


@dataclass(frozen=True, slots=True)
class AttachmentPair:
    """A file and its twin; the same shape as ``CommentPair``. ``size`` is in bytes."""

    id: str
    origin: Side
    left_id: str | None = None
    right_id: str | None = None
    name: str = ""
    size: int = 0
    sha256: str = ""
    note: str = ""

    def on(self, side: Side) -> str | None:
        """The file's id on a side."""
        return self.left_id if side is Side.LEFT else self.right_id

    def seen_on(self, side: Side, attachment_id: str) -> AttachmentPair:
        """The same pair with one side's id known."""
        if side is Side.LEFT:
            return replace(self, left_id=attachment_id)
        return replace(self, right_id=attachment_id)

    def without(self, side: Side) -> AttachmentPair:
        """The same pair once we have removed the file of one side; it gets no new one."""
        note = self.note or _REMOVED
        return replace(self, left_id=None, note=note) if side is Side.LEFT else replace(self, right_id=None, note=note)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something of a pair that the app of ``side`` did not take: it is left out until what it depends on changes.

    ``what`` says what it is (``field``, ``member`` of a set, ``comment``, ``link`` ...), ``name`` which one, by its id.
    ``value`` is a fingerprint of what was refused (of a member: itself). ``rules`` and ``beside`` are fingerprints of
    what it depends on: the mapping with the field's options, and what else the item holds; ``among`` are the members
    of a set that may have been what the app meant. ``label`` is what people call it, ``words`` are the app's own.
    """

    side: Side
    what: str
    name: str
    value: str
    rules: str = ""
    beside: str = ""
    label: str = ""
    words: str = ""
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Displaced:
    """A field that the app of ``side`` moved by itself for something that we wrote, and that is to be put back.

    ``now`` is what it holds as long as nobody else sets it, ``before`` what it held and is to hold again.
    """

    side: Side
    field: str
    now: Value
    before: Value


@dataclass(frozen=True, slots=True)
class Pair:
    """The left item and the right item of one integration. ``id`` is also the correlation id of the create.

    ``origin`` is the side whose item a person made; ``reserved_at`` is the target app's own time before the create
    was sent.
    """

    id: str
    state: PairState
    origin: Side
    left: Seen = field(default_factory=Seen)
    right: Seen = field(default_factory=Seen)
    title: str = ""
    comments: tuple[CommentPair, ...] = ()
    attachments: tuple[AttachmentPair, ...] = ()
    reserved_at: datetime | None = None
    refusals: tuple[Refusal, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    """Where a person typed what both were last in step with, by the left field's id: a side, ``BOTH``, or ``NOWHERE``.

    Of a field that is not named here: where the item was made.
    """
    displaced: tuple[Displaced, ...] = ()
    """What an app moved because of us, and what is not put back yet; nearly always nothing."""

    def on(self, side: Side) -> Seen:
        """One side."""
        return self.left if side is Side.LEFT else self.right

    def with_side(self, side: Side, seen: Seen) -> Pair:
        """The same pair with one side replaced."""
        return replace(self, left=seen) if side is Side.LEFT else replace(self, right=seen)

    def stamped(self, side: Side, stamp: str) -> Pair:
        """The same pair with another stamp on one side."""
        return self.with_side(side, replace(self.on(side), stamp=stamp))
