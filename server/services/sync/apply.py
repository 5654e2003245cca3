"""Carry out a pair's operations, in order, and record what became of each; it must not decide or store anything.

A kill -9 after any write here leaves a ``planned`` operation in the journal: the next pass finds the twin, comment or
file again by its correlation id, and asks for an item that was to be deleted, before it does anything else.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import BinaryIO, cast

from server import faults
from server.domain.errors import AppError, Fenced, Gone, LostAnswer, Rejected, Transient, Unreadable
from server.domain.item import Draft, FileDraft, Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    CreateItem,
    DeleteComment,
    DeleteFile,
    DeleteItem,
    EditComment,
    Operation,
    RemoveLink,
    RestrictItem,
    UpdateItem,
)
from server.domain.values import FieldKind, Value
from server.engine.audience import hollow
from server.engine.plan import Plan, snapshot
from server.services.sync.look import free
from server.services.sync.work import Work
from server.store.journal import Outcome

_IN_MEMORY = 1024 * 1024
_DAYS = frozenset({FieldKind.DATE, FieldKind.MOMENT})
_EXACT = frozenset({FieldKind.OPTION, FieldKind.STATUS, FieldKind.USER, FieldKind.FLAG, FieldKind.NUMBER})


@dataclass(slots=True)
class Applied:
    """What became of one pair's plan.

    ``written``: by side, the item as the app holds it after the last field write. ``fields``: by side, the names of
    fields that were written. ``refused``: by side, fields that a create left out and that did not take later either.
    ``comments`` and ``files`` map our correlation ids to the twins' ids; ``hashes`` to the SHA-256 of a file.
    ``edited`` and ``removed`` hold our correlation ids of comments (and files) whose twin was changed or removed.
    ``deleted``: the sides whose item is no more.
    """

    plan: Plan
    outcomes: list[Outcome] = field(default_factory=list)
    created: Item | None = None
    written: dict[Side, Item] = field(default_factory=dict)
    fields: dict[Side, set[str]] = field(default_factory=lambda: {Side.LEFT: set(), Side.RIGHT: set()})
    refused: dict[Side, set[str]] = field(default_factory=lambda: {Side.LEFT: set(), Side.RIGHT: set()})
    comments: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    deleted: set[Side] = field(default_factory=set)
    failure: AppError | None = None


def apply(work: Work, plan: Plan) -> Applied:
    """Carry out ``plan``. Never raises an ``AppError``: the first one is in ``failure``.

    Raises ``Fenced`` when the tenant may be another's by now; what is not done then stays planned.
    """
    done = Applied(plan)
    for operation in plan.operations:
        try:
            _carry_out(work, done, operation)
            done.outcomes.append(Outcome(operation.id, "done", after=_held(done, operation)))
        except (LostAnswer, Unreadable) as error:
            done.failure = error
            break  # the operation stays planned: its outcome is unknown, also where it cannot be read back
        except Rejected as error:
            done.failure = done.failure or error
            done.outcomes.append(Outcome(operation.id, "failed", error.words or error.message))
            if isinstance(operation.step, CreateItem | RestrictItem):
                break  # without it nothing that follows has a place, or may be seen by everybody
        except AppError as error:
            done.failure = error
            if not isinstance(operation.step, CreateItem):
                done.outcomes.append(Outcome(operation.id, "failed", error.message))
            break  # a create may be several requests, the first of which was done: it stays planned and is looked up
        except Fenced:
            raise
        except Exception as error:
            work.scope.log.exception("an operation failed in an unforeseen way", operation=operation.id)
            done.failure = LostAnswer(f"Lockstep could not carry this out ({error}). The log has the details.")
            break
    _set_aside(done)
    return done


def _set_aside(done: Applied) -> None:
    """What was not reached is planned anew by the next look; an operation whose outcome is unknown stays planned."""
    reached = {outcome.operation for outcome in done.outcomes}
    rest = [one for one in done.plan.operations if one.id not in reached]
    first = rest[0] if rest else None
    unknown = isinstance(done.failure, LostAnswer | Unreadable)
    if first is not None and (unknown or isinstance(first.step, CreateItem)):
        rest = rest[1:]
    for operation in rest:
        done.outcomes.append(Outcome(operation.id, "superseded", "an earlier step did not succeed"))


def _carry_out(work: Work, done: Applied, operation: Operation) -> None:
    side, step = operation.side, operation.step
    connector = work.end(side).connector
    if isinstance(step, CreateItem):
        _create(work, done, side, step.draft)
        return
    item_id = done.created.id if done.created is not None else done.plan.pair.on(side).item_id
    if item_id is None:
        raise TypeError("a step on an item comes after the step that makes it")
    if isinstance(step, RestrictItem):
        _restrict(work, done, side, item_id, step)
    elif isinstance(step, UpdateItem):
        done.written[side] = _write(work, side, item_id, step.changed)
        done.fields[side] |= set(step.changed)
    elif isinstance(step, AddComment):
        faults.reach("comment.sending")
        done.comments[step.draft.marker] = connector.add_comment(item_id, step.draft)
        faults.reach("comment.sent")
    elif isinstance(step, EditComment):
        faults.reach("edit.sending")
        connector.edit_comment(item_id, step.target, step.body)
        faults.reach("edit.sent")
        done.edited.add(step.comment_pair)
    elif isinstance(step, AddFile):
        _transfer(work, done, side, item_id, step)
    elif isinstance(step, AddLink | RemoveLink):
        _relate(work, side, item_id, step)
    else:
        _delete(work, done, side, item_id, step)


def _held(done: Applied, operation: Operation) -> dict[str, Value]:
    """What the app said it holds in the fields that were written: an undo takes back only what is still that."""
    side, step = operation.side, operation.step
    if isinstance(step, CreateItem) and done.created is not None:
        return snapshot(done.plan.type, side, done.created)
    if isinstance(step, UpdateItem):
        return {name: done.written[side].fields.get(name) for name in step.changed}
    return {}


def _delete(work: Work, done: Applied, side: Side, item_id: str, step: DeleteItem | DeleteComment | DeleteFile) -> None:
    """Remove the item, or a comment or file of it; what is gone by somebody else, or by us before a death, is so."""
    connector = work.end(side).connector
    faults.reach("delete.sending")
    with suppress(Gone):
        if isinstance(step, DeleteItem):
            connector.delete(item_id)
        elif isinstance(step, DeleteComment):
            connector.delete_comment(item_id, step.target)
        else:
            connector.delete_attachment(item_id, step.target)
    faults.reach("delete.sent")
    if isinstance(step, DeleteItem):
        done.deleted.add(side)
    else:
        done.removed.add(step.comment_pair if isinstance(step, DeleteComment) else step.attachment_pair)


def _relate(work: Work, side: Side, item_id: str, step: AddLink | RemoveLink) -> None:
    """Make a link, or take one away. Either is no error when it is so already, so nothing needs to be looked up."""
    connector, link = work.end(side).connector, step.link
    faults.reach("link.sending")
    if isinstance(step, AddLink):
        connector.add_link(item_id, link.kind, link.target)
    else:
        connector.remove_link(item_id, link.kind, link.target)
    faults.reach("link.sent")


def _restrict(work: Work, done: Applied, side: Side, item_id: str, step: RestrictItem) -> None:
    """Restrict the twin. Raises ``Rejected`` where the app says yes and leaves it as it was."""
    item = done.written[side] = _write(work, side, item_id, {step.field: True})
    _believe_restricted(work, side, item)


def _believe_restricted(work: Work, side: Side, item: Item) -> None:
    if not item.restricted:
        raise Rejected(
            f"{work.end(side).name} did not restrict {item.key}, so nothing of its original was written there. Give "
            "the syncing user the right to make items private, or let such items stay where they are."
        )


def _make(work: Work, side: Side, draft: Draft) -> Item:
    faults.reach("create.sending")
    made = work.end(side).connector.create(draft)
    faults.reach("create.sent")
    return made


def _write(work: Work, side: Side, item_id: str, changed: Mapping[str, Value]) -> Item:
    faults.reach("update.sending")
    written = work.end(side).connector.update(item_id, changed)
    faults.reach("update.sent")
    return written


def _create(work: Work, done: Applied, side: Side, draft: Draft) -> None:
    """Make the twin. An app may refuse a value when the item is there already, so a refusal is looked into first."""
    if draft.restrict:
        _create_restricted(work, done, side, draft)
        return
    try:
        done.created = _make(work, side, draft)
    except Rejected as error:
        done.created = _made_all_the_same(work, done, side, draft, error)
        if done.created is None:
            raise
        work.made.add((side, done.created.id))
        if not _insist(work, done, side, done.created, draft.fields):
            done.failure = done.failure or error
            done.failure.words = _all_words(error, done.failure)
    else:
        work.made.add((side, done.created.id))
        _insist(work, done, side, done.created, draft.fields)


def _create_restricted(work: Work, done: Applied, side: Side, draft: Draft) -> None:
    """Make a twin that not everybody sees: hollow first, and filled once the app has shown that it is restricted.

    A kill -9 in between leaves a hollow item, which is looked up by the next pass and filled by the same rule.
    """
    shell = hollow(draft, done.plan.type, side)
    try:
        made = done.created = _make(work, side, shell)
    except Rejected as error:
        found = _made_all_the_same(work, done, side, shell, error)
        if found is None:
            raise
        made = done.created = found
    work.made.add((side, made.id))
    rest = {name: value for name, value in draft.fields.items() if made.fields.get(name) != value}
    done.refused[side] |= set(rest)
    _believe_restricted(work, side, made)
    rest |= _made_up(done, side, made, draft.fields) | {draft.restrict: True}
    try:
        done.created = _write(work, side, made.id, rest)
    except AppError as error:
        done.failure = error
    else:
        done.refused[side] -= set(rest)


def _made_all_the_same(work: Work, done: Applied, side: Side, draft: Draft, refusal: Rejected) -> Item | None:
    connector = work.end(side).connector
    asked = done.plan.pair.reserved_at or connector.server_time or datetime.now(UTC)
    try:
        found = free(work, side, connector.find(draft, asked))
        return connector.fetch(found[0]) if found else None
    except AppError as error:
        raise LostAnswer(
            "The app refused a part of the new item, and could not be asked then whether it is there. It is looked up.",
            words=_all_words(refusal, error),
        ) from error


def _all_words(*errors: AppError) -> str:
    """What the app said each time, so that a second failure does not hide the first."""
    return "; ".join(dict.fromkeys(one.words or one.message for one in errors))


def _insist(work: Work, done: Applied, side: Side, item: Item, sent: Mapping[str, Value]) -> bool:
    """Write again what a create left out, and take back what the app made up where the original has nothing.

    Left out is mostly a status that is reached only through the workflow; made up is mostly a start day. Whether there
    was something, and it took.
    """
    specs = {one.spec(side).id: one.spec(side) for one in done.plan.type.fields}
    missing = {
        name: value
        for name, value in sent.items()
        if name in specs
        and specs[name].kind in _EXACT
        and not specs[name].create_only
        and item.fields.get(name) != value
    } | _made_up(done, side, item, sent)
    if not missing:
        return False
    try:
        done.created = _completed(item, work.end(side).connector.update(item.id, missing), missing)
    except AppError as error:
        # The twin is there, so the pair is linked; what it did not take is tried again with the pair.
        done.refused[side] |= set(missing)
        done.failure = error
        return False
    return True


def _completed(made: Item, after: Item, written: Mapping[str, Value]) -> Item:
    """The new twin after a second write: what a person changed meanwhile must look changed at the next look."""
    fields = {**after.fields, **{name: value for name, value in made.fields.items() if name not in written}}
    return replace(after, fields=fields, stamp=after.stamp if fields == dict(after.fields) else "")


def _made_up(done: Applied, side: Side, item: Item, sent: Mapping[str, Value]) -> dict[str, Value]:
    """Days that the app filled in by itself: nobody typed them, and the original has none."""
    source = done.plan.pair.on(side.other).snapshot or {}
    return {
        one.spec(side).id: None
        for one in done.plan.type.fields
        if one.spec(side).kind in _DAYS
        and one.rule.direction.allows(side)
        and one.spec(side).id not in sent
        and not (one.spec(side).required or one.spec(side).read_only or one.spec(side).create_only)
        and not source.get(one.spec(side.other).id)
        and item.fields.get(one.spec(side).id)
    }


def _transfer(work: Work, done: Applied, side: Side, item_id: str, step: AddFile) -> None:
    """Stream a file across."""
    source = work.end(side.other).connector
    source_id = done.plan.pair.on(side.other).item_id
    if source_id is None:
        raise TypeError("a file has an item to come from")
    with _kept(source.open_attachment(source_id, step.source), step.name) as (content, size, digest):
        if size != step.size and source.manifest.capabilities.exact_sizes:
            raise Transient(
                f"“{step.name}” came with {size} bytes where {step.size} are told of it: it may be cut, or something "
                "else. It is read again."
            )
        draft = FileDraft(step.name, step.content_type, size, digest, step.marker)
        faults.reach("file.sending")
        done.files[step.marker] = work.end(side).connector.add_attachment(item_id, draft, content)
        faults.reach("file.sent")
    done.hashes[step.marker] = digest


@contextmanager
def _kept(chunks: Iterable[bytes], name: str) -> Iterator[tuple[BinaryIO, int, str]]:
    """A file's content, size and SHA-256; memory holds at most a megabyte of it, the rest spills to the disk.

    Raises ``Transient`` when this machine has no room for it.
    """
    digest, size = hashlib.sha256(), 0
    content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed below, whatever it says then
    try:
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                content.write(chunk)
            content.seek(0)
        except OSError as error:
            raise Transient(
                f"This machine has no room for “{name}” among its temporary files ({error.strerror}). Make room; the"
                " file is tried again by itself."
            ) from error
        yield cast("BinaryIO", content), size, digest.hexdigest()
    finally:
        with suppress(OSError):  # what found no room when it was written finds none when it is closed
            content.close()
