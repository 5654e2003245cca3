"""What a correlation id says of where a twin comes from: its original, and who made it; it must not know any app.

A correlation id is a UUID, as it always was: every place that held one holds this one. Of its 122 free bits 60 name
the original (the same for every twin of it, whoever makes it), 20 the Lockstep, 12 the integration, and 30 are chance.
An id from before (version 4) names no original and no maker; it is a lineage of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.domain.text import storable

_VERSION = 8
"""UUIDs of this version are laid out by whoever makes them."""
_CHANCE_BITS, _NUMBER_BITS, _LOCKSTEP_BITS, _LOW_BITS = 30, 12, 20, 12


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes twins: a Lockstep's tenant, and an integration of it, each as a number that tells nobody its name."""

    lockstep: int
    number: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a twin comes from. ``root`` names its original; ``maker`` is None for an id from before."""

    root: int
    maker: Maker | None


@dataclass(frozen=True, slots=True)
class Newborn:
    """An item as a list of what was made in a container shows it: enough to tell whose twin it is.

    ``marker`` is the correlation id that it carries (None: none); ``own``: our account made it; ``made_at`` is the
    app's own time, and ``title`` what people call it.
    """

    id: str
    key: str
    title: str
    marker: str | None
    own: bool
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Births:
    """A page of a container's items in the order of their making. ``reached``: where the next look begins."""

    items: tuple[Newborn, ...]
    reached: str


def maker_of(tenant: str, integration: str) -> Maker:
    """The maker that an integration of a tenant is, the same after every restart and restore."""
    return Maker(_number(_LOCKSTEP_BITS, "tenant", tenant), _number(_NUMBER_BITS, "integration", tenant, integration))


def original(place: str, *what: str) -> int:
    """The number of an original: an item (or, with more words, what hangs on it) at a place of an app.

    ``place`` tells an app's instance from every other, whatever address it is asked by.
    """
    return _number(60, "original", place, *what)


def making(place: str, kind: str, *what: str) -> int:
    """The number of a twin to be: of what, in which container. ``kind`` says by what it is known (title, item ...)."""
    return _number(62, "making", place, kind, *what)


def marker(root: int, maker: Maker, chance: str) -> str:
    """A fresh correlation id for a twin of ``root``; ``chance`` is a random UUID."""
    high, low = root >> _LOW_BITS, root & ((1 << _LOW_BITS) - 1)
    value = high
    value = value << 4 | _VERSION
    value = value << _LOW_BITS | low
    value = value << 2 | 0b10
    value = value << _LOCKSTEP_BITS | maker.lockstep
    value = value << _NUMBER_BITS | maker.number
    value = value << _CHANCE_BITS | (UUID(chance).int & ((1 << _CHANCE_BITS) - 1))
    return str(UUID(int=value))


def lineage(carried: str | None) -> Lineage | None:
    """What a correlation id says; None for what is none of ours."""
    found = as_id(carried)
    if found is None:
        return None
    high, low = found.int >> 80, found.int >> 64 & ((1 << _LOW_BITS) - 1)
    root = high << _LOW_BITS | low
    if found.version != _VERSION:
        return Lineage(root, None)
    rest = found.int >> _CHANCE_BITS
    number = rest & ((1 << _NUMBER_BITS) - 1)
    return Lineage(root, Maker(rest >> _NUMBER_BITS & ((1 << _LOCKSTEP_BITS) - 1), number))


def as_id(carried: str | None) -> UUID | None:
    """A correlation id as a UUID in the form that we write; None for any other text that people put in its place."""
    if carried is None or len(carried) != 36:  # noqa: PLR2004 - the length of a UUID with its hyphens
        return None
    try:
        found = UUID(carried)
    except ValueError:
        return None
    return found if str(found) == carried.lower() else None


def bounds(root: int) -> tuple[str, str]:
    """Between which ids (both included) all correlation ids of ``root`` are; a few others may be, too."""
    high = root >> _LOW_BITS
    return str(UUID(int=high << 80)), str(UUID(int=high << 80 | (1 << 80) - 1))


def alike(title: str) -> str:
    """A title as far as every app keeps it: whatever one cuts, trims or writes in another case counts as the same."""
    return " ".join(storable(title).split()).casefold()[:48]


def _number(bits: int, *words: str) -> int:
    digest = hashlib.blake2b("\0".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) & ((1 << bits) - 1)
