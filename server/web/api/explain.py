"""Why an item is as it is."""

from __future__ import annotations

from server.services import audience, explain
from server.web.resource import Resource
from server.web.schemas.explain import ExplainQuery, ExplanationOut
from server.web.visit import Visit

resource = Resource("explain")


@resource.get("/explain", ExplanationOut, asks=True)
def explain_item(visit: Visit, query: ExplainQuery) -> ExplanationOut:
    """All that is known of an item, by its key, id or address, and one sentence that sums it up."""
    every = audience.sees_all(visit.who)
    apps, viewer = visit.node.apps, not every
    found = explain.explain(visit.scope, apps, query.key, live=query.live, discreet=viewer, viewer=viewer)
    return ExplanationOut.model_validate(found if every else audience.explanation(visit.scope, found))
