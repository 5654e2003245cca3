"""Who may sign in, and their API tokens."""

from __future__ import annotations

from server.services import people
from server.web.resource import Access, Resource
from server.web.schemas.base import Done
from server.web.schemas.people import IdPath, TokenIn, TokenList, TokenMade, UserIn, UserList, UserMade, UserOut
from server.web.visit import Visit

resource = Resource("users")


@resource.get("/users", UserList, access=Access.ADMIN)
def list_users(visit: Visit) -> UserList:
    """Everyone who may sign in."""
    return UserList(tuple(_user(one) for one in people.every_user(visit.scope)))


@resource.post("/users", UserMade, status=201)
def add_user(visit: Visit, body: UserIn) -> UserMade:
    """Add someone; a password that was made here is shown this once."""
    user, password = people.add_user(
        visit.scope,
        visit.actor,
        visit.node.passwords,
        body.login,
        body.name,
        body.email,
        body.role,
        body.password,
    )
    return UserMade(user=_user(user), password=password)


@resource.delete("/users/<id>", Done)
def delete_user(visit: Visit, path: IdPath) -> Done:
    """Delete someone with their sessions and tokens."""
    people.remove_user(visit.scope, visit.who, str(path.id))
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


def _user(user: people.User) -> UserOut:
    return UserOut.model_validate(
        {
            "id": user.id,
            "login": user.login,
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "disabled": user.disabled,
            "created_at": user.created_at,
        }
    )
