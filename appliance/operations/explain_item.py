"""Asks a cluster's server why an item of a tenant is as it is; it must not reach the database or an app itself."""

from __future__ import annotations

from pydantic import ValidationError

from appliance.control.messages import ExplainItem, Explanation
from appliance.errors import ApplianceError
from appliance.operations.administration import ask_server
from appliance.site import Site


def explain_item(site: Site, cluster: str, tenant: str, request: ExplainItem) -> Explanation:
    """What is known of the item. Raises ``ApplianceError`` (NOT_FOUND) when nobody knows it."""
    told = ask_server(
        site, cluster, "explain-item", as_owner=False, name=tenant, key=request.key, live=request.ask_apps
    )
    try:
        return Explanation.model_validate(told)
    except ValidationError as error:
        raise ApplianceError(f"The server of {cluster} explained nothing. See: lockstep logs agent") from error
