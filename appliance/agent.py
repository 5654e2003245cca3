"""The one long-lived process of an appliance: supervises the members and answers the control interface.

After its own ``kill -9`` the database and the gateway go on, the clusters' processes end by themselves; the next
agent takes over the former (see ``members``), starts the latter anew and completes clusters that were half made.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from waitress.server import BaseWSGIServer, create_server

from appliance.config import DataFolder, Options, Wishes, load_options, open_data_folder, save
from appliance.control.api import build_app
from appliance.control.client import START_JOB
from appliance.control.jobs import JobBoard
from appliance.control.messages import ControlFile
from appliance.demote import lock_folder
from appliance.errors import ApplianceError, ExitCode
from appliance.members.gateway import Gateway
from appliance.members.node import SERVER
from appliance.members.postgres import Postgres
from appliance.members.process import find_left, in_one_line, left_names, turn_log
from appliance.operations.run_cluster import bring_up, serve_routes
from appliance.site import Report, Site
from appliance.supervision import Supervision
from appliance.system import require_supported
from appliance.system.linux import claim_free_port, claim_port, require_port

LOG_TURN_SECONDS = 30.0
DATABASE_READY_SECONDS = 3600.0
"""Recovery after a crash may take long; it is never cut short."""


class Agent:
    """An agent on one data folder, from ``open`` to ``close``."""

    def __init__(
        self,
        data: Path,
        wishes: Wishes,
        server: tuple[str, ...] = SERVER,
    ) -> None:
        self._data = data.absolute()
        self._wishes = wishes
        self._server = server
        self._stop = threading.Event()
        self._lock: int | None = None
        self._claims: list[socket.socket] = []
        """What keeps other appliances from the ports that we chose ourselves."""
        self._control: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.failure: ApplianceError | None = None
        """Why the agent ended by itself."""
        self.folder = DataFolder(self._data)
        self.site: Site
        self.jobs: JobBoard

    # Life

    def open(self) -> None:
        """Lock the folder, answer the control interface and begin to bring everything up (job ``start``).

        Raises ``ApplianceError`` and leaves nothing running when the folder or the ports cannot be had.
        """
        require_supported()
        if os.geteuid() == 0:
            raise ApplianceError("The agent does not work as root. Start it with: lockstep start")
        self.folder = open_data_folder(self._data)
        self._lock = lock_folder(self.folder)
        try:
            options = self._options()
            self.site = self._build(options)
            self.jobs = JobBoard(self.log)
            self._answer()
        except BaseException:
            self._release()
            raise
        self.log(f"agent {os.getpid()} works on {self.folder.root}")
        self.jobs.submit("start", self._bring_up, START_JOB)

    def ask_to_stop(self) -> None:
        """Make ``wait`` return. May be called by anyone, also by a signal's handler."""
        self._stop.set()

    def wait(self) -> None:
        """Look after the logs until somebody asks to stop."""
        while not self._stop.wait(LOG_TURN_SECONDS):
            for path in self.folder.logs.glob("*.log"):
                turn_log(path)

    def close(self) -> None:
        """End the gateway, the clusters' processes and the database, in this order, and let go of the folder."""
        self._stop.set()
        self.log("stopping")
        self.site.supervision.refuse_more()
        order = [keeper.member.name for keeper in self.site.supervision.all()]
        nodes = [name for name in order if "/" in name]
        for group in (["gateway"], nodes, ["postgres"]):
            self.site.supervision.remove(group)
        self._release()

    def _release(self) -> None:
        if self._control is not None:
            server = self._control
            # The server's own loop closes it; closed from here it would trip over its lost sockets.
            server.trigger.pull_trigger(server.close)
            if self._thread is not None and self._thread is not threading.current_thread():
                self._thread.join(5)
            self._control = None
            self.folder.control_file.unlink(missing_ok=True)
        for claim in self._claims:
            claim.close()
        self._claims.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Its parts

    def log(self, message: str) -> None:
        """Write a line to the agent's own log. A full disk silences the log, not the agent.

        It stays one line, whatever words of others the message repeats.
        """
        line = f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {in_one_line(message)}\n"
        with contextlib.suppress(OSError):
            handle = os.open(self.folder.log_of("agent"), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(line)

    def _options(self) -> Options:
        kept = load_options(self.folder) or Options()
        options = self._wishes.applied(kept)
        if find_left(self.folder, "gateway") is None:
            options = self._public_ports(options)
        if find_left(self.folder, "postgres") is None:
            taken = frozenset({options.https_port, options.http_port})
            options = self._claim(options, "postgres_port", taken)
        elif (claim := claim_port(options.postgres_port)) is not None:
            self._claims.append(claim)
        save(self.folder.options, options)
        return options

    def _public_ports(self, options: Options) -> Options:
        host = "127.0.0.1" if options.base_domain == "localhost" else ""
        if options.https_port == options.http_port:
            raise ApplianceError("The https port and the http port must differ.", ExitCode.USAGE)
        for name, address in (("https_port", host), ("http_port", "127.0.0.1")):
            port = getattr(options, name)
            if self._wishes.other_ports:
                taken = frozenset({options.https_port, options.http_port, options.postgres_port} - {port})
                options = self._claim(options, name, taken, address)
            else:
                require_port(port, f"--{name.replace('_', '-')}", address)
        return options

    def _claim(self, options: Options, name: str, taken: frozenset[int], host: str = "127.0.0.1") -> Options:
        """The options with a port under ``name`` that is ours from now on: what they have there, or another."""
        port, claim = claim_free_port(getattr(options, name), taken, host)
        self._claims.append(claim)
        return options.model_copy(update={name: port})

    def _build(self, options: Options) -> Site:
        loopback = options.base_domain == "localhost"
        postgres = Postgres(self.folder, options.postgres_port)
        gateway = Gateway(self.folder, options.https_port, options.http_port, loopback)
        supervision = Supervision(self.log)
        supervision.add(postgres)
        supervision.add(gateway)
        return Site(self.folder, options, supervision, postgres, gateway, self.log, self._server)

    def _answer(self) -> None:
        token, started = secrets.token_urlsafe(32), datetime.now(UTC)
        app = build_app(self.site, self.jobs, token, started, self.ask_to_stop)
        server = create_server(app, host="127.0.0.1", port=0, threads=8, ident="", clear_untrusted_proxy_headers=True)
        if not isinstance(server, BaseWSGIServer):
            raise ApplianceError("The control interface found more than one address for 127.0.0.1.")
        self._control = server
        self._thread = threading.Thread(target=server.run, name="control", daemon=True)
        self._thread.start()
        address = f"http://127.0.0.1:{server.effective_port}"
        control = ControlFile(address=address, token=token, pid=os.getpid(), started_at=started)
        save(self.folder.control_file, control)

    # Bringing everything up

    def _bring_up(self, report: Report) -> dict[str, object]:
        try:
            self._bring_up_database(report)
            failed = self._bring_up_clusters(report)
            report("starting the gateway", 0.9)
            serve_routes(self.site)
            gateway = self.site.supervision.get("gateway")
            gateway.want(running=True)
            gateway.await_ready(60.0, lambda said: report(f"gateway: {said}", 0.9))
        except ApplianceError as error:
            # Without database or gateway there is nothing to serve: end, so that the start fails visibly.
            self.failure = error
            self.log(f"start failed: {error.message}")
            threading.Timer(1.0, self._stop.set).start()
            raise
        if failed:
            raise ApplianceError(f"Lockstep runs, but {failed[0]}")
        return {"clusters": [record.name for record in self.site.clusters()]}

    def _bring_up_database(self, report: Report) -> None:
        self._end_strangers(report)
        report("starting the database", 0.1)
        database = self.site.supervision.get("postgres")
        database.want(running=True)
        database.await_ready(DATABASE_READY_SECONDS, lambda said: report(f"database: {said}", 0.1))

    def _bring_up_clusters(self, report: Report) -> list[str]:
        """All enabled clusters at the same time; the sentences of those that failed."""
        records = [record for record in self.site.clusters() if record.enabled]
        failed: list[str] = []

        def up(position: int) -> None:
            record = records[position]
            try:
                bring_up(self.site, record, lambda step, _=None: report(step, 0.4))
            except ApplianceError as error:
                failed.append(f"cluster {record.name} does not: {error.message}")

        with self.site.changing, ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(up, range(len(records))))
        return failed

    def _end_strangers(self, report: Report) -> None:
        """End processes of clusters that are no more, or not wanted; the others are found by their members."""
        wanted = {f"{record.name}/{part}" for record in self.site.clusters() for part in ("web", "sync")}
        for name in left_names(self.folder):
            # The demonstration looks after its own trackers.
            if name in wanted or name in {"postgres", "gateway"} or name.startswith("demo/"):
                continue
            left = find_left(self.folder, name)
            if left is not None and not left.wait(5):
                report(f"ending {name}, which an agent before left")
                left.end()


@contextlib.contextmanager
def running_agent(agent: Agent) -> Iterator[Agent]:
    """Open ``agent`` and close it again, whatever happens in between."""
    agent.open()
    try:
        yield agent
    finally:
        agent.close()


def serve(agent: Agent, announce: Callable[[], None] = lambda: None) -> None:
    """Run ``agent`` until somebody asks it to stop. Raises why it ended, if it ended by itself."""
    with running_agent(agent):
        announce()
        agent.wait()
    if agent.failure is not None:
        raise agent.failure
