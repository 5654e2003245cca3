"""Brings a cluster up and down: database, migrations, settings file, processes, route; it must not make or delete one.

Every step can be repeated, so a cluster that was interrupted anywhere is completed by the next start.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

import appliance
from appliance.config import ClusterRecord, ClusterSecrets, save, told_plainly, write_private
from appliance.database_address import kept_address
from appliance.errors import ApplianceError
from appliance.members import postgres_closed
from appliance.members.node import Node
from appliance.members.process import find_left
from appliance.operations.administration import (
    ask_server,
    database_of,
    owner_dsn,
    secrets_of,
    settings_file,
)
from appliance.reach import reach_file, tell_reach
from appliance.site import Report, Site
from appliance.supervision import Keeper
from appliance.system.linux import free_port, port_is_free

READY_SECONDS = 90.0


def master_key(site: Site) -> Path:
    """The file of the master key: 32 random bytes as base64, 0600, made once and never replaced."""
    path = site.folder.keys / "master"
    beside = path.with_name("master.new")
    if not path.exists():
        write_private(beside, base64.b64encode(secrets.token_bytes(32)).decode())
        with contextlib.suppress(FileExistsError), told_plainly(path):
            os.link(beside, path)
        beside.unlink(missing_ok=True)
    return path


def bring_up(site: Site, record: ClusterRecord, report: Report) -> None:
    """Start ``record``'s processes and wait until they serve. Raises ``ApplianceError``."""
    site.supervision.get("postgres").await_ready(READY_SECONDS * 10)
    if record.database == "embedded":
        report(f"looking after the database of {record.name}")
        ensure_database(site, record)
    record = _with_free_port(site, record)
    write_settings(site, record)
    tell_reach(site)
    report(f"bringing the database of {record.name} up to date")
    ask_server(site, record.name, "prepare-cluster", as_owner=True)
    if record.database == "embedded":
        close_database(site, record)
    report(f"starting {record.name}")
    keepers = [_keeper(site, record, part) for part in ("web", "sync")]
    for keeper in keepers:
        keeper.want(running=True)
    for keeper in keepers:
        keeper.await_ready(READY_SECONDS)
    serve_routes(site)


def take_down(site: Site, name: str) -> None:
    """End a cluster's processes, the synchronisation first."""
    for part in ("sync", "web"):
        site.supervision.remove([f"{name}/{part}"])


def serve_routes(site: Site) -> None:
    """Tell the gateway which clusters there are."""
    site.gateway.serve([site.route(record) for record in site.clusters() if record.enabled])


def _keeper(site: Site, record: ClusterRecord, part: str) -> Keeper:
    port = record.web_port if part == "web" else None
    site.supervision.remove([f"{record.name}/{part}"])
    return site.supervision.add(
        Node(
            site.folder,
            record.name,
            "web" if part == "web" else "sync",
            settings_file(site, record.name),
            port,
            site.server,
        )
    )


def ensure_database(site: Site, record: ClusterRecord) -> None:
    """Make the cluster's database and its owner in the embedded PostgreSQL, or set them right."""
    name = database_of(record.name)
    password = secrets_of(site, record.name).owner_password
    try:
        with contextlib.closing(site.postgres.connect()) as connection:
            found = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
            act = sql.SQL("alter" if found else "create")
            connection.execute(
                sql.SQL("{} role {} login createrole nosuperuser nocreatedb password {}").format(
                    act, sql.Identifier(name), sql.Literal(password)
                )
            )
            connection.execute(
                sql.SQL("grant pg_use_reserved_connections to {} with admin option, inherit true").format(
                    sql.Identifier(name)
                )
            )
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                connection.execute(
                    sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(name))
                )
    except psycopg.Error as error:
        raise ApplianceError(f"The database of {record.name} could not be made: {error}") from error


def close_database(site: Site, record: ClusterRecord) -> None:
    """Take from the logins of the cluster's tenants what reaches beyond their schemas."""
    name = database_of(record.name)
    try:
        with contextlib.closing(site.postgres.connect()) as connection:
            postgres_closed.close_server(connection)
        with contextlib.closing(site.postgres.connect(name)) as connection:
            postgres_closed.close_database(connection, name, control_role(record.name))
    except psycopg.Error as error:
        raise ApplianceError(f"The database of {record.name} could not be closed to tenants: {error}") from error


def control_role(cluster: str) -> str:
    """The login that a cluster's processes have besides their tenants'."""
    return f"{database_of(cluster)}_control"


def _with_free_port(site: Site, record: ClusterRecord) -> ClusterRecord:
    held = [keeper for keeper in site.supervision.all() if keeper.member.name == f"{record.name}/web"]
    if held:
        return record
    left = find_left(site.folder, f"{record.name}/web")
    if left is not None:
        left.wait(5)  # of an agent before: it ends by itself and lets go of the port
    if port_is_free(record.web_port):
        return record
    moved = record.model_copy(update={"web_port": new_web_port(site)})
    save(site.folder.cluster(record.name) / "cluster.json", moved)
    return moved


def new_web_port(site: Site) -> int:
    """A port for a cluster's web process that no other cluster has."""
    return free_port(frozenset(record.web_port for record in site.clusters()))


def write_settings(site: Site, record: ClusterRecord) -> None:
    """Write the settings file of a cluster's processes anew."""
    kept = secrets_of(site, record.name)
    write_private(settings_file(site, record.name), _settings(site, record, kept))


def _settings(site: Site, record: ClusterRecord, kept: ClusterSecrets) -> str:
    panel = Path(appliance.__file__).parent.parent / "server" / "panel" / "dist"
    return json.dumps(
        {
            "cluster": record.name,
            "node": site.options.node,
            "base_domain": site.options.base_domain,
            "database": {
                **database_settings(owner_dsn(site.postgres, record, kept), record.name, kept),
                "connections": record.connections,
            },
            "master_key_file": str(master_key(site)),
            "web": {
                "host": "127.0.0.1",
                "port": record.web_port,
                "threads": 16,
                "node_token": kept.node_token,
                "public_https_port": site.options.https_port,
                "public_http_port": site.options.http_port,
                "gateway_secret": site.gateway_secret(record),
            },
            "sync": {"threads_per_tenant": 8},
            "panel_folder": str(panel),
            "reach_file": str(reach_file(site, record.name)),
            "log_level": "info",
        },
        indent=2,
    )


def database_settings(dsn: str, cluster: str, kept: ClusterSecrets) -> dict[str, object]:
    """The ``database`` part of a settings file from the owner's address."""
    return kept_address(dsn).settings(control_role(cluster), kept.control_password)
