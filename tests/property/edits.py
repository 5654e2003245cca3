"""Promise 3, edit by edit: whatever a person typed is on both sides, or on record; it must not know how it came."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.item import Side
from server.domain.rules import Parting
from server.domain.values import Value
from tests.property.model import Record, Typed
from tests.property.sight import Sight, Twins

_FIELDS = ("title", "text", "status", "due")


def check_no_lost_edit(sight: Sight) -> None:
    """The last value that a person typed into a field stands there, or the journal carried it, or a conflict names it.

    Or both sides held it: what comes after that is somebody's later edit. That it is on the other side too is the law
    of the mirrors. A value that our write replaced within the very call in which it was typed was never shown to us;
    apps without conditional writes give no way to find it.
    """
    for side in Side:
        for record in sight.world.app(side).records.values():
            for name in _FIELDS:
                check_typed(sight, side, record, name)


def check_typed(sight: Sight, side: Side, record: Record, name: str) -> None:
    """The law for one field of an item; of one that our account deleted, what it held is on record, too."""
    typed = record.typed.get(name)
    if not typed or typed[-1].number in record.unknowable:
        return
    if record.derived and name == "due":
        return  # its own app has taken the value's place
    value = sight.kept(name, typed[-1].value)
    if sight.kept(name, record.fields.get(name)) == value and not record.deleted_by_us:
        return
    pair = sight.pair_of.get((side, record.id), "")
    if sight.arrived(pair, name, value, typed[-1].number):
        return  # by two people's hands, where the journal has no word of it
    told = sight.recorded.get((pair, name), set())
    rules = (sight.world.document.deletions, sight.world.document.scope.leaving)
    closes = name == "status" and any(one.on(side) is Parting.CLOSE for one in rules)
    returned = any(sight.kept(name, one.before) == value for one in typed)  # to what stood there before: no change
    if closes or returned or record.deleted_by_us or not sight.rule(name).direction.allows(side.other):
        told = told | sight.replaced.get(
            (pair, name), set()
        )  # a closing, or a new value where nothing travels from, is no conflict
    assert value in told, (
        f"“{value}” was typed into {name} of {record.key} and is nowhere: {record}; {sight.world.history()}"
    )


@dataclass(frozen=True, slots=True)
class _Act:
    """A person put a label on one of two twins, or took it off."""

    number: int
    side: Side
    label: str
    added: bool


def check_no_lost_label(sight: Sight) -> None:
    """A label that people of one side, or both alike, put on is on both items; one that they took off on neither."""
    rule = sight.rule("labels")
    for twins in sight.twins:
        if any(sight.poisoned(side, twins.on(side)) or not sight.belongs(side, twins.on(side)) for side in Side):
            continue
        acts = _acts(sight, twins)
        for label in {one.label for one in acts}:
            if any(("labels", label) in sight.world.app(side).refuses_values for side in Side):
                continue  # the law of what is left out says what becomes of it
            about = sorted((one for one in acts if one.label == label), key=lambda one: one.number)
            sides = {one.side for one in about}
            if len(sides) > 1 and len({one.added for one in about}) > 1:
                continue  # two people of two minds: the mirrors' law says that both items agree
            if not all(rule.direction.allows(side.other) for side in sides) or sight.stuck(twins, "labels"):
                continue
            for side in Side:
                there = label in sight.labels(twins.on(side).fields.get("labels"))
                assert there == about[-1].added, f"label {label} of {twins.left.key}: {about}, {twins}"


def _acts(sight: Sight, twins: Twins) -> list[_Act]:
    """What people did to the labels of two items, but for what nobody could know of."""
    acts: list[_Act] = []
    unknowable: set[str] = set()
    for side in Side:
        record = twins.on(side)
        typed = record.typed.get("labels", [])
        if record.unknowable & {one.number for one in typed}:
            return []
        mine = [act for one in typed for act in _changes(sight, side, one)]
        if record.ours and mine:
            unknowable = _unknowable(sight, twins, mine, typed[0].before)
        acts += mine
    return [one for one in acts if one.label.casefold() not in unknowable]


def _changes(sight: Sight, side: Side, typed: Typed) -> list[_Act]:
    before, after = sight.labels(typed.before), sight.labels(typed.value)
    anew = set(typed.value or ()) - set(typed.before or ())  # type: ignore[arg-type]  # labels
    added = (after - before) | sight.labels(tuple(anew))  # a word in another case is put on anew
    acts = [_Act(typed.number, side, label, added=True) for label in sorted(added)]
    return acts + [_Act(typed.number, side, label, added=False) for label in sorted(before - after)]


def _unknowable(sight: Sight, twins: Twins, acts: list[_Act], made: Value) -> set[str]:
    """Words of ours that a person changed on a twin that we had never seen, in small letters.

    What is not there as it was sent looks as if the app had not kept it, or not in that case.
    """
    first = sight.world.witness.first.get(twins.pair, 0)
    ours = {label.casefold() for label in sight.labels(made)}
    return ours & {one.label.casefold() for one in acts if one.number < first}
