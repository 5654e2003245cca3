"""What every connector promises, and what Redmine does that a connector must see through: against a real one."""

from __future__ import annotations

import io
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from server.connectors import redmine
from server.connectors.http import HttpOutlet
from server.connectors.redmine import feed
from server.domain.errors import CredentialsRefused, Gone, NotThatApp, PutRight, Rejected
from server.domain.item import PARENT, CommentDraft, Draft, FileDraft, Item
from server.domain.values import FieldKind, Value
from tests.contract.conformance import Conformance
from tests.contract.tracker import Tracker
from tests.support.testbeds import redmine as bed_of_redmine

pytestmark = pytest.mark.trackers

BUG, STRICT = "1", "4"
NEW, IN_PROGRESS, RESOLVED, CLOSED, REJECTED = "1", "2", "3", "5", "6"
HIGH = "3"
ALICE = "6"


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bed_of_redmine.Redmine]:
    with bed_of_redmine.running(tmp_path_factory.mktemp("redmine")) as running:
        yield running


def connected(bed: bed_of_redmine.Redmine, key: str | None = None, **settings: str) -> redmine.Redmine:
    wanted = {"url": bed.url, "api_key": key or bed.keys["sync"], "marker_field": "Remote ID"} | settings
    return redmine.open(wanted, HttpOutlet(bed.url))


@pytest.fixture(scope="module")
def tracker(bed: bed_of_redmine.Redmine) -> Tracker:
    def note(item_id: str, text: str, private: bool) -> None:  # noqa: FBT001 - the suite's
        call(bed, "PUT", f"/issues/{item_id}.json", {"issue": {"notes": text, "private_notes": private}})

    def create(container: str, title: str, count: int) -> None:
        with requests.Session() as person:
            for number in range(count):
                body = {"issue": {"project_id": container, "tracker_id": 1, "subject": f"{title} {number}"}}
                answer = person.post(f"{bed.url}/issues.json", json=body, headers=bed.headers("alice"), timeout=30)
                answer.raise_for_status()

    return Tracker(
        kind="redmine",
        settings={"url": bed.url, "api_key": bed.keys["sync"], "marker_field": "Remote ID"},
        wrong={"api_key": "f" * 40},
        container=bed.project,
        item_type=BUG,
        title="subject",
        description="description",
        values={
            "priority": (HIGH, "1"),
            "assigned_to": (ALICE, None),
            "category": ("2", None),
            "fixed_version": ("1", None),
            "due_date": ("2031-12-24", None),
            "done_ratio": (30, 0),
            "estimated_hours": (2.5, None),
            "is_private": (True, False),
            "cf_3": (("API", "Größe"), ()),
        },
        statuses=(IN_PROGRESS, CLOSED),
        status="status",
        unknown="999999",
        edit=lambda item_id, title: call(bed, "PUT", f"/issues/{item_id}.json", {"issue": {"subject": title}}),
        comment=note,
        delete=lambda item_id: call(bed, "DELETE", f"/issues/{item_id}.json", login="admin"),
        person="Älice Müller-Łukasz",
        create=create,
        crowd=bed.second,
        restrict=lambda item_id, yes: call(
            bed, "PUT", f"/issues/{item_id}.json", {"issue": {"is_private": yes}}, login="admin"
        ),
        links=("relates", "blocks", "blocked", "precedes", "duplicated"),
    )


class TestRedmine(Conformance):
    """The suite."""


@pytest.fixture(scope="module")
def connector(bed: bed_of_redmine.Redmine) -> Iterator[redmine.Redmine]:
    opened = connected(bed)
    yield opened
    opened.close()


def draft(project: str, tracker: str = BUG, /, **fields: Value) -> Draft:
    return Draft(project, tracker, {"subject": f"Größe {uuid.uuid4()}"} | fields, str(uuid.uuid4()))


def call(bed: bed_of_redmine.Redmine, method: str, path: str, body: object = None, login: str = "alice") -> Any:
    answer = requests.request(method, bed.url + path, json=body, headers=bed.headers(login), timeout=30)
    answer.raise_for_status()
    return answer.json() if answer.content.strip() else None


def test_a_key_that_redmine_does_not_know_is_refused_even_where_it_answers_with_the_publics_view(
    bed: bed_of_redmine.Redmine,
) -> None:
    public = call(bed, "POST", "/issues.json", {"issue": {"project_id": "open", "tracker_id": 1, "subject": "seen"}})
    number = str(public["issue"]["id"])
    anonymous = requests.get(f"{bed.url}/issues/{number}.json", headers={"X-Redmine-API-Key": "f" * 40}, timeout=30)
    assert anonymous.status_code == 200
    stranger = connected(bed, "f" * 40)
    for attempt in (
        stranger.check,
        stranger.containers,
        lambda: list(stranger.changes("3", None)),
        lambda: list(stranger.census("3")),
        lambda: stranger.fetch(number),
        lambda: stranger.fields("3", BUG),
    ):
        with pytest.raises(CredentialsRefused):
            attempt()


def test_another_app_at_the_address_is_named(bed: bed_of_redmine.Redmine) -> None:
    elsewhere = redmine.open({"api_key": bed.keys["sync"]}, HttpOutlet(f"{bed.url}/nowhere"))
    with pytest.raises(NotThatApp, match="not as Redmine"):
        elsewhere.check()


def test_the_check_says_what_will_work_less_well(bed: bed_of_redmine.Redmine) -> None:
    fine, without = connected(bed), connected(bed, marker_field="")
    fine.create(draft(bed.project))
    assert fine.check().user.login == "sync"
    assert fine.check().user.email == "sync@example.test"
    assert fine.check().warnings == ()
    assert "correlation id" in without.check().warnings[0]
    assert "another Lockstep, or another tenant" in without.check().warnings[0]
    reporter = connected(bed, bed.keys["bob"])
    assert any("Private notes stay behind" in one for one in reporter.check().warnings)
    assert any("not known" in one for one in connected(bed, marker_field="No such").check().warnings)


def test_a_subproject_and_a_closed_issue_are_not_mistaken(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    child = {"name": "Unterprojekt", "identifier": f"sub-{uuid.uuid4().hex[:8]}", "parent_id": 2, "tracker_ids": [1]}
    project = str(call(bed, "POST", "/projects.json", {"project": child}, "admin")["project"]["id"])
    mine = connector.create(draft(bed.second, status=CLOSED))
    body = {"issue": {"project_id": project, "tracker_id": 1, "subject": "x"}}
    child_issue = str(call(bed, "POST", "/issues.json", body, "admin")["issue"]["id"])
    for found in (
        {one.id for page in connector.changes(bed.second, None) for one in page.heads},
        {one for page in connector.census(bed.second) for one in page},
    ):
        assert mine.id in found
        assert child_issue not in found


def walked(bed: bed_of_redmine.Redmine, *statuses: str) -> str:
    """An issue of the strict workflow that a person has taken along; its number."""
    body = {"issue": {"project_id": bed.project, "tracker_id": int(STRICT), "subject": "walked"}}
    number = str(call(bed, "POST", "/issues.json", body)["issue"]["id"])
    for status in statuses:
        call(bed, "PUT", f"/issues/{number}.json", {"issue": {"status_id": status}})
    return number


def log(bed: bed_of_redmine.Redmine, number: str) -> list[Any]:
    journals = call(bed, "GET", f"/issues/{number}.json?include=journals")["issue"]["journals"]
    return [detail for one in journals for detail in one["details"] if detail["name"] == "status_id"]


def test_a_status_to_which_no_way_is_known_is_not_looked_for_in_the_dark(bed: bed_of_redmine.Redmine) -> None:
    """E06: New > In Progress > Resolved > Closed only, and the other side was rejected. Nothing moves, both times."""
    fresh = connected(bed)
    issue = fresh.create(draft(bed.project, STRICT))
    for goal, what in ((REJECTED, "Rejected"), (CLOSED, "Closed")):
        assert fresh.way(issue.id, {"status": goal}) == {}
        with pytest.raises(Rejected, match=f"no way.*from “New” to “{what}”.*“In Progress” was never seen") as refused:
            fresh.update(issue.id, {"status": goal, "subject": f"not {what}"})
        assert refused.value.fields == {"status"}
        assert not refused.value.left
        assert fresh.fetch(issue.id).fields["subject"] == f"not {what}"
    before = fresh.fetch(issue.id)
    with pytest.raises(Rejected, match="was not moved"):
        fresh.update(issue.id, {"status": REJECTED})
    assert fresh.fetch(issue.id).updated_at == before.updated_at
    assert log(bed, issue.id) == []
    fresh.close()


def test_a_way_that_turns_out_to_be_none_is_taken_back_or_said_to_be_ours(bed: bed_of_redmine.Redmine) -> None:
    fresh = connected(bed)
    issue, plain = fresh.create(draft(bed.project, STRICT)), fresh.create(draft(bed.project))
    for tracker, status, following in ((STRICT, IN_PROGRESS, "6"), (BUG, IN_PROGRESS, "77")):
        fresh._learned._following[f"after {bed.project} {tracker} {status}"] = (float("inf"), frozenset({following}))
    with pytest.raises(Rejected, match="could not take it back; it stays “In Progress”") as broken:
        fresh.update(issue.id, {"status": REJECTED})
    assert broken.value.left == {"status": IN_PROGRESS}
    assert fresh.fetch(plain.id).fields["status"] == NEW
    fresh.close()


def test_a_parent_with_an_open_subtask_goes_nowhere_when_it_is_to_be_closed(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    parent, child = connector.create(draft(bed.project)), connector.create(draft(bed.project))
    blocked, blocker = connector.create(draft(bed.project)), connector.create(draft(bed.project))
    connector.add_link(child.id, PARENT, parent.id)
    connector.add_link(blocker.id, "blocks", blocked.id)
    connector.update(connector.create(draft(bed.project)).id, {"status": IN_PROGRESS})  # so a way is known
    for issue, why in ((parent, f"subtask #{child.id} is open"), (blocked, f"#{blocker.id} blocks it and is open")):
        with pytest.raises(Rejected, match=why):
            connector.update(issue.id, {"status": CLOSED})
        assert log(bed, issue.id) == []
    connector.update(child.id, {"status": CLOSED})
    assert connector.update(parent.id, {"status": CLOSED}).fields["status"] == CLOSED


def test_a_status_is_reached_over_the_statuses_between(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    walked(bed, IN_PROGRESS), walked(bed, IN_PROGRESS, RESOLVED)
    done = connector.create(draft(bed.project, STRICT, status=CLOSED))
    assert done.fields["status"] == CLOSED
    again = connector.create(draft(bed.project, STRICT))
    assert connector.way(again.id, {"status": CLOSED}) == {"status": (IN_PROGRESS, RESOLVED)}
    assert connector.update(again.id, {"status": CLOSED, "subject": "both at once"}).fields["status"] == CLOSED
    with pytest.raises(Rejected, match=r"no way.*from “Closed” to “New”.*allowed now: nothing"):
        connector.update(done.id, {"status": NEW})


def test_an_overdue_issue_begins_without_a_first_day_of_work(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    """E11: Redmine fills in today for the start, and would refuse an issue that was due before."""
    late = connector.create(draft(bed.project, due_date="2020-01-31"))
    assert (late.fields["due_date"], late.fields["start_date"]) == ("2020-01-31", None)
    begun = connector.create(draft(bed.project, start_date="2020-01-30", due_date="2020-01-31"))
    assert begun.fields["start_date"] == "2020-01-30"


def test_where_redmine_insists_on_a_first_day_of_work_it_has_its_way(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    insist = (
        "INSERT INTO workflows(tracker_id, old_status_id, role_id, type, field_name, rule) VALUES (2, 1, 3, ?, ?, ?)"
    )
    database = sqlite3.connect(bed.folder / "redmine.sqlite3")
    with database:
        database.execute(insist, ("WorkflowPermission", "start_date", "required"))
    issue = connector.create(draft(bed.project, "2"))
    assert issue.fields["start_date"] == f"{datetime.now(UTC):%Y-%m-%d}"
    with database:
        database.execute("DELETE FROM workflows WHERE field_name = 'start_date'")
    database.close()


def test_what_redmine_leaves_undone_in_silence_is_rejected(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    parent = connector.create(draft(bed.project, priority=HIGH))
    body = {"issue": {"project_id": bed.project, "tracker_id": 1, "subject": "child", "parent_issue_id": parent.id}}
    child = str(call(bed, "POST", "/issues.json", body, "admin")["issue"]["id"])
    assert connector.fetch(child).parent == parent.id
    with pytest.raises(Rejected, match=f"left priority of issue #{parent.id} as it was"):
        connector.update(parent.id, {"priority": HIGH, "subject": "the subject is written all the same"})
    assert connector.fetch(parent.id).fields["subject"] == "the subject is written all the same"
    with pytest.raises(Rejected, match=r"(?i)assignee"):
        connector.update(parent.id, {"assigned_to": "999"})
    with pytest.raises(Rejected, match="no field “colour”"):
        connector.update(parent.id, {"colour": "red"})


def test_a_private_note_is_never_posted_where_redmine_would_make_it_public(bed: bed_of_redmine.Redmine) -> None:
    issue = connected(bed).create(draft(bed.project))
    reporter = connected(bed, bed.keys["bob"])
    with pytest.raises(Rejected, match="would have made it public"):
        reporter.add_comment(issue.id, CommentDraft("geheim", private=True, marker="m"))
    assert connected(bed, bed.keys["admin"]).fetch(issue.id).comments == ()


def test_private_notes_are_for_those_who_may_see_them(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    issue = connector.create(draft(bed.project))
    number = connector.add_comment(issue.id, CommentDraft("geheim\n\n*wichtig* 😀", private=True, marker="m"))
    (held,) = connector.fetch(issue.id).comments
    assert (held.id, held.body, held.private, held.own) == (number, "geheim\n\n*wichtig* 😀", True, True)
    assert connected(bed, bed.keys["bob"]).fetch(issue.id).comments == ()


@pytest.mark.parametrize("marker_field", ["Remote ID", "1", ""])
def test_a_create_whose_answer_was_lost_is_found_again(bed: bed_of_redmine.Redmine, marker_field: str) -> None:
    connector = connected(bed, marker_field=marker_field)
    connector.check()
    since = connector.server_time
    assert since is not None
    wanted = draft(bed.project, description="viele\nZeilen")
    twin = connector.create(wanted)
    assert connector.find(wanted, since) == (twin.id,)
    never = Draft(bed.project, BUG, {"subject": "never sent"}, str(uuid.uuid4()))
    assert connector.find(never, since) == ()
    assert (twin.marker == wanted.marker) is bool(marker_field)


def test_a_field_that_redmine_does_not_filter_by_finds_nothing_wrong(bed: bed_of_redmine.Redmine) -> None:
    admin = connected(bed, bed.keys["admin"])
    assert next(one for one in admin.fields(bed.project, BUG) if one.name == "Severity").kind is FieldKind.OPTION
    connector = connected(bed, marker_field="99")
    assert any("does not filter" in one for one in connector.check().warnings)
    assert connector.find(draft(bed.project), datetime.now(UTC)) == ()


def test_many_labels_numbers_and_flags_survive(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    connector.create(draft(bed.project))
    specs = {one.name: one for one in connector.fields(bed.project, BUG)}
    labels = specs["Labels"]
    assert labels.kind is FieldKind.LABELS
    assert "Remote ID" not in specs
    wanted: dict[str, Value] = {
        labels.id: ("API", "Größe"), "done_ratio": 40, "estimated_hours": 1.5, "due_date": "2031-12-24",
        "is_private": True, "assigned_to": ALICE, "description": "*fett*\n\n# eins\n# zwei",
    }  # fmt: skip
    item = connector.create(draft(bed.project, BUG, **wanted))
    assert {name: item.fields[name] for name in wanted} == wanted
    nothing: dict[str, Value] = {labels.id: (), "due_date": None, "estimated_hours": None, "assigned_to": None}
    item = connector.update(item.id, nothing)
    assert {name: item.fields[name] for name in nothing} == nothing
    with pytest.raises(Rejected):
        connector.update(item.id, {labels.id: ("no such label",)})


def test_a_stamp_changes_with_what_moves_no_time(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    now = datetime.now(UTC) + timedelta(hours=1)
    one, two = connector.create(draft(bed.second)), connector.create(draft(bed.second))

    def stamp(item: Item) -> str:
        pages = feed.walk_changes(connector._talk.listing, bed.second, item.updated_at, lambda: now)
        return next(head.stamp for page in pages for head in page.heads if head.id == item.id)

    before = stamp(one)
    connector.add_link(one.id, "relates", two.id)
    assert connector.fetch(one.id).updated_at == one.updated_at
    assert before != stamp(one) != ""


def test_an_issue_that_is_dated_ahead_is_listed_last_and_remembered(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    """V7, by Redmine's own database: it tells no time of its own, so only what is well beyond ours counts as ahead."""
    ahead, after = connector.create(draft(bed.second)), connector.create(draft(bed.second))
    database = sqlite3.connect(bed.folder / "redmine.sqlite3")
    with database:
        there = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d %H:%M:%S}"
        database.execute("UPDATE issues SET updated_on = ? WHERE id = ?", (there, int(ahead.id)))
    database.close()
    since = after.updated_at - timedelta(seconds=2)
    first, again = ([head for page in connector.changes(bed.second, since) for head in page.heads] for _ in range(2))
    assert [one.id for one in first][-1] == ahead.id
    assert after.id in {one.id for one in first}
    assert first[-1].stamp == again[-1].stamp == connector.fetch(ahead.id).stamp != ""
    connector.delete(ahead.id)


def test_a_crowded_second_is_walked_whole(connector: redmine.Redmine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE", 3)
    made = {connector.create(draft("3")).id for _ in range(8)}
    heads = [one for page in connector.changes("3", None) for one in page.heads]
    assert made <= {one.id for one in heads}
    assert [one.updated_at for one in heads] == sorted(one.updated_at for one in heads)
    counted = [one for page in connector.census("3") for one in page]
    assert made <= set(counted)
    assert len(counted) == len(set(counted))


def test_files_keep_their_bytes_and_names(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    issue = connector.create(draft(bed.project))
    content = os.urandom(300_000)
    file = FileDraft("Übersicht 日本 & “x”.pdf", "application/pdf", len(content), "", "m")
    number = connector.add_attachment(issue.id, file, io.BytesIO(content))
    (held,) = connector.fetch(issue.id).attachments
    assert (held.id, held.name, held.size, held.own) == (number, file.name, len(content), True)
    assert b"".join(connector.open_attachment(issue.id, number)) == content
    connector.delete_attachment(issue.id, number)
    connector.delete_attachment(issue.id, number)
    assert connector.fetch(issue.id).attachments == ()


def test_relations_are_named_as_seen_from_each_end(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    one, two = connector.create(draft(bed.project)), connector.create(draft(bed.project))
    connector.add_link(one.id, "blocks", two.id)
    connector.add_link(one.id, "blocks", two.id)
    assert [(link.kind, link.target) for link in connector.fetch(one.id).links] == [("blocks", two.id)]
    assert [(link.kind, link.target) for link in connector.fetch(two.id).links] == [("blocked", one.id)]


def test_an_issue_with_subtasks_is_not_deleted_as_they_would_go_with_it(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    parent, child = connector.create(draft(bed.project)), connector.create(draft(bed.project))
    connector.add_link(child.id, PARENT, parent.id)
    with pytest.raises(Rejected, match="subtasks"):
        connector.delete(parent.id)
    assert connector.fetch(child.id).parent == parent.id
    connector.delete(child.id)
    connector.delete(parent.id)


def test_a_parent_that_the_account_may_not_set_is_refused_not_believed(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    parent, child = connector.create(draft(bed.project)), connector.create(draft(bed.project))
    weak = connected(bed, bed.keys["bob"])
    with pytest.raises(Rejected, match="Manage subtasks"):
        weak.add_link(child.id, PARENT, parent.id)
    weak.close()
    assert connector.fetch(child.id).parent is None


def test_only_a_deleted_issue_is_gone(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    issue = connector.create(draft(bed.project))
    call(bed, "DELETE", f"/issues/{issue.id}.json", login="admin")
    with pytest.raises(Gone):
        connector.fetch(issue.id)
    with pytest.raises(PutRight, match="no project"):
        connector.item_types("999")


def test_people_are_known_by_e_mail(bed: bed_of_redmine.Redmine, connector: redmine.Redmine) -> None:
    people: Mapping[str, str] = {one.login: one.email for one in connector.users(bed.project)}
    assert people == {one: f"{one}@example.test" for one in ("sync", "alice", "bob")}


def test_what_redmine_does_to_others_because_of_our_write_nobody_typed(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    first, copy, later = (
        connector.create(draft(bed.project, start_date="2026-12-01", due_date="2026-12-02")) for _ in range(3)
    )
    connector.add_link(copy.id, "duplicates", first.id)
    connector.add_link(first.id, "precedes", later.id)
    time.sleep(5)  # Redmine tells whole seconds: what comes is of another one than our own writes to these
    call(bed, "PUT", f"/issues/{copy.id}.json", {"issue": {"priority_id": 4}})
    connector.update(first.id, {"due_date": "2026-12-10"})
    moved = connector.fetch(later.id)
    assert (moved.fields["start_date"], "start_date" in moved.untyped) == ("2026-12-11", True)
    connector.update(first.id, {"status": CLOSED})
    there = connector.fetch(copy.id)
    assert (there.fields["status"], "status" in there.untyped) == (CLOSED, True)
    assert "priority" not in there.untyped, "a person set it"


def test_what_a_parent_holds_nobody_typed_and_a_write_that_is_left_is_the_last(
    bed: bed_of_redmine.Redmine, connector: redmine.Redmine
) -> None:
    above = connector.create(draft(bed.project, priority="4"))
    assert above.computed == {}
    below = connector.create(draft(bed.project, priority="2", due_date="2026-12-02"))
    connector.add_link(below.id, PARENT, above.id)
    now = connector.fetch(above.id)
    assert (now.fields["priority"], now.fields["due_date"]) == ("2", "2026-12-02")
    assert {"priority", "due_date"} <= now.untyped
    with pytest.raises(Rejected) as refused:
        connector.update(above.id, {"priority": "4"})
    assert refused.value.fields == {"priority"}
    assert connector.fetch(above.id).computed.keys() == {"priority"}
    assert connector.fetch(below.id).computed == {}
