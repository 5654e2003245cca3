"""The errors of the server, each named by what the reader should do; it must not know where they are raised.

Every error carries a sentence for people (what happened, to which thing, what to do next); the inner cause
travels as ``__cause__`` and is for the log only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from server.domain.text import storable
from server.domain.values import Value


class LockstepError(Exception):
    """Anything the server says no to. ``str(error)`` is a sentence for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PutRight(LockstepError):
    """The request or the configuration is wrong; the reader must change it. ``field`` names the culprit."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(LockstepError):
    """What was asked for is not there (or not for this reader)."""


class Conflicting(LockstepError):
    """The request is right but collides with what is there now."""


class NeedsRelease(LockstepError):
    """Going on would do more than was agreed to: the integration pauses until a person has looked."""


class NotAllowed(LockstepError):
    """The caller is not signed in, or may not do this."""


class Unavailable(LockstepError):
    """Something the server itself needs (its database, a free slot) does not answer now; retry later."""


class Unreachable(Unavailable):
    """The database cannot be reached at all, mostly because it restarts: it is there again in a moment."""


class Crowded(Unreachable):
    """The database is there and has no room for us: it, or our share of it, is full. It has room again by itself."""


class Fenced(LockstepError):
    """Another node has taken this tenant over; whatever was being done here must stop without a commit."""


class AppError(LockstepError):
    """A remote app did not do what was asked. ``words`` are the app's own, for the record.

    ``spoilt``: an answer to a read came and cannot be used (cut, half, a web page); the next one may be as it should.
    """

    spoilt = False

    def __init__(self, message: str, *, words: str = "", status: int | None = None) -> None:
        super().__init__(storable(message))
        self.words = storable(words)
        self.status = status


class Transient(AppError):
    """Retry later: network, 5xx, 429, a lock. ``retry_after`` is in seconds when the app said so."""

    def __init__(
        self, message: str, *, words: str = "", status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, words=words, status=status)
        self.retry_after = retry_after


class Slowed(Transient):
    """Nothing was sent: the whole connection rests for ``retry_after`` seconds. What waited keeps its place."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message, retry_after=retry_after)


class Crammed(Transient):
    """There is no room in memory for more of the apps' answers to this tenant: it has room again by itself."""


class LostAnswer(Transient):
    """A write was sent, and nothing that came says whether it happened. Never retried blindly."""


class CredentialsRefused(AppError):
    """The app refuses our credentials: the connection pauses with one alert."""


class Rejected(AppError):
    """The app refuses this one item: what it refuses is left out, or the pair is quarantined, with the app's own words.

    ``fields``: the ids of the fields that it means, where it says so. ``left``: what it holds now in fields that we
    changed on the way to what it refuses, and could not put back.
    """

    def __init__(
        self,
        message: str,
        *,
        words: str = "",
        status: int | None = None,
        fields: Collection[str] = (),
        left: Mapping[str, Value] | None = None,
    ) -> None:
        super().__init__(message, words=words, status=status)
        self.fields = frozenset(fields)
        self.left = dict(left or {})


class Looping(Rejected):
    """Something answers each of our writes to a pair with another one: the pair is quarantined, not the integration."""


class SecondCopy(Rejected):
    """The app has made an item of ours twice: this one stays out, and a person is asked to remove it."""


class Hidden(Rejected):
    """The app does not show this item to our account (any more): it is not gone, and it may have become private."""


class Unreadable(Rejected):
    """What an app says of one item cannot be read: the item is held until it changes there, and nothing else is.

    ``item`` is its key, ``part`` what of it is meant (empty: not known), ``said`` what was found there: it is among
    the words and not in the message, for nobody knows yet who may read it.
    """

    def __init__(self, item: str, part: str = "", said: str = "") -> None:
        which = part or "what the app says of it"
        message = f"{item} cannot be read ({which}). Nothing of it travels until it is put right there."
        super().__init__(message, words=said)
        self.item = item
        self.part = part
        self.said = storable(said)


class TooLarge(Rejected):
    """The answer is larger or deeper than what is taken of an app; the rest of it was not read."""


class Gone(AppError):
    """The item itself is not there any more (404 or 410 while its container answers).

    ``into``: the key of the item into which it was merged; empty when it was deleted.
    """

    def __init__(self, message: str, *, words: str = "", status: int | None = None, into: str = "") -> None:
        super().__init__(message, words=words, status=status)
        self.into = storable(into)


class NotThatApp(AppError):
    """Something answers at the address, but it is not the app that the connection names."""


class Untrusted(AppError):
    """The TLS certificate is not trusted; the message names the issuer and what to do."""


class EgressDenied(AppError):
    """A request would have left to a host that no connection names; nothing was sent."""
