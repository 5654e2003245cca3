"""What is asked to be shown before it is done, and what was shown."""

from __future__ import annotations

from server.services import previews
from server.web.resource import Resource
from server.web.schemas.integrations import IntegrationOut, IntegrationPath
from server.web.schemas.previews import JoinIn, LineOut, LinePage, LinesQuery, MatchIn, RealignIn
from server.web.schemas.runs import RunPath
from server.web.visit import Visit

resource = Resource("previews")


@resource.post("/integrations/<id>/dry-run", IntegrationOut)
def ask_dry_run(visit: Visit, path: IntegrationPath) -> IntegrationOut:
    """Ask for a dry run; it shows up among the runs, with its counts, and writes nothing to an app."""
    return IntegrationOut.model_validate(previews.ask_dry_run(visit.scope, visit.actor, str(path.id)))


@resource.post("/integrations/<id>/reconcile", IntegrationOut, asks=True)
def ask_reconcile(visit: Visit, path: IntegrationPath, body: RealignIn) -> IntegrationOut:
    """Ask that all pairs be brought in step under the mapping, or for a preview of it; it shows up among the runs."""
    asked = previews.ask_realign(visit.scope, visit.actor, str(path.id), body.wins, body.document, dry=body.dry)
    return IntegrationOut.model_validate(asked)


@resource.post("/integrations/<id>/match", IntegrationOut)
def ask_match(visit: Visit, path: IntegrationPath, body: MatchIn) -> IntegrationOut:
    """Ask which items are on both sides already; it shows up among the runs, and joins nothing."""
    return IntegrationOut.model_validate(previews.ask_match(visit.scope, visit.actor, str(path.id), body.rules))


@resource.post("/integrations/<id>/join", IntegrationOut)
def ask_join(visit: Visit, path: IntegrationPath, body: JoinIn) -> IntegrationOut:
    """Ask that what a match showed becomes pairs; what it called ambiguous does not."""
    asked = previews.ask_join(visit.scope, visit.actor, str(path.id), str(body.preview), body.wins)
    return IntegrationOut.model_validate(asked)


@resource.get("/runs/<id>/preview", LinePage)
def list_preview_lines(visit: Visit, path: RunPath, query: LinesQuery) -> LinePage:
    """What a dry run showed; only the newest preview of a kind is kept."""
    lines = previews.lines(visit.scope, str(path.id), query.after, query.limit, query.action)
    following = lines[-1].id if lines else query.after
    return LinePage(lines=tuple(LineOut.model_validate(one) for one in lines), next=following)
