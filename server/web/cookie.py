"""The cookies: the session's, and the device's that outlives it; HttpOnly, for this host alone; nothing else is set.

Over https their names begin with ``__Host-``: a browser takes such a cookie from this very host alone, so no neighbour
(another tenant's host) can put one in its place. Its path is ``/``, so below ``/t/TENANT`` the tenant is in the name.
On plain http, which is served on loopback alone, browsers refuse such a name; there the path parts the tenants.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from flask import Request, Response, request
from werkzeug.http import parse_cookie

from server.services import devices
from server.services.access import LONGEST

SESSION_NAME: Final = "lockstep_session"
DEVICE_NAME: Final = "lockstep_device"
_SAFE: Final = "__Host-"
_MOST_TRIED: Final = 8


def session_of(asked: Request) -> str:
    """The session's cookie, empty when there is none. Over https none but the safe one is taken."""
    return _of(asked, SESSION_NAME)


def device_of(asked: Request) -> str:
    """The device's cookie, empty when there is none."""
    return _of(asked, DEVICE_NAME)


def devices_in(header: str) -> tuple[str, ...]:
    """What a request's ``Cookie`` may name as its device, before anything else of it is read."""
    names = (DEVICE_NAME, f"{_SAFE}{DEVICE_NAME}")
    return tuple(value for name, value in parse_cookie(header).items(multi=True) if name.partition(".")[0] in names)[
        :_MOST_TRIED
    ]


def put(response: Response, value: str) -> Response:
    """Set the session's cookie."""
    return _set(response, SESSION_NAME, value, LONGEST, "Lax")


def put_device(response: Response, value: str) -> Response:
    """Set the device's cookie; it lets nobody in."""
    return _set(response, DEVICE_NAME, value, devices.LIFETIME, "Strict")


def clear(response: Response) -> Response:
    """Remove the session's cookie; the device stays known."""
    response.delete_cookie(
        _name(request, SESSION_NAME), path=_path(), secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return response


def _set(
    response: Response, name: str, value: str, lifetime: timedelta, same_site: Literal["Lax", "Strict"]
) -> Response:
    response.set_cookie(
        _name(request, name),
        value,
        max_age=int(lifetime.total_seconds()),
        path=_path(),
        secure=request.is_secure,
        httponly=True,
        samesite=same_site,
    )
    return response


def _of(asked: Request, name: str) -> str:
    """Below ``/t/TENANT`` that of the whole host is taken, too: it says nothing at a tenant that it is not of."""
    host = f"{_SAFE}{name}" if asked.is_secure else name
    return asked.cookies.get(_name(asked, name)) or asked.cookies.get(host, "")


def _name(asked: Request, name: str) -> str:
    if not asked.is_secure:
        return name
    below = asked.script_root.rpartition("/")[2]
    return f"{_SAFE}{name}.{below}" if below else f"{_SAFE}{name}"


def _path() -> str:
    return "/" if request.is_secure else request.script_root or "/"
