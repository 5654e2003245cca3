"""What an app refuses for one field is left out and said; the item goes, and nothing is written again without need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.integration import Document
from server.domain.item import PARENT, Draft, Item, Side
from server.domain.mapping import ConflictPolicy, Direction
from server.domain.rules import LinkRules, Parting, PartingRules
from server.domain.values import Value
from server.services.sync import left_out
from server.store import holds
from tests.property import laws
from tests.property.creations import check_creations
from tests.property.model import BLOCKS, Fate, ModelConnector
from tests.property.stories import values, with_fields
from tests.property.world import Stage, World, document

pytestmark = pytest.mark.postgres
BAD = "2031-01-31"
ITEM = values("one", due=BAD)
REFUSES = frozenset({("due", BAD), ("labels", "unknown")})


def begin(stage: Stage, item: dict[str, Value], **quirks: Any) -> tuple[World, str]:
    world = stage.world(right_refuses_values=REFUSES, **quirks)
    made = world.left.person_creates(item)
    world.sync(seconds=2)
    return world, made


def twin(world: World) -> Any:
    [record] = world.right.records.values()
    return record


def held(world: World) -> list[Any]:
    return world.rows("select side, item_key, kind, reason, words, attempts from holds order by item_key")


def asked(world: World) -> int:
    return len(world.right.refusals)


@pytest.mark.parametrize("names", [True, False])
def test_a_new_item_goes_without_the_field_that_is_refused(stage: Stage, names: bool) -> None:  # noqa: FBT001 - a case
    world, item = begin(stage, ITEM, right_names_fields=names)
    assert twin(world).fields["title"] == "one"
    assert twin(world).fields["labels"] == ("red",)
    assert not twin(world).fields.get("due")
    [hold] = held(world)
    assert (hold.side, hold.item_key, hold.kind) == ("left", "left-1", "quarantine")
    assert hold.reason == "right refuses “Due”; that is left out, and the rest goes on."
    assert "invalid" in hold.words
    assert "not taken" in world.history()
    check_creations(world)
    before = asked(world)
    for number in range(4):
        world.left.person_comments(item, f"said {number}", private=False)
        world.sync(seconds=2)
    assert asked(world) == before
    assert len(twin(world).comments) == 4
    assert [one.attempts for one in held(world)] == [1]


@pytest.mark.parametrize("names", [True, False])
def test_a_new_item_goes_without_a_description_that_is_refused(stage: Stage, names: bool) -> None:  # noqa: FBT001 - a case
    world = stage.world(right_refuses_values=frozenset({("text", "bad")}), right_names_fields=names)
    item = world.left.person_creates(values("one", text="bad", due=BAD))
    world.sync(seconds=2)
    assert [twin(world).fields.get(name) for name in ("title", "text", "due")] == ["one", None, BAD]
    [hold] = held(world)
    assert hold.reason == "right refuses “Text”; that is left out, and the rest goes on."
    before = asked(world)
    world.left.person_comments(item, "said", private=False)
    world.sync(seconds=2)
    assert asked(world) == before
    check_creations(world)
    laws.check_all(world)
    world.left.person_edits(item, "text", "good")
    world.sync(seconds=2)
    assert twin(world).fields["text"] == "good"
    laws.check_all(world)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("fate", [Fate.LOST, Fate.KILLED_AFTER])
def test_a_twin_without_its_refused_description_is_found_again(
    stage: Stage,
    names: bool,  # noqa: FBT001 - a case
    marks: bool,  # noqa: FBT001 - a case
    fate: Fate,
) -> None:
    """Where the app holds no correlation id it is known by what it says, and that is less than what was to be sent."""
    refused = frozenset({("text", "bad")})
    world = stage.world(right_refuses_values=refused, right_names_fields=names, right_marks_items=marks)
    world.left.person_creates(values("one", text="bad"))
    made = ModelConnector.create
    fates: list[Fate] = []

    def fateful(self: ModelConnector, draft: Draft) -> Item:
        world.fates, world.harsh = ([fate], True) if "text" not in draft.fields and not fates else ([], False)
        fates.extend(world.fates)
        return made(self, draft)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelConnector, "create", fateful)
        world.sync([Fate.WELL], seconds=2)
    assert fates == [fate]
    world.settle()
    assert twin(world).fields["title"] == "one"
    [record] = world.left.records.values()
    assert record.fields["text"] == "bad"
    check_creations(world)
    laws.check_all(world)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("touches", [True, False])
def test_an_edit_goes_without_the_field_that_is_refused(stage: Stage, names: bool, touches: bool) -> None:  # noqa: FBT001 - a case
    world, item = begin(stage, values("one"), right_names_fields=names, right_refusing_touches=touches)
    for name, value in (("title", "two"), ("text", "news"), ("status", "2"), ("due", BAD), ("labels", ("blau",))):
        world.left.person_edits(item, name, value)
    world.sync(seconds=2)
    assert [twin(world).fields.get(name) for name in ("title", "text", "status", "labels")] == [
        "two",
        "news",
        "2",
        ("blau",),
    ]
    assert not twin(world).fields.get("due")
    assert [one.kind for one in held(world)] == ["quarantine"]
    assert asked(world) <= 12
    before = asked(world)
    for _ in range(3):
        world.sync(seconds=2)
    world.sync(trigger="scan")
    assert asked(world) == before
    world.left.person_edits(item, "due", "2026-12-24")
    world.sync(seconds=2)
    assert twin(world).fields["due"] == "2026-12-24"
    assert held(world) == []
    laws.check_all(world)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("new", [True, False])
def test_of_several_labels_only_the_unknown_one_stays(stage: Stage, names: bool, new: bool) -> None:  # noqa: FBT001 - a case
    tags = ("blau", "red", "unknown", "x")
    world, item = begin(stage, values("one") | ({"labels": tags} if new else {}), right_names_fields=names)
    if not new:
        world.left.person_edits(item, "labels", tags)
        world.sync(seconds=2)
    assert twin(world).fields["labels"] == ("blau", "red", "x")
    [hold] = held(world)
    assert "“unknown” of “Labels”" in hold.reason
    before = asked(world)
    world.left.person_edits(item, "labels", ("blau", "unknown", "y"))
    world.right.person_edits(twin(world).id, "labels", ("blau", "red", "typed right", "x"))
    world.sync(seconds=2)
    world.sync(seconds=2)
    assert asked(world) == before
    assert twin(world).fields["labels"] == ("blau", "typed right", "y")
    assert world.left.records[item].fields["labels"] == ("blau", "typed right", "unknown", "y")
    world.right.refuses_values = frozenset()
    world.be_patient()
    world.sync(seconds=2)
    assert twin(world).fields["labels"] == ("blau", "typed right", "unknown", "y")
    assert held(world) == []
    laws.check_all(world)


def test_it_is_tried_again_when_what_stands_beside_it_changes(stage: Stage) -> None:
    world, _ = begin(stage, ITEM)
    world.right.refuses_values = frozenset()
    world.sync(seconds=2)
    assert not twin(world).fields.get("due")
    world.right.person_comments(twin(world).id, "no matter", private=False)
    world.right.person_edits(twin(world).id, "text", "no matter either")
    world.sync(seconds=2)
    assert not twin(world).fields.get("due")
    world.right.person_edits(twin(world).id, "status", "2")
    world.sync(seconds=2)
    assert twin(world).fields["due"] == BAD
    assert held(world) == []


def test_it_is_tried_again_when_the_mapping_changes_or_a_person_asks(stage: Stage) -> None:
    world, _ = begin(stage, ITEM)
    before = asked(world)
    with world.scope.database.tenant(world.scope.login) as tx:
        holds.due_anew(tx, world.integration)
    world.sync(seconds=2)
    assert asked(world) > before
    assert [one.kind for one in held(world)] == ["quarantine"]
    world.right.refuses_values = frozenset()
    with world.scope.database.tenant(world.scope.login) as tx:
        holds.release(tx, world.integration)
    world.sync(seconds=2)
    assert twin(world).fields["due"] == BAD


def test_it_is_tried_again_when_the_app_has_other_options(stage: Stage) -> None:
    world, _ = begin(stage, ITEM)
    before = asked(world)
    left_out.try_anew(world._work())
    world.sync(seconds=2)
    assert asked(world) == before
    world.right.fields = tuple(replace(one, max_length=99) if one.id == "due" else one for one in world.right.fields)
    left_out.try_anew(world._work())
    world.sync(seconds=2)
    assert asked(world) > before
    before = asked(world)
    world.sync(seconds=2)
    assert asked(world) == before


@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_an_edit_on_the_other_side_never_gives_way_silently(stage: Stage, policy: ConflictPolicy) -> None:
    rules = with_fields(conflict=policy)
    world = stage.world(rules, right_refuses_values=REFUSES)
    item = world.left.person_creates(ITEM)
    world.sync(seconds=2)
    world.right.person_edits(twin(world).id, "due", "2026-12-24")
    world.sync(seconds=2)
    shown = world.left.records[item].fields["due"], twin(world).fields["due"]
    assert twin(world).fields["due"] == "2026-12-24"
    assert shown[0] == (BAD if policy in (ConflictPolicy.LEFT, ConflictPolicy.HOLD) else "2026-12-24")
    told = world.rows("select left_value, right_value from conflicts")
    assert [tuple(one) for one in told] == [(BAD, "2026-12-24")]


def test_a_field_that_no_item_can_be_without_keeps_it_back_with_the_apps_words(stage: Stage) -> None:
    world = stage.world(right_refuses_values=frozenset({("title", "one")}))
    item = world.left.person_creates(ITEM)
    world.sync(seconds=2)
    assert world.right.records == {}
    before = asked(world)
    assert before <= 4
    world.left.person_comments(item, "said", private=False)
    world.sync(seconds=2)
    assert asked(world) == before
    assert [one.kind for one in held(world)] == ["quarantine"]
    world.left.person_edits(item, "title", "two")
    world.sync(seconds=2)
    assert twin(world).fields["title"] == "two"
    check_creations(world)


@pytest.mark.parametrize("trigger", ["poll", "scan", "webhook"])
def test_a_closing_that_is_refused_is_not_tried_without_end(stage: Stage, trigger: str) -> None:
    """V5: our own attempt moves the item's time of change, and that is no change that anything depends on."""
    world = stage.world(right_refusing_touches=True, right_refuses_values=frozenset({("status", "2")}))
    world.document = replace(world.document, deletions=PartingRules(Parting.CLOSE, Parting.CLOSE))
    item = world.left.person_creates(values("parent"))
    world.sync(seconds=2)
    world.left.person_deletes(item)
    world.right.person_comments(twin(world).id, "said since", private=False)
    world.sync(seconds=2)
    before, moved = asked(world), twin(world).updated
    assert before >= 1
    assert sum("no longer kept in step" in one.body for one in twin(world).comments) == 1
    for _ in range(6):
        world.sync(seconds=2, trigger=trigger)
    world.right.person_comments(twin(world).id, "said again", private=False)
    for _ in range(6):
        world.sync(seconds=2, trigger=trigger)
    assert asked(world) == before
    assert sum("no longer kept in step" in one.body for one in twin(world).comments) == 1
    assert twin(world).updated > moved
    [hold] = held(world)
    assert (hold.side, hold.kind) == ("right", "quarantine")
    assert "“Status”" in hold.reason
    world.right.refuses_values = frozenset()
    world.right.person_edits(twin(world).id, "due", "2026-12-24")  # something beside it is otherwise
    world.sync(seconds=2)
    assert twin(world).fields["status"] == "2"
    assert held(world) == []


def test_a_comment_that_is_refused_is_not_sent_again_with_the_next_one(stage: Stage) -> None:
    world = stage.world(right_refuses_comments=frozenset({"bad"}))
    item = world.left.person_creates(values("one"))
    world.sync(seconds=2)
    world.left.person_comments(item, "bad", private=False)
    world.sync(seconds=2)
    assert asked(world) == 1
    for body in ("good", "better"):
        world.left.person_comments(item, body, private=False)
        world.sync(seconds=2)
    assert asked(world) == 1
    assert len(twin(world).comments) == 2
    assert [one.kind for one in held(world)] == ["quarantine"]
    said = world.left.records[item].comments[0]
    world.left.person_edits_comment(item, said.id, "well said")
    world.sync(seconds=2)
    assert len(twin(world).comments) == 3
    assert held(world) == []
    laws.check_all(world)


def test_a_link_and_a_file_that_are_refused_are_not_sent_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world = stage.world()
    tried: list[str] = []

    def refuse(self: ModelConnector, *_given: object) -> str:
        tried.append(self.app.name)
        raise self.app.refusal(f"{self.app.name} takes none.", "none is taken")

    monkeypatch.setattr(ModelConnector, "add_attachment", refuse)
    item, other = (world.left.person_creates(values(title)) for title in ("one", "two"))
    world.sync(seconds=2)
    world.left.person_attaches(item, "file.txt", b"content")
    world.sync(seconds=2)
    assert len(tried) == 1
    for number in range(3):
        world.left.person_edits(item, "title", f"title {number}")
        world.left.person_links(item, BLOCKS, other)
        world.sync(seconds=2)
    assert len(tried) == 1
    assert "the file “file.txt”" in held(world)[0].reason
    assert {one.fields["title"] for one in world.right.records.values()} == {"title 2", "two"}


def test_a_person_who_toggles_a_value_is_no_loop(stage: Stage) -> None:
    world, item = begin(stage, values("one"))
    for number in range(30):
        world.left.person_edits(item, "status", ("2", "1")[number % 2])
        world.sync(seconds=2)
    world.left.person_edits(item, "title", "two")
    world.left.person_comments(item, "said", private=False)
    world.sync(seconds=2)
    assert held(world) == []
    assert (twin(world).fields["title"], len(twin(world).comments)) == ("two", 1)


def test_of_two_sides_that_undo_each_other_one_field_is_stopped_and_the_rest_goes_on(stage: Stage) -> None:
    world, item = begin(stage, values("one"))
    for _ in range(8):
        world.left.person_edits(item, "title", "left says so")
        world.sync(seconds=2)
        world.right.person_edits(twin(world).id, "title", "right says so")
        world.sync(seconds=2)
    [hold] = held(world)
    assert "“Title” goes back and forth" in hold.reason
    [due] = world.rows("select extract(epoch from due_at - now()) as seconds from holds")
    assert 0 < due.seconds <= 3600
    world.left.person_edits(item, "text", "the rest goes on")
    world.left.person_comments(item, "and talk does", private=False)
    world.sync(seconds=2)
    assert (twin(world).fields["text"], len(twin(world).comments)) == ("the rest goes on", 1)
    assert [one.kind for one in held(world)] == ["quarantine"]


def test_what_somebody_fills_in_while_a_new_twin_is_completed_travels(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stage.world(right_refuses_values=frozenset({("text", "bad")}), right_names_fields=False)
    honest = ModelConnector.update

    def watched(self: ModelConnector, item_id: str, changed: Any) -> Item:
        if not self.app.records[item_id].typed:
            self.app.person_edits(item_id, "due", "2026-12-24")
        return honest(self, item_id, changed)

    monkeypatch.setattr(ModelConnector, "update", watched)
    item = world.left.person_creates(values("one", text="bad"))
    world.sync(seconds=2)
    world.sync(seconds=2)
    assert world.left.records[item].fields.get("due") == twin(world).fields["due"] == "2026-12-24"
    laws.check_all(world)


def test_labels_that_somebody_puts_on_a_new_twin_at_once_travel(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world = stage.world()
    honest = ModelConnector._make

    def watched(self: ModelConnector, draft: Any, made: list[str]) -> str:
        item = honest(self, draft, made)
        self.app.person_edits(item, "labels", ("mine", "red", "yours"))
        return item

    monkeypatch.setattr(ModelConnector, "_make", watched)
    item = world.left.person_creates(values("one"))
    world.sync(seconds=2)
    world.sync(seconds=2)
    assert world.left.records[item].fields["labels"] == twin(world).fields["labels"] == ("mine", "red", "yours")
    laws.check_all(world)


def test_a_plain_document_has_nothing_to_refuse(stage: Stage) -> None:
    world = stage.world(document)
    for side in Side:
        world.app(side).person_creates(values(f"of {side}"))
    laws.check_all(world)
    assert world.rows("select 1 from pairs where refused is not null") == []


def test_a_set_that_its_own_app_refuses_already_stays_as_it_is_and_is_told(stage: Stage) -> None:
    """A label that the app lets nobody write any more: without it the rest could go, but somebody put it there."""
    world, item = begin(stage, values("one"))
    world.right.person_edits(twin(world).id, "labels", ("red", "unknown"))
    world.sync(seconds=2)
    world.left.person_edits(item, "labels", ("blau", "red", "unknown"))
    world.sync(seconds=2)
    assert twin(world).fields["labels"] == ("red", "unknown")
    assert world.left.records[item].fields["labels"] == ("blau", "red", "unknown")
    [hold] = held(world)
    assert "“blau” of “Labels”" in hold.reason
    before, written = asked(world), world.right.writes
    for number in range(3):
        world.left.person_comments(item, f"said {number}", private=False)
        world.sync(seconds=2)
    assert (asked(world), world.right.writes) == (before, written + 3)
    laws.check_all(world)
    world.right.person_edits(twin(world).id, "labels", ("red",))
    world.sync(seconds=2)
    world.sync(seconds=2)
    assert twin(world).fields["labels"] == ("blau", "red")
    laws.check_all(world)


@pytest.mark.parametrize("last", ["on the other side", "beside it", "deleted"])
def test_a_refused_closing_goes_by_itself_once_what_kept_it_open_is_closed(stage: Stage, last: str) -> None:
    def with_parents(left: str, right: str) -> Document:
        return replace(document(left, right), links=LinkRules(parents=Direction.BOTH))

    world = stage.world(with_parents, right_blocks_closing=True, right_marks_items=True)
    above, below = (world.left.person_creates(values(name)) for name in ("above", "below"))
    world.left.person_links(below, PARENT, above)
    world.settle()
    twins = {one.fields["title"]: one for one in world.right.records.values()}
    assert twins["below"].parent == twins["above"].id
    world.left.person_edits(above, "status", "2")
    world.sync(seconds=2)
    assert (twins["above"].fields["status"], len(world.right.refusals)) == ("1", 1)
    world.left.person_comments(below, "not yet", private=False)
    for _ in range(3):
        world.sync(seconds=2)
    assert len(world.right.refusals) == 1, "nothing has changed that it depends on"
    if last == "on the other side":
        world.left.person_edits(below, "status", "2")
    elif last == "beside it":
        world.right.person_edits(twins["below"].id, "status", "2")
    else:
        world.document = replace(world.document, deletions=PartingRules(Parting.IGNORE, Parting.IGNORE))
        world.right.person_deletes(twins["below"].id)
        world.scan()
    for _ in range(3):
        world.sync(seconds=2)
    assert twins["above"].fields["status"] == "2"
    assert held(world) == []
    assert len(world.right.refusals) == 1
