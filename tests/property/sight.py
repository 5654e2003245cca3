"""What is there once a history is over: both apps and the database, side by side; it must not judge."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from server.domain.item import Comment, Side
from server.domain.mapping import FieldMapping
from server.domain.rules import Restricted
from server.domain.text import storable
from server.domain.values import Value
from tests.property.model import Record, folded, rendered, trimmed
from tests.property.world import World


@dataclass(frozen=True, slots=True)
class Twins:
    """Two items that the database says belong together, both of them there."""

    pair: str
    left: Record
    right: Record

    def on(self, side: Side) -> Record:
        """One of them."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True, slots=True)
class Held:
    """An item that is held back."""

    kind: str
    key: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A world at rest.

    ``linked``: right ids by left id. ``parted``: the states of pairs that are over or outside, by their items.
    ``pair_of``: a pair's id by an item and its side. ``recorded``: by pair and field, every value that the journal
    carried or that a conflict names; ``replaced``: what stood where the journal wrote. ``open_conflicts``: pairs and
    fields that wait for a person.
    """

    world: World
    linked: dict[str, str] = field(default_factory=dict)
    twins: list[Twins] = field(default_factory=list)
    parted: dict[tuple[Side, str], str] = field(default_factory=dict)
    pair_of: dict[tuple[Side, str], str] = field(default_factory=dict)
    held: dict[tuple[Side, str], Held] = field(default_factory=dict)
    recorded: dict[tuple[str, str], set[Value]] = field(default_factory=lambda: defaultdict(set))
    replaced: dict[tuple[str, str], set[Value]] = field(default_factory=lambda: defaultdict(set))
    open_conflicts: set[tuple[str, str]] = field(default_factory=set)
    unresolved: list[str] = field(default_factory=list)
    """Pairs with an operation whose outcome is unknown."""
    updated: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By field, the pairs of which the journal holds an update of it."""
    doubted: set[str] = field(default_factory=set)
    """Pairs whose twin's creation was in doubt, and completed later."""

    def rule(self, name: str) -> FieldMapping:
        """The field's mapping."""
        return next(one for one in self.world.document.types[0].fields if one.left == name)

    def poisoned(self, side: Side, record: Record) -> bool:
        """Whether the other app refuses the item as it is, for ever."""
        return str(record.fields.get("title")) in self.world.app(side.other).refuses

    def left_out(self, side: Side, record: Record, name: str) -> bool:
        """Whether the other app does not take what stands in a field of the item, or a label of it."""
        return self.world.app(side.other).refuses_value(name, record.fields.get(name))

    def stuck(self, twins: Twins, name: str) -> bool:
        """Whether an item has a label already that its own app takes from nobody: so it takes no write of them at all.

        Without that label it would; but somebody put it there.
        """
        return name == "labels" and any(
            self.world.app(side).refuses_value(name, twins.on(side).fields.get(name)) for side in Side
        )

    def derived(self, side: Side, record: Record) -> bool:
        """Whether something of the item, or of its twin, was worked out by its app."""
        return record.derived or any(twins.on(side.other).derived for twins in self.twins if twins.on(side) is record)

    def taken(self, name: str, value: Value) -> Value:
        """A value without the labels that one of the two apps refuses."""
        refused = {each for side in Side for each in self.world.app(side).refuses_values}
        return tuple(one for one in value if (name, one) not in refused) if isinstance(value, tuple) else value

    def belongs(self, side: Side, record: Record) -> bool:
        """Whether the item is the integration's: by container and type, and by the only filter that histories draw."""
        labels = record.fields.get("labels")
        filtered = bool(self.world.document.scope.on(side).every)
        blue = filtered and isinstance(labels, tuple) and "blau" in labels
        stays = bool(record.fields.get("private")) and self.world.document.audience.on(side) is Restricted.STAY
        return record.container == self.world.app(side).name and record.type == "item" and not blue and not stays

    def carries(self, twins: Twins) -> bool:
        """Whether what hangs on one of two items can travel at all."""
        return all(self.belongs(side, twins.on(side)) for side in Side)

    def told(self, twins: Twins) -> bool:
        """Whether a hold of one of two items says that something of them is refused."""
        held = [self.held.get((side, twins.on(side).id)) for side in Side]
        return any(one is not None and one.kind == "quarantine" for one in held)

    def arrived(self, pair: str, name: str, value: Value, number: int) -> bool:
        """Whether the product knew both sides to hold ``value`` at a commit after the moment ``number``."""
        both_held = self.world.witness.after(pair, name, number)
        return any(self.kept(name, left) == self.kept(name, right) == value for left, right in both_held)

    def made_up(self, side: Side, twins: Twins, name: str) -> bool:
        """Whether the app itself filled the field in when we made the item: nobody's value, so nobody's loss."""
        return name == "due" and twins.on(side).ours and self.world.app(side).fills_dates

    def kept(self, name: str, value: Value) -> Value:
        """A value as both apps would keep it, without what does not count."""
        left, right = self.world.left, self.world.right
        if value is None or value == ():
            return ""
        value = storable(value) if isinstance(value, str) else value
        if name == "title":
            words = " ".join(str(value).split())
            return trimmed(words) if left.trims or right.trims else words
        if name == "text":
            body = "\n".join(line.rstrip() for line in str(value).replace("\r\n", "\n").strip().split("\n"))
            return rendered(body) if left.renders or right.renders else body
        if isinstance(value, tuple):
            return tuple(sorted(folded(value) if left.folds or right.folds else value))  # type: ignore[arg-type]  # a tuple
        return value

    def labels(self, value: Value) -> set[str]:
        """Labels as both apps would keep them."""
        kept = self.kept("labels", value)
        return set(kept) if isinstance(kept, tuple) else set()


def words(body: str) -> str:
    """A text as far as no app changes it."""
    return " ".join(storable(body).split())


def says(copy: Comment, original: Comment) -> bool:
    """Whether one comment says what the other does, under its author's name or not."""
    return words(original.body) in words(copy.body)


def look(world: World) -> Sight:
    """Everything that the laws ask about, read once."""
    sight = Sight(world)
    rows = world.rows(
        "select 'pair' as what, id::text as id, state as a, left_id as b, right_id as c, '' as d, '{}'::jsonb as x,"
        " '{}'::jsonb as y from pairs where integration_id = :integration"
        " union all select 'hold', side, item_id, kind, item_key, reason || '|' || words, '{}', '{}' from holds"
        " where integration_id = :integration"
        " union all select 'operation', pair_id::text, kind, state, side, error, payload, before from operations"
        " where pair_id in (select id from pairs where integration_id = :integration)"
        " union all select 'conflict', pair_id::text, field_left, winner, '', '',"
        " jsonb_build_array(left_value), jsonb_build_array(right_value) from conflicts"
        " where pair_id in (select id from pairs where integration_id = :integration)"
    )
    for row in rows:
        match row.what:
            case "pair":
                _pair(sight, row)
            case "hold":
                reason, _, words = row.d.partition("|")
                sight.held[Side(row.id), row.a] = Held(row.b, row.c, reason, words)
            case "operation":
                _operation(sight, row)
            case _:
                _conflict(sight, row)
    return sight


def _pair(sight: Sight, row: Any) -> None:
    for side, item_id in ((Side.LEFT, row.b), (Side.RIGHT, row.c)):
        if item_id is not None:
            sight.pair_of[side, item_id] = row.id
            if row.a in ("ended", "outside"):
                sight.parted[side, item_id] = row.a
    if row.a == "linked":
        sight.linked[row.b] = row.c
        left, right = sight.world.left.records.get(row.b), sight.world.right.records.get(row.c)
        if left is not None and right is not None:
            sight.twins.append(Twins(row.id, left, right))


def _operation(sight: Sight, row: Any) -> None:
    if row.b == "planned":
        sight.unresolved.append(row.id)
    values = row.x.get("changed") or (row.x.get("draft") or {}).get("fields") or {}
    for name, value in values.items():
        sight.recorded[row.id, name].add(sight.kept(name, _value(value)))
    for name, value in row.y.items():
        sight.replaced[row.id, name].add(sight.kept(name, _value(value)))
    if row.a == "create" and (row.b != "done" or row.d):  # an error with what is done: its answer was lost
        sight.doubted.add(row.id)
    for name in row.x.get("changed") or ():
        sight.updated[name].add(row.id)


def _conflict(sight: Sight, row: Any) -> None:
    for value in (*row.x, *row.y):
        sight.recorded[row.id, row.a].add(sight.kept(row.a, _value(value)))
    if row.b == "held":
        sight.open_conflicts.add((row.id, row.a))


def _value(json: Any) -> Value:
    return tuple(json) if isinstance(json, list) else json
