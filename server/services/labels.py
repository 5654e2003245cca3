"""What values of a type are called, as its app said last: kept for who may not have the app asked; it must not ask.

A kill before it is written costs nothing: whoever asks the app next writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter, ValidationError

from server.connectors.base import Capabilities
from server.connectors.room import ROOM, UNCOUNTED, Held, NoRoom
from server.domain.errors import Crammed, TooLarge
from server.domain.values import AppUser, FieldSpec, TextFormat
from server.services.scope import TenantScope
from server.store import labels as store

_MOST_PEOPLE = 5_000
"""People of an app with more are known by their ids until it is asked."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What values of a type are called: its fields with their options, the people by id, the markup of its texts.

    ``able``: what the app does for our account in that container; ``zone``: where days begin for it.
    """

    fields: tuple[FieldSpec, ...] = ()
    users: tuple[AppUser, ...] = ()
    text_format: TextFormat = TextFormat.PLAIN
    able: Capabilities = field(default_factory=Capabilities)
    zone: str = ""


_LABELS: TypeAdapter[Labels] = TypeAdapter(Labels)
_OF_A_PERSON, _OF_A_FIELD, _OF_AN_OPTION = 600, 500, 250
"""Bytes that each takes, beside what its texts take."""


def hold(scope: TenantScope, fields: Iterable[FieldSpec], users: Sequence[AppUser]) -> Held:
    """Count what is kept of an app's fields and people among what the tenant holds, for as long as this is there.

    Raises ``Crammed``, and ``TooLarge`` where it is more than a tenant may hold at all.
    """
    size = sum(_OF_A_PERSON + len(one.name) + len(one.email) + len(one.login) for one in users)
    for spec in fields:
        size += _OF_A_FIELD + len(spec.name) + sum(_OF_AN_OPTION + len(one.name) for one in spec.options)
    held = ROOM.of(scope.id)
    try:
        if size > UNCOUNTED:
            held.grow(size)
    except NoRoom as error:
        what = "An app named more people, fields and choices than can be held in memory"
        if error.never:
            raise TooLarge(f"{what}. Check the address of its connection.") from None
        raise Crammed(f"{what} beside what is held of the tenant's apps. They will be asked again.") from None
    return held


def keep(scope: TenantScope, connection_id: str, container: str, item_type: str, said: Labels) -> None:
    """Write down what an app said of a type."""
    if len(said.users) > _MOST_PEOPLE:
        said = replace(said, users=())
    with scope.transaction() as tx:
        store.keep(tx, connection_id, container, item_type, _LABELS.dump_python(said, mode="json"))


def kept(scope: TenantScope, connection_id: str, container: str, item_type: str) -> Labels | None:
    """What an app said last; None: nothing that is understood today."""
    with scope.reading() as tx:
        said = store.get(tx, connection_id, container, item_type)
    if said is None:
        return None
    try:
        return _LABELS.validate_python(said)
    except ValidationError:  # another version wrote it; it is written anew when the app is asked
        return None
