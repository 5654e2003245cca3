"""What every connector promises, tried against the real app; it must not know which app that is.

A connector's tests subclass ``Conformance`` and give two fixtures: ``tracker``, a running app described by
``Tracker``, and ``connector``, opened on it.
"""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.connectors.base import Connector
from server.domain.errors import AppError, CredentialsRefused, Gone, NotThatApp, Rejected, Transient
from server.domain.item import CommentDraft, Item, Page
from server.domain.lineage import Lineage, Maker, lineage, marker, original
from server.domain.values import FieldKind, Value
from server.engine.lengths import cut
from tests.contract.around_items import AroundItems
from tests.contract.audiences import Audiences
from tests.contract.behind_a_wall import BehindAWall
from tests.contract.spoilt import SpoiltAnswers
from tests.contract.tracker import Tracker, other_server
from tests.support.proxy import Asked, Fault, Proxy

MANY = 104
"""More than a page of any app's."""
_TITLES = frozenset({"title", "subject"})
_A_SECOND = 1.1
_SECOND_REQUEST, _LATER_REQUEST = 2, 4


class Meanwhile:
    """People who are at work while a walk is under way: before its second request, and before later ones.

    First an item is made and one edited, and a second later others are: what was read last is newer than what nobody
    has seen yet.
    """

    def __init__(self, tracker: Tracker, items: Sequence[str]) -> None:
        self._tracker = tracker
        self._asked = 0
        self._lock = threading.Lock()
        self.edited = items
        self.done = False

    def __call__(self, asked: Asked) -> Fault:
        with self._lock:
            self._asked += not asked.writes
            if self._asked == _SECOND_REQUEST:
                self._tracker.create(self._tracker.crowd, "Neu", 1)
                self._edit("zuerst")
                threading.Event().wait(_A_SECOND)
                self._edit("danach", self.edited[-1:])
                self.done = True
            elif self._asked == _LATER_REQUEST:
                self._edit("noch später", self.edited[:1])
        return Fault.NONE

    def _edit(self, title: str, items: Sequence[str] | None = None) -> None:
        for one in self.edited if items is None else items:
            self._tracker.edit(one, f"{title} {one}")


class Conformance(AroundItems, Audiences, BehindAWall, SpoiltAnswers):
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
        times = [page.reached for page in pages if page.reached is not None]
        assert times == sorted(times)
        assert len(times) == len(pages)
        for page, reached in zip(pages, times, strict=True):
            # A page may claim less: a second that was not over when it was read is for the next look.
            assert reached <= max(one.updated_at for one in page.heads)
        last = times[-1]
        changed = heads[0].id
        tracker.edit(changed, "anders")
        late = [one for page in connector.changes(tracker.crowd, last) for one in page.heads]
        assert changed in {one.id for one in late}
        same_second = {one.id for one in heads if one.updated_at >= last}
        assert {one.id for one in late} <= same_second | {changed}

    def test_what_people_do_between_a_list_and_the_reading_of_its_items_is_seen_with_the_next_look(
        self, tracker: Tracker, connector: Connector, walled: Connector, wall: Proxy
    ) -> None:
        known = {one for page in connector.census(tracker.crowd) for one in page}
        if len(known) < MANY:
            tracker.create(tracker.crowd, "Menge", MANY - len(known))
        order = [one.id for page in walled.changes(tracker.crowd, None) for one in page.heads]
        busy = Meanwhile(tracker, (order[0], order[len(order) // 2], order[-1]))
        wall.choose = busy
        seen: dict[str, Value] = {}
        reached = self._take_in(connector, walled.changes(tracker.crowd, None), seen)
        wall.choose = lambda _: Fault.NONE
        assert busy.done, "nothing was asked after the list"
        self._take_in(connector, connector.changes(tracker.crowd, reached), seen)
        now = {one for page in connector.census(tracker.crowd) for one in page}
        titles = {one: connector.fetch(one).fields[tracker.title] for one in {*busy.edited, *now - set(order)}}
        assert {one: seen.get(one) for one in titles} == titles

    def _take_in(self, connector: Connector, pages: Iterable[Page], seen: dict[str, Value]) -> datetime:
        """What a pass would know of the items after these pages, and how far it would believe to have come."""
        reached = datetime.min.replace(tzinfo=UTC)
        for page in pages:
            for head in page.heads:
                item = head.item or connector.fetch(head.id)
                assert item is not None
                seen[head.id] = next(value for name, value in item.fields.items() if name.casefold() in _TITLES)
            reached = max(reached, page.reached or reached)
        return reached

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
        # What came back is what counts, whatever such apps did once.
        assert connector.abilities(tracker.container).keeps_created_at is (made.created_at == old)
        assert connector.manifest.capabilities.keeps_created_at in (None, made.created_at == old)
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

    @pytest.mark.parametrize("sign", ["x", "ж", "漢", "😀"])
    def test_a_title_that_was_cut_to_fit_is_kept_whole(self, tracker: Tracker, connector: Connector, sign: str) -> None:
        specs = connector.fields(tracker.container, tracker.item_type)
        [title] = [one for one in specs if one.id == tracker.title]
        longest = sign * 400
        fits = longest if title.max_length is None else cut(longest, title.max_length, title.length_unit)
        assert connector.create(tracker.draft(**{tracker.title: fits})).fields[tracker.title] == fits

    def test_newlines_come_back_plain(self, tracker: Tracker, connector: Connector) -> None:
        item = connector.create(tracker.draft(**{tracker.description: "eins\r\nzwei\n\ndrei"}))
        assert str(item.fields[tracker.description]).strip() == "eins\nzwei\n\ndrei"
        connector.add_comment(item.id, CommentDraft("a\r\nb", private=False, marker=str(uuid.uuid4())))
        (comment,) = connector.fetch(item.id).comments
        assert "\r" not in comment.body

    def test_an_item_is_looked_for_in_one_container_without_being_read(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        assert connector.manifest.key.fullmatch(item.id)
        assert connector.holds(item.container, item.id)
        if tracker.crowd != item.container:
            assert not connector.holds(tracker.crowd, item.id)
        if connector.holds(item.container, tracker.unknown):
            # Where the id itself names the container, the item is what tells that it is not there.
            with pytest.raises(Gone):
                connector.fetch(tracker.unknown)

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

    # Where a twin comes from

    def test_what_was_made_is_listed_with_where_it_comes_from(self, tracker: Tracker, connector: Connector) -> None:
        before = list(connector.births(tracker.container, ""))
        reached = before[-1].reached if before else ""
        root, chance = original(connector.place(tracker.container), "1"), str(uuid.uuid4())
        wanted = replace(tracker.draft(), marker=marker(root, Maker(7, 3), chance))
        made = connector.create(wanted)
        born = [one for page in connector.births(tracker.container, reached) for one in page.items]
        [twin] = [one for one in born if one.id == made.id]
        assert (twin.key, twin.own, twin.made_at) == (made.key, True, made.created_at)
        assert twin.title == wanted.fields[tracker.title]
        assert connector.marks(tracker.container)
        assert lineage(twin.marker) == lineage(made.marker) == Lineage(root, Maker(7, 3))
        assert made.id in connector.find(wanted, connector.server_time or datetime.now(UTC))

    def test_a_place_is_the_same_by_every_address(self, tracker: Tracker, connector: Connector) -> None:
        there = connector.place(tracker.container)
        if tracker.one_address:
            pytest.skip(tracker.one_address)
        elsewhere = tracker.connect(url=tracker.settings["url"].replace("127.0.0.1", "localhost"))
        try:
            assert elsewhere.place(tracker.container) == there
        finally:
            elsewhere.close()

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
