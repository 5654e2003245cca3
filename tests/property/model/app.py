"""A model of an app, in memory: its items, its clock, what people do to it; it must not know the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from server.domain.errors import Gone, Rejected
from server.domain.item import PARENT, Attachment, Comment, Item, Link
from server.domain.values import FieldKind, FieldSpec, Option, TextFormat, Value
from tests.property.model.fates import Fate

START = datetime(2026, 11, 23, 12, tzinfo=UTC)

FIELDS = (
    FieldSpec("title", "Title", FieldKind.TEXT, required=True),
    FieldSpec("text", "Text", FieldKind.RICH_TEXT, text_format=TextFormat.PLAIN),
    FieldSpec("status", "Status", FieldKind.STATUS, options=(Option("1", "New"), Option("2", "Done", closed=True))),
    FieldSpec("labels", "Labels", FieldKind.LABELS),
    FieldSpec("due", "Due", FieldKind.DATE),
)


RELATES, BLOCKS, BLOCKED = "relates", "blocks", "blocked"
SEEN_FROM_TARGET = {RELATES: RELATES, BLOCKS: BLOCKED, BLOCKED: BLOCKS}


@dataclass(slots=True)
class Record:
    id: str
    fields: dict[str, Value]
    created: datetime
    updated: datetime
    revision: int = 0
    marker: str | None = None
    ours: bool = False
    """Whether the integration's account made it."""
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    links: set[Link] = field(default_factory=set)
    parent: str | None = None


@dataclass(slots=True)
class ModelApp:
    """One app instance: its items, its clock (whole seconds), and how it behaves.

    ``marks_items`` and ``marks_comments``: whether it can hold our correlation ids. ``trims``: it strips and shortens
    titles. ``refuses``: titles that it does not take. ``refuses_halfway``: it makes an item without its status, and
    says no then. ``fills_dates``: an item that is made without a due day gets one.
    """

    name: str
    fields: tuple[FieldSpec, ...]
    marks_items: bool = True
    marks_comments: bool = False
    trims: bool = False
    refuses: frozenset[str] = frozenset()
    refuses_halfway: bool = False
    fills_dates: bool = False
    private_comments: bool = True
    moves_for_links: bool = True
    """Whether a link counts as a change of its items."""
    fate: Callable[[str], Fate] = lambda _call: Fate.WELL
    now: datetime = START
    records: dict[str, Record] = field(default_factory=dict)
    writes: int = 0
    _last: int = 0

    def tick(self, seconds: int = 1) -> None:
        """Time goes by."""
        self.now += timedelta(seconds=seconds)

    def fresh(self) -> str:
        """The next id."""
        self._last += 1
        return str(self._last)

    def person_creates(self, values: Mapping[str, Value]) -> str:
        """A person makes an item; its id."""
        record = Record(self.fresh(), dict(values), self.now, self.now)
        self.records[record.id] = record
        return record.id

    def person_edits(self, item_id: str, name: str, value: Value) -> None:
        """A person changes a field."""
        self.records[item_id].fields[name] = value
        self.touch(item_id)

    def person_comments(self, item_id: str, body: str, *, private: bool) -> None:
        """A person writes a comment."""
        record = self.records[item_id]
        record.comments.append(Comment(self.fresh(), body, "p", "Pérson", self.now, private and self.private_comments))
        self.touch(item_id)

    def person_attaches(self, item_id: str, name: str, content: bytes) -> None:
        """A person attaches a file."""
        self._attach(item_id, name, content, own=False)

    def person_deletes(self, item_id: str) -> None:
        """A person deletes an item, and with it what leads to it."""
        del self.records[item_id]
        for record in self.records.values():
            lost = {one for one in record.links if one.target == item_id}
            if lost or record.parent == item_id:
                record.links -= lost
                record.parent = None if record.parent == item_id else record.parent
                self._touch_for_link(record.id)

    def person_links(self, item_id: str, kind: str, target: str) -> None:
        """A person relates two items; ``PARENT`` puts one below the other."""
        if kind == PARENT:
            if self.records[item_id].parent != target:
                self.records[item_id].parent = target
                self._touch_for_link(item_id)
            return
        for one, link in self._ends(item_id, kind, target):
            if link not in self.records[one].links:
                self.records[one].links.add(link)
                self._touch_for_link(one)

    def person_unlinks(self, item_id: str, kind: str, target: str) -> None:
        """A person takes that back."""
        if kind == PARENT:
            if self.records[item_id].parent == target:
                self.records[item_id].parent = None
                self._touch_for_link(item_id)
            return
        for one, link in self._ends(item_id, kind, target):
            if one in self.records and link in self.records[one].links:
                self.records[one].links.discard(link)
                self._touch_for_link(one)

    @staticmethod
    def _ends(item_id: str, kind: str, target: str) -> tuple[tuple[str, Link], ...]:
        """Both ends of a link, each with the link as seen from it."""
        return (item_id, Link(kind, target)), (target, Link(SEEN_FROM_TARGET[kind], item_id))

    def _touch_for_link(self, item_id: str) -> None:
        if self.moves_for_links:
            self.touch(item_id)

    def touch(self, item_id: str) -> None:
        """The item was changed now."""
        record = self.records[item_id]
        record.updated = self.now
        record.revision += 1

    def _attach(self, item_id: str, name: str, content: bytes, *, own: bool) -> str:
        record = self.records[item_id]
        file_id = self.fresh()
        record.attachments.append(Attachment(file_id, name, len(content), "text/plain", "Pérson", self.now, own))
        record.contents[file_id] = content
        self.touch(item_id)
        return file_id

    def item(self, item_id: str) -> Item:
        """The item as a reader sees it now."""
        record = self.records.get(item_id)
        if record is None:
            raise Gone(f"{self.name} has no item {item_id}.")
        settled = self.now > record.updated
        return Item(
            record.id,
            f"{self.name}-{record.id}",
            f"http://{self.name}/{record.id}",
            self.name,
            "item",
            record.updated,
            dict(record.fields),
            record.updated.isoformat() if settled else "",
            tuple(record.comments),
            tuple(record.attachments),
            tuple(sorted(record.links, key=lambda one: (one.kind, one.target))),
            record.parent,
            record.marker,
        )

    def store(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Values as the app keeps them."""
        kept = dict(values)
        title = kept.get("title")
        if isinstance(title, str):
            if not title.strip():
                raise Rejected(f"{self.name} wants a title.", words="title may not be empty", status=422)
            if title in self.refuses:
                raise Rejected(f"{self.name} refuses this.", words=f"“{title}” is not welcome", status=422)
            kept["title"] = title.strip()[:12] if self.trims else title
        return kept
