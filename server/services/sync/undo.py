"""Take back what a run did, a page of pairs at a time, where the values are still ours; it must not decide what is.

The steps are operations of the undo's own run, journaled before they leave, so an undo can be undone. A kill -9 leaves
its request and planned operations: whoever looks at such a pair next, this kind of run or the live pass, knows that
what they wrote is nobody's edit (``engine.undo.after_cut_off``). Pairs that were undone already are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.connectors.pace import Share
from server.domain.errors import AppError, CredentialsRefused, Gone, LostAnswer
from server.domain.integration import IntegrationState
from server.domain.item import Item, Side
from server.domain.operation import AddLink, Carried, Note, Operation, RemoveLink
from server.domain.pair import Pair, PairState
from server.engine.arrival import arrived
from server.engine.audience import stays
from server.engine.mapping import CompiledType
from server.engine.plan import Plan
from server.engine.undo import after_cut_off, take_back
from server.services.sync import feed, history, preview, settle, ways
from server.services.sync.apply import apply
from server.services.sync.carried import Applied
from server.services.sync.guarded import in_parallel
from server.services.sync.other_ends import leave_apart
from server.services.sync.settle import Settlement
from server.services.sync.work import Look, Work
from server.store import integrations, journal, lease, pairs
from server.store.events import Event
from server.store.journal import Outcome

_PAGE = 50


@dataclass(slots=True)
class _Entry:
    """One pair of the run that is undone. ``items``: what the sides that it wrote hold now, None where one is gone."""

    look: Look
    carried: tuple[Carried, ...]
    walked: tuple[Operation, ...] = ()
    """Earlier tries that may have left a field on the way."""
    items: dict[Side, Item | None] = field(default_factory=dict)


def run(work: Work) -> Iterator[feed.Reached]:
    """Undo the run that the request names, or its effect on the pairs that it names.

    Raises ``CredentialsRefused`` when an app refuses our account, and ``Fenced``.
    """
    if work.request is None:
        raise TypeError("an undo is asked for")
    undone, chosen = str(work.request.argument["run"]), work.request.argument.get("pairs")
    with work.scope.reading() as tx:
        running = integrations.get(tx, work.integration).state is IntegrationState.RUNNING
    if running and not work.dry:
        yield from feed.errands(work)
    if work.dry:
        preview.begin(work)
    place = ""
    while not work.run.cancelled:
        with work.scope.reading() as tx:
            ids = journal.pairs_of_run(tx, undone, place, work.at_once(_PAGE))
        if not ids:
            break
        place = ids[-1]
        work.run.phase, work.caller.share = "taking back", Share.BACKFILL
        _page(work, undone, [one for one in ids if chosen is None or one in chosen])
        yield feed.Reached(work.run.done, work.run.total)
    if work.dry:
        preview.end(work)


def _page(work: Work, undone: str, pair_ids: Sequence[str]) -> None:
    read = work.clock()
    entries = _read(work, undone, pair_ids)
    by_look = {id(one.look): one for one in entries}
    in_parallel(work, [one.look for one in entries], lambda look: _fetch(work, by_look[id(look)]))
    refused = next((one.look.failure for one in entries if isinstance(one.look.failure, CredentialsRefused)), None)
    if refused is not None:
        raise refused
    settlement = Settlement()
    todo: list[tuple[_Entry, Plan]] = []
    for one in entries:
        plan = _plan(work, settlement, one)
        if plan is not None:
            todo.append((one, plan))
    if work.dry:
        looks, plans = [one.look for one, _ in todo], [plan for _, plan in todo]
        preview.record(work, looks, plans, settlement, looked=len(pair_ids))
        return
    plans, ends = leave_apart(work, [plan for _, plan in todo])
    todo = [(one, plan) for (one, _), plan in zip(todo, ways.written_down(work, plans), strict=True)]
    _journal(work, todo, ends)
    done = list(work.pool.map(lambda each: apply(work, each[1], read), todo))
    for (one, _), applied in zip(todo, done, strict=True):
        _settle(work, settlement, one.look, applied)
    settle.commit(work, settlement, looked=len(pair_ids), cursor=None)
    for applied in done:
        if isinstance(applied.failure, CredentialsRefused):
            raise applied.failure


def _read(work: Work, undone: str, pair_ids: Sequence[str]) -> list[_Entry]:
    with work.scope.reading() as tx:
        known = pairs.by_ids(tx, work.integration, pair_ids)
        carried = journal.carried(tx, work.scope.cipher, undone, list(known))
        open_ = journal.unresolved(tx, work.scope.cipher, work.integration, list(known))
        walked = journal.walked(tx, work.scope.cipher, list(known))
    entries = []
    for pair in known.values():
        look = Look(pair.origin, pair.on(pair.origin).item_id or "", pair=pair, open=open_.get(pair.id, ()))
        type_ = work.mapping.type_of(pair.origin, pair.on(pair.origin).type)
        # What the mapping does not name any more can still be taken back.
        look.type = type_ or CompiledType(pair.left.type, pair.right.type, ())
        entries.append(_Entry(look, carried.get(pair.id, ()), walked.get(pair.id, ())))
    return entries


def _fetch(work: Work, one: _Entry) -> None:
    pair = one.look.pair
    steps = [*(each.operation for each in one.carried), *one.look.open]
    links = any(isinstance(each.step, AddLink | RemoveLink) for each in steps)  # whether both sides are alike then
    restricts = any(work.mapping.shape(side).restricted_items for side in Side)
    for side in Side if links or restricts else {each.side for each in steps}:
        item_id = pair.on(side).item_id if pair else None
        if item_id is not None:
            try:
                one.items[side] = work.end(side).connector.fetch(item_id)
            except Gone:
                one.items[side] = None
    one.look.item, one.look.twin = one.items.get(one.look.side), one.items.get(one.look.side.other)


def _plan(work: Work, settlement: Settlement, one: _Entry) -> Plan | None:
    """The steps back for one pair; None when there is nothing to do, or it cannot be done now (on record then)."""
    look = one.look
    if look.pair is None or look.type is None:
        return None
    if look.failure is not None:
        reason = look.failure.message if isinstance(look.failure, AppError) else str(look.failure)
        _leave(work, settlement, look, f"{reason} It was not undone; undo the run once more to take it up again.")
        return None
    if any(not each.undoes for each in look.open):
        _leave(
            work,
            settlement,
            look,
            "An earlier write to this pair was cut off and is looked up first, while the integration runs. It was not"
            " undone; undo the run once more after that.",
        )
        return None
    pair = after_cut_off(look.pair, look.open, one.items)
    delete = work.request is not None and bool(work.request.argument.get("delete"))
    hushed = _stays(work, one.items)
    plan = take_back(
        pair,
        look.type,
        one.carried,
        one.items,
        work.mapping,
        work.ids(),
        delete=delete,
        hushed=hushed,
        walked=one.walked,
    )
    nothing = not plan.operations and not plan.notes and not look.open
    return None if nothing else plan


def _stays(work: Work, items: Mapping[Side, Item | None]) -> bool:
    """Whether one of the two items is restricted now, and nothing of it may travel."""
    there = {side: item for side, item in items.items() if item is not None}
    beside = {side.other: item.restricted for side, item in there.items()}
    return any(stays(work.mapping, side, item, beside.get(side, "")) for side, item in there.items())


def _leave(work: Work, settlement: Settlement, look: Look, reason: str) -> None:
    work.run.troubled = True
    work.run.counts["failed"] += 1
    pair = look.pair.id if look.pair else None
    settlement.events.append(Event("failed", reason, pair, look.side, look.item_id, look.key))


def _journal(work: Work, todo: Sequence[tuple[_Entry, Plan]], ends: Sequence[Pair]) -> None:
    """Write down what will be done before anything leaves, and end the pairs of undone creates.

    ``ends``: the pairs at the other end of links that will be changed.

    What is closed here told what is nobody's edit, so the pairs know it from now on: a death would forget it.
    """
    stale = [
        Outcome(each.id, "superseded", "looked up and planned anew")
        if after is None
        else Outcome(each.id, "done", "", after)
        for one, plan in todo
        for each in one.look.open
        for after in (arrived(each, one.items.get(each.side), plan),)
    ]
    known = [(before, plan.pair) for one, plan in todo if (before := one.look.pair) is not None and before != plan.pair]
    operations = [operation for _, plan in todo for operation in plan.operations]
    if not operations and not stale:
        return
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        pairs.save(tx, work.integration, [*(after for _, after in known), *ends])
        pairs.save_parts(tx, known)
        journal.finish(tx, stale)
        journal.plan(tx, work.scope.cipher, run_id, operations)


def _settle(work: Work, settlement: Settlement, look: Look, done: Applied) -> None:
    """Add what became of one pair: both snapshots say what the sides hold, so the next pass finds nothing to do."""
    old = look.pair
    pair = replace(settle.pair_after(done, old), state=done.plan.pair.state)
    settlement.pairs.append(pair)
    settlement.comments += [(pair.id, one) for one in pair.comments if old is None or one not in old.comments]
    settlement.attachments += [(pair.id, one) for one in pair.attachments if old is None or one not in old.attachments]
    settlement.outcomes += done.outcomes
    back = sum(1 for one in done.outcomes if one.state == "done")
    kept = sum(1 for one in done.plan.notes if one.what == "not undone")
    work.run.counts["undone"] += back
    work.run.counts["kept"] += kept
    notes = [*history.written(done), *done.plan.notes]
    if done.failure is not None:
        work.run.troubled = True
        work.run.counts["failed"] += 1
        notes.append(Note("failed", reason=done.failure.words or done.failure.message))
        if isinstance(done.failure, LostAnswer):  # the live pass, or the next undo, looks up what became of it
            settlement.holds.append(settle.hold(look, done.failure, pair.id))
    if notes:
        summary = _summary(work, look, done, back, kept)
        outcome = "failed" if done.failure is not None else "undone" if back else "noted"
        settlement.events.append(Event(outcome, summary, pair.id, look.side, look.item_id, look.key, tuple(notes)))


def _summary(work: Work, look: Look, done: Applied, back: int, kept: int) -> str:
    pair = done.plan.pair
    left, right = (f"{work.end(side).name} {pair.on(side).key or '…'}" for side in Side)
    if done.failure is not None:
        return f"{left} and {right}: {done.failure.message}"
    if pair.state is PairState.ENDED and look.pair is not None and look.pair.state is not pair.state:
        return f"{left} and {right} are no longer kept in step: the run that made one of them was undone"
    if kept and back:
        return f"{left} and {right}: a part of what the run did was taken back"
    return f"{left} and {right}: what the run did was taken back" if back else f"{left} and {right} stay as they are"
