"""The tenant's table of who is who in the apps; it must not guess."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from server.store import bulk
from server.store import tables as t
from server.store.database import Transaction

_OF_CONNECTIONS = (
    select(t.people).where(bulk.named(t.people.c.connection_id, "connections")).order_by(t.people.c.app_user)
)


@dataclass(frozen=True, slots=True)
class Person:
    """A user of an app and the person they are; rows with the same ``person`` are one human being."""

    connection: str
    app_user: str
    person: str


def every(tx: Transaction) -> tuple[Person, ...]:
    """The whole table."""
    query = select(t.people).order_by(t.people.c.person, t.people.c.connection_id, t.people.c.app_user)
    return tuple(Person(row.connection_id, row.app_user, row.person) for row in tx.execute(query))


def read(tx: Transaction, connection_ids: Collection[str]) -> tuple[Person, ...]:
    """The users of these connections with their persons, by user."""
    rows = tx.execute(_OF_CONNECTIONS, {"connections": sorted(set(connection_ids))})
    return tuple(Person(row.connection_id, row.app_user, row.person) for row in rows)


def replace(tx: Transaction, people: Sequence[Person]) -> None:
    """Put a new table in the place of the old."""
    tx.execute(delete(t.people))
    if people:
        tx.execute(
            t.people.insert(),
            [{"connection_id": one.connection, "app_user": one.app_user, "person": one.person} for one in people],
        )
