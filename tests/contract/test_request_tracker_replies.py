"""A reply of ours opens a ticket of a real RT: what it was is read from RT's own record and put back, nobody's else."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from server.connectors import request_tracker
from server.connectors.base import Answer
from server.connectors.http import HttpOutlet
from server.domain.errors import LostAnswer, Transient
from server.domain.item import CommentDraft, Draft, FileDraft, Moved
from tests.support.testbeds import request_tracker as bed_of_rt
from tests.support.testbeds.request_tracker import RequestTracker

pytestmark = pytest.mark.trackers
_SAID = CommentDraft("<p>Antwort</p>", private=False, marker="m")


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    with bed_of_rt.running(tmp_path_factory.mktemp("rt")) as running:
        yield running


class Meddling(HttpOutlet):
    """A way to RT on which something happens right before our reply, or right before we look what it moved."""

    before_reply: Callable[[], object] = staticmethod(lambda: None)
    before_look: Callable[[], object] = staticmethod(lambda: None)

    def request(self, method: str, path: str, **more: Any) -> Answer:  # type: ignore[override]  # hands all through
        if method == "POST" and path.endswith("/correspond"):
            self.before_reply()
        if method == "GET" and "/transactions" in path:
            self.before_look()
        return super().request(method, path, **more)


class Desk:
    """A ticket, our account at it, and people."""

    def __init__(self, bed: RequestTracker, status: str, queue: str = "", **settings: str) -> None:
        self.bed, self.outlet = bed, Meddling(bed.url)
        wanted = {"url": bed.url, "token": bed.tokens["sync"]} | settings
        self.ours = request_tracker.open(wanted, self.outlet)
        fields = {"Subject": f"Größe {uuid.uuid4()}", "Status": status}
        self.ticket = self.ours.create(Draft(queue or bed.queue, "ticket", fields, str(uuid.uuid4()))).id

    def person(self, verb: str, path: str = "", **body: str) -> None:
        """Alice does something to the ticket."""
        address = f"{self.bed.api}/ticket/{self.ticket}{path}"
        answer = requests.request(verb, address, json=body, headers=self.bed.headers("alice"), timeout=30)
        assert answer.ok, answer.text

    def sets(self, status: str) -> None:
        """She gives it a status."""
        self.person("PUT", Status=status)

    def replies(self) -> None:
        """She answers the customer."""
        self.person("POST", "/correspond", Content="ja", ContentType="text/plain")

    def status(self) -> object:
        """What the ticket's status is now."""
        return self.ours.fetch(self.ticket).fields["Status"]

    def moved(self) -> Moved:
        """What RT moved for the first thing that we said on it."""
        item = self.ours.fetch(self.ticket)
        return next(one.moved for one in item.comments if one.own)

    def cut_off(self) -> None:
        """We reply, and are cut off before we look what that moved."""

        def broken() -> None:
            raise Transient("gone")

        self.outlet.before_look = broken
        with pytest.raises(LostAnswer):
            self.ours.add_comment(self.ticket, _SAID)
        self.outlet.before_look = lambda: None


@pytest.mark.parametrize("status", ["new", "resolved", "rejected"])
def test_what_a_reply_opened_is_told_until_it_is_back(bed: RequestTracker, status: str) -> None:
    desk = Desk(bed, status)
    desk.cut_off()
    assert (desk.status(), desk.moved()) == ("open", (("Status", status),))
    assert desk.ours.update(desk.ticket, {"Status": status}).fields["Status"] == status
    assert desk.moved() == ()


def test_what_a_person_set_while_we_replied_is_what_comes_back(bed: RequestTracker) -> None:
    for before, typed in (("resolved", "rejected"), ("open", "resolved"), ("resolved", "open")):
        desk = Desk(bed, before)
        desk.outlet.before_reply = lambda desk=desk, typed=typed: desk.sets(typed)  # type: ignore[misc]  # bound now
        desk.ours.add_comment(desk.ticket, _SAID)
        assert desk.status() == typed


def test_what_a_person_sets_after_our_reply_is_theirs(bed: RequestTracker) -> None:
    desk = Desk(bed, "resolved")
    desk.outlet.before_look = lambda: desk.sets("stalled")
    desk.ours.add_comment(desk.ticket, _SAID)
    desk.outlet.before_look = lambda: None
    assert (desk.status(), desk.moved()) == ("stalled", ())
    later = Desk(bed, "resolved")
    later.cut_off()
    later.sets("stalled")
    later.sets("open")
    assert later.moved() == ()


def test_a_person_who_replied_has_opened_the_ticket_too(bed: RequestTracker) -> None:
    desk = Desk(bed, "resolved")
    desk.cut_off()
    desk.replies()
    assert (desk.status(), desk.moved()) == ("open", ())


def test_a_file_that_goes_with_a_reply_moves_nothing_either(bed: RequestTracker) -> None:
    desk = Desk(bed, "resolved", files_as="reply")
    file = FileDraft("a.txt", "text/plain", 1, "", "m")
    desk.ours.add_attachment(desk.ticket, file, io.BytesIO(b"a"))
    assert desk.status() == "resolved"

    def broken() -> None:
        raise Transient("gone")

    desk.outlet.before_look = broken
    with pytest.raises(LostAnswer):
        desk.ours.add_attachment(desk.ticket, file, io.BytesIO(b"a"))
    desk.outlet.before_look = lambda: None
    opened = [one.moved for one in desk.ours.fetch(desk.ticket).attachments]
    assert (desk.status(), opened) == ("open", [(), (("Status", "resolved"),)])
