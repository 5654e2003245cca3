"""Creates a tenant in a cluster; the server makes role, schema and tables in one transaction, or nothing."""

from __future__ import annotations

from appliance.config import require_name
from appliance.control.messages import CreateTenant, TenantCreated
from appliance.operations.administration import ask_server
from appliance.operations.list_tenants import list_tenants, tenant_status
from appliance.site import Report, Site


def create_tenant(site: Site, cluster: str, request: CreateTenant, report: Report) -> TenantCreated:
    """Make the tenant and its administrator. The password is in the answer only if the server made it."""
    require_name(request.name, "tenant")
    report(f"creating {request.name} in {cluster}")
    made = ask_server(
        site,
        cluster,
        "create-tenant",
        as_owner=True,
        name=request.name,
        title=request.title or request.name,
        admin_login=request.admin_login,
        admin_email=request.admin_email,
        admin_password=request.admin_password,
    )
    password = made.get("admin_password")
    status = next(
        (tenant for tenant in list_tenants(site, cluster) if tenant.name == request.name),
        tenant_status(site, cluster, {"name": request.name, "title": request.title}),
    )
    return TenantCreated(
        tenant=status,
        admin_login=str(made.get("admin_login") or request.admin_login),
        admin_password=password if isinstance(password, str) and request.admin_password is None else None,
    )
