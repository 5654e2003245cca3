"""What the agent asks this node: is it well, and how are its tenants; it must not say more to anybody else.

Through the gateway nothing is told but whether the node is well, which a load balancer may ask.
"""

from __future__ import annotations

import hmac

from flask import Flask, Response, make_response, request

from server.domain.errors import LockstepError, NotFound
from server.services.access import NotSignedIn
from server.web.caller import is_of_this_host
from server.web.schemas.node import NodeConnections, NodeHealth, NodeState, NodeTenant
from server.web.visit import Node


def install(app: Flask, node: Node) -> frozenset[str]:
    """Add the routes; their endpoints, which belong to no tenant."""
    token = f"Bearer {node.settings.web.node_token.get_secret_value()}".encode()

    def alive() -> Response:
        """Whether this process serves; its database is another's business, and people are told of that by it."""
        return _json(NodeHealth(ok=True), 200)

    def health() -> Response:
        try:
            node.cluster.answers()
        except LockstepError as error:
            told = error.message if is_of_this_host(request.environ) else ""
            return _json(NodeHealth(ok=False, message=told), 503)
        return _json(NodeHealth(ok=True), 200)

    def state() -> Response:
        if not is_of_this_host(request.environ):
            raise NotFound("There is nothing at this address.")
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), token):
            raise NotSignedIn("This address is for the agent of this installation.")
        tenants = tuple(
            NodeTenant(
                name=tenant.name,
                title=tenant.title,
                state=tenant.state,
                sync=said.state,
                message=said.message,
                last_pass_at=said.last_pass_at,
            )
            for tenant, said in node.cluster.tenants()
        )
        found = node.cluster.standing()
        connections = NodeConnections(
            server=found.ceiling.server - found.ceiling.kept_back,
            budget=found.budget,
            needed=found.needed,
            used=found.used,
            strangers=found.crowd.strangers,
        )
        return _json(NodeState(tenants=tenants, connections=connections, version=node.version), 200)

    app.add_url_rule("/-/node/alive", "node_alive", alive)
    app.add_url_rule("/-/node/health", "node_health", health)
    app.add_url_rule("/-/node/state", "node_state", state)
    return frozenset({"node_alive", "node_health", "node_state"})


def _json(model: NodeHealth | NodeState, status: int) -> Response:
    response = make_response(model.model_dump_json(), status)
    response.mimetype = "application/json"
    return response
