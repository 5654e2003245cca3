"""Integrations: the document, its versions, and when it is due; it must not judge a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, case, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from server.domain.errors import Conflicting, NotFound
from server.domain.integration import Document, IntegrationState
from server.store import tables as t
from server.store.database import Transaction

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration. ``due_at``: its next poll; None: not scheduled."""

    id: str
    name: str
    document: Document
    version: int
    state: IntegrationState
    problem: str
    due_at: datetime | None
    run_requested: bool
    created_at: datetime
    updated_at: datetime


def every(tx: Transaction) -> tuple[Integration, ...]:
    """All integrations, by name."""
    return tuple(_integration(row) for row in tx.execute(select(t.integrations).order_by(t.integrations.c.name)))


def get(tx: Transaction, integration_id: str) -> Integration:
    """One integration. Raises ``NotFound``."""
    row = tx.execute(select(t.integrations).where(t.integrations.c.id == integration_id)).one_or_none()
    if row is None:
        raise NotFound("This integration does not exist any more.")
    return _integration(row)


def due(tx: Transaction) -> tuple[Integration, ...]:
    """The running integrations whose time has come or whose run a person asked for, the longest waiting first."""
    ready = or_(t.integrations.c.run_requested, t.integrations.c.due_at <= func.now())
    query = select(t.integrations).where(t.integrations.c.state == "running", ready)
    return tuple(_integration(row) for row in tx.execute(query.order_by(t.integrations.c.due_at.nulls_first())))


def until_next(tx: Transaction) -> timedelta | None:
    """How long until the next integration is due, by the database's clock (not less than zero); None: never."""
    wait = func.greatest(func.min(t.integrations.c.due_at) - func.now(), timedelta(0))
    query = select(wait).where(t.integrations.c.state == "running")
    left: timedelta | None = tx.execute(query).scalar_one()
    return left


def schedule(tx: Transaction, integration_id: str, after: timedelta, problem: str = "") -> None:
    """Set the next poll and say what was wrong with the last one (an empty text: nothing)."""
    tx.execute(
        update(t.integrations)
        .where(t.integrations.c.id == integration_id)
        .values(due_at=func.now() + after, problem=problem)
    )


def token(tx: Transaction, integration_id: str) -> tuple[object, ...] | None:
    """Version and due time of an integration while it runs: what changes when a person changes or restarts it."""
    query = select(t.integrations.c.version, t.integrations.c.due_at)
    row = tx.execute(query.where(t.integrations.c.id == integration_id, t.integrations.c.state == "running")).first()
    return None if row is None else (row.version, row.due_at)


def say(tx: Transaction, integration_id: str, problem: str) -> None:
    """Say what is wrong with an integration (an empty text: nothing)."""
    tx.execute(update(t.integrations).where(t.integrations.c.id == integration_id).values(problem=problem))


def take_request(tx: Transaction, integration_id: str) -> bool:
    """Whether a person asked for a run; the request is taken by that."""
    asked = tx.execute(
        update(t.integrations)
        .where(t.integrations.c.id == integration_id, t.integrations.c.run_requested)
        .values(run_requested=False)
        .returning(t.integrations.c.id)
    )
    return asked.one_or_none() is not None


def add(tx: Transaction, name: str, document: Document, actor: str) -> str:
    """Make an integration, as a draft; its id. Raises ``Conflicting`` when the name is taken."""
    dumped = _DOCUMENT.dump_python(document, mode="json")
    try:
        made = tx.execute(
            t.integrations.insert().values(name=name, document=dumped).returning(t.integrations.c.id)
        ).scalar_one()
    except IntegrityError as error:
        raise _taken(name) from error
    _keep_version(tx, str(made), 1, dumped, actor)
    return str(made)


def change(tx: Transaction, integration_id: str, name: str, document: Document, actor: str) -> None:
    """Replace name and document; the former document stays among the versions. It is due at once if it runs."""
    dumped = _DOCUMENT.dump_python(document, mode="json")
    try:
        version = tx.execute(
            update(t.integrations)
            .where(t.integrations.c.id == integration_id)
            .values(
                name=name,
                document=dumped,
                version=t.integrations.c.version + 1,
                problem="",
                due_at=case((t.integrations.c.state == "running", func.now())),
                updated_at=func.now(),
            )
            .returning(t.integrations.c.version)
        ).scalar_one()
    except IntegrityError as error:
        raise _taken(name) from error
    _keep_version(tx, integration_id, version, dumped, actor)


def remove(tx: Transaction, integration_id: str) -> None:
    """Delete an integration with its pairs and history; the items in the apps stay."""
    tx.execute(delete(t.integrations).where(t.integrations.c.id == integration_id))


def start(tx: Transaction, integration_id: str) -> None:
    """Let it run, at once."""
    tx.execute(
        update(t.integrations)
        .where(t.integrations.c.id == integration_id)
        .values(state="running", due_at=func.now(), problem="")
    )


def pause(tx: Transaction, integration_id: str) -> None:
    """Let it rest; a pass that is under way ends at its next page."""
    tx.execute(
        update(t.integrations)
        .where(t.integrations.c.id == integration_id)
        .values(state="paused", due_at=None, run_requested=False)
    )


def request_run(tx: Transaction, integration_id: str) -> None:
    """Ask for a run now."""
    tx.execute(update(t.integrations).where(t.integrations.c.id == integration_id).values(run_requested=True))


def _keep_version(tx: Transaction, integration_id: str, version: int, dumped: object, actor: str) -> None:
    tx.execute(
        t.integration_versions.insert().values(
            integration_id=integration_id, version=version, document=dumped, saved_by=actor
        )
    )


def _taken(name: str) -> Conflicting:
    return Conflicting(f"There is an integration named {name!r} already; choose another name.")


def _integration(row: Row[Any]) -> Integration:
    return Integration(
        id=row.id,
        name=row.name,
        document=_DOCUMENT.validate_python(row.document),
        version=row.version,
        state=IntegrationState(row.state),
        problem=row.problem,
        due_at=row.due_at,
        run_requested=row.run_requested,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
