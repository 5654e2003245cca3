"""A web node of this test process, and tenants of each test's own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from server.services import access
from server.services.access import Passwords
from server.store.provision import FirstUser
from tests.support.postgres import TestCluster
from tests.support.web import CHEAP, Browser, WebNode, make_web_node

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def web(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebNode]:
    web = make_web_node(cluster, tmp_path_factory.mktemp("web"))
    yield web
    web.node.cluster.close()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return Passwords(CHEAP).hash(PASSWORD)


@pytest.fixture
def tenant(cluster: TestCluster, password_hash: str) -> str:
    name = f"t{secrets.token_hex(4)}"
    cluster.create_tenant(name, FirstUser("admin", "admin@example.org", password_hash))
    return name


@pytest.fixture
def admin(web: WebNode, tenant: str) -> Browser:
    """Signed in through a one-time link: no password is hashed, so a test costs little."""
    browser = web.browser(tenant)
    token = access.make_entry_link(web.node.cluster.scope(tenant))
    assert browser.request("GET", f"/enter?token={token}", outside=True).status_code == 303
    browser.csrf = browser.get("/session")["csrf"]
    return browser


@pytest.fixture
def viewer(web: WebNode, tenant: str, admin: Browser) -> Browser:
    made = admin.post("/users", {"login": "eve", "role": "viewer"}, expect=201)
    browser = web.browser(tenant)
    assert browser.sign_in("eve", made["password"]).status_code == 200
    return browser
