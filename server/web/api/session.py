"""Signing in and out."""

from __future__ import annotations

from flask import Response, make_response, redirect, request

from server.domain.errors import NotAllowed
from server.services import access
from server.services.access import Identity
from server.web import cookie
from server.web.hooks import COOKIE
from server.web.resource import Access, Resource
from server.web.schemas.base import Done
from server.web.schemas.session import EnterQuery, Me, SignIn
from server.web.visit import Visit

resource = Resource("session")
entrance = Resource("entrance", prefix="")


@resource.post("/session", Me, access=Access.PUBLIC)
def sign_in(visit: Visit, body: SignIn) -> Response:
    """Sign in with login and password; sets the session's cookie."""
    value, identity = access.sign_in(visit.scope, visit.node.passwords, body.login, body.password, visit.address)
    response = make_response(_me(visit, identity).model_dump_json())
    response.mimetype = "application/json"
    return cookie.put(response, value)


@resource.get("/session", Me)
def who_am_i(visit: Visit) -> Me:
    """Who is signed in."""
    return _me(visit, visit.who)


@resource.delete("/session", Done, access=Access.SIGNED_IN)
def sign_out(visit: Visit) -> Response:
    """Sign out; the session ends at once."""
    value = request.cookies.get(COOKIE)
    if not value or visit.who.csrf is None:
        raise NotAllowed("You are not signed in with a session; revoke the API token instead.")
    access.sign_out(visit.scope, value, visit.who)
    response = make_response(Done().model_dump_json())
    response.mimetype = "application/json"
    return cookie.clear(response)


@entrance.get("/enter", Done, access=Access.PUBLIC)
def enter(visit: Visit, query: EnterQuery) -> Response:
    """Sign in with a one-time link of the console and go to the panel."""
    value, _ = access.enter(visit.scope, query.token, visit.address)
    return cookie.put(make_response(redirect(f"{request.script_root}/", code=303)), value)


def _me(visit: Visit, identity: Identity) -> Me:
    return Me(
        login=identity.login,
        name=identity.name,
        role=identity.role,
        csrf=identity.csrf or "",
        tenant=visit.scope.name,
        tenant_title=visit.scope.title or visit.scope.name,
        cluster=visit.scope.cluster,
    )
