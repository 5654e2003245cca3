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


class NodeState(Reply):
    """Every tenant of the cluster."""

    tenants: tuple[NodeTenant, ...]
    version: str
