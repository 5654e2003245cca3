"""What somebody does who has one tenant's database login: nothing of another's, and nothing that others wait for."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from server.services.cluster import Cluster
from server.store import guard, makings, migrate, provision
from server.store.database import TenantLogin
from server.store.makings import Hand
from tests.support.postgres import Server, TestCluster, make_cluster

pytestmark = pytest.mark.postgres
Own = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def closed(postgres_server: Server) -> TestCluster:
    """A cluster of its own, with two tenants."""
    cluster = make_cluster(postgres_server)
    cluster.create_tenant("mallory")
    cluster.create_tenant("victim")
    return cluster


@pytest.fixture(scope="module")
def login(closed: TestCluster) -> TenantLogin:
    return closed.login("mallory")


def sign_in(cluster: TestCluster, login: TenantLogin, database: str = "") -> Own:
    address = cluster.server.dsn(database or cluster.settings.name, login.role, login.password)
    return psycopg.connect(address, autocommit=True)


@pytest.fixture
def own(closed: TestCluster, login: TenantLogin) -> Iterator[Own]:
    with sign_in(closed, login) as connection:
        yield connection


@pytest.mark.parametrize(
    "attempt",
    [
        "select rolname from pg_roles",
        "select usename from pg_user",
        "select datname from pg_database",
        "select usename, datname from pg_stat_activity",
        "select usesysid from pg_stat_get_activity(null)",
        "select pg_get_userbyid(oid::oid) from generate_series(10, 20000) as oid",
        "select datname from pg_stat_database",
        "select * from pg_locks",
        "select * from pg_lock_status()",
        "select * from pg_auth_members",
        "select * from pg_db_role_setting",
        "select * from pg_shdepend",
        "select rolname from pg_authid",
        "select pg_advisory_lock(4210071)",
        "select pg_advisory_xact_lock(4210071)",
        "select pg_advisory_lock_shared(1, 2)",
        "select pg_try_advisory_lock(hashtextextended('t_victim', 7))",
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, '\\x00')",
        "select lo_import('/etc/passwd')",
        "create temporary table mine (id integer)",
        "create schema mine",
        "create extension plpgsql",
        "set temp_file_limit = -1",
        "set log_statement = 'all'",
        "alter system set work_mem = '1GB'",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'id'",
        "select guard.end_overlong()",
    ],
)
def test_what_reaches_beyond_the_schema_is_refused(own: Own, attempt: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.DuplicateObject)):
        own.execute(attempt.encode())


def test_no_other_database_lets_it_in(closed: TestCluster, login: TenantLogin, cluster: TestCluster) -> None:
    for database in ("postgres", "template1", cluster.settings.name):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            sign_in(closed, login, database)


def test_it_has_limits_of_its_own(own: Own, closed: TestCluster, login: TenantLogin) -> None:
    assert own.execute("show statement_timeout").fetchone() == ("150s",)
    assert own.execute("show lock_timeout").fetchone() == ("20s",)
    assert own.execute("show idle_in_transaction_session_timeout").fetchone() == ("5s",)
    with ExitStack() as stack:

        def crowd() -> None:
            for _ in range(40):
                stack.enter_context(sign_in(closed, login))

        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            crowd()


def test_a_login_of_an_older_version_gets_the_limits_at_the_next_start(closed: TestCluster, login: TenantLogin) -> None:
    with psycopg.connect(closed.owner_dsn, autocommit=True) as owner:
        role = sql.Identifier(login.role)
        owner.execute(sql.SQL("alter role {} connection limit -1").format(role))
        owner.execute(sql.SQL("alter role {} reset statement_timeout").format(role))
    provision.prepare_cluster(closed.owner_dsn, closed.settings, closed.master)
    with sign_in(closed, login) as own:
        assert own.execute("show statement_timeout").fetchone() == ("150s",)


def test_no_lock_that_it_can_take_holds_up_a_start(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = make_cluster(postgres_server)
    cluster.create_tenant("mallory")
    cluster.create_tenant("victim")
    with psycopg.connect(cluster.server.dsn(cluster.settings.name), autocommit=True) as superuser:
        # As on a server that is not ours, where nobody takes these functions away.
        superuser.execute("grant execute on all functions in schema pg_catalog to public")
    old = migrate.steps("tenant")
    step = migrate.Step(old[-1].version + 1, "wider", "alter table users add column wider text;")
    original = migrate.steps
    monkeypatch.setattr(migrate, "steps", lambda kind: (*old, step) if kind == "tenant" else original(kind))
    monkeypatch.setattr(migrate, "_LONGEST_LOCK_SECONDS", 1)
    migrate.rendered.cache_clear()
    try:
        with sign_in(cluster, cluster.login("mallory")) as own:
            own.execute("select pg_advisory_lock(4210071), pg_advisory_lock(hashtextextended('t_victim', 7))")
            own.execute("set idle_in_transaction_session_timeout = 0")
            own.execute("begin")
            own.execute("lock table users, schema_version in access exclusive mode")
            assert provision.prepare_cluster(cluster.owner_dsn, cluster.settings, cluster.master) == 2
            with suppress(psycopg.OperationalError):
                own.execute("rollback")
        sign_in(cluster, cluster.login("mallory")).close()  # with its own password again
    finally:
        migrate.rendered.cache_clear()


@pytest.mark.parametrize("replaced", ["schema_version", "users"])
def test_what_it_plants_in_its_schema_never_runs_with_more_rights(
    postgres_server: Server, replaced: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = make_cluster(postgres_server)
    cluster.create_tenant("mallory")
    login = cluster.login("mallory")
    with sign_in(cluster, login) as own:
        own.execute(
            "create function up() returns text language plpgsql as $$ begin"
            " perform set_config('role', 'none', false);"
            f" execute 'grant {cluster.owner} to {login.role}';"
            f" execute 'grant usage on schema control to {login.role}';"
            f" execute 'grant select on control.tenants to {login.role}'; return 'x'; end $$".encode()
        )
        if replaced == "schema_version":
            own.execute("alter table schema_version rename to versions")
            own.execute("create view schema_version as select version, up() as name, applied_at from versions")
            own.execute("create rule more as on insert to schema_version do instead select up()")
        else:
            own.execute("create function fired() returns trigger language plpgsql as $$ begin perform up(); end $$")
            own.execute("create trigger fires before update on users execute function fired()")
    old = migrate.steps("tenant")
    step = migrate.Step(old[-1].version + 1, "touched", "update users set name = name;")
    original = migrate.steps
    monkeypatch.setattr(migrate, "steps", lambda kind: (*old, step) if kind == "tenant" else original(kind))
    migrate.rendered.cache_clear()
    try:
        with suppress(migrate.MigrationFailed):
            provision.prepare_cluster(cluster.owner_dsn, cluster.settings, cluster.master)
    finally:
        migrate.rendered.cache_clear()
    with sign_in(cluster, login) as own, pytest.raises(errors.InsufficientPrivilege):
        own.execute("select role_password from control.tenants")


def test_a_schema_that_cannot_be_upgraded_keeps_no_other_tenant_from_being_served(postgres_server: Server) -> None:
    cluster = make_cluster(postgres_server)
    cluster.create_tenant("mallory")
    cluster.create_tenant("victim")
    assert provision.leave_behind(cluster.owner_dsn, {"t_mallory": "it is broken"}) == ["mallory"]
    node = Cluster("c", cluster.database(), cluster.master)
    try:
        found = {tenant.name: (tenant.state, said.message) for tenant, said in node.tenants()}
        assert found["victim"][0] == "active"
        assert found["mallory"][0] == "suspended"
        assert "it is broken" in found["mallory"][1]
    finally:
        node.close()


def test_making_twins_waits_for_no_lock_of_a_login(closed: TestCluster, own: Own) -> None:
    with psycopg.connect(closed.server.dsn(closed.settings.name), autocommit=True) as superuser:
        superuser.execute("grant execute on function pg_advisory_lock(bigint) to public")
        own.execute("select pg_advisory_lock(77)")
        superuser.execute("revoke execute on function pg_advisory_lock(bigint) from public")
    database = closed.database()
    try:
        tenant = closed.login("victim").tenant_id
        with database.control() as control:
            control.exec_driver_sql("set local lock_timeout = '2s'")
            hand = Hand(tenant, "00000000-0000-0000-0000-000000000001", 1)
            assert makings.begin(control, hand, 77, {1: [1]}) == set()
    finally:
        database.close()


def test_what_it_leaves_open_is_ended(closed: TestCluster, own: Own) -> None:
    own.execute("set idle_in_transaction_session_timeout = 0")
    own.execute("begin")
    database = closed.database()
    try:
        with database.control() as control:
            assert guard.is_there(control)
            assert guard.end_overlong(control) == 0, "it was opened just now"
        with psycopg.connect(closed.server.dsn(closed.settings.name), autocommit=True) as superuser:
            body = superuser.execute("select prosrc from pg_proc where proname = 'end_overlong'").fetchone()
            assert body is not None
            assert "30 seconds" in body[0]
            superuser.execute(
                (
                    "create or replace function guard.end_overlong() returns bigint language sql security definer"
                    f" set search_path = pg_catalog, pg_temp as $${body[0].replace('30 seconds', '0 seconds')}$$"
                ).encode()
            )
        with database.control() as control:
            assert guard.end_overlong(control) == 1
    finally:
        database.close()
    with pytest.raises(psycopg.OperationalError):
        own.execute("select 1")


def test_a_flood_of_notifications_wakes_and_nothing_else(closed: TestCluster, login: TenantLogin) -> None:
    """Anybody may notify any channel, and PostgreSQL has no way to forbid it. So it decides nothing."""
    node = Cluster("c", closed.database(), closed.master)
    hub = node.hub()
    over = threading.Event()
    try:
        assert hub.wait(5) is None

        def flood() -> None:
            with sign_in(closed, login) as own:
                while not over.is_set():
                    names = [secrets.token_hex(20) for _ in range(200)]
                    own.execute("select pg_notify('lockstep_wake', name) from unnest(%s::text[]) as name", (names,))
                    own.execute("select pg_notify('lockstep_wake', '')")

        thread = threading.Thread(target=flood)
        thread.start()
        node.set_state("victim", "active")  # which wakes it
        for _ in range(2000):
            heard = hub.wait(5)
            if heard is not None and "victim" in heard:
                break
        else:
            pytest.fail("nobody heard that the other tenant has work")
    finally:
        over.set()
        thread.join(10)
        hub.close()
        node.close()


def test_what_is_open_on_a_server_that_is_not_ours_is_told(closed: TestCluster, postgres_server: Server) -> None:
    told = provision.examine(closed.owner_dsn)
    assert [one for one in told if "temp_file_limit" not in one and "databases" not in one] == []
    other = make_cluster(postgres_server)
    with psycopg.connect(other.server.dsn(other.settings.name), autocommit=True) as superuser:
        superuser.execute("grant select on pg_roles to public")
        superuser.execute("grant execute on function lo_create(oid), pg_advisory_lock(bigint) to public")
        superuser.execute("drop function guard.end_overlong()")
    told = provision.examine(other.owner_dsn)
    for words in ("names of the server's other logins", "large objects", "advisory locks", "transaction open"):
        assert any(words in one for one in told), words
