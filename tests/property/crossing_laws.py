"""Laws of values that are something else on the other side; they must not know how the product makes them so.

What they count with (when a day begins, how long a text is, what an app links) is written here a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from server.domain.item import Side
from server.domain.syntax import Syntax
from server.domain.values import LengthUnit, Value
from tests.property.model import Record, Typed
from tests.property.sight import Sight, Twins
from tests.property.world import World

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu")
"""No two of them begin a day at the same moment."""
APART = frozenset({"status", "day", "note", "words"})
"""The fields that are judged here."""
_JOINER = "\u2060"
_TYPED_STATUSES = frozenset({"1", "2"})


@dataclass(slots=True)
class Meant:
    """What people meant by what they typed, by the number of the typing, and how the apps of a history keep it.

    ``twins``: right ids by left id as they were linked then. ``signs``: notes in the signs that people see.
    """

    moments: Side
    short: Side
    most: int
    unit: LengthUnit
    values: dict[int, str | None] = field(default_factory=dict)
    twins: dict[int, Mapping[str, str]] = field(default_factory=dict)
    signs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def typed(self, number: int, value: str | None, twins: Mapping[str, str]) -> None:
        """Remember what a typing meant."""
        self.values[number], self.twins[number] = value, twins


def beginning(day: str, zone: str) -> str:
    """The moment at which a day begins in a zone."""
    local = datetime.combine(date.fromisoformat(day), time.min, ZoneInfo(zone))
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fitting(signs: Sequence[str], most: int, unit: LengthUnit) -> list[str]:
    """As many whole signs as an app keeps."""
    kept: list[str] = []
    for one in signs:
        if measure("".join((*kept, one)), unit) > most:
            break
        kept.append(one)
    return kept


def measure(text: str, unit: LengthUnit) -> int:
    """How long a text is to an app."""
    if unit is LengthUnit.CHARACTERS:
        return len(text)
    return len(text.encode()) if unit is LengthUnit.BYTES else len(text.encode("utf-16-le")) // 2


def check_halfway(world: World) -> None:
    """Nobody types the status half-way: only the app whose way leads over it may show it, and nobody else's item."""
    for side in Side:
        app = world.app(side)
        for record in app.records.values():
            status = record.fields.get("status")
            known = status is None or status in _TYPED_STATUSES or status == app.over
            assert known, f"{record.key} is at “{status}”, which nobody typed: {world.history()}"


def check_tries_end(world: World) -> None:
    """While nobody works a way that is blocked is not tried without end."""
    for _ in range(5):
        world.sync()
    before = [world.app(side).writes for side in Side]
    for _ in range(2):
        world.sync()
    assert [world.app(side).writes for side in Side] == before, f"they go on writing: {world.history()}"


def check_crossings(sight: Sight, meant: Meant) -> None:
    """Each of these values stands on both sides as the person meant it who typed last."""
    rows = sight.world.rows(
        "select pair_id::text as pair, field_left as name from conflicts"
        " where pair_id in (select id from pairs where integration_id = :integration)"
    )
    clashes = {(row.pair, row.name) for row in rows}
    record = sight.world.history()
    for twins in sight.twins:
        if not all(sight.belongs(side, twins.on(side)) and not sight.poisoned(side, twins.on(side)) for side in Side):
            continue
        _check_same_day(twins, meant)
        _check_unlinked(sight, twins)
        for name in sorted(APART):
            if (twins.pair, name) not in clashes:
                _check_last(sight, twins, name, meant, record)


def _check_last(sight: Sight, twins: Twins, name: str, meant: Meant, record: str) -> None:
    found = _last(twins, name)
    if found is None:
        return
    side, typed = found
    mine, theirs = (twins.on(one).fields.get(name) for one in (side, side.other))
    told = f"“{typed.value}” was typed into {name} on {side}: {twins}; {record}"
    if name != "day" or side is not meant.moments:
        assert _same(mine, typed.value), f"it became “{mine}” where {told}"
    match name:
        case "status":
            assert mine == theirs, f"it is “{theirs}” on the other side; {told}"
        case "day":
            day = meant.values[typed.number]
            there = twins.on(meant.moments.other).fields.get("day")
            assert _same(there, day), f"the day is {there}, {day} was meant; {told}"
        case "note":
            _check_note(side, str(typed.value or ""), str(theirs or ""), meant, told, record)
        case _:
            _check_words(sight, side, typed, str(theirs or ""), meant, told)


def _last(twins: Twins, name: str) -> tuple[Side, Typed] | None:
    """What a person typed last into a field of two items; None where nobody did, or nobody could know of it."""
    every = [(side, one) for side in Side for one in twins.on(side).typed.get(name, [])]
    if not every or any(one.number in twins.on(side).unknowable for side, one in every):
        return None
    if name == "status" and any(twins.on(side).strayed for side in Side):
        return None  # an item that leaves may close its twin
    side, last = max(every, key=lambda both: both[1].number)
    back = any(_same(one.before, last.value) for one in twins.on(side).typed[name])
    return None if back else (side, last)  # what goes back to what stood there is no change


def _same(one: Value, other: Value) -> bool:
    return (one or None) == (other or None)


def _check_same_day(twins: Twins, meant: Meant) -> None:
    day, moment = (twins.on(side).fields.get("day") for side in (meant.moments.other, meant.moments))
    if not day and not moment:
        return
    begins = [beginning(str(day), zone) for zone in ZONES] if day else []
    assert moment in begins, f"{day} on one side is {moment} on the other: {twins}"


def _check_note(side: Side, typed: str, theirs: str, meant: Meant, told: str, record: str) -> None:
    if side is meant.short:
        cut = "".join(fitting(meant.signs.get(theirs, ()), meant.most, meant.unit))
        assert typed in (theirs, cut), f"“{theirs}” is there; {told}"  # who types what we had cut changes nothing
        return
    signs = meant.signs[typed]
    kept = "".join(fitting(signs, meant.most, meant.unit))
    assert theirs == kept, f"“{theirs}” is there, and “{kept}” fits: {told}"
    if kept != typed:
        words = f"cut after {len(kept)} of {len(typed)} characters"
        assert words in record, f"nobody was told that it was {words}; {told}"


def _check_words(sight: Sight, side: Side, typed: Typed, theirs: str, meant: Meant, told: str) -> None:
    source, target = sight.world.app(side).syntax, sight.world.app(side.other).syntax
    twins = sight.linked if side is Side.LEFT else {right: left for left, right in sight.linked.items()}
    ever = _ever_twins(sight, side)
    named = named_items(str(typed.value or ""), source)
    back = {ever[one]: one for one in named if one in ever}
    linked = named_items(theirs, target)
    assert set(linked) <= set(back), f"“{theirs}” links to a stranger's item; {told}"
    assert not _people(theirs, target), f"“{theirs}” tells somebody; {told}"
    before = meant.twins[typed.number]
    known = before if side is Side.LEFT else {right: left for left, right in before.items()}
    for one in set(named) & set(known) if target.item else ():
        if _stayed(sight, side, one, known[one], twins):
            assert known[one] in linked, f"{one} was meant, whose twin is {known[one]}: “{theirs}”; {told}"
    spoken = _with_items(theirs, target, {there: source.item.format(id=one) for there, one in back.items()})
    assert _plain(spoken) == _plain(str(typed.value or "")), f"“{theirs}” is there; {told}"


def _ever_twins(sight: Sight, side: Side) -> dict[str, str]:
    """The twins that items of a side have or had, by their ids."""
    there = {pair: item for (where, item), pair in sight.pair_of.items() if where is side.other}
    return {item: there[pair] for (where, item), pair in sight.pair_of.items() if where is side and pair in there}


def _stayed(sight: Sight, side: Side, item: str, twin: str, twins: Mapping[str, str]) -> bool:
    """Whether two items were twins all the time."""
    records = sight.world.app(side).records.get(item), sight.world.app(side.other).records.get(twin)
    filtered = any(sight.world.document.scope.on(one).every for one in Side)
    return twins.get(item) == twin and not filtered and all(one is not None and not one.strayed for one in records)


def _check_unlinked(sight: Sight, twins: Twins) -> None:
    """What nobody typed on an item links to nobody who was not named on the other."""
    for side in Side:
        record = twins.on(side)
        if not record.typed.get("words"):
            found = _people(str(record.fields.get("words") or ""), sight.world.app(side).syntax)
            assert not found, f"{record.key} tells {found}: {twins}"


def named_items(text: str, syntax: Syntax) -> list[str]:
    """The ids that an app makes links of."""
    return _named(text, syntax, "item")


def _people(text: str, syntax: Syntax) -> list[str]:
    return _named(text, syntax, "person")


def _named(text: str, syntax: Syntax, what: str) -> list[str]:
    forms = [one.pattern for one in syntax.links if f"(?P<{what}>" in one.pattern]
    return [one[what] for form in forms for one in re.finditer(form, text)]


def _with_items(text: str, syntax: Syntax, names: Mapping[str, str]) -> str:
    for form in syntax.links:
        if "(?P<item>" in form.pattern:
            text = re.sub(form.pattern, lambda one: names.get(one["item"], one[0]), text)
    return text


def _plain(text: str) -> str:
    return " ".join(text.replace(_JOINER, "").split())


def met(sight: Sight) -> set[str]:
    """What of all that was really carried over in a history."""
    found: set[str] = set()
    for twins in sight.twins:
        ours: Iterable[tuple[Side, Record]] = ((side, twins.on(side)) for side in Side)
        for side, record in ours:
            value, theirs = (str(twins.on(one).fields.get("words") or "") for one in (side, side.other))
            if record.typed.get("words") and theirs:
                syntax = sight.world.app(side).syntax
                found |= {"a reference"} if named_items(value, syntax) else set()
                found |= {"a mention"} if _people(value, syntax) else set()
                linked = named_items(theirs, sight.world.app(side.other).syntax)
                found |= {"a reference to a twin"} if linked else set()
        days = {str(twins.on(side).fields.get("day") or "") for side in Side}
        found |= {"a day and a moment"} if len(days) > 1 and "" not in days else set()
        notes = {str(twins.on(side).fields.get("note") or "") for side in Side}
        found |= {"a text that is cut"} if len(notes) > 1 and "" not in notes else set()
    return found
