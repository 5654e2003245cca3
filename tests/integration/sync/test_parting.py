"""Items that are deleted or leave the scope: what their twins hear of it, and that nothing typed meanwhile is lost."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from server.domain.errors import CredentialsRefused, Transient
from server.domain.item import Side
from server.domain.mapping import Direction
from server.domain.rules import FilterRule, Operator, Parting, PartingRules, ScopeRules, SideFilter
from server.domain.values import Value
from server.services.sync import feed, scan
from server.services.sync.work import Run
from server.store import holds
from server.store.holds import Hold
from tests.property import laws
from tests.property.model import Fate, Killed, ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ("red",)}
ONLY_RED = SideFilter(every=(FilterRule("labels", Operator.IS, ("red",)),))


def begun(stage: Stage, deletions: Parting = Parting.IGNORE, leaving: Parting = Parting.IGNORE) -> tuple[World, str]:
    """A pair in step; only red items of the left belong to the integration."""
    world = stage.world()
    world.document = replace(
        world.document,
        deletions=PartingRules(on_right=deletions),
        scope=ScopeRules(left=ONLY_RED, leaving=PartingRules(on_right=leaving)),
    )
    item = world.left.person_creates(ITEM)
    world.settle()
    return world, item


def state(world: World) -> str:
    [row] = world.rows("select state from pairs where integration_id = :integration")
    return str(row.state)


def test_the_twin_of_a_deleted_item_stays_as_it_is_unless_somebody_decided_otherwise(stage: Stage) -> None:
    world, item = begun(stage)
    world.left.person_deletes(item)
    [twin] = world.right.records
    world.right.person_edits(twin, "title", "typed after the deletion")
    world.calm()
    assert state(world) == "ended"
    assert (world.right.records[twin].fields["title"], world.right.records[twin].comments) == (
        "typed after the deletion",
        [],
    )
    assert "was deleted on left" in world.history()


@pytest.mark.parametrize("policy", [Parting.NOTE, Parting.CLOSE])
def test_the_twin_of_a_deleted_item_hears_of_it_once(stage: Stage, policy: Parting) -> None:
    world, item = begun(stage, deletions=policy)
    world.left.person_deletes(item)
    [twin] = world.right.records.values()
    world.right.person_edits(twin.id, "text", f"edit {world.right.now}")
    world.settle()
    [notice] = twin.comments
    assert f"left-{item} of left was deleted there" in notice.body
    assert notice.private
    assert twin.fields["status"] == ("2" if policy is Parting.CLOSE else "1")
    assert state(world) == "ended"


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(9))
@pytest.mark.parametrize("marks", [True, False])
def test_a_death_at_any_step_of_a_parting_tells_the_twin_once(stage: Stage, step: int, bad: Fate, marks: bool) -> None:  # noqa: FBT001 - a case
    world, item = begun(stage, deletions=Parting.CLOSE)
    world.right.marks_comments = marks
    world.left.person_deletes(item)
    [twin] = world.right.records.values()
    world.right.person_edits(twin.id, "text", f"edit {world.right.now}")
    world.sync([Fate.WELL] * step + [bad])
    world.right.person_edits(twin.id, "text", f"edit {world.right.now}")
    world.settle()
    assert len(twin.comments) == 1
    assert twin.fields["status"] == "2"
    assert state(world) == "ended"


def test_an_item_that_leaves_the_scope_is_not_kept_in_step_until_it_comes_back(stage: Stage) -> None:
    world, item = begun(stage, leaving=Parting.CLOSE)
    world.left.person_edits(item, "labels", ("blau",))
    world.settle()
    [twin] = world.right.records.values()
    assert state(world) == "outside"
    assert "“Labels” is not “red”" in world.history()
    assert "does not belong to the integration any more" in twin.comments[0].body
    assert twin.fields["status"] == "2"
    world.left.person_edits(item, "title", "typed outside")
    world.right.person_edits(twin.id, "text", "typed there meanwhile")
    world.settle()
    assert (twin.fields["title"], world.left.records[item].fields["text"]) == ("an item", "")
    world.left.person_edits(item, "labels", ("red", "blau"))
    world.settle()
    assert state(world) == "linked"
    assert twin.fields["title"] == "typed outside"
    assert twin.fields["status"] == "1"
    assert world.left.records[item].fields["text"] == "typed there meanwhile"
    assert world.left.records[item].comments == []
    laws.check_all(world)


def test_a_twin_that_nothing_would_open_again_is_told_and_not_closed(stage: Stage) -> None:
    world, item = begun(stage, leaving=Parting.CLOSE)
    [type_] = world.document.types
    fields = [replace(one, direction=Direction.TO_LEFT) if one.left == "status" else one for one in type_.fields]
    world.document = replace(world.document, types=(replace(type_, fields=tuple(fields)),))
    [twin] = world.right.records
    world.left.person_edits(item, "labels", ())
    world.settle()
    assert world.right.records[twin].fields["status"] == "1"
    assert [one.own for one in world.right.records[twin].comments] == [True]
    assert "no status that travels there ends work" in world.history()
    world.left.person_edits(item, "labels", ("red",))
    world.settle()
    laws.check_all(world)


def test_leaving_twice_is_told_twice(stage: Stage) -> None:
    world, item = begun(stage, leaving=Parting.NOTE)
    for tags in (("blau",), ("red",), ("blau",)):
        world.left.person_edits(item, "labels", tags)
        world.settle()
    [twin] = world.right.records.values()
    assert len(twin.comments) == 2
    laws.check_quiet(world)


def test_a_new_item_outside_the_scope_gets_no_twin_until_it_belongs(stage: Stage) -> None:
    world, _ = begun(stage)
    late = world.left.person_creates(ITEM | {"title": "late", "labels": ()})
    world.settle()
    assert len(world.right.records) == 1
    assert "“Labels” is not “red”" in world.history()
    world.left.person_edits(late, "labels", ("red",))
    laws.check_all(world)
    assert len(world.right.records) == 2


def test_nothing_counts_as_deleted_while_the_app_refuses_us(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world, item = begun(stage, deletions=Parting.CLOSE)
    world.left.person_deletes(item)
    [twin] = world.right.records.values()
    world.right.person_edits(twin.id, "text", f"edit {world.right.now}")

    def refuse(_self: ModelConnector) -> object:
        raise CredentialsRefused("left does not know us any more.")

    with monkeypatch.context() as patch:
        patch.setattr(ModelConnector, "check", refuse)
        with pytest.raises(CredentialsRefused):
            world.calm()
    assert (state(world), twin.comments) == ("linked", [])
    world.settle()
    assert state(world) == "ended"


def test_both_items_deleted_end_the_pair_in_silence(stage: Stage) -> None:
    world, item = begun(stage, deletions=Parting.CLOSE)
    world.left.person_deletes(item)
    [twin] = list(world.right.records)
    world.right.person_deletes(twin)
    with world.scope.transaction() as tx:
        again = Hold(Side.LEFT, item, "retry", "a person asked for it", delay=timedelta(0))
        holds.put(tx, world.integration, [again])
    world.calm()
    assert state(world) == "ended"


def test_a_type_may_make_twins_without_keeping_them_in_step(stage: Stage) -> None:
    world = stage.world()
    world.document = replace(world.document, types=tuple(replace(one, updates=False) for one in world.document.types))
    item = world.left.person_creates(ITEM)
    world.settle()
    world.left.person_edits(item, "title", "never travels")
    world.settle()
    [twin] = world.right.records.values()
    assert twin.fields["title"] == "an item"
    assert "does not keep them in step after" in world.history()


def test_a_side_may_be_left_alone_while_the_other_is_told(stage: Stage) -> None:
    world, _ = begun(stage, deletions=Parting.NOTE)
    [twin] = list(world.right.records)
    world.right.person_deletes(twin)
    [left] = world.left.records.values()
    world.left.person_edits(left.id, "text", "an edit")
    world.settle()
    assert state(world) == "ended"
    assert left.comments == []
    assert world.document.deletions.on(Side.LEFT) is Parting.IGNORE


def test_a_twin_of_ours_that_nobody_touched_goes_with_its_original(stage: Stage) -> None:
    world, item = begun(stage, deletions=Parting.DELETE)
    world.left.person_creates(ITEM | {"title": "another"})
    world.settle()
    world.left.person_deletes(item)
    found_by_scan(world)
    assert [one.fields["title"] for one in world.right.records.values()] == ["another"]
    assert "is deleted" in world.history()
    assert "an item" in world.history()


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(4, 14))
def test_a_death_around_a_deletion_deletes_once_and_ends_the_pair(stage: Stage, step: int, bad: Fate) -> None:
    world, item = begun(stage, deletions=Parting.DELETE)
    other = world.left.person_creates(ITEM | {"title": "another"})
    world.settle()
    world.left.person_deletes(item)
    world.fates, world.harsh = [Fate.WELL] * step + [bad], True
    with contextlib.suppress(Killed, Transient):
        found_by_scan(world)
    world.harsh = False
    world._take_over()
    found_by_scan(world)
    world.settle()
    states = {row.left_id: row.state for row in world.rows("select left_id, state from pairs")}
    assert states == {item: "ended", other: "linked"}
    assert len(world.right.records) == 1


@pytest.mark.parametrize("touched", ["field", "comment"])
def test_a_twin_that_somebody_touched_is_told_and_not_deleted(stage: Stage, touched: str) -> None:
    world, item = begun(stage, deletions=Parting.DELETE)
    [twin] = world.right.records.values()
    if touched == "field":
        world.right.person_edits(twin.id, "title", "typed here")
    else:
        world.right.person_comments(twin.id, "said here", private=False)
    world.left.person_deletes(item)
    world.settle()
    assert "was deleted there" in twin.comments[-1].body
    assert twin.id in world.right.records
    assert "not deleted" in world.history()


def test_both_items_can_hear_of_a_parting_one_after_the_other(stage: Stage) -> None:
    """The twin hears that its original left the scope; it is deleted then, and the original hears that."""
    world, item = begun(stage, leaving=Parting.NOTE)
    world.document = replace(world.document, deletions=PartingRules(on_left=Parting.NOTE))
    world.left.person_edits(item, "labels", ())
    world.settle()
    [twin] = world.right.records.values()
    world.right.person_deletes(twin.id)
    found_by_scan(world)
    world.settle()
    [told] = world.left.records[item].comments
    assert "was deleted there" in told.body
    rows = world.rows("select left_id, right_id from comment_pairs order by left_id")
    assert [tuple(one) for one in rows] == [(told.id, None), (None, twin.comments[0].id)]


def test_a_twin_whose_type_is_mapped_no_longer_is_not_deleted(stage: Stage) -> None:
    """Of such a pair nobody can say whether the twin was changed, least of all when its creation was in doubt."""
    world = stage.world(right_marks_items=False)
    world.document = replace(
        world.document,
        deletions=PartingRules(on_right=Parting.DELETE),
        scope=ScopeRules(leaving=PartingRules(on_right=Parting.NOTE)),
    )
    item = world.left.person_creates(ITEM)
    world.left.person_creates(ITEM | {"title": "another"})
    world.tick()
    world.persists, calm = False, world.right.fate
    world.right.fate = lambda call: Fate.LOST if call == "right.create" else Fate.WELL
    world.sync()
    world.right.fate = calm
    twin = next(one for one in world.right.records.values() if one.fields["title"] == ITEM["title"])
    world.left.person_retypes(item, "epic")
    world.settle()
    world.right.person_edits(twin.id, "text", "typed here")
    world.left.person_deletes(item)
    found_by_scan(world)
    world.settle()
    assert world.right.records[twin.id].fields["text"] == "typed here"
    assert "not deleted" in world.history()


@pytest.mark.parametrize("what", ["private", "large", "edited"])
def test_a_twin_with_something_that_is_nowhere_else_is_not_deleted(stage: Stage, what: str) -> None:
    """A private comment and a large file that stay where they are, an edit of a comment that nobody has seen yet."""
    world = stage.world(left_private_comments=False)
    world.document = replace(
        world.document,
        deletions=PartingRules(on_right=Parting.DELETE),
        attachments=replace(world.document.attachments, max_bytes=4),
    )
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records.values()
    world.left.person_creates(ITEM | {"title": "another"})
    world.right.person_comments(twin.id, "said here", private=what == "private")
    world.right.person_attaches(twin.id, "here.txt", b"12345" if what == "large" else b"1234")
    world.settle()
    if what == "edited":
        world.right.person_edits_comment(twin.id, twin.comments[0].id, "said better")
    world.left.person_deletes(item)
    found_by_scan(world)
    world.settle()
    assert twin.id in world.right.records
    assert "not deleted" in world.history()


def test_what_a_person_made_is_not_deleted_because_its_copy_was(stage: Stage) -> None:
    world, _ = begun(stage)
    world.document = replace(world.document, deletions=PartingRules(on_left=Parting.DELETE))
    [twin] = list(world.right.records)
    world.right.person_deletes(twin)
    [left] = world.left.records.values()
    world.left.person_edits(left.id, "text", "an edit")
    world.settle()
    assert "was deleted there" in left.comments[-1].body
    assert state(world) == "ended"


def found_by_scan(world: World) -> None:
    """A full scan, which finds deletions that no feed tells."""
    work = replace(world._work(), run=Run("scan"))
    for _ in scan.run(work):
        pass
    feed.finish(work, None)
    for app in (world.left, world.right):
        app.tick()
