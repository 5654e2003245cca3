"""After a mapping change all pairs are brought in step as the request says, beside live sync, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from server import faults
from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import FieldMapping, ValueMapping
from server.domain.values import Value
from server.store import holds, integrations, requests
from tests.property import laws
from tests.property.model import Fate, Killed
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": (), "due": None} | more


def mapped(document: Document, *names: str, without: str = "", **changed: Any) -> Document:
    """The document with these fields besides, without one, or with a rule of one changed."""
    (types,) = document.types
    fields = [replace(one, **changed.get(one.left, {})) for one in types.fields if one.left != without]
    return replace(document, types=(replace(types, fields=(*fields, *(FieldMapping(one, one) for one in names))),))


def _die(point: str, at: str) -> None:
    if point == at:
        raise Killed


def save(world: World, document: Document) -> None:
    """What a person's change of the document does."""
    with world.scope.transaction() as tx:
        integrations.change(tx, world.integration, "history", document, "test")
        holds.due_anew(tx, world.integration)
    world.document = document


@pytest.fixture
def world(stage: Stage) -> World:
    """Five pairs in step; the field “due” is not mapped, and differs, is empty on a side, or is the same."""
    made = stage.world()
    everything = made.document
    save(made, mapped(everything, without="due"))
    dues: tuple[tuple[Value, Value], ...] = (
        ("2031-01-01", None),
        (None, "2031-01-02"),
        ("2031-01-03", "2031-01-04"),
        ("2031-01-05", "2031-01-05"),
        (None, None),
    )
    for number, _ in enumerate(dues):
        made.left.person_creates(values(f"item {number}"))
    made.settle()
    linked = laws.pairs(made)
    for (left, right), (mine, theirs) in zip(sorted(linked.items(), key=lambda one: int(one[0])), dues, strict=True):
        made.left.records[left].fields["due"] = mine
        made.right.records[right].fields["due"] = theirs
    save(made, everything)
    return made


def dues(world: World) -> list[tuple[Value, Value]]:
    linked = sorted(laws.pairs(world).items(), key=lambda one: int(one[0]))
    return [
        (world.left.records[left].fields.get("due"), world.right.records[right].fields.get("due"))
        for left, right in linked
    ]


def clashes(world: World) -> list[tuple[str, Value, Value]]:
    return [tuple(row) for row in world.rows("select winner, left_value, right_value from conflicts order by id")]


@pytest.mark.parametrize(
    ("wins", "third", "winner"),
    [
        ("fill", ("2031-01-03", "2031-01-04"), "held"),
        ("left", ("2031-01-03", "2031-01-03"), "left"),
        ("right", ("2031-01-04", "2031-01-04"), "right"),
    ],
)
def test_a_newly_mapped_field_goes_the_way_that_was_asked_for_and_what_gives_way_is_on_record(
    world: World, wins: str, third: tuple[str, str], winner: str
) -> None:
    world.answer("reconcile", {"wins": wins})
    assert dues(world) == [
        ("2031-01-01", "2031-01-01"),
        ("2031-01-02", "2031-01-02"),
        third,
        ("2031-01-05", "2031-01-05"),
        (None, None),
    ]
    assert clashes(world) == [(winner, "2031-01-03", "2031-01-04")]
    world.settle()
    laws.check_quiet(world)
    assert dues(world)[2] == third


def test_two_values_that_were_left_as_they_are_go_on_with_the_next_edit(world: World) -> None:
    world.answer("reconcile")
    [left] = [one for one, record in world.left.records.items() if record.fields["due"] == "2031-01-03"]
    world.left.person_edits(left, "text", "another field")
    world.settle()
    assert dues(world)[2] == ("2031-01-03", "2031-01-04")
    world.left.person_edits(left, "due", "2032-02-02")
    world.settle()
    assert dues(world)[2] == ("2032-02-02", "2032-02-02")


def test_a_preview_shows_it_and_writes_nothing_even_for_a_document_that_is_not_saved(world: World) -> None:
    tables = ("pairs", "comment_pairs", "attachment_pairs")
    before = (dues(world), world.left.writes, world.right.writes, clashes(world), world.fingerprint(*tables))
    argument = {"wins": "left", "dry": True, "document": integrations.json_of(world.document)}
    run = world.answer("reconcile", argument)
    assert (dues(world), world.left.writes, world.right.writes, clashes(world), world.fingerprint(*tables)) == before
    [row] = world.rows("select counts from runs where trigger = 'reconcile'")
    assert row.counts == {"updates": 3, "conflicts": 1}
    query = f"select side, before, after from previews where run_id = '{run}' and action = 'update'"  # noqa: S608 - ours
    assert {tuple(line) for line in world.rows(query)} == {
        ("left", None, "2031-01-02"),
        ("right", "2031-01-04", "2031-01-03"),
        ("right", None, "2031-01-01"),
    }


def test_a_walk_that_was_killed_goes_on_where_it_was_and_live_sync_goes_on_beside_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.sync.realign._PAGE", 2)
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "reconcile", {"wins": "left"}, "test")
    world.go_on(pages=1)
    world.left.person_creates(values("made meanwhile"))
    world.calm()
    assert len(world.right.records) == 6
    world._take_over()
    world.go_on()
    rows = world.rows("select done from runs where trigger = 'reconcile' order by started_at")
    assert [row.done for row in rows] in ([2, 3], [2, 4])  # what was made meanwhile may lie behind the walk, by its id
    assert all(left == right for left, right in dues(world))
    assert world.rows("select id from run_requests") == []


@pytest.mark.parametrize("wins", ["fill", "left"])
@pytest.mark.parametrize(("cut_off", "edited"), [("title", ""), ("title", "labels"), ("", "labels"), ("", "")])
@pytest.mark.parametrize("point", ["journal.committing", "journal.committed", "settle.committing", "settle.committed"])
def test_two_values_that_were_never_in_step_are_on_record_once_wherever_the_process_dies(
    world: World, wins: str, cut_off: str, edited: str, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [left] = [one for one, record in world.left.records.items() if record.fields["due"] == "2031-01-03"]
    save(world, mapped(world.document, without="due"))
    if cut_off:
        world.left.person_edits(left, cut_off, "its answer was lost")
        with monkeypatch.context() as patch:
            patch.setattr(faults, "reach", partial(_die, at="update.sent"))
            world.sync()
        assert [one.kind for one in world.rows("select kind from operations where state = 'planned'")] == ["update"]
        assert world.right.records[laws.pairs(world)[left]].fields[cut_off] == "its answer was lost"
    save(world, mapped(world.document, "due"))
    if edited:  # so that there is something to write beside
        world.left.person_edits(left, edited, ("green",))
    pair = str(world.rows(f"select id from pairs where left_id = '{left}'")[0].id)  # noqa: S608 - an id of ours
    world.ask("reconcile", {"wins": wins})
    with monkeypatch.context() as patch:
        patch.setattr(faults, "reach", partial(_die, at=point))
        with pytest.raises(Killed):
            world.go_on()
    world._take_over()
    world.go_on()
    world.settle()
    laws.check_quiet(world)
    told = [row.winner for row in world.rows(f"select winner from conflicts where pair_id = '{pair}'")]  # noqa: S608
    assert told == ["held" if wins == "fill" else "left"]
    right = laws.pairs(world)[left]
    due = world.right.records[right].fields["due"]
    assert due == ("2031-01-04" if wins == "fill" else "2031-01-03")


@pytest.mark.parametrize("bad", [Fate.BUSY, Fate.LOST])
@pytest.mark.parametrize("step", range(3, 11))
def test_trouble_of_a_moment_does_not_leave_to_a_live_pass_whose_value_gives_way(
    world: World, step: int, bad: Fate
) -> None:
    world.ask("reconcile", {"wins": "fill"})
    world.go_on_in_trouble([Fate.WELL] * step + [bad])
    if world.asked():
        world.go_on()
    world.settle()
    assert dues(world)[2] == ("2031-01-03", "2031-01-04")
    assert clashes(world) == [("held", "2031-01-03", "2031-01-04")]
    laws.check_quiet(world)


def test_a_walk_begins_anew_when_the_document_was_changed_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.services.sync.realign._PAGE", 2)
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "reconcile", {"wins": "left"}, "test")
    world.go_on(pages=1)
    save(world, world.document)
    world._take_over()
    world.go_on()
    [_, second] = world.rows("select done from runs where trigger = 'reconcile' order by started_at")
    assert second.done == 5


def test_a_changed_value_table_is_followed_where_the_winner_was_stated(world: World) -> None:
    crossed = (ValueMapping("1", "2"), ValueMapping("2", "1"))
    save(world, mapped(world.document, status={"values": crossed}))
    world.answer("reconcile", {"wins": "left"})
    assert {record.fields["status"] for record in world.right.records.values()} == {"2"}
    assert {record.fields["status"] for record in world.left.records.values()} == {"1"}
    assert {winner for winner, left, right in clashes(world) if (left, right) == ("1", "1")} == {"left"}
    world.settle()
    laws.check_quiet(world)


def test_what_was_known_of_a_field_that_is_mapped_no_longer_is_dropped(world: World) -> None:
    save(world, mapped(world.document, without="labels"))
    world.answer("reconcile")
    rows = world.rows("select left_snapshot, right_snapshot from pairs")
    assert all("labels" not in row.left_snapshot and "labels" not in row.right_snapshot for row in rows)
    assert all("due" in row.left_snapshot for row in rows)


def test_an_edit_that_was_not_synced_yet_beats_the_stated_winner(world: World) -> None:
    [left] = [one for one, record in world.left.records.items() if record.fields["title"] == "item 4"]
    right = laws.pairs(world)[left]
    world.right.person_edits(right, "title", "typed right")
    world.answer("reconcile", {"wins": "left"})
    assert world.left.records[left].fields["title"] == "typed right"
    assert "typed right" not in str(clashes(world))


def test_failures_stay_through_a_change_and_are_tried_under_the_new_rules(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    world.left.person_creates(values("bad"))
    for _ in range(3):
        world.sync()
    world.right.refuses = frozenset()
    world.sync()
    assert world.right.records == {}
    save(world, world.document)
    assert len(world.rows("select item_id from holds")) == 1
    world.sync()
    assert len(world.app(Side.RIGHT).records) == 1
    assert world.rows("select item_id from holds") == []
