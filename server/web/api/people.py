"""Who is who in the apps."""

from __future__ import annotations

from server.services import people
from server.web.resource import Resource
from server.web.schemas.people import People
from server.web.schemas.people import Person as Row
from server.web.visit import Visit

resource = Resource("people")


@resource.get("/people", People)
def get_people(visit: Visit) -> People:
    """The table of who is who."""
    return _people(people.table(visit.scope))


@resource.put("/people", People)
def replace_people(visit: Visit, body: People) -> People:
    """Put a new table in the place of the old."""
    rows = [people.Person(str(one.connection), one.app_user, one.person) for one in body.root]
    return _people(people.replace_table(visit.scope, visit.actor, rows))


def _people(rows: tuple[people.Person, ...]) -> People:
    return People(tuple(Row.model_validate(one, from_attributes=True) for one in rows))
