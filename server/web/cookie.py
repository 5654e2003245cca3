"""The session's cookie: HttpOnly, SameSite, Secure on https, for this tenant's address only; nothing else is set."""

from __future__ import annotations

from flask import Response, request

from server.services.access import LONGEST
from server.web.hooks import COOKIE


def put(response: Response, value: str) -> Response:
    """Set the cookie."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(LONGEST.total_seconds()),
        path=request.script_root or "/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def clear(response: Response) -> Response:
    """Remove the cookie."""
    response.delete_cookie(
        COOKIE, path=request.script_root or "/", secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return response
