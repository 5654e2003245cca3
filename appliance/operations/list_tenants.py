"""Lists a cluster's tenants as its web process tells them; it must not reach the database itself."""

from __future__ import annotations

from datetime import datetime

import requests
from pydantic import ValidationError

from appliance.config import ClusterRecord
from appliance.control.messages import Connections, TenantStatus
from appliance.errors import ApplianceError
from appliance.operations.administration import ask_server, secrets_of
from appliance.site import Site


def list_tenants(site: Site, cluster: str) -> tuple[TenantStatus, ...]:
    """The tenants of ``cluster``; asks the server's admin command when the web process is down."""
    record = site.cluster(cluster)
    told = _ask_node(site, record)
    if told is None:
        told = ask_server(site, cluster, "list-tenants", as_owner=False)
    return _read(site, cluster, told.get("tenants"))


def glance(site: Site, record: ClusterRecord) -> tuple[tuple[TenantStatus, ...], Connections | None]:
    """The tenants for a status, and how the cluster stands with its database connections.

    Quick, and empty while the web process does not answer (its own state says so).
    """
    told = _ask_node(site, record)
    if told is None:
        return (), None
    try:
        connections = Connections.model_validate(told.get("connections"))
    except ValidationError:
        connections = None
    return _read(site, record.name, told.get("tenants")), connections


def _ask_node(site: Site, record: ClusterRecord) -> dict[str, object] | None:
    try:
        answer = requests.get(
            f"http://127.0.0.1:{record.web_port}/-/node/state",
            headers={"Authorization": f"Bearer {secrets_of(site, record.name).node_token}"},
            timeout=5,
        )
        told = answer.json() if answer.ok else None
    except requests.RequestException:
        return None
    return told if isinstance(told, dict) else None


def _read(site: Site, cluster: str, rows: object) -> tuple[TenantStatus, ...]:
    if not isinstance(rows, list):
        raise ApplianceError(f"The server of {cluster} gave no list of its tenants. See: lockstep logs agent")
    return tuple(tenant_status(site, cluster, row) for row in rows)


def tenant_status(site: Site, cluster: str, row: dict[str, object]) -> TenantStatus:
    """A tenant as the server describes it, with its addresses."""
    name = str(row["name"])
    state = str(row.get("state") or "active")
    last = row.get("last_pass_at")
    return TenantStatus(
        cluster=cluster,
        name=name,
        title=str(row.get("title") or ""),
        state="suspended" if state == "suspended" else "deleting" if state == "deleting" else "active",
        sync=str(row.get("sync") or "none"),
        message=str(row.get("message") or ""),
        url=site.cluster_url(cluster, name),
        loopback_url=site.loopback_url(cluster, name),
        last_pass_at=datetime.fromisoformat(last) if isinstance(last, str) else None,
    )
