"""Who may sign in and what is asked of them, and their API tokens."""

from __future__ import annotations

from server.services import people, users
from server.services.users import Change, NewUser, PasswordLink, User
from server.web.resource import Access, Resource
from server.web.schemas.base import Done
from server.web.schemas.people import (
    IdPath,
    PasswordLinkOut,
    SignInRules,
    SignInRulesOut,
    TokenIn,
    TokenList,
    TokenMade,
    UserChange,
    UserIn,
    UserList,
    UserMade,
    UserOut,
)
from server.web.visit import Visit

resource = Resource("users", locks=True)


@resource.get("/users", UserList, access=Access.ADMIN)
def list_users(visit: Visit) -> UserList:
    """Everyone who may sign in."""
    return UserList(tuple(_user(one) for one in users.every(visit.scope)))


@resource.post("/users", UserMade, status=201)
def add_user(visit: Visit, body: UserIn) -> UserMade:
    """Add someone; a password that was made here is shown this once."""
    given = NewUser(body.login, body.name, body.email, body.role, body.password, body.invited)
    added = users.add(visit.scope, visit.who, visit.node.passwords, given)
    return UserMade(
        user=_user(added.user), password=added.password, link=None if added.link is None else _link(added.link)
    )


@resource.put("/users/<id>", UserOut)
def change_user(visit: Visit, path: IdPath, body: UserChange) -> UserOut:
    """Change somebody's name, e-mail and role, disable or enable the account; all of it holds at once."""
    given = Change(body.name, body.email, body.role, body.disabled)
    return _user(users.change(visit.scope, visit.who, str(path.id), given))


@resource.post("/users/<id>/password-link", PasswordLinkOut, status=201)
def make_password_link(visit: Visit, path: IdPath) -> PasswordLinkOut:
    """A one-time link with which somebody chooses a new password; shown this once, and any earlier one ends."""
    return _link(users.make_password_link(visit.scope, visit.who, str(path.id)))


@resource.delete("/users/<id>/second-factor", Done)
def take_second_factor_away(visit: Visit, path: IdPath) -> Done:
    """Take somebody's lost second factor away; their sessions end, and the password alone signs in."""
    users.take_factor_away(visit.scope, visit.who, str(path.id))
    return Done()


@resource.get("/sign-in-rules", SignInRulesOut, access=Access.ADMIN)
def get_sign_in_rules(visit: Visit) -> SignInRulesOut:
    """What the tenant asks of those who sign in."""
    return SignInRulesOut(second_factor_for_admins=users.admins_need_factor(visit.scope))


@resource.put("/sign-in-rules", SignInRulesOut)
def set_sign_in_rules(visit: Visit, body: SignInRules) -> SignInRulesOut:
    """Ask administrators for a second factor, or no more; who has none may then look and set one up."""
    users.ask_admins_for_factor(visit.scope, visit.who, needed=body.second_factor_for_admins)
    return SignInRulesOut(second_factor_for_admins=body.second_factor_for_admins)


@resource.delete("/users/<id>", Done)
def delete_user(visit: Visit, path: IdPath) -> Done:
    """Delete someone with their sessions and tokens."""
    users.remove(visit.scope, visit.who, str(path.id))
    return Done()


@resource.get("/tokens", TokenList)
def list_tokens(visit: Visit) -> TokenList:
    """The caller's API tokens."""
    return TokenList.model_validate(people.tokens_of(visit.scope, visit.who), from_attributes=True)


@resource.post("/tokens", TokenMade, access=Access.SIGNED_IN, status=201)
def make_token(visit: Visit, body: TokenIn) -> TokenMade:
    """A new API token for the caller, who may do with it what they may do; shown this once."""
    token_id, token, expires = people.make_token(visit.scope, visit.who, body.name, body.expires_in_days)
    return TokenMade.model_validate({"id": token_id, "name": body.name, "token": token, "expires_at": expires})


@resource.delete("/tokens/<id>", Done, access=Access.SIGNED_IN)
def revoke_token(visit: Visit, path: IdPath) -> Done:
    """Let a token work no more."""
    people.revoke_token(visit.scope, visit.who, str(path.id))
    return Done()


def _user(user: User) -> UserOut:
    return UserOut.model_validate(
        {
            "id": user.id,
            "login": user.login,
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "disabled": user.disabled,
            "created_at": user.created_at,
            "has_password": user.password_hash is not None,
            "second_factor": user.factor is not None,
        }
    )


def _link(made: PasswordLink) -> PasswordLinkOut:
    # Behind the # no server, proxy or log ever sees it: the page sends it in a body.
    return PasswordLinkOut(path=f"/password#{made.token}", expires_at=made.expires_at)
