"""Runs and their lines."""

from __future__ import annotations

from server.services import audience, record
from server.web.resource import Resource
from server.web.schemas.runs import EventOut, EventPage, EventsQuery, RunList, RunOut, RunPath, RunsQuery
from server.web.visit import Visit

resource = Resource("runs")


@resource.get("/runs", RunList)
def list_runs(visit: Visit, query: RunsQuery) -> RunList:
    """Runs, the newest first."""
    integration = str(query.integration) if query.integration else None
    return RunList.model_validate(record.runs(visit.scope, integration, query.limit), from_attributes=True)


@resource.get("/runs/<id>", RunOut)
def get_run(visit: Visit, path: RunPath) -> RunOut:
    """One run, with how far it has come."""
    return RunOut.model_validate(record.run(visit.scope, str(path.id)))


@resource.get("/runs/<id>/events", EventPage)
def list_run_events(visit: Visit, path: RunPath, query: EventsQuery) -> EventPage:
    """A run's lines, oldest first; ask again with ``next`` for what came since."""
    lines = record.events_of_run(visit.scope, str(path.id), query.after, query.limit)
    if not audience.sees_all(visit.who):
        lines = audience.events(visit.scope, lines)
    following = lines[-1].id if lines else query.after
    return EventPage(events=tuple(EventOut.model_validate(one) for one in lines), next=following)


@resource.post("/runs/<id>/cancel", RunOut)
def cancel_run(visit: Visit, path: RunPath) -> RunOut:
    """Ask a run to end at its next page; what it did stays. A live one also pauses its integration."""
    return RunOut.model_validate(record.cancel_run(visit.scope, visit.actor, str(path.id)))
