"""What happens before and after every view: tenant, caller, right to call, headers; it must not know a use case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from flask import Flask, Response, g, request

from server.domain.errors import NotAllowed, NotFound
from server.services import access as signing
from server.services.access import Identity
from server.services.elsewhere import Elsewhere
from server.services.scope import TenantScope
from server.web import browsers, cookie, incoming, safe_headers, tenancy
from server.web.caller import Application, StartResponse
from server.web.resource import Access
from server.web.visit import Node, Visit

CSRF = "X-CSRF-Token"
PAGE = "panel_page"
"""The endpoint of the panel's own page."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def install(app: Flask, node: Node, access: Mapping[str, Access], tenantless: frozenset[str]) -> None:
    """Put the hooks around every view.

    ``access`` says who may call each endpoint; ``tenantless`` names the endpoints that belong to no tenant. An
    endpoint in neither answers nobody.
    """

    @app.before_request
    def _admit() -> None:
        structlog.contextvars.clear_contextvars()
        tenancy.require_known_host(request, node.settings)
        incoming.require_clean_address(request)
        if request.endpoint not in tenantless:
            admit(node, access)

    @app.after_request
    def _dress(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = safe_headers.HSTS
        return response


def admit(node: Node, access: Mapping[str, Access]) -> None:
    """Find the tenant, then the caller, then the caller's right; raises what stands in the way.

    Whether a tenant is there hears only who belongs to it: the page is the same for everybody, and whoever shows
    nothing, or nothing that holds, is told the same everywhere.
    """
    name = tenancy.asked_for(request, node.settings)
    structlog.contextvars.bind_contextvars(tenant=name)
    if request.endpoint is None or (request.endpoint == PAGE and request.method in _READS):
        return  # no route: said by whoever looks for one
    needed = access.get(request.endpoint)
    if needed is None:
        raise NotFound("There is nothing at this address.")
    _refuse_other_sites()
    shown = _shown()
    if needed is not Access.PUBLIC and shown is None:
        raise signing.NotSignedIn("Sign in first.")
    place = tenancy.find(name, node.cluster)
    g.visit = Visit(
        node,
        place,
        None,
        request.remote_addr or "",
        browsers.named(request.headers.get("User-Agent", "")),
        cookie.device_of(request),
    )
    if needed is Access.PUBLIC or shown is None:
        return
    identity = _authenticate(place, *shown)
    tenancy.require_active(g.visit.scope)
    g.visit = replace(g.visit, identity=identity)
    if request.method not in _READS:
        identity.prove_intent(request.headers.get(CSRF))
    if needed is Access.ADMIN:
        identity.may_change()


def with_fixed_headers(application: Application) -> Application:
    """Add the headers that every answer carries, below Flask: there they cost next to nothing."""
    fixed = list(safe_headers.FIXED)

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, headers + fixed, *more)

        return application(environ, start)

    return serve


_POLICY = safe_headers.policy()


def _shown() -> tuple[bool, str] | None:
    """What a caller shows: whether it is an API token, and its value."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return True, token.strip()
    value = cookie.session_of(request)
    return (False, value) if value else None


def _authenticate(place: TenantScope | Elsewhere, is_token: bool, value: str) -> Identity:  # noqa: FBT001 - as shown
    if isinstance(place, Elsewhere):
        place.pass_a_glance()
        raise signing.NotSignedIn(signing.TOKEN_OVER if is_token else signing.SESSION_OVER)
    return signing.by_token(place, value) if is_token else signing.by_session(place, value)


def _refuse_other_sites() -> None:
    """A browser says when a request was made by another site's page; such a request changes nothing here."""
    if request.method not in _READS and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise NotAllowed("The request comes from another site's page and was refused.")
