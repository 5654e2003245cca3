"""The agent's control interface: JSON over HTTP on loopback, for the one who can read the token; it decides nothing.

Flask serves it because the product has it already for the web node and a second router would be one more thing to
keep safe; nothing of the web node is used here.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from flask import Flask, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from appliance.control.jobs import JobBoard
from appliance.control.messages import (
    ChangeReach,
    CreateCluster,
    CreateTenant,
    ExplainItem,
    LimitConnections,
    LogLines,
    MakePasswordLink,
    Problem,
    TenantVerb,
    Verb,
)
from appliance.errors import ApplianceError, ExitCode
from appliance.operations.change_reach import change_reach, show_reach
from appliance.operations.create_cluster import create_cluster
from appliance.operations.create_tenant import create_tenant
from appliance.operations.delete_tenant import delete_tenant
from appliance.operations.doctor import examine
from appliance.operations.explain_item import explain_item
from appliance.operations.limit_connections import limit_connections
from appliance.operations.open_tenant import open_tenant
from appliance.operations.reset_password import reset_password
from appliance.operations.show_status import show_status
from appliance.operations.switch_cluster import switch_cluster
from appliance.operations.switch_member import switch_member
from appliance.operations.switch_tenant import switch_tenant
from appliance.site import Site

STATUSES = {
    ExitCode.USAGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ExitCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ExitCode.EXISTS: HTTPStatus.CONFLICT,
}
LARGEST_BODY = 64 * 1024
_EVERY_SECONDS = 60.0
_Model = TypeVar("_Model", bound=BaseModel)


def _reply(value: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(value.model_dump_json(), status=status, content_type="application/json")


def _body(model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the message"
        raise ApplianceError(f"{place}: {first['msg']}.", ExitCode.USAGE) from error


def _number(name: str, default: int) -> int:
    try:
        return max(0, int(request.args.get(name, default)))
    except ValueError as error:
        raise ApplianceError(f"{name} must be a number.", ExitCode.USAGE) from error


class _Refusals:
    """Logs who is turned away, a line a minute at most, with how many it were: nobody fills the log with it."""

    def __init__(self, log: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._count = 0
        self._said = -_EVERY_SECONDS

    def count(self, why: str) -> None:
        """One more. Requests may come at once; a count that is off by one does no harm."""
        self._count += 1
        if self._clock() - self._said >= _EVERY_SECONDS:
            self._log(f"control refused {request.method} {request.path[:100]!r}: {why} (requests since: {self._count})")
            self._said, self._count = self._clock(), 0


def read_log(path: Path, after: int | None, limit: int) -> LogLines:
    """Whole lines of a log from byte ``after`` on, at most ``limit``; None: its last ``limit`` lines."""
    try:
        size = path.stat().st_size
        # A log that was turned begins anew.
        start = max(0, size - 256 * 1024) if after is None else (after if after <= size else 0)
        with path.open("rb") as stream:
            stream.seek(start)
            content = stream.read(1024 * 1024)
    except FileNotFoundError:
        return LogLines(lines=(), position=0)
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.splitlines(keepends=True)
    chosen = lines[-limit:] if after is None else lines[:limit]
    position = start + len(whole) if after is None else start + sum(len(line) for line in chosen)
    return LogLines(lines=tuple(line.decode("utf-8", "replace").rstrip("\r\n") for line in chosen), position=position)


def _guard(app: Flask, site: Site, token: str) -> None:
    """Who is let in, and what becomes of every error."""
    refused = _Refusals(site.log).count

    @app.before_request
    def let_in() -> Response | None:
        # A web page that resolves its own name to loopback sends its own Host: it is turned away here.
        if request.host.partition(":")[0] not in {"127.0.0.1", "localhost"}:
            refused("another host name")
            problem = Problem(message="The control interface answers on 127.0.0.1 only.")
            return _reply(problem, HTTPStatus.FORBIDDEN)
        sent = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(sent, f"Bearer {token}".encode()):
            refused("no token, or a wrong one")
            problem = Problem(message="The token of the data folder's agent/control.json is missing or wrong.")
            return _reply(problem, HTTPStatus.UNAUTHORIZED)
        return None

    @app.errorhandler(ApplianceError)
    def refuse(error: ApplianceError) -> Response:
        status = STATUSES.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
        return _reply(Problem(message=error.message, exit_code=error.code), status)

    @app.errorhandler(HTTPException)
    def not_here(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or 500)
        code = ExitCode.NOT_FOUND if status is HTTPStatus.NOT_FOUND else ExitCode.USAGE
        return _reply(Problem(message=f"{status.phrase}: {request.method} {request.path}", exit_code=code), status)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        site.log(f"control {request.method} {request.path}: {type(error).__name__}: {error}")
        problem = Problem(message=f"{type(error).__name__}: {error}. See: lockstep logs agent")
        return _reply(problem, HTTPStatus.INTERNAL_SERVER_ERROR)


def build_app(  # noqa: C901 - a list of routes reads best in one place
    site: Site, jobs: JobBoard, token: str, started_at: datetime, stop: Callable[[], None]
) -> Flask:
    """The control interface over ``site``. ``stop`` ends the agent, soon after it returns."""
    app = Flask("lockstep control", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY

    _guard(app, site, token)

    @app.get("/v1/status")
    def status() -> Response:
        return _reply(show_status(site, started_at))

    @app.get("/v1/doctor")
    def doctor() -> Response:
        return _reply(examine(site.folder, site))

    @app.post("/v1/stop")
    def stop_agent() -> Response:
        stop()
        return Response(status=HTTPStatus.ACCEPTED)

    @app.post("/v1/members/<path:name>/<verb>")
    def member(name: str, verb: str) -> Response:
        site.supervision.get(name)
        wanted = _verb(verb)
        return _reply(jobs.submit(f"{verb} {name}", lambda report: switch_member(site, name, wanted, report)))

    @app.post("/v1/clusters")
    def new_cluster() -> Response:
        body = _body(CreateCluster)
        return _reply(jobs.submit(f"create cluster {body.name}", lambda report: create_cluster(site, body, report)))

    @app.post("/v1/clusters/<cluster>/<verb>")
    def cluster(cluster: str, verb: str) -> Response:
        site.cluster(cluster)
        wanted = _verb(verb)
        return _reply(jobs.submit(f"{verb} {cluster}", lambda report: switch_cluster(site, cluster, wanted, report)))

    @app.put("/v1/clusters/<cluster>/connections")
    def connections(cluster: str) -> Response:
        body = _body(LimitConnections)
        site.cluster(cluster)
        return _reply(
            jobs.submit(
                f"limit the connections of {cluster}", lambda report: limit_connections(site, cluster, body, report)
            )
        )

    @app.get("/v1/clusters/<cluster>/reach")
    def reach(cluster: str) -> Response:
        return _reply(show_reach(site, cluster))

    @app.patch("/v1/clusters/<cluster>/reach")
    def new_reach(cluster: str) -> Response:
        return _reply(change_reach(site, cluster, _body(ChangeReach)))

    @app.post("/v1/clusters/<cluster>/tenants")
    def new_tenant(cluster: str) -> Response:
        body = _body(CreateTenant)
        site.cluster(cluster)
        return _reply(
            jobs.submit(f"create tenant {body.name}", lambda report: create_tenant(site, cluster, body, report))
        )

    @app.post("/v1/clusters/<cluster>/tenants/<tenant>/password-link")
    def password_link(cluster: str, tenant: str) -> Response:
        return _reply(reset_password(site, cluster, tenant, _body(MakePasswordLink)))

    @app.post("/v1/clusters/<cluster>/tenants/<tenant>/entry-link")
    def entry_link(cluster: str, tenant: str) -> Response:
        return _reply(open_tenant(site, cluster, tenant))

    @app.post("/v1/clusters/<cluster>/tenants/<tenant>/explain")
    def explain(cluster: str, tenant: str) -> Response:
        return _reply(explain_item(site, cluster, tenant, _body(ExplainItem)))

    @app.post("/v1/clusters/<cluster>/tenants/<tenant>/<verb>")
    def tenant_verb(cluster: str, tenant: str, verb: str) -> Response:
        site.cluster(cluster)
        if verb not in set(TenantVerb):
            raise ApplianceError(f"{verb} is none of {', '.join(TenantVerb)}.", ExitCode.USAGE)
        return _reply(
            jobs.submit(
                f"{verb} {tenant}",
                lambda report: switch_tenant(site, cluster, tenant, TenantVerb(verb), report),
            )
        )

    @app.delete("/v1/clusters/<cluster>/tenants/<tenant>")
    def remove_tenant(cluster: str, tenant: str) -> Response:
        site.cluster(cluster)
        return _reply(jobs.submit(f"delete {tenant}", lambda report: delete_tenant(site, cluster, tenant, report)))

    @app.get("/v1/jobs/<job_id>")
    def job(job_id: str) -> Response:
        return _reply(jobs.get(job_id))

    @app.post("/v1/jobs/<job_id>/cancel")
    def cancel(job_id: str) -> Response:
        return _reply(jobs.cancel(job_id))

    @app.get("/v1/logs/<path:name>")
    def logs(name: str) -> Response:
        if name != "agent":
            site.supervision.get(name)
        after = _number("after", 0) if "after" in request.args else None
        return _reply(read_log(site.folder.log_of(name), after, min(_number("limit", 200), 5000)))

    return app


def _verb(verb: str) -> Verb:
    try:
        return Verb(verb)
    except ValueError as error:
        raise ApplianceError(f"{verb} is none of {', '.join(Verb)}.", ExitCode.USAGE) from error
