"""How a view becomes a route: who may call it and what it replies are said in one place; it must not serve anything.

Deny by default: a GET is for everyone who is signed in, everything else for administrators, unless the route says
otherwise; a route that was not made here answers nobody (``hooks.authorise``). A route that has apps asked says so
(``asks``): then its view runs in the background, and its reply may have to be fetched (``server.web.asking``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Any, get_type_hints

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from server import faults
from server.domain.errors import LockstepError
from server.services import audience
from server.services.access import hold
from server.services.elsewhere import Elsewhere
from server.web import asking, tenancy
from server.web.schemas.answers import Waiting
from server.web.schemas.base import Problem
from server.web.visit import Visit, visit

PREFIX = "/api/v1"


class Access(StrEnum):
    """Who may call a route."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    ADMIN = "admin"


View = Callable[..., BaseModel | Response]
Wrong = Callable[[], LockstepError] | None
"""What a public route tells who has no right to it: told where the tenant is not there, too."""
_PROBLEMS = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 423, 429, 502, 503), Problem)
_OF_ASKING: dict[int, Any] = {202: Waiting}
_OF_ANSWERS: dict[int, Any] = {
    200: {
        "description": "The answer, with the status and the body of what was asked",
        "content": {"application/json": {"schema": {}}},
    },
}


class Resource:
    """The routes of one resource. By endpoint: ``access`` says who may call it, ``replies`` what it answers.

    What only administrators may change is changed only while they still may: each transaction holds their account.
    ``locks``: its services lock accounts themselves, in their own order, and look again under that.
    """

    def __init__(self, name: str, prefix: str = PREFIX, *, locks: bool = False) -> None:
        self.name, self._locks = name, locks
        self.api = APIBlueprint(name, __name__, url_prefix=prefix, abp_tags=[Tag(name=name)])
        self.access: dict[str, Access] = {}
        self.replies: dict[str, type[BaseModel]] = {}

    def get(
        self,
        rule: str,
        reply: type[BaseModel],
        access: Access = Access.SIGNED_IN,
        status: int = 200,
        *,
        asks: bool = False,
        wrong: Wrong = None,
    ) -> Callable[[View], View]:
        """A read."""
        return self._route("get", rule, reply, access, status, asks=asks, wrong=wrong)

    def post(
        self,
        rule: str,
        reply: type[BaseModel],
        access: Access = Access.ADMIN,
        status: int = 200,
        *,
        asks: bool = False,
        wrong: Wrong = None,
    ) -> Callable[[View], View]:
        """A change, or something that cannot be a read."""
        return self._route("post", rule, reply, access, status, asks=asks, wrong=wrong)

    def put(
        self, rule: str, reply: type[BaseModel], access: Access = Access.ADMIN, *, asks: bool = False
    ) -> Callable[[View], View]:
        """A replacement."""
        return self._route("put", rule, reply, access, 200, asks=asks)

    def delete(self, rule: str, reply: type[BaseModel], access: Access = Access.ADMIN) -> Callable[[View], View]:
        """A removal."""
        return self._route("delete", rule, reply, access, 200)

    def _route(
        self,
        method: str,
        rule: str,
        reply: type[BaseModel],
        access: Access,
        status: int,
        *,
        asks: bool = False,
        wrong: Wrong = None,
    ) -> Callable[[View], View]:
        register = getattr(self.api, method)
        holds = access is Access.ADMIN and method != "get" and not self._locks

        def decorate(view: View) -> View:
            def serve(at: Visit, **given: Any) -> Response:
                if wrong is not None and isinstance(at.place, Elsewhere):
                    at.place.pass_the_time()
                    raise wrong()
                if holds:
                    at = replace(at, place=replace(at.scope, allows=partial(hold, who=at.who)))
                result = view(at, **given)
                if access is Access.PUBLIC:
                    tenancy.require_active(at.scope)
                if method != "get":
                    faults.reach("change.committed")
                return _answer(result, reply, status, in_full=at.sees_all)

            def endpoint(**given: Any) -> Response:
                if not asks:
                    return serve(visit(), **given)
                return asking.ask(visit(), admin=access is Access.ADMIN, serve=partial(serve, **given))

            hints = get_type_hints(view)
            endpoint.__annotations__ = {name: hints[name] for name in ("path", "query", "body") if name in hints}
            endpoint.__name__ = endpoint.__qualname__ = view.__name__
            endpoint.__doc__ = view.__doc__
            described = {status: reply, **_PROBLEMS, **(_OF_ASKING if asks else {})}
            described |= _OF_ANSWERS if reply is Waiting else {}
            register(rule, responses=described, operation_id=view.__name__)(endpoint)
            self.access[f"{self.name}.{view.__name__}"] = access
            self.replies[f"{self.name}.{view.__name__}"] = reply
            return view

        return decorate


def _answer(result: BaseModel | Response, reply: type[BaseModel], status: int, *, in_full: bool) -> Response:
    """The reply as JSON. What is not of the declared kind never leaves; ``in_full``: what apps said does, too."""
    if isinstance(result, Response):
        return result
    if type(result) is not reply:
        raise TypeError(f"a view declared {reply.__name__} and replied {type(result).__name__}")
    if in_full:
        return Response(result.model_dump_json(), status, content_type="application/json")
    shown = json.dumps(audience.without_words(result.model_dump(mode="json")), ensure_ascii=False)
    return Response(shown, status, content_type="application/json")
