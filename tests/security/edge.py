"""The real gateway before a real cluster with one tenant; it must not judge."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from appliance.config import open_data_folder
from appliance.members.caddy import Route
from appliance.members.gateway import Gateway
from appliance.members.process import find_left
from server.store.provision import FirstUser
from tests.chaos.panel import HASH, Panel, wait_until
from tests.chaos.stage import House
from tests.support.ports import free_port
from tests.support.web import GATEWAY_SECRET

CLUSTER = "cluster1.localhost"


@dataclass(frozen=True, slots=True)
class Edge:
    """A gateway before a cluster with one tenant."""

    gateway: Gateway
    web: psutil.Process
    tenant: str

    @property
    def panel(self) -> Panel:
        """A visitor of the tenant, through the gateway."""
        return Panel(self.gateway.http_port, self.tenant)

    @property
    def process(self) -> psutil.Process:
        """The gateway's own."""
        found = find_left(self.gateway.folder, self.gateway.name)
        assert found is not None
        return found.process

    @property
    def host(self) -> bytes:
        """The tenant's name."""
        return f"{self.tenant}.{CLUSTER}".encode()


@contextmanager
def gateway_before(folder: Path, *routes: Route) -> Iterator[Gateway]:
    """A running gateway with these routes."""
    gateway = Gateway(open_data_folder(folder), free_port(), free_port(), loopback=True)
    gateway.routes = routes
    gateway.prepare(lambda _: None)
    running = gateway.start(lambda _: None)
    try:
        wait_until(lambda: gateway.health(running).ready, "the gateway to serve")
        yield gateway
    finally:
        running.end((signal.SIGTERM, 3.0))


@contextmanager
def besieged_edge(house: House, folder: Path) -> Iterator[Edge]:
    """A gateway before that house, with a tenant."""
    tenant = f"t{secrets.token_hex(4)}"
    house.cluster.create_tenant(tenant, FirstUser("admin", "admin@example.org", HASH))
    with gateway_before(folder, Route(CLUSTER, house.settings.web.port, GATEWAY_SECRET)) as gateway:
        made = Edge(gateway, house.web.seen, tenant)
        made.panel.sign_in()
        yield made
