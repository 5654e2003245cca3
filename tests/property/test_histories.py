"""Random histories: people edit both sides while answers are lost, apps refuse and the process dies at any step."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from server.domain.item import Side
from server.domain.values import Value
from tests.property import laws
from tests.property.model import Fate
from tests.property.world import Stage, World

HISTORIES = int(os.environ.get("LOCKSTEP_HISTORIES", "150"))
# Shrinking a history replays it hundreds of times; ask for it when hunting.
PHASES = tuple(Phase) if "LOCKSTEP_SHRINK" in os.environ else (Phase.explicit, Phase.reuse, Phase.generate)
sides = st.sampled_from(Side)
texts = st.sampled_from(["", "plain", "*bold*", "ünï 漢字 🚀", "<b>&amp;</b>", "a\n\nb", "  spaced  ", "x" * 500])
labels = st.lists(st.sampled_from(["red", "blau", "été"]), unique=True, max_size=3)
misfortunes = st.tuples(st.integers(0, 14), st.sampled_from([one for one in Fate if one is not Fate.WELL]))
troubles = st.lists(misfortunes, min_size=1, max_size=4).map(
    lambda several: [fate for wait, bad in several for fate in [Fate.WELL] * wait + [bad]]
)


class Histories(RuleBasedStateMachine):
    """People and misfortune, in any order; the laws are checked once it is over."""

    stage: Stage
    world: World

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._typed: dict[tuple[Side, str], str] = {}
        self._owed: set[str] = set()

    @initialize(
        marks=st.tuples(st.booleans(), st.booleans()),
        notes=st.tuples(st.booleans(), st.booleans()),
        trims=st.booleans(),
    )
    def begin(self, marks: tuple[bool, bool], notes: tuple[bool, bool], trims: bool) -> None:  # noqa: FBT001 - drawn
        self.world = self.stage.world(
            left_marks_items=marks[0],
            right_marks_items=marks[1],
            left_marks_comments=notes[0],
            right_marks_comments=notes[1],
            right_trims=trims,
            right_fills_dates=trims,
        )
        for side in Side:
            self.create(side, "plain", ["red"])

    def _item(self, side: Side, data: Any) -> str:
        return str(data.draw(st.sampled_from(sorted(self.world.app(side).records, key=int))))

    def _editable(self, side: Side, data: Any) -> str | None:
        """An item whose title and text a person may change.

        Where an app has no place for our correlation id, a twin whose creation was cut off is known by its title and
        text alone: a person who changes them before the next pass makes it a stranger. That limit is on record
        (server/README.md, decision 9; the connection's check warns of it), so such items are left out here.
        """
        item_id = self._item(side, data)
        app = self.world.app(side)
        if app.marks_items or not app.records[item_id].ours:
            return item_id
        linked = laws.pairs(self.world)
        return item_id if item_id in (linked if side is Side.LEFT else linked.values()) else None

    @rule(side=sides, text=texts, tags=labels)
    def create(self, side: Side, text: str, tags: list[str]) -> None:
        self._count += 1
        title = f"item {self._count}"
        values: dict[str, Value] = {"title": title, "text": text, "status": "1", "labels": tuple(sorted(tags))}
        self.world.app(side).person_creates(values)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=sides, data=st.data())
    def retitle(self, side: Side, data: Any) -> None:
        item_id = self._editable(side, data)
        if item_id is None:
            return
        self._count += 1
        title = f"title {self._count}"
        self._owed.discard(self._typed.get((side, item_id), ""))
        self._typed[side, item_id] = title
        self._owed.add(title)
        self.world.app(side).person_edits(item_id, "title", title)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=sides, name=st.sampled_from(["text", "status", "labels"]), data=st.data())
    def edit(self, side: Side, name: str, data: Any) -> None:
        tags = labels.map(lambda some: tuple(sorted(some)))
        choices = {"text": texts, "status": st.sampled_from(["1", "2"]), "labels": tags}
        item_id = self._editable(side, data)
        value = data.draw(choices[name])
        if item_id is not None:
            self.world.app(side).person_edits(item_id, name, value)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=sides, private=st.booleans(), data=st.data())
    def comment(self, side: Side, private: bool, data: Any) -> None:  # noqa: FBT001 - drawn
        self._count += 1
        self.world.app(side).person_comments(self._item(side, data), f"cömment {self._count} <&> *x*.", private=private)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=sides, size=st.sampled_from([0, 1, 3000]), data=st.data())
    def attach(self, side: Side, size: int, data: Any) -> None:
        self._count += 1
        content = f"{self._count}:".encode() + b"\0" * size
        self.world.app(side).person_attaches(self._item(side, data), f"fïle {self._count}.txt", content)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=sides, data=st.data())
    def delete(self, side: Side, data: Any) -> None:
        item_id = self._item(side, data)
        self._owed.discard(self._typed.get((side, item_id), ""))
        linked = laws.pairs(self.world)
        twins = linked if side is Side.LEFT else {right: left for left, right in linked.items()}
        self._owed.discard(self._typed.get((side.other, twins.get(item_id, "")), ""))
        self.world.app(side).person_deletes(item_id)

    @rule()
    def time_goes_by(self) -> None:
        for side in Side:
            self.world.app(side).tick()

    @rule()
    def pass_in_peace(self) -> None:
        self.world.sync()

    @rule(fates=troubles)
    def pass_in_trouble(self, fates: list[Fate]) -> None:
        self.world.sync(fates)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        laws.check_all(self.world)
        shown = {str(one.fields.get("title")) for side in Side for one in self.world.app(side).records.values()}
        record = self.world.history()
        # Promise 3: what a person typed is on both sides (the laws above), or in the history.
        lost = {title for title in self._owed if title not in shown and f'"{title}"' not in record}
        assert not lost, f"edits that are nowhere: {lost}; {record}"


@pytest.mark.postgres
def test_every_history_keeps_the_promises(stage: Stage) -> None:
    machine = type("HistoriesOnStage", (Histories,), {"stage": stage})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
            derandomize="LOCKSTEP_HISTORIES" not in os.environ,
        ),
    )
