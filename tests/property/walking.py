"""Histories in which people work while a list is walked, items cannot be read, and log-in pages come; no judging here.

A list is old by the time its items are read: what was changed meanwhile, in front of the place or behind it, must not
wait for a full scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from server.domain.item import Side
from tests.property import laws
from tests.property.drawn import TITLES, Drawn, both_quirks, create_values, rules
from tests.property.edits import check_no_lost_edit
from tests.property.histories import Histories
from tests.property.model import MISFORTUNES, Fate
from tests.property.sight import look

_sides = st.sampled_from(Side)
_acts = st.lists(st.tuples(_sides, st.booleans(), st.integers(0, 5), st.integers(0, 4)), min_size=1, max_size=5)
"""What people do while a pass goes on: on which side, whether they make an item or edit one, which, seconds later."""
_walls = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([Fate.WALLED, Fate.WALLED, Fate.CUT, Fate.CUT, *MISFORTUNES])),
    min_size=1,
    max_size=4,
).map(lambda several: [fate for wait, bad in several for fate in [Fate.WELL] * wait + [bad]])


class WalkedHistories(Histories):
    """All that people do in other histories, and more of it while a pass is under way."""

    meets = Histories.meets | {"a log-in page for a write", "a log-in page for a read", "an item that cannot be read"}

    @initialize(rules=rules, quirks=both_quirks, hurries=st.booleans(), in_step=st.booleans())
    def begin_walked(self, rules: Drawn, quirks: dict[str, Any], hurries: bool, in_step: bool) -> None:  # noqa: FBT001 - drawn
        self.open(rules, quirks | {"left_rereads": True, "right_rereads": True}, hurries=hurries)
        for number in range(4):
            self.create(Side.LEFT, TITLES[0], f"body {number}", None, None)
            self.world.tick()
        if in_step:
            self.come_in_step()

    begin = None  # type: ignore[assignment]  # these histories have lists that are worth walking

    @rule(acts=_acts, fates=st.just([]) | _walls)
    def pass_while_people_work(self, acts: Sequence[tuple[Side, bool, int, int]], fates: list[Fate]) -> None:
        """Before each part of a list is read somebody does something, on either side."""
        doing = iter(acts)
        for side in Side:
            self.world.app(side).between = lambda: self._act(doing)
        self.world.sync(fates)
        for side in Side:
            self.world.app(side).between = lambda: None

    def _act(self, doing: Iterator[tuple[Side, bool, int, int]]) -> None:
        side, makes, which, seconds = next(doing, (None, False, 0, 0))
        if side is None:
            return
        self.world.tick(seconds)
        app = self.world.app(side)
        items = sorted(app.records, key=int)
        if makes or not items:
            app.person_creates(create_values(self._title(TITLES[0]), "made meanwhile", None, None))
        else:
            self._count += 1
            item_id = items[which % len(items)]
            if self._may_edit(side, item_id):
                app.meanwhile = lambda one: app.person_edits(one, "text", f"typed meanwhile {self._count}")
                app.interrupt(item_id)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, there=st.booleans(), data=st.data())
    def garble(self, side: Side, there: bool, data: Any) -> None:  # noqa: FBT001 - drawn
        """Something of an item cannot be read, or can be again."""
        app = self.world.app(side)
        broken = sorted(app.illegible & app.records.keys(), key=int)
        if there or broken:
            app.person_garbles(self._item(side, data) if there else broken[0], there=there)
            app.met["an item that cannot be read"] += 1

    def teardown(self) -> None:
        if hasattr(self, "world"):
            for side in Side:
                app = self.world.app(side)
                for one in sorted(app.illegible & app.records.keys(), key=int):
                    app.person_garbles(one, there=False)
            self.world.settle()
            sight = look(self.world)
            laws.check_mirrors(sight)
            check_no_lost_edit(sight)
            check_seen(sight.world)
        super().teardown()


def check_seen(world: Any) -> None:
    """Promise 4, without a full scan: whatever was made while a list was walked is known, or told."""
    paired = world.rows("select left_id, right_id from pairs where integration_id = :integration")
    held = world.rows("select side, item_id from holds where integration_id = :integration")
    known = {(side, each) for one in paired for side, each in ((Side.LEFT, one.left_id), (Side.RIGHT, one.right_id))}
    known |= {(Side(one.side), one.item_id) for one in held}
    for side in Side:
        app = world.app(side)
        for record in app.records.values():
            assert (side, record.id) in known or record.container != app.name, f"{record.key} was never seen"
