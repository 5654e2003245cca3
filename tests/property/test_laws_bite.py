"""The laws are worth something: each of these faults, planted in the product, breaks one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from server.domain.item import CommentDraft, Item, Side
from server.domain.operation import AddComment
from server.engine import comments, copies
from server.services.sync import look, recovery, settle
from server.services.sync.flow import Flow
from server.services.sync.work import Look
from server.store import cursors, journal
from server.store.holds import Hold
from tests.property import laws
from tests.property.model import Fate, ModelApp
from tests.property.world import Stage

Plant = Callable[[pytest.MonkeyPatch], None]


def no_look_up_of_lost_creates(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recovery, "_believe", lambda *_: None)
    patch.setattr(look, "_bind_by_marker", lambda *_: None)


def no_look_up_of_lost_comments(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(comments, "_adopt_lost", lambda *_: None)


def failures_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settle, "hold", lambda one, _error, _pair: Hold(one.side, one.item_id, "skipped", "x", stamp=""))


def the_cursor_moves_before_the_page(patch: pytest.MonkeyPatch) -> None:
    honest = Flow.take

    def early(flow: Flow, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> None:
        if cursor is not None:
            work = flow._work
            with work.scope.transaction() as tx:
                cursors.advance(tx, work.integration, *cursor)
        honest(flow, looks, cursor)

    patch.setattr(Flow, "take", early)


def the_cursor_is_our_own_clock(patch: pytest.MonkeyPatch) -> None:
    honest = Flow.take

    def ours(flow: Flow, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> None:
        honest(flow, looks, (cursor[0], datetime.now(UTC)) if cursor else None)

    patch.setattr(Flow, "take", ours)


def one_snapshot_for_both_sides(patch: pytest.MonkeyPatch) -> None:
    honest = settle.pair_after

    def shared(done: Any, old: Any) -> Any:
        pair = honest(done, old)
        return replace(pair, right=replace(pair.right, snapshot=pair.left.snapshot))

    patch.setattr(settle, "pair_after", shared)


def a_write_that_failed_counts_as_done(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settle, "_not_written", lambda *_: set())


def nothing_is_journaled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(journal, "plan", lambda *_: None)
    patch.setattr(look, "_bind_by_marker", lambda *_: None)


def private_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def post(one: Any, comment: Any, item: Any, side: Side, mapping: Any, drawing: Any) -> None:
        draft = CommentDraft(copies.rendered(comment, item, side, mapping), private=False, marker=one.id)
        drawing.add(side.other, AddComment(comment.id, draft))

    patch.setattr(comments, "_post", post)


def a_second_is_taken_for_an_instant(patch: pytest.MonkeyPatch) -> None:
    honest = ModelApp.item

    def hasty(self: ModelApp, item_id: str) -> Item:
        item = honest(self, item_id)
        return replace(item, stamp=item.updated_at.isoformat())

    patch.setattr(ModelApp, "item", hasty)


PLANTS: tuple[Plant, ...] = (
    no_look_up_of_lost_creates,
    no_look_up_of_lost_comments,
    failures_are_forgotten,
    the_cursor_moves_before_the_page,
    the_cursor_is_our_own_clock,
    one_snapshot_for_both_sides,
    a_write_that_failed_counts_as_done,
    nothing_is_journaled,
    private_is_forgotten,
    a_second_is_taken_for_an_instant,
)


def tell(stage: Stage, step: int, bad: Fate, *, marks: bool) -> None:
    """A short story with one misfortune in its first pass, edits within a second, and the laws at its end."""
    world = stage.world(left_marks_items=marks, right_marks_items=marks, right_trims=True)
    world.left.person_creates({"title": "another", "text": "x", "status": "1", "labels": ()})
    world.left.tick(10)
    item = world.left.person_creates({"title": "first", "text": "a\nb", "status": "2", "labels": ("red",)})
    world.left.person_comments(item, "a secret", private=True)
    world.sync([Fate.WELL] * step + [bad])
    world.left.person_edits(item, "title", "a title that is far too long")
    world.sync([Fate.WELL] * step + [bad])
    world.sync()
    world.calm()
    world.left.person_edits(item, "text", "first of this second")
    world.sync_within_the_second()
    world.left.person_edits(item, "text", "second of this second")
    laws.check_all(world)
    assert world.left.records[item].fields["title"] == "a title that is far too long"
    assert len(world.right.records) == len(world.left.records) == 2


BAD = tuple(one for one in Fate if one is not Fate.WELL)


SOONEST = (Fate.LOST, Fate.REFUSED, Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.BUSY)
"""What most faults show themselves by."""


def tell_all(stage: Stage) -> None:
    """Every story, one after the other; those first that break a law most often, and the late steps of each."""
    for bad in (*SOONEST, *(one for one in BAD if one not in SOONEST)):
        for step in range(17, 1, -1):
            for marks in (True, False):
                tell(stage, step, bad, marks=marks)


@pytest.mark.postgres
@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("bad", BAD)
def test_without_a_fault_the_stories_end_well(stage: Stage, bad: Fate, marks: bool) -> None:  # noqa: FBT001 - a case
    for step in (3, 6, 9):
        tell(stage, step, bad, marks=marks)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_breaks_a_law(plant: Plant, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        tell_all(stage)
