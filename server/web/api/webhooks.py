"""The public address of a connection: made and renewed by administrators, called by the app itself."""

from __future__ import annotations

from flask import request

from server.domain.errors import NotFound
from server.services import webhooks
from server.web.resource import PREFIX, Access, Resource
from server.web.schemas.base import Done
from server.web.schemas.connections import ConnectionPath
from server.web.schemas.webhooks import HookPath, WebhookOut, WebhookSecret
from server.web.visit import Visit

resource = Resource("webhooks")


def _nothing() -> NotFound:
    return NotFound("There is nothing at this address.")


@resource.get("/connections/<id>/webhook", WebhookOut)
def get_webhook(visit: Visit, path: ConnectionPath) -> WebhookOut:
    """What a connection's app has told of itself."""
    return WebhookOut.model_validate(webhooks.get(visit.scope, str(path.id)))


@resource.post("/connections/<id>/webhook", WebhookSecret, status=201)
def renew_webhook(visit: Visit, path: ConnectionPath) -> WebhookSecret:
    """Give the connection an address that its app may call; one that it had ends."""
    secret = webhooks.renew(visit.scope, visit.actor, str(path.id))
    return WebhookSecret(url=f"{request.url_root.rstrip('/')}{PREFIX}/hooks/{secret}")


@resource.delete("/connections/<id>/webhook", Done)
def remove_webhook(visit: Visit, path: ConnectionPath) -> Done:
    """Take the address away."""
    webhooks.remove(visit.scope, visit.actor, str(path.id))
    return Done()


@resource.post("/hooks/<secret>", Done, access=Access.PUBLIC, status=202, wrong=_nothing)
def receive_webhook(visit: Visit, path: HookPath) -> Done:
    """An app tells that something changed. The secret in the address, and a signature where the app has one, admit it.

    The answer says that it was kept; the item is fetched afterwards.
    """
    request.max_content_length = webhooks.MOST_BYTES
    headers = {name.lower(): value for name, value in request.headers.items()}
    webhooks.receive(visit.scope, path.secret, headers, request.get_data())
    return Done()
