"""Which types, fields and values belong together, and which way they travel; it must not convert anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.domain.item import Side


class Direction(StrEnum):
    """Which way something travels."""

    BOTH = "both"
    TO_RIGHT = "to_right"
    TO_LEFT = "to_left"

    def allows(self, target: Side) -> bool:
        """Whether a value may be written to ``target``."""
        return self is Direction.BOTH or self is (Direction.TO_RIGHT if target is Side.RIGHT else Direction.TO_LEFT)


class ConflictPolicy(StrEnum):
    """What happens when a field changed on both sides to different values."""

    LATEST = "latest"
    """The item changed last, by the apps' own times, wins; a tie goes to the left."""
    LEFT = "left"
    RIGHT = "right"
    HOLD = "hold"
    """Neither side is written; a person decides."""


@dataclass(frozen=True, slots=True)
class ValueMapping:
    """One option of the left field and its counterpart, by the apps' own ids.

    Where several rows name the same option, the first from the top is used in that direction.
    """

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One field of each side, kept equal under the value mappings.

    ``create_only``: written when the twin is created and never after. For option kinds ``values`` maps ids; an
    option without a row stays as it is on the target, on record.
    """

    left: str
    right: str
    direction: Direction = Direction.BOTH
    conflict: ConflictPolicy = ConflictPolicy.LATEST
    create_only: bool = False
    values: tuple[ValueMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeMapping:
    """A pair of item types and the fields that travel between them.

    ``creates``: items of these types get twins; ``updates``: twins that are there are kept in step.
    """

    left: str
    right: str
    fields: tuple[FieldMapping, ...]
    creates: bool = True
    updates: bool = True
