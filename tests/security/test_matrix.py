"""Every operation, for everybody, at every kind of tenant, by every way around the rule that we know.

The table of ``matrix_rules`` says who may call what; the routes are the application's own. An operation, or a role,
that has no rule fails here. Each refusal is held against the tenants' tables: nothing has changed.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import get_args
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from server.services.access import Role
from server.web.factory import openapi
from tests.security.matrix_rules import OF_A_SESSION, OPERATIONS, ROLES, Who
from tests.security.matrix_stage import MARK, READS, Caller, Request, Stage
from tests.security.matrix_techniques import FORGED, REFUSED, REFUSED_CHANGES, SAME, VAIN, Change
from tests.support.postgres import TestCluster
from tests.support.web import NODE_TOKEN, WebNode

pytestmark = pytest.mark.postgres

NOT_SIGNED_IN, FORBIDDEN, LOCKED = 401, 403, 423
GONE = frozenset({NOT_SIGNED_IN, 404, 421})
RESTING = frozenset({NOT_SIGNED_IN, 404, LOCKED})
API = {one: who for one, who in OPERATIONS.items() if one.partition(" ")[2].startswith("/api/")}
GUARDED = {one: who for one, who in API.items() if who is not Who.ANYBODY}


@pytest.fixture(scope="module")
def stage(web: WebNode, cluster: TestCluster) -> Iterator[Stage]:
    made = Stage(web, cluster)
    yield made
    made.database.close()


@pytest.fixture
def unchanged(stage: Stage) -> Iterator[None]:
    """What the tenants hold is the same before and after: a refusal that did something all the same is none."""
    before = stage.states()
    yield
    after = stage.states()
    assert {name for name in after if after[name] != before.get(name)} == set()


def queries() -> dict[str, str]:
    """By operation, a query with all that it must have."""
    found = {}
    for path, operations in openapi("0.0.0")["paths"].items():
        for method, operation in operations.items():
            needed = [
                one["name"] for one in operation.get("parameters", ()) if one["in"] == "query" and one["required"]
            ]
            found[f"{method.upper()} {path.replace('{', '<').replace('}', '>')}"] = "&".join(
                f"{one}=1" for one in needed
            )
    return found


QUERIES = queries()


def request_of(operation: str, stage: Stage, tenant: str, *, known: bool = True) -> Request:
    """The operation as a request at a tenant, for a thing of the own tenant or for one that nobody has."""
    method, _, rule = operation.partition(" ")

    def thing(_found: re.Match[str]) -> str:
        resource = rule.split("/")[3] if rule.startswith("/api/") else ""
        assert resource in stage.ids, f"{operation}: furnish the stage with a thing of {resource}"
        return stage.ids[resource] if known else str(uuid4())

    path = re.sub(r"<(?:id|secret)>", thing, rule)
    return Request(method, f"{path}?{QUERIES[operation]}" if known and QUERIES.get(operation) else path, tenant)


def gives(answer: TestResponse) -> bool:
    """Whether a request got anything: an answer of the API that is no refusal. The panel's page is for everybody."""
    page = answer.mimetype in {"text/html", "text/javascript", "application/javascript"}
    return answer.status_code < 300 and not page and bool(answer.get_data())


def nobodies(stage: Stage) -> list[Caller]:
    """Who is nobody at the own tenant, whatever they bring along."""
    cookie, key = (stage.callers[f"admin of {stage.other} by {how}"] for how in ("cookie", "key"))
    own = stage.callers[f"admin of {stage.own} by cookie"]
    name = own.cookie.partition("=")[0]
    gone = stage.callers[f"admin of {stage.deleted} by cookie"]
    return [
        Caller("nobody"),
        cookie,
        key,
        gone,
        Caller("who made up a session", cookie=f"{name}={secrets.token_urlsafe(32)}", csrf=own.csrf),
        Caller("who made up a key", key=f"ls_{secrets.token_urlsafe(32)}"),
        Caller("who has a cookie's value for a key", key=own.cookie.partition("=")[2]),
        Caller("who has a key for a cookie's value", cookie=f"{name}={key.key}"),
        Caller("who has the node's token", key=NODE_TOKEN),
        Caller("who has the CSRF token alone", csrf=own.csrf),
        Caller("who has the cookie under another name", cookie=f"session={own.cookie.partition('=')[2]}"),
        *stage.departed,
    ]


def lacking(who: Who, stage: Stage) -> list[Caller]:
    """Who may not call such an operation, a few of each kind."""
    found = [Caller("nobody"), stage.callers[f"admin of {stage.other} by cookie"]]
    if who is Who.ADMIN:
        found += [stage.callers[f"viewer of {stage.own} by {how}"] for how in ("cookie", "key")]
    return found


def test_every_operation_and_every_role_has_a_rule(web: WebNode) -> None:
    served = {
        f"{method} {rule.rule}"
        for rule in web.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert not served - set(OPERATIONS), "Say in tests/security/matrix_rules.py who may call these."
    assert not set(OPERATIONS) - served, "These are served no more."
    described = {
        f"{method.upper()} {path.replace('{', '<').replace('}', '>')}"
        for path, operations in openapi("0.0.0")["paths"].items()
        for method in operations
    }
    assert not described - set(OPERATIONS)
    assert set(get_args(Role)) == set(ROLES), "Give a new role its column in the matrix."


def test_the_description_says_of_each_operation_whether_it_is_for_everybody() -> None:
    for path, operations in openapi("0.0.0")["paths"].items():
        for method, operation in operations.items():
            who = OPERATIONS[f"{method.upper()} {path.replace('{', '<').replace('}', '>')}"]
            assert (operation["security"] == []) == (who is Who.ANYBODY), f"{method} {path}"


@pytest.mark.usefixtures("unchanged")
def test_who_is_nobody_here_gets_nothing(stage: Stage) -> None:
    callers = nobodies(stage)
    for operation in GUARDED:
        for caller in callers:
            answer = stage.send(request_of(operation, stage, stage.own), caller)
            assert answer.status_code == NOT_SIGNED_IN, (operation, caller.name, answer.text)
            assert MARK not in answer.text


@pytest.mark.usefixtures("unchanged")
def test_a_viewer_gets_nothing_of_administrators(stage: Stage) -> None:
    for operation, who in API.items():
        if who is Who.ADMIN:
            for how in ("cookie", "key"):
                caller = stage.callers[f"viewer of {stage.own} by {how}"]
                answer = stage.send(request_of(operation, stage, stage.own), caller)
                assert answer.status_code == FORBIDDEN, (operation, caller.name, answer.text)
                assert MARK not in answer.text


def test_who_may_is_let_in(stage: Stage) -> None:
    """The other half: a matrix that refuses everybody would prove nothing."""
    for operation, who in GUARDED.items():
        for role in ROLES if who is not Who.ADMIN else ("admin",):
            for how in ("cookie", "key"):
                caller = stage.arrive(stage.own, role, how)
                answer = stage.send(request_of(operation, stage, stage.own, known=False), caller)
                if operation in OF_A_SESSION and how == "key":
                    assert answer.status_code == FORBIDDEN, (operation, answer.text)
                    continue
                told = (operation, caller.name, answer.status_code, answer.text)
                assert answer.status_code not in {NOT_SIGNED_IN, FORBIDDEN, LOCKED}, told
                assert answer.status_code < 500, told


def test_who_may_is_let_in_to_the_things_that_are_there(stage: Stage) -> None:
    for operation, who in GUARDED.items():
        if operation.startswith("GET ") and "<" in operation and "/answers/" not in operation and who is not Who.ADMIN:
            caller = stage.callers[f"viewer of {stage.own} by cookie"]
            answer = stage.send(request_of(operation, stage, stage.own), caller)
            assert answer.status_code == 200, (operation, answer.text)


@pytest.mark.usefixtures("unchanged")
def test_the_things_of_a_neighbour_are_not_there(stage: Stage) -> None:
    """An administrator, at their own tenant, names things of another."""
    for operation in API:
        if "<" not in operation:
            continue
        for how in ("cookie", "key"):
            caller = stage.callers[f"admin of {stage.other} by {how}"]
            answer = stage.send(request_of(operation, stage, stage.other), caller)
            told = (operation, caller.name, answer.status_code, answer.text)
            bodied = operation.partition(" ")[0] in {"POST", "PUT"}
            assert answer.status_code == 404 or (bodied and answer.status_code == 422), told
            assert MARK not in answer.text, told


@pytest.mark.usefixtures("unchanged")
def test_a_viewer_ends_nobody_elses_key(stage: Stage) -> None:
    caller = stage.callers[f"viewer of {stage.own} by cookie"]
    answer = stage.send(request_of("DELETE /api/v1/tokens/<id>", stage, stage.own), caller)
    assert answer.status_code == 404, answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("which", ["suspended", "deleting", "deleted", "never was"])
def test_a_tenant_that_rests_or_is_gone_lets_nobody_in(stage: Stage, which: str) -> None:
    tenant = getattr(stage, which, f"never{secrets.token_hex(3)}")
    resting = which in {"suspended", "deleting"}
    home = tenant if resting or which == "deleted" else stage.own
    callers = [Caller("nobody"), stage.callers[f"admin of {stage.own} by key"]]
    callers += [stage.callers[f"admin of {home} by {how}"] for how in ("cookie", "key")]
    for operation, who in API.items():
        for caller in callers:
            answer = stage.send(request_of(operation, stage, tenant), caller)
            told = (operation, caller.name, answer.status_code, answer.text)
            # A public one without its body is told so, as it is at a tenant that is there.
            bare = who is Who.ANYBODY and answer.status_code == 422
            assert bare or answer.status_code in (RESTING if resting else GONE), told
            assert MARK not in answer.text, told


def tried(stage: Stage, change: Change, operation: str, caller: Caller) -> TestResponse:
    request = change(request_of(operation, stage, stage.own), stage, caller)
    if request.headers and request.headers[0][0] == "-":
        # The technique says itself what is sent of the caller's.
        return stage.send(Request(request.method, request.path, request.host, request.headers[1:], request.body))
    return stage.send(request, caller)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("technique", SAME)
def test_what_means_nothing_changes_nothing(stage: Stage, technique: str) -> None:
    for operation, who in GUARDED.items():
        for caller in lacking(who, stage):
            answer = tried(stage, SAME[technique], operation, caller)
            known = bool(caller.home == stage.own)
            assert answer.status_code == (FORBIDDEN if known else NOT_SIGNED_IN), (operation, caller.name, answer.text)
            assert MARK not in answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("technique", [*REFUSED, *REFUSED_CHANGES, *FORGED])
def test_what_is_not_in_order_is_refused_to_an_administrator_too(stage: Stage, technique: str) -> None:
    change = {**REFUSED, **REFUSED_CHANGES, **FORGED}[technique]
    for operation in GUARDED:
        if technique not in REFUSED and operation.partition(" ")[0] in READS:
            continue
        for how in ("cookie", "key") if technique not in FORGED else ("cookie",):
            caller = stage.callers[f"admin of {stage.own} by {how}"]
            answer = tried(stage, change, operation, caller)
            assert 400 <= answer.status_code < 500, (operation, caller.name, answer.status_code, answer.text)
            assert answer.status_code not in {400, 405, 409} or technique in REFUSED, (operation, answer.text)
            assert MARK not in answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("technique", VAIN)
def test_no_way_around_gives_anything(stage: Stage, technique: str) -> None:
    for operation, who in GUARDED.items():
        for caller in lacking(who, stage):
            answer = tried(stage, VAIN[technique], operation, caller)
            told = (operation, caller.name, answer.status_code, answer.text[:300])
            assert answer.status_code < 500, told
            assert MARK not in answer.text, told
            assert not gives(answer) or reads_what_it_may(operation, technique, caller), told


def reads_what_it_may(operation: str, technique: str, caller: Caller) -> bool:
    """A viewer who asks for HEAD or OPTIONS of a change asks for the read at that address, which may be theirs."""
    sibling = f"GET {operation.partition(' ')[2]}"
    theirs = OPERATIONS.get(sibling) is Who.SIGNED_IN and caller.role == "viewer"
    return technique in {"HEAD", "OPTIONS"} and theirs


def test_the_node_tells_its_state_to_the_agent_alone(stage: Stage) -> None:
    for caller in [*nobodies(stage), *(stage.callers[f"admin of {stage.own} by {how}"] for how in ("cookie", "key"))]:
        answer = stage.send(Request("GET", "/-/node/state", stage.own), caller)
        expected = 200 if caller.key == NODE_TOKEN else NOT_SIGNED_IN
        assert answer.status_code == expected, (caller.name, answer.text)
    for path in ("/-/node/state/", "//-/node/state", "/-/NODE/state", "/-/node/%73tate?x", "/t/x1/-/node/state"):
        answer = stage.send(Request("GET", path, stage.own))
        assert not gives(answer), (path, answer.text)


def test_every_answer_carries_what_keeps_it_safe(stage: Stage) -> None:
    """Headers, and a kind of content that is what it says, whoever asks and whatever comes of it."""
    callers = [Caller("nobody"), *(stage.callers[f"admin of {stage.own} by {how}"] for how in ("cookie", "key"))]
    for operation in OPERATIONS:
        if operation.startswith("GET ") and "<path:" not in operation:
            for caller in callers:
                request = request_of(operation, stage, stage.own, known=operation != "GET /api/v1/answers/<id>")
                require_safe(operation, stage.send(request, caller))


def require_safe(operation: str, answer: TestResponse) -> None:
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    for directive in ("default-src", "object-src 'none'", "base-uri", "frame-ancestors 'none'"):
        assert directive in policy, operation
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert not [name for name in headers.keys() if name.startswith("Access-Control-")]  # noqa: SIM118 - no mapping
    if (answer.mimetype or "").endswith("json"):
        json.loads(answer.get_data())
