"""Prepares a cluster's database and makes and removes tenants, with the owner's login; it must not be used by a node.

A tenant is made in one transaction: login role, schema, tables, first administrator, control row. A kill in the
middle leaves nothing. Removing goes in two: the tenant is marked ``deleting`` first, so that a kill in the middle
leaves a tenant that no node serves any more and that the same call removes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

import psycopg
from psycopg import sql

from server.domain.errors import Conflicting, NotFound, PutRight, Unavailable
from server.settings import DatabaseSettings
from server.store import migrate, openings, roles
from server.store.crypto import MasterKey, WrongKey
from server.store.door import Door
from server.store.migrate import MigrationFailed, OwnerConnection, Target

ROLE_PASSWORD = "tenant role password"  # noqa: S105 - the purpose it is sealed for
_PATIENCE_SECONDS = 30.0
"""So long an administrator's command waits for a connection of a server that is full."""


@dataclass(frozen=True, slots=True)
class FirstUser:
    """The administrator that a new tenant begins with. ``password_hash`` is argon2."""

    login: str
    email: str
    password_hash: str = field(repr=False)


def prepare_cluster(owner_dsn: str, settings: DatabaseSettings, master: MasterKey) -> int:
    """Make or mend the control schema and role, and migrate every schema; how many tenant schemas moved.

    Logins that an older version made get the verifiers and limits of this one. Does nothing when nothing is to be done.
    Raises ``Unavailable``, ``PutRight`` or ``MigrationFailed``.
    """
    with _owner(owner_dsn) as owner:
        _one_at_a_time(owner)
        roles.server_version(owner)
        roles.shut_out_public(owner, settings.name)
        roles.ensure_login(
            owner,
            settings.control_role,
            roles.verifier_of(owner, settings.control_role, settings.control_password.get_secret_value()),
            settings.name,
            roles.CONTROL_SCHEMA,
        )
        owner.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(roles.CONTROL_SCHEMA)))
        migrate.apply(owner, "control", roles.CONTROL_SCHEMA)
        roles.grant_control(owner, settings.control_role)
        roles.let_in_when_full(owner, settings.control_role)
        _renew_verifiers(owner, master)
        _settle_logins(owner)
        targets = _targets(owner, master)
    return migrate.apply_to_all(
        targets,
        lambda target: _connect(owner_dsn, user=target.role, password=target.password),
        lambda target: _apart(owner_dsn, target),
        lambda target: _alone(owner_dsn, target),
    )


def _targets(owner: OwnerConnection, master: MasterKey) -> list[Target]:
    rows = owner.execute(
        "select schema_name, role_name, role_password from control.tenants where state <> 'deleting'"
    ).fetchall()
    targets = []
    for schema, role, sealed in rows:
        with suppress(WrongKey):  # that tenant cannot be opened, which is told where it is tried
            password = master.cipher.open(bytes(cast(bytes, sealed)), ROLE_PASSWORD).decode()
            targets.append(Target(str(schema), str(role), password))
    return targets


@contextmanager
def _apart(owner_dsn: str, target: Target) -> Iterator[None]:
    """Two starts at once: the second waits here, and then finds nothing to do."""
    with _connect(owner_dsn) as owner:
        owner.execute("select from control.tenants where schema_name = %s for no key update", (target.schema,))
        yield


def leave_behind(owner_dsn: str, failed: Mapping[str, str]) -> list[str]:
    """Suspend the tenants of these schemas, which could not be upgraded, so that the others are served; their names."""
    names = []
    with _owner(owner_dsn) as owner:
        for schema, words in failed.items():
            row = owner.execute(
                "update control.tenants set state = 'suspended' where schema_name = %s and state <> 'deleting'"
                " returning name, id",
                (schema,),
            ).fetchone()
            if row is not None:
                names.append(str(row[0]))
                message = f"Its tables could not be brought up to date ({words}). Put that right, restart, resume it."
                owner.execute(
                    "insert into control.tenant_states (tenant_id, state, message) values (%s, 'suspended', %s)"
                    " on conflict (tenant_id) do update set state = 'suspended', message = excluded.message",
                    (row[1], message),
                )
    return names


@contextmanager
def _alone(owner_dsn: str, target: Target) -> Iterator[Target]:
    """While this lasts nobody else can sign in with the login: it has another password, and no sessions.

    What a kill leaves of it is a verifier that the next start makes anew.
    """
    password = secrets.token_urlsafe(32)
    with _owner(owner_dsn) as owner:
        owner.execute("update control.tenants set sign_in_rounds = 0 where schema_name = %s", (target.schema,))
        roles.change_verifier(owner, target.role, roles.verifier_of_random(password))
    try:
        with _owner(owner_dsn) as owner:
            roles.end_sessions(owner, target.role)
        yield replace(target, password=password)
    finally:
        with _owner(owner_dsn) as owner:
            roles.change_verifier(owner, target.role, roles.verifier_of_random(target.password))
            owner.execute(
                "update control.tenants set sign_in_rounds = %s where schema_name = %s",
                (roles.ROUNDS_IF_RANDOM, target.schema),
            )


def _one_at_a_time(owner: OwnerConnection) -> None:
    """Let two starts of a cluster follow each other, by what no tenant's login can hold.

    Where there is no control schema there is no tenant either, and only the owner could hold an advisory lock.
    """
    there = owner.execute("select to_regclass('control.tenants')").fetchone()
    if there is None or there[0] is None:
        owner.execute("select pg_advisory_xact_lock(4210071)")
    else:
        owner.execute("lock table control.tenants in share update exclusive mode")


def _settle_logins(owner: OwnerConnection) -> None:
    """Give the logins that an older version made the limits of this one."""
    for role, schema in roles.unsettled(owner):
        # One that came with somebody else's dump keeps what it has, and works.
        with suppress(psycopg.errors.InsufficientPrivilege), owner.transaction():
            roles.settle_login(owner, role, schema)


def examine(owner_dsn: str) -> list[str]:
    """What a tenant's login may do beyond its own schema, because only a superuser could forbid it."""
    with _owner(owner_dsn) as owner:
        return openings.openings(owner)


def create_tenant(
    owner_dsn: str, settings: DatabaseSettings, master: MasterKey, name: str, title: str, admin: FirstUser
) -> str:
    """Make a tenant with everything it needs; its id. Raises ``Conflicting`` when the name is taken."""
    tenant_id, schema, role = str(uuid4()), roles.schema_of(name), roles.role_of(settings.name, name)
    password = secrets.token_urlsafe(32)
    sealed = master.cipher.seal(password.encode(), ROLE_PASSWORD)
    with _owner(owner_dsn) as owner:
        try:
            owner.execute(
                "insert into control.tenants (id, name, title, schema_name, role_name, role_password, sign_in_rounds)"
                " values (%s, %s, %s, %s, %s, %s, %s)",
                (tenant_id, name, title, schema, role, sealed, roles.ROUNDS_IF_RANDOM),
            )
        except psycopg.errors.UniqueViolation as error:
            raise Conflicting(f"There is a tenant named {name!r} already; choose another name.") from error
        except psycopg.errors.CheckViolation as error:
            raise PutRight(
                f"{name!r} cannot be a tenant's name: use 2 to 40 of a-z, 0-9 and dashes, beginning with a letter.",
                field="name",
            ) from error
        roles.ensure_login(owner, role, roles.verifier_of_random(password), settings.name, schema)
        roles.let_owner_act_as(owner, role)
        owner.execute(sql.SQL("create schema {} authorization {}").format(sql.Identifier(schema), sql.Identifier(role)))
        owner.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        migrate.apply(owner, "tenant", schema)  # nobody could have put anything there yet
        owner.execute(
            sql.SQL(
                "insert into {}.users (login, name, email, password_hash, role) values (%s, %s, %s, %s, 'admin')"
            ).format(sql.Identifier(schema)),
            (admin.login, admin.login, admin.email, admin.password_hash),
        )
        owner.execute("reset role")
        owner.execute("select pg_notify('lockstep_wake', %s)", (name,))
    return tenant_id


def delete_tenant(owner_dsn: str, settings: DatabaseSettings, name: str) -> None:
    """Remove a tenant with everything it owns. Raises ``NotFound``."""
    with _owner(owner_dsn) as owner:
        row = owner.execute(
            "update control.tenants set state = 'deleting' where name = %s returning schema_name, role_name", (name,)
        ).fetchone()
    if row is None:
        raise NotFound(f"There is no tenant named {name!r}; `lockstep tenant list` shows those there are.")
    schema, role = str(row[0]), str(row[1])
    with _owner(owner_dsn) as owner:
        owner.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(role)))
        roles.end_sessions(owner, role)
    with _owner(owner_dsn) as owner:
        owner.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        owner.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
        owner.execute("reset role")
        owner.execute("delete from control.tenants where name = %s", (name,))
        roles.drop_login(owner, role, settings.name)


def _renew_verifiers(owner: OwnerConnection, master: MasterKey) -> None:
    """Make the verifiers of an older version anew, of the same passwords."""
    found = owner.execute(
        "select id, role_name, role_password from control.tenants join pg_roles on rolname = role_name"
        " where sign_in_rounds <> %s",
        (roles.ROUNDS_IF_RANDOM,),
    ).fetchall()
    for tenant_id, role, sealed in found:
        try:
            password = master.cipher.open(bytes(cast(bytes, sealed)), ROLE_PASSWORD).decode()
        except WrongKey:
            continue  # that tenant cannot be opened, which is told where it is tried; the others shall start
        # The login may have come from somebody else's dump: it then keeps the verifier that it has, and works.
        with suppress(psycopg.errors.InsufficientPrivilege), owner.transaction():
            roles.change_verifier(owner, str(role), roles.verifier_of_random(password))
            owner.execute(
                "update control.tenants set sign_in_rounds = %s where id = %s", (roles.ROUNDS_IF_RANDOM, tenant_id)
            )


def _connect(owner_dsn: str, **other: Any) -> OwnerConnection:
    """Sign in as the owner, or with an ``other`` login at the same place."""
    try:
        return Door(_PATIENCE_SECONDS).connect(
            lambda: psycopg.connect(owner_dsn, connect_timeout=10, application_name="lockstep-admin", **other)
        )
    except psycopg.OperationalError as error:
        whose = f"the login {other['user']}" if other else "the owner's login"
        raise Unavailable(f"The database cannot be reached with {whose}: {_first_line(error)}") from error
    except psycopg.ProgrammingError as error:
        raise PutRight(
            f"The address of the database is not understood: {_first_line(error)}", field="owner_dsn"
        ) from None


@contextmanager
def _owner(owner_dsn: str) -> Iterator[OwnerConnection]:
    """One transaction of the owner."""
    with _connect(owner_dsn) as owner:
        try:
            yield owner
        except psycopg.errors.InsufficientPrivilege as error:
            raise PutRight(
                f"The owner's database login may not do what is needed ({_first_line(error)}). It must own the database"
                " and have CREATEROLE.",
                field="owner_dsn",
            ) from error


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


__all__ = ["MigrationFailed", "create_tenant", "delete_tenant", "examine", "leave_behind", "prepare_cluster"]
