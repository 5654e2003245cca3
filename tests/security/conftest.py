"""A web node, a tenant, and what each role sends with its requests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from server.services.access import Passwords
from server.store.provision import FirstUser
from tests.chaos.stage import House
from tests.security.edge import Edge, besieged_edge
from tests.support.postgres import Server, TestCluster
from tests.support.web import CHEAP, Browser, WebNode, make_web_node

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def web(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebNode]:
    web = make_web_node(cluster, tmp_path_factory.mktemp("web"))
    yield web
    web.node.cluster.close()


@pytest.fixture(scope="module")
def tenant(cluster: TestCluster) -> str:
    name = f"s{secrets.token_hex(4)}"
    cluster.create_tenant(name, FirstUser("admin", "admin@example.org", Passwords(CHEAP).hash(PASSWORD)))
    return name


@pytest.fixture(scope="module")
def admin(web: WebNode, tenant: str) -> Browser:
    browser = web.browser(tenant)
    assert browser.sign_in("admin", PASSWORD).status_code == 200
    return browser


@pytest.fixture(scope="module")
def viewer(web: WebNode, tenant: str, admin: Browser) -> Browser:
    made = admin.post("/users", {"login": "eve", "role": "viewer"}, expect=201)
    browser = web.browser(tenant)
    assert browser.sign_in("eve", made["password"]).status_code == 200
    return browser


@pytest.fixture(scope="module")
def stranger(web: WebNode, tenant: str) -> Browser:
    return web.browser(tenant)


@pytest.fixture(scope="module")
def house(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A cluster of its own, with its real web process."""
    with House(postgres_server, tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(scope="module")
def edge(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The real gateway before that cluster."""
    with besieged_edge(house, tmp_path_factory.mktemp("appliance")) as made:
        yield made
