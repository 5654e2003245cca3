"""Histories in which an app's clock is wrong for a while, and the law that no cursor goes by it.

An app may date what changes ahead of the time that it tells (one of its machines, an import), or tell the wrong time,
too, and have its clock put back later. It must repair none of them by itself.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from server.domain.item import Side
from tests.property.drawn import Drawn, both_quirks, rules
from tests.property.histories import Histories
from tests.property.world import World

_sides = st.sampled_from(Side)
_MONTH = 30 * 24 * 3600
_NOTABLE = 60


def check_cursors(world: World) -> None:
    """No cursor stands beyond its app's own clock, but for the few seconds that a clock is put back."""
    for row in world.rows("select side, at from cursors where integration_id = :integration"):
        clock = world.app(Side(row.side)).clock
        away = (row.at - clock).total_seconds()
        assert away < _NOTABLE, f"the cursor of {row.side} is at {row.at}, its app at {clock}"


def check_told(world: World) -> None:
    """Whoever is dated beyond the app's clock was told."""
    rows = world.rows(
        "select side, item_id from events where integration_id = :integration and summary like '% dated %'"
    )
    told = {(row.side, row.item_id) for row in rows}
    for side in Side:
        app = world.app(side)
        for record in app.listed():
            if (record.updated - app.clock).total_seconds() >= _NOTABLE:
                assert (side.value, record.id) in told, f"{record.key} is dated {record.updated}, and nobody was told"


class DatedHistories(Histories):
    """All that people do in other histories, by clocks that are wrong for a while."""

    meets = Histories.meets | {"a date in the future"}

    @initialize(rules=rules, quirks=both_quirks, hurries=st.booleans(), in_step=st.booleans(), confesses=st.booleans())
    def begin_dated(
        self,
        rules: Drawn,
        quirks: dict[str, Any],
        hurries: bool,  # noqa: FBT001 - drawn
        in_step: bool,  # noqa: FBT001 - drawn
        confesses: bool,  # noqa: FBT001 - drawn
    ) -> None:
        # Without a place for our correlation id a lost twin is looked for by the app's own time.
        marked = {"left_marks_items": True, "right_marks_items": True}
        self.open(rules, quirks | marked | {"confesses": confesses}, hurries=hurries)
        self.world.keeps_time = True
        if in_step:
            self.come_in_step()

    begin = None  # type: ignore[assignment]  # histories begin with the clocks above

    @rule(side=_sides, seconds=st.sampled_from([5, 90, 3600, _MONTH]))
    def clock_goes_wrong(self, side: Side, seconds: int) -> None:
        """From now on what changes is dated ahead."""
        self.world.app(side).ahead = seconds

    @rule(side=_sides)
    def clock_is_put_right(self, side: Side) -> None:
        """What was dated ahead stays so."""
        self.world.app(side).ahead = 0

    def teardown(self) -> None:
        """The clocks are put right, and a pass sees it; then the laws are those of all histories."""
        if not hasattr(self, "world"):
            return
        for side in Side:
            self.world.app(side).ahead = 0
        self.world.settle()
        check_cursors(self.world)
        check_told(self.world)
        self.world.keeps_time = False
        super().teardown()

    def meeting(self) -> set[str]:
        """Also whether anything was dated so far ahead that it was told."""
        told = self.world.rows(
            "select 1 from events where integration_id = :integration and summary like '% dated %' limit 1"
        )
        return super().meeting() | ({"a date in the future"} if told else set())
