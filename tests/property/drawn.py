"""What a history draws: how the two apps are, what the integration says, what people type, what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import ConflictPolicy, Direction, FieldMapping
from server.domain.rules import (
    AttachmentRules,
    CommentRules,
    FilterRule,
    GuardRules,
    LinkRules,
    Operator,
    Parting,
    PartingRules,
    PrivateComments,
    ScopeRules,
    SideFilter,
)
from server.domain.values import Value
from tests.property.model import MISFORTUNES, Fate
from tests.property.world import document

REFUSED = "poison"
"""A title that one app never takes."""
FORBIDDEN = "forbidden"
"""A word that one app takes in no comment."""

BODIES = (
    None,
    "",
    "plain",
    "  spaced  ",
    "a\nb",
    "a\n\n\nb",
    "a\r\nb \r\n\r\n\r\nc",
    "*bold* <b>&amp;</b> {{macro}} %s \\",
    "ünï 漢字 🚀 \u202e\u200d",
    "Pérson wrote on 2026-11-23 12:00 UTC:\n\nnot so",
    "lockstep:5e7c1f0a-0000-4000-8000-000000000000",
    "null\0byte",
    "half a pair \ud83d",
    "x" * 100_000,
)
TITLES = ("{}", "  {}  ", "{} tïtle 漢", "{}\u00a0two", "{} <b>", "{}" + " long" * 60)
LABELS = ("red", "blau", "Blau", "été", "two words")

bodies = st.sampled_from(BODIES)
labels = st.lists(st.sampled_from(LABELS), unique=True, max_size=3).map(lambda some: tuple(sorted(some)))
CHOICES: Mapping[str, st.SearchStrategy[Value]] = {
    "text": bodies,
    "status": st.sampled_from(["1", "2"]),
    "labels": st.none() | labels,
    "due": st.sampled_from([None, "2031-01-31", "2026-11-23"]),
}

_seldom = st.integers(0, 5).map(lambda number: number == 0)
_quirks = st.fixed_dictionaries(
    {
        "marks_items": st.booleans(),
        "marks_comments": st.booleans(),
        "trims": _seldom,
        "renders": _seldom,
        "folds": _seldom,
        "private_comments": _seldom.map(lambda seldom: not seldom),
        "lag": st.sampled_from([0, 0, 0, 3]),
        "page": st.sampled_from([2, 5, 50]),
        "disorder": _seldom,
        "fills_dates": _seldom,
        "removes": _seldom.map(lambda seldom: not seldom),
        "refuses": _seldom.map(lambda seldom: frozenset({REFUSED}) if seldom else frozenset()),
        "refuses_comments": _seldom.map(lambda seldom: frozenset({FORBIDDEN}) if seldom else frozenset()),
    }
)
both_quirks = st.tuples(_quirks, _quirks).map(
    lambda both: {
        f"{side}_{name}": value
        for side, one in zip(("left", "right"), both, strict=True)
        for name, value in one.items()
    }
)

_often_both = st.sampled_from([Direction.BOTH] * 4 + [Direction.TO_RIGHT, Direction.TO_LEFT])
_often_both_or_none = st.sampled_from([Direction.BOTH] * 4 + [Direction.TO_RIGHT, Direction.TO_LEFT, None])
_often = st.sampled_from([True, True, False])
_policies = st.sampled_from([ConflictPolicy.LATEST, *ConflictPolicy])


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rules of one history; calling it makes the document."""

    conflicts: tuple[ConflictPolicy, ...]
    directions: tuple[Direction, ...]
    create_only: bool
    creates: Direction
    comments: CommentRules
    attachments: AttachmentRules
    deletions: PartingRules
    scope: ScopeRules
    guard: GuardRules
    links: LinkRules = field(default_factory=LinkRules)

    def where(self, *, left_removes: bool, right_removes: bool) -> Drawn:
        """The same for apps that keep what they have: no item is to be deleted there, which no document may ask for."""
        able = {Side.LEFT: left_removes, Side.RIGHT: right_removes}

        def closed(one: PartingRules) -> PartingRules:
            kept = [
                Parting.CLOSE if one.on(side) is Parting.DELETE and not able[side] else one.on(side) for side in Side
            ]
            return PartingRules(*kept)

        leaving = replace(self.scope, leaving=closed(self.scope.leaving))
        return replace(self, deletions=closed(self.deletions), scope=leaving)

    def __call__(self, left: str, right: str) -> Document:
        plain = document(left, right)
        [type_] = plain.types
        fields = tuple(map(self._field, type_.fields, self.conflicts, self.directions))
        return replace(
            plain,
            types=(replace(type_, fields=fields),),
            creates=self.creates,
            comments=self.comments,
            attachments=self.attachments,
            deletions=self.deletions,
            scope=self.scope,
            guard=self.guard,
            links=self.links,
        )

    def _field(self, rule: FieldMapping, conflict: ConflictPolicy, direction: Direction) -> FieldMapping:
        if rule.left == "title":  # an app that wants one must be given one
            direction = Direction.BOTH
        return replace(
            rule, conflict=conflict, direction=direction, create_only=rule.left == "due" and self.create_only
        )


_partings = st.sampled_from([*Parting, Parting.DELETE])
_partings_of_sides = st.builds(PartingRules, on_left=_partings, on_right=_partings)
NOT_BLUE = SideFilter(every=(FilterRule("labels", Operator.IS_NOT, ("blau",)),))
"""Which items a history may leave out: those with one of the labels."""
_filters = _seldom.map(lambda seldom: NOT_BLUE if seldom else SideFilter())

rules = st.builds(
    Drawn,
    conflicts=st.tuples(*[_policies] * 5),
    directions=st.tuples(*[_often_both] * 5),
    create_only=_seldom,
    creates=_often_both,
    comments=st.builds(
        CommentRules,
        direction=_often_both_or_none,
        private=st.sampled_from([PrivateComments.KEEP, *PrivateComments]),
        edits=st.booleans(),
        deletions=_often,
    ),
    attachments=st.builds(
        AttachmentRules,
        direction=_often_both_or_none,
        max_bytes=st.sampled_from([1000, 1_000_000]),
        deletions=_often,
    ),
    deletions=_partings_of_sides,
    scope=st.builds(ScopeRules, left=_filters, right=_filters, leaving=_partings_of_sides),
    guard=st.sampled_from([GuardRules(), GuardRules(), GuardRules(partings=0, rewrites=1000, least=1)]),
)


def _story(several: Sequence[tuple[int, Fate]]) -> list[Fate]:
    return [fate for wait, bad in several for fate in [Fate.WELL] * wait + [bad]]


troubles = st.lists(st.tuples(st.integers(0, 14), st.sampled_from(MISFORTUNES)), min_size=1, max_size=4).map(_story)


def create_values(title: str, body: Value, tags: Value, due: Value) -> dict[str, Value]:
    """A new item as a person fills it in; what they leave out is not there at all."""
    values: dict[str, Any] = {"title": title, "text": body, "status": "1", "labels": tags, "due": due}
    return {name: value for name, value in values.items() if value is not None}
