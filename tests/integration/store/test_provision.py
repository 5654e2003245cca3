from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from server.domain.errors import Conflicting, NotFound, PutRight, Unavailable, Unreachable
from server.store import migrate, provision, roles
from server.store.provision import FirstUser
from tests.support.postgres import Server, TestCluster

pytestmark = pytest.mark.postgres


def tenants(cluster: TestCluster) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.owner_dsn) as owner:
        return owner.execute("select name, state from control.tenants order by name").fetchall()


def leftovers(cluster: TestCluster, name: str) -> int:
    schema, role = roles.schema_of(name), roles.role_of(cluster.settings.name, name)
    with psycopg.connect(cluster.server.dsn(cluster.settings.name)) as superuser:
        row = superuser.execute(
            "select (select count(*) from pg_namespace where nspname = %s)"
            " + (select count(*) from pg_roles where rolname = %s)",
            (schema, role),
        ).fetchone()
    assert row is not None
    return int(str(row[0]))


def test_preparing_twice_changes_nothing(cluster: TestCluster) -> None:
    assert provision.prepare_cluster(cluster.owner_dsn, cluster.settings, cluster.master) == 0


def test_a_name_is_taken_once(cluster: TestCluster) -> None:
    cluster.create_tenant("carla")
    with pytest.raises(Conflicting, match="carla"):
        cluster.create_tenant("carla")


@pytest.mark.parametrize("name", ["x", "UPPER", "has_underscore", "9lives", "ends-", "a" * 41, "spa ce", 'quo"te'])
def test_a_name_that_is_no_subdomain_is_refused_and_leaves_nothing(cluster: TestCluster, name: str) -> None:
    with pytest.raises(PutRight):
        cluster.create_tenant(name)
    assert leftovers(cluster, name) == 0


def test_a_tenant_that_fails_half_way_leaves_nothing(cluster: TestCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_kind: str, _version: int) -> bytes:
        return b"create table first (id integer); create table broken (;"

    monkeypatch.setattr(migrate, "rendered", broken)
    with pytest.raises(psycopg.errors.SyntaxError):
        cluster.create_tenant("dora")
    assert leftovers(cluster, "dora") == 0
    assert ("dora", "active") not in tenants(cluster)


def test_a_deleted_tenant_leaves_nothing_even_with_open_connections(cluster: TestCluster) -> None:
    cluster.create_tenant("emma")
    login = cluster.login("emma")
    own = psycopg.connect(cluster.server.dsn(cluster.settings.name, login.role, login.password))
    try:
        provision.delete_tenant(cluster.owner_dsn, cluster.settings, "emma")
        assert leftovers(cluster, "emma") == 0
        with pytest.raises(psycopg.OperationalError):
            own.execute("select 1")
    finally:
        own.close()
    with pytest.raises(NotFound):
        provision.delete_tenant(cluster.owner_dsn, cluster.settings, "emma")
    cluster.create_tenant("emma")


def test_a_deletion_that_was_cut_off_is_finished_by_the_next(cluster: TestCluster) -> None:
    cluster.create_tenant("frieda")
    with psycopg.connect(cluster.owner_dsn) as owner:
        owner.execute("update control.tenants set state = 'deleting' where name = 'frieda'")
    provision.delete_tenant(cluster.owner_dsn, cluster.settings, "frieda")
    assert leftovers(cluster, "frieda") == 0


def test_a_new_step_reaches_every_tenant_and_a_broken_one_only_stops_where_it_breaks(
    fresh_cluster: TestCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["t1", "t2", "t3", "t4", "t5"]
    for name in names:
        fresh_cluster.create_tenant(name)
    with psycopg.connect(fresh_cluster.owner_dsn) as owner:
        owner.execute(sql.SQL("set role {}").format(sql.Identifier(fresh_cluster.login("t3").role)))
        owner.execute("create table t_t3.extra (id integer)")
    old = migrate.steps("tenant")

    def newer(kind: str) -> tuple[migrate.Step, ...]:
        return (
            (*old, migrate.Step(old[-1].version + 1, "extra", "create table extra (id integer);"))
            if (kind == "tenant")
            else original(kind)
        )

    original = migrate.steps
    migrate.rendered.cache_clear()
    monkeypatch.setattr(migrate, "steps", newer)
    with pytest.raises(migrate.MigrationFailed, match="t_t3"):
        provision.prepare_cluster(fresh_cluster.owner_dsn, fresh_cluster.settings, fresh_cluster.master)
    database = fresh_cluster.database()
    try:
        for name in names:
            with database.reading(fresh_cluster.login(name)) as tx:
                version = tx.exec_driver_sql("select max(version) from schema_version").scalar_one()
            assert version == old[-1].version + (name != "t3")
    finally:
        database.close()
        migrate.rendered.cache_clear()


def test_an_owner_that_owns_nothing_is_told_so(postgres_server: Server, cluster: TestCluster) -> None:
    with psycopg.connect(postgres_server.dsn("postgres"), autocommit=True) as superuser:
        superuser.execute("create role stranger login createrole password 'stranger'")
        superuser.execute(
            sql.SQL("grant connect, create on database {} to stranger").format(sql.Identifier(cluster.settings.name))
        )
    dsn = postgres_server.dsn(cluster.settings.name, "stranger", "stranger")
    with pytest.raises(PutRight, match=r"own"):
        provision.prepare_cluster(dsn, cluster.settings, cluster.master)


def test_a_database_that_is_not_there_is_said_in_a_sentence(cluster: TestCluster) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        provision.prepare_cluster("postgresql://a:b@127.0.0.1:1/c", cluster.settings, cluster.master)
    with pytest.raises(PutRight, match="not understood"):
        provision.prepare_cluster("this is no address", cluster.settings, cluster.master)


def test_the_control_role_may_use_what_is_reserved_where_the_owner_may_say_so(fresh_cluster: TestCluster) -> None:
    role, owner = fresh_cluster.settings.control_role, fresh_cluster.owner

    def may(who: str) -> bool:
        with psycopg.connect(fresh_cluster.server.dsn("postgres")) as superuser:
            query = "select pg_has_role(%s, 'pg_use_reserved_connections', 'usage')"
            return superuser.execute(query, (who,)).fetchone() == (True,)

    assert not may(role)
    with psycopg.connect(fresh_cluster.server.dsn("postgres")) as superuser:
        grant = sql.SQL("grant pg_use_reserved_connections to {} with admin option")
        superuser.execute(grant.format(sql.Identifier(owner)))
    fresh_cluster.create_tenant("lars")
    provision.prepare_cluster(fresh_cluster.owner_dsn, fresh_cluster.settings, fresh_cluster.master)
    assert may(role)
    assert not may(fresh_cluster.login("lars").role)


def test_a_tenants_login_has_a_verifier_of_one_round_and_an_older_one_is_made_anew(fresh_cluster: TestCluster) -> None:
    for name in ("anna", "bert", "carl"):
        fresh_cluster.create_tenant(name)
    logins = {name: fresh_cluster.login(name) for name in ("anna", "bert", "carl")}
    ours = fresh_cluster.settings

    def rounds(role: str) -> str:
        with psycopg.connect(fresh_cluster.server.dsn("postgres")) as superuser:
            row = superuser.execute("select rolpassword from pg_authid where rolname = %s", (role,)).fetchone()
        assert row is not None
        return str(row[0]).partition(":")[0]

    assert rounds(logins["anna"].role) == "SCRAM-SHA-256$1"
    assert rounds(ours.control_role) == "SCRAM-SHA-256$4096"
    with psycopg.connect(fresh_cluster.owner_dsn) as owner:  # as an older version left them, one of them damaged
        for login in logins.values():
            roles.change_verifier(owner, login.role, roles.verifier_of(owner, login.role, login.password))
        owner.execute("update control.tenants set sign_in_rounds = 4096")
        owner.execute("update control.tenants set role_password = '\\x00' where name = 'bert'")
    with psycopg.connect(fresh_cluster.server.dsn("postgres")) as superuser:  # as after somebody else's dump
        changes = ("revoke {} from {} cascade", "grant {} to {} with inherit false, set true")
        between = sql.Identifier(logins["carl"].role), sql.Identifier(fresh_cluster.owner)
        for change in changes:
            superuser.execute(sql.SQL(change).format(*between))
    provision.prepare_cluster(fresh_cluster.owner_dsn, ours, fresh_cluster.master)
    assert rounds(logins["anna"].role) == "SCRAM-SHA-256$1"
    assert rounds(logins["bert"].role) == rounds(logins["carl"].role) == "SCRAM-SHA-256$4096"
    database = fresh_cluster.database()
    try:
        for login in logins.values():
            with database.reading(login) as tx:
                assert tx.exec_driver_sql("select current_user").scalar_one() == login.role
        stranger = replace(logins["anna"], password="x" * 43)
        database.rest(logins["anna"])
        with pytest.raises(Unreachable), database.reading(stranger):
            pass
    finally:
        database.close()


def test_a_long_cluster_and_tenant_name_still_make_a_role_of_their_own() -> None:
    database = "lockstep_" + "c" * 40
    one, two = (roles.role_of(database, "t" * 38 + end) for end in ("a", "b"))
    assert one != two
    assert max(len(one), len(two)) <= 63


def test_the_first_administrator_is_there(cluster: TestCluster) -> None:
    cluster.create_tenant("gerda", FirstUser("root", "root@example.org", "hash"))
    database = cluster.database()
    try:
        with database.reading(cluster.login("gerda")) as tx:
            row = tx.exec_driver_sql("select login, email, role from users").one()
    finally:
        database.close()
    assert tuple(row) == ("root", "root@example.org", "admin")
