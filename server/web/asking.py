"""How a view that asks apps is served: in the background, with its answer polled for; it must not decide what is asked.

The view and what it is given are values by then, so they go to another thread as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from flask import Response, request

from server.domain.errors import NotAllowed
from server.services import access
from server.web.problems import Suspended
from server.web.questions import Answered, Asker, May, Question
from server.web.schemas.answers import Waiting
from server.web.visit import Visit

PATH = "/api/v1/answers/"
_A_MOMENT = 0.2
"""For so many seconds a request waits for an answer: most apps have answered by then."""
_LOOK_AGAIN = 2.0
"""So often, in seconds, it is looked whether a question may still go on."""


def ask(visit: Visit, *, admin: bool, serve: Callable[[Visit], Response]) -> Response:
    """Have a view served in the background; its reply if that takes a moment only, else where to ask for it."""

    def work(question: Question) -> Answered:
        reply = serve(replace(visit, place=replace(visit.scope, errand=question)))
        return Answered(reply.status_code, reply.get_data(as_text=True))

    asker = Asker(visit.scope.id, visit.who.user_id, admin or visit.who.administers)
    return answered(visit.node.questions.ask(asker, _may(visit), work))


def answered(question: Question) -> Response:
    """The answer to a question, or where to ask for it. Raises what the view raised."""
    if question.wait(_A_MOMENT):
        found = question.answer()
        return Response(found.body, found.status, content_type="application/json")
    path = f"{PATH}{question.id}"
    told = Waiting(answer=path, asking=question.asking, seconds=round(question.waited, 1))
    response = Response(told.model_dump_json(), 202, content_type="application/json")
    response.headers["Location"] = f"{request.script_root}{path}"
    response.headers["Retry-After"] = "1"
    return response


def _may(visit: Visit) -> May:
    """Raises when the tenant rests or the account is not what it was; looked at every two seconds, and at commits."""
    looked = [time.monotonic()]

    def look(commits: bool) -> None:  # noqa: FBT001 - a callback's only word
        if not commits and time.monotonic() - looked[0] < _LOOK_AGAIN:
            return
        looked[0] = time.monotonic()
        if visit.node.cluster.scope(visit.scope.name).state != "active":
            raise Suspended(f"The tenant {visit.scope.name} was suspended or removed meanwhile; nothing was changed.")
        if not access.is_still(visit.scope, visit.who):
            raise NotAllowed("Your account was changed meanwhile, so this was given up; nothing was changed.")

    return look
