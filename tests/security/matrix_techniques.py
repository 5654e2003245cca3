"""What people try to get past a rule with: each is a change of a request; none of them may help anybody.

``SAME``: the answer is what it is without it. ``REFUSED``: whoever sends this is refused, an administrator with
everything in order included. ``VAIN``: it may be answered in any way that gives and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from tests.security.matrix_stage import Caller, Request, Stage
from tests.support.web import BASE, CLUSTER

Change = Callable[[Request, Stage, Caller], Request]


def headers(*added: tuple[str, str]) -> Change:
    return lambda request, _stage, _caller: replace(request, headers=(*request.headers, *added))


def path(change: Callable[[str], str]) -> Change:
    def changed(request: Request, _stage: Stage, _caller: Caller) -> Request:
        told, mark, query = request.path.partition("?")
        return replace(request, path=f"{change(told)}{mark}{query}")

    return changed


def query(more: str) -> Change:
    return lambda request, _stage, _caller: replace(
        request, path=f"{request.path}{'&' if '?' in request.path else '?'}{more}"
    )


def host(name: Callable[[Stage], str]) -> Change:
    return lambda request, stage, _caller: replace(request, host=name(stage))


def method(name: str) -> Change:
    return lambda request, _stage, _caller: replace(request, method=name)


def also_sent(of: str, *, cookie: bool) -> Change:
    """Beside the caller's own, the cookie or key of an administrator elsewhere."""

    def change(request: Request, stage: Stage, caller: Caller) -> Request:
        more = stage.callers[f"admin of {stage.other} by {of}"]
        if cookie:
            both = f"{caller.cookie}; {more.cookie}" if caller.cookie else more.cookie
            return replace(request, headers=(("Cookie", both),))
        return replace(request, headers=(("Authorization", f"Bearer {more.key}"),))

    return change


def without_csrf(value: str | None) -> Change:
    def change(request: Request, _stage: Stage, caller: Caller) -> Request:
        sent = [(name, said) for name, said in caller.headers(request) if name != "X-CSRF-Token"]
        more = [] if value is None else [("X-CSRF-Token", value)]
        return replace(request, headers=(("-", ""), *sent, *more))

    return change


def csrf_of_another(request: Request, stage: Stage, caller: Caller) -> Request:
    return without_csrf(stage.callers[f"admin of {stage.other} by cookie"].csrf)(request, stage, caller)


def the_other_named(request: Request, stage: Stage, _caller: Caller) -> Request:
    return replace(request, headers=(*request.headers, ("X-Lockstep-Tenant", stage.other)))


def in_the_others_path(request: Request, stage: Stage, _caller: Caller) -> Request:
    return replace(request, path=f"/t/{stage.other}{request.path}")


def the_key_in_the_query(request: Request, stage: Stage, caller: Caller) -> Request:
    key = stage.callers[f"admin of {stage.own} by key"].key
    return query(f"token={key}&access_token={key}&api_key={key}&key={key}")(request, stage, caller)


SAME: dict[str, Change] = {
    "a port in Host": host(lambda stage: f"{stage.own}.{CLUSTER}.{BASE}:8443"),
    "capitals in Host": host(lambda stage: f"{stage.own}.{CLUSTER}.{BASE}".upper()),
    "a dot after Host": host(lambda stage: f"{stage.own}.{CLUSTER}.{BASE}."),
    "another Host forwarded": lambda request, stage, caller: headers(
        ("X-Forwarded-Host", f"{stage.other}.{CLUSTER}.{BASE}"), ("X-Host", stage.other), ("X-Original-Host", "x")
    )(request, stage, caller),
    "loopback forwarded": headers(
        ("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("Forwarded", "for=127.0.0.1;host=localhost")
    ),
    "another path forwarded": headers(
        ("X-Original-URL", "/-/node/alive"), ("X-Rewrite-URL", "/assets/x"), ("X-Forwarded-Prefix", "/assets")
    ),
    "an account forwarded": headers(
        ("X-Forwarded-User", "first"), ("X-Remote-User", "first"), ("Remote-User", "first"), ("X-User-Id", "1")
    ),
    "another method in a header": headers(
        ("X-HTTP-Method-Override", "GET"), ("X-HTTP-Method", "GET"), ("X-Method-Override", "GET")
    ),
    "a read said to be a change": headers(("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE")),
    "another language and kind": headers(("Accept", "text/html, application/xml"), ("Accept-Language", "x-'\"<>")),
    "an empty key": headers(("X-Api-Key", "admin"), ("Api-Key", "admin"), ("X-Auth-Token", "admin")),
    "the tenant named twice, alike": lambda request, stage, _caller: replace(
        request, headers=(*request.headers, ("X-Lockstep-Tenant", stage.own))
    ),
    "the tenant's own path": lambda request, stage, _caller: replace(request, path=f"/t/{stage.own}{request.path}"),
}
REFUSED: dict[str, Change] = {
    "another tenant in a header": the_other_named,
    "another tenant in the path": in_the_others_path,
    "another tenant's Host": host(lambda stage: stage.other),
    "the Host of a cluster": host(lambda _stage: f"{CLUSTER}.{BASE}"),
    "the Host of nobody": host(lambda _stage: "evil.example"),
    "a Host within the tenant's": host(lambda stage: f"x.{stage.own}.{CLUSTER}.{BASE}"),
    "a Host that ends like ours": host(lambda stage: f"{stage.own}.{CLUSTER}.{BASE}.evil.example"),
}
"""For reads and changes."""
REFUSED_CHANGES: dict[str, Change] = {
    "another site's page": headers(("Sec-Fetch-Site", "cross-site")),
    "a neighbour's page": headers(("Sec-Fetch-Site", "same-site")),
    "a browser that says nonsense": headers(("Sec-Fetch-Site", "none, same-origin, cross-site")),
}
FORGED: dict[str, Change] = {
    "no CSRF token": without_csrf(None),
    "an empty CSRF token": without_csrf(""),
    "a made-up CSRF token": without_csrf("x" * 32),
    "another's CSRF token": csrf_of_another,
    "a CSRF token of other letters": without_csrf("\xe9"),
}
"""For changes with a cookie alone: with an API key there is nothing to forge."""
VAIN: dict[str, Change] = {
    "a slash at the end": path(lambda told: f"{told}/"),
    "two slashes": path(lambda told: told.replace("/", "//")),
    "two slashes before": path(lambda told: f"//{told.lstrip('/')}"),
    "capitals": path(lambda told: told.upper()),
    "a dot segment": path(lambda told: told.replace("/api/", "/api/./")),
    "out and in again": path(lambda told: told.replace("/api/", "/assets/../api/")),
    "encoded letters": path(lambda told: told.replace("api", "%61pi")),
    "encoded slashes": path(lambda told: told.replace("/v1/", "%2Fv1%2F")),
    "encoded twice": path(lambda told: quote(told.replace("api", "%61pi"), safe="/")),
    "encoded dots": path(lambda told: told.replace("/api/", "/assets/%2e%2e/api/")),
    "a parameter": path(lambda told: f"{told};jsessionid=1"),
    "a suffix": path(lambda told: f"{told}.json"),
    "a blank": path(lambda told: f"{told}%20"),
    "a NUL": path(lambda told: f"{told}%00"),
    "a line's end": path(lambda told: f"{told}%0d%0aX: y"),
    "a backslash": path(lambda told: told.replace("/v1/", "\\v1/")),
    "an older version": path(lambda told: told.replace("/v1/", "/v0/")),
    "the method in the query": query("_method=GET&method=GET&X-HTTP-Method-Override=GET"),
    "the key in the query": lambda request, stage, _caller: replace(
        request,
        path=f"{request.path}?token={stage.callers[f'admin of {stage.own} by key'].key}&access_token=x&api_key=x",
    ),
    "the tenant's prefix twice": lambda request, stage, _caller: replace(
        request, path=f"/t/{stage.own}/t/{stage.own}{request.path}"
    ),
    "HEAD": method("HEAD"),
    "OPTIONS": method("OPTIONS"),
    "TRACE": method("TRACE"),
    "CONNECT": method("CONNECT"),
    "PATCH": method("PATCH"),
    "PROPFIND": method("PROPFIND"),
    "a method of no meaning": method("GETS"),
    "a method in small letters": lambda request, _stage, _caller: replace(request, method=request.method.lower()),
    "a neighbour's cookie beside": also_sent("cookie", cookie=True),
    "a neighbour's key beside": also_sent("key", cookie=False),
    "a password with the request": headers(("Authorization", "Basic Zmlyc3Q6bWF0cml4")),
    "an empty bearer": headers(("Authorization", "Bearer ")),
    "a bearer of SQL": headers(("Authorization", "Bearer ' or 1=1 --")),
    "a form": lambda request, _stage, _caller: replace(
        request, body=b"_method=GET", headers=(*request.headers, ("Content-Type", "application/x-www-form-urlencoded"))
    ),
    "a script's name before": lambda request, _stage, _caller: replace(
        request, environ=(("SCRIPT_NAME", "/assets"), ("lockstep.tenant_from_path", "other"))
    ),
}
"""For who may not: whatever the answer is, nothing is given and nothing changes."""
