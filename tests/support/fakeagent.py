"""A small agent over real HTTP, for the console's tests: it answers with the real messages and remembers what came."""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from appliance.control.messages import (
    Check,
    ClusterStatus,
    ControlFile,
    CreateCluster,
    CreateTenant,
    Doctor,
    EntryLink,
    Health,
    Job,
    LogLines,
    MemberStatus,
    Problem,
    Status,
    TenantCreated,
    TenantStatus,
)

TOKEN = "a-token-for-the-tests"
MB = 1024 * 1024


def member(name: str, health: Health = Health.RUNNING, **more: Any) -> MemberStatus:
    usual = {"pid": 4242, "port": 8101, "cpu_percent": 1.5, "memory_bytes": 60 * MB}
    usual["since"] = datetime.now(UTC) - timedelta(hours=2, minutes=5)  # type: ignore[assignment]
    return MemberStatus.model_validate({"name": name, "health": health, **usual, **more})


def tenant(cluster: str, name: str, sync: str = "idle", **more: Any) -> TenantStatus:
    usual: dict[str, object] = {
        "state": "active",
        "url": f"https://{name}.{cluster}.localhost:8443",
        "loopback_url": f"http://{name}.{cluster}.localhost:8080",
        "last_pass_at": datetime.now(UTC) - timedelta(seconds=40),
    }
    return TenantStatus.model_validate({"cluster": cluster, "name": name, "sync": sync, **usual, **more})


@dataclass
class FakeAgent:
    """What the agent is to answer; tests change it as they go."""

    data: Path
    members: list[MemberStatus] = field(default_factory=list)
    clusters: list[ClusterStatus] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    logs: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Every request: method, path and body, in the order they came."""
    delay: float = 0.0
    """Seconds before each answer: a slow agent."""
    job_rounds: int = 1
    """How often a job is seen running before it ends."""
    refuse: str = ""
    """A sentence that every job ends with instead."""
    jobs: dict[str, tuple[Job, int]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _release: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        agent = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                if agent.delay:
                    agent._release.wait(agent.delay)
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    self._send(401, Problem(message="The token is wrong."))
                    return
                path = self.path.partition("?")[0].removeprefix("/v1/")
                agent.asked.append((self.command, self.path.removeprefix("/v1/"), body))
                answer = agent.answer(self.command, path, body, self.path)
                self._send(answer[0], answer[1])

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the library's names

            def _send(self, status: int, value: BaseModel | None) -> None:
                content = value.model_dump_json().encode() if value is not None else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A console that closed meanwhile is no error."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> FakeAgent:
        (self.data / "agent").mkdir(parents=True, exist_ok=True)
        (self.data / "lockstep.json").write_text('{"product": "lockstep", "format": 1}', encoding="utf-8")
        control = ControlFile(
            address=f"http://127.0.0.1:{self._server.server_address[1]}",
            token=TOKEN,
            pid=os.getpid(),
            started_at=datetime.now(UTC),
        )
        (self.data / "agent" / "control.json").write_text(control.model_dump_json(), encoding="utf-8")
        self._thread.start()
        return self

    def stop(self) -> None:
        self._release.set()
        (self.data / "agent" / "control.json").unlink(missing_ok=True)
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def posts(self) -> list[str]:
        """The paths of everything that was asked to be done."""
        return [f"{method} {path}" for method, path, _ in self.asked if method != "GET"]

    def answer(self, method: str, path: str, body: dict[str, Any], full: str) -> tuple[int, BaseModel | None]:
        parts = path.split("/")
        if method == "GET":
            return self._read(parts, full)
        if path == "stop":
            threading.Thread(target=self._end_soon, daemon=True).start()
            return 202, None
        if parts[-1] == "entry-link":
            link = EntryLink(url=f"http://{parts[3]}.localhost/enter?token=once", expires_at=datetime.now(UTC))
            return 200, link
        if parts[0] == "jobs":
            job, _ = self.jobs[parts[1]]
            self.jobs[job.id] = (job.model_copy(update={"state": "cancelled", "result": None}), 0)
            return 200, job.model_copy(update={"state": "running", "result": None})
        if path == "clusters":
            made = CreateCluster.model_validate(body)
            url = f"https://{made.name}.localhost:8443"
            database: Literal["embedded", "external"] = "external" if made.database_dsn else "embedded"
            new = ClusterStatus(name=made.name, health=Health.RUNNING, url=url, database=database)
            self.clusters.append(new)
            return 200, self._job(f"create cluster {made.name}", None)
        if parts[-1] == "tenants":
            return 200, self._job(f"create tenant {body['name']}", self._make_tenant(parts[1], body))
        return 200, self._job(f"{parts[-1]} {path}", None)

    def _read(self, parts: list[str], full: str) -> tuple[int, BaseModel]:
        if parts[0] == "status":
            return 200, self.status()
        if parts[0] == "doctor":
            return 200, Doctor(checks=tuple(self.checks))
        if parts[0] == "logs":
            lines = self.logs.get("/".join(parts[1:]), [])
            after = int(full.partition("after=")[2].partition("&")[0] or 0) if "after=" in full else 0
            return 200, LogLines(lines=tuple(lines[after:]), position=len(lines))
        if parts[1] not in self.jobs:
            return 404, Problem(message="There is no such job.", exit_code=7)
        job, rounds = self.jobs[parts[1]]
        if rounds > 0:
            step = Job(id=job.id, what=job.what, state="running", step="Making tables", progress=0.4)
            self.jobs[job.id] = (job, rounds - 1)
            return 200, step
        return 200, job

    def _job(self, what: str, result: BaseModel | None) -> Job:
        job = Job(
            id=f"job{next(self._numbers)}",
            what=what,
            state="failed" if self.refuse else "succeeded",
            error=self.refuse,
            result=result.model_dump(mode="json") if result else None,
        )
        self.jobs[job.id] = (job, self.job_rounds)
        return Job(id=job.id, what=what, state="running")

    def _make_tenant(self, cluster: str, body: dict[str, Any]) -> TenantCreated:
        asked = CreateTenant.model_validate(body)
        new = tenant(cluster, asked.name, title=asked.title)
        if not self.refuse:
            self.clusters = [
                c.model_copy(update={"tenants": (*c.tenants, new)}) if c.name == cluster else c for c in self.clusters
            ]
        password = None if asked.admin_password else "made-by-the-agent-3141"
        return TenantCreated(tenant=new, admin_login=asked.admin_login, admin_password=password)

    def _end_soon(self) -> None:
        time.sleep(0.05)
        (self.data / "agent" / "control.json").unlink(missing_ok=True)

    def status(self) -> Status:
        return Status(
            version="0.1.0",
            data=str(self.data),
            pid=os.getpid(),
            started_at=datetime.now(UTC) - timedelta(hours=2, minutes=6),
            https_port=8443,
            http_port=8080,
            base_domain="localhost",
            members=tuple(self.members),
            clusters=tuple(self.clusters),
        )


def furnish(agent: FakeAgent) -> FakeAgent:
    """An appliance in daily use: two clusters, some tenants, one thing that is not well."""
    agent.members = [
        member("postgres", port=54329, memory_bytes=64 * MB, cpu_percent=2.1),
        member("gateway", port=8443, memory_bytes=41 * MB, cpu_percent=0.4),
        member("cluster1/web", port=8101, memory_bytes=118 * MB, cpu_percent=3.8),
        member("cluster1/sync", port=None, memory_bytes=97 * MB, cpu_percent=11.2),
    ]
    agent.clusters = [
        ClusterStatus(
            name="cluster1",
            health=Health.RUNNING,
            url="https://cluster1.localhost:8443",
            database="embedded",
            tenants=(
                tenant("cluster1", "tenant1", "syncing", title="Support and Engineering"),
                tenant("cluster1", "acme", title="Acme GmbH & Söhne"),
                tenant("cluster1", "northwind", title="Northwind", state="suspended", sync="suspended"),
            ),
        ),
    ]
    agent.checks = [
        Check(name="Data folder", ok=True, found="/var/lib/lockstep, 41 GB free"),
        Check(name="Ports", ok=True, found="8443 and 8080 are held by the gateway"),
        Check(
            name="Names",
            ok=False,
            found="tenant1.cluster1.localhost is not resolved by this computer",
            advice="Add it to the name server or to the hosts file.",
        ),
        Check(name="Database", ok=True, found="PostgreSQL 18.6 answers in 2 ms"),
    ]
    return agent
