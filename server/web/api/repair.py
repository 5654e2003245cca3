"""What is asked to be put right: runs undone, items looked at again."""

from __future__ import annotations

from server.services import repair
from server.web.resource import Resource
from server.web.schemas.integrations import IntegrationOut, IntegrationPath
from server.web.schemas.repair import ResyncIn, UndoIn
from server.web.schemas.runs import RunPath
from server.web.visit import Visit

resource = Resource("repair")


@resource.post("/runs/<id>/undo", IntegrationOut)
def undo_run(visit: Visit, path: RunPath, body: UndoIn) -> IntegrationOut:
    """Ask that a run be taken back where the values are still ours, or for a preview; it shows up among the runs."""
    pairs = None if body.pairs is None else [str(one) for one in body.pairs]
    asked = repair.ask_undo(visit.scope, visit.actor, str(path.id), pairs, delete=body.delete, dry=body.dry)
    return IntegrationOut.model_validate(asked)


@resource.post("/integrations/<id>/resync", IntegrationOut)
def resync_items(visit: Visit, path: IntegrationPath, body: ResyncIn) -> IntegrationOut:
    """Ask that items be looked at again, or for a preview of it; it shows up among the runs."""
    asked = repair.ask_resync(
        visit.scope,
        visit.actor,
        str(path.id),
        [str(one) for one in body.pairs],
        [(one.side, one.item_id) for one in body.items],
        body.side,
        hard=body.hard,
        dry=body.dry,
    )
    return IntegrationOut.model_validate(asked)
