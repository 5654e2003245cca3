"""Carry out a pair's operations, in order, and record what became of each; it must not decide or store anything.

A kill -9 after any write here leaves a ``planned`` operation in the journal: the next pass finds the twin, comment or
file again by its correlation id, and asks for an item that was to be deleted, before it does anything else.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from server import faults
from server.domain.errors import AppError, Fenced, Gone, LostAnswer, Rejected, Transient, Unreadable
from server.domain.item import FileDraft, Side
from server.domain.media import media_type
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
    Step,
    UpdateItem,
)
from server.domain.quoting import unquoted
from server.domain.values import Value
from server.engine.plan import Plan, snapshot
from server.services.sync.carried import Applied
from server.services.sync.creation import believe_restricted, create
from server.services.sync.leave_out import Writing
from server.services.sync.overtaken import overtaken
from server.services.sync.work import Work
from server.store import sealing
from server.store.journal import NOT_REACHED, Outcome

_IN_MEMORY = 1024 * 1024


def apply(work: Work, plan: Plan, read: float) -> Applied:
    """Carry out ``plan``. Never raises an ``AppError``: the first one is in ``failure``.

    ``read``: when, by the pass's clock, the reading began on which the plan rests.

    Raises ``Fenced`` when the tenant may be another's by now; what is not done then stays planned.
    """
    done = Applied(plan)
    for operation in plan.operations:
        if _is_overtaken(work, done, operation, read):
            break
        try:
            with _hushed(plan, operation):
                _carry_out(work, done, operation)
            done.outcomes.append(Outcome(operation.id, "done", after=_held(done, operation)))
        except (LostAnswer, Unreadable) as error:
            done.failure = error
            break  # the operation stays planned: its outcome is unknown, also where it cannot be read back
        except Rejected as error:
            done.failure = done.failure or error
            done.refuse(operation, error)
            done.outcomes.append(Outcome(operation.id, "failed", error.words or error.message))
            if isinstance(operation.step, CreateItem | RestrictItem):
                break  # without it nothing that follows has a place, or may be seen by everybody
        except AppError as error:
            done.failure = error
            if not _in_several(operation):
                done.outcomes.append(Outcome(operation.id, "failed", error.message))
            break  # of several requests the first may have been done: it stays planned and is looked up
        except Fenced:
            raise
        except Exception as error:
            work.scope.log.exception("an operation failed in an unforeseen way", operation=operation.id)
            done.failure = LostAnswer(f"Lockstep could not carry this out ({error}). The log has the details.")
            break
    _set_aside(done)
    return done


def _is_overtaken(work: Work, done: Applied, operation: Operation, read: float) -> bool:
    """Whether somebody was faster than this step: then nothing of it is sent, and that is its failure."""
    item_id = done.plan.pair.on(operation.side).item_id
    error = overtaken(work, operation.side, item_id, operation.step, read) if item_id and not done.created else None
    if error is not None:
        done.failure = error
        done.outcomes.append(Outcome(operation.id, "failed", error.message))
        rest = done.plan.operations[done.plan.operations.index(operation) + 1 :]
        done.outcomes += [Outcome(one.id, "superseded", NOT_REACHED) for one in rest]
    return error is not None


@contextmanager
def _hushed(plan: Plan, operation: Operation) -> Iterator[None]:
    """What an app says to a private comment may quote it: holds and history are read by more people, so it goes."""
    try:
        yield
    except AppError as error:
        body, ours = _private_words(plan, operation.step), unquoted(error.message)
        if body and sealing.quotes(f"{error.words} {error.message.removeprefix(ours)}", body):
            error.words, error.message = "", f"{ours} {sealing.WITHHELD}"
            error.args = (error.message,)
        raise


def _private_words(plan: Plan, step: Step) -> str:
    """What a step says in private; empty where everybody may read it."""
    if isinstance(step, AddComment):
        return step.draft.body if step.draft.private else ""
    if not isinstance(step, EditComment):
        return ""
    known = next((one for one in plan.pair.comments if one.id == step.comment_pair), None)
    return "" if known is not None and not known.private else f"{step.body} {step.before or ''}"


def _set_aside(done: Applied) -> None:
    """What was not reached is planned anew by the next look; an operation whose outcome is unknown stays planned."""
    reached = {outcome.operation for outcome in done.outcomes}
    rest = [one for one in done.plan.operations if one.id not in reached]
    first = rest[0] if rest else None
    unknown = isinstance(done.failure, LostAnswer | Unreadable)
    if first is not None and (unknown or _in_several(first)):
        rest = rest[1:]
    for operation in rest:
        done.outcomes.append(Outcome(operation.id, "superseded", NOT_REACHED))


def _in_several(operation: Operation) -> bool:
    """Whether an app does it by several requests: a creation, or a status over others."""
    step = operation.step
    return isinstance(step, CreateItem) or (isinstance(step, UpdateItem) and bool(step.via))


def _carry_out(work: Work, done: Applied, operation: Operation) -> None:
    side, step = operation.side, operation.step
    connector = work.end(side).connector
    if isinstance(step, CreateItem):
        create(work, done, side, step.draft)
        return
    item_id = done.created.id if done.created is not None else done.plan.pair.on(side).item_id
    if item_id is None:
        raise TypeError("a step on an item comes after the step that makes it")
    if isinstance(step, RestrictItem):
        _restrict(work, done, side, item_id, step)
    elif isinstance(step, UpdateItem):
        _update(work, done, side, item_id, step)
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


def _update(work: Work, done: Applied, side: Side, item_id: str, step: UpdateItem) -> None:
    """Write fields, but for those that the app refuses. Raises its refusal where it took none of them."""
    writing = Writing(work.end(side).connector, side, done.plan.type, item_id, step.before)
    try:
        refused = writing.write(step.changed)
    finally:
        done.take(writing)
    done.leave_out(writing)
    if refused is not None and not writing.taken:
        raise refused


def _held(done: Applied, operation: Operation) -> dict[str, Value]:
    """What the app said it holds in the fields that were written: an undo takes back only what is still that."""
    side, step = operation.side, operation.step
    if isinstance(step, CreateItem) and done.created is not None:
        return snapshot(done.plan.type, side, done.created)
    if isinstance(step, UpdateItem):
        return {name: done.written[side].fields.get(name) for name in step.changed if name not in done.refused[side]}
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
    """Restrict the twin. Raises ``Rejected`` where the app refuses it, or says yes and leaves it as it was."""
    writing = Writing(work.end(side).connector, side, done.plan.type, item_id, {})
    refused = writing.write({step.field: True})
    done.take(writing)
    if refused is not None or writing.item is None:
        raise refused or Rejected("Nothing came back of the item that was to be restricted.")
    believe_restricted(work, side, writing.item)


def _transfer(work: Work, done: Applied, side: Side, item_id: str, step: AddFile) -> None:
    """Stream a file across."""
    source = work.end(side.other).connector
    source_id = done.plan.pair.on(side.other).item_id
    if source_id is None:
        raise TypeError("a file has an item to come from")
    exact, limit = source.manifest.capabilities.exact_sizes, work.mapping.document.attachments.max_bytes
    chunks = source.open_attachment(source_id, step.source)
    with kept(chunks, step.name, step.size if exact else limit) as (content, size, digest):
        if exact and size != step.size:
            raise Transient(
                f"“{step.name}” came with {size} bytes where {step.size} are told of it: it may be cut, or something "
                "else. It is read again."
            )
        if size > limit:
            raise Rejected(
                f"“{step.name}” has more bytes than the app told, and more than the integration's limit of {limit}. It"
                " stays where it is."
            )
        draft = FileDraft(step.name, media_type(step.content_type), size, digest, step.marker)
        faults.reach("file.sending")
        done.files[step.marker] = work.end(side).connector.add_attachment(item_id, draft, content)
        faults.reach("file.sent")
    done.hashes[step.marker] = digest


@contextmanager
def kept(chunks: Iterable[bytes], name: str, most: int) -> Iterator[tuple[BinaryIO, int, str]]:
    """A file's content, size and SHA-256; memory holds at most a megabyte of it, the rest spills to the disk.

    What comes after the first ``most`` bytes is not read: an app that sends on and on fills no disk.
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
                if size > most:
                    break
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
