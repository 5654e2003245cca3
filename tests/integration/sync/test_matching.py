"""Items that are on both sides already are shown, then joined; nothing is created for them and nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.domain.errors import PutRight
from server.domain.item import Side
from server.domain.values import Value
from server.engine.matching import match as matched
from server.store import requests
from tests.property import laws
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
TITLE = {"parts": [{"left": "title", "right": "title", "how": "words"}]}
TITLE_AND_DAY = {"parts": [*TITLE["parts"], {"left": "@created", "right": "@created", "how": "day"}]}
KEY_IN_TEXT = {"parts": [{"left": "text", "right": "@key", "how": "key"}]}


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": (), "due": None} | more


def show(world: World, *rules: Any) -> str:
    return world.answer("match", {"rules": {"rules": list(rules or (TITLE,))}})


def join(world: World, preview: str, wins: str = "fill") -> str:
    return world.answer("match", {"preview": preview, "wins": wins})


def lines(world: World, run: str, action: str) -> list[tuple[str, str, str]]:
    query = f"select side, item_id, twin_id from previews where run_id = '{run}' and action = '{action}'"  # noqa: S608
    return sorted(tuple(row) for row in world.rows(query))


def test_a_preview_lists_what_is_one_and_what_is_not_certain_and_writes_nothing_else(stage: Stage) -> None:
    world = stage.world()
    for title in ("alone left", "Both ", "twice", "many"):
        world.left.person_creates(values(title))
    for title in ("both", "twice", "twice", "many", "alone right"):
        world.right.person_creates(values(title))
    world.left.person_creates(values("MANY"))
    run = show(world)
    assert lines(world, run, "join") == [("right", "2", "1")]
    assert lines(world, run, "ambiguous") == [
        ("left", "2", ""),
        ("left", "3", ""),
        ("left", "4", ""),
        ("right", "3", ""),
        ("right", "4", ""),
        ("right", "5", ""),
    ]
    [row] = world.rows("select counts, state from runs")
    assert (dict(row.counts), row.state) == ({"joins": 1, "ambiguous": 6}, "succeeded")
    reasons = {row.reason for row in world.rows("select reason from previews where action = 'ambiguous'")}
    assert "By Title = Title, 2 of left and 1 of right are alike; which are one is not certain." in reasons
    assert world.rows("select id from pairs") == world.rows("select item_id from candidates") == []
    assert world.left.writes == world.right.writes == 0


def test_what_was_shown_is_joined_brought_in_step_and_never_created_again(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(values("both", text="typed left"))
    world.right.person_creates(values("Both", due="2031-01-31"))
    world.left.person_creates(values("alone"))
    join(world, show(world))
    assert laws.pairs(world) == {"1": "1"}
    assert world.left.writes == world.right.writes == 0
    world.settle()
    assert world.right.records["1"].fields["text"] == "typed left"
    assert world.left.records["1"].fields["due"] == "2031-01-31"
    assert len(world.left.records) == len(world.right.records) == 2
    laws.check_quiet(world)


@pytest.mark.parametrize(
    ("wins", "left", "right", "winner"),
    [
        ("fill", "left says", "right says", "held"),
        ("left", "left says", "left says", "left"),
        ("right", "right says", "right says", "right"),
        ("latest", "right says", "right says", "right"),
    ],
)
def test_values_that_differ_go_the_way_that_was_stated_and_are_on_record(
    stage: Stage, wins: str, left: str, right: str, winner: str
) -> None:
    world = stage.world()
    world.left.person_creates(values("both", text="left says"))
    world.right.tick()
    world.right.person_creates(values("both", text="right says"))
    join(world, show(world), wins)
    world.settle()
    assert (world.left.records["1"].fields["text"], world.right.records["1"].fields["text"]) == (left, right)
    clashes = [tuple(row) for row in world.rows("select winner, left_value, right_value from conflicts")]
    assert clashes == [(winner, "left says", "right says")]


def test_what_a_person_stated_needs_no_release_however_many_are_joined(stage: Stage) -> None:
    world = stage.world()
    for number in range(30):
        world.left.person_creates(values(f"item {number}", text="left says"))
        world.right.person_creates(values(f"item {number}", text="right says"))
    join(world, show(world), "left")
    world.settle()
    assert {one.fields["text"] for one in world.right.records.values()} == {"left says"}


def test_comments_and_files_that_are_on_both_sides_are_not_copied(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(values("both"))
    world.right.person_creates(values("both"))
    for app in (world.left, world.right):
        app.person_comments("1", "said on both", private=False)
        app.person_attaches("1", "same.txt", b"content")
    world.left.person_comments("1", "said on the left", private=False)
    join(world, show(world))
    world.settle()
    bodies = [one.body for one in world.right.records["1"].comments]
    assert len(bodies) == 2
    assert "said on the left" in bodies[1]
    assert len(world.left.records["1"].comments) == 2
    assert len(world.left.records["1"].attachments) == len(world.right.records["1"].attachments) == 1


def test_a_field_that_holds_the_others_key_and_a_title_on_a_day(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(values("named otherwise", text="RIGHT-2"))
    world.left.person_creates(values("on that day"))
    world.right.tick(3 * 24 * 3600)
    world.right.person_creates(values("on that day"))
    world.right.person_creates(values("something"))
    assert lines(world, show(world, KEY_IN_TEXT, TITLE_AND_DAY), "join") == [("right", "1", "2")]
    assert lines(world, show(world, KEY_IN_TEXT, TITLE), "join") == [("right", "1", "2"), ("right", "2", "1")]


def test_items_that_have_a_pair_or_got_one_since_are_left_alone(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(values("linked"))
    world.settle()
    world.left.person_creates(values("both"))
    world.right.person_creates(values("both"))
    run = show(world)
    assert lines(world, run, "join") == [("right", "2", "2")]
    world.calm()  # nobody joined them in time: each got a twin of its own
    join(world, run)
    assert "has got a twin meanwhile" in world.history()
    assert len(laws.pairs(world)) == 3
    laws.check_all(world)


def test_an_item_that_was_deleted_since_is_not_joined_and_the_others_are(stage: Stage) -> None:
    world = stage.world()
    for app in (world.left, world.right):
        for title in ("one", "two"):
            app.person_creates(values(title))
    run = show(world)
    world.right.person_deletes("1")
    join(world, run)
    assert laws.pairs(world) == {"2": "2"}
    assert "has no item 1" in world.history()


def test_a_join_that_was_killed_leaves_whole_pairs_and_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.services.sync.match._PAGE", 2)
    world = stage.world()
    for app in (world.left, world.right):
        for number in range(5):
            app.person_creates(values(f"item {number}"))
    run = show(world)
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "match", {"preview": run, "wins": "fill"}, "test")
    world.go_on(pages=1)
    assert len(laws.pairs(world)) == 2
    world._take_over()
    world.go_on()
    assert len(laws.pairs(world)) == 5
    world.settle()
    assert len(world.left.records) == len(world.right.records) == 5
    assert world.rows("select id from run_requests") == world.rows("select item_id from holds") == []


def test_a_rule_that_names_no_field_is_refused_in_words(stage: Stage) -> None:
    world = stage.world()
    with pytest.raises(PutRight, match="left has no field “nope”"):
        show(world, {"parts": [{"left": "nope", "right": "title"}]})


titles = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "x", "y"])), max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(left=titles, right=titles)
def test_the_walk_page_by_page_comes_to_what_the_whole_in_memory_does(
    stage: Stage, left: list[tuple[str, str]], right: list[tuple[str, str]]
) -> None:
    world = stage.world()
    signs: dict[Side, dict[str, list[bytes | None]]] = {Side.LEFT: {}, Side.RIGHT: {}}
    for side, items in ((Side.LEFT, left), (Side.RIGHT, right)):
        for title, text in items:
            made = world.app(side).person_creates(values(title, text=text))
            signs[side][made] = [text.encode() or None, title.encode()]
    run = show(world, {"parts": [{"left": "text", "right": "text"}]}, TITLE)
    expected = matched(signs[Side.LEFT], signs[Side.RIGHT])
    assert lines(world, run, "join") == sorted(("right", mine, theirs) for mine, theirs in expected.joined.items())
    assert {(side, item) for side, item, _ in lines(world, run, "ambiguous")} == {
        (side.other.value, item) for side, item in expected.ambiguous
    }
