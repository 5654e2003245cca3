"""What is to be done to an app, as values that can be written down before they are carried out.

An operation is journaled and committed before any remote write. It must not know how it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from server.domain.item import CommentDraft, Draft, Link, Side
from server.domain.values import Value


@dataclass(frozen=True, slots=True)
class CreateItem:
    """Make the twin."""

    draft: Draft
    kind: Literal["create"] = "create"


@dataclass(frozen=True, slots=True)
class RestrictItem:
    """Restrict the twin by the flag ``field``, as its original is. What comes after it is sent only if it took."""

    field: str
    kind: Literal["restrict"] = "restrict"


@dataclass(frozen=True, slots=True)
class UpdateItem:
    """Write fields of the twin. ``before`` holds what each field held, for the history and for undo.

    ``via``: the values over which a field is taken to its new one (a status through the workflow). Found there after a
    death, they are ours.
    """

    changed: Mapping[str, Value]
    before: Mapping[str, Value]
    via: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kind: Literal["update"] = "update"


@dataclass(frozen=True, slots=True)
class AddComment:
    """Post a comment's twin. ``source`` is the original's id on the other side, empty for a notice of our own."""

    source: str
    draft: CommentDraft
    kind: Literal["add_comment"] = "add_comment"


@dataclass(frozen=True, slots=True)
class EditComment:
    """Replace the body of a comment's twin. ``source_hash`` is the fingerprint of the original's new body.

    ``before`` holds what the twin said, for undo (None: it was not read).
    """

    comment_pair: str
    target: str
    body: str
    source_hash: str
    before: str | None = None
    kind: Literal["edit_comment"] = "edit_comment"


@dataclass(frozen=True, slots=True)
class DeleteComment:
    """Remove a comment's twin, ``target``."""

    comment_pair: str
    target: str
    kind: Literal["delete_comment"] = "delete_comment"


@dataclass(frozen=True, slots=True)
class AddFile:
    """Attach a file's twin. ``source`` is the original's id on the other side; ``size`` is in bytes.

    ``marker`` is the id of its attachment pair.
    """

    marker: str
    source: str
    name: str
    content_type: str
    size: int
    kind: Literal["add_file"] = "add_file"


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """Remove a file's twin, ``target``; ``name`` is for the history."""

    attachment_pair: str
    target: str
    name: str
    kind: Literal["delete_file"] = "delete_file"


@dataclass(frozen=True, slots=True)
class DeleteItem:
    """Delete the twin. ``before`` holds what its fields held last, for the history and for undo.

    ``updated_at``: when it was changed last, by the app's time, as far as whoever decided this has seen.
    """

    before: Mapping[str, Value]
    updated_at: datetime | None = None
    kind: Literal["delete"] = "delete"


@dataclass(frozen=True, slots=True)
class AddLink:
    """Relate the twin as ``source`` relates the original; ``link`` is the same in the terms of the twin's app.

    A link of the kind ``PARENT`` takes the place of another parent, ``replaced`` (None: there was none).
    """

    source: Link
    link: Link
    replaced: Link | None = None
    kind: Literal["add_link"] = "add_link"


@dataclass(frozen=True, slots=True)
class RemoveLink:
    """Take a relation off the twin, as it was taken off the original, where it was ``source``."""

    source: Link
    link: Link
    kind: Literal["remove_link"] = "remove_link"


Step = (
    CreateItem
    | RestrictItem
    | UpdateItem
    | AddComment
    | EditComment
    | DeleteComment
    | AddFile
    | DeleteFile
    | DeleteItem
    | AddLink
    | RemoveLink
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One step on one side of one pair; ``place`` orders the steps of a pair's plan."""

    id: str
    pair: str
    place: int
    side: Side
    step: Step
    planned_at: datetime | None = None
    """Set when read back from the journal."""
    undoes: bool = False
    """It takes back what an earlier run did: the other side stays as it is."""


@dataclass(frozen=True, slots=True)
class Carried:
    """An operation that was carried out. ``after``: what the app said it held then, in the fields that were written."""

    operation: Operation
    after: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Tried:
    """An operation that was tried on a pair, ``ago`` seconds before now."""

    operation: Operation
    came_through: bool
    ago: float


@dataclass(frozen=True, slots=True)
class Note:
    """One line of an item's history: what was done or decided, and why.

    ``side`` is where it took effect; ``before`` and ``after`` are set for field values.
    """

    what: str
    side: Side | None = None
    field: str = ""
    before: Value = None
    after: Value = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The same field changed on both sides to different values. ``winner`` is a side or ``held``."""

    field_left: str
    field_right: str
    left_value: Value
    right_value: Value
    winner: Literal["left", "right", "held"]
    reason: str
