"""What every connector promises, and what RT does that a connector must see through: against a real one."""

from __future__ import annotations

import io
import json
import sqlite3
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from server.connectors import request_tracker
from server.connectors.base import Answer
from server.connectors.http import HttpOutlet
from server.connectors.request_tracker import feed
from server.domain.errors import Gone, NotThatApp, PutRight, Rejected
from server.domain.item import PARENT, CommentDraft, Draft, FileDraft
from server.domain.values import FieldKind, TextFormat, Value
from tests.contract.conformance import Conformance
from tests.contract.tracker import Tracker
from tests.support.testbeds import request_tracker as bed_of_rt
from tests.support.testbeds.request_tracker import RequestTracker

pytestmark = pytest.mark.trackers


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    with bed_of_rt.running(tmp_path_factory.mktemp("rt")) as running:
        yield running


def call(bed: RequestTracker, method: str, path: str, body: object = None, login: str = "alice") -> Any:
    answer = requests.request(method, bed.api + path, json=body, headers=bed.headers(login), timeout=30)
    assert answer.ok, answer.text
    return answer.json() if answer.content.strip() else None


def field_id(bed: RequestTracker, name: str) -> str:
    """A custom field's name in our terms."""
    query = json.dumps([{"field": "Name", "value": name}])
    found = requests.get(f"{bed.api}/customfields", params={"query": query}, headers=bed.headers(), timeout=30).json()
    return f"cf_{found['items'][0]['id']}"


@pytest.fixture(scope="module")
def tracker(bed: RequestTracker) -> Tracker:
    def say(item_id: str, text: str, private: bool) -> None:  # noqa: FBT001 - the suite's
        verb = "comment" if private else "correspond"
        call(bed, "POST", f"/ticket/{item_id}/{verb}", {"Content": text, "ContentType": "text/html"})

    def create(container: str, title: str, count: int) -> None:
        def one(number: int) -> None:
            call(bed, "POST", "/ticket", {"Queue": container, "Subject": f"{title} {number}"})

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, range(count)))

    return Tracker(
        kind="request_tracker",
        settings={"url": bed.url, "token": bed.tokens["sync"], "marker_field": "Remote ID"},
        wrong={"token": bed.tokens["sync"][:-4] + "0000"},
        container=bed.queue,
        item_type="ticket",
        title="Subject",
        description="description",
        values={
            "Priority": ("50", "100"),
            "Owner": ("alice", None),
            "Requestor": (("alice", "carol"), ()),
            "Due": ("2031-12-24T17:30:00Z", None),
            "Starts": ("2031-12-01T00:00:00Z", None),
            field_id(bed, "Severity"): ("High", None),
            field_id(bed, "Labels"): (("API", "Größe"), ()),
            field_id(bed, "Notes"): ("eins\nzwei", None),
            field_id(bed, "Due at"): ("2031-12-24T17:30:00Z", None),
            field_id(bed, "Planned day"): ("2031-12-24", None),
        },
        statuses=("open", "resolved"),
        status="Status",
        unknown="999999",
        edit=lambda item_id, title: call(bed, "PUT", f"/ticket/{item_id}", {"Subject": title}),
        comment=say,
        delete=lambda item_id: call(bed, "DELETE", f"/ticket/{item_id}"),
        person="Älice Müller-Łukasz",
        create=create,
        crowd=bed.second,
        restrict=lambda item_id, yes: call(
            bed, "PUT", f"/ticket/{item_id}", {"CustomFields": {"Notes": "geheim" if yes else ""}}
        ),
        restricted_by={"restricted_by": "Notes"},
        links=("refers-to", "depends-on", "depended-on-by", "referred-to-by"),
    )


class TestRequestTracker(Conformance):
    """The suite."""


def connected(bed: RequestTracker, **settings: str) -> request_tracker.RequestTracker:
    wanted = {"url": bed.url, "token": bed.tokens["sync"], "marker_field": "Remote ID"} | settings
    return request_tracker.open(wanted, HttpOutlet(bed.url))


@pytest.fixture(scope="module")
def connector(bed: RequestTracker) -> Iterator[request_tracker.RequestTracker]:
    opened = connected(bed)
    yield opened
    opened.close()


def draft(queue: str, **fields: Value) -> Draft:
    return Draft(queue, "ticket", {"Subject": f"Größe {uuid.uuid4()}"} | fields, str(uuid.uuid4()))


def test_another_app_and_another_secret_are_named(bed: RequestTracker) -> None:
    elsewhere = request_tracker.open({"token": bed.tokens["sync"]}, HttpOutlet(f"{bed.url}/nowhere"))
    with pytest.raises(NotThatApp):
        elsewhere.check()
    with pytest.raises(PutRight, match="not an authentication token"):
        connected(bed, token="my password")


def test_the_check_names_the_queues_without_a_field_for_the_correlation_id(bed: RequestTracker) -> None:
    said = next(one for one in connected(bed).check().warnings if "correlation id" in one)
    assert "Bare" in said
    assert "Support" not in said
    assert "another Lockstep, or another tenant" in said
    assert connected(bed).check().user.email == "sync@example.test"


def test_a_reply_does_not_move_the_status(bed: RequestTracker, connector: request_tracker.RequestTracker) -> None:
    for status in ("new", "stalled", "resolved", "rejected"):
        ticket = connector.create(draft(bed.queue, Status=status))
        connector.add_comment(ticket.id, CommentDraft("<p>Antwort</p>", private=False, marker="m"))
        assert connector.fetch(ticket.id).fields["Status"] == status
    public = connected(bed, files_as="reply")
    ticket = connector.create(draft(bed.queue))
    public.add_attachment(ticket.id, FileDraft("a.txt", "text/plain", 1, "", "m"), io.BytesIO(b"a"))
    held = connector.fetch(ticket.id)
    assert (held.fields["Status"], held.attachments[0].private) == ("new", False)


def test_a_file_is_seen_by_staff_only_unless_the_connection_says_otherwise(
    bed: RequestTracker, connector: request_tracker.RequestTracker
) -> None:
    ticket = connector.create(draft(bed.queue))
    connector.add_attachment(ticket.id, FileDraft("a.txt", "text/plain", 1, "", "m"), io.BytesIO(b"a"))
    held = connector.fetch(ticket.id)
    assert held.attachments[0].private
    assert held.comments == (), "a file without words is no comment"


def test_a_workflow_of_its_own_is_learned_and_walked(
    bed: RequestTracker, connector: request_tracker.RequestTracker
) -> None:
    for status in ("review", "approved"):
        call(bed, "PUT", f"/ticket/{connector.create(draft(bed.approvals)).id}", {"Status": status})
    fresh = connected(bed, closed_statuses="approved")
    options = next(one for one in fresh.fields(bed.approvals, "ticket") if one.id == "Status").options
    assert {(one.id, one.closed) for one in options} == {("draft", False), ("review", False), ("approved", True)}
    ticket = fresh.create(draft(bed.approvals, Status="approved"))
    assert ticket.fields["Status"] == "approved"
    with pytest.raises(Rejected, match=f"left Status of ticket #{ticket.id} as it was"):
        fresh.update(ticket.id, {"Status": "draft"})


@pytest.mark.parametrize("created_at", [None, datetime(2019, 7, 1, tzinfo=UTC)])
@pytest.mark.parametrize("queue", ["queue", "bare"])
def test_a_create_whose_answer_was_lost_is_found_again(
    bed: RequestTracker, connector: request_tracker.RequestTracker, queue: str, created_at: datetime | None
) -> None:
    connector.check()
    since = connector.server_time
    assert since is not None
    wanted = replace(draft(getattr(bed, queue), description="<p>viele</p><p>Zeilen</p>"), created_at=created_at)
    twin = connector.create(wanted)
    assert connector.find(wanted, since) == (twin.id,)
    other = Draft(wanted.container, "ticket", {**wanted.fields, "description": "<p>anders</p>"}, str(uuid.uuid4()))
    assert connector.find(other, since) == ()
    assert connector.find(draft(wanted.container), since + timedelta(hours=1)) == ()


class Dropping(HttpOutlet):
    """The way to an RT that drops the time of an original, as newer ones do."""

    def request(self, method: str, path: str, **more: Any) -> Answer:  # type: ignore[override]  # hands all through
        if isinstance(more.get("json"), dict):
            more["json"] = {name: value for name, value in more["json"].items() if name != "Created"}
        return super().request(method, path, **more)


class Keeping(HttpOutlet):
    """The way to an RT that keeps that time, as it came at first."""

    database: Path

    def request(self, method: str, path: str, **more: Any) -> Answer:  # type: ignore[override]  # hands all through
        answer = super().request(method, path, **more)
        body = more.get("json")
        if method == "POST" and isinstance(body, dict) and "Created" in body:
            made = answer.json()
            assert isinstance(made, dict)
            with closing(sqlite3.connect(self.database)) as database, database:
                database.execute("update Tickets set Created = ? where id = ?", (body["Created"], int(made["id"])))
        return answer


@pytest.mark.parametrize("way", [Dropping, Keeping])
@pytest.mark.parametrize("queue", ["queue", "bare"])
def test_a_moved_ticket_whose_answer_was_lost_is_found_whatever_age_this_rt_gives_it(
    bed: RequestTracker, monkeypatch: pytest.MonkeyPatch, way: type[HttpOutlet], queue: str
) -> None:
    monkeypatch.setattr("server.connectors.request_tracker.connector.PAGE", 2)
    monkeypatch.setattr("server.connectors.request_tracker.lost.PAGE", 2)
    monkeypatch.setattr(Keeping, "database", bed.folder / "rt.sqlite3", raising=False)
    settings = {"url": bed.url, "token": bed.tokens["sync"], "marker_field": "Remote ID"}
    with closing(request_tracker.open(settings, way(bed.url))) as fresh:
        assert any("is not known yet" in one for one in fresh.check().warnings)
        assert fresh.abilities(bed.queue).keeps_created_at is None
        before = fresh.server_time
        assert before is not None
        old = datetime(2019, 7, 1, 10, 11, 12, tzinfo=UTC)
        others = [fresh.create(draft(getattr(bed, queue))) for _ in range(3)]  # more than a page of ours
        wanted = replace(draft(getattr(bed, queue), description="<p>viele</p><p>Zeilen</p>"), created_at=old)
        twin = fresh.create(wanted)
        assert fresh.find(wanted, before) == (twin.id,)
        assert twin.id not in {one.id for one in others}
        keeps = way is Keeping
        assert (twin.created_at == old) is keeps
        assert fresh.abilities(bed.queue).keeps_created_at is keeps
        assert any("drops the time" in one for one in fresh.check().warnings) is not keeps
        assert not any("is not known yet" in one for one in fresh.check().warnings)


def test_of_several_parents_one_is_shown_and_a_new_one_takes_the_place_of_all(
    bed: RequestTracker, connector: request_tracker.RequestTracker
) -> None:
    first, second, third, child = (connector.create(draft(bed.queue)) for _ in range(4))
    call(bed, "PUT", f"/ticket/{child.id}", {"AddParents": [second.id, first.id]})
    assert connector.fetch(child.id).parent == first.id
    connector.add_link(child.id, PARENT, third.id)
    assert connector.fetch(child.id).parent == third.id
    connector.remove_link(child.id, PARENT, third.id)
    assert connector.fetch(child.id).parent is None


def test_a_merged_and_a_deleted_ticket_are_gone_with_words(
    bed: RequestTracker, connector: request_tracker.RequestTracker
) -> None:
    one, two = connector.create(draft(bed.queue)), connector.create(draft(bed.queue))
    connector.add_comment(two.id, CommentDraft("<p>carried</p>", private=False, marker="m"))
    call(bed, "POST", f"/ticket/{two.id}/correspond", {"Content": "typed", "ContentType": "text/plain"})
    before = connector.fetch(one.id)
    assert before.absorbed == ()
    call(bed, "PUT", f"/ticket/{two.id}", {"MergeInto": one.id}, "root")
    with pytest.raises(Gone, match=f"#{two.id} was merged into #{one.id}") as told:
        connector.fetch(two.id)
    assert told.value.into == f"#{one.id}"
    after = connector.fetch(one.id)
    assert (after.absorbed, after.fields["description"]) == ((two.id,), before.fields["description"])
    assert [comment.body for comment in after.comments] == ["<p>typed</p>"], "what we carried there is no news"
    assert after.updated_at > before.updated_at or after.stamp != before.stamp or not after.stamp
    heads = [head.id for page in connector.changes(bed.queue, before.updated_at) for head in page.heads]
    assert one.id in heads, "the ticket that stays has changed, so the merge is seen at once"
    call(bed, "DELETE", f"/ticket/{one.id}")
    with pytest.raises(Gone, match="deleted"):
        connector.fetch(one.id)


def test_a_merge_into_another_queue_is_in_the_feed_of_the_queue_that_lost_it(
    bed: RequestTracker, connector: request_tracker.RequestTracker
) -> None:
    gone = connector.create(draft(bed.queue))
    there = str(call(bed, "POST", "/ticket", {"Queue": bed.second, "Subject": "elsewhere"}, "root")["id"])
    begin = connector.server_time
    assert begin is not None
    call(bed, "PUT", f"/ticket/{gone.id}", {"MergeInto": there}, "root")
    heads = _heads_since(connector, bed, begin)
    assert gone.id in heads, "no list shows it, and no time of it has moved"
    assert there not in heads, "it is of another queue"
    with pytest.raises(Gone) as told:
        connector.fetch(gone.id)
    assert told.value.into == f"#{there}"
    assert _heads_since(connector, bed, begin + timedelta(minutes=5)) == []


def _heads_since(connector: request_tracker.RequestTracker, bed: RequestTracker, since: datetime) -> list[str]:
    return [head.id for page in connector.changes(bed.queue, since) for head in page.heads]


def test_what_rt_says_yes_to_and_does_not_do_is_rejected_with_its_own_words(
    bed: RequestTracker, connector: request_tracker.RequestTracker
) -> None:
    ticket = connector.create(draft(bed.queue))
    with pytest.raises(Rejected, match="Owner"):
        connector.update(ticket.id, {"Owner": "nobody-of-this-name", "Subject": "written all the same"})
    assert connector.fetch(ticket.id).fields["Subject"] == "written all the same"
    with pytest.raises(Rejected, match=f"left {field_id(bed, 'Severity')}"):
        connector.create(draft(bed.queue, **{field_id(bed, "Severity"): "Apocalyptic"}))
    with pytest.raises(Rejected, match="cannot edit what a ticket began with"):
        connector.update(ticket.id, {"description": "anders"})
    with pytest.raises(Rejected):
        connector.edit_comment(ticket.id, "1", "anders")


def test_an_account_in_another_time_zone_means_the_same_moments(bed: RequestTracker) -> None:
    call(bed, "PUT", "/user/bob", {"Timezone": "America/New_York"}, "root")
    bob = connected(bed, token=bed.tokens["bob"])
    ticket = bob.create(
        draft(bed.queue, Due="2031-12-24T17:30:00Z", **{field_id(bed, "Due at"): "2031-07-01T09:00:00Z"})
    )
    assert ticket.fields["Due"] == "2031-12-24T17:30:00Z"
    assert ticket.fields[field_id(bed, "Due at")] == "2031-07-01T09:00:00Z"
    moved: dict[str, Value] = {"Due": "2032-07-04T01:00:00Z", field_id(bed, "Due at"): "2032-01-04T23:00:00Z"}
    held = bob.update(ticket.id, moved).fields
    assert {name: held[name] for name in moved} == moved
    bob.check()
    heads = [one.id for page in bob.changes(bed.queue, ticket.updated_at) for one in page.heads]
    assert ticket.id in heads
    assert bob.server_time is not None
    assert list(bob.changes(bed.queue, bob.server_time + timedelta(minutes=1))) == []


def test_a_zone_that_is_changed_counts_with_the_next_call(bed: RequestTracker) -> None:
    """E08: what is read and written in between means the same moment, and nothing is missed."""
    bob = connected(bed, token=bed.tokens["bob"])
    call(bed, "PUT", "/user/bob", {"Timezone": "Europe/Berlin"}, "root")
    ticket = bob.create(draft(bed.queue, **{field_id(bed, "Due at"): "2031-07-01T09:00:00Z"}))
    assert bob.zone() == "Europe/Berlin"
    call(bed, "PUT", "/user/bob", {"Timezone": "America/New_York"}, "root")
    changed: dict[str, Value] = {field_id(bed, "Due at"): "2032-01-04T23:00:00Z"}
    assert bob.update(ticket.id, changed).fields[field_id(bed, "Due at")] == "2032-01-04T23:00:00Z"
    assert bob.zone() == "America/New_York"
    call(bed, "PUT", "/user/bob", {"Timezone": "Europe/Berlin"}, "root")
    call(bed, "PUT", "/user/bob", {"Timezone": "America/New_York"}, "root")
    assert ticket.id in [one.id for page in bob.changes(bed.queue, ticket.updated_at) for one in page.heads]
    assert "America/New_York" in {one.zone for one in connected(bed).users(bed.queue)}
    assert connected(bed, token=bed.tokens["bob"], time_zone="Asia/Tokyo").zone() == "Asia/Tokyo"
    with pytest.raises(PutRight, match="no time zone"):
        connected(bed, time_zone="Mars/Olympus").check()


def test_plain_text_and_html_are_read_in_the_connections_format(
    bed: RequestTracker, connector: request_tracker.RequestTracker
) -> None:
    ticket = connector.create(draft(bed.queue, description="<p>eins <b>zwei</b></p><ul><li>drei</li></ul>"))
    text = {"Content": "a < b\n\nc & d\ne", "ContentType": "text/plain"}
    call(bed, "POST", f"/ticket/{ticket.id}/comment", text)
    plain = connected(bed, text_format="plain")
    assert (plain.text_format, connector.text_format) == (TextFormat.PLAIN, TextFormat.HTML)
    assert plain.fetch(ticket.id).fields["description"] == "eins zwei\n\n* drei"
    assert plain.fetch(ticket.id).comments[0].body == "a < b\n\nc & d\ne"
    assert connector.fetch(ticket.id).comments[0].body == "<p>a &lt; b</p>\n<p>c &amp; d<br />e</p>"


@pytest.mark.parametrize("content", ["grüße\r\n".encode("latin-1"), "\ufeffgrüße".encode(), b"From: a\n\nb\n", b""])
@pytest.mark.parametrize("kind", ["text/plain", "text/html", "message/rfc822"])
def test_files_keep_their_bytes_whatever_rt_would_make_of_them(
    bed: RequestTracker, connector: request_tracker.RequestTracker, content: bytes, kind: str
) -> None:
    ticket = connector.create(draft(bed.queue))
    name = 'Ü 日本 "x" & y.txt'
    made = connector.add_attachment(ticket.id, FileDraft(name, kind, len(content), "", "m"), io.BytesIO(content))
    (held,) = connector.fetch(ticket.id).attachments
    assert (held.id, held.name, held.size) == (made, name, len(content))
    assert b"".join(connector.open_attachment(ticket.id, made)) == content


def test_the_feed_goes_on_behind_the_last_ticket_seen(
    bed: RequestTracker, connector: request_tracker.RequestTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.connectors.request_tracker.connector.PAGE", 3)
    monkeypatch.setattr(feed, "PAGE", 3)
    made = [str(call(bed, "POST", "/ticket", {"Queue": bed.bare, "Subject": "x"})["id"]) for _ in range(8)]
    pages = list(connector.changes(bed.bare, None))
    heads = [one.id for page in pages for one in page.heads]
    assert set(made) <= set(heads)
    assert len(heads) == len(set(heads))
    assert pages[0].total == len(heads)
    assert max(len(page.heads) for page in pages) == 3
    assert {one for page in connector.census(bed.bare) for one in page} == set(heads)


def test_a_long_history_is_read_whole(bed: RequestTracker, connector: request_tracker.RequestTracker) -> None:
    ticket = connector.create(draft(bed.queue))
    for number in range(55):  # each makes two transactions, so that the history has more than one page
        body = {"Content": f"Nummer {number}", "ContentType": "text/html", "Status": ("open", "stalled")[number % 2]}
        call(bed, "POST", f"/ticket/{ticket.id}/comment", body)
    assert [one.body for one in connector.fetch(ticket.id).comments] == [f"Nummer {number}" for number in range(55)]


def test_fields_come_with_their_kinds(bed: RequestTracker, connector: request_tracker.RequestTracker) -> None:
    specs = {one.name: one for one in connector.fields(bed.queue, "ticket")}
    kinds = {name: specs[name].kind for name in ("Severity", "Labels", "Notes", "Due at", "Planned day", "Priority")}
    assert kinds == {
        "Severity": FieldKind.OPTION,
        "Labels": FieldKind.OPTIONS,
        "Notes": FieldKind.RICH_TEXT,
        "Due at": FieldKind.MOMENT,
        "Planned day": FieldKind.DATE,
        "Priority": FieldKind.OPTION,
    }
    assert specs["Description"].create_only
    assert "Remote ID" not in specs
