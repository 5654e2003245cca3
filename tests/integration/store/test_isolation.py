"""PostgreSQL itself keeps tenants apart: shown with one tenant's own login, without any code of ours in between."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors, sql

from server.store.database import TenantLogin
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
Own = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def tenants(cluster: TestCluster) -> tuple[TenantLogin, TenantLogin]:
    cluster.create_tenant("anna")
    cluster.create_tenant("berta-two")
    return cluster.login("anna"), cluster.login("berta-two")


@pytest.fixture
def anna(cluster: TestCluster, tenants: tuple[TenantLogin, TenantLogin]) -> Iterator[Own]:
    login = tenants[0]
    with psycopg.connect(cluster.server.dsn(cluster.settings.name, login.role, login.password), autocommit=True) as own:
        yield own


def test_a_tenant_finds_its_own_schema_by_itself(anna: Own) -> None:
    assert anna.execute("select current_schema()").fetchone() == ("t_anna",)
    assert anna.execute("select login from users").fetchall() == [("admin",)]


@pytest.mark.parametrize("schema", ["t_berta_two", "control"])
@pytest.mark.parametrize(
    "attempt",
    [
        "select * from {schema}.users",
        "select * from {schema}.tenants",
        "select * from {schema}.schema_version",
        "insert into {schema}.users (login, name) values ('mallory', 'mallory')",
        "update {schema}.tenants set state = 'suspended'",
        "delete from {schema}.connections",
        "truncate {schema}.users",
        "drop table {schema}.users",
        "drop table {schema}.tenants",
        "alter table {schema}.users add column more text",
        "create table {schema}.mine (id integer)",
        "create view mine as select * from {schema}.users",
        "copy {schema}.users to stdout",
        "drop schema {schema} cascade",
        "alter schema {schema} rename to taken",
        "grant usage on schema {schema} to current_user",
    ],
)
def test_postgresql_refuses_every_other_schema(anna: Own, schema: str, attempt: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        anna.execute(sql.SQL(attempt).format(schema=sql.Identifier(schema)))


def test_another_search_path_opens_nothing(anna: Own) -> None:
    anna.execute("set search_path = t_berta_two, control")
    with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedTable)):
        anna.execute("select * from users")


def test_no_other_role_can_be_taken_on(
    cluster: TestCluster, anna: Own, tenants: tuple[TenantLogin, TenantLogin]
) -> None:
    for role in (tenants[1].role, cluster.settings.control_role, cluster.owner, "postgres"):
        for statement in ("set role {}", "set session authorization {}"):
            with pytest.raises(errors.InsufficientPrivilege):
                anna.execute(sql.SQL(statement).format(sql.Identifier(role)))


def test_there_is_nothing_behind_reset_role(anna: Own, tenants: tuple[TenantLogin, TenantLogin]) -> None:
    anna.execute(sql.SQL("set role {}").format(sql.Identifier(tenants[0].role)))
    anna.execute("reset role")
    anna.execute("reset session authorization")
    assert anna.execute("select current_user, session_user").fetchone() == (tenants[0].role, tenants[0].role)
    with pytest.raises(errors.InsufficientPrivilege):
        anna.execute("select * from t_berta_two.users")


@pytest.mark.parametrize(
    "attempt",
    [
        "create temp table mine (id integer)",
        "create table public.mine (id integer)",
        "create schema mine",
        "create role mine",
        "create database mine",
        "create extension pg_trgm",
        "create publication everything for all tables",
        "alter system set work_mem = '1GB'",
        "copy users to program 'true'",
        "select pg_read_file('/etc/passwd')",
        "select * from pg_authid",
        "alter role current_user superuser",
        "alter role current_user createrole",
    ],
)
def test_a_tenant_makes_nothing_outside_its_schema(anna: Own, attempt: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        anna.execute(attempt)


def test_other_databases_are_closed(cluster: TestCluster, tenants: tuple[TenantLogin, TenantLogin]) -> None:
    login = tenants[0]
    with psycopg.connect(cluster.server.dsn("postgres"), autocommit=True) as superuser:
        superuser.execute("create database elsewhere")
        superuser.execute("revoke all on database elsewhere from public")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(cluster.server.dsn("elsewhere", login.role, login.password))


def test_the_control_role_reaches_no_tenant(cluster: TestCluster, tenants: tuple[TenantLogin, TenantLogin]) -> None:
    settings = cluster.settings
    password = settings.control_password.get_secret_value()
    with psycopg.connect(cluster.server.dsn(settings.name, settings.control_role, password), autocommit=True) as own:
        assert own.execute("select count(*) from tenants").fetchone() is not None
        for attempt in (
            "select * from t_anna.users",
            "create table t_anna.mine (id integer)",
            "create table control.mine (id integer)",
            "delete from tenants",
            "update tenants set role_name = 'x'",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                own.execute(attempt)
        with pytest.raises(errors.InsufficientPrivilege):
            own.execute(sql.SQL("set role {}").format(sql.Identifier(tenants[0].role)))
