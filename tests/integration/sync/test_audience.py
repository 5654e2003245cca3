"""Items that their app restricts to some: nothing of them leaves, whatever asks for it, and all of it is on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from server.domain.item import PARENT, Side
from server.domain.mapping import Direction, ValueMapping
from server.domain.rules import AudienceRules, LinkRules, Parting, PartingRules, Restricted
from server.domain.values import Value
from server.store.requests import RequestKind
from tests.property import laws
from tests.property.model import FIELDS, PRIVATE, RELATES, Fate, ModelApp, Record
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ("red",)}
SECRET: dict[str, Value] = ITEM | {"title": "secret title", "text": "secret text", "private": True}
LINKS = LinkRules(Direction.BOTH, Direction.BOTH, (ValueMapping(RELATES, RELATES),))


def world_with(stage: Stage, rules: AudienceRules | None = None, **more: Any) -> World:
    world = stage.world(restricts=True, **more)
    world.document = replace(world.document, audience=rules or AudienceRules(), links=LINKS)
    return world


def alike(stage: Stage, **more: Any) -> World:
    """Restricted items of the left get restricted twins on the right."""
    world = world_with(stage, AudienceRules(left=Restricted.ALIKE), **more)
    world.right.fields = (*FIELDS, PRIVATE)
    return world


def in_step(world: World, item: dict[str, Value] | None = None) -> tuple[str, str]:
    """An item of the left and its twin."""
    mine = world.left.person_creates(item or ITEM)
    before = set(world.right.records)
    world.settle()
    [twin] = set(world.right.records) - before
    return mine, twin


def everything_on(app: ModelApp) -> str:
    """All that the app holds and held, as text."""
    every = [*app.records.values(), *app.deleted.values()]
    return repr([(one.fields, one.comments, one.dropped, one.removed, one.attachments) for one in every])


def state(world: World) -> str:
    [row] = world.rows("select state from pairs where integration_id = :integration")
    return str(row.state)


def say_more(world: World, item: str) -> None:
    """Everything that a person can say of an item, with the word that must not travel."""
    world.left.person_edits(item, "title", "secret title")
    world.left.person_edits(item, "text", "secret text")
    world.left.person_edits(item, "labels", ("secret", "red"))
    world.left.person_comments(item, "secret note", private=False)
    world.left.person_attaches(item, "secret.txt", b"secret")


def test_e07_a_restricted_item_gets_no_twin_and_is_found_by_its_key(stage: Stage) -> None:
    world = world_with(stage)
    item = world.left.person_creates(SECRET)
    world.left.person_comments(item, "secret note", private=False)
    world.left.person_attaches(item, "secret.txt", b"secret")
    world.settle()
    world.scan()
    assert world.right.records == {}
    [held] = world.rows("select kind, item_key, reason from holds where integration_id = :integration")
    assert (held.kind, held.item_key) == ("skipped", f"left-{item}")
    assert held.reason == (
        "left restricts it (private). The integration leaves such items where they are, so nothing of it travels."
    )
    assert "secret" not in world.history()
    laws.check_quiet(world)


@pytest.mark.parametrize("policy", [Parting.IGNORE, Parting.NOTE, Parting.CLOSE])
def test_v8_what_becomes_restricted_stops_at_once_and_goes_on_when_it_is_for_everybody_again(
    stage: Stage, policy: Parting
) -> None:
    world = world_with(stage, AudienceRules(leaving=PartingRules(on_right=policy)))
    item, twin = in_step(world)
    world.left.person_restricts(item, restricted=True)
    say_more(world, item)
    world.right.person_comments(twin, "an answer", private=False)
    world.settle()
    assert state(world) == "outside"
    assert "secret" not in everything_on(world.right)
    assert "secret" not in world.history()
    notices = [one for one in world.right.records[twin].comments if one.own]
    assert [one.body for one in notices] == (
        [] if policy is Parting.IGNORE else ["This is no longer kept in step with left."]
    )
    assert world.right.records[twin].fields["status"] == ("2" if policy is Parting.CLOSE else "1")
    laws.check_quiet(world)
    world.left.person_restricts(item, restricted=False)
    world.settle()
    assert state(world) == "linked"
    there = world.right.records[twin]
    assert (there.fields["title"], there.fields["text"], there.fields["status"]) == ("secret title", "secret text", "1")
    assert any("secret note" in one.body for one in there.comments)
    assert [one.name for one in there.attachments] == ["secret.txt"]
    assert any("an answer" in one.body for one in world.left.records[item].comments)
    laws.check_quiet(world)
    laws.check_all(world)


def test_an_edit_of_the_twin_is_not_carried_to_an_item_that_stays(stage: Stage) -> None:
    world = world_with(stage)
    item, twin = in_step(world)
    world.left.person_restricts(item, restricted=True)
    world.right.person_edits(twin, "title", "typed on the twin first")
    world.settle()
    assert state(world) == "outside"
    assert world.left.records[item].fields["title"] == "an item"


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY])
def test_what_was_planned_before_is_not_taken_up_once_the_item_is_restricted(
    stage: Stage, step: int, bad: Fate
) -> None:
    """A pass is cut off at any call while it carries over; the item is restricted, and says more, before the next."""
    world = world_with(stage)
    item, _ = in_step(world)
    world.left.person_edits(item, "title", "said to everybody")
    world.left.person_comments(item, "said to everybody", private=False)
    fresh = world.left.person_creates(ITEM | {"title": "made for everybody"})
    world.sync([Fate.WELL] * step + [bad])
    for each in (item, fresh):
        world.left.person_restricts(each, restricted=True)
        say_more(world, each)
    world.settle()
    world.scan()
    world.answer("hard resync")
    assert "secret" not in everything_on(world.right)
    assert len(world.right.records) <= 2
    laws.check_quiet(world)


def test_links_and_parents_tell_nothing_of_a_restricted_item(stage: Stage) -> None:
    world = world_with(stage)
    (hushed, hushed_twin), (child, child_twin) = in_step(world), in_step(world)
    never = world.left.person_creates(SECRET)
    world.left.person_restricts(hushed, restricted=True)
    world.left.person_links(child, RELATES, hushed)
    world.left.person_links(child, PARENT, hushed)
    world.left.person_links(child, RELATES, never)
    world.settle()
    there = world.right.records[child_twin]
    assert (there.links, there.parent) == (set(), None)
    assert world.right.records[hushed_twin].links == set()
    assert "it leads to an item that stays where it is" in world.history()
    assert f'"{never}"' not in world.history()
    laws.check_quiet(world)
    world.left.person_restricts(hushed, restricted=False)
    world.settle()
    assert {one.target for one in there.links} == {hushed_twin}
    assert there.parent == hushed_twin
    laws.check_quiet(world)


def test_a_link_to_what_was_restricted_a_moment_ago_is_not_carried_by_what_was_known(stage: Stage) -> None:
    """The feed brings the item that links before the one that became restricted."""
    world = world_with(stage, page=1, moves_for_links=False)
    (hushed, _), (other, other_twin) = in_step(world), in_step(world)
    world.left.person_links(other, RELATES, hushed)
    world.left.person_edits(other, "title", "touched first")
    world.tick()
    world.left.person_restricts(hushed, restricted=True)
    world.settle()
    assert world.right.records[other_twin].links == set()


def test_an_item_that_the_account_sees_no_more_is_neither_deleted_nor_carried(stage: Stage) -> None:
    world = world_with(stage)
    world.document = replace(world.document, deletions=PartingRules(on_right=Parting.DELETE))
    item, twin = in_step(world)
    say_more(world, item)
    world.left.hidden.add(item)
    world.right.person_edits(twin, "text", "typed meanwhile")
    world.settle()
    world.scan()
    assert state(world) == "linked"
    assert twin in world.right.records
    assert "secret" not in everything_on(world.right)
    [held] = world.rows("select kind, reason, due_at from holds where integration_id = :integration")
    assert (held.kind, held.reason, held.due_at is not None) == ("waiting", f"left does not show {item}.", True)
    world.left.hidden.clear()
    world.settle()
    assert world.right.records[twin].fields["title"] == "secret title"
    assert world.left.records[item].fields["text"] == "typed meanwhile" or "secret text" in world.history()
    laws.check_quiet(world)


def test_the_guard_holds_back_no_parting_that_only_stops_what_leaves(stage: Stage) -> None:
    world = world_with(stage)
    world.document = replace(world.document, guard=replace(world.document.guard, partings=1, least=0))
    items = [world.left.person_creates(ITEM | {"title": f"item {number}"}) for number in range(5)]
    world.settle()
    for item in items:
        world.left.person_restricts(item, restricted=True)
        world.left.person_edits(item, "title", "secret")
    world.settle()
    assert not world.stopped
    assert "secret" not in everything_on(world.right)


def test_a_restricted_item_that_is_deleted_is_told_without_its_name(stage: Stage) -> None:
    world = world_with(stage)
    world.document = replace(world.document, deletions=PartingRules(on_right=Parting.NOTE))
    item, twin = in_step(world)
    world.left.person_restricts(item, restricted=True)
    world.settle()
    world.left.person_deletes(item)
    world.right.person_edits(twin, "text", "x")
    world.settle()
    world.scan()
    assert [one.body for one in world.right.records[twin].comments] == ["This is no longer kept in step with left."]


def test_open_carries_a_restricted_item_like_any_other(stage: Stage) -> None:
    world = world_with(stage, AudienceRules(left=Restricted.OPEN))
    item, twin = in_step(world, SECRET)
    world.left.person_comments(item, "a note", private=False)
    world.settle()
    assert world.right.records[twin].fields["title"] == "secret title"
    assert any("a note" in one.body for one in world.right.records[twin].comments)
    laws.check_quiet(world)


def test_a_restricted_item_gets_a_restricted_twin_that_is_hollow_until_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = alike(stage)
    seen: list[tuple[Value, Value]] = []
    plain = ModelApp.add

    def watched(app: ModelApp, values: Mapping[str, Value]) -> Record:
        if app is world.right:
            seen.append((values.get("title"), values.get("private")))
        return plain(app, values)

    monkeypatch.setattr(ModelApp, "add", watched)
    item, twin = in_step(world, SECRET)
    assert seen == [("(restricted)", True)]
    there = world.right.records[twin]
    assert (there.fields["title"], there.fields["text"], there.fields["private"]) == (
        "secret title",
        "secret text",
        True,
    )
    world.left.person_comments(item, "a note", private=False)
    world.right.person_comments(twin, "an answer", private=False)
    world.settle()
    assert any("a note" in one.body for one in there.comments)
    assert any("an answer" in one.body for one in world.left.records[item].comments)
    laws.check_quiet(world)


def test_a_twin_is_restricted_before_anything_that_was_said_in_private_is_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = alike(stage)
    item, twin = in_step(world)
    world.left.person_restricts(item, restricted=True)
    say_more(world, item)
    written: list[tuple[bool, bool]] = []
    plain = ModelApp.store

    def watched(app: ModelApp, values: Mapping[str, Value]) -> dict[str, Value]:
        written.append((bool(app.records[twin].fields.get("private")), "secret" in repr(values)))
        return plain(app, values)

    monkeypatch.setattr(ModelApp, "store", watched)
    world.settle()
    assert written[0] == (False, False)
    assert all(private for private, secret in written if secret)
    there = world.right.records[twin]
    assert (there.fields["private"], there.fields["title"]) == (True, "secret title")
    assert state(world) == "linked"
    laws.check_quiet(world)
    world.left.person_restricts(item, restricted=False)
    world.left.person_edits(item, "title", "for everybody")
    world.settle()
    assert there.fields["private"], "a twin is never opened by us"
    assert state(world) == "outside"


@pytest.mark.parametrize("made", [True, False])
def test_an_app_that_leaves_a_twin_public_is_told_nothing(stage: Stage, made: bool) -> None:  # noqa: FBT001 - a case
    world = alike(stage, right_keeps_public=True)
    if made:
        item, _ = in_step(world)
        world.left.person_restricts(item, restricted=True)
        say_more(world, item)
    else:
        item = world.left.person_creates(SECRET)
    for _ in range(3):
        world.tick()
        world.be_patient()
        world.sync()
    assert "secret" not in everything_on(world.right)
    assert len(world.right.records) == 1
    [held] = world.rows("select kind, reason from holds where integration_id = :integration")
    assert held.kind == "quarantine"
    assert "did not restrict" in held.reason
    world.right.keeps_public = False
    world.left.person_edits(item, "text", "secret text, once more")
    world.settle()
    assert "secret text, once more" in everything_on(world.right)
    assert all(one.fields["private"] for one in world.right.records.values())
    laws.check_quiet(world)


@pytest.mark.parametrize("step", range(10))
@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("marks", [True, False])
def test_a_restricted_twin_is_made_once_whatever_cuts_it_off(
    stage: Stage,
    step: int,
    bad: Fate,
    marks: bool,  # noqa: FBT001 - a case
) -> None:
    world = alike(stage, right_marks_items=marks)
    world.left.person_creates(SECRET)
    world.sync([Fate.WELL] * step + [bad])
    world.settle()
    [twin] = world.right.records.values()
    assert (twin.fields["title"], twin.fields["private"]) == ("secret title", True)
    laws.check_quiet(world)


@pytest.mark.parametrize("side", list(Side))
def test_a_match_does_not_look_at_restricted_items(stage: Stage, side: Side) -> None:
    world = world_with(stage)
    world.app(side).person_creates(SECRET)
    world.app(side.other).person_creates(ITEM | {"title": "secret title"})
    world.document = replace(world.document, creates=Direction.TO_RIGHT if side is Side.LEFT else Direction.TO_LEFT)
    world.ask("dry run")
    run = world.go_on()
    [row] = world.rows(f"select counts from runs where id = '{run}'")  # noqa: S608 - our own id
    assert row.counts.get("restricted") == 1


def test_an_undo_takes_away_what_was_put_there_and_writes_nothing_of_a_restricted_item(stage: Stage) -> None:
    world = world_with(stage)
    item, twin = in_step(world)
    world.left.person_edits(item, "title", "for everybody")
    world.left.person_comments(item, "for everybody", private=False)
    world.settle()
    run = str(
        world.rows(
            "select run_id from operations where kind = 'add_comment' and pair_id in"
            " (select id from pairs where integration_id = :integration)"
        )[0].run_id
    )
    world.left.person_restricts(item, restricted=True)
    say_more(world, item)
    world.settle()
    world.answer("undo", {"run": run})
    there = world.right.records[twin]
    assert there.comments == []
    assert there.fields["title"] == "for everybody"
    assert "one of the two is restricted now" in world.history()
    assert "secret" not in everything_on(world.right)


@pytest.mark.parametrize("kind", ["resync", "hard resync", "reconcile", "scan"])
def test_no_run_that_a_person_asks_for_carries_a_restricted_item(stage: Stage, kind: RequestKind) -> None:
    world = world_with(stage)
    item, _ = in_step(world)
    never = world.left.person_creates(SECRET)
    world.left.person_restricts(item, restricted=True)
    say_more(world, item)
    if kind == "scan":
        world.scan()
    else:
        world.answer(kind, {"items": [{"side": "left", "item_id": one} for one in (item, never)]})
    assert "secret" not in everything_on(world.right)
    assert len(world.right.records) == 1


def test_a_migration_leaves_a_restricted_item_behind(stage: Stage) -> None:
    world = world_with(stage)
    world.document = replace(world.document, migration=Direction.TO_RIGHT)
    world.left.person_creates(SECRET)
    world.left.person_creates(ITEM)
    world.settle()
    assert [one.fields["title"] for one in world.right.records.values()] == ["an item"]


def test_a_private_note_of_a_restricted_item_stays_private_where_the_item_is_carried_openly(stage: Stage) -> None:
    world = world_with(stage, AudienceRules(left=Restricted.OPEN))
    item, twin = in_step(world, SECRET)
    world.left.person_comments(item, "for staff", private=True)
    world.left.person_comments(item, "for all who see it", private=False)
    world.settle()
    said = {one.private for one in world.right.records[twin].comments if "for staff" in one.body}
    assert said == {True}


def test_a_dry_run_counts_and_names_what_stays_and_what_would_be_opened_and_quotes_neither(stage: Stage) -> None:
    world = world_with(stage, AudienceRules(right=Restricted.OPEN))
    stays = world.left.person_creates(SECRET)
    opens = world.right.person_creates(SECRET | {"text": "secret, too"})
    world.ask("dry run")
    run = world.go_on()
    [row] = world.rows(f"select counts from runs where id = '{run}'")  # noqa: S608 - our own id
    assert (row.counts["restricted"], row.counts["opened"]) == (1, 1)
    lines = world.rows(f"select action, item_key, before, after, reason from previews where run_id = '{run}'")  # noqa: S608 - our own id
    assert {(one.action, one.item_key) for one in lines if one.action in ("restricted", "opened")} == {
        ("restricted", f"left-{stays}"),
        ("opened", f"right-{opens}"),
    }
    assert "secret" not in repr(lines)
