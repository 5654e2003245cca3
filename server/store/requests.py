"""What people ask of a tenant's sync thread; a request stays until the run that answers it is over.

A killed run leaves its request here, and the next pass takes it up again. It must not know how it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, delete, select, update

from server.store import tables as t
from server.store.database import Transaction

RELEASED = "released"
"""In a request's argument: a person has looked, and lets this run pass the guard."""

RequestKind = Literal["now", "scan", "dry run", "resync", "hard resync", "reconcile", "undo", "match"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``argument`` is for the kind of run that answers it; ``run``: the run that did or does.

    ``place`` is how far that run came, in its own terms, for the run that goes on after it was killed.
    """

    id: str
    integration: str
    kind: RequestKind
    argument: Mapping[str, Any]
    by: str
    run: str | None
    place: str = ""


def ask(tx: Transaction, integration: str, kind: RequestKind, argument: Mapping[str, Any], actor: str) -> str:
    """Ask for a run; the request's id. The same request that is still open is not made twice."""
    same = select(t.run_requests.c.id).where(
        t.run_requests.c.integration_id == integration,
        t.run_requests.c.kind == kind,
        t.run_requests.c.argument == dict(argument),
        t.run_requests.c.run_id.is_(None),
    )
    there = tx.execute(same).scalars().first()
    if there is not None:
        return str(there)
    made = tx.execute(
        t.run_requests.insert()
        .values(integration_id=integration, kind=kind, argument=dict(argument), requested_by=actor)
        .returning(t.run_requests.c.id)
    )
    return str(made.scalar_one())


def waiting(tx: Transaction) -> tuple[Request, ...]:
    """The oldest open request of each integration."""
    query = select(t.run_requests).order_by(t.run_requests.c.requested_at, t.run_requests.c.id)
    first: dict[str, Request] = {}
    for row in tx.execute(query):
        first.setdefault(row.integration_id, _request(row))
    return tuple(first.values())


def of_integration(tx: Transaction, integration: str) -> tuple[Request, ...]:
    """Every open request of an integration, oldest first."""
    query = select(t.run_requests).where(t.run_requests.c.integration_id == integration)
    return tuple(_request(row) for row in tx.execute(query.order_by(t.run_requests.c.requested_at)))


def begun(tx: Transaction, request_id: str, run_id: str) -> None:
    """A run works on the request now; it keeps what was asked for."""
    mine = t.run_requests.c.id == request_id
    tx.execute(update(t.run_requests).where(mine).values(run_id=run_id))
    argument = select(t.run_requests.c.argument).where(mine).scalar_subquery()
    tx.execute(update(t.runs).where(t.runs.c.id == run_id).values(argument=argument))


def came_to(tx: Transaction, request_id: str, place: str) -> None:
    """Remember how far the request's run has come."""
    tx.execute(update(t.run_requests).where(t.run_requests.c.id == request_id).values(place=place))


def is_open(tx: Transaction, request_id: str) -> bool:
    """Whether the request waits still: nobody has answered it or taken it back."""
    return tx.execute(select(t.run_requests.c.id).where(t.run_requests.c.id == request_id)).first() is not None


def answered(tx: Transaction, request_id: str) -> None:
    """The request is over; its run tells what became of it."""
    tx.execute(delete(t.run_requests).where(t.run_requests.c.id == request_id))


def drop(tx: Transaction, integration: str) -> None:
    """Take back every request of an integration (it is paused)."""
    tx.execute(delete(t.run_requests).where(t.run_requests.c.integration_id == integration))


def _request(row: Row[Any]) -> Request:
    return Request(row.id, row.integration_id, row.kind, row.argument, row.requested_by, row.run_id, row.place)
