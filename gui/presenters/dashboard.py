"""What the dashboard shows of a ``Status``; it must not ask the agent or know how a table is painted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gui.client import ClusterStatus, Health, MemberStatus, Status, TenantStatus
from gui.presenters import figures
from gui.presenters.cells import Cell, Row, Tone

MEMBER_COLUMNS = ("Process", "State", "CPU", "Memory", "Port", "Restarts", "Up for", "Note")
TENANT_COLUMNS = ("Cluster and tenants", "State", "Synchronisation", "Last pass", "Address", "Note")
SAMPLES = 90
"""How many readings a curve holds; at one reading every two seconds, three minutes."""

_HEALTH: dict[Health, tuple[str, Tone]] = {
    Health.STARTING: ("Starting", Tone.BUSY),
    Health.RUNNING: ("Running", Tone.GOOD),
    Health.UNHEALTHY: ("Not answering", Tone.WARN),
    Health.BACKOFF: ("Died, will retry", Tone.BAD),
    Health.STOPPING: ("Stopping", Tone.BUSY),
    Health.STOPPED: ("Stopped", Tone.MUTED),
}
_SYNC: dict[str, tuple[str, Tone]] = {
    "starting": ("Starting", Tone.BUSY),
    "idle": ("Idle", Tone.GOOD),
    "syncing": ("Syncing", Tone.BUSY),
    "problem": ("Problem", Tone.BAD),
    "suspended": ("Suspended", Tone.MUTED),
    "none": ("Not running", Tone.MUTED),
}
_TENANT: dict[str, tuple[str, Tone]] = {
    "active": ("Active", Tone.GOOD),
    "suspended": ("Suspended", Tone.MUTED),
    "deleting": ("Deleting", Tone.BUSY),
}


class History:
    """The recent CPU and memory of each member, oldest first; a member that is gone is forgotten."""

    def __init__(self, samples: int = SAMPLES) -> None:
        self._samples = samples
        self._cpu: dict[str, deque[float]] = {}
        self._memory: dict[str, deque[float]] = {}

    def add(self, members: Iterable[MemberStatus]) -> None:
        """Take one reading of every member."""
        seen = set()
        for member in members:
            seen.add(member.name)
            self._cpu.setdefault(member.name, deque(maxlen=self._samples)).append(member.cpu_percent)
            self._memory.setdefault(member.name, deque(maxlen=self._samples)).append(float(member.memory_bytes))
        for gone in set(self._cpu) - seen:
            del self._cpu[gone], self._memory[gone]

    def cpu(self, name: str) -> tuple[float, ...]:
        """Percent of one core."""
        return tuple(self._cpu.get(name, ()))

    def memory(self, name: str) -> tuple[float, ...]:
        """Bytes."""
        return tuple(self._memory.get(name, ()))


@dataclass(frozen=True, slots=True)
class Headline:
    """The one sentence that says how the appliance is, and the facts below it."""

    text: str
    tone: Tone
    detail: str


def headline(status: Status, now: datetime) -> Headline:
    """Judge the whole: the worst thing is named first."""
    down = [m for m in status.members if m.health in {Health.BACKOFF, Health.UNHEALTHY}]
    stopped = [m for m in status.members if m.health in {Health.STOPPED, Health.STOPPING}]
    starting = [m for m in status.members if m.health is Health.STARTING]
    tenants = [t for c in status.clusters for t in c.tenants]
    troubled = [t for t in tenants if t.sync == "problem"]
    detail = (
        f"Version {status.version}  ·  up for {figures.duration(now - status.started_at)}  ·  "
        f"https {status.https_port}, http {status.http_port}  ·  {status.base_domain}"
    )
    if down:
        return Headline(f"{_names(down)} {_is(down)} not running as it should.", Tone.BAD, detail)
    if troubled:
        which = ", ".join(f"{t.cluster}/{t.name}" for t in troubled[:3]) + (" …" if len(troubled) > 3 else "")  # noqa: PLR2004
        return Headline(f"Synchronisation has a problem in {which}.", Tone.BAD, detail)
    if starting:
        return Headline(f"{_names(starting)} {_is(starting)} starting.", Tone.BUSY, detail)
    if stopped:
        return Headline(f"{_names(stopped)} {_is(stopped)} stopped.", Tone.WARN, detail)
    if not status.clusters:
        return Headline("The appliance runs; it has no cluster yet.", Tone.WARN, detail)
    if not tenants:
        return Headline("Everything is running; there is no tenant yet.", Tone.GOOD, detail)
    return Headline(f"Everything is running. {figures.count(len(tenants), 'tenant')}.", Tone.GOOD, detail)


def _names(members: list[MemberStatus]) -> str:
    names = [m.name for m in members]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is(members: list[MemberStatus]) -> str:
    return "is" if len(members) == 1 else "are"


def member_rows(status: Status, history: History, now: datetime) -> tuple[Row, ...]:
    """One row a member, in the agent's order, columns as ``MEMBER_COLUMNS``."""
    return tuple(_member_row(member, history, now) for member in status.members)


def _member_row(member: MemberStatus, history: History, now: datetime) -> Row:
    text, tone = _HEALTH[member.health]
    alive = member.pid is not None and member.health is not Health.STOPPED
    up = figures.duration(now - member.since) if alive and member.since else figures.NEVER
    return Row(
        member.name,
        (
            Cell(member.name, tip=_what(member.name), icon=_icon(member.name)),
            Cell(text, tone, pill=True, tip=member.message),
            Cell(
                figures.percent(member.cpu_percent) if alive else figures.NEVER,
                Tone.PLAIN if alive else Tone.MUTED,
                series=history.cpu(member.name),
                top=25.0,
                spoken=f"{figures.percent(member.cpu_percent)} of one processor core",
                tip="Share of one processor core in the last minutes",
            ),
            Cell(
                figures.size(member.memory_bytes) if alive else figures.NEVER,
                Tone.PLAIN if alive else Tone.MUTED,
                series=history.memory(member.name),
                tip="Resident memory in the last minutes",
            ),
            Cell(str(member.port) if member.port else figures.NEVER, Tone.PLAIN if member.port else Tone.MUTED),
            Cell(str(member.restarts), Tone.WARN if member.restarts else Tone.MUTED),
            Cell(up, Tone.PLAIN if alive else Tone.MUTED, tip=figures.moment(member.since)),
            Cell(member.message, Tone.MUTED, tip=member.message),
        ),
    )


def _what(name: str) -> str:
    if name == "postgres":
        return "The embedded PostgreSQL: the data of all clusters that use it"
    if name == "gateway":
        return "The gateway: leads each subdomain to its cluster, and speaks TLS"
    if name.endswith("/web"):
        return f"Answers browsers and API clients of {name.removesuffix('/web')}"
    return f"Carries changes between the apps for the tenants of {name.split('/', maxsplit=1)[0]}"


def _icon(name: str) -> str:
    kinds = {"postgres": "database", "gateway": "gateway"}
    return kinds.get(name, "globe" if name.endswith("/web") else "sync")


def cluster_rows(status: Status, now: datetime) -> tuple[Row, ...]:
    """One row a cluster with its tenants below it, columns as ``TENANT_COLUMNS``."""
    return tuple(_cluster_row(cluster, now) for cluster in status.clusters)


def _cluster_row(cluster: ClusterStatus, now: datetime) -> Row:
    text, tone = _HEALTH[cluster.health]
    return Row(
        f"cluster:{cluster.name}",
        (
            Cell(cluster.name, icon="cluster", spoken=f"Cluster {cluster.name}"),
            Cell(text, tone, pill=True),
            Cell(f"{figures.count(len(cluster.tenants), 'tenant')}", Tone.MUTED),
            Cell(""),
            Cell(cluster.url, Tone.MUTED),
            Cell("Embedded database" if cluster.database == "embedded" else "External database", Tone.MUTED),
        ),
        tuple(_tenant_row(tenant, now) for tenant in cluster.tenants),
        strong=True,
    )


def _tenant_row(tenant: TenantStatus, now: datetime) -> Row:
    state, tone = _TENANT[tenant.state]
    sync, sync_tone = _SYNC.get(tenant.sync, (tenant.sync.capitalize(), Tone.PLAIN))
    name = f"{tenant.name}  ·  {tenant.title}" if tenant.title and tenant.title != tenant.name else tenant.name
    return Row(
        f"tenant:{tenant.cluster}/{tenant.name}",
        (
            Cell(name, spoken=f"Tenant {name}"),
            Cell(state, tone, pill=True),
            Cell(sync, sync_tone, pill=True, tip=tenant.message),
            Cell(
                figures.age(tenant.last_pass_at, now),
                Tone.PLAIN if tenant.last_pass_at else Tone.MUTED,
                tip=figures.moment(tenant.last_pass_at),
            ),
            Cell(tenant.url, tip=f"On this computer also {tenant.loopback_url}"),
            Cell(tenant.message, Tone.BAD if tenant.sync == "problem" else Tone.MUTED, tip=tenant.message),
        ),
    )
