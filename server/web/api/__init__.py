"""The resources of the API, in the order of the document; adding one is adding a file and a line."""

from __future__ import annotations

from server.web.api import connections, integrations, items, overview, people, previews, runs, session, users, webhooks
from server.web.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    session.resource,
    overview.resource,
    connections.resource,
    integrations.resource,
    previews.resource,
    runs.resource,
    items.resource,
    people.resource,
    users.resource,
    webhooks.resource,
)
