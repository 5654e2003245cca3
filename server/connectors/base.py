"""The protocol that every connector keeps; it must not know any app.

A connector is two things: a ``Manifest`` (what the app can do, which settings a connection needs) and a class
that talks to one instance of the app with one account. The rules they keep are in
``tests/contract/conformance.py``, which runs against the real app.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from server.connectors.addresses import AddressReader, last_part
from server.connectors.hints import named_items
from server.connectors.seen import Seen
from server.domain.item import CommentDraft, Draft, FileDraft, Item, Page
from server.domain.lineage import Births
from server.domain.syntax import Syntax
from server.domain.values import AppUser, FieldSpec, FileNames, TextFormat, Value


class SettingKind(StrEnum):
    """How the panel asks for a setting of a connection."""

    URL = "url"
    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the kind of a setting, not a secret
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a connection; the panel's form is drawn from these, in this order."""

    name: str
    label: str
    kind: SettingKind
    required: bool = True
    help: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the app can do; the engine plans by these and never by the app's name.

    A manifest's are those of the kind at its best. What one app does for our account ``Connector.abilities`` tells.

    ``marker_lag``: how long a created item may stay invisible to ``find`` (the app's index lag).
    ``overlap``: how far back of the largest server time the next feed must start (granularity and index lag).
    ``parallel``: how many requests the app serves well at once.
    ``keeps_created_at``: a new item may be given the time at which its original was made (None: some installations
    keep it and others do not, and no answer has shown it yet).
    ``file_names``: which names of files it keeps as they are.
    ``silent_edits``: what people can change that moves no time, so that no feed brings it (empty: nothing).
    ``restricted_items``: it can restrict single items to some of those who see their neighbours (``Item.restricted``).
    ``exact_sizes``: a file has as many bytes as is told of it, so that anything else that comes is known for it.
    ``requests_per_second``: how many it allows in the long run (None: it does not say); ``burst``: at once, rested.
    """

    marker_lag: timedelta = timedelta(0)
    overlap: timedelta = timedelta(seconds=2)
    parallel: int = 4
    requests_per_second: float | None = None
    burst: int = 10
    private_comments: bool = False
    edits_comments: bool = False
    deletes_comments: bool = False
    attachments: bool = True
    deletes_attachments: bool = False
    links: bool = False
    closes_items: bool = True
    deletes_items: bool = False
    keeps_created_at: bool | None = False
    file_names: FileNames = field(default_factory=FileNames)
    restricted_items: bool = False
    silent_edits: str = ""
    exact_sizes: bool = True


class HintReader(Protocol):
    """How the deliveries of an app are read."""

    def __call__(self, settings: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> tuple[str, ...] | None:
        """The ids of the items that the app means; None: it does not say, so the feed is looked at.

        ``settings`` are the connection's, secrets in clear; names of headers are in lower case, ``body`` is as it
        came. Raises ``NotAllowed`` for a wrong signature, ``PutRight`` for what is no delivery of such an app.
        """


KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An id of an app of which nothing better is known."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A kind of app: its name for people, its settings, its abilities.

    ``hint`` reads what the app tells by webhook, and refuses it where the app signs and the signature is wrong.
    ``address`` reads which item a page of the app shows. ``key`` is the shape of its items' ids: what a person asks for
    and has another shape is not sent.
    """

    kind: str
    title: str
    settings: tuple[Setting, ...]
    capabilities: Capabilities
    hint: HintReader = named_items
    address: AddressReader = last_part
    key: re.Pattern[str] = KEY


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are at the app, and what it is: the outcome of a successful check."""

    user: AppUser
    app: str
    """Name and version as far as the app tells, such as ``Redmine 5.0``."""
    warnings: tuple[str, ...] = ()
    """What works less well than it could, in sentences (no field for the correlation id, ...)."""


@dataclass(frozen=True, slots=True)
class Container:
    """A project, queue or tracker that holds items."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of item within a container (bug, ticket, ...). An app without types has one, named ``item``."""

    id: str
    name: str


class Connector(Protocol):
    """One app instance, one account. Thread-safe: the calls of a page run on several threads.

    Every method may raise ``Transient``, ``LostAnswer`` (writes only: sent, no answer), ``CredentialsRefused``,
    ``Rejected``, ``NotThatApp``, ``Untrusted`` or ``EgressDenied`` of ``server.domain.errors``. An error is
    never an empty answer.
    """

    @property
    def manifest(self) -> Manifest:
        """The kind of app."""

    @property
    def text_format(self) -> TextFormat:
        """The markup of descriptions and comments."""

    @property
    def server_time(self) -> datetime | None:
        """The app's own clock as of its last answer (HTTP ``Date``), None before the first."""

    @property
    def seen(self) -> Seen:
        """What this app was seen to do; whoever opens the connector gives and keeps what outlives a restart."""

    def abilities(self, container: str) -> Capabilities:
        """What this very app does for our account in the container, as far as it tells or has shown it."""

    def syntax(self, container: str) -> Syntax:
        """What the app makes of running text by itself, with the forms that mean items of the container."""

    def zone(self) -> str:
        """The name of the time zone in which our account reads days: the connection's setting, else the account's own.

        Asked anew each time, for it may be changed at any time; empty where the app does not tell it.
        """

    def check(self) -> Account:
        """Prove address, app and credentials with one or two cheap reads."""

    def containers(self) -> tuple[Container, ...]:
        """What this account may see and write to."""

    def item_types(self, container: str) -> tuple[ItemType, ...]:
        """The types of the container."""

    def fields(self, container: str, item_type: str) -> tuple[FieldSpec, ...]:
        """The fields of items of that type, options included. Title and description are among them."""

    def users(self, container: str) -> tuple[AppUser, ...]:
        """The people who may be assigned in the container."""

    def changes(self, container: str, since: datetime | None) -> Iterator[Page]:
        """Items changed at or after ``since`` (server time; None: all), oldest first, a page at a time.

        No item that changes during the walk may be missed; an item may come more than once.
        """

    def census(self, container: str) -> Iterator[tuple[str, ...]]:
        """The ids of all items of the container, in pages. Raises rather than ending early."""

    def place(self, container: str) -> str:
        """What tells this instance of the app (and where it must be, the container) from every other.

        The same for all accounts, and by whatever address the app is asked; nothing that people may see only some of.
        """

    def marks(self, container: str) -> bool:
        """Whether new items of the container carry the correlation id that their draft asks for."""

    def births(self, container: str, after: str) -> Iterator[Births]:
        """The container's items from where an earlier look ended (empty: all), in the order of their making.

        Items that were seen may come again; none that was made since may be missed, closed ones neither.
        """

    def holds(self, container: str, item_id: str) -> bool:
        """Whether the container may have an item of that id (of the manifest's ``key``), without a look at the item.

        False for an item of another one, which takes as long to find out as that there is no such item at all.
        """

    def fetch(self, item_id: str) -> Item:
        """The whole item, with comments, attachments and links. Raises ``Gone`` when it was deleted."""

    def find(self, draft: Draft, reserved_at: datetime) -> tuple[str, ...]:
        """Ids of items that carry ``draft.marker``: the answer to "did our create arrive?".

        ``reserved_at`` is the app's own time before the create was sent, for apps without a place for a marker. Where
        the app may keep it, ``draft.created_at`` may be what it shows instead: both are looked for.
        """

    def create(self, draft: Draft) -> Item:
        """Make the item and return it as the app now holds it."""

    def way(self, item_id: str, changed: Mapping[str, Value]) -> Mapping[str, tuple[str, ...]]:
        """The values over which ``update`` would take a field to its new one, by field; it only reads.

        Empty where each is one step, or no way is known: then ``update`` writes nothing on the way to nowhere.
        """

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        """Write the fields (a status through the workflow) and return the item as the app now holds it.

        Raises ``Rejected`` with the app's words if a field did not take; what took stays.
        """

    def delete(self, item_id: str) -> None:
        """Remove the item itself (only with ``deletes_items``). Raises ``Gone`` when it was gone already."""

    def add_comment(self, item_id: str, draft: CommentDraft) -> str:
        """Post a comment; its id."""

    def edit_comment(self, item_id: str, comment_id: str, body: str) -> None:
        """Replace a comment's body (only with ``edits_comments``)."""

    def delete_comment(self, item_id: str, comment_id: str) -> None:
        """Remove a comment (only with ``deletes_comments``)."""

    def add_attachment(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        """Attach a file, streamed; its id."""

    def open_attachment(self, item_id: str, attachment_id: str) -> Iterable[bytes]:
        """The file's bytes, in chunks."""

    def delete_attachment(self, item_id: str, attachment_id: str) -> None:
        """Remove a file (only with ``deletes_attachments``)."""

    def link_kinds(self, container: str) -> tuple[str, ...]:
        """The app's own names of relations (only with ``links``); ``PARENT`` is among them where it has hierarchy."""

    def add_link(self, item_id: str, kind: str, target: str) -> None:
        """Relate two items (only with ``links``). A link that is there already is no error.

        ``PARENT`` sets the item's parent, in the place of another.
        """

    def remove_link(self, item_id: str, kind: str, target: str) -> None:
        """Take a relation away (only with ``links``). One that is not there is no error."""

    def close(self) -> None:
        """Let go of sockets."""


class Opener(Protocol):
    """How the registry builds a connector from a connection's settings and a way out."""

    def __call__(self, settings: Mapping[str, str], outlet: Outlet) -> Connector:
        """``settings`` hold the manifest's settings by name, secrets in clear."""


class Answer(Protocol):
    """What came back from an app: the few things a connector needs of it."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""

    @property
    def content(self) -> bytes:
        """The body."""

    def json(self) -> object:
        """The body as JSON; raises ``NotThatApp`` when it is none."""


Shape = Callable[[Any], object]
"""Looks at the JSON of an answer. Raises ``NotThatApp`` when it is not what was asked for."""


class Outlet(Protocol):
    """The one way out, bound to one connection: allow-list, TLS, pacing, error classes. See ``http.py``."""

    base_url: str

    @property
    def server_time(self) -> datetime | None:
        """The ``Date`` of the last answer, in UTC."""

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Iterable[tuple[str, str]] | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object | None = None,
        data: bytes | BinaryIO | Iterable[bytes] | None = None,
        files: Mapping[str, tuple[str, BinaryIO | bytes, str]] | None = None,
        accept: tuple[int, ...] = (),
        shape: Shape | None = None,
    ) -> Answer:
        """Send one request below ``base_url`` and return its answer if it is 2xx or listed in ``accept``.

        Waits for the connection's pace first; raises ``Slowed`` when that is long. Raises ``CredentialsRefused`` on
        401, ``Transient`` on 429/5xx/network (``LostAnswer`` when a write was sent and the answer is lost),
        ``Rejected`` on other 4xx, ``Untrusted``, ``EgressDenied``. A redirect is followed only for GET and only to the
        same origin. A write is sent again only where the app refused it for its pace (429): then nothing was done.

        An answer that is to be JSON (no other ``Accept`` was given) is read as it comes, and ``shape`` is given its
        JSON, to raise ``NotThatApp`` where it is not what was asked for. For a write each of that is ``LostAnswer``; so
        is a redirect. An answer to a write without a body is given back as it is.
        """

    def stream(self, path: str, *, headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
        """GET ``path`` (or an absolute URL of the same origin) in chunks of at most 64 KiB."""

    def close(self) -> None:
        """Close idle sockets."""
