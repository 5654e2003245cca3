"""A compiled document: both ends, and how each field's value is converted; it must not decide what to write.

Converting never guesses: what has no counterpart is ``Unconverted`` with the reason. ``compiling`` makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import FieldMapping
from server.domain.syntax import Syntax
from server.domain.values import SETS, AppUser, FieldKind, FieldSpec, FileNames, TextFormat, Value
from server.engine.days import Zones, beginning_of, day_of, is_day
from server.engine.lengths import cut, length, told
from server.engine.migration import sides
from server.engine.people import Directory
from server.engine.richtext import Crossing, convert, fingerprint, same_meaning

CHOICES = frozenset({FieldKind.OPTION, FieldKind.STATUS})
TEXTS = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT})
_PEOPLE = frozenset({FieldKind.USER, FieldKind.USERS})
DAYS = frozenset({FieldKind.DATE, FieldKind.MOMENT})


@dataclass(frozen=True, slots=True)
class SideShape:
    """What the engine must know of one end: its fields by item type, its people, and what its app can do."""

    side: Side
    name: str
    """What people call this end, for sentences."""
    container: str
    text_format: TextFormat
    fields: Dict[str, tuple[FieldSpec, ...]]
    users: tuple[AppUser, ...] = ()
    private_comments: bool = False
    edits_comments: bool = False
    attachments: bool = True
    deletes_items: bool = False
    link_kinds: tuple[str, ...] = ()
    """The app's own names of relations, ``PARENT`` among them where it has hierarchy; empty: it links nothing."""
    deletes_comments: bool = False
    deletes_attachments: bool = False
    keeps_created_at: bool | None = False
    """Whether a new item was seen to be as old as its original; None: no answer of the app has shown it yet."""
    takes_created_at: bool = False
    """Whether such an app may be told when the original was made. It is told even where it was seen to drop that: only
    so is it noticed when it does so no longer."""
    file_names: FileNames = field(default_factory=FileNames)
    restricted_items: bool = False
    """Its app can restrict single items to some of those who see their neighbours."""
    zones: Zones = field(default_factory=Zones)
    syntax: Syntax = field(default_factory=Syntax)

    place: str = ""
    """What tells the app and the container from every other, for correlation ids; empty: nobody has asked."""
    marks: bool = True
    """Whether a new item carries the correlation id that it is made with, as this connection sees it."""

    def spec(self, item_type: str, field_id: str) -> FieldSpec | None:
        """The field of that id, if the type has it."""
        return next((spec for spec in self.fields.get(item_type, ()) if spec.id == field_id), None)


@dataclass(frozen=True, slots=True)
class Converted:
    """A value in the target's terms. ``lost`` names what the target cannot hold.

    ``stands_in``: why it stands for an empty one, in words (empty: it does not).
    """

    value: Value
    lost: tuple[str, ...] = ()
    stands_in: str = ""


@dataclass(frozen=True, slots=True)
class Unconverted:
    """There is no counterpart; the target's field stays as it is. ``reason`` is a sentence."""

    reason: str


def _is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


@dataclass(frozen=True, slots=True)
class CompiledField:
    """A field mapping together with what both apps say about its two fields."""

    rule: FieldMapping
    left: FieldSpec
    right: FieldSpec
    left_format: TextFormat
    right_format: TextFormat
    directory: Directory
    _to_right: Dict[str, str] = field(default_factory=dict)
    _to_left: Dict[str, str] = field(default_factory=dict)
    zones: Zones = field(default_factory=Zones)
    """Where a day begins, for a field that one side keeps as a day and the other as a moment."""
    syntaxes: Dict[Side, Syntax] = field(default_factory=lambda: {side: Syntax() for side in Side})
    texts: Callable[[Side, TextFormat, str], Crossing] | None = None
    """What a text of one pair must know to be carried to a side, where it says so much now."""

    @property
    def is_rich(self) -> bool:
        """Whether either side holds a document."""
        return FieldKind.RICH_TEXT in (self.left.kind, self.right.kind)

    def spec(self, side: Side) -> FieldSpec:
        """The field on one side."""
        return self.left if side is Side.LEFT else self.right

    def format(self, side: Side) -> TextFormat:
        """The markup of the field's text on one side; a plain text field holds plain text."""
        spec = self.spec(side)
        if spec.kind is FieldKind.TEXT:
            return TextFormat.PLAIN
        return spec.text_format or (self.left_format if side is Side.LEFT else self.right_format)

    def convert(self, value: Value, target: Side, there: Value = None) -> Converted | Unconverted:
        """``value`` of the other side in the terms of ``target``, which holds ``there`` now (None: nothing)."""
        spec = self.spec(target)
        if spec.kind in SETS:
            return self._convert_set(value, target)
        if _is_blank(value) and (instead := self._instead(target)):
            return Converted(instead, stands_in=f"it is empty, and may not be that there, so “{instead}” stands for it")
        if value is None or value == "":
            if spec.required:
                return Unconverted(f"“{spec.name}” may not be empty there")
            return Converted("" if spec.kind in TEXTS and value == "" else None)
        if spec.kind in TEXTS:
            return self._convert_text(str(value), target, str(there or ""))
        if spec.kind in CHOICES:
            return self._convert_choice(str(value), target)
        if spec.kind is FieldKind.USER:
            return self._convert_user(str(value), target)
        if spec.kind in DAYS:
            return self._convert_day(str(value), target)
        return Converted(value)

    def element(self, member: str, target: Side) -> str | None:
        """One member of a set in the target's terms, None when it has no counterpart."""
        kind = self.spec(target).kind
        if kind is FieldKind.USERS:
            return self.directory.counterpart(member, target)
        mapped = (self._to_right if target is Side.RIGHT else self._to_left).get(member)
        if mapped is not None:
            return mapped
        source = self.spec(target.other)
        name = next((o.name for o in source.options if o.id == member), member)
        if kind is FieldKind.LABELS:
            return name
        return next((o.id for o in self.spec(target).options if o.name.casefold() == name.casefold()), None)

    def named(self, value: Value, side: Side) -> Value:
        """``value`` of a side as people call it: names in the place of ids, where they are known."""
        spec = self.spec(side)
        if isinstance(value, tuple):
            return tuple(str(self.named(member, side)) for member in value)
        if not isinstance(value, str) or not value:
            return value
        if spec.kind in _PEOPLE:
            return self.directory.name(value, side)
        return next((option.name for option in spec.options if option.id == value), value)

    def same(self, left: Value, right: Value) -> bool:
        """Whether the two values mean the same under this mapping; a text that was cut is the same as the whole one."""
        if self.left.kind in TEXTS:
            texts = {Side.LEFT: str(left or ""), Side.RIGHT: str(right or "")}
            return self._same_text(texts) or any(
                self._is_carried(texts, target) or self._stands_in(texts, target) for target in Side
            )
        if self.right.kind in SETS:
            members = left if isinstance(left, tuple) else ()
            there = right if isinstance(right, tuple) else ()
            return {self.element(member, Side.RIGHT) for member in members} == set(there)
        converted = self.convert(left, Side.RIGHT)
        if isinstance(converted, Converted) and converted.value == right:
            return True
        back = self.convert(right, Side.LEFT)
        return isinstance(back, Converted) and back.value == left

    def _instead(self, target: Side) -> str:
        """What stands on ``target`` for an empty title; empty where nothing has to."""
        spec = self.spec(target)
        return f"(no {spec.name.casefold()})" if spec.title and spec.required else ""

    def _stands_in(self, texts: Dict[Side, str], target: Side) -> bool:
        """Whether ``target`` holds what stands for the other side's empty title: that is no edit of anybody."""
        return _is_blank(texts[target.other]) and texts[target] != "" and texts[target] == self._instead(target)

    def _same_text(self, texts: Dict[Side, str]) -> bool:
        left, right = texts[Side.LEFT], texts[Side.RIGHT]
        if self.format(Side.LEFT) is self.format(Side.RIGHT) is TextFormat.PLAIN:
            # Two plain texts can be the same to the line: a line break that a person adds is an edit.
            return fingerprint(left, TextFormat.PLAIN) == fingerprint(right, TextFormat.PLAIN)
        return same_meaning(left, self.format(Side.LEFT), right, self.format(Side.RIGHT))

    def _is_carried(self, texts: Dict[Side, str], target: Side) -> bool:
        """Whether ``target`` holds what the other side's text becomes there: cut, or with its references guarded."""
        spec = self.spec(target)
        cuts = spec.max_length is not None and 0 < len(texts[target]) < len(texts[target.other])
        guards = spec.kind is FieldKind.RICH_TEXT and bool(self.syntaxes[target].links)
        if not (cuts or guards):
            return False
        carried = str(self._convert_text(texts[target.other], target, texts[target]).value)
        return fingerprint(carried, self.format(target)) == fingerprint(texts[target], self.format(target))

    def _convert_day(self, value: str, target: Side) -> Converted | Unconverted:
        """A day or a moment as the other one; a moment is of a day, and a day begins, where its people are."""
        try:
            if self.spec(target).kind is FieldKind.DATE:
                return Converted(value if is_day(value) else day_of(value, self.zones))
            return Converted(beginning_of(value, self.zones) if is_day(value) else value)
        except ValueError:
            return Unconverted(f"“{value}” of “{self.spec(target.other).name}” is no day")

    def _convert_set(self, value: Value, target: Side) -> Converted:
        members = value if isinstance(value, tuple) else ()
        found = {member: self.element(member, target) for member in members}
        lost = tuple(f"“{member}” has no counterpart" for member, there in found.items() if there is None)
        return Converted(tuple(sorted({there for there in found.values() if there is not None})), lost)

    def _convert_text(self, value: str, target: Side, there: str = "") -> Converted:
        spec = self.spec(target)
        if spec.kind is FieldKind.TEXT:  # no app links anything in a title
            done = convert(value, self.format(target.other), self.format(target))
        else:
            done = convert(value, self.format(target.other), self.format(target), self._crossing(target, there))
        body = " ".join(done.body.split()) if spec.kind is FieldKind.TEXT else done.body
        if not body and (instead := self._instead(target)):
            return Converted(instead, done.lost, f"nothing of it can be shown there, so “{instead}” stands for it")
        if spec.max_length is None or length(body, spec.length_unit) <= spec.max_length:
            return Converted(body, done.lost)
        kept = cut(body, spec.max_length, spec.length_unit)
        return Converted(kept, (*done.lost, told(body, kept, spec.max_length, spec.length_unit)))

    def _crossing(self, target: Side, there: str) -> Crossing:
        if self.texts is not None:
            return self.texts(target, self.format(target), there)
        return Crossing(self.syntaxes[target.other], self.syntaxes[target])

    def _convert_choice(self, value: str, target: Side) -> Converted | Unconverted:
        mapped = (self._to_right if target is Side.RIGHT else self._to_left).get(value)
        if mapped is not None:
            return Converted(mapped)
        name = self.named(value, target.other)
        return Unconverted(f"the value “{name}” of “{self.spec(target.other).name}” has no counterpart in the mapping")

    def _convert_user(self, value: str, target: Side) -> Converted | Unconverted:
        counterpart = self.directory.counterpart(value, target)
        if counterpart is not None:
            return Converted(counterpart)
        name = self.directory.name(value, target.other)
        return Unconverted(f"nobody on the other side is known to be {name}; add them to the people table")


@dataclass(frozen=True, slots=True)
class Resting:
    """A field mapping that cannot be used now, because an app does not show one of its fields. ``why``: a sentence."""

    left: str
    right: str
    why: str

    def on(self, side: Side) -> str:
        """The field's id on a side."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True, slots=True)
class CompiledType:
    """A type mapping with its fields compiled.

    ``resting``: those that cannot be used now; what was last seen of them stays known. ``absent``: why the whole type
    cannot, as a sentence; its items are held then, and no other.
    """

    left: str
    right: str
    fields: tuple[CompiledField, ...]
    creates: bool = True
    updates: bool = True
    resting: tuple[Resting, ...] = ()
    absent: str = ""

    def on(self, side: Side) -> str:
        """The type's id on a side."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole integration, ready to convert by."""

    document: Document
    left: SideShape
    right: SideShape
    types: tuple[CompiledType, ...]
    directory: Directory

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides whose changes matter."""
        return sides(self.document)

    def shape(self, side: Side) -> SideShape:
        """One end."""
        return self.left if side is Side.LEFT else self.right

    @property
    def keeps_moments(self) -> frozenset[Side]:
        """The sides that keep as a moment what the other side keeps as a day."""
        return frozenset(
            side
            for type_ in self.types
            for one in type_.fields
            for side in Side
            if (one.spec(side).kind, one.spec(side.other).kind) == (FieldKind.MOMENT, FieldKind.DATE)
        )

    @property
    def zones(self) -> Zones:
        """Where a day begins for both sides, when moments of both are compared by the day."""
        return self.left.zones if self.left.zones.own else self.right.zones

    def type_of(self, side: Side, item_type: str, twin_type: str = "") -> CompiledType | None:
        """The type mapping of an item; the first from the top where several name the type.

        ``twin_type``: the type of its twin, where it has one; the mapping that names both comes before any other.
        """
        named = [one for one in self.types if one.on(side) == item_type]
        both = (one for one in named if one.on(side.other) == twin_type)
        return next(both, named[0] if named else None)
