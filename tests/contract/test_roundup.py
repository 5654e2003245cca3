"""What every connector promises, and what Roundup does that a connector must see through: against real ones."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from server.connectors import roundup
from server.connectors.http import HttpOutlet
from server.connectors.roundup.session import Session
from server.domain.errors import CredentialsRefused, Rejected
from server.domain.item import CommentDraft, FileDraft
from server.domain.values import Value
from tests.contract.conformance import Conformance
from tests.contract.tracker import Tracker
from tests.support.reaching import Contacts
from tests.support.testbeds import place
from tests.support.testbeds import roundup as bed_of_roundup
from tests.support.testbeds.roundup import Roundup

pytestmark = pytest.mark.trackers

ALICE, BOB = "4", "5"
_OWN_FAULT = "the app's own fault"
VALUES: Mapping[str, Mapping[str, tuple[Value, Value]]] = {
    "classic": {
        "priority": ("2", None),
        "assignedto": (ALICE, None),
        "keyword": (("backend", "neu und größer"), ()),
        "due": ("2031-12-24T00:00:00Z", None),
    },
    "devel": {
        "priority": ("2", "3"),
        "severity": ("1", None),
        "assignee": ("7", None),
        "keywords": (("backend",), ()),
        "components": (("1", "2"), ()),
        "resolution": ("3", None),
    },
}


@pytest.fixture(scope="module", params=["classic", "devel"])
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Roundup]:
    with bed_of_roundup.running(tmp_path_factory.mktemp("roundup"), template=request.param) as running:
        yield running


def call(bed: Roundup, method: str, path: str, body: object = None, login: str = "alice") -> Any:
    """The app's own interface, as a person's program would use it."""
    url, headers, auth = f"{bed.url}/rest/data/{path}", bed.headers(), bed.auth(login)
    if method in {"PUT", "DELETE", "PATCH"}:
        headers["If-Match"] = requests.get(url, auth=auth, headers=headers, timeout=30).headers["ETag"]
    answer = requests.request(method, url, auth=auth, headers=headers, json=body, timeout=30)
    own_fault = f"{_OWN_FAULT}: {place.end_of(bed.folder / 'server.log')}" if answer.status_code >= 500 else ""
    assert answer.ok, answer.text + own_fault
    return answer.json()["data"]


def path_of(item_id: str) -> str:
    """``issue12`` as ``issue/12``."""
    name = item_id.rstrip("0123456789")
    return f"{name}/{item_id[len(name) :]}"


def describe(bed: Roundup) -> Tracker:
    """The suite's view of a test bed."""
    devel = bed.template == "devel"

    def comment(item_id: str, text: str, private: bool) -> None:  # noqa: FBT001 - the suite's
        assert not private
        me = "7" if devel else ALICE
        made = call(bed, "POST", "msg", {"content": text, "author": me, "date": "."})["id"]
        call(bed, "PATCH", path_of(item_id), {"@op": "add", "messages": [made]})

    def create(container: str, title: str, count: int) -> None:
        for number in range(count):
            call(bed, "POST", container, {"title": f"{title} {number}"})

    keyword = "keywords" if devel else "keyword"
    login, password = bed.auth()
    return Tracker(
        kind="roundup",
        one_address="Roundup refuses what was not sent to the address in its own configuration",
        settings={"url": bed.url, "login": login, "password": password},
        wrong={"password": "wrong"},
        container=bed.container,
        item_type=bed.container,
        title="title",
        description="description",
        values=VALUES[bed.template],
        status="status",
        statuses=("2", "3") if devel else ("5", "8"),
        unknown=f"{bed.container}999999",
        edit=lambda item_id, title: call(bed, "PUT", path_of(item_id), {"title": title}),
        comment=comment,
        delete=lambda item_id: call(bed, "DELETE", path_of(item_id), {}, "admin"),
        person="Alice Tést",
        create=create,
        crowd=bed.container,
        restrict=lambda item_id, yes: call(bed, "PUT", path_of(item_id), {keyword: ["1"] if yes else []}),
        restricted_by={"restricted_by": keyword},
        links=("dependencies",) if devel else ("dependson", "superseder"),
        keeps_items="may not|not allow",
    )


@pytest.fixture(scope="module")
def tracker(bed: Roundup) -> Tracker:
    return describe(bed)


class TestRoundup(Conformance):
    """Every connector's promises, on the classic and on the devel template."""


@pytest.fixture(scope="module")
def connector(tracker: Tracker) -> Iterator[roundup.Roundup]:
    opened = roundup.open(tracker.settings, HttpOutlet(tracker.settings["url"]))
    yield opened
    opened.close()


def set_zone(bed: Roundup, zone: str) -> None:
    """An administrator sets the syncing user's time zone."""
    number = requests.get(
        f"{bed.url}/rest/data/user",
        params={"username:": "sync"},
        auth=bed.auth("admin"),
        headers=bed.headers(),
        timeout=30,
    ).json()["data"]["collection"][0]["id"]
    call(bed, "PATCH", f"user/{number}", {"timezone": zone}, "admin")


def test_a_zone_that_is_changed_counts_with_the_next_call(
    bed: Roundup, tracker: Tracker, connector: roundup.Roundup
) -> None:
    """E08: an account five hours behind misses no news of five hours, and a day stays the moment that it is."""
    item = connector.create(tracker.draft())
    connector.fields(tracker.container, tracker.item_type)
    for zone, name, moment in (("-5", "Etc/GMT+5", "2031-12-24T05:00:00Z"), ("9", "Etc/GMT-9", "2031-12-23T15:00:00Z")):
        set_zone(bed, zone)
        try:
            assert connector.zone() == name
            item = connector.update(item.id, {tracker.title: f"in {name}"})
            assert item.id in {
                one.id for page in connector.changes(tracker.container, item.updated_at) for one in page.heads
            }
            later = item.updated_at + timedelta(minutes=10)
            assert not list(connector.changes(tracker.container, later))
            if "due" in tracker.values:
                assert connector.update(item.id, {"due": moment}).fields["due"] == moment
        finally:
            set_zone(bed, "")
    assert connector.zone() == "UTC"


def words(text: str) -> CommentDraft:
    return CommentDraft(text, private=False, marker=str(uuid.uuid4()))


def test_what_a_person_writes_first_is_the_description_and_all_else_are_comments(
    bed: Roundup, connector: roundup.Roundup
) -> None:
    me = "7" if bed.template == "devel" else ALICE
    first = call(bed, "POST", "msg", {"content": "Es geht nicht.\r\nGar nicht.", "author": me, "date": "."})["id"]
    number = call(bed, "POST", bed.container, {"title": "Kaputt", "messages": [first]})["id"]
    item_id = f"{bed.container}{number}"
    describe(bed).comment(item_id, "Doch.", False)
    item = connector.fetch(item_id)
    assert item.fields["description"] == "Es geht nicht.\nGar nicht."
    assert [one.body for one in item.comments] == ["Doch."]
    for text in ("Nichts geht.", "", "Doch, manches."):
        again = connector.update(item_id, {"description": text})
        assert (again.fields["description"], len(again.comments), again.marker) == (text, 1, None)


def test_a_comment_on_an_item_without_description_does_not_become_one(
    tracker: Tracker, connector: roundup.Roundup
) -> None:
    made = connector.create(tracker.draft())
    tracker.comment(made.id, "das erste Wort", False)
    item = connector.fetch(made.id)
    assert item.fields["description"] == ""
    assert [one.body for one in item.comments] == ["das erste Wort"]
    filled = connector.update(made.id, {"description": "nachgereicht"})
    assert filled.fields["description"] == "nachgereicht"
    emptied = connector.update(made.id, {"description": ""})
    assert (emptied.fields["description"], len(emptied.comments)) == ("", 1)
    assert emptied.fields["status"] == item.fields["status"]
    assert emptied.marker == made.marker


def test_edits_at_the_same_moment_are_all_kept(tracker: Tracker, connector: roundup.Roundup) -> None:
    item = connector.create(tracker.draft())

    def work(number: int) -> None:
        tracker.edit(item.id, f"Titel {number}")
        connector.add_comment(item.id, words(f"Wort {number}"))
        connector.add_attachment(item.id, FileDraft(f"{number}.txt", "text/plain", 1, "", ""), io.BytesIO(b"x"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work_until_done(work), range(4)))
    held = connector.fetch(item.id)
    assert sorted(one.body for one in held.comments) == [f"Wort {number}" for number in range(4)]
    assert sorted(one.name for one in held.attachments) == [f"{number}.txt" for number in range(4)]


def work_until_done(work: Callable[[int], None]) -> Callable[[int], None]:
    """People whose own edit meets another's, or a fault of the app, look again and repeat it, as the browser has them.

    Nothing of what they do has been done then: the edit is the first of it.
    """

    def patient(number: int) -> None:
        for left in reversed(range(200)):
            try:
                work(number)
            except AssertionError as error:
                if not left or ("If-Match" not in str(error) and _OWN_FAULT not in str(error)):
                    raise
            else:
                return

    return patient


def test_a_keyword_that_two_items_bring_at_once_is_added_once(
    bed: Roundup, tracker: Tracker, connector: roundup.Roundup
) -> None:
    field = "keywords" if bed.template == "devel" else "keyword"
    drafts = [replace(one, fields={**one.fields, field: ("zugleich",)}) for one in (tracker.draft() for _ in range(6))]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(connector.create, drafts))
    assert [one.fields[field] for one in made] == [("zugleich",)] * 6


def test_the_feed_brings_many_items_whole_as_fetch_would(tracker: Tracker, connector: roundup.Roundup) -> None:
    made = [connector.create(tracker.draft(description=f"Text {number}")) for number in range(5)]
    for one in made:
        connector.add_comment(one.id, words("Wort"))
        connector.add_attachment(one.id, FileDraft("a.txt", "text/plain", 1, "", ""), io.BytesIO(b"x"))
    since = made[0].updated_at
    items = {one.id: one.item for page in connector.changes(tracker.container, since) for one in page.heads}
    for one in made:
        fetched, told = connector.fetch(one.id), items[one.id]
        assert told is not None
        assert replace(told, stamp="") == replace(fetched, stamp="")


def test_a_look_is_one_request_beside_that_for_the_accounts_zone_and_an_item_is_three(tracker: Tracker) -> None:
    contacts = Contacts()
    outlet = HttpOutlet(tracker.settings["url"], ledger=contacts)
    connector = roundup.open(tracker.settings, outlet)
    made = connector.create(tracker.draft())
    connector.add_comment(made.id, words("Wort"))
    connector.add_attachment(made.id, FileDraft("a.txt", "text/plain", 1, "", ""), io.BytesIO(b"x"))
    connector.fetch(made.id)
    contacts.clear()
    connector.fetch(made.id)
    assert len(contacts) == 3
    later = made.updated_at + timedelta(days=1)
    list(connector.changes(tracker.container, later))  # the first look learns how the tracker reads times
    contacts.clear()
    list(connector.changes(tracker.container, later))
    assert len(contacts) == 2


def test_a_size_that_an_empty_answer_told_is_asked_for_again_once_the_file_was_read(
    tracker: Tracker, connector: roundup.Roundup, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = connector.create(tracker.draft())
    connector.add_attachment(made.id, FileDraft("a.txt", "text/plain", 3, "", ""), io.BytesIO(b"abc"))
    other = roundup.open(tracker.settings, HttpOutlet(tracker.settings["url"]))
    with monkeypatch.context() as spoilt:
        spoilt.setattr(Session, "size", lambda *_: 0)  # as a proxy's empty answer had it
        [file] = other.fetch(made.id).attachments
    assert file.size == 0
    assert b"".join(other.open_attachment(made.id, file.id)) == b"abc"
    assert [one.size for one in other.fetch(made.id).attachments] == [3]
    other.close()


def test_a_session_that_has_ended_is_renewed_and_never_an_anonymous_view(
    tracker: Tracker, connector: roundup.Roundup
) -> None:
    item = connector.create(tracker.draft())
    made = connector.add_attachment(item.id, FileDraft("a.txt", "text/plain", 1, "", ""), io.BytesIO(b"x"))
    for ask in (
        lambda: connector.fetch(item.id),
        lambda: connector.add_comment(item.id, words("Wort")),
        lambda: list(connector.census(tracker.container)),
        lambda: b"".join(connector.open_attachment(item.id, made)),
    ):
        known = connector._session._signed_in()
        name, _, _ = known.headers["Cookie"].partition("=")
        connector._session._known = replace(known, headers={**known.headers, "Cookie": f"{name}=gone"})
        assert ask()


def test_where_anonymous_visitors_may_use_rest_the_password_goes_with_each_request(tmp_path: Path) -> None:
    def open_to_all(folder: Path) -> None:
        schema = folder / "schema.py"
        schema.write_text(schema.read_text() + "\ndb.security.addPermissionToRole('Anonymous', 'Rest Access')\n")

    with bed_of_roundup.running(tmp_path / "open", change=open_to_all) as bed:
        fine = describe(bed).connect()
        assert isinstance(fine, roundup.Roundup)
        assert fine.check().user.login == "sync"
        assert "Authorization" in fine._session._signed_in().headers
        stranger = describe(bed).connect(password="wrong")
        for attempt in (stranger.check, stranger.containers, lambda: list(stranger.census("issue"))):
            with pytest.raises(CredentialsRefused):
                attempt()


def test_the_check_says_when_people_cannot_be_matched(bed: Roundup, connector: roundup.Roundup) -> None:
    warnings = tuple(one for one in connector.check().warnings if "deletion" not in one)
    emails = {one.login: one.email for one in connector.users(bed.container)}
    assert "anonymous" not in emails
    assert emails["sync"] == "sync@example.test"
    if bed.template == "devel":
        assert (warnings, emails["alice"]) == ((), "alice@example.test")
    else:
        assert "e-mail" in warnings[0]
        assert emails["alice"] == ""


def test_what_the_account_may_not_do_is_said_in_the_trackers_words(bed: Roundup, tracker: Tracker) -> None:
    if bed.template == "classic":
        body: dict[str, str] = {"username": "gast", "password": "testbed-gast", "roles": "Anonymous"}
    else:
        body = {"username": "gast", "password": "testbed-gast", "roles": "User"}
    call(bed, "POST", "user", body | {"address": "gast@example.test"}, "admin")
    guest = tracker.connect(login="gast", password="testbed-gast")
    if bed.template == "classic":
        with pytest.raises(CredentialsRefused, match="Rest Access"):
            guest.check()
        return
    assert guest.check().user.login == "gast"
    with pytest.raises(Rejected, match=r"does not allow this to gast: Permission to create keyword denied|Permission"):
        guest.create(tracker.draft(keywords=("ganz neu",)))
