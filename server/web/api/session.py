"""Signing in and out."""

from __future__ import annotations

from flask import Response, make_response, redirect, request

from server.domain.errors import NotAllowed
from server.services import access, accounts, devices
from server.services.access import Identity, NotSignedIn
from server.services.elsewhere import Elsewhere
from server.web import cookie
from server.web.resource import Access, Resource
from server.web.schemas.base import Done
from server.web.schemas.session import ChosenPassword, EnterQuery, Login, Me, SignIn
from server.web.visit import Visit

resource = Resource("session")
entrance = Resource("entrance", prefix="")


@resource.post("/session", Me, access=Access.PUBLIC)
def sign_in(visit: Visit, body: SignIn) -> Response:
    """Sign in with login, password and, for who has a second factor, its code; sets the session's cookie."""
    passwords = visit.node.passwords
    if isinstance(visit.place, Elsewhere):
        access.turn_away(visit.place, passwords, body.login, body.password, visit.caller)
    value, identity = access.sign_in(visit.scope, passwords, body.login, body.password, body.code, visit.caller)
    return _remember(visit, signed_in(visit, value, identity), identity)


@resource.get("/session", Me)
def who_am_i(visit: Visit) -> Me:
    """Who is signed in."""
    return me(visit, visit.who)


@resource.delete("/session", Done, access=Access.SIGNED_IN)
def sign_out(visit: Visit) -> Response:
    """Sign out; the session ends at once."""
    value = cookie.session_of(request)
    if not value or visit.who.csrf is None:
        raise NotAllowed("You are not signed in with a session; revoke the API token instead.")
    access.sign_out(visit.scope, value, visit.who)
    response = make_response(Done().model_dump_json())
    response.mimetype = "application/json"
    return cookie.clear(response)


@entrance.get("/enter", Done, access=Access.PUBLIC, wrong=lambda: NotSignedIn(access.LINK_OVER))
def enter(visit: Visit, query: EnterQuery) -> Response:
    """Sign in with a one-time link of the console and go to the panel."""
    value, identity = access.enter(visit.scope, query.token, visit.caller)
    response = cookie.put(make_response(redirect(f"{request.script_root}/", code=303)), value)
    return _remember(visit, response, identity)


@resource.post("/password", Login, access=Access.PUBLIC, wrong=lambda: NotSignedIn(accounts.OVER))
def choose_password(visit: Visit, body: ChosenPassword) -> Login:
    """Choose a password with a one-time link; every session of the account ends."""
    login = accounts.choose_password(
        visit.scope, visit.node.passwords, body.token, body.password, visit.address, revoke=body.revoke_tokens
    )
    return Login(login=login)


def signed_in(visit: Visit, value: str, identity: Identity) -> Response:
    """Who is signed in, with the cookie of a session that begins, or goes on under another one."""
    response = make_response(me(visit, identity).model_dump_json())
    response.mimetype = "application/json"
    return cookie.put(response, value) if value else response


def _remember(visit: Visit, response: Response, identity: Identity) -> Response:
    """The device is known from now on: what strangers try keeps nobody waiting there."""
    return cookie.put_device(response, devices.remembering(visit.scope.cipher, visit.device, identity.login))


def me(visit: Visit, identity: Identity) -> Me:
    """Who is signed in."""
    return Me(
        login=identity.login,
        name=identity.name,
        role=identity.role,
        csrf=identity.csrf or "",
        tenant=visit.scope.name,
        tenant_title=visit.scope.title or visit.scope.name,
        cluster=visit.scope.cluster,
        owes_second_factor=identity.owes,
    )
