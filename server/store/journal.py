"""The journal: operations are written and committed here before any remote write; it must not carry them out.

A row that is still ``planned`` when no process works on it is an operation whose outcome is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter
from sqlalchemy import Column, Connection, Row, bindparam, func, select, text, true, update

from server.domain.item import Side
from server.domain.operation import (
    AddComment,
    Carried,
    DeleteItem,
    EditComment,
    Operation,
    Step,
    Tried,
    UpdateItem,
)
from server.domain.values import Value
from server.store import bulk, sealing
from server.store import tables as t
from server.store.crypto import Cipher
from server.store.pairs import values

_STEP: TypeAdapter[Step] = TypeAdapter(Annotated[Step, Field(discriminator="kind")])

_GIVEN = bulk.rows_of(t.operations, ("id", "state", "error", "after"))
_FINISH = (
    update(t.operations)
    .where(t.operations.c.id == _GIVEN.c.id)
    .values(state=_GIVEN.c.state, error=_GIVEN.c.error, after=_GIVEN.c.after, finished_at=func.now())
)
PLANNED = t.operations.c.state == bulk.constant("planned")
"""The outcome is unknown."""
OPEN = bulk.first(select(t.operations).where(PLANNED), "open")
_MINE = bulk.each(
    select(t.pairs.c.id).where(
        t.pairs.c.id == OPEN.c.pair_id, t.pairs.c.integration_id == bindparam("integration", type_=t.pairs.c.id.type)
    ),
    "mine",
)
IN_DOUBT = OPEN.join(_MINE, true())
"""What is open of an integration: few operations, each of which has its pair looked up."""
_UNRESOLVED = (
    select(OPEN, t.runs.c.trigger)
    .select_from(IN_DOUBT.join(t.runs, t.runs.c.id == OPEN.c.run_id))
    .order_by(OPEN.c.pair_id, OPEN.c.planned_at, OPEN.c.place)
)
_WALK, _WALK_NO_MORE = text("set enable_bitmapscan = off"), text("reset enable_bitmapscan")
_UNRESOLVED_OF = _UNRESOLVED.where(bulk.named(OPEN.c.pair_id, "pairs"))

NOT_REACHED = "an earlier step did not succeed"
"""The error of an operation that was never tried."""

OperationState = Literal["planned", "done", "failed", "superseded"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operation. ``planned`` leaves it open: it may or may not have happened.

    ``after``: what the app said it held then, in the fields that were written.
    """

    operation: str
    state: OperationState
    error: str = ""
    after: Mapping[str, Value] = field(default_factory=dict)


def plan(tx: Connection, cipher: Cipher, run_id: str, operations: Sequence[Operation]) -> None:
    """Write operations down as planned; what private comments say is sealed where the tenant wants that."""
    sealed = _to_seal(tx, operations)
    rows = [
        {
            "id": one.id,
            "run_id": run_id,
            "pair_id": one.pair,
            "place": one.place,
            "kind": one.step.kind,
            "side": one.side.value,
            "payload": _payload(cipher, one, sealed),
            "before": dict(one.step.before) if isinstance(one.step, UpdateItem | DeleteItem) else {},
        }
        for one in operations
    ]
    bulk.insert(tx, t.operations, rows)


def _to_seal(tx: Connection, operations: Sequence[Operation]) -> set[str]:
    """The operations whose words are to be sealed. Asks nothing where no comment is written."""
    private = {one.id for one in operations if isinstance(one.step, AddComment) and one.step.draft.private}
    edits = {one.id: one.step.comment_pair for one in operations if isinstance(one.step, EditComment)}
    if not (private or edits) or not sealing.writes_sealed(tx):
        return set()
    hidden = sealing.private_edits(tx, list(edits.values())) if edits else set()
    return private | {one for one, comment in edits.items() if comment in hidden}


def _payload(cipher: Cipher, one: Operation, sealed: set[str]) -> Mapping[str, Any]:
    payload: Mapping[str, Any] = _STEP.dump_python(one.step, mode="json")
    return sealing.seal(cipher, one.id, payload) if one.id in sealed else payload


def finish(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    """Record what became of operations; those still ``planned`` are left as they are."""
    rows = [
        {"id": one.operation, "state": one.state, "error": one.error, "after": dict(one.after)}
        for one in outcomes
        if one.state != "planned"
    ]
    if rows:
        tx.execute(_FINISH, bulk.parameters(rows))


def counts(tx: Connection, integration: str) -> dict[str, int]:
    """How many operations of an integration were done or may have been, by kind."""
    query = (
        select(t.operations.c.kind, func.count())
        .join(t.pairs, t.pairs.c.id == t.operations.c.pair_id)
        .where((t.pairs.c.integration_id == integration) & t.operations.c.state.in_(("planned", "done")))
        .group_by(t.operations.c.kind)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def unresolved(
    tx: Connection, cipher: Cipher, integration: str, pair_ids: Sequence[str] | None = None
) -> dict[str, tuple[Operation, ...]]:
    """Operations whose outcome is unknown, by pair, in order; of these pairs only, if given."""
    if pair_ids is not None and not pair_ids:
        return {}
    given = {"integration": integration} | ({} if pair_ids is None else {"pairs": list(pair_ids)})
    found: dict[str, list[Operation]] = defaultdict(list)
    for row in tx.execute(_UNRESOLVED if pair_ids is None else _UNRESOLVED_OF, given):
        found[str(row.pair_id)].append(_operation(cipher, row))
    return {pair: tuple(operations) for pair, operations in found.items()}


def sides_in_doubt(tx: Connection, integration: str) -> set[Side]:
    """The sides on which an item may or may not have been made: a creation there has an unknown outcome.

    Asked for each page. What is over leaves an entry in the index until a plain walk over it has found that out; a
    bitmap finds it out anew each time, for all that was done since the last vacuum.
    """
    query = select(OPEN.c.side).select_from(IN_DOUBT).where(OPEN.c.kind == "create").distinct()
    tx.execute(_WALK)
    found = {Side(one) for one in tx.execute(query, {"integration": integration}).scalars()}
    tx.execute(_WALK_NO_MORE)  # after an error the connection keeps to it, and is a little slower here and there
    return found


def making(tx: Connection, integration: str) -> list[tuple[Side, str]]:
    """The items whose twins may or may not have been made: a creation has an unknown outcome."""
    c = t.pairs.c
    query = (
        select(c.origin, c.left_id, c.right_id)
        .join_from(OPEN, t.pairs, t.pairs.c.id == OPEN.c.pair_id)
        .where(OPEN.c.kind == "create", c.integration_id == integration)
    )
    found = ((Side(row.origin), row) for row in tx.execute(query))
    items = ((side, row.left_id if side is Side.LEFT else row.right_id) for side, row in found)
    return [(side, item_id) for side, item_id in items if item_id is not None]


def first_doubt(tx: Connection, integration: str, side: Side) -> datetime | None:
    """The app's time before the oldest creation on ``side`` whose outcome is unknown was sent (None: there is none)."""
    return min((at for _, at in doubts(tx, [integration], side)), default=None)


def doubts(tx: Connection, integrations: Sequence[str], side: Side) -> list[tuple[str, datetime]]:
    """What creations of these integrations on ``side`` may have made: the title, and the app's time before each."""
    query = (
        select(t.pairs.c.title, func.coalesce(t.pairs.c.reserved_at, OPEN.c.planned_at))
        .join_from(OPEN, t.pairs, t.pairs.c.id == OPEN.c.pair_id)
        .where(OPEN.c.kind == "create", OPEN.c.side == side.value)
        .where(bulk.among(t.pairs.c.integration_id, integrations))
    )
    return [(row[0], row[1]) for row in tx.execute(query)]


def recent(tx: Connection, cipher: Cipher, pair_ids: Sequence[str], window: timedelta) -> dict[str, list[Tried]]:
    """What was tried on these pairs within ``window`` before now, by pair, the oldest first: whatever came of it.

    Not what an earlier step kept from being tried.
    """
    c, given = t.operations.c, bulk.listed(Column("pair", t.operations.c.pair_id.type), "pairs")
    tried = bulk.each(
        select(t.operations, func.extract("epoch", func.now() - c.finished_at).label("ago")).where(
            c.pair_id == given.c.pair,
            c.finished_at > func.now() - window,
            c.error != bulk.constant(NOT_REACHED),
        ),
        "tried",
    )
    query = select(*tried.c).select_from(given.join(tried, true())).order_by(tried.c.finished_at, tried.c.place)
    found: dict[str, list[Tried]] = defaultdict(list)
    for row in tx.execute(query, {"pairs": list(pair_ids)}):
        step = _STEP.validate_python(sealing.opened(cipher, str(row.id), row.payload))
        operation = Operation(str(row.id), str(row.pair_id), row.place, Side(row.side), step, row.planned_at)
        found[str(row.pair_id)].append(Tried(operation, row.state == "done", float(row.ago)))
    return found


def carried(tx: Connection, cipher: Cipher, run_id: str, pair_ids: Sequence[str]) -> dict[str, tuple[Carried, ...]]:
    """What a run carried out on these pairs, by pair, the newest first."""
    query = (
        select(t.operations, t.runs.c.trigger)
        .join(t.runs, t.runs.c.id == t.operations.c.run_id)
        .where(
            t.operations.c.run_id == run_id,
            t.operations.c.pair_id.in_(list(pair_ids)),
            t.operations.c.state == "done",
        )
        .order_by(t.operations.c.pair_id, t.operations.c.planned_at.desc(), t.operations.c.place.desc())
    )
    found: dict[str, list[Carried]] = defaultdict(list)
    for row in tx.execute(query) if pair_ids else ():
        found[str(row.pair_id)].append(Carried(_operation(cipher, row), values(row.after) or {}))
    return {pair: tuple(several) for pair, several in found.items()}


def walked(tx: Connection, cipher: Cipher, pair_ids: Sequence[str]) -> dict[str, tuple[Operation, ...]]:
    """Writes of undos that did not come through and led over other values, by pair, the newest first."""
    c = t.operations.c
    query = (
        select(t.operations, t.runs.c.trigger)
        .join(t.runs, t.runs.c.id == c.run_id)
        .where(c.pair_id.in_(list(pair_ids)), c.kind == "update", c.state != "done")
        .where(t.runs.c.trigger == "undo", func.coalesce(c.payload["via"].astext, "{}") != "{}")
        .order_by(c.pair_id, c.planned_at.desc(), c.place.desc())
    )
    found: dict[str, list[Operation]] = defaultdict(list)
    for row in tx.execute(query) if pair_ids else ():
        found[str(row.pair_id)].append(_operation(cipher, row))
    return {pair: tuple(several) for pair, several in found.items()}


def pairs_of_run(tx: Connection, run_id: str, after: str, limit: int) -> tuple[str, ...]:
    """The pairs that a run carried anything out on, by id, beyond ``after`` (empty: from the first)."""
    query = (
        select(t.operations.c.pair_id)
        .where(t.operations.c.run_id == run_id, t.operations.c.state.in_(("done", "planned")))
        .group_by(t.operations.c.pair_id)
        .order_by(t.operations.c.pair_id)
        .limit(limit)
    )
    if after:
        query = query.where(t.operations.c.pair_id > after)
    return tuple(str(one) for one in tx.execute(query).scalars())


def _operation(cipher: Cipher, row: Row[Any]) -> Operation:
    step = _STEP.validate_python(sealing.opened(cipher, str(row.id), row.payload))
    undoes = row.trigger == "undo"
    return Operation(str(row.id), str(row.pair_id), row.place, Side(row.side), step, row.planned_at, undoes)
