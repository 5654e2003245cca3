"""The resources of the API, in the order of the document; adding one is adding a file and a line."""

from __future__ import annotations

from server.web.api import (
    account,
    answers,
    connections,
    explain,
    integrations,
    items,
    overview,
    people,
    previews,
    privacy,
    repair,
    runs,
    session,
    users,
    webhooks,
)
from server.web.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    session.resource,
    account.resource,
    overview.resource,
    connections.resource,
    integrations.resource,
    previews.resource,
    privacy.resource,
    repair.resource,
    runs.resource,
    items.resource,
    explain.resource,
    people.resource,
    users.resource,
    webhooks.resource,
    answers.resource,
)
