"""The way to the database: what happens when connections break, rest, or are many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError, StatementError

from server.domain.budget import Part
from server.domain.errors import Unavailable, Unreachable
from server.store import database as module
from server.store import hub as listening
from server.store.answering import within
from server.store.database import Database, TenantLogin, wake
from server.store.hub import Hub
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def login(cluster: TestCluster) -> TenantLogin:
    cluster.create_tenant("ilse")
    return cluster.login("ilse")


@pytest.fixture
def database(cluster: TestCluster) -> Iterator[Database]:
    database = cluster.database()
    yield database
    database.close()


def backends(cluster: TestCluster, role: str, *, end: bool = False) -> int:
    """How many connections the role has; with ``end`` they are ended."""
    with psycopg.connect(cluster.server.dsn("postgres")) as superuser:
        found = superuser.execute("select pid from pg_stat_activity where usename = %s", (role,)).fetchall()
        for (pid,) in found if end else []:
            superuser.execute("select pg_terminate_backend(%s, 5000)", (pid,))
        return len(found)


def test_a_transaction_commits_whole_or_not_at_all(database: Database, login: TenantLogin) -> None:
    def cut_off() -> None:
        with database.tenant(login) as tx:
            tx.execute(text("insert into audit (actor, action) values ('me', 'nothing')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cut_off()
    with database.reading(login) as tx:
        assert tx.execute(text("select count(*) from audit")).scalar_one() == 0


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("53100", "no room left on its disk"),
        ("53200", "at its limits"),
        ("55P03", "try again"),
        ("40P01", "try again"),
        ("40001", "try again"),
    ],
)
def test_what_the_database_cannot_do_just_now_is_a_sentence(
    database: Database, login: TenantLogin, state: str, words: str
) -> None:
    fail = text(f"do $$ begin raise exception 'inner words' using errcode = '{state}'; end $$")
    for way in (database.reading, database.tenant):
        with pytest.raises(Unavailable, match=words) as error, way(login) as tx:
            tx.execute(fail)
        assert "inner words" not in error.value.message


def test_a_mistake_of_ours_stays_what_it_is(database: Database, login: TenantLogin) -> None:
    with pytest.raises(ProgrammingError), database.tenant(login) as tx:
        tx.execute(text("select nothing from nowhere"))


def test_a_server_that_restarted_costs_no_failed_request(
    cluster: TestCluster, database: Database, login: TenantLogin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RESTED_SECONDS", 0.0)
    for way in (database.reading, database.tenant):
        with way(login) as tx:
            tx.execute(text("select 1"))
        assert backends(cluster, login.role, end=True) >= 1
        with way(login) as tx:
            assert tx.execute(text("select 1")).scalar_one() == 1


def test_a_connection_that_breaks_in_the_middle_is_said_in_a_sentence_and_leaves_no_traceback(
    cluster: TestCluster, database: Database, login: TenantLogin, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        with database.tenant(login) as tx:
            backends(cluster, login.role, end=True)
            tx.execute(text("select 1"))

    with pytest.raises(Unavailable, match="does not answer"):
        broken()
    with database.tenant(login) as tx:
        assert tx.execute(text("select 1")).scalar_one() == 1

    def broken_without_a_transaction() -> None:
        with database.reading(login) as tx:
            backends(cluster, login.role, end=True)
            driver = tx.connection.driver_connection  # as what reads a session does
            assert driver is not None
            driver.execute("select 1")

    with pytest.raises(Unavailable):
        broken_without_a_transaction()
    with database.reading(login) as tx:
        assert tx.execute(text("select 1")).scalar_one() == 1
    assert [one for one in caplog.records if one.exc_info] == []


def test_a_server_that_is_away_is_said_in_a_sentence(cluster: TestCluster) -> None:
    settings = cluster.settings.model_copy(update={"port": 1, "control_password": SecretStr("hunter2")})
    database = Database(settings)
    with pytest.raises(Unavailable) as error, database.control():
        pass
    assert "hunter2" not in str(error.value)


def test_a_tenant_at_rest_holds_no_connection(cluster: TestCluster, database: Database, login: TenantLogin) -> None:
    with database.tenant(login) as tx:
        tx.execute(text("select 1"))
    assert backends(cluster, login.role) == 1
    database.rest(login)
    database.rest(login)
    deadline = 100
    while backends(cluster, login.role) and deadline:
        deadline -= 1
    assert backends(cluster, login.role) == 0


def test_a_connection_in_use_when_others_are_let_go_is_closed_when_it_comes_back(
    cluster: TestCluster, login: TenantLogin
) -> None:
    database = cluster.database()
    for way in (database.reading, database.tenant):
        with way(login) as tx:
            mine = tx.connection.driver_connection
            database.rest(login)
            assert tx.execute(text("select 1")).scalar_one() == 1
        assert mine is not None
        assert mine.closed
    with database.tenant(login) as tx, database.control() as control:
        held = [each.connection.driver_connection for each in (tx, control)]
        database.close()
    with database.tenant(login) as tx:  # a thread that comes late, after the end
        held.append(tx.connection.driver_connection)
    assert all(each is not None and each.closed for each in held)


def test_of_many_tenants_only_those_used_last_keep_connections(cluster: TestCluster, login: TenantLogin) -> None:
    cluster.create_tenant("jutta")
    other = cluster.login("jutta")
    database = Database(cluster.settings, seats=1)
    try:
        for one in (login, other, login, other):
            with database.reading(one) as tx:
                assert tx.execute(text("select current_user")).scalar_one() == one.role
            assert backends(cluster, login.role) + backends(cluster, other.role) == 1
        assert backends(cluster, other.role) == 1
    finally:
        database.close()


def test_many_threads_of_many_tenants_never_meet_anothers_data_however_few_connections_there_are(
    cluster: TestCluster,
) -> None:
    for number in range(6):
        cluster.create_tenant(f"many{number}")
    logins = [cluster.login(f"many{number}") for number in range(6)]
    database = Database(cluster.settings, seats=3)

    def work(number: int) -> set[bool]:
        login, found = logins[number % 6], set()
        for turn in range(15):
            way = (database.reading, database.tenant)[(turn + number) % 2]
            with way(login) as tx:
                row = tx.execute(text("select current_user, current_schema(), pg_current_xact_id_if_assigned()")).one()
                found.add((row[0], "t_" + row[0].rpartition("_t_")[2]) == (login.role, row[1]))
        return found

    try:
        with ThreadPoolExecutor(12) as threads:
            assert set().union(*threads.map(work, range(12))) == {True}
        assert sum(backends(cluster, login.role) for login in logins) <= 3
    finally:
        database.close()


def test_a_connection_that_was_lost_is_never_replaced_by_somebody_elses(
    cluster: TestCluster, database: Database, login: TenantLogin
) -> None:
    cluster.create_tenant("knut")
    other = cluster.login("knut")
    with database.reading(login) as tx:
        with database.reading(other) as beside:
            backends(cluster, login.role, end=True)
            with pytest.raises(DBAPIError):
                tx.execute(text("select 1"))
            assert beside.execute(text("select current_user")).scalar_one() == other.role
        tx.rollback()
        with pytest.raises(StatementError, match="whose connection"):
            tx.execute(text("select current_user"))


def test_the_hub_hears_what_was_committed_and_says_when_it_may_have_missed_something(
    cluster: TestCluster, database: Database, login: TenantLogin
) -> None:
    hub = Hub(database)
    try:
        assert hub.wait(5.0) is None
        with database.tenant(login) as tx:
            wake(tx, "ilse")
        assert hub.wait(5.0) == frozenset({"ilse"})
        assert hub.wait(0.01) == frozenset()
        backends(cluster, cluster.settings.control_role, end=True)
        with pytest.raises(Unavailable):
            hub.wait(5.0)
        assert hub.wait(5.0) is None
    finally:
        hub.close()


def test_a_hub_that_may_not_listen_keeps_no_connection(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[psycopg.Connection[Any]] = []

    def kept(seconds: float) -> Callable[..., psycopg.Connection[Any]]:
        def opens(**parameters: Any) -> psycopg.Connection[Any]:
            made.append(within(seconds)(**parameters))
            return made[-1]

        return opens

    monkeypatch.setattr(listening, "within", kept)
    monkeypatch.setattr(listening, "WAKE_CHANNEL", "'no name'")
    hub = Hub(database)
    with pytest.raises(Unavailable):
        hub.wait(5.0)
    assert [one.closed for one in made] == [True]
    hub.close()


def test_a_hub_hears_itself_and_where_it_does_not_every_tenant_is_looked_at(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_TRY_EVERY_SECONDS", 0.0)
    hub = Hub(database)
    try:
        assert hub.wait(5.0) is None
        assert [hub.wait(5.0) for _ in range(4)] == [frozenset()] * 4
        with database.control() as control:
            # As behind a pooler that lends the session to somebody else after each transaction.
            control.execute(text("select pg_notify('lockstep_wake', ' somebody else')"))
        assert hub._connection is not None
        hub._connection.execute("unlisten *")
        heard = [hub.wait(0.05) for _ in range(4)]
        assert heard.count(None) >= 2
    finally:
        hub.close()


def test_a_hub_that_is_told_to_stop_waits_no_longer(database: Database) -> None:
    hub = Hub(database)
    assert hub.wait(5.0) is None
    waiting = threading.Thread(target=hub.wait, args=(60.0,))
    waiting.start()
    hub.stop()
    waiting.join(10)
    assert not waiting.is_alive()
    hub.close()


def test_a_server_that_does_not_answer_is_given_up_and_costs_no_seat(
    cluster: TestCluster, login: TenantLogin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._MANNERS, Part.SYNC, replace(module._MANNERS[Part.SYNC], longest=0.3))
    one = Database(cluster.settings, Part.SYNC, seats=1)
    try:
        for way in (one.tenant, one.reading):
            begun = time.monotonic()
            with pytest.raises(Unreachable, match="does not answer"), way(login) as tx:
                tx.execute(text("select pg_sleep(20)"))
            assert time.monotonic() - begun < 10
        with one.reading(login) as tx:
            assert tx.execute(text("select 1")).scalar_one() == 1
        assert one._pool.seats.taken == 1
    finally:
        one.close()


def test_what_was_rolled_back_wakes_nobody(database: Database, login: TenantLogin) -> None:
    def cut_off() -> None:
        with database.tenant(login) as tx:
            wake(tx, "ilse")
            raise ZeroDivisionError

    hub = Hub(database)
    try:
        assert hub.wait(5.0) is None
        with pytest.raises(ZeroDivisionError):
            cut_off()
        assert hub.wait(0.05) == frozenset()
    finally:
        hub.close()
