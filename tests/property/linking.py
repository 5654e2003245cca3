"""Histories whose items are linked and have parents; it must not judge, that is what the laws are for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from server.domain.item import PARENT, Side
from server.domain.mapping import Direction
from server.domain.rules import LinkRules
from tests.property.drawn import Drawn, both_quirks, rules
from tests.property.histories import Histories
from tests.property.model import BLOCKED, BLOCKS, RELATES
from tests.property.relations import KINDS

_often_both = st.sampled_from([Direction.BOTH] * 4 + [Direction.TO_RIGHT, Direction.TO_LEFT])
link_rules = st.builds(LinkRules, _often_both, _often_both | st.none(), st.just(KINDS))
_sides = st.sampled_from(Side)
_kinds = st.sampled_from([RELATES, BLOCKS, BLOCKED, PARENT])


class LinkedHistories(Histories):
    """All that people do in other histories, and links besides."""

    meets = Histories.meets | {"a link"}

    @initialize(rules=rules, quirks=both_quirks, hurries=st.booleans(), in_step=st.booleans(), links=link_rules)
    def begin_linked(
        self,
        rules: Drawn,
        quirks: dict[str, Any],
        hurries: bool,  # noqa: FBT001 - drawn
        in_step: bool,  # noqa: FBT001 - drawn
        links: LinkRules,
    ) -> None:
        self.open(replace(rules, links=links), quirks, hurries=hurries)
        for side in Side:
            app = self.world.app(side)
            mine = sorted(app.records, key=int)
            mine.append(app.person_creates({"title": f"linked {side}", "text": "", "status": "1"}))
            app.person_links(mine[0], RELATES, mine[1])
            app.person_links(mine[0], PARENT, mine[1])
        if in_step:
            self.come_in_step()

    begin = None  # type: ignore[assignment]  # histories begin with the links above

    @precondition(lambda self: min(len(self.world.app(side).records) for side in Side) > 1)
    @rule(side=_sides, kind=_kinds, data=st.data())
    def relate(self, side: Side, kind: str, data: Any) -> None:
        """A person links two items, or puts one below the other."""
        records = sorted(self.world.app(side).records, key=int)
        ends = data.draw(st.lists(st.sampled_from(records), min_size=2, max_size=2, unique=True))
        self.world.app(side).person_links(ends[0], kind, ends[1])
        self.world.app(side).met["a link"] += 1

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, data=st.data())
    def part(self, side: Side, data: Any) -> None:
        """A person takes a link away, or a parent."""
        app = self.world.app(side)
        there = [
            (one.id, link.kind, link.target) for one in app.records.values() for link in sorted(one.links, key=str)
        ]
        there += [(one.id, PARENT, one.parent) for one in app.records.values() if one.parent is not None]
        if there:
            app.person_unlinks(*data.draw(st.sampled_from(there)))
