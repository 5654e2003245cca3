"""Makes a one-time link into a tenant's panel, already signed in."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from appliance.control.messages import EntryLink
from appliance.operations.administration import ask_server
from appliance.site import Site


def open_tenant(site: Site, cluster: str, tenant: str) -> EntryLink:
    """The link. It works once and for a short time; whoever has it is the tenant's administrator."""
    made = ask_server(site, cluster, "entry-link", as_owner=False, name=tenant)
    return EntryLink(
        url=f"{site.cluster_url(cluster, tenant)}/enter?token={quote(str(made['token']))}",
        expires_at=datetime.fromisoformat(str(made["expires_at"])),
    )
