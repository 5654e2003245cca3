"""Histories of apps that work a value out by themselves, and the law that it takes no typed value's place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from server.domain.item import PARENT, Side
from server.domain.mapping import Direction
from server.domain.rules import LinkRules
from tests.property.drawn import Drawn, both_quirks, rules
from tests.property.linking import LinkedHistories
from tests.property.refusing import refused_beside_comments
from tests.property.relations import KINDS
from tests.property.sight import Sight, Twins, look
from tests.property.world import World

_sides = st.sampled_from(Side)
_apps = st.sampled_from([(True, False), (False, True), (True, True)])
_days = st.sampled_from([None, "2026-11-23", "2031-01-31", "2031-02-28"])


def check_typed_stands(sight: Sight) -> None:
    """A day that a person typed last, on one of two items, stands there whatever the other's app works out."""
    [rule_] = [one for one in sight.world.document.types[0].fields if one.left == "due"]
    if rule_.direction is not Direction.BOTH or rule_.create_only:
        return
    clashes = {row.pair for row in sight.world.rows(_CLASHES)}
    for twins in sight.twins:
        if twins.pair not in clashes and sight.carries(twins):
            for side in Side:
                _check_typed(sight, twins, side)


_CLASHES = (
    "select pair_id::text as pair from conflicts where field_left = 'due'"
    " and pair_id in (select id from pairs where integration_id = :integration)"
)


def _check_typed(sight: Sight, twins: Twins, side: Side) -> None:
    mine, theirs = twins.on(side), twins.on(side.other)
    typed, later = mine.typed.get("due", []), theirs.typed.get("due", [])
    if not typed or typed[-1].number in mine.unknowable or mine.derived:
        return
    if later and later[-1].number > typed[-1].number:
        return
    there = sight.kept("due", mine.fields.get("due"))
    assert there == sight.kept("due", typed[-1].value), (
        f"“{typed[-1].value}” was typed into {mine.key}, and “{there}” of an app stands there: {mine}, {theirs}"
    )


def check_never_written(world: World) -> None:
    """What an app works out by itself is not written there for a comment, nor for nothing."""
    after = refused_beside_comments(world)
    vain = [words for words in [*after[Side.LEFT], *after[Side.RIGHT]] if "worked out" in words]
    assert not vain, f"written although it is worked out: {vain}"


class ComputingHistories(LinkedHistories):
    """All that people do in histories of linked items, with apps in which what is below decides about what is above."""

    @initialize(rules=rules, quirks=both_quirks, hurries=st.booleans(), in_step=st.booleans(), apps=_apps)
    def begin_computing(
        self,
        rules: Drawn,
        quirks: dict[str, Any],
        hurries: bool,  # noqa: FBT001 - drawn
        in_step: bool,  # noqa: FBT001 - drawn
        apps: tuple[bool, bool],
    ) -> None:
        links = LinkRules(Direction.BOTH, Direction.BOTH, KINDS)
        derives = {"left_derives": apps[0], "right_derives": apps[1]}
        self.open(replace(rules, links=links), quirks | derives, hurries=hurries)
        for side in Side:
            app = self.world.app(side)
            above, below = (
                app.person_creates({"title": f"{name} {side}", "text": "", "status": "1", "due": due})
                for name, due in (("above", "2031-01-31"), ("below", "2026-11-23"))
            )
            app.person_links(below, PARENT, above)
        if in_step:
            self.come_in_step()

    begin_linked = None  # type: ignore[assignment]  # histories begin with what is above

    @rule(side=_sides, due=_days, data=st.data())
    def date(self, side: Side, due: str | None, data: Any) -> None:
        """A person gives an item another due day, or none."""
        if self.world.app(side).records:
            self._edit(side, self._item(side, data), "due", due)

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "world"):
            check_typed_stands(look(self.world))
            check_never_written(self.world)
