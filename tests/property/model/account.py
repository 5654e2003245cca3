"""Our account at a model app: the connector of the histories; it must not know the engine.

Every call asks ``fate`` first what shall happen: nothing, a refusal before the write, a lost answer after it, or the
death of the whole process before or after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import BinaryIO

from server.connectors.base import Account, Capabilities, Container, ItemType, Manifest
from server.connectors.paging import in_parts
from server.connectors.seen import KEEPS_CREATED_AT, Seen
from server.domain.errors import CredentialsRefused, LostAnswer, NotThatApp, Rejected, Transient, Unreadable
from server.domain.item import PARENT, Attachment, Comment, CommentDraft, Draft, FileDraft, Head, Item, Page
from server.domain.lineage import Births, Newborn
from server.domain.syntax import Syntax
from server.domain.values import AppUser, FieldSpec, TextFormat, Value
from tests.property.model.app import ModelApp
from tests.property.model.fates import Fate, Killed
from tests.property.model.hanging import BLOCKED, BLOCKS, RELATES

_RETRY_AFTER = 3.0


class ModelConnector:
    """Our account at a model app."""

    text_format = TextFormat.PLAIN

    def __init__(self, app: ModelApp, who: str = "us") -> None:
        self.app = app
        self.seen = Seen()
        self.who = who

    @property
    def manifest(self) -> Manifest:
        able = Capabilities(
            marker_lag=timedelta(seconds=self.app.lag),
            overlap=timedelta(seconds=1 + self.app.lag),
            parallel=1,
            private_comments=self.app.private_comments,
            edits_comments=True,
            deletes_comments=self.app.removes,
            deletes_attachments=self.app.removes,
            links=True,
            deletes_items=self.app.removes,
            keeps_created_at=None if self.app.drops_created_at else self.app.keeps_created_at,
            restricted_items=self.app.restricts,
            silent_edits="edits of comments" if self.app.silent else "",
        )
        return Manifest("model", "Model", (), able)

    @property
    def server_time(self) -> datetime | None:
        return self.app.clock

    def _seen(self, item_id: str) -> Item:
        """The item as our account sees it: what another account of a Lockstep's made is not its own."""
        item = self.app.item(item_id)
        if not self.app.makers:
            return item

        def mine(one: Item | Comment | Attachment) -> bool:
            return one.own and self.app.makers.get(one.id, "us") == self.who

        return replace(
            item,
            own=mine(item),
            comments=tuple(replace(one, own=mine(one)) for one in item.comments),
            attachments=tuple(replace(one, own=mine(one)) for one in item.attachments),
        )

    def _made(self, made: str) -> str:
        """Remember whose it is, where it is not the usual account's."""
        if self.who != "us":
            self.app.makers[made] = self.who
        return made

    def syntax(self, container: str) -> Syntax:  # noqa: ARG002 - the protocol's shape
        return self.app.syntax

    def zone(self) -> str:
        return self.app.zone

    def _before(self, call: str, item_id: str = "") -> Fate:
        fate = self.app.fate(f"{self.app.name}.{call}")
        match fate:
            case Fate.KILLED_BEFORE:
                raise Killed
            case Fate.BUSY:
                raise Transient(f"{self.app.name} is busy.", status=503)
            case Fate.LIMITED:
                raise Transient(f"{self.app.name} wants fewer calls.", status=429, retry_after=_RETRY_AFTER)
            case Fate.DENIED:
                raise CredentialsRefused(f"{self.app.name} does not know us.", status=401)
            case Fate.MEANWHILE:
                self.app.interrupt(item_id)
        return fate

    def _write(self, call: str, item_id: str, act: Callable[[], str]) -> str:
        """Carry a write out as its fate will have it; the id that the app answers with."""
        fate = self._before(call, item_id)
        if fate is Fate.WALLED:
            self.app.met["a log-in page for a write"] += 1
            raise LostAnswer(f"{self.app.name} was not heard: a page to log in at came instead.")
        if fate is Fate.REFUSED:
            words = f"{call} number {self.app.fresh()} is not welcome"
            raise self.app.refusal(f"{self.app.name} refuses this.", words)
        if item_id:
            self._seen(item_id)
        made = act()
        if fate is Fate.TWICE:
            again = act()
            if again != made:
                self.app.doubled.add(made)
            made = again
        self.app.writes += 1
        if fate is Fate.KILLED_AFTER:
            raise Killed
        if fate in (Fate.LOST, Fate.CUT):
            self.app.met["a lost answer"] += 1
            raise LostAnswer(f"{self.app.name} did not answer.")
        return made

    def _read(self, call: str, item_id: str = "") -> None:
        self.app.reads[call] = self.app.reads.get(call, 0) + 1
        fate = self._before(call, item_id)
        if fate is Fate.WALLED:
            self.app.met["a log-in page for a read"] += 1
            raise NotThatApp(f"A page to log in at came where {self.app.name} should be.")
        if fate is Fate.REFUSED:
            raise Rejected(f"{self.app.name} does not show this.", words="you may not see this", status=403)
        if fate not in (Fate.WELL, Fate.TWICE, Fate.MEANWHILE):
            self.app.met["a truncated read"] += fate is Fate.CUT
            raise Transient(f"{self.app.name} broke off.")

    def abilities(self, container: str) -> Capabilities:  # noqa: ARG002 - the protocol's shape
        keeps = self.seen.has(KEEPS_CREATED_AT)
        able = self.manifest.capabilities
        return replace(able, keeps_created_at=able.keeps_created_at if keeps is None else keeps)

    def check(self) -> Account:
        return Account(AppUser("us", "Lockstep"), "Model 1")

    def containers(self) -> tuple[Container, ...]:
        return (Container(self.app.name, self.app.name),)

    def item_types(self, container: str) -> tuple[ItemType, ...]:  # noqa: ARG002 - the protocol's shape
        return (ItemType("item", "Item"),)

    def fields(self, container: str, item_type: str) -> tuple[FieldSpec, ...]:  # noqa: ARG002 - the protocol's shape
        return self.app.fields

    def users(self, container: str) -> tuple[AppUser, ...]:  # noqa: ARG002 - the protocol's shape
        return ()

    def changes(self, container: str, since: datetime | None) -> Iterator[Page]:  # noqa: ARG002 - the protocol's shape
        order = sorted(self.app.listed(), key=lambda one: (one.updated, one.id))
        found = [one.id for one in order if self.app.shown(one) and (since is None or one.updated >= since)]
        if self.app.rereads:
            yield from self._reread([Head(one, *self._sight(one)) for one in found])
            return
        for ids in self._pages(found):
            self._read("changes")
            items = [self._seen(one) for one in ids if one in self.app.records]
            heads = tuple(Head(one.id, one.updated_at, one.stamp) for one in items)
            if self.app.nameless and heads:
                heads = (Head("unnamed-1", heads[0].updated_at, "1", unread=Unreadable("unnamed-1", "its id")), *heads)
            yield Page(heads, max((one.updated_at for one in items), default=None))

    def _reread(self, listed: list[Head]) -> Iterator[Page]:
        """The list comes at once; the items of a part of it are read when their turn comes, and people work on."""
        reached = max((one.updated_at for one in listed), default=None)
        if not listed:
            self._read("changes")
        for some in in_parts(Page(tuple(listed), reached), self.app.page):
            self._read("changes")
            self.app.people_act()
            yield replace(some, heads=tuple(map(self._filled, some.heads)))

    def _filled(self, head: Head) -> Head:
        record = self.app.records.get(head.id)
        if record is None or head.id in self.app.illegible:
            return head
        record.unread.clear()
        item = self._seen(head.id)
        return Head(item.id, item.updated_at, item.stamp, item)

    def _sight(self, item_id: str) -> tuple[datetime, str]:
        item = self._seen(item_id)
        return item.updated_at, item.stamp

    def _pages(self, found: list[str]) -> Iterator[list[str]]:
        """The feed in pages, at least one; in disorder each comes twice, begins with the end of the one before."""
        for start in range(0, len(found), self.app.page) or (0,):
            ids = found[start : start + self.app.page]
            yield ids
            if self.app.disorder:
                yield [*reversed(ids), *found[max(0, start - 1) : start]]

    def census(self, container: str) -> Iterator[tuple[str, ...]]:  # noqa: ARG002 - the protocol's shape
        yield tuple(one.id for one in self.app.listed())

    def place(self, container: str) -> str:
        return f"model {container}"

    def marks(self, container: str) -> bool:  # noqa: ARG002 - the protocol's shape
        return self.app.marks_items

    def births(self, container: str, after: str) -> Iterator[Births]:
        self.app.reads["births"] = self.app.reads.get("births", 0) + 1
        if self.app.tells_births_badly:
            self._before("births")
        start = int(after or 0)
        every = [one for one in self.app.records.values() if one.container == container and int(one.id) > start]
        shown = sorted((one for one in every if self.app.shown(one)), key=lambda one: int(one.id))
        born = tuple(
            Newborn(one.id, one.key, str(one.fields.get("title")), one.marker, self._seen(one.id).own, one.created)
            for one in shown
        )
        hidden = [int(one.id) for one in every if not self.app.shown(one)]
        last = min(hidden) - 1 if hidden else max((int(one.id) for one in shown), default=start)
        yield Births(born, str(last))

    def holds(self, container: str, item_id: str) -> bool:
        return item_id in self.app.records and self.app.records[item_id].container == container

    def fetch(self, item_id: str) -> Item:
        self._read("fetch", item_id)
        if item_id in self.app.records:
            self.app.records[item_id].unread.clear()
        if item_id in self.app.illegible:
            raise Unreadable(self.app.records[item_id].key, "its time of change", "“12:34:61” is no time")
        return self._seen(item_id)

    def find(self, draft: Draft, reserved_at: datetime) -> tuple[str, ...]:
        self._read("find")
        records = [one for one in self.app.records.values() if self.app.shown(one)]
        if self.app.marks_items:
            return tuple(one.id for one in records if one.marker == draft.marker)
        same = self.app.kept(draft.fields)
        since = min(reserved_at, draft.created_at or reserved_at)
        mine = [one for one in records if one.ours and one.created >= since]
        return tuple(
            one.id for one in mine if all(one.fields.get(name) == same.get(name) for name in ("title", "text"))
        )

    def create(self, draft: Draft) -> Item:
        made: list[str] = []

        def act() -> str:
            # No proxy of sense sends a create again where the app could not tell that it has it: here none does.
            return made[0] if made else self._make(draft, made)

        return self._seen(self._write("create", "", act))

    def _make(self, draft: Draft, made: list[str]) -> str:
        values = self.app.store(draft.fields)
        if self.app.keeps_public:
            values.pop("private", None)
        record = self.app.add(values)
        made.append(self._made(record.id))
        record.ours = True
        if self.app.keeps_created_at and draft.created_at is not None:
            record.created = draft.created_at
        if draft.created_at is not None:
            self.seen.note(KEEPS_CREATED_AT, there=record.created == draft.created_at)
        record.marker = draft.marker if self.app.marks_items else None
        if self.app.fills_dates and not values.get("due"):
            record.fields["due"] = "2026-11-23"
        if self.app.refuses_halfway:
            record.fields["status"] = "1"
            raise Rejected(f"{self.app.name} does not begin with that status.", words="bad status", status=422)
        return record.id

    def way(self, item_id: str, changed: Mapping[str, Value]) -> Mapping[str, tuple[str, ...]]:
        record = self.app.records.get(item_id)
        now = record.fields.get("status") if record is not None else None
        goes = self.app.over and changed.get("status") not in (None, now, self.app.over)
        return {"status": (self.app.over,)} if goes else {}

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        def act() -> str:
            if self.app.refusing_touches:
                self.app.touch(item_id)
            record, values = self.app.records[item_id], self.app.store(changed)
            if self.app.keeps_public:
                values.pop("private", None)
            if values.get("status") == "2" and self.app.kept_open(record):
                raise self.app.refusal(f"{self.app.name} refuses this.", "one below it is open", ("status",))
            if bad := self.app.worked_out(record) & set(values):
                raise self.app.refusal(f"{self.app.name} refuses this.", f"{', '.join(bad)} is worked out", bad)
            for name in record.unread & set(values):
                record.unknowable.add(record.typed[name][-1].number)
            record.fields.update(values)
            record.untyped -= set(values)
            if "status" in values:
                record.moved.clear()
            self.app.touch(item_id)
            return item_id

        if self.way(item_id, changed):
            self._step(item_id)
        return self._seen(self._write("update", item_id, act))

    def _step(self, item_id: str) -> None:
        """The status on the way to any other; a way that is blocked ends there, or before it, or leads back."""
        before = self.app.records[item_id].fields.get("status") if item_id in self.app.records else None
        if self.app.blocked and self.app.tells_blocks:
            self.app.met["a way known to be blocked"] += 1
            raise self._no_way({})
        self._take_to(item_id, self.app.over)
        self.app.met["a status over another"] += 1
        if not self.app.blocked:
            return
        if self.app.walks_back:
            self._take_to(item_id, before)
            self.app.met["a way that is walked back"] += 1
            raise self._no_way({})
        self.app.met["a way that breaks"] += 1
        raise self._no_way({"status": self.app.over})

    def _take_to(self, item_id: str, status: Value) -> None:
        def act() -> str:
            self.app.records[item_id].fields["status"] = status
            self.app.touch(item_id)
            return item_id

        self._write("step", item_id, act)

    def _no_way(self, left: Mapping[str, Value]) -> Rejected:
        words = "there is no way on"
        self.app.refusals.append(words)
        return Rejected(f"{self.app.name} went half the way.", words=words, fields=("status",), left=left)

    def delete(self, item_id: str) -> None:
        def act() -> str:
            if item_id in self.app.records:
                record = self.app.records[item_id]
                record.unknowable |= {record.typed[name][-1].number for name in record.unread}
                self.app.delete(item_id, by_us=True)
            return item_id

        self._write("delete", item_id, act)

    def add_comment(self, item_id: str, draft: CommentDraft) -> str:
        def act() -> str:
            for word in self.app.refuses_comments:
                if word in draft.body:
                    raise self.app.refusal(f"{self.app.name} refuses this.", f"“{word}” is not welcome")
            marker = draft.marker if self.app.marks_comments else None
            body = self.app.body(draft.body)
            one = Comment(self.app.fresh(), body, "us", "Lockstep", self.app.now, draft.private, marker, own=True)
            self.app.records[item_id].comments.append(one)
            if not draft.private:
                self.app.open_for(item_id, one.id)
            self.app.touch(item_id)
            return self._made(one.id)

        return self._put_back(item_id, self._write("add_comment", item_id, act))

    def _put_back(self, item_id: str, made: str) -> str:
        """What our comment or file moved goes back at once; what came is there, whatever comes of that."""

        def act() -> str:
            self.app.put_back(item_id, made)
            return item_id

        if item_id in self.app.records and made in self.app.records[item_id].moved:
            try:
                self._write("put_back", item_id, act)
            except (Rejected, CredentialsRefused, Transient) as error:
                raise LostAnswer(f"{self.app.name} has opened {item_id} for us, and it may be open still.") from error
        return made

    def edit_comment(self, item_id: str, comment_id: str, body: str) -> None:
        def act() -> str:
            self.app.change_comment(item_id, comment_id, body)
            return comment_id

        self._write("edit_comment", item_id, act)

    def delete_comment(self, item_id: str, comment_id: str) -> None:
        if not self.app.removes:
            raise Rejected(f"{self.app.name} keeps comment {comment_id} of {item_id}.")

        def act() -> str:
            self.app.remove_comment(item_id, comment_id, by_us=True)
            return comment_id

        self._write("delete_comment", item_id, act)

    def add_attachment(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        body = content.read()
        assert hashlib.sha256(body).hexdigest() == draft.sha256

        def act() -> str:
            made = self.app.attach(item_id, draft.name, body, own=True)
            self.app.open_for(item_id, made)
            return self._made(made)

        return self._put_back(item_id, self._write("add_attachment", item_id, act))

    def open_attachment(self, item_id: str, attachment_id: str) -> Iterable[bytes]:
        self._read("open_attachment", item_id)
        yield self.app.records[item_id].contents[attachment_id]

    def delete_attachment(self, item_id: str, attachment_id: str) -> None:
        if not self.app.removes:
            raise Rejected(f"{self.app.name} keeps file {attachment_id} of {item_id}.")

        def act() -> str:
            self.app.remove_file(item_id, attachment_id, by_us=True)
            return attachment_id

        self._write("delete_attachment", item_id, act)

    def link_kinds(self, container: str) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's shape
        return (PARENT, RELATES, BLOCKS, BLOCKED)

    def add_link(self, item_id: str, kind: str, target: str) -> None:
        def act() -> str:
            if target not in self.app.records:
                raise self.app.refusal(f"{self.app.name} has no {target}.", "no such item")
            self.app.link(item_id, kind, target)
            return target

        self._write("add_link", item_id, act)

    def remove_link(self, item_id: str, kind: str, target: str) -> None:
        def act() -> str:
            self.app.unlink(item_id, kind, target)
            return target

        self._write("remove_link", item_id, act)

    def close(self) -> None:
        """Nothing is open."""
