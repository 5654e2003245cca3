"""Says in the log who was refused what, so that attempts are seen; it must not say what was sent, nor any secret.

The audit, which a tenant reads, has who signed in and who was refused that. Here is the rest, for who runs the
installation: a session or key that is none, a right that is missing, a forged request, too many tries, another host.
"""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import g, has_request_context, request

from server.web.visit import Visit


def tell(status: HTTPStatus) -> None:
    """Log the refusal of the request that is being served; ``server.repeats`` counts what comes again and again."""
    if not has_request_context():
        return  # a question that was asked in the background: its asker is told
    with_what = _brought_along()
    if status is HTTPStatus.UNAUTHORIZED and not with_what and request.method == "GET":
        return  # somebody opens the panel and is not signed in yet
    visit: Visit | None = g.get("visit")
    who = visit.identity.login if visit is not None and visit.identity is not None else ""
    endpoint = request.endpoint or "nothing"
    structlog.get_logger().warning(
        "a request was refused",
        reason=f"{status.value} {endpoint}",
        method=request.method,
        login=who,
        brought=with_what,
        address=request.remote_addr or "",
    )


def _brought_along() -> str:
    """What the request carries to say who sends it, by kind."""
    if request.headers.get("Authorization"):
        return "key"
    return "cookie" if request.cookies else ""
