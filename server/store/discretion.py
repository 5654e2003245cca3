"""Takes people's values out of what PostgreSQL says of an error, before it reaches a log; it must not write logs.

PostgreSQL tells the row that it refuses (its DETAIL) and the value that it cannot read. Which table and rule it was
says enough to those who look for the fault.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from sqlalchemy.exc import DBAPIError

_OF_VALUES = "22"
"""The class of errors whose own sentence holds the value."""


def without_values(error: BaseException) -> None:
    """Make what ``error`` and all that led to it say free of values."""
    for one in _chain(error):
        if isinstance(one, psycopg.Error) and one.diag.message_primary:
            one.args = (said(one),)
        elif isinstance(one, DBAPIError) and isinstance(one.orig, psycopg.Error) and one.orig.diag.message_primary:
            one.hide_parameters = True
            one.args = (f"({type(one.orig).__name__}) {said(one.orig)}",)


def said(error: psycopg.Error) -> str:
    """What PostgreSQL says of the error, with the names of what it is about and without a value."""
    diag = error.diag
    named = {
        "schema": diag.schema_name,
        "table": diag.table_name,
        "column": diag.column_name,
        "constraint": diag.constraint_name,
    }
    about = ", ".join(f"{kind} {name}" for kind, name in named.items() if name)
    state = diag.sqlstate or ""
    sentence = "a value of the wrong kind" if state.startswith(_OF_VALUES) else diag.message_primary or ""
    return f"{sentence} [{state}]{f' ({about})' if about else ''}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        orig = one.orig if isinstance(one, DBAPIError) else None
        waiting.extend(other for other in (one.__cause__, one.__context__, orig) if other is not None)
