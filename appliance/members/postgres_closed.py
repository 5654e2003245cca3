"""What the embedded PostgreSQL lets a tenant's login do beyond its own schema: as little as PostgreSQL can be told.

Only the superuser can say so, and only within each database. Every statement may be repeated. It must not know what a
cluster keeps in its database.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Final

import psycopg
from psycopg import sql

GUARD: Final = "guard"
"""The schema of the one function that is the superuser's, and that a cluster's control role may call."""

MOST_OF_ITS_OWN: Final = 768 * 1024 * 1024
_OF_ALL_DATABASES: Final = (
    "pg_roles", "pg_user", "pg_group", "pg_auth_members", "pg_database", "pg_db_role_setting", "pg_tablespace",
    "pg_shdepend", "pg_shdescription", "pg_shseclabel", "pg_stat_activity", "pg_stat_database",
    "pg_stat_database_conflicts", "pg_stat_ssl", "pg_stat_gssapi", "pg_stat_replication", "pg_locks",
    "pg_prepared_xacts",
)  # fmt: skip
"""Tables and views that name roles, databases or sessions of others."""
_THAT_NAME: Final = (
    "pg_get_userbyid(oid)", "pg_stat_get_activity(integer)", "pg_lock_status()", "pg_prepared_xact()",
    "pg_stat_get_backend_idset()", "pg_stat_get_backend_userid(integer)", "pg_stat_get_backend_dbid(integer)",
    "pg_stat_get_backend_client_addr(integer)",
)  # fmt: skip
_THAT_KEEP: Final = "^(lo_|lowrite$|loread$|pg_(try_)?advisory_)"
"""Functions of large objects, which belong to no schema, and of locks that all logins of a database share."""
_NOBODYS: Final = ("postgres", "template1")
"""Databases that every server has, and that no login but the superuser's needs."""
_OVERLONG: Final = """
create or replace function {guard}.end_overlong() returns bigint language sql security definer
set search_path = pg_catalog, pg_temp as $$
  select count(pg_terminate_backend(pid)) from pg_stat_activity
  where datname = current_database() and starts_with(usename, current_database() || '_t_')
  and ((state like 'idle in transaction%' and state_change < now() - interval '30 seconds')
    or (state = 'active' and query_start < now() - interval '10 minutes'))
$$
"""
"""A login may lift its own time-outs, so its sessions are ended from outside. None of ours lasts so long."""


def close_server(superuser: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let nobody but the superuser into the databases that are nobody's."""
    for database in _NOBODYS:
        superuser.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))


def close_database(superuser: psycopg.Connection[tuple[object, ...]], owner: str, control: str) -> None:
    """Close the database of the connection. ``owner`` and ``control`` may still see who is there."""
    trusted = [owner] + [control] * bool(
        superuser.execute("select 1 from pg_roles where rolname = %s", [control]).fetchone()
    )
    names = sql.SQL(", ").join(map(sql.Identifier, trusted))
    for view in _OF_ALL_DATABASES:
        _take(superuser, sql.SQL("select on pg_catalog.{}").format(sql.Identifier(view)), names)
    for function in _THAT_NAME:
        _take(superuser, sql.SQL("execute on function pg_catalog.{}").format(sql.SQL(function)), names)
    found = superuser.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ %s",
        [_THAT_KEEP],
    ).fetchall()
    for (keeps,) in found:
        _take(superuser, sql.SQL("execute on function {}").format(sql.SQL(str(keeps))), names)
    guard = sql.Identifier(GUARD)
    superuser.execute(sql.SQL("create schema if not exists {}").format(guard))
    superuser.execute(sql.SQL(_OVERLONG).format(guard=guard))
    superuser.execute(sql.SQL("revoke all on function {}.end_overlong() from public").format(guard))
    superuser.execute(sql.SQL("grant usage on schema {} to {}").format(guard, names))
    superuser.execute(sql.SQL("grant execute on function {}.end_overlong() to {}").format(guard, names))


def _take(superuser: psycopg.Connection[tuple[object, ...]], right: sql.Composable, names: sql.Composable) -> None:
    superuser.execute(sql.SQL("revoke {} from public").format(right))
    superuser.execute(sql.SQL("grant {} to {}").format(right, names))


def bound_memory(pid: int) -> None:
    """Let no process of the server take more of its own than this: a statement then fails, and not the machine.

    Each has it from the first one. Any login may ask for as much as it likes (``work_mem``). What all of them share is
    not meant.
    """
    if not sys.platform.startswith("linux"):
        return
    import resource  # noqa: PLC0415 - not on Windows

    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
        most = MOST_OF_ITS_OWN if hard < 0 else min(MOST_OF_ITS_OWN, hard)
        resource.prlimit(pid, resource.RLIMIT_DATA, (most, hard))
