"""Why an item is as it is: one sentence that is true in every situation, by key, id or address, of either side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from server.domain.errors import Transient
from server.domain.item import Item, Side
from server.domain.mapping import Direction
from server.domain.values import Value
from server.services.apps import Apps
from server.services.explain import Explanation, explain
from server.store import integrations
from tests.property.crossing_laws import beginning
from tests.property.crossings import Ways
from tests.property.model import Fate, ModelApp, ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "first", "text": "a\nb", "status": "1", "labels": ("red",)}

Why = Callable[[World, str], Explanation]


@pytest.fixture
def why(monkeypatch: pytest.MonkeyPatch) -> Why:
    """Explains a key; the model apps are opened in the place of those that a registry knows."""

    def explained(world: World, key: str) -> Explanation:
        for module in ("apps", "sync.ends"):
            opener = lambda _scope, row, *_, **__: ModelConnector(world.app(Side(row.name.split()[0])))  # noqa: E731
            monkeypatch.setattr(f"server.services.{module}.open_connector", opener)
        return explain(world.scope, Apps(), key, live=True)

    return explained


def begun(stage: Stage, **quirks: Any) -> tuple[World, str, str]:
    """A pair in step: the world, both items' ids."""
    world = stage.world(**quirks)
    with world.scope.transaction() as tx:
        integrations.start(tx, world.integration)
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records
    return world, item, twin


def test_a_pair_in_step_says_since_when_by_every_name_it_has(stage: Stage, why: Why) -> None:
    world, item, twin = begun(stage)
    pair = str(world.rows("select id from pairs")[0].id)
    for name in (
        f"left-{item}",
        f"right-{twin}",
        f"http://left/{item}",
        f"http://right/{twin}",
        pair,
        f" left-{item} ",
    ):
        told = why(world, name)
        assert told.sentence.startswith("In step since "), (name, told.sentence)
        [one] = told.subjects
        assert one.pair is not None
        assert [(now.side, now.key, now.reached) for now in one.now] == [
            (Side.LEFT, f"left-{item}", True),
            (Side.RIGHT, f"right-{twin}", True),
        ]
        assert {field.label: field.shown for field in one.now[1].fields}["Status"] == "New"
        assert [run.trigger for run in one.runs] == ["poll"]
        assert one.history[0].outcome == "created"


def test_a_value_that_an_app_filled_in_by_itself_is_named_in_the_sentence_and_marked_alike(
    stage: Stage, why: Why
) -> None:
    world, item, twin = begun(stage)
    world.right.records[twin].fields["due"] = "2031-01-01"  # and the app would not have it taken back
    with world.scope.transaction() as tx:
        filled = "update pairs set right_snapshot = right_snapshot || jsonb_build_object('due', '2031-01-01')"
        tx.execute(text(filled))
    told = why(world, f"left-{item}")
    assert told.sentence.startswith("In step since ")
    assert "but for Due: the two sides differ" in told.sentence
    [one] = told.subjects
    assert one.pair is not None
    [due] = one.pair.apart
    assert (due.left, due.right) == ("due", "due")
    assert "nobody has changed it since" in due.reason


def test_an_edit_that_was_not_looked_at_yet_is_seen_in_the_app(stage: Stage, why: Why) -> None:
    world, item, _ = begun(stage)
    world.left.tick()
    world.left.person_edits(item, "title", "second")
    told = why(world, f"left-{item}")
    assert "Changed on left since it was last in step" in told.sentence
    [one] = told.subjects
    assert (one.now[0].changed, one.now[0].reached, one.now[1].changed) == (("Title",), False, ())


def test_a_refused_item_says_so_in_the_apps_own_words_and_what_it_waits_for(stage: Stage, why: Why) -> None:
    world, _, _ = begun(stage, right_refuses=frozenset({"bad"}))
    item = world.left.person_creates(ITEM | {"title": "bad"})
    world.sync()
    told = why(world, f"left-{item}")
    assert told.sentence.startswith("Refused: right refuses this.")
    assert '"bad" is not welcome' in told.sentence
    assert "by hand" in told.sentence
    [one] = told.subjects
    assert [hold.attempts for hold in one.holds] == [1]


def test_an_item_that_is_tried_again_says_when_and_how_many_come_first(stage: Stage, why: Why) -> None:
    world, first, _ = begun(stage)
    second = world.left.person_creates(ITEM | {"title": "second"})
    world.settle()
    for one in (first, second):
        world.left.person_edits(one, "text", "news")
    world.right.fate = lambda call: Fate.BUSY if call == "right.update" else Fate.WELL
    world.sync()
    with world.scope.transaction() as tx:
        tx.execute(text("update holds set due_at = now() - interval '1 minute' where item_id = :one"), {"one": first})
    told = why(world, f"left-{second}")
    assert told.sentence.startswith("Held back: ")
    assert "It is tried again in " in told.sentence
    [one_of_two] = told.subjects
    assert one_of_two.ahead == 1
    assert one_of_two.next_attempt is not None


def test_an_item_that_a_rule_leaves_out_names_the_rule(stage: Stage, why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, _ = begun(stage)
    honest = ModelApp.item

    def odd(self: ModelApp, item_id: str) -> Item:
        item = honest(self, item_id)
        return replace(item, type="epic") if item.fields["title"] == "odd" else item

    monkeypatch.setattr(ModelApp, "item", odd)
    item = world.left.person_creates(ITEM | {"title": "odd"})
    not_seen = why(world, item)
    assert "leaves it out" in not_seen.sentence
    assert "“epic”" in not_seen.sentence
    world.sync()
    told = why(world, f"left-{item}")
    assert told.sentence.startswith("Left out by a rule: ")
    assert "“epic”" in told.sentence


def test_an_item_that_nobody_has_looked_at_yet_is_found_in_the_app(stage: Stage, why: Why) -> None:
    world, _, _ = begun(stage)
    world.left.tick()
    item = world.left.person_creates(ITEM | {"title": "fresh"})
    assert why(world, item).sentence == "Not seen yet: the next look at left comes by itself."
    world.document = replace(world.document, creates=Direction.TO_LEFT)
    with world.scope.transaction() as tx:
        integrations.change(tx, world.integration, "renamed", world.document, "test")
    assert "makes no new items on right" in why(world, item).sentence


def test_a_key_that_nobody_knows_says_where_was_looked(stage: Stage, why: Why) -> None:
    world, _, _ = begun(stage)
    told = why(world, "nothing-77")
    assert told.sentence.startswith("Lockstep knows no such item. “history")
    assert "“left” of left and “right” of right" in told.sentence
    assert (told.subjects, told.problems) == ((), ())


def test_an_app_that_does_not_answer_is_told_and_never_taken_for_an_answer(
    stage: Stage, why: Why, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, item, _ = begun(stage)

    def busy(_self: ModelConnector, _item_id: str) -> Item:
        raise Transient("It is busy.", words="come back later")

    monkeypatch.setattr(ModelConnector, "fetch", busy)
    known = why(world, f"left-{item}")
    assert known.sentence.startswith("In step since ")
    assert "What left and right holds now could not be asked." in known.sentence
    assert [now.problem for now in known.subjects[0].now] == ["It is busy. It says: “come back later”."] * 2
    unknown = why(world, "nothing-77")
    assert "not every app could be asked" in unknown.sentence
    assert len(unknown.problems) == 2


def test_an_item_that_was_deleted_or_left_alone_says_so(stage: Stage, why: Why) -> None:
    world, item, twin = begun(stage)
    world.left.person_deletes(item)
    assert "It is not there any more on left" in why(world, f"left-{item}").sentence
    world.answer("resync", {"items": [{"side": "left", "item_id": item}]})
    told = why(world, f"right-{twin}")
    assert told.sentence.startswith("The two are no longer kept in step.")
    assert "was deleted on left" in told.sentence


def test_what_keeps_the_whole_integration_from_working_is_said_too(stage: Stage, why: Why) -> None:
    world, item, _ = begun(stage)
    with world.scope.transaction() as tx:
        integrations.pause(tx, world.integration)
    told = why(world, f"left-{item}")
    assert told.sentence.startswith("In step since ")
    assert told.sentence.endswith("Nothing travels now: the integration “history" + told.sentence.split("“history")[1])
    assert "is paused" in told.sentence


def test_a_write_whose_answer_was_lost_is_named(stage: Stage, why: Why) -> None:
    world, item, _ = begun(stage)
    world.left.person_edits(item, "title", "second")
    world.right.fate = lambda call: Fate.KILLED_AFTER if call == "right.update" else Fate.WELL
    world.sync()
    told = why(world, f"left-{item}")
    [one] = told.subjects
    assert [(step.kind, step.side) for step in one.unresolved] == [("update", Side.RIGHT)]


def test_several_items_that_answer_to_one_key_are_all_told(stage: Stage, why: Why) -> None:
    world = stage.world()
    world.left.person_creates(ITEM)
    world.right.person_creates(ITEM | {"title": "the other way"})
    world.settle()
    told = why(world, "1")
    assert len(told.subjects) == 2
    assert told.sentence == "2 items answer to this; each is explained below."


def test_what_the_apps_hold_is_asked_only_when_it_is_wanted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world, item, _ = begun(stage)

    def refused(*_given: object) -> ModelConnector:
        raise AssertionError("an app was asked")

    monkeypatch.setattr("server.services.asking.with_connector", refused)
    monkeypatch.setattr("server.services.sync.ends.open_connector", refused)
    told = explain(world.scope, Apps(), f"left-{item}", live=False)
    assert told.sentence.startswith("In step since ")
    assert told.subjects[0].now == ()
    assert "were not asked" in explain(world.scope, Apps(), "nothing-77", live=False).sentence


def test_what_no_time_of_change_tells_is_not_promised_for_the_next_look(stage: Stage, why: Why) -> None:
    world, item, twin = begun(stage)
    world.left.person_comments(item, "said once", private=False)
    world.settle()
    world.left.tick(60)
    world.settle()
    record = world.left.records[item]
    record.comments = [replace(one, body="said otherwise") for one in record.comments]
    told = why(world, f"left-{item}")
    assert told.sentence.startswith("Changed on left since it was last in step; that travels with the next full scan, ")
    assert "next look" not in told.sentence
    assert [one.changed for one in told.subjects[0].now] == [("comments",), ()]
    world.sync()
    assert "said otherwise" not in str(world.right.item(twin).comments), "what is promised here would be untrue"
    world.answer("scan")
    assert "said otherwise" in str(world.right.item(twin).comments)
    assert why(world, f"left-{item}").sentence.startswith("In step since ")


def test_an_item_that_was_deleted_is_noticed_when_it_is_said(stage: Stage, why: Why) -> None:
    world, item, _ = begun(stage)
    world.left.tick(60)
    world.left.person_deletes(item)
    said = why(world, f"left-{item}").sentence
    assert said.startswith("It is not there any more on left; that is noticed with the next full scan, at ")
    world.document = replace(world.document, scan_hours=0)
    with world.scope.transaction() as tx:
        integrations.change(tx, world.integration, "never scanned", world.document, "test")
    said = why(world, f"left-{item}").sentence
    assert said == "It is not there any more on left; that is noticed at once when somebody has it synced again."


def test_an_item_that_was_moved_away_says_that_it_left(stage: Stage, why: Why) -> None:
    world, item, _ = begun(stage)
    world.left.person_moves(item, "elsewhere")
    said = why(world, f"left-{item}").sentence
    assert said.startswith("It does not belong to the integration any more: It was moved out of ")


def test_an_end_is_called_as_its_connection_is(stage: Stage, why: Why) -> None:
    world, item, _ = begun(stage)
    with world.scope.transaction() as tx:
        tx.execute(text("update connections set name = 'left Desk' where name = 'left'"))
    world.left.person_moves(item, "elsewhere")
    assert "moved out of what the integration looks at in left Desk." in why(world, f"left-{item}").sentence


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "America/New_York"])
def test_a_day_and_the_moment_at_which_it_begins_are_the_same(stage: Stage, why: Why, zone: str) -> None:
    world = stage.world()
    Ways(zone=zone, over=None).furnish(world)
    with world.scope.transaction() as tx:
        integrations.change(tx, world.integration, "days", world.document, "test")
        integrations.start(tx, world.integration)
    item = world.left.person_creates({**ITEM, "day": "2026-12-24"})
    world.settle()
    [twin] = world.right.records.values()
    assert twin.fields["day"] == beginning("2026-12-24", zone)
    sentence = why(world, f"left-{item}").sentence
    assert sentence.startswith("In step since ")
    assert "but for" not in sentence


def test_two_sides_that_agree_are_in_step_whatever_was_last_seen_of_them(stage: Stage, why: Why) -> None:
    world, item, twin = begun(stage)
    for app, one in ((world.left, item), (world.right, twin)):
        app.records[one].fields["title"] = "changed alike, and no time of change moved"
    told = why(world, f"left-{item}")
    assert told.sentence.startswith("In step since ")
    assert [one.changed for one in told.subjects[0].now] == [(), ()]
