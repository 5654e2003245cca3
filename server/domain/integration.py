"""What a person configures: an integration of two sides with its mappings and rules; it must not know how it runs.

These dataclasses are the one source of the document: the store keeps them as JSON, the API shows them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.item import Side
from server.domain.mapping import Direction, TypeMapping
from server.domain.rules import (
    AttachmentRules,
    AudienceRules,
    BreakerRules,
    CommentRules,
    GuardRules,
    LinkRules,
    MatchRules,
    PartingRules,
    ScopeRules,
    TextRules,
)
from server.domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class SideSettings:
    """One end: a connection (its id) and a container of that app."""

    connection: str
    container: str


@dataclass(frozen=True, slots=True)
class Document:
    """The whole of an integration's configuration.

    ``creates``: on which side new twins may be made (``to_right``: items of the left get a twin on the right).
    ``schedule``: when it is worked; where it does not say, its connections do. ``scan_hours``: the interval of the full
    scan, which finds what times of change do not tell (0: none). ``matching``: how items that are on both sides already
    find each other. ``migration``: everything moves this way once, nothing is written to the side that it leaves, and
    it ends by itself (None: both sides are kept in step). ``audience``: whether items travel that their app restricts.
    ``viewers_ask``: people who may only look may have the apps asked, too, with the connections' accounts.
    """

    left: SideSettings
    right: SideSettings
    types: tuple[TypeMapping, ...]
    creates: Direction = Direction.BOTH
    comments: CommentRules = field(default_factory=CommentRules)
    attachments: AttachmentRules = field(default_factory=AttachmentRules)
    schedule: Schedule = field(default_factory=Schedule)
    scope: ScopeRules = field(default_factory=ScopeRules)
    deletions: PartingRules = field(default_factory=PartingRules)
    links: LinkRules = field(default_factory=LinkRules)
    guard: GuardRules = field(default_factory=GuardRules)
    breaker: BreakerRules = field(default_factory=BreakerRules)
    scan_hours: int = 24
    texts: TextRules = field(default_factory=TextRules)
    matching: MatchRules = field(default_factory=MatchRules)
    migration: Direction | None = None
    audience: AudienceRules = field(default_factory=AudienceRules)
    viewers_ask: bool = False

    def side(self, side: Side) -> SideSettings:
        """The settings of one end."""
        return self.left if side is Side.LEFT else self.right


class IntegrationState(StrEnum):
    """Whether an integration works. ``problem`` beside it says why it does not."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
