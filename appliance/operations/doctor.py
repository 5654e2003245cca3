"""Examines the machine, the data folder and the running members, and says what to do; it changes nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import appliance
from appliance.config import LEAST_FREE_BYTES, ClusterRecord, DataFolder
from appliance.control.messages import Check, Connections, Doctor, Health
from appliance.database_address import Address, kept_address
from appliance.errors import ApplianceError
from appliance.members.gateway import binary
from appliance.members.postgres_place import installed_programs
from appliance.operations.examine_rights import examine_folder, examine_rights
from appliance.system import require_supported
from appliance.system.linux import port_holder, port_is_free

if TYPE_CHECKING:
    # The doctor also works without an agent, and then without its weight.
    from appliance.site import Site

LEAST_PYTHON = (3, 11)


def examine(folder: DataFolder | None, site: Site | None) -> Doctor:
    """Everything that can be known: of the machine, of ``folder`` if it is there, of ``site`` if it runs."""
    checks = [*_machine()]
    if folder is not None:
        checks.extend(_data(folder))
    if site is not None:
        checks.extend(_members(site))
        checks.extend(examine_rights(site))
        checks.extend(_connections(site))
        checks.extend(_databases(site))
        checks.extend(_addresses(site))
    return Doctor(checks=tuple(checks))


def _tried(name: str, attempt: Callable[[], object]) -> Check:
    try:
        return Check(name=name, ok=True, found=str(attempt() or "well"))
    except ApplianceError as error:
        return Check(name=name, ok=False, found="not usable", advice=error.message)


def _machine() -> Iterator[Check]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    yield Check(
        name="Python",
        ok=sys.version_info >= LEAST_PYTHON,
        found=found,
        advice="" if sys.version_info >= LEAST_PYTHON else "Install Python 3.11 or later.",
    )
    yield _tried("operating system", _system)
    yield _tried("PostgreSQL's programs", installed_programs)
    yield _tried("gateway's program", binary)
    panel = Path(appliance.__file__).parent.parent / "server" / "panel" / "dist" / "index.html"
    yield Check(
        name="panel",
        ok=panel.exists(),
        found="built" if panel.exists() else "not built",
        advice="" if panel.exists() else "Build it with: make panel",
    )


def _system() -> str:
    require_supported()
    return sys.platform


def _data(folder: DataFolder) -> Iterator[Check]:
    free = shutil.disk_usage(folder.root).free
    yield Check(
        name="free disk",
        ok=free >= LEAST_FREE_BYTES * 16,
        found=f"{free // 1024 // 1024:,} MB",
        advice="" if free >= LEAST_FREE_BYTES * 16 else f"Free some space on the disk that holds {folder.root}.",
    )
    writable = os.access(folder.agent, os.W_OK)
    yield Check(
        name="data folder",
        ok=writable,
        found=str(folder.root),
        advice="" if writable else "Run lockstep as the account that made the folder.",
    )
    yield from examine_folder(folder)


def _members(site: Site) -> Iterator[Check]:
    for keeper in site.supervision.all():
        state = keeper.state
        well = state.health is Health.RUNNING
        yield Check(
            name=keeper.member.name,
            ok=well,
            found=f"{state.health.value}{f': {state.message}' if state.message else ''}",
            advice="" if well else f"See: lockstep logs {keeper.member.name}",
        )


def _connections(site: Site) -> Iterator[Check]:
    # The doctor also works without an agent, and then without what talks to one.
    from appliance.operations.list_tenants import glance  # noqa: PLC0415

    for record in site.clusters():
        _, found = glance(site, record) if record.enabled else ((), None)
        if found is not None:
            yield check_connections(record.name, found)


def _databases(site: Site) -> Iterator[Check]:
    # The doctor also works without an agent, and then without what talks to one.
    from appliance.operations.administration import ask_server  # noqa: PLC0415

    for record in site.clusters():
        if record.enabled:
            with contextlib.suppress(ApplianceError):  # what keeps it from answering is told of the database itself
                found = ask_server(site, record.name, "examine-database", as_owner=True)
                openings = found.get("openings")
                yield check_database(record, [str(one) for one in openings] if isinstance(openings, list) else [])


def check_database(record: ClusterRecord, openings: Sequence[str]) -> Check:
    """What a tenant's login may do beyond its own schema. Where the server is not ours we can only tell."""
    ours = record.database == "embedded"
    found = f"a tenant's login is not kept to its schema: {'; '.join(openings)}"
    advice = (
        f"Restart the cluster: lockstep cluster stop {record.name}, then start."
        if ours
        else ("Only the superuser of its PostgreSQL can close this; appliance/README.md tells how.")
    )
    return Check(
        name=f"{record.name} database",
        ok=not (ours and openings),
        found=found if openings else "a tenant's login is kept to its schema",
        advice=advice if openings else "",
    )


def _addresses(site: Site) -> Iterator[Check]:
    # As above.
    from appliance.operations.administration import secrets_of  # noqa: PLC0415

    for record in site.clusters():
        address = secrets_of(site, record.name).external_dsn
        if address is not None:
            place = site.folder.cluster(record.name) / "secrets.json"
            yield check_address(record.name, kept_address(address), place)


def check_address(cluster: str, address: Address, place: Path) -> Check:
    """How safe the way to an external database is; ``place``: the file that says how."""
    asked = "sslmode" in address.parts
    return Check(
        name=f"{cluster} database's address",
        ok=asked,
        found=f"sslmode={address.sslmode}{f', as asked: {address.weakness}' if address.weakness else ''}"
        if asked
        else f"nobody said how it is reached: {address.weakness}",
        advice="" if asked else f"Add sslmode=verify-full to external_dsn in {place}, then restart the cluster.",
    )


def check_connections(cluster: str, found: Connections) -> Check:
    """Whether the database's server leaves the cluster enough connections."""
    held = (
        f"{found.used} of {found.budget} in use; the server gives {found.server} to all, {found.strangers} are others'"
    )
    enough = found.budget >= found.needed
    advice = (
        f"It needs {found.needed} at least and works slowly. Raise max_connections of its PostgreSQL, or the limit of"
        f" the database, of its pooler or of `lockstep cluster connections {cluster}`, or end what else uses it."
    )
    return Check(name=f"{cluster} connections", ok=enough, found=held, advice="" if enough else advice)


def examine_ports(https_port: int, http_port: int) -> Iterator[Check]:
    """Whether the two public ports could be had; asked only while nothing of ours runs."""
    for name, port in (("https port", https_port), ("http port", http_port)):
        free = port_is_free(port)
        yield Check(
            name=name,
            ok=free,
            found=f"{port} is free" if free else f"{port} is in use by {port_holder(port)}",
            advice="" if free else f"Stop it, or choose another with --{name.replace(' ', '-')}.",
        )
