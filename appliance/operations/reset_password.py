"""Makes a one-time link with which somebody chooses a new password, when nobody in the panel can let them in."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from appliance.control.messages import MakePasswordLink, PasswordLink
from appliance.operations.administration import ask_server
from appliance.site import Site


def reset_password(site: Site, cluster: str, tenant: str, request: MakePasswordLink) -> PasswordLink:
    """The link. What follows the # is sent to no server by a browser, so no log has it."""
    made = ask_server(
        site,
        cluster,
        "password-link",
        as_owner=False,
        name=tenant,
        login=request.login,
        drop_second_factor=request.drop_second_factor,
    )
    return PasswordLink(
        url=f"{site.cluster_url(cluster, tenant)}/password#{quote(str(made['token']))}",
        login=request.login,
        expires_at=datetime.fromisoformat(str(made["expires_at"])),
    )
