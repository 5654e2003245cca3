"""The sync process from its settings to its end; signals and logging are set up by whoever starts it."""

from __future__ import annotations

import threading

from server.services.cluster import Cluster, Part
from server.settings import Settings
from server.worker.supervisor import Supervisor


def run(settings: Settings, stop: threading.Event) -> int:
    """Keep the tenants of a cluster in step until ``stop`` is set; the exit code."""
    cluster = Cluster.open(settings, Part.SYNC)
    try:
        Supervisor(cluster, settings.node, settings.sync.threads_per_tenant, stop).run()
    finally:
        cluster.close()
    return 0
