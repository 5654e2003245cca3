"""Brings schemas to the newest version: SQL rendered once per version, applied to many schemas side by side.

Each schema moves in one transaction and records its version in its own table ``schema_version``; a kill in the
middle leaves the schema at its old version, and the next start goes on. It must not know what the SQL means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import psycopg
from psycopg import sql

from server.domain.errors import LockstepError

OwnerConnection = psycopg.Connection[tuple[object, ...]]

_VERSION_TABLE = """
create table if not exists schema_version (
  version integer primary key,
  name text not null,
  applied_at timestamptz not null default now()
);
"""
_SIDE_BY_SIDE = 4


class MigrationFailed(LockstepError):
    """Some schemas could not be brought to the newest version; the others were."""


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: its number, its name, its SQL."""

    version: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """A schema to migrate, and the role that owns what is in it (None: the one that is signed in)."""

    schema: str
    role: str | None = None


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


def apply(connection: OwnerConnection, kind: str, target: Target) -> bool:
    """Bring one schema up to date within the transaction that is open on ``connection``; whether it moved.

    Ends with the role and the search path that the transaction began with.
    """
    # Two starts at once: the second waits here and then finds nothing to do.
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 7))", (target.schema,))
    if target.role is not None:
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(target.role)))
    version = _version(connection, target.schema)
    behind = version < newest(kind)
    if behind:
        connection.execute(sql.SQL("set local search_path = {}").format(sql.Identifier(target.schema)))
        connection.execute(rendered(kind, version), prepare=False)
        connection.execute("reset search_path")
    if target.role is not None:
        connection.execute("reset role")
    return behind


def apply_to_all(connect: Callable[[], OwnerConnection], kind: str, targets: Sequence[Target]) -> int:
    """Bring many schemas up to date, side by side, one transaction each; how many moved.

    Raises ``MigrationFailed`` at the end if some failed; those keep their old version.
    """

    def one(target: Target) -> bool:
        with connect() as connection:
            return apply(connection, kind, target)

    moved, failed = 0, []
    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="migrate") as pool:
        for target, job in [(target, pool.submit(one, target)) for target in targets]:
            try:
                moved += job.result()
            except psycopg.Error as error:
                failed.append(f"{target.schema}: {str(error).strip().splitlines()[0]}")
    if failed:
        raise MigrationFailed("Some schemas could not be upgraded and keep their old version: " + "; ".join(failed))
    return moved


def _version(connection: OwnerConnection, schema: str) -> int:
    there = connection.execute("select to_regclass(%s)", (f'"{schema}".schema_version',)).fetchone()
    if there is None or there[0] is None:
        return 0
    query = sql.SQL("select coalesce(max(version), 0) from {}.schema_version").format(sql.Identifier(schema))
    row = connection.execute(query).fetchone()
    return int(str(row[0])) if row else 0
