"""Gathers the state of the whole appliance; it changes nothing."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from appliance.config import ClusterRecord, product_version
from appliance.control.messages import ClusterStatus, Health, MemberStatus, Status
from appliance.operations.list_tenants import glance
from appliance.site import Site

WORST_FIRST = (Health.BACKOFF, Health.UNHEALTHY, Health.STOPPING, Health.STARTING, Health.STOPPED, Health.RUNNING)


def show_status(site: Site, started_at: datetime) -> Status:
    """Members, clusters and tenants as they are now."""
    members = tuple(keeper.status() for keeper in site.supervision.all())
    records = site.clusters()
    with ThreadPoolExecutor(max_workers=max(1, min(8, len(records)))) as pool:
        clusters = tuple(pool.map(lambda record: _cluster(site, record, members), records))
    return Status(
        version=product_version(),
        data=str(site.folder.root),
        pid=os.getpid(),
        started_at=started_at,
        https_port=site.options.https_port,
        http_port=site.options.http_port,
        base_domain=site.options.base_domain,
        members=members,
        clusters=clusters,
    )


def _cluster(site: Site, record: ClusterRecord, members: tuple[MemberStatus, ...]) -> ClusterStatus:
    states = {member.health for member in members if member.name.startswith(f"{record.name}/")}
    health = next((state for state in WORST_FIRST if state in states), Health.STOPPED)
    asks = Health.RUNNING in states or Health.UNHEALTHY in states
    tenants, connections = glance(site, record) if asks else ((), None)
    return ClusterStatus(
        name=record.name,
        health=health,
        url=site.cluster_url(record.name),
        database=record.database,
        tenants=tenants,
        connections=connections,
        allowed=record.connections,
    )
