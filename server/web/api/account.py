"""What people do with their own account."""

from __future__ import annotations

from flask import Response, make_response

from server.services import accounts
from server.services.accounts import Account, Proof
from server.web import cookie
from server.web.api.session import signed_in
from server.web.resource import Access, Resource
from server.web.schemas.account import (
    AccountChange,
    AccountOut,
    AgainWithCode,
    EndSessions,
    FactorSetup,
    FirstCode,
    PasswordChange,
    RecoveryCodes,
    SessionList,
)
from server.web.schemas.base import Done
from server.web.schemas.people import IdPath
from server.web.schemas.session import Me
from server.web.visit import Visit

resource = Resource("account")


@resource.get("/account", AccountOut)
def get_account(visit: Visit) -> AccountOut:
    """One's own account."""
    return _account(accounts.own(visit.scope, visit.who))


@resource.put("/account", AccountOut, access=Access.SIGNED_IN)
def change_account(visit: Visit, body: AccountChange) -> AccountOut:
    """Change one's own name and e-mail; asks for the password."""
    proof = Proof(body.current, visit.address)
    return _account(accounts.describe(visit.scope, visit.node.passwords, visit.who, proof, body.name, body.email))


@resource.put("/account/password", Me, access=Access.SIGNED_IN)
def change_password(visit: Visit, body: PasswordChange) -> Response:
    """Choose another password; every other session ends, and this one goes on with another cookie and CSRF token."""
    value, identity = accounts.change_password(
        visit.scope,
        visit.node.passwords,
        visit.who,
        Proof(body.current, visit.address),
        body.password,
        revoke=body.revoke_tokens,
    )
    return signed_in(visit, value, identity)


@resource.get("/account/sessions", SessionList)
def list_sessions(visit: Visit) -> SessionList:
    """One's own sessions."""
    return SessionList.model_validate(accounts.sessions_of(visit.scope, visit.who), from_attributes=True)


@resource.delete("/account/sessions", Done, access=Access.SIGNED_IN)
def end_sessions(visit: Visit, query: EndSessions) -> Response:
    """Sign out everywhere, here too unless this session is kept. API tokens stay."""
    accounts.end_sessions(visit.scope, visit.who, keep_this=query.keep_this)
    response = make_response(Done().model_dump_json())
    response.mimetype = "application/json"
    return response if query.keep_this else cookie.clear(response)


@resource.delete("/account/sessions/<id>", Done, access=Access.SIGNED_IN)
def end_session(visit: Visit, path: IdPath) -> Done:
    """End one of one's own sessions, at once."""
    accounts.end_session(visit.scope, visit.who, str(path.id))
    return Done()


@resource.post("/account/second-factor", FactorSetup, access=Access.SIGNED_IN)
def set_up_second_factor(visit: Visit, body: AgainWithCode) -> FactorSetup:
    """Begin to set up an authenticator app; it is asked for once a code of it has come."""
    proof = Proof(body.current, visit.address, body.code)
    made = accounts.set_up_factor(visit.scope, visit.node.passwords, visit.who, proof)
    return FactorSetup.model_validate(made)


@resource.post("/account/second-factor/confirm", RecoveryCodes, access=Access.SIGNED_IN)
def confirm_second_factor(visit: Visit, body: FirstCode) -> Response:
    """The first code: from now on one is asked for at each sign-in. Every other session ends."""
    (value, identity), codes = accounts.confirm_factor(visit.scope, visit.who, body.code)
    response = make_response(RecoveryCodes(codes=codes, csrf=identity.csrf or "").model_dump_json())
    response.mimetype = "application/json"
    return cookie.put(response, value) if value else response


@resource.post("/account/second-factor/remove", Me, access=Access.SIGNED_IN)
def remove_second_factor(visit: Visit, body: AgainWithCode) -> Response:
    """Sign in with the password alone again; every other session ends."""
    proof = Proof(body.current, visit.address, body.code)
    value, identity = accounts.remove_factor(visit.scope, visit.node.passwords, visit.who, proof)
    return signed_in(visit, value, identity)


@resource.post("/account/recovery-codes", RecoveryCodes, access=Access.SIGNED_IN)
def renew_recovery_codes(visit: Visit, body: AgainWithCode) -> RecoveryCodes:
    """New recovery codes; those that were there work no more."""
    proof = Proof(body.current, visit.address, body.code)
    return RecoveryCodes(codes=accounts.renew_codes(visit.scope, visit.node.passwords, visit.who, proof), csrf="")


def _account(found: Account) -> AccountOut:
    return AccountOut.model_validate(
        {
            "login": found.login,
            "name": found.name,
            "email": found.email,
            "role": found.role,
            "created_at": found.created_at,
            "has_password": found.has_password,
            "password_at": found.password_at,
            "second_factor_since": found.factor_since,
            "recovery_codes_left": found.codes_left,
            "needs_second_factor": found.needs_factor,
        }
    )
