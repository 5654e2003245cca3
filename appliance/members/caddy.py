"""Caddy's whole configuration: routes, patience, what is said and what is logged; it must not talk to Caddy.

No word of a request's head but its method, host and the safe part of its path comes into the log: queries, headers and
what stands below ``/hooks`` and ``/enter`` hold secrets.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of a request's body; the server behind takes no more either."""
_LANES = ("08", "19", "2a", "3b", "4c", "5d", "6e", "7f")
"""By which sign the clients' addresses are told apart: the last one of an IPv4 address, of an IPv6 address the last one
of its network (/64)."""
_AT_ONCE = 60
"""Connections of a lane to a cluster at a time. Its server takes 500: who must wait, waits here, and whoever does not
read what was asked for fills one lane and no other."""
_PATIENCE = {
    "read_header_timeout": "10s",
    "read_timeout": "30s",  # head and body together
    "read_idle_timeout": "-1s",  # off: it moves the deadline above on while what is left of a late body is read
    "write_timeout": "1m",
    "write_idle_timeout": "-1s",  # off, as above
    "idle_timeout": "1m",
    "max_header_bytes": 32 * 1024,
}
"""How long a client may take. Who sends or reads a byte now and then holds no connection of a cluster: a request is
handed on when it has come whole. One that is late is hung up on."""
GATEWAY_HEADER = "X-Lockstep-Gateway"
"""By what it carries a cluster's web process knows that a request comes from here, so that the address which it names
is the client's. What a client sends under this name is replaced."""
_LOG = {
    "writer": {"output": "stderr"},
    "level": "INFO",
    "exclude": ["admin.api", "http.handlers.reverse_proxy.health_checker.active"],  # asks all the time
    "encoder": {
        "format": "filter",
        "wrap": {"format": "json"},
        "fields": {
            "request>headers": {"filter": "delete"},
            "resp_headers": {"filter": "delete"},
            "request>uri": {
                "filter": "multi_regexp",
                "operations": [
                    {"regexp": r"[?#].*$", "value": ""},
                    {"regexp": r"^[A-Za-z]+://[^/]*", "value": ""},  # it may hold a password
                    {"regexp": r"%.*$", "value": ""},  # what is spelled otherwise could be any of the below
                    {"regexp": r"(?i)/(hooks|enter)\b.*$", "value": "/$1"},
                ],
            },
        },
    },
}
_LOOPBACK = ["localhost", "127.0.0.1"]
_HSTS = "max-age=31536000; includeSubDomains"
"""Whatever is answered over TLS, also by who does not know that it is: a browser comes back by TLS alone."""


@dataclass(frozen=True, slots=True)
class Route:
    """One cluster behind the gateway: its host name (``cluster1.localhost``) and its web port.

    ``secret``: what its web process knows the gateway by.
    """

    host: str
    port: int
    secret: str = field(repr=False)


def configuration(
    routes: Sequence[Route], *, https_port: int, http_port: int, loopback: bool, storage: Path, admin: Path
) -> dict[str, object]:
    """Caddy's whole configuration.

    ``loopback``: HTTPS is served on loopback alone. Plain HTTP always is; there the only cluster is also reached
    without its name (``/t/TENANT/``). Whoever names another host is told so: a page of another site could have its own
    name lead here.
    """
    secure = [_proxied(route, _names(route), by_tls=True) for route in routes]
    loopback_names = _LOOPBACK if len(routes) == 1 else []
    plain = [_proxied(route, [*_names(route), *loopback_names], by_tls=False) for route in routes]
    names = [name for route in routes for name in _names(route)]
    internal = {"issuers": [{"module": "internal"}]}
    return {
        "admin": {"listen": f"unix/{admin}|0600", "config": {"persist": False}},
        "logging": {"logs": {"default": _LOG}},
        "storage": {"module": "file_system", "root": str(storage)},
        "apps": {
            "http": {
                "grace_period": "30s",
                "servers": {
                    "https": {
                        **_PATIENCE,
                        "listen": [f"{'127.0.0.1' if loopback else ''}:{https_port}"],
                        "protocols": ["h1", "h2"],
                        "automatic_https": {"disable_redirects": True},
                        "tls_connection_policies": [{"fallback_sni": routes[0].host} if routes else {}],
                        "routes": [*secure, _nowhere(by_tls=True)],
                        "errors": {"routes": _when_silent(by_tls=True)},
                    },
                    "http": {
                        **_PATIENCE,
                        "listen": [f"127.0.0.1:{http_port}"],
                        "protocols": ["h1"],
                        "automatic_https": {"disable": True},
                        "routes": [*plain, _nowhere(by_tls=False)],
                        "errors": {"routes": _when_silent(by_tls=False)},
                    },
                },
            },
            "tls": {
                "certificates": {"automate": names},
                "automation": {"policies": [internal]},
            },
            "pki": {"certificate_authorities": {"local": {"install_trust": False, "name": "Lockstep"}}},
        },
    }


def _names(route: Route) -> list[str]:
    return [f"*.{route.host}", route.host]


def _proxied(route: Route, hosts: list[str], *, by_tls: bool) -> dict[str, object]:
    lanes = [
        {"group": "lane", "match": [_in_lane(signs)], "handle": [_handed_on(route, by_tls=by_tls)]}
        for signs in _LANES[1:]
    ]
    return {
        "match": [{"host": hosts}],
        "terminal": True,
        "handle": [
            {"handler": "request_body", "max_size": LARGEST_BODY},
            {
                "handler": "subroute",
                "routes": [*lanes, {"group": "lane", "handle": [_handed_on(route, by_tls=by_tls)]}],
            },
        ],
    }


def _in_lane(signs: str) -> dict[str, object]:
    """Whether the client's address is one of these."""
    pattern = rf"^([0-9.]*[{signs}]|([0-9a-f]+:){{3}}[0-9a-f]*[{signs}]:[0-9a-f:.]*(%.*)?)$"
    return {"vars_regexp": {"{http.request.remote.host}": {"pattern": pattern}}}


def _handed_on(route: Route, *, by_tls: bool) -> dict[str, object]:
    """A way to the cluster with connections of its own."""
    return {
        "handler": "reverse_proxy",
        "transport": {"protocol": "http", "max_conns_per_host": _AT_ONCE},
        "upstreams": [{"dial": f"127.0.0.1:{route.port}"}],
        "request_buffers": LARGEST_BODY + 1,  # whole, so that what is too large is known before any is handed on
        "headers": {
            "request": {"set": {GATEWAY_HEADER: [route.secret]}},
            **({"response": {"set": {"Strict-Transport-Security": [_HSTS]}}} if by_tls else {}),
        },
        # A POST is never sent twice: Caddy repeats only what no server has seen, and GET.
        "load_balancing": {"try_duration": "3s", "retry_match": [{"method": ["GET", "HEAD"]}]},
        # Who is dead refuses at once; who is only slow on a busy machine must not be told to be away.
        "health_checks": {"active": {"uri": "/-/node/alive", "interval": "3s", "timeout": "10s", "expect_status": 2}},
    }


def _policy(styles: str = "") -> str:
    """The content security policy of the web process's answers; ``styles`` are those that a page holds itself."""
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; connect-src 'self';"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _answer(
    status: int, kind: str, body: str, *, by_tls: bool, again: str = "", ends: bool = True
) -> dict[str, object]:
    """An answer of the gateway's own, with the headers that the web process's have.

    ``again``: after how many seconds to try again; ``ends``: the connection ends with it.
    """
    style = body.partition("<style>")[2].partition("</style>")[0].encode()
    known = f" 'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'" if style else ""
    headers = {
        "Content-Type": kind,
        "Content-Security-Policy": _policy(known),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
        **({"Strict-Transport-Security": _HSTS} if by_tls else {}),
        **({"Retry-After": again} if again else {}),
        **({"Connection": "close"} if ends else {}),
    }
    several = {name: [value] for name, value in headers.items()}
    return {"handler": "static_response", "status_code": status, "headers": several, "body": body}


def _problem(status: int, title: str, detail: str, *, by_tls: bool, again: str = "") -> dict[str, object]:
    """A problem as the API has them."""
    body = json.dumps({"title": title, "status": status, "detail": detail})
    return _answer(status, "application/problem+json", body, by_tls=by_tls, again=again)


def _nowhere(*, by_tls: bool) -> dict[str, object]:
    said = "No cluster of that name is served here. See: lockstep status\n"
    return {"handle": [_answer(404, "text/plain; charset=utf-8", said, by_tls=by_tls, ends=False)]}


_SILENT = "Lockstep is starting, or does not answer just now. Nothing is lost; try again in a moment."
_SILENT_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Lockstep</title><style>body{font:16px/1.5 sans-serif;margin:20vh auto;max-width:34em;padding:0 1em}</style>
<h1>Lockstep does not answer just now</h1><p>It is starting, or something that it needs is away. Nothing is lost. This
page tries again every five seconds.</p></html>
"""
_REFUSED = (
    (413, "Request Entity Too Large", "The request is larger than this server takes."),
    (408, "Request Timeout", "The request did not come whole in the time that one has."),
    (400, "Bad Request", "The request did not come as it should."),
)


_LENGTH = "{http.request.header.Content-Length}"
_DIGITS = len(str(LARGEST_BODY))
_ALSO = {
    413: f"size({_LENGTH}) > {_DIGITS} || (size({_LENGTH}) == {_DIGITS} && {_LENGTH} >= '{LARGEST_BODY}')",
    400: "{http.error.message}.contains('chunk')",
}
"""Faults of a body that come out while it is handed on, which looks like a web process that does not answer."""


def _refused(status: int, answer: dict[str, object]) -> dict[str, object]:
    """What is said of a request that is the client's own fault; what is left of it is not read."""
    more = _ALSO.get(status)
    what = f"{{http.error.status_code}} == {status}"
    match = {"expression": f"{what} || {more}" if more else what}
    return {"match": [match], "terminal": True, "handle": [answer]}


def _when_silent(*, by_tls: bool) -> list[dict[str, object]]:
    """What is said for a web process that does not answer: a problem as the API has them, and a page to people."""
    to_people = _answer(503, "text/html; charset=utf-8", _SILENT_PAGE, by_tls=by_tls, again="5")
    to_programs = _problem(503, "Service Unavailable", _SILENT, by_tls=by_tls, again="5")
    return [
        *(_refused(one, _problem(one, title, said, by_tls=by_tls)) for one, title, said in _REFUSED),
        {"match": [{"header": {"Accept": ["*text/html*"]}}], "terminal": True, "handle": [to_people]},
        {"handle": [to_programs]},
    ]
