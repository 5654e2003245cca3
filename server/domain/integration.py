"""What a person configures: an integration of two sides with its mappings and rules; it must not know how it runs.

These dataclasses are the one source of the document: the store keeps them as JSON, the API shows them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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


class PrivateComments(StrEnum):
    """What happens to comments that are private on their side."""

    KEEP = "keep"
    """They travel as private; where the target knows no private comments they stay and are listed as skipped."""
    SKIP = "skip"
    """They never travel."""
    PUBLISH = "publish"
    """They become public. Only an administrator may choose this, in plain words."""


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
    """A pair of item types and the fields that travel between them."""

    left: str
    right: str
    fields: tuple[FieldMapping, ...]


@dataclass(frozen=True, slots=True)
class SideSettings:
    """One end: a connection (its id) and a container of that app."""

    connection: str
    container: str


@dataclass(frozen=True, slots=True)
class CommentRules:
    """Whether and how comments travel. ``edits``: a changed comment changes its twin, where the app can."""

    direction: Direction | None = Direction.BOTH
    private: PrivateComments = PrivateComments.KEEP
    edits: bool = True


@dataclass(frozen=True, slots=True)
class AttachmentRules:
    """Whether files travel. A larger file than ``max_bytes`` stays and is listed as skipped."""

    direction: Direction | None = Direction.BOTH
    max_bytes: int = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """The whole of an integration's configuration.

    ``creates``: on which side new twins may be made (``to_right``: items of the left get a twin on the right).
    ``poll_seconds``: the interval of polling.
    """

    left: SideSettings
    right: SideSettings
    types: tuple[TypeMapping, ...]
    creates: Direction = Direction.BOTH
    comments: CommentRules = field(default_factory=CommentRules)
    attachments: AttachmentRules = field(default_factory=AttachmentRules)
    poll_seconds: int = 30

    def side(self, side: Side) -> SideSettings:
        """The settings of one end."""
        return self.left if side is Side.LEFT else self.right


class IntegrationState(StrEnum):
    """Whether an integration works. ``problem`` beside it says why it does not."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
