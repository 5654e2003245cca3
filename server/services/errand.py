"""What a use case that asks apps for a person must keep to: its time, its turn at an app, its right to go on.

The web room gives a scope one when it hands a question to a thread of its own; the sync process and the command line
have none. It must not ask anything itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.domain.errors import LockstepError


class Busy(LockstepError):
    """As much is asked at once as may be; try again. ``retry_after`` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Errand(Protocol):
    """One question that a person waits for."""

    def still(self, *, commits: bool = False) -> None:
        """Called before each request to an app, and with ``commits`` before each transaction.

        Raises what ended the question: nobody waits for it, its time is over, the tenant or the account may no more.
        Before a transaction that is looked at anew; before a request it may be known from a moment ago.
        """

    def left(self) -> float:
        """For how many seconds it may go on."""

    def turn(self, place: str, name: str) -> Callable[[], None]:
        """A turn at an app, which ``name`` tells people; call what is returned to give it back.

        Raises ``Busy`` when as many ask there already as may.
        """
