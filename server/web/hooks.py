"""What happens before and after every view: tenant, caller, right to call, headers; it must not know a use case."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from flask import Flask, Response, g, request

from server.domain.errors import NotAllowed, NotFound, Unavailable
from server.services import access as signing
from server.services.access import Identity
from server.services.scope import TenantScope
from server.web import browsers, incoming, tenancy
from server.web.caller import Application, StartResponse
from server.web.resource import Access
from server.web.visit import Node, Visit

COOKIE = "lockstep_session"
CSRF = "X-CSRF-Token"
PAGE = "panel_page"
"""The endpoint of the panel's own page."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_FIXED_HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
]
_HSTS = "max-age=31536000; includeSubDomains"


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
            response.headers["Strict-Transport-Security"] = _HSTS
        return response


def admit(node: Node, access: Mapping[str, Access]) -> None:
    """Find the tenant, then the caller, then the caller's right; raises what stands in the way."""
    try:
        scope = tenancy.open_scope(request, node.settings, node.cluster)
    except Unavailable:
        if request.endpoint == PAGE and request.method in _READS:
            return  # it is the same for everybody, and tells what is wrong, and when it is over
        raise
    structlog.contextvars.bind_contextvars(tenant=scope.name)
    if request.endpoint is None:
        # No route: the tenant was looked at first, so that an unknown one is told as that.
        return
    needed = access.get(request.endpoint)
    if needed is None:
        raise NotFound("There is nothing at this address.")
    _refuse_other_sites()
    g.visit = Visit(node, scope, None, request.remote_addr or "", browsers.named(request.headers.get("User-Agent", "")))
    if needed is Access.PUBLIC:
        return
    identity = _authenticate(scope)
    g.visit = replace(g.visit, identity=identity)
    if request.method not in _READS:
        identity.prove_intent(request.headers.get(CSRF))
    if needed is Access.ADMIN:
        identity.may_change()


def new_nonce() -> str:
    """A nonce for one page."""
    return secrets.token_urlsafe(16)


def policy(nonce: str | None = None) -> str:
    """The content security policy: everything from here, nothing inline but styles that carry the page's nonce."""
    styles = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'self'; script-src 'self'; style-src {styles}; img-src 'self' data:; connect-src 'self';"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def with_fixed_headers(application: Application) -> Application:
    """Add the headers that every answer carries, below Flask: there they cost next to nothing."""

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, headers + _FIXED_HEADERS, *more)

        return application(environ, start)

    return serve


_POLICY = policy()


def _authenticate(scope: TenantScope) -> Identity:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return signing.by_token(scope, token.strip())
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise signing.NotSignedIn("Sign in first.")
    return signing.by_session(scope, cookie)


def _refuse_other_sites() -> None:
    """A browser says when a request was made by another site's page; such a request changes nothing here."""
    if request.method not in _READS and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise NotAllowed("The request comes from another site's page and was refused.")
