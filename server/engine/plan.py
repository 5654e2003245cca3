"""What reconcile decides: operations, lines of history, and the pair as it will be; it must not carry anything out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from server.domain.item import Item, Side
from server.domain.operation import Conflict, Note, Operation, Step
from server.domain.pair import AttachmentPair, CommentPair, Pair, PairState, Seen
from server.domain.values import Value
from server.engine.mapping import CompiledType
from server.engine.texts import Texts


@dataclass(frozen=True, slots=True)
class Wait:
    """Something of the item on ``side`` that cannot travel before ``target``, an item of that side, has a twin."""

    side: Side
    target: str
    reason: str
    """A sentence."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Something of a pair that is not written for a while, because it was written too often. ``why``: a sentence."""

    why: str
    seconds: float
    """Until it goes on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome of looking at one pair.

    ``pair`` is the pair with both sides as they were seen now and with every comment and file accounted for.
    ``held`` names, by side, the fields whose old snapshot stays because a person has to decide. ``bases``: by side,
    what fields were compared with where that was not the old snapshot (see ``engine.fields``). It has to stay known
    until what was decided has come through.
    """

    pair: Pair
    type: CompiledType
    operations: tuple[Operation, ...] = ()
    notes: tuple[Note, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    held: Mapping[Side, frozenset[str]] = field(default_factory=dict)
    summary: str = ""
    """The sentence of the history, where the operations alone do not say it."""
    waits: tuple[Wait, ...] = ()
    bases: Mapping[Side, Mapping[str, Value]] = field(default_factory=dict)
    withheld: tuple[Operation, ...] = ()
    """What is not sent now: it counts as not carried, and is planned anew by the next look."""
    stops: tuple[Stop, ...] = ()
    """What the breaker has stopped of it."""

    @property
    def planned(self) -> tuple[Operation, ...]:
        """All that would bring the two in step, whether it is sent now or not."""
        return (*self.operations, *self.withheld)


@dataclass(slots=True)
class Draughtsman:
    """Collects the steps of one plan in order and gives each its id; lives only within one call."""

    pair: str
    ids: Iterator[str]
    lost: tuple[Operation, ...] = ()
    operations: list[Operation] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    texts: Texts | None = None
    """How texts of the pair cross; None: nothing is known of what they name."""

    def add(self, side: Side, step: Step) -> None:
        """Append a step on ``side``."""
        self.operations.append(Operation(next(self.ids), self.pair, len(self.operations), side, step))

    def note(self, what: str, side: Side | None = None, **more: object) -> None:
        """Append a line of history."""
        self.notes.append(Note(what, side, **more))  # type: ignore[arg-type]  # the fields of Note


def snapshot(type_: CompiledType, side: Side, item: Item) -> dict[str, Value]:
    """The values of the mapped fields of ``item``, in its own terms."""
    return {one.spec(side).id: item.fields.get(one.spec(side).id) for one in type_.fields}


def seen(type_: CompiledType, side: Side, item: Item, old: Seen, held: frozenset[str]) -> Seen:
    """A side as it is now; fields that are ``held``, or rest, keep what they had at the last settle."""
    values = snapshot(type_, side, item)
    for name in {*held, *(one.on(side) for one in type_.resting)}:
        before = old.snapshot or {}
        if name in before:
            values[name] = before[name]
        else:
            values.pop(name, None)
    return Seen(item.id, item.key, item.url, item.type, values, item.stamp, old.links, item.restricted)


def known_before(plan: Plan, side: Side, old: Pair | None) -> dict[str, Value]:
    """What a side's fields were compared with: its old snapshot, or what was known better.

    After a create or a write whose answer was lost that is what was sent. Without it, what a person took away since
    would not be missed any more once the write that was to take it away has failed.
    """
    before = dict((old.on(side).snapshot if old else None) or {})
    for name, base in plan.bases.get(side, {}).items():
        before.pop(name, None)
        before |= {name: base} if base is not None else {}
    return before


def unsettled(pair: Pair) -> Pair:
    """The pair as reserved: both ids as far as known, no snapshot before the settle."""
    left, right = (replace(pair.on(side), snapshot=None, stamp="", links=frozenset()) for side in Side)
    return replace(pair, state=PairState.RESERVED, left=left, right=right)


def compared(plan: Plan, old: Pair) -> Pair:
    """The pair before anything of ``plan`` is carried out, but with all that its open operations told of it.

    They are closed with the plan's commit. A death after it would else leave nobody who knows what they had sent.
    """
    pair = unsettled(plan.pair) if old.state is PairState.RESERVED else replace(old, displaced=plan.pair.displaced)
    if plan.pair.state is not PairState.LINKED:
        return pair
    left, right = (replace(pair.on(side), snapshot=known_before(plan, side, old), stamp="") for side in Side)
    return replace(pair, left=left, right=right)


def comment_ids(pairs: tuple[CommentPair, ...], side: Side) -> dict[str, CommentPair]:
    """The comment pairs that are known on a side, by the comment's id there."""
    return {there: one for one in pairs if (there := one.on(side)) is not None}


def attachment_ids(pairs: tuple[AttachmentPair, ...], side: Side) -> dict[str, AttachmentPair]:
    """The attachment pairs that are known on a side, by the file's id there."""
    return {there: one for one in pairs if (there := one.on(side)) is not None}
