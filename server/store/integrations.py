"""Integrations: the document, its versions, and when it is due; it must not judge a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, case, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from server.domain.errors import Conflicting, NotFound
from server.domain.integration import Document, IntegrationState
from server.store import tables as t
from server.store.database import Transaction

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration. ``due_at``: since when it runs or was changed; ``run_requested``: a person asked for a run.

    ``cap``: what its first run may do at most, by kind of operation (None: no cap). ``worked_at``: the last pass at a
    set time. ``told``: an app has told of something that was not looked at yet. ``retried_at``: when a person last
    asked for held items to be tried again, of which some were not yet (None: all were). ``outcome``: the summary of a
    migration that has come through, empty while it has not.
    """

    id: str
    name: str
    document: Document
    version: int
    state: IntegrationState
    problem: str
    due_at: datetime | None
    run_requested: bool
    cap: Mapping[str, int] | None
    created_at: datetime
    updated_at: datetime
    worked_at: datetime | None = None
    told: bool = False
    retried_at: datetime | None = None
    outcome: str = ""
    shared: str = ""
    """That another tenant of the cluster works on one of its containers, as a sentence; empty: none does."""
    shown: Mapping[str, Any] | None = None
    """What both apps showed when it was saved (None: that was not kept yet)."""
    appeared: str = ""
    """What they show since then that it could carry, as sentences; empty: nothing."""


_REQUESTED = exists().where(t.run_requests.c.integration_id == t.integrations.c.id)
_TOLD = exists().where(t.inbox.c.integration_id == t.integrations.c.id)
_RETRIED = (
    select(func.max(t.holds.c.asked_at))
    .where(t.holds.c.integration_id == t.integrations.c.id, t.holds.c.asked_at.is_not(None))
    .scalar_subquery()
)
_INTEGRATIONS = select(
    t.integrations, _REQUESTED.label("run_requested"), _TOLD.label("told"), _RETRIED.label("retried_at")
)
_EVERY = _INTEGRATIONS.order_by(t.integrations.c.name)
_TOKEN = select(t.integrations.c.version, t.integrations.c.due_at).where(
    t.integrations.c.id == bindparam("integration")
)
_TOKEN_OF_RUNNING = _TOKEN.where(t.integrations.c.state == "running")


def document_of(json: Mapping[str, Any]) -> Document:
    """A document as it was before it went through JSON, in this version or an earlier one."""
    if "schedule" not in json and "poll_seconds" in json:
        json = {**json, "schedule": {"every_seconds": json["poll_seconds"]}}
    return _DOCUMENT.validate_python(json)


def json_of(document: Document) -> Any:
    """A document as JSON."""
    return _DOCUMENT.dump_python(document, mode="json")


def every(tx: Transaction) -> tuple[Integration, ...]:
    """All integrations, by name."""
    return tuple(_integration(row) for row in tx.execute(_EVERY))


def get(tx: Transaction, integration_id: str) -> Integration:
    """One integration. Raises ``NotFound``."""
    row = tx.execute(_INTEGRATIONS.where(t.integrations.c.id == integration_id)).one_or_none()
    if row is None:
        raise NotFound("This integration does not exist any more.")
    return _integration(row)


def token(tx: Transaction, integration_id: str, *, at_rest: bool = False) -> tuple[object, ...] | None:
    """Version and due time of an integration while it runs: what changes when a person changes or restarts it.

    ``at_rest``: while it does not run, too.
    """
    row = tx.execute(_TOKEN if at_rest else _TOKEN_OF_RUNNING, {"integration": integration_id}).first()
    return None if row is None else (row.version, row.due_at)


def hold_still(tx: Transaction, integration_id: str) -> None:
    """Let nobody change, release or restart it before this transaction ends."""
    tx.execute(select(t.integrations.c.id).where(t.integrations.c.id == integration_id).with_for_update())


def worked(tx: Transaction, integration_id: str) -> None:
    """Record that a pass at a set time came through, so that nobody makes up for it."""
    tx.execute(update(t.integrations).where(t.integrations.c.id == integration_id).values(worked_at=func.now()))


def say(tx: Transaction, integration_id: str, problem: str) -> None:
    """Say what is wrong with an integration (an empty text: nothing)."""
    tx.execute(update(t.integrations).where(t.integrations.c.id == integration_id).values(problem=problem))


def add(tx: Transaction, name: str, document: Document, actor: str) -> str:
    """Make an integration, as a draft; its id. Raises ``Conflicting`` when the name is taken."""
    dumped = json_of(document)
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
    dumped = json_of(document)
    try:
        version = tx.execute(
            update(t.integrations)
            .where(t.integrations.c.id == integration_id)
            .values(
                name=name,
                document=dumped,
                version=t.integrations.c.version + 1,
                problem="",
                outcome="",
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
        .values(state="running", due_at=func.now(), problem="", outcome="")
    )


def pause(tx: Transaction, integration_id: str) -> None:
    """Let it rest; a pass that is under way ends at its next page."""
    tx.execute(update(t.integrations).where(t.integrations.c.id == integration_id).values(state="paused", due_at=None))


def share(tx: Transaction, integration_id: str, said: str) -> None:
    """Say whether another tenant works on a container of it."""
    mine = t.integrations.c.id == integration_id
    tx.execute(update(t.integrations).where(mine, t.integrations.c.shared != said).values(shared=said))


def show(tx: Transaction, integration_id: str, shown: Mapping[str, Any]) -> None:
    """Keep what both apps showed when it was saved; nothing has appeared since."""
    mine = t.integrations.c.id == integration_id
    tx.execute(update(t.integrations).where(mine).values(shown=dict(shown), appeared=""))


def appear(tx: Transaction, integration_id: str, version: int, said: str) -> None:
    """Say what has appeared since that version was saved."""
    mine = (t.integrations.c.id == integration_id) & (t.integrations.c.version == version)
    tx.execute(update(t.integrations).where(mine, t.integrations.c.appeared != said).values(appeared=said))


def end(tx: Transaction, integration_id: str, outcome: str) -> None:
    """Let a migration rest that has come through; ``outcome`` is its summary. Nothing is wrong with it."""
    pause(tx, integration_id)
    values = {"outcome": outcome, "problem": ""}
    tx.execute(update(t.integrations).where(t.integrations.c.id == integration_id).values(values))


def never_ran(tx: Transaction, integration_id: str) -> bool:
    """Whether no run has ever written anything for it, nor come to the end of a page of a feed.

    Pairs alone do not tell: two items that were joined are one, and nothing was written to either.
    """
    read = exists().where(t.cursors.c.integration_id == integration_id)
    written = exists().where(
        t.pairs.c.integration_id == integration_id,
        t.operations.c.pair_id == t.pairs.c.id,
        t.operations.c.state.in_(("planned", "done")),
    )
    return not tx.execute(select(read | written)).scalar_one()


def set_cap(tx: Transaction, integration_id: str, cap: Mapping[str, int] | None) -> None:
    """Say what the first run may do at most, by kind of operation (None: no cap)."""
    values = {"cap": None if cap is None else dict(cap)}
    tx.execute(update(t.integrations).where(t.integrations.c.id == integration_id).values(values))


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
        document=document_of(row.document),
        version=row.version,
        state=IntegrationState(row.state),
        problem=row.problem,
        due_at=row.due_at,
        run_requested=row.run_requested,
        cap=row.cap,
        created_at=row.created_at,
        updated_at=row.updated_at,
        worked_at=row.worked_at,
        told=row.told,
        retried_at=row.retried_at,
        outcome=row.outcome,
        shared=row.shared,
        shown=row.shown,
        appeared=row.appeared,
    )
