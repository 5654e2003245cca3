"""What a connector stumbles over in an answer becomes a sentence about the app; it must not ask the app anything.

A reader that says which item, and which part of it, is meant is better (``reading``). This is for all else that an app
is asked: of whatever shape its answer is, it ends in words, and never in an error that nobody foresaw. Where the answer
was to a write, the write is unconfirmed: whether it was done is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any, Final, TypeVar

from server.connectors import troubles
from server.connectors.confirming import unconfirmed
from server.connectors.reading import FAULTS
from server.domain.errors import AppError, NotThatApp

Reader = TypeVar("Reader", bound=type[Any])

_READS: Final = {
    "abilities": "what our account may do",
    "births": "its newest items",
    "census": "its items",
    "changes": "what changed",
    "check": "our account",
    "containers": "its containers",
    "fetch": "an item",
    "fields": "its fields",
    "find": "an item that we made",
    "holds": "an item",
    "item_types": "its types of items",
    "link_kinds": "its kinds of links",
    "marks": "its fields",
    "open_attachment": "a file",
    "place": "a container",
    "users": "its people",
    "way": "the ways between its statuses",
    "zone": "its time zone",
}
"""The reads of a connector, and what each asks for."""
_WRITES: Final = (
    *("create", "update", "delete", "add_comment", "edit_comment", "delete_comment"),
    *("add_attachment", "delete_attachment", "add_link", "remove_link"),
)


def understood(title: str) -> Callable[[Reader], Reader]:
    """For the class of a connector: where it would stumble, a read raises ``NotThatApp`` and a write ``LostAnswer``.

    ``title`` is the app's name. The error of a read says that its next answer may be as it should.
    """

    def told(reader: Reader) -> Reader:
        for name, what in _READS.items():
            setattr(reader, name, _told(getattr(reader, name), partial(_odd, title, what)))
        for name in _WRITES:
            setattr(reader, name, _told(getattr(reader, name), partial(unconfirmed, f"this to {title}")))
        return reader

    return told


def _told(call: Callable[..., Any], error: Callable[[], AppError]) -> Callable[..., Any]:
    @wraps(call)
    def asked(*given: Any, **more: Any) -> Any:
        try:
            found = call(*given, **more)
        except FAULTS as fault:
            raise error() from fault
        return _each(found, error) if isinstance(found, Iterator) else found

    return asked


def _each(found: Iterator[Any], error: Callable[[], AppError]) -> Iterator[Any]:
    try:
        yield from found
    except FAULTS as fault:
        raise error() from fault


def _odd(title: str, what: str) -> AppError:
    return troubles.spoilt(
        NotThatApp(
            f"What answered when {title} was asked for {what} cannot be understood: it is of another shape. If this "
            f"lasts, check that the address is {title}'s, and that nothing between changes its answers."
        )
    )
