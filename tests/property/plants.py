"""Faults in the product, to be planted so that a law breaks; they must not know which story meets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from server.domain.errors import AppError, Transient
from server.domain.item import Item, Side
from server.domain.mapping import ConflictPolicy
from server.domain.pair import CommentPair, Pair, PairState, Seen
from server.domain.rules import Parting
from server.engine import (
    attachments,
    comments,
    displaced,
    fields,
    filters,
    links,
    mapping,
    parting,
    reconcile,
    refusals,
)
from server.engine.parting import Reason
from server.engine.plan import Draughtsman, compared, seen, snapshot
from server.services.sync import apply, caution, decide, flow, history, left_out, look, page, recovery, settle
from server.services.sync.carried import Applied
from server.services.sync.work import Look, Work
from server.store import cursors, events, holds, journal, scans, tables
from server.store.holds import Hold
from tests.property.model import ModelConnector

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
    _mute_what_is_left_out(patch)


def _mute_what_is_left_out(patch: Patch) -> None:
    honest = left_out.holds_of
    patch.setattr(left_out, "holds_of", lambda *all_: [replace(one, reason="", words="") for one in honest(*all_)])


def a_refusal_is_not_told(patch: Patch) -> None:
    honest = settle.hold
    patch.setattr(history, "events_of", lambda *_: [])
    patch.setattr(settle, "hold", lambda *all_: replace(honest(*all_), words=""))
    _mute_what_is_left_out(patch)
    finish = journal.finish
    patch.setattr(journal, "finish", lambda tx, outcomes: finish(tx, [replace(one, error="") for one in outcomes]))


def a_refused_item_stops_its_page(patch: Patch) -> None:
    honest = apply.apply

    def strict(work: Work, plan: Any, read: float) -> Applied:
        done = honest(work, plan, read)
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

    def first_sight(file: Any, item: Any, side: Side, _twins: Any, *rest: Any) -> Any:
        return honest(file, item, side, set(), *rest)

    patch.setattr(attachments, "_first_sight", first_sight)


def a_twin_that_was_found_again_is_no_creation(patch: Patch) -> None:
    patch.setattr(history, "made", lambda _old, _pair, done: history.Made.NOW if done.created is not None else None)


def what_is_left_out_is_not_said(patch: Patch) -> None:
    patch.setattr(left_out, "holds_of", lambda *_: [])


def a_refusal_is_forgotten(patch: Patch) -> None:
    patch.setattr(left_out, "withhold", lambda _work, _look, plan: plan)


def what_an_app_works_out_is_an_edit(patch: Patch) -> None:
    patch.setattr(fields, "is_untyped", lambda *_: False)


def what_an_app_works_out_is_written(patch: Patch) -> None:
    patch.setattr(refusals, "_own_values", lambda *_: [])
    patch.setattr(left_out, "still_so", lambda *_: False)
    patch.setattr(refusals, "holds_still", lambda *_: False)


def what_was_opened_for_us_is_not_noticed(patch: Patch) -> None:
    patch.setattr(displaced, "_moved_for", lambda *_: ())


def what_is_not_put_back_is_forgotten(patch: Patch) -> None:
    patch.setattr(settle, "_displaced_still", lambda _done: ())
    forgetful = "server.services.sync.page.compared"
    patch.setattr(forgetful, lambda plan, old: replace(compared(plan, old), displaced=()))


def the_cursor_never_moves(patch: Patch) -> None:
    patch.setattr(cursors, "advance", lambda *_: None)


def every_item_is_fetched_at_every_pass(patch: Patch) -> None:
    patch.setattr(look, "_known_unchanged", lambda *_: False)


def blanks_do_not_count(patch: Patch) -> None:
    patch.setattr(mapping, "fingerprint", lambda body, _format: " ".join(body.split()))


def absent_is_believed_at_once(patch: Patch) -> None:
    honest = recovery._believe

    def hasty(*all_: Any) -> str | None:
        try:
            return honest(*all_)
        except recovery.NotYetKnown:
            return None

    patch.setattr(recovery, "_believe", hasty)


def a_write_brings_the_whole_item(patch: Patch) -> None:
    honest = settle._seen_after

    def whole(done: Applied, side: Side, old: Pair | None) -> Seen:
        seen, item = honest(done, side, old), done.written.get(side)
        return seen if item is None else replace(seen, snapshot=snapshot(done.plan.type, side, item))

    patch.setattr(settle, "_seen_after", whole)


def an_error_is_a_deletion(patch: Patch) -> None:
    patch.setattr(Look, "is_gone", property(lambda one: one.failure is not None))
    patch.setattr("server.services.sync.decide.Gone", AppError)
    patch.setattr(AppError, "into", "", raising=False)


def outcomes_are_not_written_down(patch: Patch) -> None:
    patch.setattr(journal, "finish", lambda *_: None)


def a_private_comment_stays_without_a_word(patch: Patch) -> None:
    def mute(drawing: Draughtsman, *_: Any, **__: Any) -> None:
        del drawing

    honest = comments._first_sight
    patch.setattr(Draughtsman, "note", mute)
    patch.setattr(comments, "_first_sight", lambda *all_: replace(honest(*all_), note=""))


def a_part_of_a_list_is_believed_to_be_all(patch: Patch) -> None:
    honest = ModelConnector.fetch

    def hasty(self: ModelConnector, item_id: str) -> Item:
        try:
            return honest(self, item_id)
        except Transient:
            return replace(self.app.item(item_id), comments=(), attachments=())

    patch.setattr(ModelConnector, "fetch", hasty)


def every_deletion_travels(patch: Patch) -> None:
    honest = comments._look_for_deleted

    def careless(pairs: Any, item: Any, twin: Any, side: Side, mapping: Any, drawing: Any) -> None:
        rules = replace(mapping.document.comments, deletions=True)
        honest(pairs, item, twin, side, replace(mapping, document=replace(mapping.document, comments=rules)), drawing)

    patch.setattr(comments, "_look_for_deleted", careless)


def no_deletion_travels(patch: Patch) -> None:
    patch.setattr(attachments, "_look_for_deleted", lambda *_: None)


def whoever_deletes_takes_both(patch: Patch) -> None:
    honest = comments._look_for_deleted

    def equal(pairs: dict[str, CommentPair], item: Any, twin: Any, side: Side, *rest: Any) -> None:
        turned = {name: replace(one, origin=side) for name, one in pairs.items()}
        honest(turned, item, twin, side, *rest)
        for name, one in pairs.items():
            pairs[name] = replace(turned[name], origin=one.origin)

    patch.setattr(comments, "_look_for_deleted", equal)


def a_deletion_is_not_told(patch: Patch) -> None:
    honest = comments._look_for_deleted

    def mute(pairs: dict[str, CommentPair], *rest: Any) -> None:
        before = dict(pairs)
        honest(pairs, *rest)
        pairs.update({name: replace(one, note=before[name].note) for name, one in pairs.items()})

    patch.setattr(comments, "_look_for_deleted", mute)


def whatever_hangs_on_a_twin_goes_with_it(patch: Patch) -> None:
    honest = parting._kept
    said = "somebody has added a comment or a file to it"
    patch.setattr(parting, "_kept", lambda *all_: honest(*all_).replace(said, ""))


def what_people_made_is_deleted(patch: Patch) -> None:
    patch.setattr(parting, "_kept", lambda *_: "")


def nobody_guards(patch: Patch) -> None:
    patch.setattr(caution, "too_much", lambda *_: "")


def a_twin_stays_without_a_word(patch: Patch) -> None:
    patch.setattr(Reason, "policy", lambda *_: Parting.IGNORE)


def a_key_is_remembered_for_ever(patch: Patch) -> None:
    def dated(type_: Any, side: Side, item: Item, old: Seen, held: Any) -> Seen:
        now = seen(type_, side, item, old, held)
        return replace(now, key=old.key or now.key)

    patch.setattr(reconcile, "seen", dated)


def what_has_a_twin_belongs_for_ever(patch: Patch) -> None:
    for module in (look, decide):
        honest = module.outside
        patch.setattr(
            module,
            "outside",
            lambda *all_, paired, honest=honest, **more: "" if paired else honest(*all_, paired=False, **more),
        )


def nobody_asks_who_may_see_it(patch: Patch) -> None:
    for module in (filters, decide):
        patch.setattr(module, "stays", lambda *_: "")


def who_has_left_never_comes_back(patch: Patch) -> None:
    honest = look._known_unchanged

    def final(one: Look, mark: Any) -> bool:
        return honest(one, mark) or (mark is not None and mark.state is PairState.OUTSIDE)

    patch.setattr(look, "_known_unchanged", final)


def what_has_parted_counts_again(patch: Patch) -> None:
    honest = scans.count

    def all_(tx: Any, integration: str, side: Side) -> tuple[int, int, int]:
        named, kept, _ = honest(tx, integration, side)
        return named, kept, len(scans.missing(tx, integration, side, "", 99))

    patch.setattr(scans, "count", all_)


def links_stay_at_home(patch: Patch) -> None:
    patch.setattr(links._Merge, "relation", lambda *_: None)


def what_was_taken_away_is_made_anew(patch: Patch) -> None:
    honest = links._Merge.relation

    def forgetful(self: Any, side: Side, link: Any) -> None:
        self.plan.before = {one: frozenset() for one in Side}
        honest(self, side, link)

    patch.setattr(links._Merge, "relation", forgetful)


def parents_stay_at_home(patch: Patch) -> None:
    patch.setattr(links._Merge, "parent", lambda *_: None)
