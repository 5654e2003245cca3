"""The history's words for what was carried out, and the counts of a run; it must not decide, write or store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from server.domain.errors import Rejected
from server.domain.item import CommentDraft, Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    CreateItem,
    DeleteComment,
    DeleteFile,
    DeleteItem,
    EditComment,
    Note,
    Operation,
    RemoveLink,
    RestrictItem,
    UpdateItem,
)
from server.domain.pair import PARTED, Pair, PairState
from server.domain.rules import Parting
from server.domain.values import Value
from server.engine.displaced import PUT_BACK
from server.engine.mapping import CompiledType
from server.engine.parting import Reason, told_of
from server.services.sync.carried import Applied
from server.services.sync.work import Look, Work
from server.store.events import Event


class Made(Enum):
    """How a settle came to know of a twin of ours that no line of history tells of yet."""

    NOW = auto()
    """The app has just answered our create."""
    FOUND = auto()
    """It was made earlier, by a create whose answer was lost or whose process died, and was found again."""


def made(old: Pair | None, pair: Pair, done: Applied) -> Made | None:
    """Whether the twin of ``pair`` counts as created with this settle; ``old`` is what was stored of the pair.

    A pair is reserved before its create leaves, and is so no more from the settle on that first knew of the twin. That
    settle is the one that tells and counts it, whatever happened in between.
    """
    if done.created is not None:
        return Made.NOW
    reserved = old is not None and old.state is PairState.RESERVED
    known = pair.on(pair.origin.other).item_id is not None
    return Made.FOUND if reserved and known and pair.state is not PairState.RESERVED else None


def events_of(work: Work, look: Look, pair: Pair, done: Applied, made: Made | None) -> list[Event]:
    """The history's lines about one pair's plan: that its twin was made, and whatever else there is to tell."""
    notes = [*written(done), *done.plan.notes, *refused(done)]
    if made is Made.FOUND:
        lines = [creation(work, look, pair)]
    elif made is Made.NOW and (done.failure is not None or done.plan.summary):
        lines, notes = [creation(work, look, pair, tuple(notes))], []
    else:
        lines = []
    if done.failure is not None:
        notes.append(Note("failed", reason=done.failure.words or done.failure.message))
    if not notes and not done.plan.conflicts and not done.plan.summary:
        return lines
    outcome, summary = _outcome(done), _summary(work, pair, done)
    return [*lines, Event(outcome, summary, pair.id, look.side, look.item_id, look.key, tuple(notes))]


def creation(work: Work, look: Look, pair: Pair, notes: tuple[Note, ...] | None = None) -> Event:
    """The line that says that a pair's twin was made; without ``notes`` of one that was found again."""
    summary = _created(work, pair)
    if notes is None:
        summary += "; the answer to that was lost, and it was found again"
        draft = next((one.step.draft for one in look.open if isinstance(one.step, CreateItem)), None)
        side = pair.origin.other
        names = _names(look.type, side)
        notes = tuple(
            Note("set", side, names.get(name, name), None, value)
            for name, value in (draft.fields.items() if draft is not None else ())
        )
    return Event("created", summary, pair.id, look.side, look.item_id, look.key, notes)


def _created(work: Work, pair: Pair) -> str:
    twin, source = (f"{work.end(side).name} {pair.on(side).key or '…'}" for side in (pair.origin.other, pair.origin))
    return f"{twin} was created from {source}"


def _names(type_: CompiledType | None, side: Side) -> Mapping[str, str]:
    return {one.spec(side).id: one.spec(side).name for one in type_.fields} if type_ is not None else {}


def _outcome(done: Applied) -> str:
    if done.failure is not None:
        return "failed" if isinstance(done.failure, Rejected) else "held"
    if done.deleted:
        return "deleted"
    if done.plan.summary and done.plan.pair.state in PARTED:
        return "ended" if done.plan.pair.state is PairState.ENDED else "left"
    if done.created is not None:
        return "created"
    if done.plan.operations:
        return "updated"
    return "conflict" if done.plan.conflicts else "noted"


def _summary(work: Work, pair: Pair, done: Applied) -> str:
    left, right = (f"{work.end(side).name} {pair.on(side).key or '…'}" for side in Side)
    if done.failure is not None:
        return f"{left} and {right}: {done.failure.message}"
    if done.plan.summary:
        return done.plan.summary
    if done.created is not None:
        return _created(work, pair)
    for side in done.deleted:
        return deletion(work, pair, side)
    targets = sorted({operation.side for operation in done.plan.operations})
    if not targets:
        return f"{left} and {right} were compared"
    if len(targets) > 1:
        return f"{left} and {right} were both brought up to date"
    target, source = (right, left) if targets[0] is Side.RIGHT else (left, right)
    if all(
        isinstance(one.step, UpdateItem) and _put_back(done, one) >= set(one.step.changed)
        for one in done.plan.operations
    ):
        return f"{target} has again what it held before Lockstep wrote there"
    return f"{target} was brought up to date from {source}"


def deletion(work: Work, pair: Pair, side: Side, merged: Mapping[Side, str] = MappingProxyType({})) -> str:
    """The sentence about an item of ``side`` that the integration deleted, or was about to.

    ``merged``: into what items of the pair were merged, by side. That is told first, whatever the rules made of it.
    """
    if side in merged:
        return told_of(Reason(side, None, "", merged[side]), pair, work.mapping, Parting.IGNORE, PairState.ENDED)
    if side.other in merged:
        reason = Reason(side.other, None, "", merged[side.other])
        return told_of(reason, pair, work.mapping, Parting.DELETE, PairState.ENDED)
    gone, other = (f"{work.end(each).name} {pair.on(each).key or '…'}" for each in (side, side.other))
    return f"{gone} was deleted by the integration; {other} is no longer kept in step with it"


def written(done: Applied) -> list[Note]:
    """A line for everything that was carried out."""
    finished = {one.operation for one in done.outcomes if one.state == "done"}
    notes: list[Note] = []
    for operation in done.plan.operations:
        if operation.id in finished:
            notes += _notes_of(done, operation)
    return notes


def refused(done: Applied) -> list[Note]:
    """A line for all that an app did not take, and for what it said before it took the rest."""
    notes = [Note("not taken", one.side, one.label.strip("“”"), reason=one.words) for one in done.refusals]
    told = " ".join([*(one.words for one in done.refusals), done.failure.words if done.failure is not None else ""])
    said = [(side, words) for side, words in dict.fromkeys(done.said) if words not in told]
    return notes + [Note("sent again", side, reason=words) for side, words in said]


def _notes_of(done: Applied, operation: Operation) -> list[Note]:
    side, step = operation.side, operation.step
    names = _names(done.plan.type, side)
    if isinstance(step, CreateItem):
        created = done.created.fields if done.created else {}
        set_ = [
            Note("set", side, names.get(name, name), None, created.get(name, value))
            for name, value in step.draft.fields.items()
            if name not in done.refused[side]
        ]
        return [*set_, *_cut_there(side, step.draft.fields, created, names)]
    if isinstance(step, UpdateItem):
        item = done.written.get(side)
        after: dict[str, Value] = dict(item.fields) if isinstance(item, Item) else dict(step.changed)
        back = _put_back(done, operation)
        set_ = [
            Note(
                "set",
                side,
                names.get(name, name),
                step.before.get(name),
                after.get(name),
                PUT_BACK if name in back else "",
            )
            for name in step.changed
            if name not in done.refused[side]
        ]
        return [*set_, *_cut_there(side, step.changed, after, names), *_worked_out(done, side, names)]
    if isinstance(step, AddComment):
        # What is private is not written down here, where people read who may not read it in its app.
        return [Note("private comment", side) if step.draft.private else Note("comment", side, after=_cut(step.draft))]
    if isinstance(step, AddFile):
        return [Note("file", side, step.name)]
    if isinstance(step, DeleteItem):
        return last_values(step, side, names)
    if isinstance(step, AddLink):
        return [Note("linked", side, step.link.kind, after=step.link.target)]
    if isinstance(step, RemoveLink):
        return [Note("link taken away", side, step.link.kind, before=step.link.target)]
    return [_plain_note(side, step, done.plan.pair)]


def _put_back(done: Applied, operation: Operation) -> set[str]:
    """The fields of a write that get back what they held before the app moved them because of us."""
    changed = operation.step.changed if isinstance(operation.step, UpdateItem) else {}
    mine = [one for one in done.plan.pair.displaced if one.side is operation.side and one.field in changed]
    return {one.field for one in mine if changed[one.field] == one.before}


def _plain_note(side: Side, step: DeleteComment | DeleteFile | EditComment | RestrictItem, pair: Pair) -> Note:
    if isinstance(step, DeleteComment):
        return Note("comment removed", side)
    if isinstance(step, DeleteFile):
        return Note("file removed", side, step.name)
    if isinstance(step, RestrictItem):
        return Note("restricted", side, reason="its original is restricted, too")
    if any(one.private for one in pair.comments if one.id == step.comment_pair):
        return Note("private comment edited", side)
    return Note("comment edited", side, after=_cut(step))


def _cut(said: CommentDraft | EditComment) -> str:
    return said.body[:200]


def _cut_there(
    side: Side, sent: Mapping[str, Value], held: Mapping[str, Value], names: Mapping[str, str]
) -> list[Note]:
    """A line for each text of which the app kept only the beginning, whatever limit it had told of."""
    found = []
    for name, value in sent.items():
        kept = held.get(name)
        if not isinstance(value, str) or not isinstance(kept, str) or not kept:
            continue
        if len(kept) < len(value.rstrip()) and value.startswith(kept):
            reason = f"the app kept {len(kept)} of {len(value)} characters"
            found.append(Note("shortened", side, names.get(name, name), reason=reason))
    return found


def _worked_out(done: Applied, side: Side, names: Mapping[str, str]) -> list[Note]:
    """A line for each field that the app changed by itself because of a write of ours."""
    before, item = done.plan.pair.on(side).snapshot or {}, done.written.get(side)
    reason = "the app changed it by itself when other fields were written; it does not travel"
    return [
        Note("worked out", side, names.get(name, name), before.get(name), item.fields.get(name), reason)
        for name in sorted(done.worked_out(side))
        if item is not None
    ]


def last_values(step: DeleteItem, side: Side, names: Mapping[str, str]) -> list[Note]:
    """What the fields of a deleted item held; ``names`` are the fields' by id."""
    return [Note("deleted", side, names.get(name, name), before) for name, before in step.before.items()]


_COUNTED = {
    "update": "updated",
    "add_comment": "comments",
    "add_file": "attachments",
    "delete": "deleted",
    "add_link": "links",
    "remove_link": "links",
    "delete_comment": "removed",
    "delete_file": "removed",
}


def count(counts: Counter[str], done: Applied, made: Made | None) -> None:
    """Add what was carried out to ``counts``; a twin that was found again counts where it was found."""
    finished = {one.operation for one in done.outcomes if one.state == "done"}
    counts["created"] += made is not None
    for operation in done.plan.operations:
        if operation.id in finished and not isinstance(operation.step, CreateItem):
            counts[_COUNTED.get(operation.step.kind, "edits")] += 1
    if done.plan.summary and done.plan.pair.state in PARTED and done.failure is None:
        counts["ended" if done.plan.pair.state is PairState.ENDED else "left"] += 1
    counts["conflicts"] += len(done.plan.conflicts)
    counts["failed"] += done.failure is not None
