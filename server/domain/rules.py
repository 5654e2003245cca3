"""What a person decides beyond the mapping: scope, deletions, links, limits; it must not know how a rule is kept.

Every rule has a default that destroys nothing, so that a document which does not name it stays as careful as before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.item import Side
from server.domain.mapping import Direction, ValueMapping


class PrivateComments(StrEnum):
    """What happens to comments that are private on their side."""

    KEEP = "keep"
    """They travel as private; where the target knows no private comments they stay and are listed as skipped."""
    SKIP = "skip"
    """They never travel."""
    PUBLISH = "publish"
    """They become public. Only an administrator may choose this, in plain words."""


@dataclass(frozen=True, slots=True)
class CommentRules:
    """Whether and how comments travel. ``edits``: a changed comment changes its twin, where the app can.

    ``deletions``: a deleted comment's twin is deleted, where the app can; otherwise it stays, on record.
    """

    direction: Direction | None = Direction.BOTH
    private: PrivateComments = PrivateComments.KEEP
    edits: bool = True
    deletions: bool = False


@dataclass(frozen=True, slots=True)
class TextRules:
    """What becomes of what texts name. ``mentions``: a mention of a person who is known on the other side is one there.

    Otherwise it is shown as it was written, and nobody is told.
    """

    mentions: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentRules:
    """Whether files travel. A larger file than ``max_bytes`` stays and is listed as skipped.

    ``deletions``: a deleted file's twin is deleted, where the app can; otherwise it stays, on record.
    """

    direction: Direction | None = Direction.BOTH
    max_bytes: int = 50 * 1024 * 1024
    deletions: bool = False


class Precedence(StrEnum):
    """Whose value counts where two that belong together were never in step."""

    FILL = "fill"
    """Only an empty value gives way; two that differ stay as they are, on record, until a person changes one."""
    LEFT = "left"
    RIGHT = "right"
    LATEST = "latest"
    """The item changed last, by the apps' own times; a tie goes to the left."""


class Operator(StrEnum):
    """How a filter compares a field with its values."""

    IS = "is"
    """One of the values (for sets: any of them is a member)."""
    IS_NOT = "is_not"
    CONTAINS = "contains"
    """Text that contains one of the values, in any case."""
    LACKS = "lacks"
    EMPTY = "empty"
    FILLED = "filled"
    AT_LEAST = "at_least"
    """A number, day or moment that is the first value or more."""
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One condition on one field of one side, by the app's own field id and values. ``values`` hold options by id."""

    field: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SideFilter:
    """Which items of a side belong to the integration; every rule must hold.

    ``every`` counts for all items; ``new`` besides for items that have no twin yet; ``kept`` besides for items that
    have one.
    """

    every: tuple[FilterRule, ...] = ()
    new: tuple[FilterRule, ...] = ()
    kept: tuple[FilterRule, ...] = ()


class Parting(StrEnum):
    """What happens to the twin of an item that is gone, or that does not belong to the integration any more."""

    IGNORE = "ignore"
    """The twin stays as it is; the history says so."""
    NOTE = "note"
    """A comment on the twin says so, private where the app can."""
    CLOSE = "close"
    """The note, and the twin's status becomes the first one that ends work."""
    DELETE = "delete"
    """The twin is deleted if Lockstep made it and nobody has changed it since; otherwise it hears of it by the note."""


@dataclass(frozen=True, slots=True)
class PartingRules:
    """What happens on each side when the other side's item is gone."""

    on_left: Parting = Parting.IGNORE
    on_right: Parting = Parting.IGNORE

    def on(self, side: Side) -> Parting:
        """The policy for a twin on ``side``."""
        return self.on_left if side is Side.LEFT else self.on_right


@dataclass(frozen=True, slots=True)
class ScopeRules:
    """Which items belong to the integration, and what happens to the twin of one that does so no longer.

    An item that leaves (a filter, another container, a type that is not mapped) takes its pair out of scope: nothing
    travels until it comes back, and then everything that was typed meanwhile does.
    """

    left: SideFilter = field(default_factory=SideFilter)
    right: SideFilter = field(default_factory=SideFilter)
    leaving: PartingRules = field(default_factory=PartingRules)

    def on(self, side: Side) -> SideFilter:
        """The filter of a side."""
        return self.left if side is Side.LEFT else self.right


class Restricted(StrEnum):
    """What happens to an item that its app restricts to some of those who see its neighbours."""

    STAY = "stay"
    """It stays where it is, and nothing of it travels; if it has a twin, the two part."""
    ALIKE = "alike"
    """Its twin is restricted, too, before anything of it is written there."""
    OPEN = "open"
    """It travels like any other: whoever sees the other side reads it there. A person chose this in plain words."""


@dataclass(frozen=True, slots=True)
class AudienceRules:
    """Whether restricted items of each side travel. ``leaving``: what the twin of one that became restricted hears.

    The notice says nothing of the item or why it is no longer kept in step.
    """

    left: Restricted = Restricted.STAY
    right: Restricted = Restricted.STAY
    leaving: PartingRules = field(default_factory=PartingRules)

    def on(self, side: Side) -> Restricted:
        """What happens to restricted items of a side."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True, slots=True)
class LinkRules:
    """Whether relations between items travel. ``parents``: whether hierarchy does; None: not at all.

    ``kinds`` map the apps' own names of relations; a relation without a row stays where it is, on record.
    """

    direction: Direction | None = None
    parents: Direction | None = None
    kinds: tuple[ValueMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardRules:
    """How much one run may delete or overwrite before it stops for a person.

    ``partings``: pairs that end or leave the scope, ``rewrites``: pairs whose items are overwritten, both in percent of
    all pairs; ``least``: that many are always allowed, so that small integrations work.
    """

    partings: int = 10
    rewrites: int = 50
    least: int = 50


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a pair counts as a loop: written more than ``writes`` times within an hour."""

    writes: int = 60


class Likeness(StrEnum):
    """How a match compares two values."""

    EXACT = "exact"
    WORDS = "words"
    """Text, without regard to case and white space."""
    KEY = "key"
    """What people call an item, without regard to case and a leading ``#``."""
    DAY = "day"
    """The day of two times."""
    PERSON = "person"
    """People by their e-mail, whoever they are in either app; e-mail addresses in text count, too."""


OF_ITEM = ("@id", "@key", "@url", "@created")
"""What an item has besides fields, as a match names it."""


@dataclass(frozen=True, slots=True)
class MatchPart:
    """What has to be alike: a field of each side by the app's own id, or one of ``OF_ITEM``."""

    left: str
    right: str
    how: Likeness = Likeness.EXACT


@dataclass(frozen=True, slots=True)
class MatchRule:
    """Two items are one when all parts are alike and none is empty."""

    parts: tuple[MatchPart, ...]


@dataclass(frozen=True, slots=True)
class MatchRules:
    """How items that are on both sides already find each other; the first rule that speaks of an item decides on it."""

    rules: tuple[MatchRule, ...] = ()
