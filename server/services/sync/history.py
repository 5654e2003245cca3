"""The history's words for what was carried out, and the counts of a run; it must not decide, write or store."""

from __future__ import annotations

from collections.abc import Mapping

from server.domain.errors import Rejected
from server.domain.item import Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    CreateItem,
    DeleteComment,
    DeleteFile,
    DeleteItem,
    Note,
    Operation,
    RemoveLink,
    UpdateItem,
)
from server.domain.pair import PARTED, Pair, PairState
from server.domain.values import Value
from server.services.sync.apply import Applied
from server.services.sync.work import Look, Work
from server.store.events import Event


def event_of(work: Work, look: Look, pair: Pair, done: Applied) -> Event | None:
    """The history's line about one pair's plan; None when there is nothing to tell."""
    notes = [*written(done), *done.plan.notes]
    if done.failure is not None:
        words = done.failure.words or done.failure.message
        notes.append(Note("failed", reason=words))
    if not notes and not done.plan.conflicts and not done.plan.summary:
        return None
    return Event(_outcome(done), _summary(work, pair, done), pair.id, look.side, look.item_id, look.key, tuple(notes))


def _outcome(done: Applied) -> str:
    if done.failure is not None:
        return "failed" if isinstance(done.failure, Rejected) else "held"
    if done.created is not None:
        return "created"
    if done.deleted:
        return "deleted"
    if done.plan.summary and done.plan.pair.state in PARTED:
        return "ended" if done.plan.pair.state is PairState.ENDED else "left"
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
        made, source = (right, left) if pair.origin is Side.LEFT else (left, right)
        return f"{made} was created from {source}"
    for side in done.deleted:
        return deletion(work, pair, side)
    targets = sorted({operation.side for operation in done.plan.operations})
    if not targets:
        return f"{left} and {right} were compared"
    if len(targets) > 1:
        return f"{left} and {right} were both brought up to date"
    target, source = (right, left) if targets[0] is Side.RIGHT else (left, right)
    return f"{target} was brought up to date from {source}"


def deletion(work: Work, pair: Pair, side: Side) -> str:
    """The sentence about an item of ``side`` that the integration deleted."""
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


def _notes_of(done: Applied, operation: Operation) -> list[Note]:
    side, step = operation.side, operation.step
    names = {one.spec(side).id: one.spec(side).name for one in done.plan.type.fields}
    if isinstance(step, CreateItem):
        created = done.created.fields if done.created else {}
        return [
            Note("set", side, names.get(name, name), None, created.get(name, value))
            for name, value in step.draft.fields.items()
        ]
    if isinstance(step, UpdateItem):
        item = done.written.get(side)
        after: dict[str, Value] = dict(item.fields) if isinstance(item, Item) else dict(step.changed)
        return [
            Note("set", side, names.get(name, name), step.before.get(name), after.get(name)) for name in step.changed
        ]
    if isinstance(step, AddComment):
        return [Note("private comment" if step.draft.private else "comment", side, after=step.draft.body[:200])]
    if isinstance(step, AddFile):
        return [Note("file", side, step.name)]
    if isinstance(step, DeleteItem):
        return last_values(step, side, names)
    if isinstance(step, AddLink):
        return [Note("linked", side, step.link.kind, after=step.link.target)]
    if isinstance(step, RemoveLink):
        return [Note("link taken away", side, step.link.kind, before=step.link.target)]
    if isinstance(step, DeleteComment):
        return [Note("comment removed", side)]
    if isinstance(step, DeleteFile):
        return [Note("file removed", side, step.name)]
    return [Note("comment edited", side, after=step.body[:200])]


def last_values(step: DeleteItem, side: Side, names: Mapping[str, str]) -> list[Note]:
    """What the fields of a deleted item held; ``names`` are the fields' by id."""
    return [Note("deleted", side, names.get(name, name), before) for name, before in step.before.items()]


_COUNTED = {
    "create": "created",
    "update": "updated",
    "add_comment": "comments",
    "add_file": "attachments",
    "delete": "deleted",
    "add_link": "links",
    "remove_link": "links",
    "delete_comment": "removed",
    "delete_file": "removed",
}


def count(work: Work, done: Applied) -> None:
    """Add what was carried out to the run's counts."""
    finished = {one.operation for one in done.outcomes if one.state == "done"}
    for operation in done.plan.operations:
        if operation.id in finished:
            work.run.counts[_COUNTED.get(operation.step.kind, "edits")] += 1
    if done.plan.summary and done.plan.pair.state in PARTED and done.failure is None:
        work.run.counts["ended" if done.plan.pair.state is PairState.ENDED else "left"] += 1
    if done.plan.conflicts:
        work.run.counts["conflicts"] += len(done.plan.conflicts)
    if done.failure is not None:
        work.run.counts["failed"] += 1
