"""What the agent asks a node."""

from __future__ import annotations

from datetime import datetime

from server.web.schemas.base import Reply


class NodeHealth(Reply):
    """Whether this node can serve."""

    ok: bool
    message: str = ""


class NodeTenant(Reply):
    """One tenant as the console shows it."""

    name: str
    title: str
    state: str
    sync: str
    message: str
    last_pass_at: datetime | None


class NodeConnections(Reply):
    """How the cluster stands with its server's database connections."""

    server: int
    """What the server gives to everybody together, superusers' and reserved ones left out."""
    budget: int
    """What this cluster may hold of them now."""
    needed: int
    """The least that it works with."""
    used: int
    strangers: int
    """What those hold who are not of Lockstep."""


class NodeState(Reply):
    """Every tenant of the cluster, and its connections."""

    tenants: tuple[NodeTenant, ...]
    connections: NodeConnections
    version: str
