"""Says how many database connections a cluster may hold, and has its processes heed it; it counts none itself."""

from __future__ import annotations

from appliance.config import LEAST_CONNECTIONS, save
from appliance.control.messages import LimitConnections, Verb
from appliance.errors import ApplianceError, ExitCode
from appliance.operations.list_tenants import glance
from appliance.operations.switch_cluster import switch_cluster
from appliance.site import Report, Site


def limit_connections(site: Site, name: str, request: LimitConnections, report: Report) -> dict[str, object]:
    """Write it down and restart the cluster's processes, if they shall run.

    A kill in between leaves it written: the next start heeds it. Raises ``ApplianceError`` (USAGE) for a number that
    the cluster cannot work with, or that would change nothing.
    """
    with site.changing:
        record = site.cluster(name)
        _, found = glance(site, record) if record.enabled else ((), None)
        least = max(LEAST_CONNECTIONS, found.needed if found is not None else 0)
        if request.most is not None and request.most < least:
            raise ApplianceError(
                f"Cluster {name} cannot work with {request.most} database connections: its processes need {least} at"
                f" least. Allow it {least} or more, or take the limit away with --no-limit.",
                ExitCode.USAGE,
            )
        if request.most is not None and found is not None and request.most > found.server:
            raise ApplianceError(
                f"The PostgreSQL of cluster {name} gives {found.server} connections to everybody together, so a limit"
                f" of {request.most} would change nothing. Raise its max_connections first, or choose fewer.",
                ExitCode.USAGE,
            )
        changed = record.model_copy(update={"connections": request.most})
        if changed != record:
            save(site.folder.cluster(name) / "cluster.json", changed)
        if changed != record and record.enabled:
            switch_cluster(site, name, Verb.RESTART, report)
    return {"name": name, "allowed": request.most}
