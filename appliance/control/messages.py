"""The whole wire contract between the agent and its clients (CLI, console); it must not do anything.

JSON over HTTP on loopback, ``Authorization: Bearer`` with the token of ``<data>/agent/control.json``.
Paths stand beside each request.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Message(BaseModel):
    """Base of all messages: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Health(StrEnum):
    """The state of a member or a tenant's sync thread."""

    STARTING = "starting"
    RUNNING = "running"
    UNHEALTHY = "unhealthy"
    BACKOFF = "backoff"
    """It died; the agent waits before it starts it again."""
    STOPPING = "stopping"
    STOPPED = "stopped"


class ControlFile(Message):
    """``<data>/agent/control.json`` (0600): where the agent listens."""

    address: str
    token: str
    pid: int
    started_at: datetime


class MemberStatus(Message):
    """One supervised process. ``cpu_percent`` of one core; ``memory_bytes`` is resident."""

    name: str
    """``postgres``, ``gateway``, ``cluster1/web``, ``cluster1/sync``."""
    health: Health
    pid: int | None = None
    port: int | None = None
    cpu_percent: float = 0.0
    memory_bytes: int = 0
    restarts: int = 0
    since: datetime | None = None
    message: str = ""


class TenantStatus(Message):
    """One tenant. ``sync`` is what its thread last said: starting, idle, syncing, problem, suspended, none."""

    cluster: str
    name: str
    title: str = ""
    state: Literal["active", "suspended", "deleting"]
    sync: str
    message: str = ""
    url: str
    loopback_url: str
    last_pass_at: datetime | None = None


class Connections(Message):
    """A cluster's database connections: what it holds, may hold, and needs at least.

    ``server``: what its server gives to everybody together; ``strangers``: what those hold who are not of Lockstep.
    """

    server: int
    budget: int
    needed: int
    used: int
    strangers: int


class ClusterStatus(Message):
    """One cluster and its tenants. ``connections``: None while its web process does not answer.

    ``allowed``: how many database connections its operator allows it (None: what its server leaves).
    """

    name: str
    health: Health
    url: str
    database: Literal["embedded", "external"]
    tenants: tuple[TenantStatus, ...] = ()
    connections: Connections | None = None
    allowed: int | None = None


class Status(Message):
    """GET /v1/status."""

    version: str
    data: str
    pid: int
    started_at: datetime
    https_port: int
    http_port: int
    base_domain: str
    members: tuple[MemberStatus, ...]
    clusters: tuple[ClusterStatus, ...]


class CreateCluster(Message):
    """POST /v1/clusters -> Job. ``database_dsn``: an external PostgreSQL (owner login); none: the embedded one.

    Its ``sslmode`` is ``verify-full`` unless it says another; the job's result then has a ``warning``.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$")
    database_dsn: str | None = None


class LimitConnections(Message):
    """PUT /v1/clusters/{cluster}/connections -> Job. ``most``: see ``ClusterStatus.allowed``."""

    most: int | None


class Reach(Message):
    """GET /v1/clusters/{cluster}/reach: where the connections of its tenants may lead.

    ``listed``: hosts and networks that may be contacted although they are inside of this machine. ``only_listed``:
    nothing else may.
    """

    listed: tuple[str, ...]
    only_listed: bool


class ChangeReach(Message):
    """PATCH /v1/clusters/{cluster}/reach -> Reach. ``only_listed``: None leaves it as it is."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    only_listed: bool | None = None


class CreateTenant(Message):
    """POST /v1/clusters/{cluster}/tenants -> Job, whose result is a ``TenantCreated``."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$")
    title: str = ""
    admin_login: str = "admin"
    admin_email: str = ""
    admin_password: str | None = None
    """None: the agent makes one and returns it once."""


class TenantCreated(Message):
    """The outcome of ``CreateTenant``; ``admin_password`` only if the agent made it."""

    tenant: TenantStatus
    admin_login: str
    admin_password: str | None = None


class Verb(StrEnum):
    """POST /v1/members/{name}/{verb}, /v1/clusters/{cluster}/{verb} -> Job."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"


class TenantVerb(StrEnum):
    """POST /v1/clusters/{cluster}/tenants/{tenant}/{verb} -> Job. DELETE the tenant's path to delete it."""

    SUSPEND = "suspend"
    RESUME = "resume"


class MakePasswordLink(Message):
    """POST /v1/clusters/{cluster}/tenants/{tenant}/password-link -> ``PasswordLink``: for one who cannot get in.

    ``drop_second_factor``: take a lost one away, too.
    """

    login: str
    drop_second_factor: bool = False


class PasswordLink(Message):
    """A one-time link with which that login chooses a new password."""

    url: str
    login: str
    expires_at: datetime


class EntryLink(Message):
    """POST /v1/clusters/{cluster}/tenants/{tenant}/entry-link: a one-time link, already signed in."""

    url: str
    expires_at: datetime


class ExplainItem(Message):
    """POST /v1/clusters/{cluster}/tenants/{tenant}/explain -> Explanation. ``key``: an item's key, id or address.

    ``ask_apps``: both apps are asked what they hold now.
    """

    key: str = Field(min_length=1, max_length=2000)
    ask_apps: bool = True


class HistoryLine(Message):
    """One line of an item's history."""

    at: datetime
    summary: str


class HeldItem(Message):
    """One side that is held back; ``words`` are the app's own."""

    key: str
    reason: str
    words: str
    since: datetime


class AppSays(Message):
    """What an app says of its side now; ``changed`` names fields, ``problem`` why it could not be asked."""

    name: str
    key: str
    gone: bool
    changed: tuple[str, ...]
    problem: str


class ExplainedItem(Message):
    """One pair, or one item without a twin. ``ahead``: how many held items are due before it."""

    key: str
    integration: str
    sentence: str
    state: str
    next_attempt: datetime | None
    ahead: int
    held: tuple[HeldItem, ...]
    apps: tuple[AppSays, ...]
    history: tuple[HistoryLine, ...]


class Explanation(Message):
    """Why an item is as it is: ``sentence`` sums it up. ``history``: of a key that nothing answers to any more."""

    key: str
    sentence: str
    items: tuple[ExplainedItem, ...]
    history: tuple[HistoryLine, ...]


class Job(Message):
    """Long work. GET /v1/jobs/{id}; POST /v1/jobs/{id}/cancel. ``progress`` runs from 0 to 1 (None: not known)."""

    id: str
    what: str
    state: Literal["running", "succeeded", "failed", "cancelled"]
    step: str = ""
    progress: float | None = None
    error: str = ""
    exit_code: int = 0
    result: dict[str, object] | None = None


class LogLines(Message):
    """GET /v1/logs/{member}?after=N&limit=M: lines and the position to ask from next time."""

    lines: tuple[str, ...]
    position: int


class Check(Message):
    """One finding of the doctor. ``advice`` says what to do."""

    name: str
    ok: bool
    found: str
    advice: str = ""


class Doctor(Message):
    """GET /v1/doctor."""

    checks: tuple[Check, ...]


class Problem(Message):
    """Every error (4xx, 5xx): a sentence and the exit code for the command line."""

    message: str
    exit_code: int = 1
