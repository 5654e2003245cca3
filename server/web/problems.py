"""Every error as ``application/problem+json``; it must not let an inner cause or a secret out."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Flask, Response, g, make_response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from server.domain import errors
from server.domain.quoting import unquoted
from server.services.access import NotSignedIn
from server.services.errand import Busy
from server.services.tries import TooManyAttempts
from server.web import refusals
from server.web.questions import OUT_OF_MEMORY
from server.web.schemas.base import Problem


class Misdirected(errors.LockstepError):
    """The request is for a host that is not served here."""


_STATUS: tuple[tuple[type[errors.LockstepError], HTTPStatus], ...] = (
    (TooManyAttempts, HTTPStatus.TOO_MANY_REQUESTS),
    (Busy, HTTPStatus.TOO_MANY_REQUESTS),
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (Misdirected, HTTPStatus.MISDIRECTED_REQUEST),
    (errors.NotAllowed, HTTPStatus.FORBIDDEN),
    (errors.PutRight, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Conflicting, HTTPStatus.CONFLICT),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.Fenced, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.Crammed, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.AppError, HTTPStatus.BAD_GATEWAY),
)
_RETRY_AFTER_SECONDS = 2
_TOO_LARGE_BODY = "The request is larger than this server takes."


class Suspended(errors.LockstepError):
    """The tenant is suspended or being removed."""


def problem(status: HTTPStatus, detail: str, field: str | None = None) -> Response:
    """A problem as a response."""
    body = Problem(title=status.phrase, status=status.value, detail=detail, field=field)
    response = make_response(body.model_dump_json(exclude_none=True), status.value)
    response.mimetype = "application/problem+json"
    return response


def install(app: Flask) -> None:
    """Let every error of the application become a problem."""
    app.register_error_handler(errors.LockstepError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def of_validation(error: ValidationError) -> Response:
    """What pydantic refused, as one sentence about the first field; what was sent is not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or None
    said = str(first["msg"])
    detail = f"{field}: {said}." if field else f"{said}."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, field)


def _known(error: errors.LockstepError) -> Response:
    if isinstance(error, Suspended):
        return problem(HTTPStatus.LOCKED, error.message)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, errors.NotAllowed | Misdirected):
        refusals.tell(status)
    at = g.get("visit")
    said = error.message if at is not None and at.sees_all else unquoted(error.message)
    response = problem(status, said, getattr(error, "field", None))
    if isinstance(error, TooManyAttempts | Busy):
        response.headers["Retry-After"] = str(error.retry_after)
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        structlog.get_logger().exception("a request failed", exc_info=error)
    return response


def _http(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = _TOO_LARGE_BODY if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE else error.description or status.phrase
    response = problem(status, detail)
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _unforeseen(error: Exception) -> Response:
    if isinstance(error, MemoryError):
        structlog.get_logger().error("there was no memory left for a request")
        response = problem(HTTPStatus.SERVICE_UNAVAILABLE, OUT_OF_MEMORY)
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        return response
    structlog.get_logger().exception("a request failed in an unforeseen way", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong in the server that is nobody's input; the log of the web process has the details.",
    )
