"""What every connector promises of items that their app restricts to some; a part of ``conformance``."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from server.connectors.base import Connector
from server.domain.item import CommentDraft, Item
from server.domain.values import FieldSpec
from tests.contract.behind_a_wall import path_of
from tests.contract.tracker import Tracker
from tests.support.proxy import Asked, Fault, Proxy

_MOST = 12
"""More requests than the reading of one item needs."""


@dataclass(slots=True)
class Meanwhile:
    """People who restrict an item, and say more on it then, right before the ``which``th request that reads it."""

    tracker: Tracker
    item: str
    which: int
    asked: int = 0
    struck: bool = False

    def __call__(self, asked: Asked) -> Fault:
        self.asked += not asked.writes
        if self.asked == self.which and not self.struck:
            self.struck = True
            self.tracker.restrict(self.item, True)
            self.tracker.comment(self.item, f"geheim {uuid.uuid4()}", False)
            self.tracker.edit(self.item, f"geheim {uuid.uuid4()}")
        return Fault.NONE


class Audiences:
    """The part of the suite that needs an item, and somebody who restricts it."""

    @pytest.fixture
    def discreet(self, tracker: Tracker) -> Iterator[Connector]:
        opened = tracker.connect(**tracker.restricted_by)
        yield opened
        opened.close()

    def test_an_item_that_its_app_restricts_says_so_for_as_long_as_it_is(
        self, tracker: Tracker, discreet: Connector, item: Item
    ) -> None:
        assert discreet.manifest.capabilities.restricted_items
        before = discreet.fetch(item.id)
        assert before.restricted == ""
        tracker.restrict(item.id, True)
        hushed = discreet.fetch(item.id)
        assert hushed.restricted
        assert "geheim" not in hushed.restricted, "what the field holds is not told"
        listed = [one for page in discreet.changes(tracker.container, before.updated_at) for one in page.heads]
        [head] = [one for one in listed if one.id == item.id][-1:]
        assert head.stamp != before.stamp or not head.stamp, "a feed shows that something is different"
        assert head.item is None or head.item.restricted
        tracker.restrict(item.id, False)
        assert discreet.fetch(item.id).restricted == ""

    def test_what_becomes_restricted_while_it_is_read_says_nothing_that_was_said_since(
        self, tracker: Tracker, discreet: Connector, wall: Proxy
    ) -> None:
        opened = tracker.connect(url=wall.url + path_of(tracker.settings["url"]), **tracker.restricted_by)
        try:
            for which in range(1, _MOST):
                item = discreet.create(tracker.draft())
                discreet.add_comment(item.id, CommentDraft("für alle", private=False, marker=str(uuid.uuid4())))
                opened.fetch(item.id)  # what is asked once is known from now on
                wall.choose = people = Meanwhile(tracker, item.id, which)
                found = opened.fetch(item.id)
                wall.choose = lambda _: Fault.NONE
                if not people.struck:
                    assert which > 1
                    return
                assert found.restricted or "geheim" not in repr(found), which
            raise AssertionError("an item is read by more requests than that")
        finally:
            wall.choose = lambda _: Fault.NONE
            opened.close()

    def test_an_item_is_made_restricted_and_becomes_so_where_the_account_can(
        self, tracker: Tracker, connector: Connector
    ) -> None:
        flag = self._flag(tracker, connector)
        if flag is None:
            return  # then nothing is ever made restricted there: ``engine.review`` refuses a document that wants it
        draft = replace(tracker.draft(**{flag.id: True}), restrict=flag.id)
        assert connector.create(draft).restricted
        plain = connector.create(tracker.draft())
        assert plain.restricted == ""
        assert connector.update(plain.id, {flag.id: True}).restricted
        assert connector.fetch(plain.id).restricted

    @staticmethod
    def _flag(tracker: Tracker, connector: Connector) -> FieldSpec | None:
        specs = connector.fields(tracker.container, tracker.item_type)
        return next((one for one in specs if one.restricts), None)
