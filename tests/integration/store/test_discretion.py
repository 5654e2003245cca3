"""What PostgreSQL says of an error goes into a log without the row or the value that it was about."""

from __future__ import annotations

import io
import json
import sys

import psycopg
import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from server.__main__ import log_to_stderr
from server.store.discretion import without_values
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
SECRET = "s3cr3t-of-somebody"
STATEMENTS = (
    "insert into pg_temp.kept values (:word)",
    "insert into pg_temp.kept values (substr(:word, 2)), (substr(:word, 2))",
    "insert into pg_temp.kept values (null, :word)",
    "select cast(:word as uuid)",
    "select cast(:word as int)",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_neither_a_row_nor_a_value_nor_a_parameter_is_logged(
    cluster: TestCluster, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    engine = create_engine(cluster.owner_dsn.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        columns = "word text primary key check (word not like 's3cr3t%'), more text"
        connection.execute(text(f"create temporary table kept ({columns})"))
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text(statement), {"word": SECRET})
    engine.dispose()
    assert SECRET in str(refused.value), "there is nothing to hide"
    monkeypatch.setattr(sys, "stderr", log)
    log_to_stderr("info")
    structlog.get_logger().error("a request failed", exc_info=refused.value)
    structlog.reset_defaults()
    (line,) = log.getvalue().splitlines()
    assert SECRET[1:] not in line
    assert "psycopg.errors" in json.loads(line)["exception"]


def test_which_table_and_which_rule_it_was_is_still_said(cluster: TestCluster) -> None:
    with psycopg.connect(cluster.owner_dsn) as owner:
        owner.execute("create temporary table kept (word text constraint short check (length(word) < 5))")
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            owner.execute("insert into kept values (%s)", (SECRET,))
    assert SECRET in str(refused.value)
    without_values(refused.value)
    assert SECRET not in str(refused.value)
    assert "constraint short" in str(refused.value)
    assert "table kept" in str(refused.value)
