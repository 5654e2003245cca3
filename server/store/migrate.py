"""Brings schemas to the newest version: SQL rendered once per version, applied to many schemas side by side.

Each schema moves in one transaction and records its version in its own table ``schema_version``; a kill in the
middle leaves the schema at its old version, and the next start goes on. It must not know what the SQL means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import psycopg
from psycopg import sql

from server.domain.errors import LockstepError, Unavailable

OwnerConnection = psycopg.Connection[tuple[object, ...]]

_VERSION_TABLE = """
create table if not exists schema_version (
  version integer primary key,
  name text not null,
  applied_at timestamptz not null default now()
);
"""
_SIDE_BY_SIDE = 4
_LONGEST_LOCK_SECONDS = 5


class MigrationFailed(LockstepError):
    """Some schemas could not be brought to the newest version; the others were.

    ``failed``: the first words of what went wrong, by schema; ``through``: how many there were besides.
    """

    def __init__(self, message: str, failed: Mapping[str, str], through: int) -> None:
        super().__init__(message)
        self.failed = failed
        self.through = through


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: its number, its name, its SQL."""

    version: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """A tenant's schema to migrate, and the login that owns what is in it."""

    schema: str
    role: str
    password: str = field(repr=False)


@cache
def steps(kind: str) -> tuple[Step, ...]:
    """The steps of ``control`` or ``tenant`` schemas, in order."""
    found = [
        Step(int(one.name[:4]), one.name.removesuffix(".sql")[5:], one.read_text(encoding="utf-8"))
        for one in files("server.store.migrations").joinpath(kind).iterdir()
        if one.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda step: step.version))


@cache
def rendered(kind: str, version: int) -> bytes:
    """One script that takes a schema from ``version`` to the newest."""
    parts = [_VERSION_TABLE]
    for step in steps(kind):
        if step.version > version:
            name = step.name.replace("'", "''")
            parts += [step.text, f"insert into schema_version (version, name) values ({step.version}, '{name}');\n"]  # noqa: S608
    return "\n".join(parts).encode()


def newest(kind: str) -> int:
    """The version that ``rendered`` leads to."""
    return steps(kind)[-1].version


def apply(connection: OwnerConnection, kind: str, schema: str) -> bool:
    """Bring one schema up to date within the transaction that is open on ``connection``; whether it moved.

    Two starts at once are kept apart by who calls. Ends with the search path that the transaction began with.
    """
    version = _version(connection, schema)
    behind = version < newest(kind)
    if behind:
        connection.execute(sql.SQL("set local search_path = {}").format(sql.Identifier(schema)))
        connection.execute(rendered(kind, version), prepare=False)
        connection.execute("reset search_path")
    return behind


def apply_to_all(
    targets: Sequence[Target],
    sign_in: Callable[[Target], OwnerConnection],
    apart: Callable[[Target], AbstractContextManager[None]],
    alone: Callable[[Target], AbstractContextManager[Target]],
) -> int:
    """Bring many schemas of tenants up to date, side by side, one transaction each; how many moved.

    A schema may hold whatever its tenant's login put there, and what it put there runs with the rights of whoever
    touches it, so each is touched by that login alone (``sign_in``). ``apart``: two starts at once bring it up to date
    one after the other. Where the login holds what is needed, it is tried once more while nobody else is signed in with
    it (``alone``). Raises ``MigrationFailed`` at the end if some failed; those keep their old version.
    """

    def one(target: Target) -> bool:
        try:
            return moves(target)
        except (psycopg.OperationalError, Unavailable):
            with alone(target) as again:
                return moves(again)

    def moves(target: Target) -> bool:
        with sign_in(target) as own:
            own.execute(f"set local lock_timeout = '{_LONGEST_LOCK_SECONDS}s'".encode())
            if _version(own, target.schema) >= newest("tenant"):
                return False
        with apart(target), sign_in(target) as own:
            own.execute(f"set local lock_timeout = '{_LONGEST_LOCK_SECONDS}s'".encode())
            own.execute("set local statement_timeout = 0")
            return apply(own, "tenant", target.schema)

    moved, failed = 0, dict[str, str]()
    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="migrate") as pool:
        for target, job in [(target, pool.submit(one, target)) for target in targets]:
            try:
                moved += job.result()
            except (psycopg.Error, Unavailable) as error:
                failed[target.schema] = str(error).strip().splitlines()[0]
    if failed:
        told = "; ".join(f"{schema}: {words}" for schema, words in failed.items())
        raise MigrationFailed(
            f"Some schemas could not be upgraded and keep their old version: {told}", failed, len(targets) - len(failed)
        )
    return moved


def _version(connection: OwnerConnection, schema: str) -> int:
    there = connection.execute("select to_regclass(%s)", (f'"{schema}".schema_version',)).fetchone()
    if there is None or there[0] is None:
        return 0
    query = sql.SQL("select coalesce(max(version), 0) from {}.schema_version").format(sql.Identifier(schema))
    row = connection.execute(query).fetchone()
    return int(str(row[0])) if row else 0
