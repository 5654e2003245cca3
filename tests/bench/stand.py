"""What the benchmarks stand on: a durable PostgreSQL, clusters, fake apps, and the product's own processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import structlog
from sqlalchemy import text

from server.domain.integration import Document, SideSettings
from server.domain.mapping import FieldMapping, TypeMapping, ValueMapping
from server.domain.rules import CommentRules
from server.domain.schedule import Schedule
from server.services import connections, integrations
from server.services.cluster import Cluster
from server.services.scope import TenantScope
from server.settings import Settings, SyncSettings
from tests.support.fakeapp import connector as fakeapp
from tests.support.fakeapp.joined import the_fake_app_known
from tests.support.fakeapp.running import Running
from tests.support.ports import free_port
from tests.support.postgres import Server, TestCluster, make_cluster, running_server
from tests.support.processes import Process
from tests.support.web import make_settings, write_settings

ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 600.0


@contextmanager
def durable_postgres() -> Iterator[Server]:
    """A PostgreSQL that keeps what it has committed, unlike that of the tests."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))
    with running_server(durable=True) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Figures:
    """One transfer: seconds and CPU seconds (of the process that does it) for so many items."""

    items: int
    seconds: float
    cpu: float
    peak_mb: float = 0.0

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds


@dataclass(frozen=True, slots=True)
class Stand:
    """A cluster with its settings in a file."""

    cluster: TestCluster
    settings: Settings
    file: Path

    @contextmanager
    def tenant(self, name: str) -> Iterator[TenantScope]:
        """A new tenant."""
        self.cluster.create_tenant(name)
        opened = Cluster.open(self.settings)
        try:
            yield opened.scope(name)
        finally:
            opened.close()

    @contextmanager
    def sync_process(self) -> Iterator[psutil.Process]:
        """The sync process of a node, until the end of the context."""
        with Process("sync", self.file, self.file.with_name("sync.log")) as process:
            yield process.seen


@contextmanager
def stand(server: Server, threads: int = 8) -> Iterator[Stand]:
    """A new cluster on the server."""
    with the_fake_app_known(), TemporaryDirectory(prefix="lockstep-bench-") as folder:
        cluster = make_cluster(server)
        settings = make_settings(cluster, Path(folder), free_port())
        settings = settings.model_copy(update={"sync": SyncSettings(threads_per_tenant=threads), "log_level": "error"})
        yield Stand(cluster, settings, write_settings(settings, Path(folder) / "settings.json"))


def integrate(
    scope: TenantScope,
    left: Running,
    right: Running,
    parallel: int,
    poll_seconds: int = 3600,
    container: str = "main",
) -> str:
    """Two connections and a two-way integration of everything, not started; its id."""
    ends = []
    for side, app in (("left", left), ("right", right)):
        given = {**app.settings, "parallel": str(parallel), "container": container}
        ends.append(connections.create(scope, "bench", side, fakeapp.MANIFEST.kind, given).id)
    options = (ValueMapping("open", "open"), ValueMapping("closed", "closed"))
    fields = (
        FieldMapping("title", "title"),
        FieldMapping("text", "text"),
        FieldMapping("status", "status", values=options),
        FieldMapping("labels", "labels"),
    )
    document = Document(
        SideSettings(ends[0], container),
        SideSettings(ends[1], container),
        (TypeMapping("item", "item", fields),),
        comments=CommentRules(),
        schedule=Schedule(poll_seconds),
    )
    return integrations.create(scope, "bench", "bench", document).id


def backfill(
    scope: TenantScope,
    integration: str,
    process: psutil.Process,
    target: Running,
    items: int,
    patience: float = _PATIENCE_SECONDS,
    together: Callable[[], object] = lambda: None,
) -> Figures:
    """Start the integration and wait until every item has its twin and the run is over.

    Nothing of the process's own start counts, as with the yardsticks. ``together`` returns when others are ready, too.
    """
    wait_until(lambda: scope.sync_state().state == "idle", "the thread to be idle", 60)
    together()
    cpu = _cpu(process)
    begun = time.time()
    integrations.start(scope, "bench", integration)
    wait_until(lambda: _ended(scope, integration) is not None, "the backfill to end", patience, every=0.05)
    seconds = (_ended(scope, integration) or 0.0) - begun
    there = target.counts()["items"]
    assert there == items, f"{there} of {items} items arrived"
    peak = process.memory_info().rss / 2**20
    return Figures(items, seconds, _cpu(process) - cpu, peak)


def yardstick(module: str, *arguments: str) -> Figures:
    """Run a yardstick script and read its figures."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Figures(**json.loads(done.stdout))


def wait_until(true: Any, what: str, patience: float = _PATIENCE_SECONDS, every: float = 0.01) -> None:
    """Ask again and again (``every`` so many seconds). Raises when it takes too long."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {patience:.0f} s for {what}")
        time.sleep(every)


def _ended(scope: TenantScope, integration: str) -> float | None:
    """When the last run ended, by this machine's clock, which is PostgreSQL's; None while it goes on."""
    with scope.reading() as tx:
        query = text(
            "select state, message, extract(epoch from finished_at) as ended from runs where integration_id = :of"
            " order by started_at desc limit 1"
        )
        found = tx.execute(query, {"of": integration}).one_or_none()
    if found is None or found.state == "running":
        return None
    assert found.state == "succeeded", f"the run ended as {found.state}: {found.message}"
    return float(found.ended)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
