"""One appliance as its operations see it: the data folder, the options and the members; it must not decide anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from appliance.config import ClusterRecord, DataFolder, Options, load, load_clusters, secret_of
from appliance.errors import ApplianceError, ExitCode
from appliance.members.caddy import Route
from appliance.members.gateway import Gateway
from appliance.members.node import SERVER
from appliance.members.postgres import Postgres
from appliance.supervision import Supervision


class Report(Protocol):
    """How long work says where it is, and learns that it shall stop."""

    def __call__(self, step: str, progress: float | None = None) -> None:
        """``progress`` runs from 0 to 1. Raises ``Cancelled`` when a person cancelled the work."""


@dataclass(frozen=True, slots=True)
class Site:
    """What an operation works on.

    ``changing`` is held while clusters come or go, ``telling`` while processes are told where connections may lead.
    """

    folder: DataFolder
    options: Options
    supervision: Supervision
    postgres: Postgres
    gateway: Gateway
    log: Callable[[str], None]
    server: tuple[str, ...] = SERVER
    changing: threading.RLock = field(default_factory=threading.RLock)
    telling: threading.Lock = field(default_factory=threading.Lock)

    def clusters(self) -> tuple[ClusterRecord, ...]:
        """All clusters, by name."""
        return load_clusters(self.folder)

    def cluster(self, name: str) -> ClusterRecord:
        """Cluster ``name``. Raises ``ApplianceError`` (NOT_FOUND)."""
        # The name comes from outside and becomes part of a path: it is compared, not joined.
        for record in self.clusters():
            if record.name == name:
                return record
        known = ", ".join(record.name for record in self.clusters())
        raise ApplianceError(
            f"There is no cluster {name}. "
            + (f"There are: {known}." if known else "Make one with: lockstep cluster create NAME"),
            ExitCode.NOT_FOUND,
        )

    def record(self, name: str) -> ClusterRecord:
        """The record of a cluster as it stands in its folder now."""
        return load(self.folder.cluster(name) / "cluster.json", ClusterRecord)

    def route(self, record: ClusterRecord) -> Route:
        """How the gateway reaches a cluster."""
        return Route(f"{record.name}.{self.options.base_domain}", record.web_port, self.gateway_secret(record))

    def gateway_secret(self, record: ClusterRecord) -> str:
        """What a cluster's web process knows the gateway by; made when it is first asked for."""
        return secret_of(self.folder.cluster(record.name) / "gateway.secret")

    def cluster_url(self, cluster: str, tenant: str | None = None) -> str:
        """Where a browser finds a cluster or tenant, over TLS."""
        host = f"{tenant}.{cluster}" if tenant else cluster
        port = "" if self.options.https_port == 443 else f":{self.options.https_port}"  # noqa: PLR2004 - https
        return f"https://{host}.{self.options.base_domain}{port}"

    def loopback_url(self, cluster: str, tenant: str) -> str:
        """The same without TLS, on this host alone."""
        return f"http://{tenant}.{cluster}.{self.options.base_domain}:{self.options.http_port}"
