"""A plant for every law: a fault in the product, a short story that meets it, and the law that tells.

``test_laws_bite.py`` has the faults that show only under misfortune at the right step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from server.domain.errors import AppError
from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import ConflictPolicy
from server.domain.pair import Pair, Seen
from server.domain.values import Value
from server.engine import attachments, comments, fields, mapping, reconcile
from server.engine.plan import Draughtsman, snapshot
from server.services.sync import apply, flow, history, look, page, settle
from server.services.sync.apply import Applied
from server.services.sync.work import Look, Work
from server.store import cursors, events, holds, journal, tables
from server.store.holds import Hold
from tests.property import edits, laws
from tests.property.model import Fate
from tests.property.playing import crowded_stage
from tests.property.world import Rules, Stage, World, document
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "a\nb", "status": "1", "labels": ("red",), **more}


def begin(stage: Stage, rules: Rules = document, **quirks: Any) -> tuple[World, str, str]:
    """A pair in step: the world, the left id, the right id."""
    world = stage.world(rules, **quirks)
    item = world.left.person_creates(values("one"))
    world.settle()
    [twin] = world.right.records
    return world, item, twin


def with_fields(**more: Any) -> Rules:
    """A document with something said of every field but the title."""

    def made(left: str, right: str) -> Document:
        plain = document(left, right)
        [type_] = plain.types
        changed = tuple(one if one.left == "title" else replace(one, **more) for one in type_.fields)
        return replace(plain, types=(replace(type_, fields=changed),))

    return made


def both_edit(stage: Stage) -> World:
    world, item, twin = begin(stage, with_fields(conflict=ConflictPolicy.RIGHT))
    world.right.person_edits(twin, "text", "typed right")
    world.tick()
    world.left.person_edits(item, "text", "typed left")
    return world


def two_type_the_same(stage: Stage) -> World:
    """In one field it arrives before one of the two thinks better of it, in the other it does not."""
    world, item, twin = begin(stage, with_fields(conflict=ConflictPolicy.RIGHT))
    for side, one in ((Side.LEFT, item), (Side.RIGHT, twin)):
        world.app(side).person_edits(one, "status", "2")
        world.app(side).person_edits(one, "text", "by two people")
    world.sync()
    for side, one in ((Side.LEFT, item), (Side.RIGHT, twin)):
        world.app(side).person_edits(one, "due", "2031-01-31")
    world.right.person_edits(twin, "text", "on second thought")
    world.right.person_edits(twin, "due", "2026-11-23")
    return world


def both_label(stage: Stage) -> World:
    world, item, twin = begin(stage)
    world.left.person_edits(item, "labels", ("blau", "red"))
    world.right.person_edits(twin, "labels", ("red", "été"))
    return world


def one_is_refused(stage: Stage) -> World:
    world, _, _ = begin(stage, right_refuses=frozenset({"bad"}))
    for title in ("two", "bad", "three"):
        world.left.person_creates(values(title))
    return world


def a_comment_is_refused(stage: Stage) -> World:
    world, item, _ = begin(stage, right_refuses_comments=frozenset({"bad"}))
    world.left.person_comments(item, "bad", private=False)
    return world


def a_comment_is_taken_twice(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_comments(item, "said once", private=False)
    world.sync([Fate.TWICE] * 9)
    return world


def a_file_is_taken_twice(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_attaches(item, "once.txt", b"once")
    world.sync([Fate.TWICE] * 9)
    return world


def long_ago(stage: Stage) -> World:
    world, _, _ = begin(stage, page=2)
    for title in ("two", "three", "four"):
        world.tick(60)
        world.left.person_creates(values(title))
    return world


def only_blanks(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_edits(item, "text", "a\n\nb")
    return world


def a_later_due_day(stage: Stage) -> World:
    world, item, _ = begin(stage, with_fields(create_only=True))
    world.left.person_edits(item, "due", "2031-01-31")
    return world


def a_create_that_the_search_does_not_show(stage: Stage) -> World:
    world = stage.world(lag=3, right_marks_items=False)
    world.left.person_creates(values("one"))
    world.tick(3)
    world.sync([Fate.WELL] * 4 + [Fate.KILLED_AFTER])
    world.sync()
    return world


def somebody_is_faster(stage: Stage) -> World:
    world, item, twin = begin(stage)
    world.right.meanwhile = lambda _item: world.right.person_edits(twin, "due", "2031-01-31")
    world.left.person_edits(item, "text", "typed left")
    world.sync([Fate.WELL] * 5 + [Fate.MEANWHILE])
    return world


def an_app_is_busy(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_edits(item, "text", "typed left")
    world.sync([Fate.WELL, Fate.BUSY])
    return world


def a_comment_that_stays(stage: Stage) -> World:
    world, item, _ = begin(stage, right_private_comments=False)
    world.left.person_comments(item, "a secret", private=True)
    return world


Patch = pytest.MonkeyPatch


def what_a_conflict_overwrites_is_not_recorded(patch: Patch) -> None:
    patch.setattr(events, "add_conflicts", lambda *_: None)


def the_policy_is_always_the_latest(patch: Patch) -> None:
    honest = fields._by_policy

    def latest(one: Any, items: Any, now: Any, merged: Any) -> Side | None:
        return honest(replace(one, rule=replace(one.rule, conflict=ConflictPolicy.LATEST)), items, now, merged)

    patch.setattr(fields, "_by_policy", latest)


def sets_are_one_value(patch: Patch) -> None:
    patch.setattr(fields, "SETS", frozenset())


def a_field_of_the_creation_is_written_later(patch: Patch) -> None:
    honest = fields._merge_field

    def every(type_: Any, pair: Any, left: Any, right: Any, first: Any, sent: Any) -> fields.Merged:
        merged = fields.Merged()
        for one in type_.fields:
            honest(one, pair, left, right, first, sent, merged)
        return merged

    patch.setattr(reconcile, "merge_fields", every)


def a_hold_says_nothing(patch: Patch) -> None:
    honest = settle.hold

    def mute(one: Look, error: Exception, pair: str | None) -> Hold:
        return replace(honest(one, error, pair), reason="", words="")

    patch.setattr(settle, "hold", mute)


def a_refusal_is_not_told(patch: Patch) -> None:
    honest = settle.hold
    patch.setattr(history, "event_of", lambda *_: None)
    patch.setattr(settle, "hold", lambda *all_: replace(honest(*all_), words=""))
    finish = journal.finish
    patch.setattr(journal, "finish", lambda tx, outcomes: finish(tx, [replace(one, error="") for one in outcomes]))


def a_refused_item_stops_its_page(patch: Patch) -> None:
    honest = apply.apply

    def strict(work: Work, plan: Any) -> Applied:
        done = honest(work, plan)
        if done.failure is not None:
            raise done.failure
        return done

    def stopped(honest: Callable[..., None]) -> Callable[..., None]:
        def tried(one: Any, *given: Any) -> None:
            try:
                honest(one, *given)
            except AppError:
                (one if isinstance(one, Work) else one._work).run.cancelled = True

        return tried

    for module in (page, flow):
        patch.setattr(module, "apply", strict)
    patch.setattr(page, "process", stopped(page.process))
    for step in ("take", "land"):
        patch.setattr(flow.Flow, step, stopped(getattr(flow.Flow, step)))


def holds_of_all_integrations_are_cleared(patch: Patch) -> None:
    def clear(tx: Any, _integration: str, items: Sequence[tuple[Side, str]]) -> None:
        for side, item_id in items:
            c = tables.holds.c
            tx.execute(tables.holds.delete().where((c.side == side.value) & (c.item_id == item_id)))

    patch.setattr(holds, "clear", clear)


def second_copies_of_comments_are_news(patch: Patch) -> None:
    patch.setattr(comments, "_is_second_copy", lambda *_: False)


def second_copies_of_files_are_news(patch: Patch) -> None:
    honest = attachments._first_sight
    patch.setattr(attachments, "_first_sight", lambda file, side, _twins, *rest: honest(file, side, set(), *rest))


def the_cursor_never_moves(patch: Patch) -> None:
    patch.setattr(cursors, "advance", lambda *_: None)


def every_item_is_fetched_at_every_pass(patch: Patch) -> None:
    patch.setattr(look, "_known_unchanged", lambda *_: False)


def blanks_do_not_count(patch: Patch) -> None:
    patch.setattr(mapping, "fingerprint", lambda body, _format: " ".join(body.split()))


def absent_is_believed_at_once(patch: Patch) -> None:
    honest = look._believe

    def hasty(*all_: Any) -> str | None:
        try:
            return honest(*all_)
        except look.NotYetKnown:
            return None

    patch.setattr(look, "_believe", hasty)


def a_write_brings_the_whole_item(patch: Patch) -> None:
    honest = settle._seen_after

    def whole(done: Applied, side: Side, old: Pair | None) -> Seen:
        seen, item = honest(done, side, old), done.written.get(side)
        return seen if item is None else replace(seen, snapshot=snapshot(done.plan.type, side, item))

    patch.setattr(settle, "_seen_after", whole)


def an_error_is_a_deletion(patch: Patch) -> None:
    patch.setattr(look, "is_gone", lambda one: one.failure is not None)
    patch.setattr("server.services.sync.decide.Gone", AppError)


def outcomes_are_not_written_down(patch: Patch) -> None:
    patch.setattr(journal, "finish", lambda *_: None)


def a_private_comment_stays_without_a_word(patch: Patch) -> None:
    def mute(drawing: Draughtsman, *_: Any, **__: Any) -> None:
        del drawing

    honest = comments._first_sight
    patch.setattr(Draughtsman, "note", mute)
    patch.setattr(comments, "_first_sight", lambda *all_: replace(honest(*all_), note=""))


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, the story that meets it, the law that it breaks."""

    plant: Callable[[Patch], None]
    story: Callable[[Stage], World]
    law: Callable[..., None]


CASES = (
    Case(what_a_conflict_overwrites_is_not_recorded, both_edit, edits.check_no_lost_edit),
    Case(what_a_conflict_overwrites_is_not_recorded, two_type_the_same, edits.check_no_lost_edit),
    Case(sets_are_one_value, both_label, edits.check_no_lost_label),
    Case(the_policy_is_always_the_latest, both_edit, laws.check_policies),
    Case(a_field_of_the_creation_is_written_later, a_later_due_day, laws.check_policies),
    Case(a_hold_says_nothing, one_is_refused, laws.check_nothing_silent),
    Case(a_refusal_is_not_told, a_comment_is_refused, laws.check_nothing_silent),
    Case(a_private_comment_stays_without_a_word, a_comment_that_stays, laws.check_comments),
    Case(a_refused_item_stops_its_page, one_is_refused, laws.check_one_twin),
    Case(second_copies_of_comments_are_news, a_comment_is_taken_twice, laws.check_comments),
    Case(second_copies_of_files_are_news, a_file_is_taken_twice, laws.check_files),
    Case(the_cursor_never_moves, long_ago, laws.check_quiet),
    Case(every_item_is_fetched_at_every_pass, long_ago, laws.check_quiet),
    Case(blanks_do_not_count, only_blanks, laws.check_mirrors),
    Case(absent_is_believed_at_once, a_create_that_the_search_does_not_show, laws.check_one_twin),
    Case(a_write_brings_the_whole_item, somebody_is_faster, laws.check_mirrors),
    Case(an_error_is_a_deletion, an_app_is_busy, laws.check_parted),
    Case(outcomes_are_not_written_down, both_label, laws.check_settled),
    # The last one: the neighbours are what it harms, and they are the same for all.
    Case(holds_of_all_integrations_are_cleared, long_ago, laws.check_isolation),
)
STORIES: Mapping[str, Callable[[Stage], World]] = {one.story.__name__: one.story for one in CASES}


@pytest.fixture(scope="module")
def crowded(cluster: TestCluster) -> Iterator[Stage]:
    with crowded_stage(cluster) as stage:
        yield stage


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_without_a_fault_the_story_ends_well(story: Callable[[Stage], World], crowded: Stage) -> None:
    laws.check_all(story(crowded))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.plant.__name__}-{case.story.__name__}")
def test_a_planted_fault_breaks_its_law(case: Case, crowded: Stage, monkeypatch: Patch) -> None:
    case.plant(monkeypatch)
    with pytest.raises(AssertionError) as broken:
        laws.check_all(case.story(crowded))
    told = [entry.name for entry in broken.traceback]
    assert case.law.__name__ in told, f"another law told: {told}"
