"""What values of a type are called, as its app said last: kept for who may not have the app asked; it must not ask.

A kill before it is written costs nothing: whoever asks the app next writes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from server.connectors.base import Capabilities
from server.domain.values import AppUser, FieldSpec, TextFormat
from server.services.scope import TenantScope
from server.store import labels as store

_MOST_PEOPLE = 5_000
"""People of an app with more are known by their ids until it is asked."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What values of a type are called: its fields with their options, the people by id, the markup of its texts.

    ``able``: what the app does for our account in that container.
    """

    fields: tuple[FieldSpec, ...] = ()
    users: tuple[AppUser, ...] = ()
    text_format: TextFormat = TextFormat.PLAIN
    able: Capabilities = field(default_factory=Capabilities)


_LABELS: TypeAdapter[Labels] = TypeAdapter(Labels)


def keep(scope: TenantScope, connection_id: str, container: str, item_type: str, said: Labels) -> None:
    """Write down what an app said of a type."""
    if len(said.users) > _MOST_PEOPLE:
        said = Labels(said.fields, (), said.text_format, said.able)
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
