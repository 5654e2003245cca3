"""Runs: when an integration worked, how far it came, how it ended; it must not know what a run does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection, case, delete, func, select, update

from server.store import tables as t

RunState = Literal["succeeded", "partial", "failed", "cancelled"]
"""How a run ended. One that was interrupted is ``partial``, whoever stopped it and however far it had come;
``cancelled`` if a person had asked that it ends, whatever ended it then.
"""
STOPPED = "The process was stopped in the middle; the next run goes on from there."


def begin(tx: Connection, integration: str, trigger: str) -> str:
    """Start a run; its id."""
    row = tx.execute(
        t.runs.insert().values(integration_id=integration, trigger=trigger, state="running").returning(t.runs.c.id)
    )
    return str(row.scalar_one())


def progress(
    tx: Connection,
    run_id: str,
    *,
    phase: str,
    done: int,
    total: int | None,
    counts: Mapping[str, int],
    uncounted: str = "",
) -> bool:
    """Record how far a run has come; whether a person asked to cancel it.

    ``uncounted``: whose items are not in ``total`` yet, by name.
    """
    row = tx.execute(
        update(t.runs)
        .where(t.runs.c.id == run_id)
        .values(phase=phase, done=done, total=total, counts=dict(counts), uncounted=uncounted)
        .returning(t.runs.c.cancel_requested)
    )
    return bool(row.scalar_one())


def is_cancelled(tx: Connection, run_id: str) -> bool:
    """Whether a person asked to cancel a run."""
    return bool(tx.execute(select(t.runs.c.cancel_requested).where(t.runs.c.id == run_id)).scalar_one_or_none())


def finish(tx: Connection, run_id: str, state: RunState, message: str, counts: Mapping[str, int]) -> None:
    """End a run. ``message`` is a sentence when it did not simply succeed.

    What is on record of it counts, too: the answer to the last page's commit may have been lost.
    """
    told = tx.execute(select(t.runs.c.counts).where(t.runs.c.id == run_id)).scalar_one_or_none() or {}
    most = {name: max(counts.get(name, 0), told.get(name, 0)) for name in {*counts, *told}}
    tx.execute(
        update(t.runs)
        .where(t.runs.c.id == run_id)
        .values(state=state, message=message, phase="", uncounted="", counts=most, finished_at=func.now())
    )


def close_abandoned(tx: Connection, integration: str) -> int:
    """End runs that no process works on any more (it was killed); how many there were.

    What a person had ended is over: the request that such a run answered is not taken up again.
    """
    abandoned = (t.runs.c.integration_id == integration) & (t.runs.c.state == "running")
    ended = select(t.runs.c.id).where(abandoned, t.runs.c.cancel_requested)
    tx.execute(delete(t.run_requests).where(t.run_requests.c.run_id.in_(ended)))
    done = tx.execute(
        update(t.runs)
        .where(abandoned)
        .values(
            state=case((t.runs.c.cancel_requested, "cancelled"), else_="partial"),
            phase="",
            uncounted="",
            message=case((t.runs.c.cancel_requested, ""), else_=STOPPED),
            finished_at=func.now(),
        )
    )
    return done.rowcount
