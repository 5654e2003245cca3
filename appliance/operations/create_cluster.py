"""Creates a cluster: its folder, secrets, database and processes; it must not touch another cluster.

The folder with its secrets comes first. A ``kill -9`` after that leaves a cluster that the agent completes at its
next start; before it, a folder without a record, which is overwritten. A creation that fails is undone.
"""

from __future__ import annotations

import secrets
import shutil

from appliance.config import ClusterRecord, ClusterSecrets, require_name, save
from appliance.control.messages import CreateCluster
from appliance.database_address import given_address
from appliance.errors import ApplianceError, ExitCode
from appliance.operations.run_cluster import (
    bring_up,
    new_web_port,
    serve_routes,
    take_down,
)
from appliance.site import Report, Site


def create_cluster(site: Site, request: CreateCluster, report: Report) -> dict[str, object]:
    """Make the cluster and wait until it serves. Returns its name and address, and a warning if there is one."""
    require_name(request.name, "cluster")
    address = given_address(request.database_dsn) if request.database_dsn is not None else None
    with site.changing:
        if any(record.name == request.name for record in site.clusters()):
            raise ApplianceError(f"The cluster {request.name} exists already.", ExitCode.EXISTS)
        kept = ClusterSecrets(
            owner_password=secrets.token_urlsafe(24),
            control_password=secrets.token_urlsafe(24),
            node_token=secrets.token_urlsafe(32),
            external_dsn=address.text if address is not None else None,
        )
        record = ClusterRecord(
            name=request.name,
            database="external" if request.database_dsn else "embedded",
            web_port=new_web_port(site),
        )
        place = site.folder.cluster(request.name)
        place.mkdir(mode=0o700, exist_ok=True)
        save(place / "secrets.json", kept)
        save(place / "cluster.json", record)
        try:
            bring_up(site, record, report)
        except ApplianceError:
            take_down(site, record.name)
            # The record goes first: a folder without one is no cluster. An embedded database stays and is
            # taken over, with a new password, by the next cluster of that name.
            (place / "cluster.json").unlink(missing_ok=True)
            shutil.rmtree(place, ignore_errors=True)
            serve_routes(site)
            raise
    made: dict[str, object] = {"name": record.name, "url": site.cluster_url(record.name)}
    if address is not None and address.weakness:
        made["warning"] = f"Its database is reached with sslmode={address.sslmode}, as asked: {address.weakness}."
    return made
