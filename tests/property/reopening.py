"""Histories of apps that open an item for a comment of ours, and the laws that this is put back and nobody's edit."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from server.domain.item import Side
from server.domain.mapping import Direction
from server.domain.rules import Parting
from tests.property.drawn import Drawn, both_quirks, rules
from tests.property.histories import Histories
from tests.property.model import MISFORTUNES, Fate
from tests.property.sight import Sight, Twins, look
from tests.property.world import World

_sides = st.sampled_from(Side)
_apps = st.sampled_from([(True, False), (False, True), (True, True)])
_DONE = "2"


def check_put_back(sight: Sight) -> None:
    """No item stays open for what we said or attached there."""
    for twins in sight.twins:
        for side in Side:
            record = twins.on(side)
            still = {there: one for there, one in record.moved.items() if one != record.fields.get("status")}
            assert not still, f"{record.key} was {still}, and was opened for us: {record}; {sight.world.history()}"


def check_status_typed(sight: Sight) -> None:
    """The status that a person set last, on one of two items, stands on both; nobody set what an app opened."""
    document = sight.world.document
    travels = [one for one in document.types[0].fields if one.left == "status" and one.direction is Direction.BOTH]
    closes = any(one.on(side) is Parting.CLOSE for one in (document.deletions, document.scope.leaving) for side in Side)
    if not travels or closes:
        return
    clashes = {row.pair for row in sight.world.rows(_CLASHES)}
    for twins in sight.twins:
        if twins.pair not in clashes and sight.carries(twins):
            _check_typed(twins)


_CLASHES = (
    "select pair_id::text as pair from conflicts where field_left = 'status'"
    " and pair_id in (select id from pairs where integration_id = :integration)"
)


def _check_typed(twins: Twins) -> None:
    every = sorted((one for side in Side for one in twins.on(side).typed.get("status", [])), key=lambda one: one.number)
    if not every or any(one.number in twins.on(side).unknowable for one in every for side in Side):
        return
    held = {twins.on(side).fields.get("status") for side in Side}
    assert held == {every[-1].value}, f"“{every[-1].value}” was set last, and {held} stands there: {twins}"


def judge(world: World) -> None:
    """Both laws, once the world has come to rest."""
    sight = look(world)
    check_put_back(sight)
    check_status_typed(sight)


class ReopeningHistories(Histories):
    """All that people do in other histories, with items that are done, and apps that open them for us."""

    meets = Histories.meets | {"an item that was opened for us"}

    @initialize(rules=rules, quirks=both_quirks, hurries=st.booleans(), in_step=st.booleans(), apps=_apps)
    def begin_reopening(
        self,
        rules: Drawn,
        quirks: dict[str, Any],
        hurries: bool,  # noqa: FBT001 - drawn
        in_step: bool,  # noqa: FBT001 - drawn
        apps: tuple[bool, bool],
    ) -> None:
        self.open(rules, quirks | {"left_reopens": apps[0], "right_reopens": apps[1]}, hurries=hurries)
        for side in Side:
            [item] = self.world.app(side).records
            self._edit(side, item, "status", _DONE)
        if in_step:
            self.come_in_step()

    begin = None  # type: ignore[assignment]  # histories begin with what is done

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(
        side=_sides,
        wait=st.integers(0, 9),
        bad=st.sampled_from([Fate.LOST, Fate.KILLED_AFTER, Fate.KILLED_BEFORE, Fate.MEANWHILE, *MISFORTUNES]),
        value=st.sampled_from(["1", _DONE]),
        data=st.data(),
    )
    def speak_and_break(self, side: Side, wait: int, bad: Fate, value: str, data: Any) -> None:
        """Somebody says something about an item that is done, and the pass that carries it over breaks."""
        item_id = self._item(side, data)
        self._edit(side, item_id, "status", _DONE)
        self.world.sync(seconds=2)
        if item_id not in self.world.app(side).records:
            return
        self._count += 1
        self.world.app(side).person_comments(item_id, f"cömment {self._count}, and it is done", private=False)
        for each in Side:
            app = self.world.app(each)
            app.meanwhile = lambda one, each=each: self._interrupt(each, "status", value, one)  # type: ignore[misc]  # bound now
        self.world.sync([Fate.WELL] * wait + [bad])

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "world"):
            judge(self.world)
