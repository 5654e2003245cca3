"""The ``lockstep`` command: a client of the agent's control interface; it does no work of its own.

What is asked for goes to standard output, everything else to standard error; ``--json`` gives one JSON value. The
exit codes are those of ``appliance.errors.ExitCode``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from pydantic import ValidationError

from appliance import display
from appliance.asked_password import whole_address
from appliance.cluster_reach import offer_reach
from appliance.command import command, finish, show, tell_progress
from appliance.config import Options, find_data_folder, load_options, product_version, require_name
from appliance.control.client import Client, read_control_file
from appliance.control.messages import (
    CreateCluster,
    CreateTenant,
    ExplainItem,
    LimitConnections,
    MakePasswordLink,
    TenantCreated,
    TenantVerb,
    Verb,
)
from appliance.errors import ApplianceError, ExitCode
from appliance.launch import run_here, start_detached
from appliance.operations.doctor import examine, examine_ports
from appliance.system.linux import short_pause

STOP_SECONDS = 120.0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(product_version(), prog_name="lockstep")
def lockstep() -> None:
    """Keep the work items of two apps in step, behind the firewall."""


# The appliance


@command(lockstep, "start")
@click.option("--foreground", is_flag=True, help="Stay in this terminal until Ctrl-C.")
@click.option("--https-port", type=click.IntRange(1, 65535), help="The gateway's port (8443).")
@click.option("--http-port", type=click.IntRange(1, 65535), help="Plain http, on loopback alone (8080).")
@click.option("--base-domain", help="Tenants are TENANT.CLUSTER.DOMAIN (localhost).")
def start(
    data: Path,
    as_json: bool,  # noqa: FBT001
    foreground: bool,  # noqa: FBT001
    https_port: int | None,
    http_port: int | None,
    base_domain: str | None,
) -> None:
    """Start the appliance and wait until it is ready."""
    try:
        Options.model_validate({"base_domain": base_domain} if base_domain else {})
    except ValidationError as error:
        raise ApplianceError(f"{base_domain!r} is not a domain name.", ExitCode.USAGE) from error
    if foreground:
        run_here(data, https_port, http_port, base_domain)
        return
    status = start_detached(data, https_port, http_port, base_domain, tell_progress)
    show(status, display.where(status), as_json)


@command(lockstep, "demo")
@click.option("--check", is_flag=True, help="Edit both sides, compare them, print one JSON object and end.")
@click.option("--console", is_flag=True, help="Open the desktop console too.")
def demo(data: Path, as_json: bool, check: bool, console: bool) -> None:  # noqa: FBT001
    """Run everything here with two real trackers kept in step, until Ctrl-C (data in ./var)."""
    # Imported here for the same reason as the agent.
    from appliance.operations.demo import run  # noqa: PLC0415

    code, verdict = run(data, check_itself=check or as_json, console=console)
    if verdict is not None:
        click.echo(verdict.model_dump_json())
    sys.exit(int(code))


@command(lockstep, "stop")
def stop(data: Path, as_json: bool) -> None:  # noqa: FBT001
    """Stop everything cleanly."""
    with Client.of(data) as client:
        control = read_control_file(data)
        client.stop()
    deadline = time.monotonic() + STOP_SECONDS
    while control is not None and read_control_file(data) == control:
        if time.monotonic() > deadline:
            raise ApplianceError(
                f"Lockstep (pid {control.pid}) did not end within {STOP_SECONDS:.0f} seconds. See: lockstep logs agent"
            )
        short_pause()
    show({"stopped": True}, "Lockstep has stopped.", as_json)


@command(lockstep, "status")
def status(data: Path, as_json: bool) -> None:  # noqa: FBT001
    """Show members, clusters and tenants."""
    find_data_folder(data)
    with Client.of(data) as client:
        found = client.status()
    show(found, display.status_page(found), as_json)


@command(lockstep, "logs")
@click.argument("member", default="agent")
@click.option("-n", "--lines", type=click.IntRange(1, 5000), default=100, show_default=True)
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added, until Ctrl-C.")
def logs(data: Path, as_json: bool, member: str, lines: int, follow: bool) -> None:  # noqa: FBT001
    """Print a member's log (agent, postgres, gateway, CLUSTER/web, CLUSTER/sync)."""
    with Client.of(data) as client:
        found = client.logs(member, limit=lines)
        show(found, "\n".join(found.lines), as_json)
        try:
            while follow:
                short_pause()
                found = client.logs(member, after=found.position, limit=5000)
                for line in found.lines:
                    click.echo(json.dumps({"line": line}) if as_json else line)
        except KeyboardInterrupt:
            return


@command(lockstep, "doctor")
def doctor(data: Path, as_json: bool) -> None:  # noqa: FBT001
    """Examine the machine, the data folder and the members, and say what to do."""
    folder = find_data_folder(data)
    if folder is not None and read_control_file(data) is not None:
        with Client.of(data) as client:
            found = client.doctor()
    else:
        options = (load_options(folder) if folder is not None else None) or Options()
        found = examine(folder, None)
        ports = tuple(examine_ports(options.https_port, options.http_port))
        found = found.model_copy(update={"checks": found.checks + ports})
    show(found, display.doctor_page(found), as_json)
    if not all(check.ok for check in found.checks):
        sys.exit(int(ExitCode.FAILED))


@command(lockstep, "console")
def console(data: Path, as_json: bool) -> None:  # noqa: FBT001
    """Open the desktop console."""
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        raise ApplianceError(
            "There is no display here. Use the console on a desktop, or the command line: lockstep status"
        )
    child = subprocess.run([sys.executable, "-m", "gui", "--data", str(data)], check=False)
    show({"exit_code": child.returncode}, "", as_json)
    sys.exit(child.returncode)


# Clusters


@lockstep.group()
def cluster() -> None:
    """Create, list, start and stop clusters."""


@command(cluster, "create")
@click.argument("name")
@click.option(
    "--database",
    help="An external PostgreSQL 15 or later: postgresql://OWNER@HOST/DATABASE; without: the embedded one. Its "
    "password is asked for. It is reached with sslmode=verify-full unless the address says another.",
)
@click.option("--password-stdin", is_flag=True, help="Read the database's password from standard input.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="Read the database's password from the first line of this file, which only its owner may read.",
)
def cluster_create(
    data: Path,
    as_json: bool,  # noqa: FBT001
    name: str,
    database: str | None,
    password_stdin: bool,  # noqa: FBT001
    password_file: Path | None,
) -> None:
    """Make a cluster: a database and its nodes."""
    require_name(name, "cluster")
    database = whole_address(database, password_stdin=password_stdin, password_file=password_file)
    with Client.of(data) as client:
        made = finish(client, client.create_cluster(CreateCluster(name=name, database_dsn=database)))
    if "warning" in made and not as_json:
        click.echo(f"lockstep: {made['warning']}", err=True)
    show(
        made,
        f"Cluster {name} runs at {made['url']}. Next: lockstep tenant create NAME --cluster {name}",
        as_json,
    )


@command(cluster, "list")
def cluster_list(data: Path, as_json: bool) -> None:  # noqa: FBT001
    """List the clusters."""
    with Client.of(data) as client:
        found = client.status()
    rows = [found_cluster.model_dump(mode="json") for found_cluster in found.clusters]
    show({"clusters": rows}, display.clusters_table(found), as_json)


def _switch_cluster(verb: Verb, done: str) -> None:
    @command(cluster, verb.value)
    @click.argument("name")
    def switch(data: Path, as_json: bool, name: str) -> None:  # noqa: FBT001
        with Client.of(data) as client:
            result = finish(client, client.cluster(name, verb))
        show(result, f"Cluster {name} {done}.", as_json)

    switch.help = f"{verb.value.capitalize()} a cluster's processes."


_switch_cluster(Verb.START, "runs")
_switch_cluster(Verb.STOP, "has stopped and stays so until it is started")
_switch_cluster(Verb.RESTART, "runs again")


@command(cluster, "connections")
@click.argument("name")
@click.option("--most", type=click.IntRange(1, 100_000), help="So many database connections at most.")
@click.option("--no-limit", is_flag=True, help="As many as its PostgreSQL leaves it.")
def cluster_connections(data: Path, as_json: bool, name: str, most: int | None, no_limit: bool) -> None:  # noqa: FBT001
    """Show, or limit, how many database connections a cluster holds. A new limit restarts its processes."""
    if most is not None and no_limit:
        raise ApplianceError("Choose one of --most and --no-limit.", ExitCode.USAGE)
    with Client.of(data) as client:
        if most is not None or no_limit:
            finish(client, client.limit_connections(name, LimitConnections(most=most)))
        found = next((one for one in client.status().clusters if one.name == name), None)
    if found is None:
        raise ApplianceError(f"There is no cluster {name}. See: lockstep cluster list", ExitCode.NOT_FOUND)
    held = found.connections.model_dump(mode="json") if found.connections is not None else None
    show({"name": name, "allowed": found.allowed, "connections": held}, display.connections_page(found), as_json)


offer_reach(cluster)

# Tenants


@lockstep.group()
def tenant() -> None:
    """Create, list, suspend, resume, delete and open tenants, and say why an item of one is as it is."""


def _cluster_option(body: Callable[..., None]) -> Callable[..., None]:
    return click.option("--cluster", "cluster_name", help="The cluster; not needed when there is only one.")(body)


def _one_cluster(client: Client, name: str | None) -> str:
    if name is not None:
        return name
    names = [found.name for found in client.status().clusters]
    if len(names) == 1:
        return names[0]
    if not names:
        raise ApplianceError("There is no cluster yet. Make one with: lockstep cluster create NAME", ExitCode.NOT_FOUND)
    raise ApplianceError(f"There are several clusters; choose one with --cluster: {', '.join(names)}.", ExitCode.USAGE)


def _one_tenant(client: Client, cluster_name: str, name: str | None) -> str:
    if name is not None:
        return name
    names = [one.name for found in client.status().clusters if found.name == cluster_name for one in found.tenants]
    if len(names) == 1:
        return names[0]
    if not names:
        raise ApplianceError(f"Cluster {cluster_name} has no tenant, or does not answer.", ExitCode.NOT_FOUND)
    raise ApplianceError(f"There are several tenants; choose one with --tenant: {', '.join(names)}.", ExitCode.USAGE)


@command(tenant, "create")
@click.argument("name")
@_cluster_option
@click.option("--title", default="", help="What people call it.")
@click.option("--admin", default="admin", show_default=True, help="The administrator's login.")
@click.option("--email", default="", help="The administrator's e-mail.")
@click.option("--password-stdin", is_flag=True, help="Read the administrator's password from standard input.")
def tenant_create(
    data: Path,
    as_json: bool,  # noqa: FBT001
    name: str,
    cluster_name: str | None,
    title: str,
    admin: str,
    email: str,
    password_stdin: bool,  # noqa: FBT001
) -> None:
    """Make a tenant and its administrator; the password is printed once."""
    require_name(name, "tenant")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    request = CreateTenant(name=name, title=title, admin_login=admin, admin_email=email, admin_password=password)
    with Client.of(data) as client:
        chosen = _one_cluster(client, cluster_name)
        made = TenantCreated.model_validate(finish(client, client.create_tenant(chosen, request)))
    lines = [f"Tenant {name} is ready at {made.tenant.url}", f"  login     {made.admin_login}"]
    if made.admin_password:
        lines.append(f"  password  {made.admin_password}   (shown this once)")
    show(made, "\n".join(lines), as_json)


@command(tenant, "list")
@_cluster_option
def tenant_list(data: Path, as_json: bool, cluster_name: str | None) -> None:  # noqa: FBT001
    """List the tenants."""
    with Client.of(data) as client:
        found = client.status()
    chosen = [one for one in found.clusters if cluster_name in {None, one.name}]
    if cluster_name is not None and not chosen:
        raise ApplianceError(f"There is no cluster {cluster_name}.", ExitCode.NOT_FOUND)
    rows = [one.model_dump(mode="json") for group in chosen for one in group.tenants]
    show({"tenants": rows}, display.tenants_table(found, cluster_name), as_json)


def _switch_tenant(verb: TenantVerb, done: str) -> None:
    @command(tenant, verb.value)
    @click.argument("name")
    @_cluster_option
    def switch(data: Path, as_json: bool, name: str, cluster_name: str | None) -> None:  # noqa: FBT001
        with Client.of(data) as client:
            chosen = _one_cluster(client, cluster_name)
            result = finish(client, client.tenant(chosen, name, verb))
        show(result, f"Tenant {name} {done}.", as_json)

    switch.help = f"{verb.value.capitalize()} a tenant; its data stays."


_switch_tenant(TenantVerb.SUSPEND, "is suspended: nobody signs in and nothing is carried over")
_switch_tenant(TenantVerb.RESUME, "works again")


@command(tenant, "delete")
@click.argument("name")
@_cluster_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def tenant_delete(data: Path, as_json: bool, name: str, cluster_name: str | None, yes: bool) -> None:  # noqa: FBT001
    """Delete a tenant with all its data. There is no way back."""
    with Client.of(data) as client:
        chosen = _one_cluster(client, cluster_name)
        if not yes:
            typed = click.prompt(f"This deletes tenant {name} of {chosen} and all its data. Type its name", err=True)
            if typed != name:
                raise ApplianceError("Nothing was deleted: the name typed is another one.", ExitCode.USAGE)
        result = finish(client, client.delete_tenant(chosen, name))
    show(result, f"Tenant {name} is deleted.", as_json)


@command(tenant, "open")
@click.argument("name")
@_cluster_option
def tenant_open(data: Path, as_json: bool, name: str, cluster_name: str | None) -> None:  # noqa: FBT001
    """Print a link that works once and opens the panel signed in as the administrator."""
    with Client.of(data) as client:
        link = client.entry_link(_one_cluster(client, cluster_name), name)
    show(link, link.url, as_json)


@command(tenant, "password")
@click.argument("name")
@click.argument("login")
@_cluster_option
@click.option("--drop-second-factor", is_flag=True, help="Take a lost second factor away, too.")
def tenant_password(
    data: Path,
    as_json: bool,  # noqa: FBT001
    name: str,
    login: str,
    cluster_name: str | None,
    drop_second_factor: bool,  # noqa: FBT001
) -> None:
    """Print a link that works once, within a day, and lets LOGIN choose a new password."""
    request = MakePasswordLink(login=login, drop_second_factor=drop_second_factor)
    with Client.of(data) as client:
        link = client.password_link(_one_cluster(client, cluster_name), name, request)
    show(link, link.url, as_json)


@command(tenant, "explain")
@click.argument("key")
@click.option("--tenant", "tenant_name", help="The tenant; not needed when there is only one.")
@_cluster_option
@click.option("--ask/--no-ask", "ask_apps", default=True, help="Ask both apps what they hold now (they are asked).")
def tenant_explain(
    data: Path,
    as_json: bool,  # noqa: FBT001
    key: str,
    tenant_name: str | None,
    cluster_name: str | None,
    ask_apps: bool,  # noqa: FBT001
) -> None:
    """Say why an item is in step or is not, by its key, id or address."""
    with Client.of(data) as client:
        chosen = _one_cluster(client, cluster_name)
        owner = _one_tenant(client, chosen, tenant_name)
        told = client.explain(chosen, owner, ExplainItem(key=key, ask_apps=ask_apps))
    show(told, display.explanation_page(told), as_json)


def main() -> None:
    """Run the command."""
    lockstep(prog_name="lockstep")
