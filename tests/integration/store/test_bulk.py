"""Many rows in one statement mean the same as one statement a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from server.store import bulk
from server.store import tables as t
from server.store.database import Database, Transaction
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
AT = datetime(2031, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)


@pytest.fixture(scope="module")
def database(cluster: TestCluster) -> Iterator[Database]:
    cluster.create_tenant("bulk")
    database = cluster.database()
    yield database
    database.close()


@pytest.fixture
def tx(cluster: TestCluster, database: Database) -> Iterator[Transaction]:
    with database.tenant(cluster.login("bulk")) as open_:
        yield open_


def pair(integration: str, **more: object) -> dict[str, object]:
    usual = {"id": str(uuid4()), "integration_id": integration, "state": "linked", "origin": "left", "title": "T"}
    return usual | {"left_id": "1", "left_snapshot": {"f": ["a", None, 1.5, True]}, "reserved_at": AT} | more


@pytest.fixture
def integration(tx: Transaction) -> str:
    row = {"name": str(uuid4()), "document": {}}
    return str(tx.execute(t.integrations.insert().values(row).returning(t.integrations.c.id)).scalar_one())


def test_every_kind_of_value_arrives_as_it_was_sent(tx: Transaction, integration: str) -> None:
    text = "Größe “日本” \\ ' \" \n\t :rows %s %(rows)s {}"
    rows = [pair(integration, title=text, synced_at=bulk.NOW, right_snapshot=None)]
    bulk.insert(tx, t.pairs, rows)
    found = tx.execute(select(t.pairs).where(t.pairs.c.title == text)).one()
    assert found.left_snapshot == {"f": ["a", None, 1.5, True]}
    assert found.right_snapshot is None
    assert found.reserved_at == AT
    assert abs((found.synced_at - datetime.now(UTC)).total_seconds()) < 60
    assert found.created_at == found.synced_at
    assert found.right_key == ""


def test_what_is_there_is_written_over_but_for_what_is_kept(tx: Transaction, integration: str) -> None:
    first = pair(integration)
    bulk.upsert(tx, t.pairs, [first])
    later = [first | {"title": "between", "origin": "right"}, first | {"title": "last", "origin": "right"}]
    bulk.upsert(tx, t.pairs, [*later, pair(integration, left_id="2")], kept=("origin",))
    found = tx.execute(select(t.pairs).where(t.pairs.c.integration_id == integration).order_by(t.pairs.c.left_id))
    assert [(row.left_id, row.title, row.origin) for row in found] == [("1", "last", "left"), ("2", "T", "left")]


def test_nothing_is_no_statement(tx: Transaction) -> None:
    bulk.insert(tx, t.pairs, [])
    bulk.upsert(tx, t.pairs, [])


def test_a_value_that_looks_like_a_statement_is_a_value(tx: Transaction, integration: str) -> None:
    wanted = ["1') or true --", "{}", '{"1"}', "1,2", ""]
    bulk.insert(tx, t.pairs, [pair(integration, left_id=one) for one in [*wanted, "1"]])
    query = select(t.pairs.c.left_id).where(t.pairs.c.integration_id == integration)
    assert set(tx.execute(query.where(bulk.among(t.pairs.c.left_id, wanted))).scalars()) == set(wanted)
    assert tx.execute(query.where(bulk.among(t.pairs.c.left_id, []))).all() == []
