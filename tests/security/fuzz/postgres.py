"""Attacks PostgreSQL with one tenant's login and with what is no protocol, and kills backends; others are served."""

from __future__ import annotations

import random
import secrets
import socket
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import psutil
import psycopg

from appliance.members.postgres_closed import bound_memory
from tests.chaos.panel import PASSWORD
from tests.chaos.stage import House
from tests.security.besieged import Tenant
from tests.security.fuzz import drawn
from tests.security.fuzz.law import MEGABYTE, Neighbour, Siege, Watched
from tests.support.postgres import Server

MOST, MOST_OF_WEB = 400 * MEGABYTE, 700 * MEGABYTE
_TIMEOUT = 3.0
_TABLES = (
    "users",
    "connections",
    "integrations",
    "pairs",
    "operations",
    "schema_version",
    "fence",
    "sessions",
    "events",
)
_OTHERS = (
    "control.tenants",
    "pg_authid",
    "pg_roles",
    "pg_database",
    "pg_stat_activity",
    "{other}.users",
    "{other}.sessions",
)
_LONGEST = 20
_STATEMENTS = (
    "select * from {table} limit 50",
    "select * from {own} a, {own} b, {own} c, generate_series(1, 100000) order by random()",
    "update {table} set name = '{word}'",
    "update {table} set epoch = {number}",
    "delete from {table} where random() < 0.1",
    "lock table {table} in access exclusive mode",
    "select repeat('{word}', {number})",
    "select string_agg(md5(n::text), '') from generate_series(1, {number}) as n",
    "select count(*) from generate_series(1, {number}) as n group by n",
    "select pg_notify('lockstep_wake', '{word}') from generate_series(1, 1000)",
    "notify lockstep_wake, '{word}'",
    "listen lockstep_wake",
    "select pg_advisory_lock(4210071)",
    "select lo_create(0)",
    "create temporary table t as select 1",
    "create table t{number} as select n, repeat('x', 1000) from generate_series(1, 1000) as n",
    "drop table if exists t{number}",
    "set role postgres",
    "set role {owner}",
    "set work_mem = '2GB'",
    "set temp_file_limit = '{word}'",
    "set search_path = '{word}'",
    "set statement_timeout = 5000",
    "select pg_terminate_backend(n) from generate_series(1, 70000) as n",
    "select pg_sleep(5)",
    "do $$ begin {word} end $$",
    "with recursive r(n, t) as (select 1, 'x' union all select n + 1, t || t from r) select max(n) from r",
    "select repeat('[', {number})::jsonb",
    "select regexp_replace(repeat('a', 5000), '(a*)*b', '')",
    "select * from {table}; drop table {other}",
)


class Intruder:
    """Somebody with a tenant's database login."""

    def __init__(self, house: House, own: Tenant, other: Tenant, secret: str, siege: Siege) -> None:
        self._house, self._siege, self._secret = house, siege, secret
        self._login = house.cluster.login(own.name)
        with psycopg.connect(house.cluster.owner_dsn) as owner:
            row = owner.execute("select schema_name from control.tenants where name = %s", (other.name,)).fetchone()
        self._other = str(row[0]) if row else ""

    def statement(self, draw: random.Random) -> str:
        """Some statements in one session."""
        words = []
        with self._sign_in() as session:
            session.execute(f"set statement_timeout = {draw.choice((500, 2000))}".encode())
            for _ in range(draw.randrange(1, _LONGEST)):
                query = self._drawn(draw)
                try:
                    found = session.execute(query.encode("utf-8", "replace"))
                    if found.description and self._secret in str(found.fetchmany(50)):
                        self._siege.blame(f"{query} was answered another tenant's secret")
                    words.append("done")
                except psycopg.Error as error:
                    words.append(type(error).__name__)
                    if session.closed:
                        break
        return words[-1]

    def abandoned(self, draw: random.Random) -> str:
        """A session that breaks off in the middle of something."""
        session = self._sign_in()
        with suppress(psycopg.Error):
            session.execute(b"begin")
            session.execute(f"lock table {draw.choice(_TABLES)} in access exclusive mode".encode())
        session.pgconn.finish()
        return "abandoned"

    def protocol(self, draw: random.Random) -> str:
        """What is no protocol, with or without a beginning that is."""
        startup = (196608).to_bytes(4, "big") + b"user\0" + self._login.role.encode() + b"\0database\0postgres\0\0"
        message = (len(startup) + 4).to_bytes(4, "big") + startup
        choices = (
            draw.randbytes(draw.randrange(1, 500)),
            drawn.torn(draw, message),
            b"\x7f\xff\xff\xff" + draw.randbytes(100),
            (80877103).to_bytes(4, "big"),
            message + b"p" + draw.randrange(2**31).to_bytes(4, "big") + draw.randbytes(50),
        )
        with socket.create_connection(("127.0.0.1", self._house.server.port), timeout=_TIMEOUT) as own:
            own.sendall(draw.choice(choices))
            own.settimeout(0.3)
            with suppress(TimeoutError):
                return "protocol " + chr(own.recv(100)[:1].ljust(1, b"-")[0])
        return "protocol"

    def kill(self, draw: random.Random) -> str:
        """PostgreSQL's superuser ends a session, of whomever."""
        if draw.random() > 0.05:
            return "spared"
        with psycopg.connect(self._house.server.dsn("postgres"), autocommit=True) as superuser:
            superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s order by random() limit 1",
                (self._house.cluster.settings.name,),
            )
        return "ended a session"

    def _sign_in(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            self._house.server.dsn(self._house.cluster.settings.name, self._login.role, self._login.password),
            autocommit=True,
            connect_timeout=5,
        )

    def _drawn(self, draw: random.Random) -> str:
        own, other = draw.choice(_TABLES), draw.choice(_OTHERS).format(other=self._other)
        table = draw.choice((own, own, other))
        word = drawn.text(draw).replace("\0", "").replace("'", "''")
        names = {
            "{own}": own,
            "{table}": table,
            "{other}": other,
            "{word}": word[:100],
            "{owner}": self._house.cluster.owner,
        }
        names["{number}"] = str(draw.choice((1, 7, 100, 10**6, 10**8, 10**9)))
        query = drawn.text(draw) if draw.random() < 0.05 else draw.choice(_STATEMENTS)
        for name, value in names.items():
            query = query.replace(name, value)
        return query


def play(seconds: float, seed: int, server: Server, folder: Path) -> str:
    """Attack for so long. Raises ``Broken``; else what was met."""
    postmaster = server.process
    bound_memory(postmaster.pid)
    with House(server, folder) as house:
        own, quiet = Tenant(house), Tenant(house)
        secret = secrets.token_hex(16)
        quiet.admin.ask("POST", "/users", {"login": f"u{secret}", "role": "viewer", "password": PASSWORD})

        def visit() -> None:
            # Whoever's session was ended is told to come back, and is served then.
            found = quiet.admin.ask("GET", "/users")
            assert any(secret in one["login"] for one in found)
            assert quiet.admin.once("GET", "/session").status_code in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}

        watched = [
            Watched("PostgreSQL", postmaster, MOST, server.folder / "log"),
            Watched("web", house.web.seen, MOST_OF_WEB, house.web.log),
        ]
        siege = Siege("postgres", watched, [Neighbour("another tenant", visit)], [PASSWORD])
        intruder = Intruder(house, own, quiet, secret, siege)
        siege.run(
            [intruder.statement] * 4 + [intruder.abandoned, intruder.protocol, intruder.kill], seconds, seed, hands=6
        )
        assert psutil.pid_exists(postmaster.pid)
        return siege.told()
