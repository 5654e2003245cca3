"""Makes sure that a write is believed only for what the app says it now holds; it must not ask anything itself.

A log-in page with 200, an empty answer or one of another shape says nothing of a write: it may have been done or not.
Then the write is unconfirmed (``LostAnswer``), and what became of it is looked up before it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from server.connectors.reading import FAULTS
from server.domain.errors import AppError, Gone, LostAnswer


def unconfirmed(what: str, cause: AppError | None = None) -> LostAnswer:
    """The error for a write that nothing confirms. ``what`` says it in words (“the note on issue #7”)."""
    why = f" ({cause.message})" if cause is not None else ""
    return LostAnswer(
        f"What was answered does not say that {what} was written{why}; whether it was will be looked up.",
        words=cause.words if cause is not None else "",
    )


@contextmanager
def confirming(what: str) -> Iterator[None]:
    """What is read here tells whether a write was done: what keeps us from reading it leaves the write unconfirmed.

    Only reads belong here. ``Gone`` passes: an item that is no more is no more.
    """
    try:
        yield
    except (LostAnswer, Gone):
        raise
    except AppError as error:
        raise unconfirmed(what, error) from error
    except FAULTS as error:
        raise unconfirmed(what) from error


def told(body: object, *names: str, what: str) -> Any:
    """The member of an answer to a write that says what was made, by its names from the outside in.

    Raises ``LostAnswer`` where there is none: something else than the app may have answered.
    """
    for name in names:
        if not isinstance(body, dict) or body.get(name) in (None, ""):
            raise unconfirmed(what)
        body = body[name]
    return body
