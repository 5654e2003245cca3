"""Make a twin, with what its app takes of it; it must not send a create again before it has looked for the item.

What the app refuses is left out, and tried once more on the item that is there then. A kill -9 right after the create
leaves a planned operation: the next pass finds the item by its correlation id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from server import faults
from server.domain.errors import AppError, LostAnswer, Rejected, Unreadable
from server.domain.item import Draft, Item, Side
from server.domain.values import FieldKind, Value
from server.engine.arrival import descriptions
from server.engine.audience import hollow
from server.engine.plan import Plan
from server.services.sync.carried import Applied
from server.services.sync.leave_out import Writing, is_of_a_value
from server.services.sync.recovery import free
from server.services.sync.work import Work

MOST_CREATES: Final = 4
"""So often a create is sent, each time with less, until the app takes it or the item is given up."""
_DAYS = frozenset({FieldKind.DATE, FieldKind.MOMENT})
_EXACT = frozenset({FieldKind.OPTION, FieldKind.STATUS, FieldKind.USER, FieldKind.FLAG, FieldKind.NUMBER})


def create(work: Work, done: Applied, side: Side, draft: Draft) -> None:
    """Make the twin, and complete it with what the app takes only on an item that is there."""
    if draft.restrict:
        _create_restricted(work, done, side, draft)
        return
    made, sent, refused = _make(work, done, side, draft)
    done.created = made
    work.made.add((side, made.id))
    left_out = {name: value for name, value in draft.fields.items() if name not in sent.fields}
    named = refused.fields if refused is not None else ()
    left_out |= {name: sent.fields[name] for name in named if sent.fields.get(name) != made.fields.get(name)}
    took = _complete(work, done, side, made, _missing(done, side, made, sent.fields) | left_out)
    if refused is not None and not took:
        done.failure = done.failure or refused
        if done.failure is not refused:
            done.failure.words = _all_words(refused, done.failure)


def _create_restricted(work: Work, done: Applied, side: Side, draft: Draft) -> None:
    """Make a twin that not everybody sees: hollow first, and filled once the app has shown that it is restricted.

    A kill -9 in between leaves a hollow item, which is looked up by the next pass and filled by the same rule.
    """
    made, _, _ = _make(work, done, side, hollow(draft, done.plan.type, side))
    done.created = made
    work.made.add((side, made.id))
    rest = {name: value for name, value in draft.fields.items() if made.fields.get(name) != value}
    done.refused[side] |= set(rest)
    believe_restricted(work, side, made)
    _complete(work, done, side, made, rest | _made_up(done, side, made, draft.fields) | {draft.restrict: True})


def believe_restricted(work: Work, side: Side, item: Item) -> None:
    """Raises ``Rejected`` where an item that was to be restricted is not."""
    if not item.restricted:
        raise Rejected(
            f"{work.end(side).name} did not restrict {item.key}, so nothing of its original was written there. Give "
            "the syncing user the right to make items private, or let such items stay where they are."
        )


def _make(work: Work, done: Applied, side: Side, draft: Draft) -> tuple[Item, Draft, Rejected | None]:
    """The new item, what was sent for it, and what the app refused although it made the item.

    A refused create may have been done all the same, so the item is looked for before anything is sent again.
    """
    connector, sent = work.end(side).connector, draft
    said: list[Rejected] = []
    for _ in range(MOST_CREATES):
        faults.reach("create.sending")
        try:
            made = connector.create(sent)
        except Unreadable:
            raise  # it was made
        except Rejected as error:
            found = _made_all_the_same(work, done, side, sent, error)
            if found is not None:
                return found, sent, error
            said.append(error)
            done.said.append((side, error.words or error.message))
            less = _with_less(done.plan, side, sent, error)
            if less is None:
                break
            sent = less
        else:
            faults.reach("create.sent")
            return made, sent, None
    first = said[0]
    first.words = _all_words(*said)
    raise first


def _with_less(plan: Plan, side: Side, sent: Draft, error: Rejected) -> Draft | None:
    """What is sent next: without the fields that the app named, else without all that an item can be made without.

    The title always goes, the description until nothing else is left to be meant. None: there is nothing to leave out.
    """
    if not is_of_a_value(error):
        return None
    specs = [one.spec(side) for one in plan.type.fields]
    title = next((spec.id for spec in specs if spec.kind is FieldKind.TEXT), "")
    named = {name for name in sent.fields if name in error.fields} - {title}
    if named:
        return _without(sent, named)
    if title in error.fields:
        return None
    kept = {title, *descriptions(plan.type, side)}
    required = {title, *(spec.id for spec in specs if spec.required)}
    for essential in (kept | required, kept, required - descriptions(plan.type, side)):
        out = set(sent.fields) - essential
        if out:
            return _without(sent, out)
    return None


def _without(sent: Draft, names: set[str]) -> Draft:
    return replace(sent, fields={name: value for name, value in sent.fields.items() if name not in names})


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


def _missing(done: Applied, side: Side, item: Item, sent: Mapping[str, Value]) -> dict[str, Value]:
    """What a create left out without a word, and what the app made up where the original has nothing.

    Left out is mostly a status that is reached only through the workflow; made up is mostly a start day.
    """
    specs = {one.spec(side).id: one.spec(side) for one in done.plan.type.fields}
    return {
        name: value
        for name, value in sent.items()
        if name in specs and not specs[name].create_only and _is_missing(specs[name].kind, value, item.fields.get(name))
    } | _made_up(done, side, item, sent)


def _is_missing(kind: FieldKind, sent: Value, held: Value) -> bool:
    """Whether a create left a value out; a text that is there in other words is there."""
    if kind in (FieldKind.TEXT, FieldKind.RICH_TEXT):
        return held in (None, "") and bool(str(sent or "").strip())
    return kind in _EXACT and held != sent


def _complete(work: Work, done: Applied, side: Side, made: Item, missing: Mapping[str, Value]) -> bool:
    """Write to the new item what is missing there. Whether there was something, and all of it took."""
    if not missing:
        return False
    empty = {one.spec(side).id: None for one in done.plan.type.fields}  # an app may be silent of what holds nothing
    writing = Writing(
        work.end(side).connector, side, done.plan.type, made.id, made.fields, known=empty | dict(made.fields), item=made
    )
    took = False
    try:
        took = writing.write(missing) is None
    except AppError as error:
        # The twin is there, so the pair is linked; what it did not take is tried again with the pair.
        done.refused[side] |= set(missing) - writing.taken
        done.failure = error
    done.said += [(side, words) for words in writing.said]
    done.leave_out(writing)
    done.refused[side] -= writing.taken
    done.created = writing.result() or made
    return took


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
