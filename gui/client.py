"""The console's one door to the appliance: asks the agent, follows its jobs, starts it; it knows no Qt and no page.

The only module of the console that imports the appliance. Everything here waits for answers, so it is called from
tasks alone. Whatever the agent was asked to do goes on in the agent if the console is killed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from appliance.control.client import START_JOB, Client, read_control_file, whole_address
from appliance.control.messages import (
    Check,
    ClusterStatus,
    CreateCluster,
    CreateTenant,
    Doctor,
    EntryLink,
    Health,
    Job,
    LogLines,
    MemberStatus,
    Status,
    TenantCreated,
    TenantStatus,
    TenantVerb,
    Verb,
)
from appliance.errors import ApplianceError, ExitCode
from gui.errors import Cancelled, NotRunning, Trouble
from gui.watch import Watch

__all__ = [
    "Appliance",
    "Check",
    "ClusterStatus",
    "CreateCluster",
    "CreateTenant",
    "Doctor",
    "EntryLink",
    "FirstTenant",
    "Health",
    "Job",
    "LogLines",
    "MemberStatus",
    "StartOptions",
    "Status",
    "TenantCreated",
    "TenantStatus",
    "TenantVerb",
    "Verb",
    "secured",
]

_ANSWER_SECONDS = 5.0
_SLOW_SECONDS = 30.0
_POLL_SECONDS = 0.15
_STOP_SECONDS = 90.0
_APPEAR_SECONDS = 10.0
_LAST_LINES = 12


def secured(dsn: str) -> str:
    """The address of an external database as the appliance would use it. Raises ``Trouble``."""
    try:
        return whole_address(dsn)
    except ApplianceError as error:
        raise Trouble(error.message) from error


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What is chosen for the whole appliance at its first start."""

    https_port: int
    http_port: int
    base_domain: str


@dataclass(frozen=True, slots=True)
class FirstTenant:
    """What the set-up makes: a cluster on the embedded database or at ``database_dsn``, and a tenant in it."""

    cluster: str
    database_dsn: str | None
    tenant: CreateTenant

    def __repr__(self) -> str:
        """Name it without the secrets inside."""
        return f"FirstTenant({self.cluster}/{self.tenant.name})"


class Appliance:
    """The appliance of one data folder. Every method may wait, and raises ``Trouble`` with a sentence."""

    def __init__(self, data: Path) -> None:
        self.data = data

    @contextlib.contextmanager
    def _agent(self, timeout: float = _SLOW_SECONDS) -> Iterator[Client]:
        try:
            control = read_control_file(self.data)
            if control is None:
                raise NotRunning(f"The appliance in {self.data} is not running.")
            with Client(control, timeout) as client:
                yield client
        except ApplianceError as error:
            if error.code is ExitCode.NOT_RUNNING:
                raise NotRunning(error.message) from error
            raise Trouble(error.message) from error
        except ValidationError as error:
            raise Trouble(
                "The agent answers in words this console does not know: the two are of different versions. "
                "Use the console that came with the appliance."
            ) from error

    def status(self) -> Status:
        """How everything is. Raises ``NotRunning`` if no agent answers."""
        with self._agent(_ANSWER_SECONDS) as agent:
            return agent.status()

    def logs(self, member: str, after: int | None, limit: int) -> LogLines:
        """Lines of a member's log from position ``after``; None: its last ``limit`` lines."""
        with self._agent() as agent:
            return agent.logs(member, after, limit)

    def doctor(self) -> Doctor:
        """What the doctor finds, whether the agent runs or not."""
        with contextlib.suppress(NotRunning), self._agent() as agent:
            return agent.doctor()
        return self._doctor_without_agent()

    def _doctor_without_agent(self) -> Doctor:
        command = [sys.executable, "-m", "appliance", "doctor", "--json", "--data", str(self.data)]
        said = subprocess.run(command, capture_output=True, check=False, timeout=_SLOW_SECONDS, env=_environment())
        try:
            return Doctor.model_validate_json(said.stdout)
        except ValidationError as error:
            sentence = _last_sentence(said.stderr.decode("utf-8", "replace"), said.returncode)
            raise Trouble(f"The doctor could not examine this computer: {sentence}") from error

    def entry_link(self, cluster: str, tenant: str) -> EntryLink:
        """A one-time link into the tenant's panel, already signed in."""
        with self._agent() as agent:
            return agent.entry_link(cluster, tenant)

    def switch_member(self, name: str, verb: Verb, watch: Watch) -> None:
        """Start, stop or restart a member, to the end."""
        self._follow(lambda agent: agent.member(name, verb), watch)

    def switch_cluster(self, name: str, verb: Verb, watch: Watch) -> None:
        """Start, stop or restart a cluster, to the end."""
        self._follow(lambda agent: agent.cluster(name, verb), watch)

    def switch_tenant(self, cluster: str, name: str, verb: TenantVerb, watch: Watch) -> None:
        """Suspend or resume a tenant, to the end."""
        self._follow(lambda agent: agent.tenant(cluster, name, verb), watch)

    def delete_tenant(self, cluster: str, name: str, watch: Watch) -> None:
        """Delete a tenant with all its data, to the end."""
        self._follow(lambda agent: agent.delete_tenant(cluster, name), watch)

    def create_cluster(self, request: CreateCluster, watch: Watch) -> None:
        """Make a cluster, to the end."""
        self._follow(lambda agent: agent.create_cluster(request), watch)

    def create_tenant(self, cluster: str, request: CreateTenant, watch: Watch) -> TenantCreated:
        """Make a tenant, to the end; the password is in the answer only if the agent made it."""
        job = self._follow(lambda agent: agent.create_tenant(cluster, request), watch)
        return TenantCreated.model_validate(job.result)

    def _follow(self, begin: Callable[[Client], Job], watch: Watch) -> Job:
        """Begin a job and stay with it. Cancelling asks the agent, and waits until it has stopped."""
        with self._agent() as agent:
            return self._see_through(agent, begin(agent), watch)

    @staticmethod
    def _see_through(agent: Client, job: Job, watch: Watch) -> Job:
        asked = False
        while job.state == "running":
            if watch.cancelled and not asked:
                asked = True
                job = agent.cancel(job.id)
                continue
            watch.report("Stopping …" if asked else job.step or "Working …", None if asked else job.progress)
            time.sleep(_POLL_SECONDS)
            job = agent.job(job.id)
        if job.state == "cancelled":
            raise Cancelled
        if job.state == "failed":
            raise Trouble(job.error or f"{job.what} failed; see the log of the agent.")
        return job

    def start(self, options: StartOptions | None, watch: Watch) -> None:
        """Start the agent and wait until it has brought up its members; nothing to do if it runs.

        ``options``: for the first start; None keeps what was chosen then. Cancelling ends the agent again.
        """
        with contextlib.suppress(NotRunning):
            self._await_members(watch)
            return
        watch.report("Starting the agent …")
        command = [sys.executable, "-m", "appliance", "start", "--data", str(self.data)]
        if options is not None:
            command += ["--https-port", str(options.https_port), "--http-port", str(options.http_port)]
            command += ["--base-domain", options.base_domain]
        # A file, not a pipe: the detached agent may inherit it, and a pipe would never end.
        with tempfile.TemporaryFile() as said:
            starter = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=_environment()
            )
            try:
                self._await_starter(starter, watch)
            except Cancelled:
                self._give_up(starter)
                raise
            if starter.returncode != 0:
                said.seek(0)
                raise Trouble(_last_sentence(said.read().decode("utf-8", "replace"), starter.returncode))
        self._await_members(watch)

    def _await_starter(self, starter: subprocess.Popen[bytes], watch: Watch) -> None:
        while starter.poll() is None:
            with contextlib.suppress(Trouble), self._agent(_ANSWER_SECONDS) as agent:
                job = agent.job(START_JOB)
                watch.report(job.step or "Starting the agent …", job.progress)
            watch.pause(_POLL_SECONDS)

    def _await_members(self, watch: Watch) -> None:
        with self._agent() as agent:
            try:
                job = agent.job(START_JOB)
                while job.state == "running":
                    watch.report(job.step or "Starting …", job.progress)
                    watch.pause(_POLL_SECONDS)
                    job = agent.job(START_JOB)
            except ApplianceError as error:
                # An agent that has run for long has forgotten its first job.
                if error.code is ExitCode.NOT_FOUND:
                    return
                raise
            if job.state == "failed":
                raise Trouble(job.error)

    def _give_up(self, starter: subprocess.Popen[bytes]) -> None:
        """End the agent that ``starter`` has started, which may not have said yet where it listens."""
        starter.terminate()
        starter.wait()
        deadline = time.monotonic() + _APPEAR_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(Trouble):
                self.stop(Watch(lambda _at: None))
                return
            time.sleep(_POLL_SECONDS)

    def stop(self, watch: Watch) -> None:
        """Stop the agent with all its members, and wait until it has ended."""
        with self._agent() as agent:
            agent.stop()
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if read_control_file(self.data) is None:
                return
            watch.report("Stopping the members …")
            watch.pause(_POLL_SECONDS)
        raise Trouble(f"The agent has not ended within {_STOP_SECONDS:.0f} seconds; its log says what it waits for.")

    def set_up(self, options: StartOptions, first: FirstTenant, watch: Watch) -> TenantCreated | None:
        """Start the agent, make the cluster and the tenant; what is there already is kept, so it can be repeated.

        Returns None if the tenant existed before.
        """
        self.start(options, watch)
        watch.check()
        clusters = {cluster.name: cluster for cluster in self.status().clusters}
        if first.cluster not in clusters:
            watch.report(f"Making cluster {first.cluster} …")
            self.create_cluster(CreateCluster(name=first.cluster, database_dsn=first.database_dsn), watch)
        elif any(tenant.name == first.tenant.name for tenant in clusters[first.cluster].tenants):
            return None
        watch.check()
        watch.report(f"Making tenant {first.tenant.name} …")
        return self.create_tenant(first.cluster, first.tenant, watch)

    def last_words(self) -> tuple[str, ...]:
        """The last lines of the agent's log, read from the data folder: what it said before it ended."""
        try:
            with (self.data / "logs" / "agent.log").open("rb") as stream:
                stream.seek(max(0, stream.seek(0, 2) - 16_384))
                lines = stream.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ()
        return tuple(lines[-_LAST_LINES:])


def _environment() -> dict[str, str]:
    # The appliance stands beside the console, wherever the console was started from.
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}


def _last_sentence(said: str, code: int) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    sentence = lines[-1].removeprefix("Error: ").removeprefix("lockstep: ") if lines else ""
    return sentence or f"The agent did not start (it ended with {code}); the log below says more."
