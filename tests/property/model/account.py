"""Our account at a model app: the connector of the histories; it must not know the engine.

Every call asks ``fate`` first what shall happen: nothing, a refusal before the write, a lost answer after it, or the
death of the whole process before or after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import BinaryIO

from server.connectors.base import Account, Capabilities, Container, ItemType, Manifest
from server.domain.errors import LostAnswer, Rejected, Transient
from server.domain.item import PARENT, Comment, CommentDraft, Draft, FileDraft, Head, Item, Page
from server.domain.values import AppUser, FieldSpec, TextFormat, Value
from tests.property.model.app import BLOCKED, BLOCKS, RELATES, ModelApp
from tests.property.model.fates import Fate, Killed

_PAGE = 3


class ModelConnector:
    """Our account at a model app."""

    text_format = TextFormat.PLAIN

    def __init__(self, app: ModelApp) -> None:
        self.app = app

    @property
    def manifest(self) -> Manifest:
        able = Capabilities(
            overlap=timedelta(seconds=1),
            parallel=1,
            private_comments=self.app.private_comments,
            edits_comments=True,
            links=True,
            deletes_items=True,
        )
        return Manifest("model", "Model", (), able)

    @property
    def server_time(self) -> datetime | None:
        return self.app.now

    def _before(self, call: str) -> Fate:
        fate = self.app.fate(f"{self.app.name}.{call}")
        if fate is Fate.KILLED_BEFORE:
            raise Killed
        if fate is Fate.BUSY:
            raise Transient(f"{self.app.name} is busy.", status=503)
        return fate

    def _after(self, fate: Fate) -> None:
        self.app.writes += 1
        if fate is Fate.KILLED_AFTER:
            raise Killed
        if fate is Fate.LOST:
            raise LostAnswer(f"{self.app.name} did not answer.")

    def _read(self, call: str) -> None:
        if self._before(call) is not Fate.WELL:
            raise Transient(f"{self.app.name} broke off.")

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
        order = sorted(self.app.records.values(), key=lambda one: (one.updated, one.id))
        found = [one.id for one in order if since is None or one.updated >= since]
        if not found:
            self._read("changes")
            yield Page((), None)
        for start in range(0, len(found), _PAGE):
            self._read("changes")
            items = [self.app.item(one) for one in found[start : start + _PAGE] if one in self.app.records]
            heads = tuple(Head(one.id, one.updated_at, one.stamp) for one in items)
            yield Page(heads, max((one.updated_at for one in items), default=None))

    def census(self, container: str) -> Iterator[tuple[str, ...]]:  # noqa: ARG002 - the protocol's shape
        yield tuple(self.app.records)

    def fetch(self, item_id: str) -> Item:
        self._read("fetch")
        return self.app.item(item_id)

    def find(self, draft: Draft, reserved_at: datetime) -> tuple[str, ...]:
        self._read("find")
        records = self.app.records.values()
        if self.app.marks_items:
            return tuple(one.id for one in records if one.marker == draft.marker)
        same = self.app.store(draft.fields)
        mine = [one for one in records if one.ours and one.created >= reserved_at]
        return tuple(
            one.id for one in mine if all(one.fields.get(name) == same.get(name) for name in ("title", "text"))
        )

    def create(self, draft: Draft) -> Item:
        fate = self._before("create")
        values = self.app.store(draft.fields)
        item_id = self.app.person_creates(values)
        self.app.records[item_id].ours = True
        if self.app.marks_items:
            self.app.records[item_id].marker = draft.marker
        if self.app.fills_dates and not values.get("due"):
            self.app.records[item_id].fields["due"] = "2026-11-23"
        if self.app.refuses_halfway:
            self.app.records[item_id].fields["status"] = "1"
            raise Rejected(f"{self.app.name} does not begin with that status.", words="bad status", status=422)
        self._after(fate)
        return self.app.item(item_id)

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        fate = self._before("update")
        self.app.item(item_id)
        self.app.records[item_id].fields.update(self.app.store(changed))
        self.app.touch(item_id)
        self._after(fate)
        return self.app.item(item_id)

    def delete(self, item_id: str) -> None:
        fate = self._before("delete")
        self.app.item(item_id)
        self.app.person_deletes(item_id)
        self._after(fate)

    def add_comment(self, item_id: str, draft: CommentDraft) -> str:
        fate = self._before("add_comment")
        self.app.item(item_id)
        marker = draft.marker if self.app.marks_comments else None
        one = Comment(self.app.fresh(), draft.body, "us", "Lockstep", self.app.now, draft.private, marker, own=True)
        self.app.records[item_id].comments.append(one)
        self.app.touch(item_id)
        self._after(fate)
        return one.id

    def edit_comment(self, item_id: str, comment_id: str, body: str) -> None:
        fate = self._before("edit_comment")
        record = self.app.records[item_id]
        record.comments = [replace(one, body=body) if one.id == comment_id else one for one in record.comments]
        self.app.touch(item_id)
        self._after(fate)

    def delete_comment(self, item_id: str, comment_id: str) -> None:
        raise Rejected(f"{self.app.name} keeps comment {comment_id} of {item_id}.")

    def add_attachment(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        fate = self._before("add_attachment")
        self.app.item(item_id)
        body = content.read()
        assert hashlib.sha256(body).hexdigest() == draft.sha256
        file_id = self.app._attach(item_id, draft.name, body, own=True)
        self._after(fate)
        return file_id

    def open_attachment(self, item_id: str, attachment_id: str) -> Iterable[bytes]:
        self._read("open_attachment")
        yield self.app.records[item_id].contents[attachment_id]

    def delete_attachment(self, item_id: str, attachment_id: str) -> None:
        raise Rejected(f"{self.app.name} keeps file {attachment_id} of {item_id}.")

    def link_kinds(self, container: str) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's shape
        return (PARENT, RELATES, BLOCKS, BLOCKED)

    def add_link(self, item_id: str, kind: str, target: str) -> None:
        fate = self._before("add_link")
        self.app.item(item_id)
        if target not in self.app.records:
            raise Rejected(f"{self.app.name} has no {target}.", words="no such item", status=422)
        self.app.person_links(item_id, kind, target)
        self._after(fate)

    def remove_link(self, item_id: str, kind: str, target: str) -> None:
        fate = self._before("remove_link")
        self.app.item(item_id)
        self.app.person_unlinks(item_id, kind, target)
        self._after(fate)

    def close(self) -> None:
        """Nothing is open."""
