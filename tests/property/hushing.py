"""Histories in which people make items private and let everybody see them again; the law of what is said in between."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from server.domain.item import Side
from server.domain.rules import AudienceRules, GuardRules, Parting, PartingRules, Restricted
from tests.property.drawn import Drawn, both_quirks, rules
from tests.property.histories import Histories
from tests.property.laws import pairs
from tests.property.model import Fate, ModelApp
from tests.property.world import World

_sides = st.sampled_from(Side)
_parting = st.sampled_from([Parting.IGNORE, Parting.NOTE, Parting.CLOSE])
audience_rules = st.builds(
    AudienceRules,
    st.sampled_from([Restricted.STAY] * 4 + [Restricted.OPEN]),
    st.sampled_from([Restricted.STAY] * 4 + [Restricted.OPEN]),
    st.builds(PartingRules, _parting, _parting),
)

Whispers = dict[tuple[Side, str], list[str]]
"""The words that were said on an item since it is private, by side and id."""


def check_hushed(world: World, whispers: Whispers) -> None:
    """What an item said since it became private is nowhere on the other side, nor on record here."""
    record = world.history()
    for (side, item_id), words in whispers.items():
        if world.document.audience.on(side) is not Restricted.STAY:
            continue
        there = everything_on(world.app(side.other))
        for word in words:
            assert word not in there, f"{side} {item_id} said “{word}” in private, and {side.other} has it"
            assert word not in record, f"{side} {item_id} said “{word}” in private, and it is on record"


def everything_on(app: ModelApp) -> str:
    """All that the items of an app say and ever said, as text."""
    every = [*app.records.values(), *app.deleted.values()]
    return repr([(one.fields, one.comments, one.attachments, one.dropped, one.removed) for one in every])


class HushedHistories(Histories):
    """All that people do in other histories; besides, items become private, and our account loses sight of some."""

    meets = Histories.meets | {"a private item", "a twin made private", "a word in private", "an item out of sight"}
    meets |= {"an item made private in a pass"}

    @initialize(rules=rules, quirks=both_quirks, hurries=st.booleans(), in_step=st.booleans(), audience=audience_rules)
    def begin_hushed(
        self,
        rules: Drawn,
        quirks: dict[str, Any],
        hurries: bool,  # noqa: FBT001 - drawn
        in_step: bool,  # noqa: FBT001 - drawn
        audience: AudienceRules,
    ) -> None:
        self.whispers: Whispers = defaultdict(list)
        self.open(rules, quirks | {"restricts": True}, hurries=hurries)
        # What stops travelling is not guarded, and the law of the guard counts every parting.
        self.world.document = replace(self.world.document, audience=audience, guard=GuardRules())
        if in_step:
            self.come_in_step()

    begin = None  # type: ignore[assignment]  # histories begin with who may see what

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, private=st.booleans(), data=st.data())
    def restrict(self, side: Side, private: bool, data: Any) -> None:  # noqa: FBT001 - drawn
        """A person makes an item private, or lets everybody see it."""
        item = self._item(side, data)
        self.world.app(side).person_restricts(item, restricted=private)
        if private:
            self._count_private(side, item)
        if not private:
            self.whispers.pop((side, item), None)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, how=st.sampled_from(["title", "text", "comment", "file", "label"]), data=st.data())
    def whisper(self, side: Side, how: str, data: Any) -> None:
        """A person says something on an item that is private, or is made so for it."""
        app = self.world.app(side)
        private = [one.id for one in app.records.values() if one.fields.get("private")]
        if not private:
            private = [self._item(side, data)]
            app.person_restricts(private[0], restricted=True)
        self._count += 1
        item, word = data.draw(st.sampled_from(sorted(private, key=int))), f"whisper{self._count}."
        if how == "comment":
            app.person_comments(item, word, private=False)
        elif how == "file":
            app.person_attaches(item, word, word.encode())
        elif self._may_edit(side, item):
            app.person_edits(item, "labels" if how == "label" else how, (word,) if how == "label" else word)
        self.whispers[side, item].append(word)
        app.met["a word in private"] += 1

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(wait=st.integers(0, 14), trigger=st.sampled_from(["poll", "poll", "scan"]), data=st.data())
    def pass_while_it_becomes_private(self, wait: int, trigger: str, data: Any) -> None:
        """In the middle of a pass an item becomes private, and somebody says something on it at once."""
        items = {side: self._item(side, data) for side in Side}
        for side in Side:
            self.world.app(side).meanwhile = partial(self._hush, side, items[side])
        self.world.sync([Fate.WELL] * wait + [Fate.MEANWHILE], trigger=trigger)

    def _count_private(self, side: Side, item: str) -> None:
        twins = pairs(self.world)
        known = item in (twins if side is Side.LEFT else twins.values())
        self.world.app(side).met["a twin made private" if known else "a private item"] += 1

    def _hush(self, side: Side, item: str, _asked_for: str) -> None:
        app = self.world.app(side)
        if item not in app.records:
            return
        self._count += 1
        word = f"whisper{self._count}."
        app.person_restricts(item, restricted=True)
        app.person_comments(item, word, private=False)
        self.whispers[side, item].append(word)
        app.met["an item made private in a pass"] += 1
        self._count_private(side, item)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, data=st.data())
    def lose_sight(self, side: Side, data: Any) -> None:
        """Our account may not see an item any more."""
        self.world.app(side).hidden.add(self._item(side, data))
        self.world.app(side).met["an item out of sight"] += 1

    @rule(side=_sides)
    def regain_sight(self, side: Side) -> None:
        """Our account may see everything again."""
        self.world.app(side).hidden.clear()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            for side in Side:
                self.world.app(side).hidden.clear()
        super().teardown()
        if hasattr(self, "world"):
            check_hushed(self.world, self.whispers)
