"""What every connector promises when something else answers in the app's place; a part of ``conformance``.

A log-in wall or a broken proxy answers 200 to anything: with a page, with nothing, with JSON of its own. What was
written is then in doubt, and what was read is no news.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, product

import pytest

from server.connectors.base import Connector
from server.domain.errors import AppError, Gone, LostAnswer, Transient
from server.domain.item import PARENT, CommentDraft, FileDraft, Item
from tests.contract.tracker import Tracker
from tests.support.proxy import Asked, Fault, Proxy, standing_before

WRITES = (Fault.EMPTY, Fault.LOGIN_AFTER, Fault.STRANGE, Fault.STRANGE_AFTER)
READS = (Fault.LOGIN, Fault.EMPTY, Fault.STRANGE)
_MOST = 12
"""More requests than any of the calls tried here needs."""


@dataclass(slots=True)
class Once:
    """One request among those that are counted (``writing`` or reading) is answered by the wall, all others go on."""

    fault: Fault
    which: int
    writing: bool
    met: int = 0
    struck: bool = False

    def __call__(self, asked: Asked) -> Fault:
        if asked.writes is not self.writing:
            return Fault.NONE
        self.met += 1
        self.struck = self.struck or self.met == self.which
        return self.fault if self.met == self.which else Fault.NONE


@dataclass(slots=True)
class Write:
    """A write to try on a fresh item. ``done``: how often what it was to do is there, of the item as it is now."""

    name: str
    act: Callable[[Connector, Item], object]
    done: Callable[[Connector, Item], int]
    before: Callable[[Connector, Item], object] = field(default=lambda _connector, _item: None)


class BehindAWall:
    """The part of the suite whose requests go through a proxy that answers in the app's place."""

    @pytest.fixture
    def wall(self, tracker: Tracker) -> Iterator[Proxy]:
        scheme, _, rest = tracker.settings["url"].partition("://")
        with standing_before(f"{scheme}://{rest.partition('/')[0]}") as proxy:
            yield proxy

    @pytest.fixture
    def walled(self, tracker: Tracker, wall: Proxy) -> Iterator[Connector]:
        wall.choose = lambda _: Fault.NONE
        opened = tracker.connect(url=wall.url + path_of(tracker.settings["url"]))
        opened.check()
        opened.fields(tracker.container, tracker.item_type)
        yield opened
        wall.choose = lambda _: Fault.NONE
        opened.close()

    def test_a_write_is_believed_only_for_what_the_app_holds(
        self, tracker: Tracker, connector: Connector, walled: Connector, wall: Proxy
    ) -> None:
        faults = cycle(WRITES)
        for write in writes(tracker, connector):
            for which in range(1, _MOST):
                item = connector.create(tracker.draft())
                write.before(connector, item)
                wall.choose = once = Once(next(faults), which, writing=True)
                failure: AppError | None = None
                try:
                    write.act(walled, item)
                except AppError as error:
                    failure = error
                finally:
                    wall.choose = lambda _: Fault.NONE
                if not once.struck:
                    assert failure is None, write.name
                    break
                held = write.done(connector, item)
                assert held <= 1, (write.name, which, "it was done twice")
                if failure is None:
                    assert held == 1, (write.name, which, "it is told as done, and is not there")
                elif held:
                    assert isinstance(failure, LostAnswer), (write.name, which, failure)
                else:
                    assert isinstance(failure, Transient), (write.name, which, failure)

    def test_a_creation_in_doubt_is_found_or_was_not_made(
        self, tracker: Tracker, connector: Connector, walled: Connector, wall: Proxy
    ) -> None:
        for fault, which in product(WRITES, (1, 2)):
            connector.check()
            before = connector.server_time
            assert before is not None
            draft = tracker.draft(**{tracker.description: f"Text {uuid.uuid4()}"})
            wall.choose = Once(fault, which, writing=True)
            failure, made = None, None
            try:
                made = walled.create(draft)
            except AppError as error:
                failure = error
            finally:
                wall.choose = lambda _: Fault.NONE
            found = connector.find(draft, before)
            assert len(found) <= 1
            if made is not None:
                assert found == (made.id,)
            else:
                assert isinstance(failure, LostAnswer), (which, failure)

    def test_a_read_that_something_else_answers_is_never_empty_and_nothing_is_gone(
        self, tracker: Tracker, connector: Connector, walled: Connector, wall: Proxy
    ) -> None:
        faults = cycle(READS)
        item = connector.create(tracker.draft(**{tracker.description: "Text"}))
        connector.add_comment(item.id, CommentDraft("ein Wort", private=False, marker=str(uuid.uuid4())))
        connector.add_attachment(item.id, FileDraft("a.txt", "text/plain", 1, digest(b"x"), ""), io.BytesIO(b"x"))
        since = item.updated_at
        for name, ask in reads(tracker, item, since):
            whole = ask(connector)
            for which in range(1, _MOST):
                wall.choose = once = Once(next(faults), which, writing=False)
                answer, failure = whole, None
                try:
                    answer = ask(walled)
                except AppError as error:
                    failure = error
                finally:
                    wall.choose = lambda _: Fault.NONE
                assert answer == whole, (name, which)
                assert not isinstance(failure, Gone), (name, which)
                if not once.struck:
                    break


def reads(tracker: Tracker, item: Item, since: object) -> Sequence[tuple[str, Callable[[Connector], object]]]:
    """Reads, each as something that can be compared."""

    def changes(one: Connector) -> object:
        return [head.id for page in one.changes(tracker.container, since) for head in page.heads]  # type: ignore[arg-type]  # a time

    return (
        ("fetch", lambda one: whole_of(one.fetch(item.id))),
        ("changes", changes),
        ("census", lambda one: {each for page in one.census(tracker.crowd) for each in page}),
        ("people", lambda one: {each.id for each in one.users(tracker.container)}),
        ("containers", lambda one: one.containers()),
    )


def whole_of(item: Item) -> object:
    return item.fields, [one.body for one in item.comments], [one.name for one in item.attachments]


def writes(tracker: Tracker, connector: Connector) -> Iterator[Write]:
    """All that can be done to an item of this app."""
    able = connector.manifest.capabilities
    yield Write(
        "update",
        lambda one, item: one.update(item.id, {tracker.title: "Neuer Titel"}),
        lambda one, item: one.fetch(item.id).fields[tracker.title] == "Neuer Titel",
    )
    yield Write(
        "status",
        lambda one, item: one.update(item.id, {tracker.status: tracker.statuses[0]}),
        lambda one, item: one.fetch(item.id).fields[tracker.status] == tracker.statuses[0],
    )
    yield from writes_of_comments(connector)
    yield from writes_of_files(connector)
    for kind in (*tracker.links[:1], *((PARENT,) if PARENT in connector.link_kinds(tracker.container) else ())):
        yield from writes_of_links(tracker, connector, kind)
    if able.deletes_items and not tracker.keeps_items:
        yield Write("delete", lambda one, item: one.delete(item.id), is_gone)


def is_gone(connector: Connector, item: Item) -> int:
    try:
        connector.fetch(item.id)
    except Gone:
        return 1
    return 0


def writes_of_comments(connector: Connector) -> Iterator[Write]:
    able = connector.manifest.capabilities

    def said(word: str) -> Callable[[Connector, Item], int]:
        return lambda one, item: [each.body.strip() for each in one.fetch(item.id).comments].count(word)

    def say(one: Connector, item: Item, word: str, *, private: bool = False) -> str:
        return one.add_comment(item.id, CommentDraft(word, private=private, marker=str(uuid.uuid4())))

    def last(item: Item) -> str:
        return connector.fetch(item.id).comments[-1].id

    yield Write("comment", lambda one, item: say(one, item, "gesagt"), said("gesagt"))
    if able.private_comments:
        yield Write("private comment", lambda one, item: say(one, item, "leise", private=True), said("leise"))
    if able.edits_comments:
        yield Write(
            "edit of a comment",
            lambda one, item: one.edit_comment(item.id, last(item), "anders gesagt"),
            said("anders gesagt"),
            before=lambda one, item: say(one, item, "gesagt"),
        )
    if able.deletes_comments:
        yield Write(
            "deletion of a comment",
            lambda one, item: one.delete_comment(item.id, last(item)),
            lambda one, item: not said("gesagt")(one, item),
            before=lambda one, item: say(one, item, "gesagt"),
        )


def writes_of_files(connector: Connector) -> Iterator[Write]:
    def attach(one: Connector, item: Item) -> str:
        draft = FileDraft("a.bin", "application/octet-stream", 3, digest(b"abc"), str(uuid.uuid4()))
        return one.add_attachment(item.id, draft, io.BytesIO(b"abc"))

    def there(one: Connector, item: Item) -> int:
        return len(one.fetch(item.id).attachments)

    yield Write("file", attach, there)
    if connector.manifest.capabilities.deletes_attachments:
        yield Write(
            "deletion of a file",
            lambda one, item: one.delete_attachment(item.id, connector.fetch(item.id).attachments[0].id),
            lambda one, item: not there(one, item),
            before=attach,
        )


def writes_of_links(tracker: Tracker, connector: Connector, kind: str) -> Iterator[Write]:
    other = connector.create(tracker.draft())

    def there(one: Connector, item: Item) -> int:
        held = one.fetch(item.id)
        return held.parent == other.id or sum(each.target == other.id for each in held.links)

    yield Write(f"link “{kind}”", lambda one, item: one.add_link(item.id, kind, other.id), there)
    yield Write(
        f"the end of the link “{kind}”",
        lambda one, item: one.remove_link(item.id, kind, other.id),
        lambda one, item: not there(one, item),
        before=lambda one, item: one.add_link(item.id, kind, other.id),
    )


def path_of(url: str) -> str:
    """What of an address comes after the host."""
    _, slash, path = url.partition("://")[2].partition("/")
    return slash + path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
