"""Work items as they travel: items, comments, attachments, links, pages of changes; it must not know any app.

What comes from an app is made ``storable`` here, where no connector can forget it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.domain.errors import AppError
from server.domain.text import storable
from server.domain.values import Value


class Side(StrEnum):
    """The two ends of an integration."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


Moved = tuple[tuple[str, Value], ...]
"""What an app moved by itself in an item's fields for one comment or file of ours: each with what stood there before.

Only what nobody else has set since, and what the app's own record shows. Of all others it is empty.
"""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as its app holds it.

    ``body`` is in the app's own format; ``author`` is a user id of the app and ``author_name`` what people see;
    ``marker`` is our correlation id where the app can hold one; ``own`` says that the integration's account
    wrote it.
    """

    id: str
    body: str
    author: str
    author_name: str
    created_at: datetime
    private: bool = False
    marker: str | None = None
    own: bool = False
    moved: Moved = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", storable(self.body))
        object.__setattr__(self, "author_name", storable(self.author_name))


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on an item. ``size`` is in bytes; ``own`` says that the integration's account put it there."""

    id: str
    name: str
    size: int
    content_type: str
    author_name: str
    created_at: datetime
    own: bool = False
    private: bool = False
    """Seen only by those who see private comments (a file of a private reply, where the app knows such a thing)."""
    content_id: str = ""
    """What a mail's text calls it by (``cid:...``), where the app tells."""
    moved: Moved = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", storable(self.name))


PARENT = "parent"
"""The kind of link by which hierarchy is written, in apps that have it: its target is the item's parent."""
APART = "(apart)"
"""No kind of any app: remembered of a side where an undo changed its links to the target (empty: its parent) alone.

What is not alike there is no edit of a person, and stays as it is on both sides until they agree again.
"""
CARRIED = "(carried)"
"""No kind of any app: remembered of an item to which a link was carried from its other end, until it is looked at.

The link was on both sides then. Where it is on one alone, a person has taken it away on the other.
"""
MARKS = frozenset({APART, CARRIED})
"""What is remembered among the links of an item, and is none."""


@dataclass(frozen=True, slots=True)
class Link:
    """A relation from this item to another item of the same app. ``kind`` is the app's own name for it.

    A relation is seen at both of its items, by its name as seen from each. Hierarchy is not among an item's links.
    """

    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Item:
    """A work item, whole, as its app holds it now.

    ``id`` is immutable for the item's life, ``key`` is what people call it, ``url`` opens it in a browser.
    ``stamp`` changes whenever the item changes and is empty while a later change could still carry the same
    stamp (see ``Head``). ``marker`` is our correlation id where the app can hold one. ``author_name`` is who
    made it, as people see them (empty: the app does not say), ``created_at`` when (None: it does not say). ``own``:
    our account made it. ``restricted``: the app's own words for why not everybody who sees its neighbours sees it
    (private, confidential, a security level); empty: it has no audience of its own.
    ``absorbed``: the ids of items that were merged into this one, where the app tells: no feed names these any more.
    """

    id: str
    key: str
    url: str
    container: str
    type: str
    updated_at: datetime
    fields: Mapping[str, Value]
    stamp: str = ""
    comments: tuple[Comment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    links: tuple[Link, ...] = ()
    parent: str | None = None
    marker: str | None = None
    author_name: str = ""
    created_at: datetime | None = None
    own: bool = False
    restricted: str = ""
    absorbed: tuple[str, ...] = ()
    untyped: frozenset[str] = frozenset()
    """Fields of which the app shows that nobody typed what they hold now: it worked that out by itself."""
    computed: Mapping[str, str] = field(default_factory=dict)
    """Fields that the app works out for this item now, so that nobody can write them; each with a sentence why."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", storable(self.key))
        object.__setattr__(self, "restricted", storable(self.restricted))
        object.__setattr__(self, "fields", {name: _storable(value) for name, value in self.fields.items()})


def _storable(value: Value) -> Value:
    if isinstance(value, str):
        return storable(value)
    return tuple(storable(member) for member in value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Head:
    """One entry of a change feed: enough to know whether the item must be fetched.

    ``stamp`` equals the stamp of the item last fetched only if nothing changed in between: a connector whose
    app keeps time in whole seconds gives an item an empty stamp when it was fetched within the second of its
    last change. ``item`` is there when the feed already carries everything (comments and files too). ``unread``: the
    entry has no id that can be read, so the item cannot be asked for either; ``id`` is then made up.
    """

    id: str
    updated_at: datetime
    stamp: str
    item: Item | None = None
    unread: AppError | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a change feed, oldest first.

    ``reached`` is the largest server time on it (None: empty); ``total`` is how many items the whole feed will
    bring, where the app says so on its first page. ``clock``: the app's own when it listed these (None: what the
    connector's last answer tells is near enough).
    """

    heads: tuple[Head, ...]
    reached: datetime | None
    total: int | None = None
    clock: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An item to be created: fields in the target app's terms, and the correlation id it must carry.

    ``created_at``: when the original was made, for an app that keeps it (None: it is made now). ``restrict`` is the
    flag by which the item is to be restricted before anything is written into it (empty: it is for everybody).
    """

    container: str
    type: str
    fields: Mapping[str, Value]
    marker: str
    created_at: datetime | None = None
    restrict: str = ""


@dataclass(frozen=True, slots=True)
class CommentDraft:
    """A comment to be posted, body in the target app's format. ``marker`` is its correlation id."""

    body: str
    private: bool
    marker: str


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A file to be attached; its content travels beside it as a stream. ``size`` is in bytes."""

    name: str
    content_type: str
    size: int
    sha256: str
    marker: str = field(default="")
