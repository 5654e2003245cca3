"""Suspends and resumes a tenant; its data stays as it is."""

from __future__ import annotations

from appliance.control.messages import TenantVerb
from appliance.operations.administration import ask_server
from appliance.site import Report, Site


def switch_tenant(site: Site, cluster: str, tenant: str, verb: TenantVerb, report: Report) -> dict[str, object]:
    """Carry out ``verb`` on the tenant."""
    report(f"{verb.value}: {tenant}")
    ask_server(site, cluster, f"{verb.value}-tenant", as_owner=False, name=tenant)
    return {"name": tenant, "cluster": cluster}
