"""What every connector promises, tried against the real app; it must not know which app that is.

A connector's tests subclass ``Conformance`` and give two fixtures: ``tracker``, a running app described by
``Tracker``, and ``connector``, opened on it.
"""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from server.connectors import registry
from server.connectors.base import Connector
from server.connectors.http import HttpOutlet
from server.domain.errors import AppError, CredentialsRefused, Gone, NotThatApp, Rejected, Transient
from server.domain.item import PARENT, CommentDraft, Draft, FileDraft, Item
from server.domain.values import FieldKind, Value

MANY = 104
"""More than a page of any app's."""
MEGABYTES = 10


@dataclass(frozen=True, slots=True)
class Tracker:
    """A running app, as the suite needs it.

    ``settings`` are a connection's, with ``wrong`` laid over them the credentials are not valid. ``container`` is
    where the suite works, ``crowd`` another one (or the same) that holds more than a page of items when ``crowded``
    was called with how many there shall be. ``values`` gives two different values for each field that is tried,
    ``statuses`` two statuses of which the second is reached from the first. ``unknown`` is an item that never was.

    What people do goes past the connector: ``edit`` gives an item a new title, ``comment`` posts one (private or
    not), ``delete`` removes an item, ``person`` is the name that people see of who does so.
    """

    kind: str
    settings: Mapping[str, str]
    wrong: Mapping[str, str]
    container: str
    item_type: str
    title: str
    description: str
    values: Mapping[str, tuple[Value, Value]]
    statuses: tuple[str, str]
    status: str
    unknown: str
    edit: Callable[[str, str], None]
    comment: Callable[[str, str, bool], None]
    delete: Callable[[str], None]
    person: str
    create: Callable[[str, str, int], None]
    """Make so many items of a container as fast as the app can: (container, title, how many)."""
    crowd: str
    links: tuple[str, ...] = ()
    """Kinds of link to try, where the app knows links; a parent is tried besides, where it knows hierarchy."""
    keeps_items: str = ""
    """Words of the refusal where the account may not delete items."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further fields that the app requires at creation, by their ids."""

    def connect(self, **over: str) -> Connector:
        """A connector on these settings, some replaced."""
        settings = {**self.settings, **over}
        return registry.open_connector(self.kind, settings, HttpOutlet(settings["url"]))

    def draft(self, **fields: Value) -> Draft:
        """A new item's draft with a title and a correlation id of its own."""
        title: dict[str, Value] = {self.title: f"Prüfung {uuid.uuid4()}"}
        return Draft(self.container, self.item_type, title | dict(self.more) | fields, str(uuid.uuid4()))


class Conformance:
    """The suite, for a module with the fixtures ``tracker`` and ``connector`` (best one for the whole module)."""

    @pytest.fixture
    def item(self, tracker: Tracker, connector: Connector) -> Item:
        return connector.create(tracker.draft())

    # Address and credentials

    def test_a_check_says_who_we_are_and_what_answers(self, connector: Connector) -> None:
        account = connector.check()
        assert account.user.id
        assert account.user.name
        assert connector.manifest.title in account.app
        assert connector.server_time is not None

    def test_wrong_credentials_are_refused_wherever_they_are_used(self, tracker: Tracker) -> None:
        stranger = tracker.connect(**tracker.wrong)
        with pytest.raises(CredentialsRefused):
            stranger.check()
        with pytest.raises(CredentialsRefused):
            list(stranger.changes(tracker.container, None))
        stranger.close()

    @pytest.mark.parametrize("kind", ["page", "json"])
    def test_something_else_at_the_address_is_named(self, tracker: Tracker, kind: str) -> None:
        with other_server(kind) as url:
            stranger = tracker.connect(url=url)
            with pytest.raises(NotThatApp):
                stranger.check()
            stranger.close()

    def test_a_port_where_nothing_listens_is_a_passing_trouble(self, tracker: Tracker) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{probe.getsockname()[1]}"
            with pytest.raises(Transient, match="Nothing listens"):
                tracker.connect(url=url).check()

    # What is there

    def test_the_container_and_its_type_are_listed(self, tracker: Tracker, connector: Connector) -> None:
        assert tracker.container in {one.id for one in connector.containers()}
        assert tracker.item_type in {one.id for one in connector.item_types(tracker.container)}

    def test_fields_come_with_kinds_and_options(self, tracker: Tracker, connector: Connector) -> None:
        connector.create(tracker.draft())
        specs = {one.id: one for one in connector.fields(tracker.container, tracker.item_type)}
        assert specs[tracker.title].kind is FieldKind.TEXT
        assert specs[tracker.description].kind is FieldKind.RICH_TEXT
        assert specs[tracker.description].text_format is connector.text_format
        assert specs[tracker.status].kind is FieldKind.STATUS
        assert set(tracker.statuses) <= {one.id for one in specs[tracker.status].options}
        assert set(tracker.values) <= set(specs)
        for one in specs.values():
            assert one.name
            if one.kind in {FieldKind.STATUS, FieldKind.OPTION}:
                assert one.options, one.id

    def test_people_are_listed_with_what_a_user_field_holds(self, tracker: Tracker, connector: Connector) -> None:
        people = connector.users(tracker.container)
        assert len({one.id for one in people}) == len(people)
        assert all(one.name for one in people)
        specs = {one.id: one for one in connector.fields(tracker.container, tracker.item_type)}
        held = {value for one in tracker.values if specs[one].kind is FieldKind.USER for value in tracker.values[one]}
        assert held - {None} <= {one.id for one in people}

    # The feed

    def test_the_feed_brings_everything_oldest_first_and_then_only_what_changed(
        self, tracker: Tracker, connector: Connector
    ) -> None:
        tracker.create(tracker.crowd, "Menge", MANY)
        pages = list(connector.changes(tracker.crowd, None))
        heads = [one for page in pages for one in page.heads]
        assert len({one.id for one in heads}) >= MANY
        assert {one.id for one in heads} == {one for page in connector.census(tracker.crowd) for one in page}
        for page in pages:
            assert page.reached == max(one.updated_at for one in page.heads)
        times = [page.reached for page in pages if page.reached is not None]
        assert times == sorted(times)
        last = max(one.updated_at for one in heads)
        changed = heads[0].id
        tracker.edit(changed, "anders")
        late = [one for page in connector.changes(tracker.crowd, last) for one in page.heads]
        assert changed in {one.id for one in late}
        same_second = {one.id for one in heads if one.updated_at >= last}
        assert {one.id for one in late} <= same_second | {changed}

    def test_a_change_in_the_same_second_is_not_missed(self, tracker: Tracker, connector: Connector) -> None:
        made = connector.create(tracker.draft())
        tracker.edit(made.id, "einmal")
        first = connector.fetch(made.id)
        tracker.edit(made.id, "und noch einmal")
        (head,) = [
            one
            for page in connector.changes(tracker.container, first.updated_at)
            for one in page.heads
            if one.id == made.id
        ][-1:]
        assert head.stamp != first.stamp or not head.stamp
        assert connector.fetch(made.id).fields[tracker.title] == "und noch einmal"

    def test_nothing_changed_later_than_the_clock(self, tracker: Tracker, connector: Connector) -> None:
        connector.check()
        assert connector.server_time is not None
        later = connector.server_time + timedelta(hours=1)
        assert [one for page in connector.changes(tracker.container, later) for one in page.heads] == []

    # Items

    def test_what_is_created_is_what_is_read(self, tracker: Tracker, connector: Connector) -> None:
        wish = {name: values[0] for name, values in tracker.values.items()}
        draft = tracker.draft(**{**wish, tracker.description: "eins\n\nzwei"})
        made = connector.create(draft)
        assert made.container == tracker.container
        assert made.type == tracker.item_type
        assert made.fields[tracker.title] == draft.fields[tracker.title]
        assert str(made.fields[tracker.description]).strip() == "eins\n\nzwei"
        assert {name: made.fields[name] for name in wish} == wish
        read = connector.fetch(made.id)
        assert (read.id, read.key, read.url, read.fields) == (made.id, made.key, made.url, made.fields)
        assert read.url.startswith(tracker.settings["url"])
        assert read.updated_at.tzinfo is not None

    def test_a_created_item_is_as_old_as_its_original_where_the_app_keeps_that(
        self, tracker: Tracker, connector: Connector
    ) -> None:
        connector.check()
        before = connector.server_time
        assert before is not None
        old = datetime(2020, 2, 29, 13, 14, 15, tzinfo=UTC)
        draft = replace(tracker.draft(), created_at=old)
        made = connector.create(draft)
        assert made.author_name
        assert made.created_at is not None
        assert (made.created_at == old) is connector.manifest.capabilities.keeps_created_at
        assert connector.find(draft, before) == (made.id,)

    def test_a_created_item_is_found_by_its_marker_and_no_other(self, tracker: Tracker, connector: Connector) -> None:
        connector.check()
        before = connector.server_time
        assert before is not None
        for description in ("mit Text", ""):
            draft = tracker.draft(**{tracker.description: description})
            assert connector.find(draft, before) == ()
            made = connector.create(draft)
            assert made.own
            assert connector.find(draft, before) == (made.id,)
        assert connector.find(tracker.draft(), before) == ()

    def test_each_field_can_be_written_and_reads_back(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        for name, values in tracker.values.items():
            for value in values:
                assert connector.update(item.id, {name: value}).fields[name] == value, name
                assert connector.fetch(item.id).fields[name] == value, name
        assert connector.update(item.id, {tracker.title: "Neuer Titel"}).fields[tracker.title] == "Neuer Titel"
        specs = {one.id: one for one in connector.fields(tracker.container, tracker.item_type)}
        if specs[tracker.description].create_only:
            with pytest.raises(Rejected):
                connector.update(item.id, {tracker.description: "neu"})
            return
        held = connector.update(item.id, {tracker.description: "neu\n\nund neu"}).fields
        assert held[tracker.title] == "Neuer Titel"
        assert str(held[tracker.description]).strip() == "neu\n\nund neu"
        emptied = connector.update(item.id, {tracker.description: ""})
        assert str(emptied.fields[tracker.description] or "").strip() == ""

    def test_a_status_is_reached_and_reaching_it_again_changes_nothing(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        first, second = tracker.statuses
        assert connector.update(item.id, {tracker.status: first}).fields[tracker.status] == first
        assert connector.update(item.id, {tracker.status: second}).fields[tracker.status] == second
        assert connector.update(item.id, {tracker.status: second}).fields[tracker.status] == second

    def test_what_the_app_does_not_take_is_rejected_and_nothing_is_damaged(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        with pytest.raises(Rejected):
            connector.update(item.id, {tracker.status: "999999"})
        assert connector.fetch(item.id).fields[tracker.status] == item.fields[tracker.status]
        with pytest.raises(AppError):
            connector.update(item.id, {"no-such-field": "x"})

    def test_text_of_any_script_survives_or_is_rejected(self, tracker: Tracker, connector: Connector) -> None:
        for text in ("Grüße aus Köln: ß, é, ñ", "日本語と한국어", "Ελληνικά, עברית, العربية", "Emoji 🎉👩‍👩‍👧"):
            try:
                held = connector.create(tracker.draft(**{tracker.title: text, tracker.description: text}))
                connector.update(held.id, {tracker.title: text[::-1]})
                held = connector.update(held.id, {tracker.title: text})
            except Rejected:
                assert max(text) > "\uffff", "only characters beyond three bytes may be more than an app can store"
                continue
            assert held.fields[tracker.title] == text
            assert str(held.fields[tracker.description]).strip() == text

    def test_newlines_come_back_plain(self, tracker: Tracker, connector: Connector) -> None:
        item = connector.create(tracker.draft(**{tracker.description: "eins\r\nzwei\n\ndrei"}))
        assert str(item.fields[tracker.description]).strip() == "eins\nzwei\n\ndrei"
        connector.add_comment(item.id, CommentDraft("a\r\nb", private=False, marker=str(uuid.uuid4())))
        (comment,) = connector.fetch(item.id).comments
        assert "\r" not in comment.body

    def test_what_is_gone_is_gone(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        with pytest.raises(Gone):
            connector.fetch(tracker.unknown)
        tracker.delete(item.id)
        with pytest.raises(Gone):
            connector.fetch(item.id)
        assert item.id not in {one for page in connector.census(tracker.container) for one in page}

    def test_an_item_is_deleted_once_where_the_account_may(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        if not connector.manifest.capabilities.deletes_items:
            return
        if tracker.keeps_items:
            with pytest.raises(Rejected, match=tracker.keeps_items):
                connector.delete(item.id)
            assert connector.fetch(item.id).fields == item.fields
            tracker.delete(item.id)
        else:
            connector.delete(item.id)
        with pytest.raises(Gone):
            connector.fetch(item.id)
        for gone in (item.id, tracker.unknown):
            with pytest.raises(Gone):
                connector.delete(gone)
        assert item.id not in {one for page in connector.census(tracker.container) for one in page}

    # Comments

    def test_comments_carry_their_author_their_time_and_their_words(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        marker = str(uuid.uuid4())
        made = connector.add_comment(item.id, CommentDraft("Unser *Wort* 🎉\n\nzwei", private=False, marker=marker))
        tracker.comment(item.id, "Euer Wort", False)
        ours, theirs = connector.fetch(item.id).comments
        assert ours.id == made
        assert ours.body.strip() == "Unser *Wort* 🎉\n\nzwei"
        assert (ours.own, theirs.own) == (True, False)
        assert (ours.private, theirs.private) == (False, False)
        assert ours.marker in {marker, None}
        assert theirs.author_name == tracker.person
        assert theirs.body.strip() == "Euer Wort"
        assert isinstance(theirs.created_at, datetime)
        assert theirs.created_at.tzinfo is not None

    def test_a_comment_does_not_move_the_fields(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        for status in tracker.statuses:
            before = connector.update(item.id, {tracker.status: status}).fields
            connector.add_comment(item.id, CommentDraft("nur ein Wort", private=False, marker=str(uuid.uuid4())))
            after = connector.fetch(item.id).fields
            assert after[tracker.status] == before[tracker.status]
            assert after[tracker.title] == before[tracker.title]
            assert after[tracker.description] == before[tracker.description]

    def test_private_stays_private(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        draft = CommentDraft("vertraulich", private=True, marker=str(uuid.uuid4()))
        if not connector.manifest.capabilities.private_comments:
            with pytest.raises(Rejected):
                connector.add_comment(item.id, draft)
            assert connector.fetch(item.id).comments == ()
            return
        connector.add_comment(item.id, draft)
        tracker.comment(item.id, "auch vertraulich", True)
        tracker.comment(item.id, "für alle", False)
        held = connector.fetch(item.id).comments
        assert [(one.body.strip(), one.private) for one in held] == [
            ("vertraulich", True),
            ("auch vertraulich", True),
            ("für alle", False),
        ]

    def test_a_comment_is_edited_and_removed_where_the_app_can(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        able = connector.manifest.capabilities
        made = connector.add_comment(item.id, CommentDraft("vorher", private=False, marker=str(uuid.uuid4())))
        if able.edits_comments:
            connector.edit_comment(item.id, made, "nachher\nmehr")
            (held,) = connector.fetch(item.id).comments
            assert (held.id, held.body.strip()) == (made, "nachher\nmehr")
        if able.deletes_comments:
            connector.delete_comment(item.id, made)
            assert connector.fetch(item.id).comments == ()
            connector.delete_comment(item.id, made)
        assert connector.fetch(item.id).fields[tracker.title] == item.fields[tracker.title]

    # Files

    @pytest.mark.parametrize(
        ("name", "size"),
        [("Größenübersicht 日本 (1).bin", 70_000), ("leer.txt", 0), ("kurz.txt", 1), ("groß.bin", MEGABYTES << 20)],
    )
    def test_files_travel_byte_for_byte(self, connector: Connector, item: Item, name: str, size: int) -> None:
        content = bytes_of(size)
        digest = hashlib.sha256(content).hexdigest()
        draft = FileDraft(name, "application/octet-stream", size, digest, str(uuid.uuid4()))
        made = connector.add_attachment(item.id, draft, io.BytesIO(content))
        (held,) = connector.fetch(item.id).attachments
        assert (held.id, held.name, held.size, held.own) == (made, name, size, True)
        back = hashlib.sha256()
        longest = 0
        for chunk in connector.open_attachment(item.id, held.id):
            back.update(chunk)
            longest = max(longest, len(chunk))
        assert back.hexdigest() == digest
        assert longest <= 1 << 20, "a file is streamed, never held whole"

    def test_text_files_keep_their_line_ends_and_their_blanks(self, connector: Connector, item: Item) -> None:
        content = b" \r\nWindows\r\nUnix\n\tEnde \n\n"
        digest = hashlib.sha256(content).hexdigest()
        draft = FileDraft("zeilen.txt", "text/plain", len(content), digest, str(uuid.uuid4()))
        made = connector.add_attachment(item.id, draft, io.BytesIO(content))
        assert b"".join(connector.open_attachment(item.id, made)) == content

    def test_files_of_one_name_are_kept_apart_and_removed_where_the_app_can(
        self, connector: Connector, item: Item
    ) -> None:
        made = []
        for content in (b"eins", b"zwei"):
            digest = hashlib.sha256(content).hexdigest()
            draft = FileDraft("gleich.txt", "text/plain", len(content), digest, str(uuid.uuid4()))
            made.append(connector.add_attachment(item.id, draft, io.BytesIO(content)))
        assert [b"".join(connector.open_attachment(item.id, one)) for one in made] == [b"eins", b"zwei"]
        if connector.manifest.capabilities.deletes_attachments:
            connector.delete_attachment(item.id, made[0])
            assert [one.id for one in connector.fetch(item.id).attachments] == made[1:]
            connector.delete_attachment(item.id, made[0])

    # Links

    def test_links_are_made_once_and_taken_away_once(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        if not connector.manifest.capabilities.links:
            assert tracker.links == ()
            return
        assert set(tracker.links) <= set(connector.link_kinds(tracker.container)) - {PARENT}
        for kind in tracker.links:
            other = connector.create(tracker.draft())
            for _ in range(2):
                connector.add_link(item.id, kind, other.id)
                assert [one.kind for one in connector.fetch(item.id).links if one.target == other.id] == [kind]
            for _ in range(2):
                connector.remove_link(item.id, kind, other.id)
                assert [one for one in connector.fetch(item.id).links if one.target == other.id] == []

    def test_a_link_made_from_both_ends_at_once_is_one(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        for kind in tracker.links:
            other = connector.create(tracker.draft())
            connector.add_link(item.id, kind, other.id)
            back = [one.kind for one in connector.fetch(other.id).links if one.target == item.id]
            for seen_from_there in back:
                assert seen_from_there in connector.link_kinds(tracker.container)
                connector.add_link(other.id, seen_from_there, item.id)
            assert [one.kind for one in connector.fetch(item.id).links if one.target == other.id] == [kind]
            assert [one.kind for one in connector.fetch(other.id).links if one.target == item.id] == back
            for seen_from_there in back:
                connector.remove_link(other.id, seen_from_there, item.id)
                assert [one for one in connector.fetch(item.id).links if one.target == other.id] == []

    def test_a_parent_takes_the_place_of_another(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        if PARENT not in connector.link_kinds(tracker.container):
            assert item.parent is None
            with pytest.raises(Rejected):
                connector.add_link(item.id, PARENT, item.id)
            return
        first, second = connector.create(tracker.draft()), connector.create(tracker.draft())
        for parent in (first, first, second):
            connector.add_link(item.id, PARENT, parent.id)
            held = connector.fetch(item.id)
            assert (held.parent, held.links) == (parent.id, ()), "hierarchy is not told twice"
        assert connector.fetch(second.id).links == ()
        connector.remove_link(item.id, PARENT, first.id)
        assert connector.fetch(item.id).parent == second.id, "only that parent is taken away"
        for _ in range(2):
            connector.remove_link(item.id, PARENT, second.id)
            assert connector.fetch(item.id).parent is None

    def test_a_link_that_the_app_does_not_know_is_rejected(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        other = connector.create(tracker.draft())
        with pytest.raises(Rejected):
            connector.add_link(item.id, "no-such-link", other.id)
        assert connector.fetch(item.id).links == ()

    # Several threads

    def test_several_threads_share_a_connector(self, tracker: Tracker, connector: Connector) -> None:
        made: list[Item] = []
        failures: list[Exception] = []

        def work() -> None:
            try:
                one = connector.create(tracker.draft())
                connector.add_comment(one.id, CommentDraft("parallel", private=False, marker=str(uuid.uuid4())))
                made.append(connector.fetch(one.id))
            except Exception as error:  # noqa: BLE001 - shown below
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(connector.manifest.capabilities.parallel)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert failures == []
        assert len({one.id for one in made}) == len(threads)
        assert all(len(one.comments) == 1 for one in made)


class other_server:  # noqa: N801 - used as a context
    """A server on loopback that is none of the apps: answers all with a web page or with somebody else's JSON."""

    def __init__(self, kind: str) -> None:
        body, media = {
            "page": (b"<html><title>Hello</title><body>A shop</body></html>", "text/html"),
            "json": (b'{"hello": "world"}', "application/json"),
        }[kind]

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(200)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def bytes_of(size: int) -> bytes:
    """Bytes of every value, the same each time."""
    block = hashlib.sha512(b"lockstep").digest() + bytes(range(256))
    return (block * (size // len(block) + 1))[:size]
