"""An answer that came whole, and what can be said of it; it must not know any app, or believe what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from server.connectors import troubles
from server.connectors.base import Shape
from server.connectors.room import UNCOUNTED, Held, NoRoom
from server.domain import json_text
from server.domain.errors import NotThatApp


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body has been read. Keeps ``base.Answer``."""

    origin: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    write: bool = False
    sent: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Our headers, of which no error repeats anything."""
    held: Held | None = field(default=None, compare=False)
    """What it takes in memory, for as long as it is there."""
    _read: list[Any] = field(default_factory=list, compare=False)
    """The body as JSON, once it was read."""

    def json(self) -> Any:
        """The body as JSON.

        Raises ``NotThatApp``, saying what came instead; ``Transient`` when it is JSON that ends too early; ``TooLarge``
        when it is deeper than any app's or more than can be held, ``Crammed`` when it is beside what is held. After a
        write it is always ``LostAnswer``: the app took the write, so whatever came, it may have been done.
        """
        if self._read:
            return self._read[0]
        try:
            if self.held is not None and len(self.content) > UNCOUNTED:
                self.held.grow(json_text.weight(self.content))
            body = json_text.read(self.content)
        except NoRoom as error:
            raise troubles.no_room(self.origin, never=error.never, write=self.write) from None
        except MemoryError:
            raise troubles.no_room(self.origin, never=False, write=self.write) from None
        except json_text.TooMany:
            raise troubles.no_room(self.origin, never=True, write=self.write) from None
        except json_text.TooDeep as error:
            raise troubles.too_deep(self.origin, write=self.write) from error
        except ValueError as error:
            if self.write or self._ends_early():
                raise troubles.cut_off(self.origin, error, write=self.write) from error
            raise troubles.not_json(
                self.origin, self.headers.get("Content-Type", ""), self.content, self.sent
            ) from error
        self._read.append(body)
        return body

    def _ends_early(self) -> bool:
        """An app, or what stands before it, that died while it answered: its length may be that of what there was."""
        if self.content.strip():
            return "json" in self.headers.get("Content-Type", "").lower()
        return "Content-Length" not in self.headers

    def judge(self, shape: Shape | None) -> None:
        """Make sure that what came is what was asked for. Raises as ``json`` does, and as ``Outlet.request`` tells."""
        if self.write and not self.content.strip() and shape is None:
            return  # what says nothing is for the connector to judge
        body = self.json()
        try:
            if shape is not None:
                shape(body)
        except NotThatApp as error:
            if self.write:
                raise troubles.cut_off(self.origin, error, write=True) from error
            troubles.spoilt(error)
            raise

    @property
    def date(self) -> datetime | None:
        """The server's clock when it answered, in UTC."""
        return moment_of(self.headers.get("Date"))


def moment_of(date: str | None) -> datetime | None:
    """An HTTP date, in UTC; None for what is none."""
    if not date:
        return None
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(date).astimezone(UTC)
    return None
