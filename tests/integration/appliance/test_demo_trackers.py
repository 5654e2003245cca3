"""The demonstration's two real trackers: made once, found again, left to nobody, edited and compared."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psutil
import pytest

from appliance.config import DataFolder, open_data_folder
from appliance.demo.compare import PRIORITY_PAIRS, STATUS_PAIRS, compare, count_writes, fingerprint, read_stock
from appliance.demo.edits import Edit, Probe, make_edits
from appliance.demo.rest import Json, Visit
from appliance.demo.trackers import Person, Trackers, start_trackers
from appliance.errors import ApplianceError

pytestmark = pytest.mark.trackers

CHECKOUT = Path(__file__).resolve().parents[3]
NEVER_ENDING = """
import sys, threading
from pathlib import Path
from appliance.config import open_data_folder
from appliance.demo.trackers import start_trackers
trackers = start_trackers(open_data_folder(Path(sys.argv[1])))
print(trackers.helpdesk.url, flush=True)
threading.Event().wait()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return open_data_folder(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def made(folder: DataFolder) -> DataFolder:
    """A folder whose trackers were made, filled and stopped."""
    start_trackers(folder).stop()
    return folder


@pytest.fixture
def trackers(made: DataFolder) -> Iterator[Trackers]:
    with start_trackers(made) as started:
        yield started


def serving(folder: DataFolder) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any(word.startswith(str(folder.root / "demo")) for word in words[1:]):
            found.append(process)
    return found


def test_both_trackers_hold_fifty_believable_items_of_the_same_people(trackers: Trackers) -> None:
    stocks = [read_stock(tracker) for tracker in (trackers.helpdesk, trackers.engineering)]
    people = {person.email for person in trackers.helpdesk.people}
    for stock in stocks:
        assert len(stock.items) == 50
        assert all(len(item.description) > 60 for item in stock.items)
        assert {item.assignee for item in stock.items} - {""} <= people
        assert len({item.status for item in stock.items}) >= 4
        assert len({item.priority for item in stock.items}) == 5
        assert sum(len(item.comments) for item in stock.items) >= 35
        files = [file for item in stock.items for file in item.files]
        assert {file.name.rpartition(".")[2] for file in files} >= {"png", "csv", "log"}
        assert any(not file.name.isascii() for file in files)
    assert len({item.title for stock in stocks for item in stock.items}) == 100


def test_what_happened_is_spread_over_the_last_weeks_and_not_in_the_future(trackers: Trackers) -> None:
    now = datetime.now(UTC)
    for tracker in (trackers.helpdesk, trackers.engineering):
        with Visit(tracker, tracker.admin) as visit:
            rows = visit.members(tracker.item_class, "creation,activity,creator")
        first = datetime.strptime(rows[0]["creation"], "%Y-%m-%d.%H:%M:%S").replace(tzinfo=UTC)
        last = max(str(row["activity"]) for row in rows)
        assert timedelta(weeks=5) < now - first < timedelta(weeks=7)
        assert last <= now.strftime("%Y-%m-%d.%H:%M:%S")
        assert len({row["creator"]["username"] for row in rows}) == len(tracker.people)


def test_a_second_start_is_quick_and_finds_everything_at_the_same_address(made: DataFolder) -> None:
    with start_trackers(made) as first:
        before, urls = fingerprint(first.helpdesk, first.engineering), (first.helpdesk.url, first.engineering.url)
    begun = time.monotonic()
    with start_trackers(made) as second:
        took = time.monotonic() - begun
        assert count_writes(before, fingerprint(second.helpdesk, second.engineering)) == 0
        assert (second.helpdesk.url, second.engineering.url) == urls
        assert second.dead() == ()
    assert took < 5  # two busy cores; alone it is under one
    assert second.dead() == ("Help desk", "Engineering")
    assert serving(made) == []


def test_a_taken_port_is_gone_round_and_the_tracker_knows_its_new_address(made: DataFolder) -> None:
    with start_trackers(made) as first:
        port = int(first.helpdesk.url.rpartition(":")[2])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with start_trackers(made) as second:
            assert second.helpdesk.url != first.helpdesk.url
            assert f"web = {second.helpdesk.url}/\n" in (second.helpdesk.folder / "config.ini").read_text("utf-8")
            with Visit(second.helpdesk, second.helpdesk.people[0]) as visit:
                assert visit.items()[0]["link"].startswith(second.helpdesk.url)


def test_a_killed_demonstration_leaves_nothing_that_the_next_start_does_not_find(made: DataFolder) -> None:
    command = [sys.executable, "-c", NEVER_ENDING, str(made.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline().startswith("http://127.0.0.1:")
        left = serving(made)
        os.kill(victim.pid, signal.SIGKILL)
    assert len(left) == 2
    with start_trackers(made) as again:
        now = {process.pid for process in serving(made)}
        assert len(now) == 2
        assert not now & {process.pid for process in left}
        assert len(read_stock(again.helpdesk).items) >= 50


def test_a_tracker_that_was_cut_off_while_it_was_made_is_made_anew(made: DataFolder) -> None:
    place = made.root / "demo" / "engineering"
    kept = place.with_name("kept")
    place.rename(kept)
    half = place.with_name("engineering.new")
    half.mkdir()
    (half / "config.ini").write_text("[main]\n", encoding="utf-8")
    try:
        with start_trackers(made) as again:
            assert len(read_stock(again.engineering).items) == 50
            assert not half.exists()
    finally:
        if kept.exists() and place.exists():
            place.rename(place.with_name("second"))
        kept.rename(place)


def test_requirements_that_pip_cannot_satisfy_are_named(tmp_path: Path) -> None:
    data = open_data_folder(tmp_path / "data")
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("./nowhere --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")
    with pytest.raises(ApplianceError, match=r"^Roundup could not be installed with pip: ."):
        start_trackers(data, requirements=wrong)
    assert not (data.root / "demo" / "venv" / "requirements.sha256").exists()


def test_passwords_of_accounts_with_rights_are_random_and_private(trackers: Trackers) -> None:
    for tracker in (trackers.helpdesk, trackers.engineering):
        accounts = tracker.folder / "accounts.json"
        assert accounts.stat().st_mode & 0o777 == 0o600
        assert len(tracker.admin.password) > 20
        assert tracker.integration.password != tracker.admin.password
    with (
        Visit(trackers.helpdesk, Person("admin", "", "", "demo")) as visit,
        pytest.raises(ApplianceError, match="answered 401"),
    ):
        visit.items()


def labelled(visit: Visit, keyword: str, _: Json) -> Json:
    return {visit.fields.keywords: [keyword]}


def test_the_integration_user_sees_addresses_and_may_write_all_that_is_synced(trackers: Trackers) -> None:
    for tracker in (trackers.helpdesk, trackers.engineering):
        with Visit(tracker, tracker.integration) as visit:
            emails = {str(one.get("address")) for one in visit.members("user", "address")}
            assert {person.email for person in tracker.people} <= emails
            item = twin_of(visit, visit.items()[3], f"Made by the integration user in {tracker.name}")
            word = visit.make("keyword", {"name": f"new-{os.urandom(3).hex()}"})
            visit.change(item, partial(labelled, visit, word))
            visit.add(item, "files", visit.upload("寸法.bin", "application/octet-stream", b"\0\r\n"))


def test_a_refused_write_does_not_lock_the_tracker(trackers: Trackers) -> None:
    tracker = trackers.helpdesk

    def make(visit: Visit, name: str) -> str:
        try:
            return visit.make("keyword", {"name": name})
        except ApplianceError as error:
            return error.message

    with Visit(tracker, tracker.admin) as one, ThreadPoolExecutor(max_workers=8) as pool:
        for _ in range(5):
            name = f"raced-{os.urandom(3).hex()}"
            answers = list(pool.map(lambda _, name=name: make(Visit(tracker, tracker.admin), name), range(8)))
            assert sum(answer.isdigit() for answer in answers) == 1
        begun = time.monotonic()
        assert one.make("keyword", {"name": f"after-{os.urandom(3).hex()}"})
    assert time.monotonic() - begun < 10  # a lock that is held lasts 30 s and ends in a refusal


# Edits and comparison. The twins here are made by the test, as Lockstep would.


def twin_of(visit: Visit, item: Json, title: str, **values: str) -> str:
    number = str(item["messages"][0]["id"])
    with Visit(visit.tracker, visit.tracker.admin) as reader:
        said = reader.text(number)
    message = visit.make("msg", {"author": visit.tracker.integration.login, "content": said})
    return visit.make(visit.tracker.item_class, {"title": title, "messages": [message], **values})


@pytest.fixture(scope="module")
def twins(made: DataFolder) -> DataFolder:
    """Trackers in which thirty items have bare twins on the other side."""
    with (
        start_trackers(made) as started,
        Visit(started.helpdesk, started.helpdesk.admin) as here,
        Visit(started.engineering, started.engineering.integration) as there,
    ):
        for item in here.items()[:30]:
            there.make("bug", {"title": item["title"], "status": "new", "priority": "normal"})
    return made


def test_the_comparison_reads_what_people_see(trackers: Trackers) -> None:
    here, there = trackers.helpdesk, trackers.engineering
    before = compare(here, there)
    with Visit(here, here.admin) as reader, Visit(there, there.integration) as writer:
        item = next(one for one in reader.items() if len(one["files"]) == 1 and len(one["messages"]) == 2)
        made = twin_of_other_side(reader, writer, item)
        told = reader.text(str(item["messages"][1]["id"]))
        commented = compare(here, there)
        said = writer.make("msg", {"author": "lockstep", "content": f"Somebody wrote:\n\n{told}"})
        writer.add(made, "messages", said)
        writer.add(made, "files", copy_file(reader, writer, str(item["files"][0]["id"])))
    after = compare(here, there)
    assert (commented.pairs, commented.differing) == (before.pairs + 1, before.differing + 1)
    assert any("a comment" in line and "missing" in line for line in commented.details)
    assert any("file" in line and "missing" in line for line in commented.details)
    assert (after.pairs, after.missing) == (before.pairs + 1, before.missing - 1)
    assert (after.duplicates, after.differing) == (before.duplicates, before.differing)


def twin_of_other_side(reader: Visit, writer: Visit, item: Json) -> str:
    """The whole of a help desk item but its comments and files, in engineering."""
    stock = read_stock(reader.tracker)
    whole = next(one for one in stock.items if one.name == f"issue{item['id']}")
    statuses, priorities = dict(STATUS_PAIRS), dict(PRIORITY_PAIRS)
    known = {str(one["name"]) for one in writer.members("keyword", "name")}
    message = writer.make("msg", {"author": "lockstep", "content": whole.description})
    values: dict[str, object] = {
        "title": whole.title,
        "messages": [message],
        "status": statuses[whole.status],
        "priority": priorities[whole.priority],
        "keywords": sorted(whole.keywords & known),
    }
    if whole.assignee:
        values["assignee"] = whole.assignee.partition("@")[0]
    return writer.make("bug", values)


def copy_file(reader: Visit, writer: Visit, number: str) -> str:
    file, content = reader.file(number), reader.content(number)
    assert hashlib.sha256(content).hexdigest() == file.digest
    return writer.upload(file.name, "application/octet-stream", content)


def test_a_quiet_time_has_no_writes_and_any_write_shows(trackers: Trackers) -> None:
    before = fingerprint(trackers.helpdesk, trackers.engineering)
    compare(trackers.helpdesk, trackers.engineering)
    assert count_writes(before, fingerprint(trackers.helpdesk, trackers.engineering)) == 0
    with Visit(trackers.engineering, trackers.engineering.people[1]) as bob:
        bob.change("5", lambda values: {"title": f"{values['title']}!"})
    after = fingerprint(trackers.helpdesk, trackers.engineering)
    assert [name for name in after if before.get(name) != after[name]] == ["engineering/bug5"]


def test_too_few_twins_are_said_before_anything_is_edited(trackers: Trackers) -> None:
    before = fingerprint(trackers.helpdesk, trackers.engineering)
    with pytest.raises(ApplianceError, match="have a twin"):
        next(make_edits(trackers.helpdesk, trackers.engineering))
    assert count_writes(before, fingerprint(trackers.helpdesk, trackers.engineering)) == 0


def test_edits_of_every_kind_are_made_by_people_and_seen_once_carried_over(twins: DataFolder) -> None:
    with start_trackers(twins) as trackers, Probe(trackers.helpdesk, trackers.engineering) as probe:
        edits = list(make_edits(trackers.helpdesk, trackers.engineering))
        kinds = [(edit.kind, edit.side) for edit in edits]
        everything = ("title", "status", "assignee", "comment", "file", "new item")
        assert sorted(kinds[:-1]) == sorted((kind, side) for kind in everything for side in ("helpdesk", "engineering"))
        assert kinds[-1][0] == "conflict"
        probe.look()
        assert [edit for edit in edits if probe.seen(edit)] == []
        for tracker, login in ((trackers.helpdesk, "alice"), (trackers.engineering, "bob")):
            with Visit(tracker, tracker.admin) as visit:
                newest = visit.members("msg", "author")[-1]
                assert newest["author"]["username"] == login
        carry_over(trackers, {(edit.kind, edit.side): edit for edit in edits})
        probe.look()
        carried = {(edit.kind, edit.side) for edit in edits if probe.seen(edit)}
        assert carried == {(kind, "helpdesk") for kind in ("title", "status", "assignee", "comment", "conflict")}


def carry_over(trackers: Trackers, edits: dict[tuple[str, str], Edit]) -> None:
    """Write five of the help desk's edits to engineering, the conflict as the help desk has it."""
    with Visit(trackers.engineering, trackers.engineering.integration) as writer:
        numbers = {str(one["title"]): str(one["id"]) for one in writer.items()}
        with Visit(trackers.helpdesk, trackers.helpdesk.admin) as reader:
            first = {str(one["title"]) for one in reader.items()}
        edit = edits["title", "helpdesk"]
        stem = edit.item.partition(" (checked")[0]
        writer.change(numbers[stem], lambda _: {"title": edit.item})
        moved = edits["status", "helpdesk"]
        status = {"resolved": "closed", "need-eg": "pending"}[moved.expected]
        writer.change(numbers[moved.item], lambda _: {"status": status})
        given = edits["assignee", "helpdesk"]
        writer.change(numbers[given.item], lambda _: {"assignee": given.expected})
        said = edits["comment", "helpdesk"]
        message = writer.make("msg", {"author": "lockstep", "content": f"Alice wrote:\n\n{said.expected}"})
        writer.add(numbers[said.item], "messages", message)
        both = edits["conflict", "helpdesk"]
        assert both.item in first
        writer.change(numbers[both.expected], lambda _: {"title": both.item})
