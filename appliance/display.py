"""How the command line shows what it learned: aligned tables for people, JSON for programs; it asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from appliance.control.messages import AppSays, ClusterStatus, Doctor, Explanation, Reach, Status

KIB = 1024


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An aligned table; columns end where their longest cell ends."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def age(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago ``moment`` was, in the largest unit that fits: ``12 s``, ``3 min``, ``5 h``, ``2 d``."""
    if moment is None:
        return "-"
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(0, seconds)} s"


def size(amount: int) -> str:
    """Bytes in MB."""
    return f"{amount / KIB / KIB:.0f} MB" if amount else "-"


def members_table(status: Status) -> str:
    """One line a member."""
    return table(
        ("MEMBER", "STATE", "FOR", "PID", "PORT", "CPU", "MEMORY", "RESTARTS", "MESSAGE"),
        [
            (
                member.name,
                member.health.value,
                age(member.since),
                str(member.pid or "-"),
                str(member.port or "-"),
                f"{member.cpu_percent:.0f}%",
                size(member.memory_bytes),
                str(member.restarts),
                member.message,
            )
            for member in status.members
        ],
    )


def clusters_table(status: Status) -> str:
    """One line a cluster."""
    rows = [
        (
            cluster.name,
            cluster.health.value,
            cluster.database,
            f"{held.used} of {held.budget}" if (held := cluster.connections) else "-",
            str(len(cluster.tenants)),
            cluster.url,
        )
        for cluster in status.clusters
    ]
    return table(("CLUSTER", "STATE", "DATABASE", "CONNECTIONS", "TENANTS", "ADDRESS"), rows)


def connections_page(cluster: ClusterStatus) -> str:
    """How a cluster stands with its database connections, in a few lines."""
    allowed = f"{cluster.allowed} at most" if cluster.allowed is not None else "as many as its PostgreSQL leaves it"
    lines = [f"Cluster {cluster.name} is allowed {allowed}."]
    held = cluster.connections
    if held is None:
        return "\n".join([*lines, "It does not answer just now, so nobody can say how many it holds."])
    lines.append(f"It holds {held.used} of the {held.budget} that it may hold, and needs {held.needed} at least.")
    lines.append(f"Its PostgreSQL gives {held.server} to everybody together; others hold {held.strangers} of them.")
    return "\n".join(lines)


def reach_page(cluster: str, reach: Reach) -> str:
    """Where a cluster's connections may lead, in a few lines."""
    if reach.only_listed:
        lines = [f"The connections of cluster {cluster} lead to what is listed here, and nowhere else."]
    else:
        leads = f"The connections of cluster {cluster} lead to the apps on your networks. This machine itself and its"
        lines = [f"{leads} neighbours' link-local addresses are closed to them, but for what is listed here."]
    lines += [f"  {one}" for one in reach.listed] or ["  nothing is listed"]
    return "\n".join(lines)


def tenants_table(status: Status, cluster: str | None = None) -> str:
    """One line a tenant, of all clusters or of one."""
    rows = [
        (tenant.cluster, tenant.name, tenant.state, tenant.sync, age(tenant.last_pass_at), tenant.url, tenant.message)
        for found in status.clusters
        if cluster in {None, found.name}
        for tenant in found.tenants
    ]
    return table(("CLUSTER", "TENANT", "STATE", "SYNC", "LAST PASS", "ADDRESS", "MESSAGE"), rows)


def status_page(status: Status) -> str:
    """The whole status."""
    parts = [f"Lockstep {status.version}, pid {status.pid}, data in {status.data}", "", members_table(status)]
    if status.clusters:
        parts += ["", clusters_table(status)]
    if any(cluster.tenants for cluster in status.clusters):
        parts += ["", tenants_table(status)]
    if not status.clusters:
        parts += ["", "There is no cluster yet. Make one with: lockstep cluster create NAME"]
    return "\n".join(parts)


def doctor_page(doctor: Doctor) -> str:
    """One line a check, advice beneath."""
    lines = []
    width = max(len(check.name) for check in doctor.checks)
    for check in doctor.checks:
        lines.append(f"{'ok ' if check.ok else '-- '} {check.name.ljust(width)}  {check.found}")
        if check.advice:
            lines.append(f"    {' ' * width}  {check.advice}")
    return "\n".join(lines)


def explanation_page(told: Explanation) -> str:
    """Why an item is as it is: the sentence, then what it rests on."""
    lines = [told.sentence]
    for one in told.items:
        lines += ["", f"{one.key}  ({one.integration})"]
        if len(told.items) > 1:
            lines.append(f"  {one.sentence}")
        for held in one.held:
            says = f" It says: “{held.words}”." if held.words else ""
            lines.append(f"  held     {held.key}, since {_moment(held.since)}: {held.reason}{says}")
        if one.next_attempt is not None:
            lines.append(f"  next     {_moment(one.next_attempt)}, {one.ahead} before it")
        lines.extend(f"  now      {app.name}: {_says(app)}" for app in one.apps)
        lines.extend(f"  history  {_moment(line.at)}  {line.summary}" for line in one.history)
    lines.extend(f"  history  {_moment(line.at)}  {line.summary}" for line in told.history)
    return "\n".join(lines)


def _says(app: AppSays) -> str:
    if app.problem:
        return app.problem
    if app.gone:
        return "it is not there any more"
    return f"{app.key}, changed: {', '.join(app.changed)}" if app.changed else f"{app.key}, as it was last seen"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def where(status: Status) -> str:
    """What runs and where, after a start."""
    lines = [f"Lockstep runs (pid {status.pid}).", f"  data     {status.data}"]
    for cluster in status.clusters:
        lines.append(f"  cluster  {cluster.name}  {cluster.url}")
        lines.extend(f"  tenant   {tenant.name}  {tenant.url}" for tenant in cluster.tenants)
    if not status.clusters:
        lines.append("  Next: lockstep cluster create NAME")
    return "\n".join(lines)
