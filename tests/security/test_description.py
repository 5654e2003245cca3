"""Anything that the API's description allows, and what it does not: answers are as described, none an error of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.services.access import Passwords
from server.store.provision import FirstUser
from server.web.factory import openapi
from tests.security.conftest import PASSWORD
from tests.support.fakeapp.joined import integrate, the_fake_app_known
from tests.support.fakeapp.running import running
from tests.support.postgres import TestCluster
from tests.support.web import CHEAP, Browser, WebNode

pytestmark = pytest.mark.postgres

_EXAMPLES = 20
_SERVER_ERROR, _BAD_GATEWAY, _UNAVAILABLE = 500, 502, 503
_OF_OTHERS = frozenset({_BAD_GATEWAY, _UNAVAILABLE})
"""What an app behind a connection, or a database, answers for."""
SCHEMA = schemathesis.openapi.from_dict(openapi("0.0.0"))
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


@pytest.fixture(scope="module")
def callers(web: WebNode, cluster: TestCluster) -> Iterator[Mapping[str, Mapping[str, str]]]:
    """By role, the headers of requests to a tenant that has two apps and an integration at work."""
    cluster.create_tenant("described", FirstUser("admin", "admin@example.org", Passwords(CHEAP).hash(PASSWORD)))
    admin = web.browser("described")
    assert admin.sign_in("admin", PASSWORD).status_code == 200
    with the_fake_app_known(), running() as left, running() as right:
        scope = web.node.cluster.scope("described")
        integrate(scope, left, right, {})
        yield {
            "nobody": {},
            "admin": {"Authorization": f"Bearer {token(admin, 'admin')}"},
            "viewer": {"Authorization": f"Bearer {token(admin, 'viewer')}"},
        }


def token(admin: Browser, role: str) -> str:
    """A token of an account of its own: a signed-out session would answer nothing any more."""
    made = admin.post("/users", {"login": f"the-{role}", "role": role}, expect=201)
    browser = Browser(admin.app, admin.tenant)
    assert browser.sign_in(f"the-{role}", made["password"]).status_code == 200
    return str(browser.post("/tokens", {"name": "fuzz"}, expect=201)["token"])


@pytest.fixture(scope="module")
def there(web: WebNode, callers: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """By resource, the id of one that is really there: what is drawn at random seldom is."""
    browser = Browser(web.app, "described", headers=dict(callers["admin"]))
    found = {name: browser.get(f"/{name}") for name in ("connections", "integrations", "users")}
    return {name: members[0]["id"] for name, members in found.items()}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_every_answer_is_as_described(
    operation: Any, web: WebNode, callers: Mapping[str, Mapping[str, str]], there: Mapping[str, str]
) -> None:
    modes = [operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(GenerationMode.NEGATIVE)]

    @given(case=st.one_of(modes), role=st.sampled_from(sorted(callers)), real=st.booleans())
    @settings(max_examples=_EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    def ask(case: Case[Any], role: str, real: bool) -> None:  # noqa: FBT001 - drawn
        if real and "id" in case.path_parameters and (known := there.get(case.path.split("/")[3])):
            case.path_parameters["id"] = known
        response = case.call(app=web.app, base_url="http://described.cluster1.localhost", headers=dict(callers[role]))
        assert response.status_code < _SERVER_ERROR or response.status_code in _OF_OTHERS, response.text
        case.validate_response(
            response, checks=[status_code_conformance, content_type_conformance, response_schema_conformance]
        )

    ask()
