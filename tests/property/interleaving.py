"""Random histories of several integrations at work at the same moment: whole passes of some in the midst of another's.

The laws are those of ``kindred``. No copy of a database is made: installations that share nothing but the apps are not
kept from making something at the same moment (``services/sync/makings``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.property import kindred
from tests.property import together as stages
from tests.property.kindred import KindredHistories, quirks_of, troubles
from tests.property.model import Fate
from tests.property.together import PLAIN, Together
from tests.property.world import Stage

_CHORD = (("left", "middle"), ("middle", "right"), ("right", "last"), ("last", "left"), ("left", "right"))
_MOST_POINTS = 30


def _chord(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.web(tenants[0], *_CHORD, **quirks)


def _star(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.web(tenants[0], ("middle", "left"), ("middle", "right"), ("middle", "last"), **quirks)


_OF_ONE_TENANT = (kindred.KINDS[0], _chord, _star)
WHAT = {_chord: "a chord", _star: "a star"} | {one: kindred.WHAT[one] for one in kindred.KINDS[:5]}
KINDS = tuple(WHAT)


class InterleavedHistories(KindredHistories):
    """People, and integrations that work in each other's midst."""

    meets: ClassVar[frozenset[str]] = frozenset({*WHAT.values(), "a pass in the midst of another"})

    def __init__(self) -> None:
        super().__init__()
        self._copied = True

    @initialize(kind=st.sampled_from(KINDS), quirks=quirks_of, mute=st.sets(st.integers(0, 3)))
    def begin(self, kind: Callable[..., Together], quirks: dict[str, Any], mute: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self._what = WHAT[kind]
        self.together = kind(self.tenants, quirks)
        for number, app in enumerate(self.together.apps):
            app.marks_items = kind not in _OF_ONE_TENANT or number not in mute
        self._count += 1
        self.together.apps[0].person_creates({**PLAIN, "title": "t0", "text": "the text of 0"})

    @rule(data=st.data())
    def edit(self, data: Any) -> None:
        """Nobody edits what may be in doubt and has no correlation id by which it would be found (decision 9)."""
        app = self._app(data, filled=True)
        there = [one for one in sorted(app.records, key=int) if app.marks_items or not app.records[one].ours]
        if there:
            self._count += 1
            app.person_edits(data.draw(st.sampled_from(there)), "text", f"edited {self._count}")

    @rule(data=st.data(), at=st.integers(1, _MOST_POINTS), several=st.integers(1, 4), fates=st.none() | troubles)
    def pass_in_the_midst(self, data: Any, at: int, several: int, fates: list[Fate] | None) -> None:
        outer = self._one(data)
        others = [one for one in range(len(self.together.worlds)) if one != outer]
        inner = [data.draw(st.sampled_from(others)) for _ in range(several)]
        if self.together.interrupted(outer, at, inner, fates):
            KindredHistories.met["a pass in the midst of another"] += 1
