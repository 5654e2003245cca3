"""Turn what was carried out into what is known: the pair as both apps now hold it; one commit for a whole page.

The cursor moves in the same commit as the items it covers, and the commit is made only under the lease's epoch: a
node that was paused past its lease cannot settle, and what it wrote remotely is found again by correlation id.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server import faults
from server.domain.errors import (
    AppError,
    CredentialsRefused,
    EgressDenied,
    Hidden,
    NotThatApp,
    Rejected,
    Slowed,
    Transient,
    Unreadable,
    Untrusted,
)
from server.domain.item import Side
from server.domain.operation import (
    Conflict,
    DeleteItem,
    EditComment,
    Note,
    UpdateItem,
)
from server.domain.pair import PARTED, AttachmentPair, CommentPair, Displaced, Pair, PairState, Seen
from server.domain.quoting import unquoted
from server.engine.fields import afresh
from server.engine.plan import known_before, snapshot, unsettled
from server.services.sync import history, left_out
from server.services.sync.carried import Applied
from server.services.sync.linked import Concerned, free_refused, links_after, tell_relatives, waiting
from server.services.sync.look import is_as_seen
from server.services.sync.recovery import NotYetKnown
from server.services.sync.stumble import Stumble, rest
from server.services.sync.work import Look, Work
from server.store import connections, cursors, events, holds, journal, lease, pairs, runs
from server.store.events import Event
from server.store.holds import Hold

_SOON = timedelta(seconds=5)
_HIDDEN = timedelta(minutes=5)


@dataclass(slots=True)
class Settlement:
    """All that one page has to commit."""

    pairs: list[Pair] = field(default_factory=list)
    stamped: list[tuple[Side, Pair]] = field(default_factory=list)
    """Pairs of which nothing is new but the stamp of this side."""
    comments: list[tuple[str, CommentPair]] = field(default_factory=list)
    attachments: list[tuple[str, AttachmentPair]] = field(default_factory=list)
    outcomes: list[journal.Outcome] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    conflicts: list[tuple[str, Conflict]] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    cleared: list[tuple[Side, str]] = field(default_factory=list)
    concerned: Concerned = field(default_factory=Concerned)
    stumbled: dict[tuple[Side, str], Stumble] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """What the page adds to its run's counts; it counts once it is committed, and not before."""
    restricted: set[tuple[Side, str]] = field(default_factory=set)
    """Those among ``holds`` that stay because their app restricts them."""

    def empty(self) -> bool:
        """Whether there is nothing to commit."""
        return not (self.pairs or self.stamped or self.outcomes or self.events or self.holds or self.cleared)

    def stumble(self, look: Look, error: Exception) -> None:
        """Note an item that may be tried once more in this pass."""
        seconds = rest(error)
        if seconds is not None:
            self.stumbled[look.side, look.item_id] = Stumble(seconds, look.held)


def commit(work: Work, settlement: Settlement, *, looked: int, cursor: tuple[Side, datetime] | None) -> None:
    """Commit a page under the lease's epoch. Raises ``Fenced`` when another node has taken over."""
    run = work.run
    run.done += looked
    _leave_out_what_is_told(work, settlement)
    if settlement.empty() and cursor is None:
        return
    if settlement.events and run.id is None:
        work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        pairs.stamp(tx, settlement.stamped)
        pairs.save(tx, work.integration, settlement.pairs)
        pairs.save_comments(tx, settlement.comments)
        pairs.save_attachments(tx, settlement.attachments)
        journal.finish(tx, settlement.outcomes)
        events.add(tx, work.integration, run.id, settlement.events)
        events.add_conflicts(tx, settlement.conflicts)
        holds.clear(tx, work.integration, settlement.cleared)
        holds.put(tx, work.integration, settlement.holds)
        tell_relatives(tx, work, settlement.concerned, [*settlement.pairs, *(one for _, one in settlement.stamped)])
        free_refused(tx, work, settlement.concerned)
        seen = {end: end.connector.seen.news() for end in (work.left, work.right)}
        for end, news in seen.items():
            if news:
                connections.remember(tx, end.connection, news)
        if cursor is not None:
            cursors.advance(tx, work.integration, *cursor, work.app_clock(cursor[0]))
        if run.id is not None:
            run.cancelled = runs.progress(
                tx,
                run.id,
                phase=run.phase,
                done=run.done,
                total=run.total,
                counts=run.counts + settlement.counts,
                uncounted=run.uncounted,
            )
        faults.reach("settle.committing")
    run.counts += settlement.counts
    faults.reach("settle.committed")
    for end, news in seen.items():
        end.connector.seen.kept(news)
    for outcome in settlement.outcomes:
        work.unknown_since.pop(outcome.operation, None)
    work.stumbled.heed(settlement.stumbled, settlement.cleared, looked, work.clock())


def _leave_out_what_is_told(work: Work, settlement: Settlement) -> None:
    """An item that is left out for the same reason as before is no news: neither a line nor a row is written of it.

    It is looked at again and again where its app gives no stamp by which it would be known to be unchanged. So is one
    that cannot be read after a write: that is tried again, and its hold counts the attempts, but it is told once.
    """
    if not settlement.holds:
        return
    with work.scope.reading() as tx:
        known = {
            (side, item_id): row
            for side in Side
            for item_id, row in holds.said(
                tx, work.integration, side, [one.item_id for one in settlement.holds if one.side is side]
            ).items()
        }
    held = {(one.side, one.item_id): one for one in settlement.holds}
    again = {item for item, one in held.items() if known.get(item, ("", "", ""))[:2] == (one.kind, one.reason)}
    settlement.events = [
        one
        for one in settlement.events
        if one.outcome != "held"
        or (one.side, one.item_id) not in again
        or any(each.what != "failed" for each in one.notes)
    ]
    told = {item for item in again if held[item].kind == "skipped" and known[item][2] == held[item].stamp}
    settlement.holds = [one for one in settlement.holds if (one.side, one.item_id) not in told]
    settlement.events = [
        one for one in settlement.events if one.outcome != "skipped" or (one.side, one.item_id) not in told
    ]
    settlement.counts["skipped"] -= len(told)


def settle_applied(work: Work, settlement: Settlement, look: Look, done: Applied) -> None:
    """Add what became of one pair's plan."""
    old = look.pair
    pair = left_out.remembered(work, look, done, _with_stamp(work, done, pair_after(done, old)))
    settlement.pairs.append(pair)
    known_comments = set(old.comments) if old else set()
    known_files = set(old.attachments) if old else set()
    settlement.comments += [(pair.id, one) for one in pair.comments if one not in known_comments]
    settlement.attachments += [(pair.id, one) for one in pair.attachments if one not in known_files]
    settlement.outcomes += done.outcomes
    if not done.plan.operations:  # the others were recorded with the plan
        settlement.conflicts += [(pair.id, one) for one in done.plan.conflicts]
    made = history.made(old, pair, done)
    settlement.events += history.events_of(work, look, pair, done, made)
    history.count(settlement.counts, done, made)
    items = [(side, there) for side in Side if (there := pair.on(side).item_id) is not None]
    refused = done.failure is None or (isinstance(done.failure, Rejected) and not isinstance(done.failure, Unreadable))
    kept = left_out.holds_of(work, look, pair, done) if refused else []
    if done.failure is not None:
        kept = [replace(one, steady=False) for one in kept] or [hold(look, done.failure, pair.id)]
        settlement.stumble(look, done.failure)
    work.run.troubled = work.run.troubled or bool(kept)
    settlement.holds += kept or waiting(pair, done)
    settlement.cleared += [one for one in items if one not in {(each.side, each.item_id) for each in kept}]
    settlement.concerned.add(pair, old, done)
    settlement.concerned.moved(pair, old, done, {look.side: look.item, look.side.other: look.twin})


def settle_failure(work: Work, settlement: Settlement, look: Look, error: Exception) -> None:
    """Add an item that could not even be looked at: it keeps its place, the others go on."""
    work.run.troubled = True
    settlement.counts["held"] += 1
    pair = look.pair.id if look.pair else None
    if look.pair is not None and work.again is not None and work.again.hard:
        # It is tried again by itself, and then as hard as a person asked for it.
        settlement.pairs.append(afresh(look.pair, work.again.side or look.pair.origin))
    settlement.holds.append(hold(look, error, pair))
    settlement.stumble(look, error)
    summary = error.message if isinstance(error, AppError) else str(error)
    settlement.events.append(Event("held", summary, pair, look.side, look.item_id, look.key))


def settle_skipped(settlement: Settlement, look: Look, reason: str, *, restricted: bool = False) -> None:
    """Add an item that a rule leaves out, so that it can be found with the reason. ``restricted``: its app does."""
    settlement.counts["skipped"] += 1
    if restricted:
        settlement.counts["restricted"] += 1
        settlement.restricted.add((look.side, look.item_id))
    stamp = look.item.stamp if look.item else ""
    settlement.outcomes += [journal.Outcome(one.id, "superseded", reason) for one in look.open]
    pair = look.pair.id if look.pair else None
    settlement.holds.append(Hold(look.side, look.item_id, "skipped", reason, look.key, pair, stamp=stamp))
    settlement.events.append(Event("skipped", reason, pair, look.side, look.item_id, look.key))
    settlement.concerned.decided.append((look.side, look.item_id))


def settle_deleted(work: Work, settlement: Settlement, look: Look, side: Side) -> None:
    """Add a pair whose item on ``side`` is gone by a deletion of ours that was never confirmed: it ends now.

    One that a person has merged into another meanwhile was not deleted.
    """
    if look.pair is None:
        raise TypeError("an operation of an earlier pass belongs to a pair")
    if look.pair.state is PairState.RESERVED:  # it was made, and nobody was told so yet
        settlement.events.append(history.creation(work, look, look.pair))
        settlement.counts["created"] += 1
    settlement.pairs.append(replace(look.pair, state=PairState.ENDED))
    settlement.cleared += [(each, there) for each in Side if (there := look.pair.on(each).item_id) is not None]
    notes: list[Note] = []
    ours = side not in look.merged
    end = "the item was deleted" if ours else "the item was merged into another"
    for one in look.open:
        done = isinstance(one.step, DeleteItem) and ours
        state: journal.OperationState = "done" if done else "superseded"
        settlement.outcomes.append(journal.Outcome(one.id, state, "" if done else end))
        if isinstance(one.step, DeleteItem) and ours:
            names = {each.spec(side).id: each.spec(side).name for each in look.type.fields} if look.type else {}
            notes += history.last_values(one.step, side, names)
    summary = history.deletion(work, look.pair, side, look.merged)
    outcome = "deleted" if ours else "ended"
    settlement.events.append(Event(outcome, summary, look.pair.id, look.side, look.item_id, look.key, tuple(notes)))
    settlement.counts[outcome] += 1


def hold(look: Look, error: Exception, pair: str | None) -> Hold:
    """How an item is held back after ``error``: transient ones try again by themselves, refused ones wait."""
    words = error.words if isinstance(error, AppError) else ""
    reason = unquoted(error.message) if isinstance(error, AppError) else str(error)  # the words stand beside it
    stamp = look.item.stamp if look.item else look.head.stamp if look.head else ""
    if isinstance(error, NotYetKnown):
        delay = timedelta(seconds=error.retry_after or 1)
        return Hold(look.side, look.item_id, "waiting", reason, look.key, pair, words, stamp, delay)
    if isinstance(error, Hidden):
        # No feed tells that our account may see it again, so it is asked for, now and then.
        return Hold(look.side, look.item_id, "waiting", reason, look.key, pair, words, stamp, _HIDDEN)
    if isinstance(error, Slowed | CredentialsRefused):
        # It is the connection that waits: by the time that it goes on, the item's turn has come.
        return Hold(look.side, look.item_id, "waiting", reason, look.key, pair, words, stamp, _SOON, steady=True)
    if isinstance(error, Transient | NotThatApp | EgressDenied | Untrusted):
        # The last three are of the connection, not of the item: a log-in page may have stood in between for a while.
        asked = error.retry_after if isinstance(error, Transient) else None
        delay = max(_SOON, timedelta(seconds=asked or 0))
        return Hold(look.side, look.item_id, "retry", reason, look.key, pair, words, stamp, delay, steady=look.again)
    if not isinstance(error, AppError):
        reason = f"Lockstep could not handle this item ({reason}). The log has the details."
    return Hold(look.side, look.item_id, "quarantine", reason, look.key, pair, words, stamp)


def pair_after(done: Applied, old: Pair | None) -> Pair:
    """The pair as both apps now hold it; ``old`` is what was stored of it."""
    left, right = (_seen_after(done, side, old) for side in Side)
    pair = replace(done.plan.pair, left=left, right=right)
    if done.deleted:
        pair = replace(pair, state=PairState.ENDED)
    elif done.created is not None or (pair.state is PairState.RESERVED and pair.left.item_id and pair.right.item_id):
        pair = replace(pair, state=PairState.LINKED)
    if pair.state in PARTED and old is not None and (done.failure is not None or done.plan.withheld or done.refusals):
        pair = replace(pair, state=old.state)  # the twin has not heard of it: the next look parts them again
    pair = replace(pair, displaced=_displaced_still(done))
    if pair.state is PairState.RESERVED:
        # Nothing is settled while the twin is not there: the next attempt starts from what a person made.
        pair = unsettled(pair)
    if not (pair.comments or pair.attachments):
        return pair
    before = {one.id: one for one in done.plan.pair.comments}
    comments = tuple(_comment_after(done, one) for one in before.values())
    files = tuple(_file_after(done, one) for one in pair.attachments)
    return replace(pair, comments=comments, attachments=files)


def _displaced_still(done: Applied) -> tuple[Displaced, ...]:
    """What is not put back; where the way back has broken, the field is left elsewhere."""
    return tuple(
        replace(one, now=done.left[one.side].get(one.field, one.now))
        for one in done.plan.pair.displaced
        if one.field not in done.fields[one.side] and one.side not in done.deleted
    )


def _file_after(done: Applied, one: AttachmentPair) -> AttachmentPair:
    if one.id in done.removed:
        return one.without(one.origin.other)
    if one.id in done.files:
        return replace(one.seen_on(one.origin.other, done.files[one.id]), sha256=done.hashes[one.id])
    return one


def _comment_after(done: Applied, one: CommentPair) -> CommentPair:
    target = one.origin.other
    if one.id in done.removed:
        return one.without(target)
    if one.id in done.comments:
        return one.seen_on(target, done.comments[one.id], "")
    edit = next(
        (
            operation.step
            for operation in done.plan.planned
            if isinstance(operation.step, EditComment) and operation.step.comment_pair == one.id
        ),
        None,
    )
    if edit is None:
        return one
    if one.id in done.edited:
        return one.seen_on(target, edit.target, "")
    # The edit did not go through: an unlike fingerprint makes it look changed again.
    return one.seen_on(one.origin, one.on(one.origin) or "", "not carried over")


def _seen_after(done: Applied, side: Side, old: Pair | None) -> Seen:
    """What is known of one side: what reconcile saw, and for fields that we wrote what the app says it now holds.

    A field that somebody else changed between our read and our write keeps the value that we read, so that the next
    look finds the change. A field whose write to the other side did not come through keeps its old value here, so that
    it is carried again (or found to have arrived).
    """
    seen = done.plan.pair.on(side)
    if side is done.plan.pair.origin.other and done.created is not None:
        made = done.created
        values = snapshot(done.plan.type, side, made) | left_out.put_on_meanwhile(done, side, made)
        links = links_after(done, side, old)
        return Seen(made.id, made.key, made.url, made.type, values, "", links, made.restricted)
    values = dict(seen.snapshot or {})
    item = done.written.get(side)
    if item is not None:
        values |= {name: item.fields.get(name) for name in done.fields[side]}
        seen = replace(seen, restricted=item.restricted)
        values |= {name: item.fields.get(name) for name in done.worked_out(side)}
    values |= {name: value for name, value in done.left[side].items() if name in values}
    missing = _not_written(done, side.other)
    before = known_before(done.plan, side, old)
    for one in done.plan.type.fields:
        name = one.spec(side).id
        if one.spec(side.other).id in missing:
            values.pop(name, None)
            values |= {name: before[name]} if name in before else {}
    touched = any(operation.side is side for operation in done.plan.operations)
    stamp = "" if touched else seen.stamp
    return replace(seen, snapshot=values, stamp=stamp, links=links_after(done, side, old))


def _with_stamp(work: Work, done: Applied, pair: Pair) -> Pair:
    """The pair with the stamp of a twin just made, where a look at it would find nothing to do: it then needs none.

    Not where more was written to it after the app told what it holds.
    """
    made, side = done.created, pair.origin.other
    if made is None or not made.stamp or sum(operation.side is side for operation in done.plan.operations) > 1:
        return pair
    if not is_as_seen(work, Look(side, made.id, pair=pair, item=made, type=done.plan.type)):
        return pair
    return pair.with_side(side, replace(pair.on(side), stamp=made.stamp))


def _not_written(done: Applied, side: Side) -> set[str]:
    """The fields of ``side`` that were to be written and, as far as is known, were not."""
    finished = {one.operation for one in done.outcomes if one.state == "done"}
    missing = set(done.refused[side])
    for operation in done.plan.operations:
        if operation.side is side and operation.id not in finished and isinstance(operation.step, UpdateItem):
            missing |= set(operation.step.changed)
    for operation in done.plan.withheld:
        if operation.side is side and isinstance(operation.step, UpdateItem):
            missing |= set(operation.step.changed)
    return missing
