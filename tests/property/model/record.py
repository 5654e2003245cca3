"""An item as a model app keeps it, with what people did to it; it must not know what apps do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from server.domain.item import Attachment, Comment, Link
from server.domain.values import Value

_HISTORY = count()


def moment() -> int:
    """Now, on the scale that orders what people did (``Typed.number``)."""
    return next(_HISTORY)


@dataclass(frozen=True, slots=True)
class Typed:
    """A value that a person typed into a field. ``number`` orders what people did, over all apps.

    ``before`` is what stood there.
    """

    number: int
    value: Value
    before: Value


@dataclass(frozen=True, slots=True)
class Removed:
    """A comment or file as it was. ``by_us``: whether our account deleted it, or a person did."""

    what: Comment | Attachment
    by_us: bool
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Related:
    """A person made a link of an item (or gave it a parent), or took it away. ``number``: as of ``Typed``."""

    number: int
    item: str
    kind: str
    target: str
    added: bool


@dataclass(slots=True)
class Record:
    """An item as its app keeps it."""

    id: str
    fields: dict[str, Value]
    created: datetime
    updated: datetime
    key: str = ""
    container: str = ""
    type: str = "item"
    revision: int = 0
    marker: str | None = None
    ours: bool = False
    """Whether the integration's account made it."""
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    links: set[Link] = field(default_factory=set)
    parent: str | None = None
    dropped: list[tuple[str, str]] = field(default_factory=list)
    """What comments of people, by their ids, said that they changed or deleted since."""
    removed: list[Removed] = field(default_factory=list)
    """Comments and files that are here no more."""
    strayed: bool = False
    """Whether it ever was of another type, or in another container."""
    deleted_at: int | None = None
    """The moment at which the item went."""
    deleted_by_us: bool = False
    merged_into: str = ""
    """The id of the item into which it was merged."""
    typed: dict[str, list[Typed]] = field(default_factory=dict)
    """What people typed, by field, oldest first."""
    untyped: set[str] = field(default_factory=set)
    """Fields whose value the app has worked out by itself."""
    derived: bool = False
    """Whether the app ever worked out something of it."""
    moved: dict[str, Value] = field(default_factory=dict)
    """The status of the item before a comment or file of ours opened it, by its id, until somebody sets another."""
    unread: set[str] = field(default_factory=set)
    """Fields in which a person typed within one of our calls, and which our account has not read since."""
    unknowable: set[int] = field(default_factory=set)
    """The numbers of typed values that our account overwrote unread: nobody could have known of them."""

    def versions(self, comment: Comment) -> list[Comment]:
        """A comment of this item as it is and as it was."""
        return [comment] + [replace(comment, body=body) for its, body in self.dropped if its == comment.id]
