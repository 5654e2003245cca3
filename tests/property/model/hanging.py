"""What hangs on the items of a model app: comments, files, links, whoever puts them there; it must not know the engine.

What people took back stays with the item, so that a law can ask what became of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import replace
from datetime import datetime

from server.domain.item import PARENT, Attachment, Comment, Link
from tests.property.model.record import Record, Related, Removed, moment

RELATES, BLOCKS, BLOCKED = "relates", "blocks", "blocked"
SEEN_FROM_TARGET = {RELATES: RELATES, BLOCKS: BLOCKED, BLOCKED: BLOCKS}


class Hanging(ABC):
    """The part of a ``ModelApp`` that puts something on its items and takes it off."""

    __slots__ = ()
    records: dict[str, Record]
    related: list[Related]
    whispered: list[str]
    now: datetime
    private_comments: bool
    silent: bool
    moves_for_links: bool
    reopens: bool
    met: Counter[str]

    @abstractmethod
    def fresh(self) -> str:
        """The next id."""

    @abstractmethod
    def body(self, body: str) -> str:
        """A text as the app keeps it."""

    @abstractmethod
    def touch(self, item_id: str) -> None:
        """The item was changed now."""

    @abstractmethod
    def _work_out(self, item_id: str | None) -> None:
        """What the app works out by itself when something about the item changed."""

    def person_comments(self, item_id: str, body: str, *, private: bool) -> None:
        """A person writes a comment."""
        record = self.records[item_id]
        shut = private and self.private_comments
        if shut:
            self.whispered.append(body)
        record.comments.append(Comment(self.fresh(), self.body(body), "p", "Pérson", self.now, shut))
        self.touch(item_id)

    def person_edits_comment(self, item_id: str, comment_id: str, body: str) -> None:
        """A person changes a comment."""
        self.change_comment(item_id, comment_id, body)

    def person_hides_comment(self, item_id: str, comment_id: str, *, private: bool) -> None:
        """A person makes a comment private, or lets everybody read it."""
        record = self.records[item_id]
        record.comments = [replace(one, private=private) if one.id == comment_id else one for one in record.comments]
        self.touch(item_id)

    def change_comment(self, item_id: str, comment_id: str, body: str) -> None:
        """A comment says something else, whoever changed it."""
        record = self.records[item_id]
        kept = self.body(body)
        record.dropped += [(one.id, one.body) for one in record.comments if one.id == comment_id and not one.own]
        record.comments = [replace(one, body=kept) if one.id == comment_id else one for one in record.comments]
        if not self.silent:
            self.touch(item_id)

    def person_attaches(self, item_id: str, name: str, content: bytes) -> None:
        """A person attaches a file."""
        self.attach(item_id, name, content, own=False)

    def person_removes_comment(self, item_id: str, comment_id: str) -> None:
        """A person deletes a comment."""
        self.remove_comment(item_id, comment_id, by_us=False)

    def remove_comment(self, item_id: str, comment_id: str, *, by_us: bool) -> None:
        """A comment goes, whoever deletes it."""
        record = self.records[item_id]
        gone = [one for one in record.comments if one.id == comment_id]
        record.dropped += [(one.id, one.body) for one in gone if not one.own]
        record.removed += [Removed(one, by_us) for one in gone]
        record.comments = [one for one in record.comments if one.id != comment_id]
        self.touch(item_id)

    def person_removes_file(self, item_id: str, file_id: str) -> None:
        """A person deletes a file."""
        self.remove_file(item_id, file_id, by_us=False)

    def remove_file(self, item_id: str, file_id: str, *, by_us: bool) -> None:
        """A file goes, whoever deletes it."""
        record = self.records[item_id]
        gone = [one for one in record.attachments if one.id == file_id]
        record.removed += [Removed(one, by_us, record.contents.pop(one.id)) for one in gone]
        record.attachments = [one for one in record.attachments if one.id != file_id]
        self.touch(item_id)

    def attach(self, item_id: str, name: str, content: bytes, *, own: bool) -> str:
        """A file is put on an item, whoever does it; the file's id."""
        record = self.records[item_id]
        file_id = self.fresh()
        record.attachments.append(Attachment(file_id, name, len(content), "text/plain", "Pérson", self.now, own))
        record.contents[file_id] = content
        self.touch(item_id)
        return file_id

    def open_for(self, item_id: str, there: str) -> None:
        """An item that is done is opened for what our account said or attached there, if the app does such a thing."""
        record = self.records[item_id]
        if self.reopens and record.fields.get("status") == "2":
            record.moved[there] = "2"
            record.fields["status"] = "1"
            record.untyped.add("status")
            self.met["an item that was opened for us"] += 1

    def put_back(self, item_id: str, there: str) -> None:
        """Our account gives the item back the status that it had, unless somebody has set one since."""
        record = self.records[item_id]
        if there in record.moved:
            record.fields["status"] = record.moved.pop(there)
            record.untyped.discard("status")
            self.touch(item_id)

    def person_links(self, item_id: str, kind: str, target: str) -> None:
        """A person relates two items; ``PARENT`` puts one below the other."""
        self.link(item_id, kind, target)
        self.related.append(Related(moment(), item_id, kind, target, added=True))

    def link(self, item_id: str, kind: str, target: str) -> None:
        """Two items are related, whoever does it."""
        if kind == PARENT:
            before = self.records[item_id].parent
            if before != target:
                self.records[item_id].parent = target
                self._touch_for_link(item_id)
                self._work_out(before)
                self._work_out(target)
            return
        for one, link in self._ends(item_id, kind, target):
            if link not in self.records[one].links:
                self.records[one].links.add(link)
                self._touch_for_link(one)

    def person_unlinks(self, item_id: str, kind: str, target: str) -> None:
        """A person takes that back."""
        self.unlink(item_id, kind, target)
        self.related.append(Related(moment(), item_id, kind, target, added=False))

    def unlink(self, item_id: str, kind: str, target: str) -> None:
        """Two items are related no more, whoever does it."""
        if kind == PARENT:
            if self.records[item_id].parent == target:
                self.records[item_id].parent = None
                self._touch_for_link(item_id)
                self._work_out(target)
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
