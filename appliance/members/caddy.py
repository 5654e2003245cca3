"""Caddy's whole configuration: routes, patience, what is said and what is logged; it must not talk to Caddy.

No word of a request's head but its method, host and the safe part of its path comes into the log: queries, headers and
what stands below ``/hooks`` and ``/enter`` hold secrets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of a request's body; the server behind takes no more either."""
_AT_ONCE = 400
"""Requests that are handed to a cluster at a time. Its server takes 500 connections: who must wait, waits here."""
_PATIENCE = {
    "read_header_timeout": "10s",
    "read_timeout": "30s",  # head and body together
    "read_idle_timeout": "-1s",  # off: it moves the deadline above on while what is left of a late body is read
    "write_timeout": "3m",
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
    "exclude": ["admin.api"],
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
    secure = [_proxied(route, _names(route)) for route in routes]
    plain = [_proxied(route, [*_names(route), *(_LOOPBACK if len(routes) == 1 else [])]) for route in routes]
    nowhere = _answer("No cluster of that name is served here. See: lockstep status\n")
    silent = {"routes": _when_silent()}
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
                        "routes": [*secure, nowhere],
                        "errors": silent,
                    },
                    "http": {
                        **_PATIENCE,
                        "listen": [f"127.0.0.1:{http_port}"],
                        "protocols": ["h1"],
                        "automatic_https": {"disable": True},
                        "routes": [*plain, nowhere],
                        "errors": silent,
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


def _proxied(route: Route, hosts: list[str]) -> dict[str, object]:
    return {
        "match": [{"host": hosts}],
        "terminal": True,
        "handle": [
            {"handler": "request_body", "max_size": LARGEST_BODY},
            {
                "handler": "reverse_proxy",
                "upstreams": [{"dial": f"127.0.0.1:{route.port}", "max_requests": _AT_ONCE}],
                "request_buffers": LARGEST_BODY,
                "headers": {"request": {"set": {GATEWAY_HEADER: [route.secret]}}},
                # A POST is never sent twice: Caddy repeats only what no server has seen, and GET.
                "load_balancing": {"try_duration": "3s", "retry_match": [{"method": ["GET", "HEAD"]}]},
                # Who is dead refuses at once; who is only slow on a busy machine must not be told to be away.
                "health_checks": {
                    "active": {"uri": "/-/node/alive", "interval": "2s", "timeout": "10s", "expect_status": 2}
                },
            },
        ],
    }


def _answer(sentence: str) -> dict[str, object]:
    header = {"Content-Type": ["text/plain; charset=utf-8"]}
    return {
        "handle": [
            {"handler": "static_response", "status_code": 404, "headers": header, "body": sentence},
        ]
    }


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


def _refused(status: int, title: str, detail: str) -> dict[str, object]:
    """What is said of a request that is the client's own fault; what is left of it is not read."""
    headers = {"Content-Type": ["application/problem+json"], "Connection": ["close"]}
    body = json.dumps({"title": title, "status": status, "detail": detail})
    answer = {"handler": "static_response", "status_code": status, "headers": headers, "body": body}
    match = {"expression": f"{{http.error.status_code}} == {status}"}
    return {"match": [match], "terminal": True, "handle": [answer]}


def _when_silent() -> list[dict[str, object]]:
    """What is said for a web process that does not answer: a problem as the API has them, and a page to people."""
    again = {"Retry-After": ["5"], "Cache-Control": ["no-store"], "Connection": ["close"]}
    body = {"title": "Service Unavailable", "status": 503, "detail": _SILENT}
    to_programs = {
        "handler": "static_response",
        "status_code": 503,
        "headers": {"Content-Type": ["application/problem+json"], **again},
        "body": json.dumps(body),
    }
    page = {"Content-Type": ["text/html; charset=utf-8"], **again}
    to_people = {"handler": "static_response", "status_code": 503, "headers": page, "body": _SILENT_PAGE}
    return [
        *(_refused(status, title, said) for status, title, said in _REFUSED),
        {"match": [{"header": {"Accept": ["*text/html*"]}}], "terminal": True, "handle": [to_people]},
        {"handle": [to_programs]},
    ]
