"""Histories of values that are something else on the other side: days, cut texts, references, statuses over others.

What people type into them is drawn here, and how the two apps keep it; ``crossing_laws.py`` judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from server.domain.item import Side
from server.domain.mapping import FieldMapping, ValueMapping
from server.domain.syntax import AutoLink, Guard, Syntax
from server.domain.values import FieldKind, FieldSpec, LengthUnit, Option, TextFormat
from tests.property import crossing_laws as laws
from tests.property.crossing_laws import ZONES, Meant, beginning, fitting
from tests.property.drawn import Drawn, both_quirks, rules
from tests.property.histories import Histories
from tests.property.laws import pairs
from tests.property.sight import look
from tests.property.world import World

HASH = Syntax(
    (
        AutoLink(r"(?<![\w&#])#(?P<item>\d+)\b", Guard.JOINER),
        AutoLink(r"(?<![\w.@])@(?P<person>[a-z]+)", Guard.JOINER),
    ),
    item="#{id}",
    person="@{login}",
)
TILDE = Syntax(
    (
        AutoLink(r"(?<![\w~])~(?P<item>\d+)\b", Guard.JOINER),
        AutoLink(r"\[~(?P<person>[a-z]+)\]", Guard.JOINER),
    ),
    item="~{id}",
    person="[~{login}]",
)
SIGNS = ("a", "ß", "漢", "e\u0301", "🇩🇪", "👍🏽", "👨\u200d👩\u200d👧", "क\u094dष", "\u1100\u1161\u11a8")
"""What people see as one sign each, of one to five characters."""
DAYS = ("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-12-24", "2028-02-29")
"""Days on which clocks change somewhere, and others."""
_numbers = st.integers(1, 9).map(str)
_words = st.lists(
    st.sampled_from(["plain", "@alice", "[~alice]"])
    | _numbers.map("#{}".format)
    | _numbers.map("~{}".format)
    | _numbers.map("a#{}".format),
    min_size=1,
    max_size=4,
).map(" ".join)
_signs = st.lists(st.sampled_from(SIGNS), max_size=4) | st.lists(st.sampled_from(SIGNS), min_size=7, max_size=12)
_sides = st.sampled_from(Side)
_flows = st.sampled_from(["open", "blocked", "blocked, and goes back", "blocked, and says so"])
_limits = st.sampled_from([(20, LengthUnit.BYTES), (23, LengthUnit.BYTES), (6, LengthUnit.CHARACTERS)]) | st.tuples(
    st.integers(8, 11), st.just(LengthUnit.UTF16)
)


@dataclass(frozen=True, slots=True)
class Ways:
    """How the two apps of a history keep such values.

    ``moments``: the side that keeps days as moments, ``zone``: where its account is. ``short``: the side that keeps
    less of a text, ``most`` of ``unit``; ``refuses_long``: it says no to more, instead of cutting it. ``left`` and
    ``right``: what each links. ``over``: the side whose app takes a status over another one; None: neither does.
    """

    moments: Side = Side.RIGHT
    zone: str = "Europe/Berlin"
    short: Side = Side.RIGHT
    most: int = 20
    unit: LengthUnit = LengthUnit.BYTES
    refuses_long: bool = False
    left: Syntax = field(default_factory=lambda: HASH)
    right: Syntax = field(default_factory=lambda: HASH)
    over: Side | None = Side.RIGHT

    def furnish(self, world: World) -> None:
        """Give both apps these fields and habits, and the integration their mapping."""
        for side in Side:
            app = world.app(side)
            app.fields = (*(self._known(one, side) for one in app.fields), *self._fields(side))
            app.syntax = self.left if side is Side.LEFT else self.right
            app.over = "3" if side is self.over else ""
            app.zone = self.zone if side is self.moments else ""
            app.zones = ZONES if side is self.moments else ()
            app.refuses_long = self.refuses_long
        [type_] = world.document.types
        between = ValueMapping("3", "4") if self.over is Side.LEFT else ValueMapping("4", "3")
        status = FieldMapping("status", "status", values=(ValueMapping("1", "1"), ValueMapping("2", "2"), between))
        mine = [FieldMapping(name, name) for name in ("day", "note", "words")]
        fields = tuple(status if one.left == "status" else one for one in type_.fields)
        world.document = replace(world.document, types=(replace(type_, fields=(*fields, *mine)),))
        world.apart = laws.APART

    def _known(self, spec: FieldSpec, side: Side) -> FieldSpec:
        if spec.id != "status" or self.over is None:
            return spec
        return replace(spec, options=(*spec.options, Option("3" if side is self.over else "4", "Halfway")))

    def _fields(self, side: Side) -> tuple[FieldSpec, ...]:
        most = self.most if side is self.short else None
        return (
            FieldSpec("day", "Day", FieldKind.MOMENT if side is self.moments else FieldKind.DATE),
            FieldSpec("note", "Note", FieldKind.TEXT, max_length=most, length_unit=self.unit),
            FieldSpec("words", "Words", FieldKind.RICH_TEXT, text_format=TextFormat.PLAIN),
        )


ways = st.builds(
    Ways,
    moments=_sides,
    zone=st.sampled_from(ZONES),
    short=_sides,
    refuses_long=st.booleans(),
    left=st.sampled_from([HASH, TILDE]),
    right=st.sampled_from([HASH, HASH, TILDE, Syntax()]),
    over=st.sampled_from([Side.LEFT, Side.RIGHT]),
)


class CrossingHistories(Histories):
    """All that people do in other histories, and values that cross over into others."""

    meets = Histories.meets | {
        *("a status over another", "a way that breaks", "a way that is walked back", "a way known to be blocked"),
        *("a day and a moment", "an account in another zone", "a text that is cut"),
        *("a reference", "a mention", "a reference to a twin"),
    }

    @initialize(rules=rules, quirks=both_quirks, hurries=st.booleans(), in_step=st.booleans(), ways=ways, limit=_limits)
    def begin_crossing(
        self,
        rules: Drawn,
        quirks: dict[str, Any],
        hurries: bool,  # noqa: FBT001 - drawn
        in_step: bool,  # noqa: FBT001 - drawn
        ways: Ways,
        limit: tuple[int, LengthUnit],
    ) -> None:
        self.ways = replace(ways, most=limit[0], unit=limit[1])
        self.meant = Meant(self.ways.moments, self.ways.short, *limit)
        self.open(rules, quirks | {"left_lag": 0, "right_lag": 0}, hurries=hurries)
        self.ways.furnish(self.world)
        if in_step:
            self.come_in_step()

    begin = None  # type: ignore[assignment]  # histories begin with such apps

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, day=st.sampled_from([None, *DAYS]), zone=st.sampled_from(ZONES), data=st.data())
    def type_a_day(self, side: Side, day: str | None, zone: str, data: Any) -> None:
        """A person says which day, wherever they are."""
        moment = day is not None and side is self.ways.moments
        self._type(side, "day", beginning(day, zone) if moment and day is not None else day, day, data)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, signs=_signs, data=st.data())
    def type_a_note(self, side: Side, signs: Sequence[str], data: Any) -> None:
        """A person writes a note, no longer than the app's form takes."""
        if side is self.ways.short:
            signs = fitting(signs, self.ways.most, self.ways.unit)
        self.meant.signs["".join(signs)] = tuple(signs)
        self._type(side, "note", "".join(signs), "".join(signs), data)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, words=_words, data=st.data())
    def type_words(self, side: Side, words: str, data: Any) -> None:
        """A person writes of items and people."""
        self._type(side, "words", words, words, data)

    @precondition(lambda self: self.world.left.records and self.world.right.records)
    @rule(side=_sides, words=_words, data=st.data())
    def write_of_a_twin(self, side: Side, words: str, data: Any) -> None:
        """A person names an item that has a twin, as the app links it."""
        form = self.world.app(side).syntax.item or "#{id}"
        known = self._twins(side)
        if known:
            text = f"{form.format(id=data.draw(st.sampled_from(known)))} {words}"
            self._type(side, "words", text, text, data)

    @rule(flow=_flows, data=st.data())
    def go_a_way(self, flow: str, data: Any) -> None:
        """A person sets a status that the other app reaches over another one, where it does."""
        side = self.ways.over.other if self.ways.over is not None else Side.LEFT
        known = self._twins(side)
        if known:
            item, app = data.draw(st.sampled_from(known)), self.world.app(side)
            self.change_the_workflow(flow)
            self._edit(side, item, "status", "1" if app.records[item].fields.get("status") == "2" else "2")
            self.world.sync()

    def _twins(self, side: Side) -> list[str]:
        """The items of a side that are there and have a twin."""
        linked = pairs(self.world)
        known = linked if side is Side.LEFT else linked.values()
        return sorted(self.world.app(side).records.keys() & set(known), key=int)

    def _type(self, side: Side, name: str, value: str | None, meant: str | None, data: Any) -> None:
        item, app = self._item(side, data), self.world.app(side)
        if self._may_edit(side, item):
            app.person_edits(item, name, value)
            typed = app.records[item].typed.get(name)
            if typed:
                self.meant.typed(typed[-1].number, meant, pairs(self.world) if name == "words" else {})

    @rule(zone=st.sampled_from(ZONES))
    def the_account_moves(self, zone: str) -> None:
        """From now on our account reads days in another zone."""
        app = self.world.app(self.ways.moments)
        app.met["an account in another zone"] += app.zone != zone
        app.zone = zone

    @rule(flow=_flows)
    def change_the_workflow(self, flow: str) -> None:
        """No status is reached over the other any more, or each is again."""
        for side in Side:
            app = self.world.app(side)
            app.blocked = bool(app.over) and flow != "open"
            app.tells_blocks, app.walks_back = flow == "blocked, and says so", flow == "blocked, and goes back"

    @invariant()
    def nobody_gets_a_status_that_was_never_typed(self) -> None:
        """Promise 3 for statuses, after each step: see the law."""
        if hasattr(self, "world"):
            laws.check_halfway(self.world)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            laws.check_tries_end(self.world)
            for side in Side:
                self.world.app(side).blocked = False
        super().teardown()
        if hasattr(self, "world"):
            laws.check_crossings(look(self.world), self.meant)

    def meeting(self) -> set[str]:
        """Also what was carried over as something else."""
        return super().meeting() | laws.met(look(self.world))
