"""A page of items through all the steps: look, reconcile, journal, apply, settle; two commits, however many items.

Where parents are still to be made the page goes in waves, they before their children, two commits a wave. What is done
with a page before its calls and what after them stand apart, so that ``flow`` can do both beside another page's calls.

What a kill -9 leaves behind: before the journal commit nothing; after it, planned operations, whose pairs the next
pass takes up first (``open_entries``) and whose outcome it finds out by correlation id before it writes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server import faults
from server.domain.errors import Fenced
from server.domain.item import Item, Side
from server.domain.lineage import alike
from server.domain.operation import CreateItem, Operation
from server.domain.pair import AttachmentPair, CommentPair, Pair, PairState
from server.engine.arrival import arrived
from server.engine.plan import Plan, compared, unsettled
from server.engine.reconcile import absorb
from server.engine.undo import after_cut_off
from server.services.sync import cap, caution, kinship, left_out, makings, preview, recovery, relatives, settle, ways
from server.services.sync import look as looking
from server.services.sync.apply import apply
from server.services.sync.carried import Applied
from server.services.sync.decide import decide
from server.services.sync.refusal import stop_on_refusal, tell_apart
from server.services.sync.settle import Settlement
from server.services.sync.work import Look, Work
from server.services.sync.zones import in_zones_of_now
from server.store import events, holds, journal, lease, pairs
from server.store.database import Transaction
from server.store.journal import Outcome

_NEXT_PASS = 2.0
"""Seconds: by then the pass that looks up what became of the create has come round."""
_COARSE = timedelta(seconds=1)
"""So coarse are the times that apps tell."""


@dataclass(slots=True)
class _Planned:
    """The items of a page that have a plan."""

    looks: list[Look] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)


@dataclass(slots=True)
class Wave:
    """Items of a page of which is written down what will be done, or that are to be settled only."""

    settlement: Settlement
    looked: int
    cursor: tuple[Side, datetime] | None
    read: float
    """Before its items were read, by the pass's clock."""
    planned: _Planned = field(default_factory=_Planned)

    @property
    def plans(self) -> list[Plan]:
        """What is to be carried out."""
        return self.planned.plans


def process(work: Work, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> None:
    """Take ``looks`` all the way. ``cursor`` (side, app's time) moves with the final commit.

    A dry run turns off before the journal. Raises ``CredentialsRefused`` when an app refuses our account and ``Slowed``
    when a connection rests (before the plan nothing of the page is settled then, after it what was done),
    ``NeedsRelease`` before a page that goes beyond the cap, ``Fenced`` when another node has taken over.
    """
    wave = prepare(work, looks, cursor)
    if wave is not None:
        with _given_up_where_it_breaks(work):
            settle_wave(work, wave, carry_out(work, wave))
        makings.over(work)


def carry_out(work: Work, wave: Wave) -> list[Applied]:
    """Make the calls of a wave, side by side."""
    return list(work.pool.map(lambda plan: apply(work, plan, wave.read), wave.plans))


def prepare(work: Work, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> Wave | None:
    """Do all of ``process`` but for the last wave's calls and settling; None after a dry run. Raises as it does."""
    with _given_up_where_it_breaks(work):
        return _prepare(work, looks, cursor)


@contextmanager
def _given_up_where_it_breaks(work: Work) -> Iterator[None]:
    """Nobody shall wait for twins that a page was to make and now does not; who was fenced off says nothing more."""
    try:
        yield
    except Fenced:
        raise
    except Exception:
        makings.given_up(work)
        raise


def _prepare(work: Work, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> Wave | None:
    settlement, read = Settlement(), work.clock()
    todo = looking.recognise(work, looks)
    work = in_zones_of_now(work, todo)
    looking.fetch_items(work, todo)
    todo += looking.absorbed(work, todo)
    recovery.find_orphans(work, todo)
    stop_on_refusal(work, [one.failure for one in todo])
    todo = _drop_quiet(work, todo, settlement)
    if looking.read_anew(work, todo):
        todo = _drop_quiet(work, todo, settlement)
    todo += relatives.bring_parents(work, todo)
    looking.fetch_twins(work, todo)
    _beware_of_lost_creates(work, todo)
    todo = kinship.trace(work, todo)
    looking.confirm_deletions(work, todo)
    looking.confirm_gone(work, todo)
    looking.fetch_bereaved(work, todo)
    stop_on_refusal(work, [one.failure for one in todo])
    *first, last = relatives.in_waves(work, todo)
    for each in first:
        wave = _write_down(work, each, Wave(Settlement(), 0, None, read))
        if wave is not None:
            settle_wave(work, wave, carry_out(work, wave))
    return _write_down(work, last, Wave(settlement, len(looks), cursor, read))


def prepare_new(work: Work, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> Wave | None:
    """Do what ``prepare`` does, if nobody knows any of these items yet; None (and nothing is done) if somebody does.

    Only such a page may be prepared while another one is carried out: nothing that is under way can concern it.
    """
    with _given_up_where_it_breaks(work):
        return _prepare_new(work, looks, cursor)


def _prepare_new(work: Work, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> Wave | None:
    read = work.clock()
    todo = looking.strangers(work, looks)
    if todo is None:
        return None
    work = in_zones_of_now(work, todo)
    looking.fetch_items(work, todo)
    if any(one.pair is not None or (one.item is not None and one.item.absorbed) for one in todo):
        return None
    _beware_of_lost_creates(work, todo)
    todo = kinship.trace(work, todo)
    stop_on_refusal(work, [one.failure for one in todo])
    return _write_down(work, todo, Wave(Settlement(), len(looks), cursor, read))


def _write_down(work: Work, looks: Sequence[Look], wave: Wave) -> Wave | None:
    """Decide about one wave of a page and write down what will be done; None when a dry run has counted it."""
    known = relatives.learn(work, looks)
    stop_on_refusal(work, [one.failure for one in looks])
    planned = _Planned()
    for one in looks:
        plan = decide(work, one, wave.settlement, known)
        if plan is not None:
            planned.looks.append(one)
            planned.plans.append(plan)
    planned = _one_plan_a_pair(planned)
    planned.plans = [left_out.withhold(work, one, plan) for one, plan in zip(planned.looks, planned.plans, strict=True)]
    planned.plans = _without_told(work, planned.plans)
    if work.dry:
        preview.record(work, planned.looks, planned.plans, wave.settlement, looked=wave.looked)
        return None
    planned.plans = caution.without_stopped(work, planned.looks, planned.plans)
    wave.planned = planned
    caution.stop_on_harm(work, wave.planned.looks, wave.planned.plans)
    wave.planned.plans = ways.written_down(work, wave.planned.plans)
    _journal(work, wave.planned, wave.settlement)
    return wave


def settle_wave(work: Work, wave: Wave, done: Sequence[Applied]) -> None:
    """Settle what was carried out of a wave. Raises as ``process`` does."""
    tell_apart(work, done)
    for one, applied in zip(wave.planned.looks, done, strict=True):
        settle.settle_applied(work, wave.settlement, one, applied)
    settle.commit(work, wave.settlement, looked=wave.looked, cursor=wave.cursor)
    stop_on_refusal(work, [applied.failure for applied in done])


def open_entries(work: Work) -> list[Look]:
    """The pairs that an earlier pass left with an unknown outcome, as items to be looked at first."""
    with work.scope.reading() as tx:
        open_ = journal.unresolved(tx, work.scope.cipher, work.integration)
        known = pairs.by_ids(tx, work.integration, list(open_))
        items = [(one.origin, there) for one in known.values() if (there := one.on(one.origin).item_id) is not None]
        held = holds.among(tx, work.integration, items)
    return [Look(*item, held=item in held) for item in items]


def _beware_of_lost_creates(work: Work, looks: Sequence[Look]) -> None:
    """While it is not known whether a create arrived, an unknown item on that side may be the one that it made.

    Apps that show our correlation id on the item were bound by it before; for the others the item waits. So it does
    where another integration of the tenant has such a create, if the item is not older and has its title.
    """
    faults.reach("page.looked")
    strangers = [
        (one, one.item)
        for one in looks
        if one.pair is None and one.failure is None and one.item is not None and one.item.marker is None
    ]
    if not strangers:
        return
    with work.scope.reading() as tx:
        lost = journal.sides_in_doubt(tx, work.integration)
        others = {side: _doubts_of_others(tx, work, side) for side in {one.side for one, _ in strangers}}
    for one, item in strangers:
        if one.side in lost or any(_may_be(one, item, *doubt) for doubt in others[one.side]):
            one.failure = recovery.NotYetKnown(_NEXT_PASS)


def _doubts_of_others(tx: Transaction, work: Work, side: Side) -> list[tuple[str, datetime]]:
    """What creations of the tenant's other integrations may have made in this very container: title, and since when."""
    here = (work.apps.get(side), work.mapping.shape(side).container)
    found = []
    for there in Side:
        ids = [one.integration for one in work.beside if one.ends[there] == here]
        found += journal.doubts(tx, ids, there) if ids else []
    return found


def _may_be(one: Look, item: Item, title: str, since: datetime) -> bool:
    """Whether an item may be what such a creation made: nothing else waits for it, however long that takes."""
    if item.created_at is not None and item.created_at < since - _COARSE:
        return False
    mine = alike(kinship.title_of(one.type, one.side, item)) if one.type is not None else ""
    theirs = alike(title)
    return mine.startswith(theirs) or theirs.startswith(mine)  # an app may have cut it


def _drop_quiet(work: Work, looks: Sequence[Look], settlement: Settlement) -> list[Look]:
    """Settle what is as it was last seen (mostly our own writes coming back); the rest goes on."""
    rest = []
    for one in looks:
        if one.failure is None and looking.is_quiet(work, one) and one.pair and one.item and one.type:
            after = absorb(one.type, one.pair, one.side, one.item, work.mapping)
            if after == one.pair.stamped(one.side, after.on(one.side).stamp):
                if after != one.pair:
                    settlement.stamped.append((one.side, after))
            else:
                settlement.pairs.append(after)
                old = set(one.pair.comments)
                settlement.comments += [(after.id, each) for each in after.comments if each not in old]
        else:
            rest.append(one)
    return rest


def _one_plan_a_pair(planned: _Planned) -> _Planned:
    """An item may come twice on a page (a repeated entry, or both sides of one pair): the first plan covers it."""
    seen: set[object] = set()
    rest = _Planned()
    for one, plan in zip(planned.looks, planned.plans, strict=True):
        keys = {plan.pair.id, (one.side, one.item_id)}
        if keys & seen:
            continue
        seen |= keys
        rest.looks.append(one)
        rest.plans.append(plan)
    return rest


def _without_told(work: Work, plans: Sequence[Plan]) -> list[Plan]:
    """The plans without the conflicts that are on record already and wait for a person: they are told once."""
    waiting = [plan.pair.id for plan in plans if any(one.winner == "held" for one in plan.conflicts)]
    if not waiting or work.align is not None:
        return list(plans)
    with work.scope.reading() as tx:
        told = events.waiting(tx, waiting)
    return [
        replace(plan, conflicts=tuple(one for one in plan.conflicts if (plan.pair.id, one) not in told))
        for plan in plans
    ]


def _journal(work: Work, planned: _Planned, settlement: Settlement) -> None:
    """Write down what will be done, and the pairs it is done for, before anything leaves.

    Where nothing is to be done, what was cut off is closed with all that was found out, when the page is settled.
    """
    every = list(zip(planned.looks, planned.plans, strict=True))
    touched = [(one, plan) for one, plan in every if plan.operations]
    for one, plan in every:
        if not plan.operations:
            settlement.outcomes += [_looked_up(operation, plan, one) for operation in one.open]
    if not touched:
        return
    operations = [operation for _, plan in touched for operation in plan.operations]
    stale = [_looked_up(operation, plan, one) for one, plan in touched for operation in one.open]
    cap.check(work, operations)
    run_id = work.begin_run()
    fresh = [
        unsettled(plan.pair)
        for one, plan in touched
        if one.pair is None and any(isinstance(operation.step, CreateItem) for operation in plan.operations)
    ]
    found = [
        (one.pair, plan, _believed(one, one.pair))
        for one, plan in touched
        if one.pair is not None and (one.open or one.pair.state is PairState.RESERVED or work.align is not None)
    ]
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        pairs.reserve(tx, work.integration, fresh)
        pairs.save(tx, work.integration, [compared(plan, believed) for _, plan, believed in found])
        pairs.save_parts(tx, [(old, believed) for old, _, believed in found])
        pairs.save_comments(tx, [new for one, plan in touched for new in _new_comments(one, plan)])
        pairs.save_attachments(tx, [new for one, plan in touched for new in _new_attachments(one, plan)])
        journal.finish(tx, stale)
        journal.plan(tx, work.scope.cipher, run_id, operations)
        # What a write will overwrite is on record before it is: a death after it would leave no other trace.
        events.add_conflicts(tx, [(plan.pair.id, each) for _, plan in touched for each in plan.conflicts])
        faults.reach("journal.committing")
    faults.reach("journal.committed")
    for outcome in stale:
        work.unknown_since.pop(outcome.operation, None)


def _believed(one: Look, pair: Pair) -> Pair:
    """The pair as it is known to be after an undo whose outcome was unknown: closing that must not forget it."""
    return after_cut_off(pair, one.open, {one.side: one.item, one.side.other: one.twin})


def _looked_up(operation: Operation, plan: Plan, one: Look) -> Outcome:
    """What became of an operation whose answer was lost, as far as the item itself tells."""
    item = one.item if one.side is operation.side else one.twin
    after = arrived(operation, item, plan)
    if after is None:
        return Outcome(operation.id, "superseded", "looked up and planned anew")
    return Outcome(operation.id, "done", "its answer was lost; it was found to have arrived", after)


def _new_comments(one: Look, plan: Plan) -> list[tuple[str, CommentPair]]:
    """Only what nobody has written down yet: an edit counts as seen when it has been carried out, not before."""
    known = {each.id for each in one.pair.comments} if one.pair else set()
    return [(plan.pair.id, each) for each in plan.pair.comments if each.id not in known]


def _new_attachments(one: Look, plan: Plan) -> list[tuple[str, AttachmentPair]]:
    known = {each.id for each in one.pair.attachments} if one.pair else set()
    return [(plan.pair.id, each) for each in plan.pair.attachments if each.id not in known]
