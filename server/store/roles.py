"""The three kinds of database role and what each may do; it must not know what is stored.

The owner creates and migrates, the control role works in the control schema, and each tenant's own login owns
that tenant's schema and nothing else. PUBLIC may do nothing at all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from psycopg import sql

from server.domain.errors import PutRight
from server.store.migrate import OwnerConnection

CONTROL_SCHEMA = "control"
_LONGEST_NAME = 63
_OLDEST_SERVER = 150000
_GRANTABLE_SET = 160000
_CONNECTIONS_PER_TENANT = 32
"""Four times what one process uses for one tenant at most."""

ROUNDS_IF_RANDOM = 1
"""See ``verifier_of_random``; what was made with another number is made anew (``provision``)."""

_ROLE_SETTINGS: Mapping[str, str] = {
    "TimeZone": "UTC",
    "idle_in_transaction_session_timeout": "5s",
    "lock_timeout": "20s",
    "statement_timeout": "150s",
}
"""A process that was paused in the middle of a transaction must not keep the others waiting for its locks: it loses
them before its lease is over, so that who takes its tenants over finds the fence free. A statement is given up after
longer than any process of ours waits for one.
"""


def schema_of(tenant: str) -> str:
    """The schema of the tenant of that name (tenant names hold no underscore, so no two names meet)."""
    return "t_" + tenant.replace("-", "_")


def role_of(database: str, tenant: str) -> str:
    """The login of the tenant of that name; roles are shared by all databases of a server, so it names both."""
    role = f"{database}_{schema_of(tenant)}"
    if len(role) <= _LONGEST_NAME:
        return role
    return f"{role[: _LONGEST_NAME - 13]}_{hashlib.sha256(role.encode()).hexdigest()[:12]}"


def server_version(owner: OwnerConnection) -> int:
    """The server's version as one number. Raises ``PutRight`` when it is older than PostgreSQL 15."""
    version = owner.info.server_version
    if version < _OLDEST_SERVER:
        raise PutRight(f"PostgreSQL {version // 10000} is too old; Lockstep needs PostgreSQL 15 or newer.")
    return version


def shut_out_public(owner: OwnerConnection, database: str) -> None:
    """Take from PUBLIC every right on the database and on schema ``public``. Raises ``PutRight`` when it may not."""
    owner.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
    owner.execute("revoke all on schema public from public")
    row = owner.execute(
        "select has_database_privilege('public', %s, 'CONNECT') or has_database_privilege('public', %s, 'TEMP')"
        " or has_schema_privilege('public', 'public', 'USAGE')",
        (database, database),
    ).fetchone()
    if row is None or row[0]:
        raise PutRight(
            f"The database login {owner.info.user!r} does not own the database {database!r}, so tenants could not be"
            " kept apart; make it the owner (ALTER DATABASE ... OWNER TO ...).",
            field="owner_dsn",
        )


def ensure_login(owner: OwnerConnection, role: str, verifier: str, database: str, schema: str) -> None:
    """Create the login, or give an existing one this verifier and these settings; it may connect to ``database``."""
    name = sql.Identifier(role)
    exists = owner.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
    if not exists:
        owner.execute(sql.SQL("create role {} noinherit nocreatedb nocreaterole").format(name))
    change_verifier(owner, role, verifier)
    settle_login(owner, role, schema)
    owner.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(database), name))


def settle_login(owner: OwnerConnection, role: str, schema: str) -> None:
    """Give a login its schema, its limits and its time-outs."""
    name = sql.Identifier(role)
    owner.execute(sql.SQL("alter role {} login connection limit {}").format(name, sql.Literal(_CONNECTIONS_PER_TENANT)))
    owner.execute(sql.SQL("alter role {} set search_path = {}").format(name, sql.Identifier(schema)))
    for setting, value in _ROLE_SETTINGS.items():
        owner.execute(sql.SQL("alter role {} set {} = {}").format(name, sql.Identifier(setting), sql.Literal(value)))


def unsettled(owner: OwnerConnection) -> list[tuple[str, str]]:
    """The logins of tenants, each with its schema, that have not the limits and time-outs of this version."""
    settings = [f"{setting}={value}" for setting, value in _ROLE_SETTINGS.items()]
    found = owner.execute(
        "select t.role_name, t.schema_name from control.tenants t join pg_roles r on r.rolname = t.role_name"
        " left join pg_db_role_setting s on s.setrole = r.oid and s.setdatabase = 0"
        " where t.state <> 'deleting' and (r.rolconnlimit <> %s or not coalesce(s.setconfig, '{}') @> %s)",
        (_CONNECTIONS_PER_TENANT, settings),
    ).fetchall()
    return [(str(role), str(schema)) for role, schema in found]


def change_verifier(owner: OwnerConnection, role: str, verifier: str) -> None:
    """Let the login sign in with the password that the verifier was made of, and with no other."""
    owner.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier)))


def verifier_of(owner: OwnerConnection, role: str, password: str) -> str:
    """What PostgreSQL keeps of any password. It is made here, so the password never reaches the server or its log."""
    return owner.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()


def verifier_of_random(password: str) -> str:
    """The same of a password of 256 random bits (in ASCII), which is hashed once and not 4096 times.

    The rounds slow down who guesses passwords that people think of, and whoever signs in pays for them each time.
    Nobody guesses 256 random bits, however quickly one guess is tried.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ROUNDS_IF_RANDOM)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    of_server = hmac.digest(salted, b"Server Key", "sha256")
    shown = [base64.b64encode(one).decode() for one in (salt, stored, of_server)]
    return f"SCRAM-SHA-256${ROUNDS_IF_RANDOM}:{shown[0]}${shown[1]}:{shown[2]}"


def let_owner_act_as(owner: OwnerConnection, role: str) -> None:
    """Let the owner take the role on (to create and migrate what it owns) without inheriting its rights."""
    options = sql.SQL(" with inherit false, set true" if server_version(owner) >= _GRANTABLE_SET else "")
    owner.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)) + options)


def let_in_when_full(owner: OwnerConnection, role: str) -> None:
    """Let the role use what PostgreSQL 16 and later reserves, where the owner may say so: leases go on in a crowd."""
    if server_version(owner) < _GRANTABLE_SET:
        return
    may = owner.execute(
        "select 1 from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles me on me.oid = m.member"
        " where r.rolname = 'pg_use_reserved_connections' and m.admin_option and me.rolname = current_user"
    ).fetchone()
    if may:
        name = sql.Identifier(role)
        owner.execute(sql.SQL("grant pg_use_reserved_connections to {} with inherit true").format(name))


def grant_control(owner: OwnerConnection, role: str) -> None:
    """What the control role may do: read tenants and change their state; keep what it keeps there."""
    name, schema = sql.Identifier(role), sql.Identifier(CONTROL_SCHEMA)
    for grant in (
        "grant usage on schema {schema} to {role}",
        "grant select on all tables in schema {schema} to {role}",
        "grant update (state, title) on {schema}.tenants to {role}",
        "grant insert, update, delete on {schema}.leases, {schema}.holders, {schema}.tenant_states to {role}",
        "grant insert, update, delete on {schema}.places, {schema}.makings, {schema}.turns to {role}",
        "grant insert, update, delete on {schema}.tries to {role}",
    ):
        owner.execute(sql.SQL(grant).format(schema=schema, role=name))


def drop_login(owner: OwnerConnection, role: str, database: str) -> None:
    """Remove a login that owns nothing any more."""
    name = sql.Identifier(role)
    owner.execute(sql.SQL("revoke all on database {} from {}").format(sql.Identifier(database), name))
    owner.execute(sql.SQL("drop role {}").format(name))


def end_sessions(owner: OwnerConnection, role: str) -> None:
    """End the role's connections. Must be called within a transaction."""
    found = owner.execute("select pid from pg_stat_activity where usename = %s", (role,)).fetchall()
    owner.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    owner.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) as there(pid)", ([pid for (pid,) in found],))
    owner.execute("reset role")
