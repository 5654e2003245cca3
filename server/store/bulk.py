"""A page's rows in one statement a table: they travel as one JSON text, and PostgreSQL takes it apart.

A statement with a parameter for each value costs most of its time in the client, and a new one for every number of
rows is planned anew. It must not know what the rows mean.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert

Row = Mapping[str, object]

NOW = "now"
"""As the value of a time: when the transaction began (PostgreSQL reads this word so)."""


_NOUGHT: ColumnElement[Any] = literal_column("0")


def insert(tx: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add ``rows``, which all have the same columns; the others get their defaults."""
    if rows:
        tx.execute(_insert(table, tuple(rows[0])), parameters(rows))


def upsert(tx: Connection, table: Table, rows: Sequence[Row], kept: Collection[str] = ()) -> None:
    """Add ``rows``, or write them over those with the same primary key, but for the columns that are ``kept``.

    Of several with one key the last one counts.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    last = list({tuple(row[key] for key in keys): row for row in rows}.values())
    tx.execute(_upsert(table, tuple(rows[0]), frozenset(kept)), parameters(last))


def add_missing(tx: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the ``rows`` whose primary keys are not there yet, and leave the others as they are."""
    if rows:
        tx.execute(_insert(table, tuple(rows[0])).on_conflict_do_nothing(), parameters(rows))


def rows_of(table: Table, columns: Sequence[str]) -> Any:
    """What ``parameters`` gives, as a table named ``given`` with ``columns`` of ``table``."""
    like: ColumnElement[Any] = literal_column(f"null::{table.name}")
    given = func.jsonb_populate_recordset(like, cast(bindparam("rows", type_=Text), JSONB))
    return given.table_valued(*(table.c[name] for name in columns), name="given")


def parameters(rows: Sequence[Row]) -> dict[str, str]:
    """The parameters of a statement that takes its rows from ``rows_of``."""
    return {"rows": json.dumps(rows, separators=(",", ":"), default=datetime.isoformat)}


def among(column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``values``; the statement is the same however many there are."""
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))


def named(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether ``column`` is one of the values that parameter ``name`` brings as a list (in statements made once)."""
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


def constant(value: str) -> ColumnElement[str]:
    """A text that stands in the statement itself, for the condition of an index of a part of a table.

    In a prepared statement PostgreSQL does not know of a parameter that it meets that condition, and reads the table.
    """
    return literal(value, Text, literal_execute=True)


def listed(column: Column[Any], name: str) -> TableValuedAlias:
    """The list that parameter ``name`` brings, as a table named ``given`` with this column."""
    return func.unnest(bindparam(name, type_=ARRAY(column.type))).table_valued(column).render_derived(name="given")


def first(rows: Select[Any], name: str) -> FromClause:
    """What is read before anything is joined to it (``offset 0`` holds PostgreSQL to it)."""
    return rows.offset(_NOUGHT).subquery(name)


def each(rows: Select[Any], name: str) -> FromClause:
    """What is looked up for each row by itself that it is joined to; it names a column of that.

    Otherwise PostgreSQL reads the whole integration for every page, for as long as nobody has counted its rows.
    """
    return rows.offset(_NOUGHT).lateral(name)


@cache
def _insert(table: Table, columns: tuple[str, ...]) -> Any:
    return pg_insert(table).from_select(list(columns), select(*rows_of(table, columns).c))


@cache
def _upsert(table: Table, columns: tuple[str, ...], kept: frozenset[str]) -> Any:
    keys = [column.name for column in table.primary_key]
    statement = _insert(table, columns)
    changes = {name: statement.excluded[name] for name in columns if name not in keys and name not in kept}
    return statement.on_conflict_do_update(index_elements=keys, set_=changes)
