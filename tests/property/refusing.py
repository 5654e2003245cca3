"""Histories with apps that refuse single values: laws of what is left out then, and of how often it is asked for."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from server.domain.item import Side
from server.domain.mapping import Direction
from server.domain.values import Value
from tests.property.drawn import Drawn, both_quirks, rules
from tests.property.histories import Histories
from tests.property.sight import Sight, look
from tests.property.world import World

NEVER = (("due", "2031-01-31"), ("labels", "été"), ("text", "plain"))
"""Values of the histories that an app may refuse in any item of ours."""
_refused = st.frozensets(st.sampled_from(NEVER), min_size=1)


def check_left_out(sight: Sight) -> None:
    """Promise 6: what stands on one side and is refused by the other is said in a hold; it never counts as carried."""
    for twins in sight.twins:
        if not sight.carries(twins) or any(sight.poisoned(side, twins.on(side)) for side in Side):
            continue
        told = sight.told(twins)
        for rule in sight.world.document.types[0].fields:
            if (
                rule.direction is not Direction.BOTH
                or rule.create_only
                or (twins.pair, rule.left) in sight.open_conflicts
            ):
                continue
            for side in Side:
                mine, theirs = (
                    _bad(sight, side, twins.on(one).fields.get(rule.left), rule.left) for one in (side, side.other)
                )
                assert told or not mine - theirs, (
                    f"{mine - theirs} of {rule.left} stays on {side}, and no hold says so: {twins}"
                )


def _bad(sight: Sight, side: Side, value: Value, name: str) -> set[Value]:
    """What of a value the app on the other side of ``side`` refuses."""
    members = value if isinstance(value, tuple) else (value,)
    return {one for one in members if (name, one) in sight.world.app(side.other).refuses_values}


def check_asked_once(world: World) -> None:
    """What was refused is not written again for a comment, which it does not depend on, nor for nothing."""
    again = refused_beside_comments(world)
    assert not any(again.values()), f"refused writes were sent again: {again}"


def refused_beside_comments(world: World) -> dict[Side, list[str]]:
    """What is refused in a few passes in which nothing is new but a comment on each item."""
    before = {side: len(world.app(side).refusals) for side in Side}
    for side in Side:
        for item_id in list(world.app(side).records):
            world.app(side).person_comments(item_id, f"one more thing on {side}", private=False)
    for _ in range(3):
        world.sync(seconds=2)
    return {side: world.app(side).refusals[before[side] :] for side in Side}


class RefusingHistories(Histories):
    """All that people do in other histories, with apps that do not take every value."""

    meets = Histories.meets | {"a refused field"}

    @initialize(
        rules=rules,
        quirks=both_quirks,
        hurries=st.booleans(),
        in_step=st.booleans(),
        left=_refused | st.just(frozenset()),
        right=_refused,
        names=st.booleans(),
        touches=st.booleans(),
    )
    def begin_refusing(
        self,
        rules: Drawn,
        quirks: dict[str, Any],
        hurries: bool,  # noqa: FBT001 - drawn
        in_step: bool,  # noqa: FBT001 - drawn
        left: frozenset[tuple[str, Value]],
        right: frozenset[tuple[str, Value]],
        names: bool,  # noqa: FBT001 - drawn
        touches: bool,  # noqa: FBT001 - drawn
    ) -> None:
        more = {"left_refuses_values": left, "right_refuses_values": right, "names_fields": names}
        self.open(rules, quirks | more | {"refusing_touches": touches}, hurries=hurries)
        if in_step:
            self.come_in_step()

    begin = None  # type: ignore[assignment]  # histories begin with what is refused above

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "world"):
            check_left_out(look(self.world))
            check_asked_once(self.world)
