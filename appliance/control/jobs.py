"""Long work of the agent: each job on a thread of its own, with progress and a way to cancel; it knows no work.

Jobs live in memory: an agent that is killed forgets them, and what they left is completed by the next start.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel

from appliance.control.messages import Job
from appliance.errors import ApplianceError, ExitCode
from appliance.site import Report

KEPT = 200
"""Finished jobs that are remembered."""

Work = Callable[[Report], BaseModel | dict[str, object]]


class Cancelled(Exception):
    """Raised inside a job by its next report after a person cancelled it."""


class JobBoard:
    """All jobs, newest last. Thread-safe."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._unwanted: set[str] = set()

    def submit(self, what: str, work: Work, job_id: str | None = None) -> Job:
        """Begin ``work`` on a thread and return its job as it is now."""
        job = Job(id=job_id or secrets.token_hex(8), what=what, state="running")
        with self._lock:
            self._jobs[job.id] = job
            finished = [known.id for known in self._jobs.values() if known.state != "running"]
            for old in finished[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old]
        threading.Thread(target=self._run, args=(job.id, work), name=f"job {what}", daemon=True).start()
        return job

    def get(self, job_id: str) -> Job:
        """A job as it is now. Raises ``ApplianceError`` (NOT_FOUND)."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise ApplianceError(
                f"There is no job {job_id}; the agent may have been restarted since.", ExitCode.NOT_FOUND
            )
        return job

    def cancel(self, job_id: str) -> Job:
        """Ask a job to end at its next report. One that is over stays as it is."""
        job = self.get(job_id)
        if job.state == "running":
            with self._lock:
                self._unwanted.add(job_id)
        return job

    def busy(self) -> bool:
        """Whether any job runs."""
        with self._lock:
            return any(job.state == "running" for job in self._jobs.values())

    def _report(self, job_id: str, step: str, progress: float | None) -> None:
        with self._lock:
            unwanted = job_id in self._unwanted
            self._jobs[job_id] = self._jobs[job_id].model_copy(update={"step": step, "progress": progress})
        if unwanted:
            raise Cancelled

    def _run(self, job_id: str, work: Work) -> None:
        def report(step: str, progress: float | None = None) -> None:
            self._report(job_id, step, progress)

        try:
            outcome = work(report)
        except Cancelled:
            self._finish(job_id, "cancelled")
        except ApplianceError as error:
            self._finish(job_id, "failed", error=error.message, exit_code=error.code)
        except Exception as error:  # noqa: BLE001 - whatever happens in a job, its job must say so
            self._finish(
                job_id,
                "failed",
                error=f"{type(error).__name__}: {error}. See: lockstep logs agent",
                exit_code=ExitCode.FAILED,
            )
        else:
            result = outcome.model_dump(mode="json") if isinstance(outcome, BaseModel) else outcome
            self._finish(job_id, "succeeded", result=result)

    def _finish(
        self,
        job_id: str,
        state: Literal["succeeded", "failed", "cancelled"],
        *,
        error: str = "",
        exit_code: int = 0,
        result: dict[str, object] | None = None,
    ) -> None:
        with self._lock:
            self._unwanted.discard(job_id)
            job = self._jobs[job_id].model_copy(
                update={"state": state, "error": error, "exit_code": int(exit_code), "result": result}
            )
            self._jobs[job_id] = job
        self._log(f"job {job.what}: {state}{f', {error}' if error else ''}")
