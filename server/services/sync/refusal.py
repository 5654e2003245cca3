"""Whether an app refuses one item, our whole account, or every request for now; it must not record anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from server.domain.errors import AppError, CredentialsRefused, Rejected, Slowed
from server.services.sync.carried import Applied
from server.services.sync.work import End, Work

_FORBIDDEN = 403


def stop_on_refusal(work: Work, failures: Iterable[Exception | None]) -> None:
    """Raise what concerns not one item but all of them.

    That is ``CredentialsRefused`` when an app refuses our account, ``Slowed`` when a connection rests. An app that
    forbids an item may have taken every right from the account, so it is asked.
    """
    met = [one for one in failures if one is not None]
    for one in met:
        if isinstance(one, CredentialsRefused | Slowed):
            raise one
    words = _refused_words(work) if any(map(forbids, met)) else None
    if words is not None:
        raise CredentialsRefused(words, status=_FORBIDDEN)


def tell_apart(work: Work, done: Sequence[Applied]) -> None:
    """Where a write was forbidden because the account may do nothing any more, say that instead of blaming the item."""
    forbidden = [one for one in done if one.failure is not None and forbids(one.failure)]
    words = _refused_words(work) if forbidden else None
    for one in forbidden:
        if words is not None:
            one.failure = CredentialsRefused(words, status=_FORBIDDEN)


def forbids(error: Exception) -> bool:
    """Whether the app says that we may not."""
    return isinstance(error, Rejected) and error.status == _FORBIDDEN


def account_refused(end: End) -> str | None:
    """The app's words if it refuses our account now; None if it does not, or cannot be asked."""
    try:
        end.connector.check()
    except CredentialsRefused as error:
        return error.message
    except AppError as error:
        return error.message if forbids(error) else None
    return None


def _refused_words(work: Work) -> str | None:
    return account_refused(work.left) or account_refused(work.right)
