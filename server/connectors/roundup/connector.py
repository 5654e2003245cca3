"""Talks to one Roundup with one account; it must not decide what is synced.

Items are named by Roundup's designators (``issue12``), which are unique across the classes of a tracker. An edit
carries the tag of what it was made from, so it never overwrites what somebody else has written meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from server.connectors import audience
from server.connectors.base import Account, Capabilities, Container, ItemType, Manifest, Outlet
from server.connectors.confirming import confirming
from server.connectors.paging import in_parts, walk
from server.connectors.paths import segment
from server.connectors.roundup.births import walk_births
from server.connectors.roundup.items import Items, place_of
from server.connectors.roundup.links import with_link, without_link
from server.connectors.roundup.manifest import MANIFEST, TEXT_FORMATS
from server.connectors.roundup.read import comment_marker, item_marker, lines, plain_value
from server.connectors.roundup.schema import DESCRIPTION, Schema
from server.connectors.roundup.session import Json, Session, record
from server.connectors.roundup.syntax import syntax
from server.connectors.roundup.write import WITH_ACTOR, Writer, message_text
from server.connectors.seen import DELETES_ITEMS, Seen
from server.connectors.understood import understood
from server.connectors.zones import chosen_zone
from server.domain.errors import AppError, Gone, PutRight, Rejected
from server.domain.item import CommentDraft, Draft, FileDraft, Head, Item, Page
from server.domain.lineage import Births
from server.domain.syntax import Syntax
from server.domain.values import AppUser, FieldSpec, TextFormat, Value

_PAGE = 500
"""Roundup reads all that follows for each page it gives, so few large pages are kind to it."""
_BULK = 50
"""Items of the feed that are read together."""
_FORBIDDEN = 403


@understood(MANIFEST.title)
class Roundup:
    """One Roundup, one account. Holds nothing but what it has learned of the tracker's own schema and people."""

    def __init__(self, settings: Mapping[str, str], outlet: Outlet) -> None:
        self._outlet = outlet
        chosen = settings.get("text_format") or "plain"
        if chosen not in TEXT_FORMATS:
            raise PutRight(f"“{chosen}” is none of the text formats for Roundup.", field="text_format")
        self._format = TEXT_FORMATS[chosen]
        self._settings = settings
        self._session = Session(outlet, settings["login"].strip(), settings["password"])
        self._schema = Schema(self._session, audience.spelt(settings))
        self._items = Items(outlet, self._session, self._schema)
        self._writer = Writer(self._session, self._schema, self._items.members, self._items.ruled)
        self.seen = Seen()
        self._home = ""

    @property
    def manifest(self) -> Manifest:
        """Roundup's manifest."""
        return MANIFEST

    @property
    def text_format(self) -> TextFormat:
        """As the connection's settings say; Roundup does not tell it."""
        return self._format

    @property
    def server_time(self) -> datetime | None:
        """Roundup's clock as of its last answer."""
        return self._outlet.server_time

    def syntax(self, container: str) -> Syntax:
        """What Roundup makes of text, with the designators of the class."""
        return syntax(container, self._outlet.base_url)

    def zone(self) -> str:
        """As the connection's settings say, else as it is set at our account now."""
        return chosen_zone(self._settings) or str(self._session.zone())

    # What is there

    def check(self) -> Account:
        """Prove address, login and the right to use the REST interface."""
        user = self._session.check()
        self._session.zone()
        self.zone()
        warnings = []
        if all(not one.email for one in self._items.people() if one.id != user.id):
            warnings.append(
                f"Roundup does not show {user.name} other people's e-mail addresses, so people are not matched by "
                "themselves. Let the syncing user's role view the property “address” of users, or match them by hand."
            )
        if self.seen.has(DELETES_ITEMS) is False:
            warnings.append(
                "The last deletion of an item was refused. Where twins are to be deleted, the syncing user's role "
                "needs the permission to retire items; Roundup gives it to administrators only."
            )
        everywhere = (*self._schema.item_classes(), "msg", "file")
        there = {one for name in everywhere for one in self._schema.restricting(name)}
        if told := audience.missing(self._settings, there, "Roundup"):
            warnings.append(told)
        return Account(user, "Roundup", tuple(warnings))

    def abilities(self, container: str) -> Capabilities:  # noqa: ARG002 - the protocol's
        """Roundup's; it does not tell what our roles allow."""
        return MANIFEST.capabilities

    def containers(self) -> tuple[Container, ...]:
        """The tracker's classes of items (``issue``; ``bug``, ``task`` and so on)."""
        return tuple(Container(one, one) for one in self._schema.item_classes())

    def item_types(self, container: str) -> tuple[ItemType, ...]:
        """One: the class itself."""
        return (ItemType(container, container),)

    def fields(self, container: str, item_type: str) -> tuple[FieldSpec, ...]:  # noqa: ARG002 - the protocol's
        """The properties of the class, with the options that they have now."""
        return self._schema.fields(container, self._format)

    def users(self, container: str) -> tuple[AppUser, ...]:  # noqa: ARG002 - the protocol's
        """All users but the anonymous one, with e-mail where Roundup shows it to us."""
        return tuple(one for one in self._items.people() if one.login != "anonymous")

    # Reading items

    def changes(self, container: str, since: datetime | None) -> Iterator[Page]:
        """Items changed at or after ``since``, oldest first.

        Items are read together, after the list: what they are by then may be newer, and claims nothing.
        """

        def heads(start: datetime | None, offset: int, limit: int) -> Sequence[Head]:
            return self._items.heads(container, start, offset, limit)

        for page in walk(heads, since, _PAGE, lambda: self._outlet.server_time):
            for some in in_parts(page, _BULK):
                yield replace(some, heads=self._items.filled(container, some.heads))

    def census(self, container: str) -> Iterator[tuple[str, ...]]:
        """The designators of all items of the class; one answer, so nothing can slip between pages."""
        every = self._items.designators(container)
        for place in range(0, len(every), _PAGE):
            yield every[place : place + _PAGE]

    def place(self, container: str) -> str:
        """The class within the tracker, by the address that the tracker itself gives as its own."""
        if not self._home:
            found, _ = self._session.get(record("user", self._session.user.id), (("@fields", "username"),))
            self._home = str(found.get("link") or self._outlet.base_url).partition("/rest/data/")[0]
        return f"roundup {self._home} {container}"

    def marks(self, container: str) -> bool:  # noqa: ARG002 - the protocol's
        """Always: the message that an item begins with carries it."""
        return True

    def births(self, container: str, after: str) -> Iterator[Births]:
        """The class's items made at a time or later."""
        return walk_births(self._session, self._schema.shape(container), after)

    def holds(self, container: str, item_id: str) -> bool:
        """A designator names its class."""
        return place_of(item_id)[0] == container

    def fetch(self, item_id: str) -> Item:
        """The whole item: one request, one for its messages, one for its files."""
        name, numbered = place_of(item_id)
        found = self._items.read(name, (numbered,)).get(item_id)
        if found is None:
            raise self._items.absent(name, numbered)
        if isinstance(found, AppError):
            raise found
        return found

    def find(self, draft: Draft, reserved_at: datetime) -> tuple[str, ...]:  # noqa: ARG002 - markers are certain here
        """Items that carry the correlation id, in their own field or at their first message."""
        name = draft.container
        numbers = set()
        if self._schema.shape(name).holds_marker:
            numbers |= self._items.numbers(name, (("remote_id:", draft.marker),))
        messages = self._items.numbers("msg", (("messageid:", item_marker(draft.marker)),))
        if messages:
            numbers |= self._items.numbers(name, (("messages", ",".join(sorted(messages))),))
        return tuple(name + one for one in sorted(numbers, key=int))

    # Writing items

    def create(self, draft: Draft) -> Item:
        """Make the first message, then the item with it.

        Cut off in between, it leaves a message that belongs to no item, which nobody sees and nobody needs.
        """
        shape = self._schema.shape(draft.container)
        body = self._writer.body(draft.container, draft.fields)
        body["messages"] = [self._writer.say(draft.fields.get(DESCRIPTION), item_marker(draft.marker))]
        if shape.holds_marker:
            body["remote_id"] = draft.marker
        with self._telling(body):
            made = self._session.post(record(draft.container), body)
        with confirming(f"{draft.container}{made}"):
            return self.fetch(draft.container + made)

    def way(self, item_id: str, changed: Mapping[str, Value]) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002 - the protocol's
        """Each is one step: Roundup knows no workflow."""
        return {}

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        """Write the fields; a description into the message that the item was made with."""
        name, number = place_of(item_id)
        body = self._writer.body(name, changed)
        before: dict[str, Json] = {}

        def change(now: Json) -> dict[str, Any]:
            before[item_id] = now
            return body

        if body:
            with self._telling(body):
                self._session.edit(record(name, number), change)
        if DESCRIPTION in changed:
            self._writer.describe(name, number, lines(changed[DESCRIPTION]))
        with confirming(item_id):
            item = self.fetch(item_id)
        left = [one for one in body if item.fields.get(one) != changed[one] and self._writer.exact(name, one)]
        if left:
            raise Rejected(
                f"Roundup left {', '.join(left)} of {item_id} as it was, or set something else instead.", fields=left
            )
        return replace(item, untyped=item.untyped | self._untyped(item, before.get(item_id, {}), changed))

    def _untyped(self, item: Item, before: Json, changed: Mapping[str, Value]) -> frozenset[str]:
        """What a rule of the tracker changed when we wrote: nobody else has touched the item since ``before``."""
        name, numbered = place_of(item.id)
        fields = self._schema.shape(name).fields
        others = before.keys() & fields.keys() - changed.keys()
        moved = frozenset(
            one for one in others if not fields[one].many and plain_value(fields[one], before[one]) != item.fields[one]
        )
        if not moved:
            return moved
        with confirming(item.id):
            now, _ = self._session.get(record(name, numbered), WITH_ACTOR)
            actor = now["attributes"].get("actor")
        return moved if str(actor) == self._session.user.id else frozenset()

    @staticmethod
    @contextmanager
    def _telling(sent: Mapping[str, Any]) -> Iterator[None]:
        """Say of a refusal which of the properties that were ``sent`` Roundup's sentence speaks of."""
        try:
            yield
        except Rejected as error:
            error.fields |= {name for name in sent if re.search(rf"\b{re.escape(name)}\b", error.words)}
            raise

    def delete(self, item_id: str) -> None:
        """Retire the item, which Roundup allows to administrators only, unless the tracker says otherwise."""
        name, number = place_of(item_id)
        if not self._items.numbers(name, (("id", number),)):
            raise Gone(f"{item_id} is not in Roundup any more.")
        try:
            self._session.retire(record(name, number))
        except Rejected as error:
            if error.status == _FORBIDDEN:
                self.seen.note(DELETES_ITEMS, there=False)
            raise
        self.seen.note(DELETES_ITEMS, there=True)

    # Comments, files, links

    def add_comment(self, item_id: str, draft: CommentDraft) -> str:
        """Make a message and hang it on the item, whose status stays.

        Cut off in between, it leaves a message that belongs to no item, which nobody sees and nobody needs.
        """
        if draft.private:
            raise Rejected(f"Roundup has no private messages, so a private comment was not posted on {item_id}.")
        made = self._writer.say(draft.body, comment_marker(draft.marker))
        self._writer.hang(*place_of(item_id), "messages", made)
        return made

    def edit_comment(self, item_id: str, comment_id: str, body: str) -> None:  # noqa: ARG002 - the protocol's
        """Replace a message's text. Roundup does not count it as a change of the item."""
        self._session.edit(record("msg", comment_id), lambda _: {"content": message_text(body)})

    def delete_comment(self, item_id: str, comment_id: str) -> None:
        """Take a message off the item; one that is gone already is no error."""
        self._writer.take_off(*place_of(item_id), "messages", comment_id)

    def add_attachment(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        """Upload a file and hang it on the item.

        Cut off in between, it leaves a file that belongs to no item, which nobody sees and nobody needs.
        """
        kind = draft.content_type or "application/octet-stream"
        if draft.size == 0:
            # Roundup takes nothing for no content at all, and trims a blank to nothing.
            made = self._session.post("/rest/data/file", {"name": draft.name, "type": kind, "content": " "})
        else:
            parts: dict[str, tuple[str, BinaryIO | bytes, str]] = {
                "name": ("", draft.name.encode(), ""),
                "type": ("", kind.encode(), ""),
                "content": ("content", content, "application/octet-stream"),
            }
            made = self._session.upload("/rest/data/file", parts)
        self._items.keep_size(made, draft.size)
        self._writer.hang(*place_of(item_id), "files", made)
        return made

    def open_attachment(self, item_id: str, attachment_id: str) -> Iterable[bytes]:  # noqa: ARG002 - the protocol's
        """The file's bytes."""
        self._items.forget_size(attachment_id)
        return self._session.stream(f"/{segment('file' + attachment_id)}/")

    def delete_attachment(self, item_id: str, attachment_id: str) -> None:
        """Take a file off the item; one that is gone already is no error."""
        self._writer.take_off(*place_of(item_id), "files", attachment_id)

    def link_kinds(self, container: str) -> tuple[str, ...]:
        """The properties of the class that hold items of the class itself."""
        return self._schema.shape(container).relations

    def add_link(self, item_id: str, kind: str, target: str) -> None:
        """Relate two items of a class by one of its properties."""
        name, number, wanted = self._related(item_id, kind, target)
        self._session.edit(record(name, number), lambda now: with_link(now, kind, wanted))

    def remove_link(self, item_id: str, kind: str, target: str) -> None:
        """Take a relation away; one that is not there is no error."""
        name, number, gone = self._related(item_id, kind, target)
        self._session.edit(record(name, number), lambda now: without_link(now, kind, gone))

    def _related(self, item_id: str, kind: str, target: str) -> tuple[str, str, str]:
        """The item's class and number, and the target's number. ``Rejected`` where the tracker has no such relation."""
        name, number = place_of(item_id)
        other, wanted = place_of(target)
        if kind not in self._schema.shape(name).relations or other != name:
            raise Rejected(f"{item_id} cannot be related to {target} by “{kind}” in this tracker.")
        return name, number, wanted

    def close(self) -> None:
        """Let go of sockets."""
        self._outlet.close()


def open_roundup(settings: Mapping[str, str], outlet: Outlet) -> Roundup:
    """Build a connector from a connection's settings."""
    return Roundup(settings, outlet)
