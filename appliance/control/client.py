"""A typed client of the agent's control interface, for the command line and the console; it must not start an agent."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import psutil
import requests
from pydantic import BaseModel, ValidationError

from appliance.config import read_plain
from appliance.control.messages import (
    ChangeReach,
    ControlFile,
    CreateCluster,
    CreateTenant,
    Doctor,
    EntryLink,
    ExplainItem,
    Explanation,
    Job,
    LimitConnections,
    LogLines,
    MakePasswordLink,
    PasswordLink,
    Problem,
    Reach,
    Status,
    TenantVerb,
    Verb,
)
from appliance.database_address import given_address
from appliance.errors import ApplianceError, ExitCode


def whole_address(database: str) -> str:
    """The address of an external database as the agent would use it. Raises ``ApplianceError`` (USAGE)."""
    return given_address(database).text


START_JOB = "start"
"""The id of the job that brings everything up after the agent's own start."""
_Model = TypeVar("_Model", bound=BaseModel)


def read_control_file(data: Path) -> ControlFile | None:
    """Where the agent of the data folder ``data`` listens; None if none runs (a file left by a kill counts as none)."""
    try:
        found = ControlFile.model_validate_json(read_plain(data / "agent" / "control.json"))
    except PermissionError as error:
        raise ApplianceError(
            f"This account may not read {data}. Run lockstep as the account that started the agent.",
            ExitCode.DATA_FOLDER,
        ) from error
    except (OSError, ValidationError):
        return None
    return found if psutil.pid_exists(found.pid) else None


class Client:
    """Talks to one agent. Every method raises ``ApplianceError`` with the agent's own sentence."""

    def __init__(self, control: ControlFile, timeout: float = 30.0) -> None:
        self._base = f"{control.address.rstrip('/')}/v1"
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {control.token}"

    @classmethod
    def of(cls, data: Path) -> Client:
        """The client of the agent that runs on ``data``. Raises ``ApplianceError`` (NOT_RUNNING)."""
        control = read_control_file(data)
        if control is None:
            raise ApplianceError(
                f"Lockstep is not running with its data in {data}. Start it with: lockstep start --data {data}",
                ExitCode.NOT_RUNNING,
            )
        return cls(control)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _ask(
        self, method: str, path: str, body: BaseModel | None = None, params: Mapping[str, int] | None = None
    ) -> bytes:
        try:
            answer = self._session.request(
                method,
                f"{self._base}/{path}",
                params=params,
                data=body.model_dump_json() if body is not None else None,
                headers={"Content-Type": "application/json"},
                timeout=self._timeout,
            )
        except requests.ConnectionError as error:
            raise ApplianceError(
                "The agent does not answer; it may just have ended. See: lockstep status",
                ExitCode.NOT_RUNNING,
            ) from error
        except requests.RequestException as error:
            raise ApplianceError(
                f"The agent did not answer within {self._timeout:.0f} seconds. See: lockstep logs agent"
            ) from error
        if answer.ok:
            return answer.content
        try:
            problem = Problem.model_validate_json(answer.content)
        except ValidationError:
            problem = Problem(message=f"The agent answered {answer.status_code}.")
        code = ExitCode.FAILED
        with contextlib.suppress(ValueError):
            code = ExitCode(problem.exit_code)
        raise ApplianceError(problem.message, code)

    def _get(self, model: type[_Model], path: str, **params: int) -> _Model:
        return model.model_validate_json(self._ask("GET", path, params=params))

    def _job(self, method: str, path: str, body: BaseModel | None = None) -> Job:
        return Job.model_validate_json(self._ask(method, path, body))

    def status(self) -> Status:
        """Everything there is, and how it is."""
        return self._get(Status, "status")

    def doctor(self) -> Doctor:
        """What the doctor finds."""
        return self._get(Doctor, "doctor")

    def stop(self) -> None:
        """Ask the agent to end everything and itself. Returns at once."""
        self._ask("POST", "stop")

    def member(self, name: str, verb: Verb) -> Job:
        """Start, stop or restart a member."""
        return self._job("POST", f"members/{quote(name)}/{verb.value}")

    def create_cluster(self, request: CreateCluster) -> Job:
        """Make a cluster."""
        return self._job("POST", "clusters", request)

    def cluster(self, name: str, verb: Verb) -> Job:
        """Start, stop or restart a cluster's processes."""
        return self._job("POST", f"clusters/{quote(name, safe='')}/{verb.value}")

    def limit_connections(self, name: str, request: LimitConnections) -> Job:
        """Allow a cluster so many database connections."""
        return self._job("PUT", f"clusters/{quote(name, safe='')}/connections", request)

    def reach(self, name: str) -> Reach:
        """Where the connections of a cluster's tenants may lead."""
        return self._get(Reach, f"clusters/{quote(name, safe='')}/reach")

    def change_reach(self, name: str, request: ChangeReach) -> Reach:
        """Change that; the cluster's processes heed it within a second or two."""
        return Reach.model_validate_json(self._ask("PATCH", f"clusters/{quote(name, safe='')}/reach", request))

    def create_tenant(self, cluster: str, request: CreateTenant) -> Job:
        """Make a tenant; the job's result is a ``TenantCreated``."""
        return self._job("POST", f"clusters/{quote(cluster, safe='')}/tenants", request)

    def tenant(self, cluster: str, name: str, verb: TenantVerb) -> Job:
        """Suspend or resume a tenant."""
        return self._job("POST", f"{self._tenant(cluster, name)}/{verb.value}")

    def delete_tenant(self, cluster: str, name: str) -> Job:
        """Delete a tenant and all its data."""
        return self._job("DELETE", self._tenant(cluster, name))

    def password_link(self, cluster: str, name: str, request: MakePasswordLink) -> PasswordLink:
        """A one-time link with which somebody chooses a new password."""
        path = f"{self._tenant(cluster, name)}/password-link"
        return PasswordLink.model_validate_json(self._ask("POST", path, request))

    def entry_link(self, cluster: str, name: str) -> EntryLink:
        """A one-time link into the tenant's panel."""
        return EntryLink.model_validate_json(self._ask("POST", f"{self._tenant(cluster, name)}/entry-link"))

    def explain(self, cluster: str, name: str, request: ExplainItem) -> Explanation:
        """Why an item of the tenant is as it is. Raises ``ApplianceError`` (NOT_FOUND) when nobody knows it."""
        return Explanation.model_validate_json(self._ask("POST", f"{self._tenant(cluster, name)}/explain", request))

    @staticmethod
    def _tenant(cluster: str, name: str) -> str:
        return f"clusters/{quote(cluster, safe='')}/tenants/{quote(name, safe='')}"

    def job(self, job_id: str) -> Job:
        """A job as it is now."""
        return self._get(Job, f"jobs/{quote(job_id, safe='')}")

    def cancel(self, job_id: str) -> Job:
        """Ask a job to end."""
        return self._job("POST", f"jobs/{quote(job_id, safe='')}/cancel")

    def await_job(self, job: Job, seen: Callable[[Job], None] = lambda _: None) -> Job:
        """Wait for the end of ``job``; ``seen`` gets it whenever it changed.

        Raises ``ApplianceError`` with the job's sentence and exit code unless it succeeded.
        """
        last = None
        while job.state == "running":
            if job != last:
                seen(job)
                last = job
            time.sleep(0.1)
            job = self.job(job.id)
        seen(job)
        if job.state == "succeeded":
            return job
        code = ExitCode.FAILED
        with contextlib.suppress(ValueError):
            code = ExitCode(job.exit_code or 1)
        raise ApplianceError(job.error or f"{job.what} was cancelled.", code)

    def logs(self, member: str, after: int | None = None, limit: int = 200) -> LogLines:
        """Lines of a log: from position ``after`` on, or the last ones."""
        params = {"limit": limit} if after is None else {"after": after, "limit": limit}
        return self._get(LogLines, f"logs/{quote(member)}", **params)
