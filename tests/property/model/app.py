"""A model of an app, in memory: its items, its clock, what people do to it; it must not know the engine.

It remembers what people typed, and where, so that a law can ask what became of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from server.connectors.stamps import version
from server.domain.errors import Gone, Hidden, Rejected
from server.domain.item import Item, Moved
from server.domain.syntax import Syntax
from server.domain.values import FieldKind, FieldSpec, Option, TextFormat, Value
from tests.property.model.fates import Fate
from tests.property.model.hanging import Hanging
from tests.property.model.quirks import clipped, folded, rendered, trimmed
from tests.property.model.record import Record, Related, Typed, moment

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
_NOTHING = (None, "", ())
"""What a field holds that nobody has filled in."""

FIELDS = (
    FieldSpec("title", "Title", FieldKind.TEXT, required=True, title=True),
    FieldSpec("text", "Text", FieldKind.RICH_TEXT, text_format=TextFormat.PLAIN),
    FieldSpec("status", "Status", FieldKind.STATUS, options=(Option("1", "New"), Option("2", "Done", closed=True))),
    FieldSpec("labels", "Labels", FieldKind.LABELS),
    FieldSpec("due", "Due", FieldKind.DATE),
)


PRIVATE = FieldSpec("private", "Private", FieldKind.FLAG, restricts=True)
"""The flag by which an app restricts an item, where our account may set it."""


@dataclass(slots=True)
class ModelApp(Hanging):
    """One app instance: its items, its clock (whole seconds), and how it behaves.

    ``marks_items`` and ``marks_comments``: whether it can hold our correlation ids. ``trims``: it strips and shortens
    titles. ``renders``: it gives texts back with other line ends and blanks. ``folds``: it changes the case and order
    of labels. ``refuses``: titles that it does not take; ``refuses_comments``: words that it takes in no
    comment. ``refuses_halfway``: it makes an item without its status, and says no then. ``refuses_values``: fields,
    each with a value or label that it takes in none of its items; ``names_fields``: it says which field it means;
    ``refusing_touches``: a refused write moves the item's time of change. ``fills_dates``: an item that is made without
    a due day gets one. ``lag``: seconds until its search and its feed show a new item. ``page``: items on a page of its
    feed; ``disorder``: pages repeat and overlap, and are not in order within. ``removes``: comments and files can be
    removed.
    """

    name: str
    fields: tuple[FieldSpec, ...]
    marks_items: bool = True
    marks_comments: bool = False
    trims: bool = False
    renders: bool = False
    folds: bool = False
    refuses: frozenset[str] = frozenset()
    refuses_comments: frozenset[str] = frozenset()
    refuses_halfway: bool = False
    refuses_values: frozenset[tuple[str, Value]] = frozenset()
    names_fields: bool = True
    refusing_touches: bool = False
    fills_dates: bool = False
    private_comments: bool = True
    removes: bool = True
    keeps_created_at: bool = False
    over: str = ""
    """The status over which it takes an item to any other one; ``blocked``: it takes none further than that."""
    blocked: bool = False
    tells_blocks: bool = False
    """Whether it says before the first step that there is no way; ``walks_back``: what broke off goes back."""
    walks_back: bool = False
    untitled: bool = False
    """It takes items without a title."""
    drops_created_at: bool = False
    """It is of a kind that may keep the time of an original, and drops it without a word."""
    restricts: bool = False
    """Whether it can restrict an item to those who may see such: by its field ``private``."""
    keeps_public: bool = False
    """Whether it says yes to our restricting an item, and leaves it as it was."""
    hidden: set[str] = field(default_factory=set)
    """The items that our account does not see."""
    silent: bool = False
    """Whether a changed comment counts as no change of its item: no time moves, and no feed brings it."""
    moves_for_links: bool = True
    """Whether a link counts as a change of its items."""
    derives: bool = False
    """Whether the due day of an item that others are below is the latest of theirs, and nobody's to write."""
    blocks_closing: bool = False
    """Whether it closes no item while one below it is open."""
    reopens: bool = False
    """Whether it opens an item that is done when our account says something there for everybody, or attaches a file."""
    syntax: Syntax = field(default_factory=Syntax)
    """What it makes of running text."""
    zone: str = ""
    """In which zone our account reads days."""
    zones: tuple[str, ...] = ()
    """In which zones other people do."""
    refuses_long: bool = False
    """Whether it says no to a text that is longer than its field; else it cuts it, within a sign if need be."""
    lag: int = 0
    page: int = 3
    disorder: bool = False
    ahead: int = 0
    """By so many seconds the clock by which it dates its items is ahead."""
    confesses: bool = False
    """Whether what it tells as its time is ahead as well."""
    fate: Callable[[str], Fate] = lambda _call: Fate.WELL
    meanwhile: Callable[[str], None] = lambda _item: None
    """What a person does to an item (its id) when ``Fate.MEANWHILE`` strikes."""
    whispered: list[str] = field(default_factory=list)
    """What people said among themselves: whatever quotes it is kept nowhere."""
    now: datetime = START
    records: dict[str, Record] = field(default_factory=dict)
    related: list[Related] = field(default_factory=list)
    """What people did to links, oldest first."""
    deleted: dict[str, Record] = field(default_factory=dict)
    """The items that are there no more, as they were last."""
    illegible: set[str] = field(default_factory=set)
    """Items of which something is told that nobody can read."""
    rereads: bool = False
    """Whether the items of a list are read when their turn comes, and not with it."""
    between: Callable[[], None] = lambda: None
    """What people do before a part of such a list is read."""
    nameless: bool = False
    """Whether its lists begin with an entry that has no id."""
    writes: int = 0
    reads: dict[str, int] = field(default_factory=dict)
    """How often each kind of read was called."""
    refusals: list[str] = field(default_factory=list)
    """The app's words for each write that it refused."""
    met: Counter[str] = field(default_factory=Counter)
    """What it came to do that a history is played for, by name: a history that meets nothing shows nothing."""
    doubled: set[str] = field(default_factory=set)
    """Comments and files that are there because a proxy sent a request again."""
    makers: dict[str, str] = field(default_factory=dict)
    """Of items, comments and files that an account of a Lockstep's made, which one: the usual one is left out."""
    tells_births_badly: bool = False
    """Whether misfortune may strike the list of what was made, too."""
    _last: int = 0
    _interrupting: bool = False

    def tick(self, seconds: int = 1) -> None:
        """Time goes by."""
        self.now += timedelta(seconds=seconds)

    @property
    def dated(self) -> datetime:
        """The time that an item gets that changes now."""
        return self.now + timedelta(seconds=self.ahead)

    @property
    def clock(self) -> datetime:
        """What it tells as its time."""
        return self.dated if self.confesses else self.now

    def fresh(self) -> str:
        """The next id."""
        self._last += 1
        return str(self._last)

    def person_creates(self, values: Mapping[str, Value]) -> str:
        """A person makes an item; its id."""
        record = self.add(values)
        for name, value in record.fields.items():
            if value not in _NOTHING:
                self._remember(record, name, value, None)
        return record.id

    def add(self, values: Mapping[str, Value]) -> Record:
        """A new item, whoever makes it."""
        item_id = self.fresh()
        record = Record(item_id, self.kept(values), self.now, self.dated, f"{self.name}-{item_id}", self.name)
        self.records[item_id] = record
        return record

    def person_edits(self, item_id: str, name: str, value: Value) -> None:
        """A person changes a field."""
        record = self.records[item_id]
        if name in self.worked_out(record):
            return
        record.untyped.discard(name)
        if name == "status":
            record.moved.clear()
        kept, before = self.kept({name: value})[name], record.fields.get(name)
        if kept != before and not (kept in _NOTHING and before in _NOTHING):
            self._remember(record, name, kept, before)
        record.fields[name] = kept
        self.touch(item_id)

    def _remember(self, record: Record, name: str, value: Value, before: Value) -> None:
        record.typed.setdefault(name, []).append(Typed(moment(), value, before))
        if self._interrupting:
            record.unread.add(name)

    def interrupt(self, item_id: str) -> None:
        """A person is faster than the call that is about to be carried out."""
        self._interrupting = True
        self.meanwhile(item_id)
        self._interrupting = False

    def people_act(self) -> None:
        """People are at work between a list and the reading of its items."""
        self._interrupting = True
        self.between()
        self._interrupting = False

    def person_deletes(self, item_id: str) -> None:
        """A person deletes an item."""
        self.delete(item_id, by_us=False)

    def delete(self, item_id: str, *, by_us: bool) -> None:
        """An item goes, whoever deletes it, and with it what leads to it."""
        gone = self.deleted[item_id] = self.records.pop(item_id)
        gone.deleted_at, gone.deleted_by_us = moment(), by_us
        for record in self.records.values():
            lost = {one for one in record.links if one.target == item_id}
            if lost or record.parent == item_id:
                record.links -= lost
                record.parent = None if record.parent == item_id else record.parent
                self._touch_for_link(record.id)
        self._work_out(gone.parent)

    def person_merges(self, item_id: str, into: str) -> None:
        """A person merges an item into another, which has from now on what people said and put on either."""
        gone, kept = self.records[item_id], self.records[into]
        self.delete(item_id, by_us=False)
        gone.merged_into = into
        for one in self.deleted.values():
            if one.merged_into == item_id:
                one.merged_into = into
        kept.comments += [one for one in gone.comments if not one.own]
        moved = [one for one in gone.attachments if not one.own]
        kept.attachments += moved
        kept.contents |= {one.id: gone.contents[one.id] for one in moved}
        self.touch(into)

    def person_restricts(self, item_id: str, *, restricted: bool) -> None:
        """A person makes an item private, or lets everybody see it again."""
        record = self.records[item_id]
        record.fields["private"] = restricted
        self.touch(item_id)

    def person_renames(self, item_id: str) -> None:
        """The item is known by another key from now on."""
        self.records[item_id].key += "b"
        self.touch(item_id)

    def person_retypes(self, item_id: str, type_: str) -> None:
        """The item is of another type from now on."""
        record = self.records[item_id]
        record.strayed = record.strayed or type_ != record.type
        record.type = type_
        self.touch(item_id)

    def person_garbles(self, item_id: str, *, there: bool = True) -> None:
        """The item says something that nobody can read, or no more."""
        (self.illegible.add if there else self.illegible.discard)(item_id)
        self.touch(item_id)

    def person_moves(self, item_id: str, container: str) -> None:
        """The item is in another container (or back in the app's first one) from now on, under another key."""
        record = self.records[item_id]
        record.strayed = record.strayed or container != record.container
        record.container = container
        record.key = f"{container}-{item_id}"
        self.touch(item_id)

    def touch(self, item_id: str) -> None:
        """The item was changed now."""
        record = self.records[item_id]
        record.updated = self.dated
        record.revision += 1
        self._work_out(record.parent)

    def worked_out(self, record: Record) -> frozenset[str]:
        """The fields of the item that the app works out by itself now."""
        above = self.derives and any(one.parent == record.id for one in self.records.values())
        return frozenset({"due"}) if above else frozenset()

    def kept_open(self, record: Record) -> bool:
        """Whether the app does not close the item, because one below it is open."""
        below = [one for one in self.records.values() if one.parent == record.id]
        return self.blocks_closing and any(one.fields.get("status") != "2" for one in below)

    def _work_out(self, item_id: str | None) -> None:
        """Let an item have the latest due day of those below it, and whatever is above it, too."""
        record = self.records.get(item_id or "")
        if record is None or not self.worked_out(record):
            return
        record.derived = True
        below = [str(one.fields.get("due") or "") for one in self.records.values() if one.parent == item_id]
        latest = max(below) or None
        if (record.fields.get("due") or None) != latest:
            record.fields["due"] = latest
            record.untyped.add("due")
            self.touch(record.id)

    def listed(self) -> list[Record]:
        """The items of the container that our account was told of; the others answer to their ids alone."""
        mine = [one for one in self.records.values() if one.container == self.name]
        return [one for one in mine if one.id not in self.hidden] if self.hidden else mine

    def shown(self, record: Record) -> bool:
        """Whether search and feed show the item already."""
        return self.now >= record.created + timedelta(seconds=self.lag)

    def item(self, item_id: str) -> Item:
        """The item as a reader sees it now."""
        record = self.records.get(item_id)
        if record is None:
            gone = self.deleted.get(item_id)
            into = self.records.get(gone.merged_into) if gone is not None else None
            raise Gone(f"{self.name} has no item {item_id}.", into=into.key if into is not None else "")
        if item_id in self.hidden:
            raise Hidden(f"{self.name} does not show {item_id}.", words="you may not see this", status=403)
        stamp = f"{record.updated.isoformat()} {record.revision}"
        return Item(
            record.id,
            record.key,
            f"http://{self.name}/{record.id}",
            record.container,
            record.type,
            record.updated,
            dict(record.fields),
            version(stamp, record.updated, self.clock, timedelta(seconds=1)),
            tuple(replace(one, moved=_moved(record, one.id)) for one in record.comments),
            tuple(replace(one, moved=_moved(record, one.id)) for one in record.attachments),
            tuple(sorted(record.links, key=lambda one: (one.kind, one.target))),
            record.parent,
            record.marker,
            "Lockstep" if record.ours else "Pérson",
            record.created,
            record.ours,
            "private" if record.fields.get("private") else "",
            tuple(sorted(one.id for one in self.deleted.values() if one.merged_into == item_id)),
            frozenset(record.untyped),
            dict.fromkeys(self.worked_out(record), "It is the latest of those below."),
        )

    def body(self, body: str) -> str:
        """A text as the app keeps it."""
        return rendered(body) if self.renders else body

    def kept(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Values as the app keeps them."""
        kept = dict(values)
        if self.trims and isinstance(title := kept.get("title"), str):
            kept["title"] = trimmed(title)
        if isinstance(body := kept.get("text"), str):
            kept["text"] = self.body(body)
        if self.folds and "labels" in kept:
            kept["labels"] = folded(kept["labels"])
        for spec in self.fields:
            value = kept.get(spec.id)
            if spec.max_length is not None and isinstance(value, str):
                kept[spec.id] = clipped(value, spec)
        return kept

    def store(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Values as the app keeps them, if it takes them."""
        title = values.get("title")
        if isinstance(title, str) and not title.strip() and not self.untitled:
            raise self.refusal(f"{self.name} wants a title.", "title may not be empty")
        if isinstance(title, str) and title in self.refuses:
            raise self.refusal(f"{self.name} refuses this.", f"“{title}” is not welcome")
        bad = [name for name, value in values.items() if self.refuses_value(name, value)]
        bad += self._too_long(values) if self.refuses_long else []
        if bad:
            self.met["a refused field"] += 1
            words = f"{', '.join(bad)} is invalid" if self.names_fields else "something is invalid"
            raise self.refusal(f"{self.name} refuses this.", words, bad if self.names_fields else ())
        return self.kept(values)

    def _too_long(self, values: Mapping[str, Value]) -> list[str]:
        specs = {one.id: one for one in self.fields if one.max_length is not None}
        texts = {name: one for name, one in values.items() if name in specs and isinstance(one, str)}
        return [name for name, one in texts.items() if clipped(one, specs[name]) != one]

    def refuses_value(self, name: str, value: Value) -> bool:
        """Whether it takes this value, or a label of it, in none of its items."""
        members = value if isinstance(value, tuple) else (value,)
        return any((name, one) in self.refuses_values for one in members)

    def refusal(self, message: str, words: str, fields: Collection[str] = ()) -> Rejected:
        """A no to one write, remembered."""
        self.refusals.append(words)
        return Rejected(message, words=words, status=422, fields=fields)


def _moved(record: Record, there: str) -> Moved:
    """What the app moved for a comment or file of ours, as long as it is not back."""
    before = record.moved.get(there, record.fields.get("status"))
    return (("status", before),) if before != record.fields.get("status") else ()
