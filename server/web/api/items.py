"""Pairs of items, and items that are held back."""

from __future__ import annotations

from server.services import audience, items, record
from server.web.resource import Resource
from server.web.schemas.items import (
    HoldList,
    HoldsQuery,
    ItemDetail,
    ItemPage,
    ItemPath,
    ItemsQuery,
    Retried,
    RetryIn,
)
from server.web.visit import Visit

resource = Resource("items")


@resource.get("/items", ItemPage)
def list_items(visit: Visit, query: ItemsQuery) -> ItemPage:
    """Pairs, the last synced first; ``q`` searches keys and titles."""
    integration = str(query.integration) if query.integration else None
    every = audience.sees_all(visit.who)
    page = items.page(visit.scope, integration, query.q.strip(), query.state, query.after, query.limit, every=every)
    return ItemPage.model_validate(page if every else audience.page(page))


@resource.get("/items/<id>", ItemDetail, asks=True)
def get_item(visit: Visit, path: ItemPath) -> ItemDetail:
    """A pair with both sides, comments, files and history."""
    every = audience.sees_all(visit.who)
    found = items.detail(visit.scope, visit.node.apps, str(path.id), viewer=not every)
    return ItemDetail.model_validate(found if every else audience.detail(found))


@resource.get("/holds", HoldList)
def list_holds(visit: Visit, query: HoldsQuery) -> HoldList:
    """Items that are held back, each with the reason."""
    integration = str(query.integration) if query.integration else None
    held = record.held(visit.scope, integration)
    shown = held if audience.sees_all(visit.who) else audience.holds(visit.scope, held)
    return HoldList.model_validate(shown, from_attributes=True)


@resource.post("/holds/retry", Retried)
def retry_holds(visit: Visit, body: RetryIn) -> Retried:
    """Try held items again now."""
    which = None if body.items is None else [(one.side, one.item_id) for one in body.items]
    return Retried(count=record.retry(visit.scope, visit.actor, str(body.integration), which))
