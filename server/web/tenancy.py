"""Which tenant a request is for, before any view: path prefix, header or subdomain; it must not open any data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import Request

from server.domain.errors import NotFound, PutRight
from server.services.cluster import Cluster
from server.services.elsewhere import Elsewhere
from server.services.scope import TenantScope
from server.settings import Settings
from server.web.caller import Application, StartResponse
from server.web.problems import Misdirected, Suspended

HEADER = "X-Lockstep-Tenant"
_FROM_PATH = "lockstep.tenant_from_path"
_PREFIX = re.compile(r"^/t/([a-z][a-z0-9-]{0,38}[a-z0-9])(?=/|$)")
_NAME = re.compile(r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$")


def take_path_prefix(application: Application) -> Application:
    """Move ``/t/NAME`` from the path to the script's name, so that every route works below it."""

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        found = _PREFIX.match(path)
        # Whatever a client sent under this name is not ours.
        environ.pop(_FROM_PATH, None)
        if found:
            environ[_FROM_PATH] = found.group(1)
            environ["SCRIPT_NAME"] = str(environ.get("SCRIPT_NAME", "")) + found.group(0)
            environ["PATH_INFO"] = path[found.end() :] or "/"
        return application(environ, start_response)

    return serve


def require_known_host(request: Request, settings: Settings) -> None:
    """Raises ``Misdirected`` when the request names a host that is not ours.

    A page of another site may have its own name lead to this process; its requests carry that name.
    """
    host = _without_port(request.host)
    ours = f"{settings.cluster}.{settings.base_domain}"
    if host not in {ours, *_LOOPBACK} and _of_host(host, settings) is None:
        raise Misdirected(f"No host of that name is served here; use https://TENANT.{ours}.")


def named_tenant(request: Request, settings: Settings) -> str | None:
    """The tenant that the request names, None if it names none. Raises ``PutRight`` when it names two."""
    named = {
        name
        for name in (request.environ.get(_FROM_PATH), request.headers.get(HEADER), _from_host(request, settings))
        if name
    }
    if len(named) > 1:
        raise PutRight(f"The request names more than one tenant: {', '.join(sorted(named))}.")
    return named.pop() if named else None


def for_whom(path: str, header: str, host: str, settings: Settings) -> str:
    """The tenant that a request seems to be for, before anything of it is read; empty where it names none."""
    found = _PREFIX.match(path)
    return (found.group(1) if found else "") or header or _of_host(host, settings) or ""


def asked_for(request: Request, settings: Settings) -> str:
    """The name of the request's tenant, which need not be there. Raises ``NotFound`` where none can have that name."""
    name = named_tenant(request, settings)
    if name is None:
        raise NotFound(
            f"This address names no tenant; use https://TENANT.{settings.cluster}.{settings.base_domain} with the"
            " tenant's name."
        )
    if not _NAME.match(name):
        raise NotFound("There is no such tenant in this cluster; check the address.")
    return name


def find(name: str, cluster: Cluster) -> TenantScope | Elsewhere:
    """The tenant of that name, which may rest, or that there is none."""
    try:
        scope = cluster.scope(name)
    except NotFound:
        return Elsewhere(name, cluster.database)
    return Elsewhere(name, cluster.database) if scope.state == "deleting" else scope


def require_active(scope: TenantScope) -> None:
    """Raises ``Suspended`` when the tenant rests: only for those who have shown that they belong there."""
    if scope.state != "active":
        raise Suspended(f"The tenant {scope.name} is suspended; ask the operator of this installation.")


_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def _from_host(request: Request, settings: Settings) -> str | None:
    return _of_host(request.host, settings)


def _of_host(named: str, settings: Settings) -> str | None:
    label, dot, rest = _without_port(named).partition(".")
    return label if dot and rest == f"{settings.cluster}.{settings.base_domain}" else None


def _without_port(named: str) -> str:
    host = named.rpartition(":")[0] if re.search(r":\d+$", named) else named
    return host.lower().rstrip(".")
