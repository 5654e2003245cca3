"""Deletes a tenant with all its data; the server does it in steps that a repeated call completes."""

from __future__ import annotations

from appliance.operations.administration import ask_server
from appliance.site import Report, Site


def delete_tenant(site: Site, cluster: str, tenant: str, report: Report) -> dict[str, object]:
    """Delete the tenant. There is no way back."""
    report(f"deleting {tenant} of {cluster}")
    ask_server(site, cluster, "delete-tenant", as_owner=True, name=tenant)
    return {"name": tenant, "cluster": cluster}
