"""A first document for two ends: types, fields and values paired by kind and name; a person has the last word.

It must not suggest what would be refused: never a target that is read only, never two kinds that do not fit. What it
could not pair it says, so that nothing is missing silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.domain.integration import Document, SideSettings
from server.domain.item import PARENT, Side
from server.domain.mapping import Direction, FieldMapping, TypeMapping, ValueMapping
from server.domain.rules import AttachmentRules, CommentRules, LinkRules, PrivateComments
from server.domain.values import FieldKind, FieldSpec, Option
from server.engine.compiling import compatible
from server.engine.likeness import keeps_no_word


@dataclass(frozen=True, slots=True)
class Offer:
    """What one end offers: its types (id, name) with their fields, in the app's order."""

    name: str
    settings: SideSettings
    types: tuple[tuple[str, str, tuple[FieldSpec, ...]], ...]
    private_comments: bool = False
    attachments: bool = True
    link_kinds: tuple[str, ...] = ()
    marks: bool = True


_FIELDS: tuple[frozenset[str], ...] = (
    frozenset({"title", "subject", "summary", "headline", "name"}),
    frozenset({"description", "body", "details", "content", "text", "message", "messages"}),
    frozenset({"status", "state", "workflow state"}),
    frozenset({"priority", "severity", "importance", "urgency"}),
    frozenset({"assignee", "assigned to", "assignedto", "owner", "responsible", "nosy owner", "handler"}),
    frozenset({"labels", "tags", "keywords", "keyword", "topics", "topic", "categories"}),
    frozenset({"due date", "due", "deadline", "due on"}),
    frozenset({"start date", "starts", "start"}),
)
"""Fields that mean the same under several names; their order is the order of the suggestion."""

_VALUES: dict[FieldKind, tuple[frozenset[str], ...]] = {
    FieldKind.STATUS: (
        frozenset({"new", "open", "unread", "todo", "to do", "backlog", "submitted", "reported", "opened"}),
        frozenset({"in progress", "started", "active", "chatting", "assigned", "doing", "working", "accepted", "open"}),
        frozenset({"stalled", "feedback", "need eg", "needs feedback", "waiting", "on hold", "deferred", "blocked"}),
        frozenset({"testing", "in review", "review", "verification", "in test"}),
        frozenset({"resolved", "done", "fixed", "done cbb", "completed", "solved"}),
        frozenset({"closed", "resolved", "done", "finished"}),
        frozenset({"rejected", "declined", "invalid", "wont fix", "wontfix", "cancelled", "not a bug"}),
        frozenset({"deleted", "retired", "removed"}),
    ),
    FieldKind.OPTION: (
        frozenset({"low", "minor", "wish", "trivial", "feature", "lowest"}),
        frozenset({"normal", "medium", "bug", "default", "major", "moderate"}),
        frozenset({"high", "urgent", "important", "severe"}),
        frozenset({"urgent", "critical", "highest", "blocker", "immediate", "showstopper"}),
        frozenset({"immediate", "critical", "blocker", "highest", "emergency"}),
    ),
}
_TYPES: tuple[frozenset[str], ...] = (
    frozenset({"bug", "defect", "error", "issue", "problem", "incident", "ticket", "item", "support", "msg"}),
    frozenset({"feature", "enhancement", "wish", "change", "story", "user story", "improvement"}),
    frozenset({"task", "todo", "action", "milestone"}),
)
_LINKS: tuple[frozenset[str], ...] = (
    frozenset({"relates", "relates to", "refers to", "related", "see also"}),
    frozenset({"blocks", "depended on by", "is depended on by", "required by"}),
    frozenset({"blocked", "blocked by", "depends on", "dependson", "dependencies", "requires"}),
    frozenset({"duplicates", "superseder", "superseded by", "duplicate of"}),
    frozenset({"duplicated", "duplicated by", "supersedes"}),
)
"""Relations that mean the same under several names, as seen from one of their two items."""


def suggest(left: Offer, right: Offer) -> tuple[Document, tuple[str, ...]]:
    """A document that can be saved as it is, and notes on what a person should look at."""
    notes: list[str] = []
    types = tuple(_type(a, b, notes) for a, b in _paired_types(left, right, notes))
    comments = CommentRules()
    if left.private_comments != right.private_comments:
        without = right.name if left.private_comments else left.name
        comments = replace(comments, private=PrivateComments.KEEP)
        notes.append(f"{without} knows no private comments, so private ones of the other side stay where they are.")
    files = AttachmentRules(direction=Direction.BOTH if left.attachments and right.attachments else None)
    if files.direction is None:
        notes.append("Files do not travel: one of the two apps takes none.")
    links = _links(left, right, notes)
    if mute := keeps_no_word([one.name for one in (left, right) if not one.marks]):
        notes.append(mute)
    document = Document(left.settings, right.settings, types, comments=comments, attachments=files, links=links)
    return document, tuple(dict.fromkeys(notes))


def plain(name: str) -> str:
    """A name as it is compared: no case, no accents, single spaces, no marks."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+|_", " ", letters.replace("'", "").replace("’", "")).split())  # noqa: RUF001


def _links(left: Offer, right: Offer, notes: list[str]) -> LinkRules:
    """Both ways, where both apps have the like: hierarchy, and the kinds that have a counterpart."""
    parents = Direction.BOTH if PARENT in left.link_kinds and PARENT in right.link_kinds else None
    others = [one for one in right.link_kinds if one != PARENT]
    rows: list[ValueMapping] = []
    for kind in (one for one in left.link_kinds if one != PARENT):
        other = _counterpart_kind(kind, [one for one in others if one not in {row.right for row in rows}])
        if other is not None:
            rows.append(ValueMapping(kind, other))
    for offer, mapped in ((left, {row.left for row in rows}), (right, {row.right for row in rows})):
        alone = [f"“{one}”" for one in offer.link_kinds if one not in mapped | {PARENT}]
        if alone and rows:
            notes.append(
                f"The relations {', '.join(alone)} of {offer.name} have no counterpart and stay where they are."
            )
    return LinkRules(Direction.BOTH if rows else None, parents, tuple(rows))


def _counterpart_kind(kind: str, others: Sequence[str]) -> str | None:
    same = next((one for one in others if plain(one) == plain(kind)), None)
    meant = (words for words in _LINKS if plain(kind) in words)
    return same or next((one for words in meant for one in others if plain(one) in words), None)


_Type = tuple[str, str, tuple[FieldSpec, ...]]


def _paired_types(left: Offer, right: Offer, notes: list[str]) -> list[tuple[_Type, _Type]]:
    """Every type of the side that has more gets a counterpart: by name, by meaning, or the first there is."""
    if not left.types or not right.types:
        notes.append("One of the two containers has no item types that the account may see.")
        return []
    more, fewer = (left, right) if len(left.types) >= len(right.types) else (right, left)
    pairs = []
    taken: set[str] = set()
    for one in more.types:
        other = _counterpart_type(one, [each for each in fewer.types if each[0] not in taken]) or _counterpart_type(
            one, list(fewer.types)
        )
        if other is None:
            other = fewer.types[0]
            if len(more.types) > 1:
                notes.append(
                    f"The type “{one[1]}” of {more.name} is paired with “{other[1]}” for want of a better one."
                )
        taken.add(other[0])
        pairs.append((one, other) if more is left else (other, one))
    notes.extend(
        f"The type “{one[1]}” of {fewer.name} has no counterpart; its items do not travel."
        for one in fewer.types
        if one[0] not in taken
    )
    return pairs


def _counterpart_type(one: _Type, others: Sequence[_Type]) -> _Type | None:
    same = next((each for each in others if plain(each[1]) == plain(one[1])), None)
    if same is not None:
        return same
    meaning = {index for index, words in enumerate(_TYPES) if plain(one[1]) in words}
    return next((each for each in others if any(plain(each[1]) in _TYPES[index] for index in meaning)), None)


def paired(left: Sequence[FieldSpec], right: Sequence[FieldSpec]) -> tuple[FieldMapping, ...]:
    """The fields of two types that would be suggested for each other."""
    return _type(("", "", tuple(left)), ("", "", tuple(right)), []).fields


def _type(left: _Type, right: _Type, notes: list[str]) -> TypeMapping:
    rules: list[FieldMapping] = []
    taken: set[str] = set()
    theirs = _for_all(right[2], notes)
    for spec in sorted(_for_all(left[2], notes), key=_rank):
        other = _counterpart_field(spec, [each for each in theirs if each.id not in taken])
        direction = None if other is None else _direction(spec, other)
        if other is None or direction is None:
            continue
        taken.add(other.id)
        rules.append(_rule(spec, other, direction, notes))
    mapped = {rule.left for rule in rules}
    for name, specs, done in ((left[1], left[2], mapped), (right[1], right[2], taken)):
        notes.extend(
            f"“{spec.name}” is required for “{name}” and has no counterpart; the app's default is used."
            for spec in specs
            if spec.required and not spec.read_only and spec.id not in done
        )
    return TypeMapping(left[0], right[0], tuple(rules))


def _for_all(specs: Sequence[FieldSpec], notes: list[str]) -> list[FieldSpec]:
    """The fields whose values may be shown to whoever sees the item; who sees an item is no value, but a rule."""
    notes.extend(
        f"“{spec.name}” is shown only to {spec.only_for}, so it stays where it is unless you choose it."
        for spec in specs
        if spec.only_for
    )
    return [spec for spec in specs if not spec.only_for and not spec.restricts]


def _rank(spec: FieldSpec) -> int:
    return next((index for index, words in enumerate(_FIELDS) if _means(spec, words)), len(_FIELDS))


def _means(spec: FieldSpec, words: frozenset[str]) -> bool:
    return plain(spec.name) in words or plain(spec.id) in words


def _counterpart_field(spec: FieldSpec, others: Sequence[FieldSpec]) -> FieldSpec | None:
    fitting = [each for each in others if compatible(spec, each)]
    same = next((each for each in fitting if plain(each.name) == plain(spec.name)), None)
    if same is not None:
        return same
    for words in _FIELDS:
        if _means(spec, words):
            return next((each for each in fitting if _means(each, words)), None)
    statuses = [each for each in fitting if each.kind is FieldKind.STATUS]
    return statuses[0] if spec.kind is FieldKind.STATUS and statuses else None


def _direction(left: FieldSpec, right: FieldSpec) -> Direction | None:
    """Both ways where both may be written; never towards what is read only."""
    if left.read_only:
        return None if right.read_only else Direction.TO_RIGHT
    return Direction.TO_LEFT if right.read_only else Direction.BOTH


def _rule(left: FieldSpec, right: FieldSpec, direction: Direction, notes: list[str]) -> FieldMapping:
    values: tuple[ValueMapping, ...] = ()
    if left.kind in _VALUES and right.kind in _VALUES:
        kind = FieldKind.STATUS if FieldKind.STATUS in {left.kind, right.kind} else FieldKind.OPTION
        values = _values(left, right, kind)
        for side, spec in ((Side.LEFT, left), (Side.RIGHT, right)):
            done = {row.left if side is Side.LEFT else row.right for row in values}
            open_ = [option.name for option in spec.options if option.id not in done]
            if open_:
                named = ", ".join(f"“{name}”" for name in open_)
                notes.append(f"No counterpart was found for {named} of “{spec.name}”; items keep what they have there.")
    only_new = left.create_only or right.create_only
    return FieldMapping(left.id, right.id, direction, create_only=only_new, values=values)


def _values(left: FieldSpec, right: FieldSpec, kind: FieldKind) -> tuple[ValueMapping, ...]:
    """Rows so that every option that has a counterpart has one; those that go both ways come first."""
    to_right = {one.id: _counterpart_option(one, left.options, right.options, kind) for one in left.options}
    to_left = {one.id: _counterpart_option(one, right.options, left.options, kind) for one in right.options}
    mutual = [(a, b) for a, b in to_right.items() if b is not None and to_left.get(b) == a]
    one_way = [(a, b) for a, b in to_right.items() if b is not None and (a, b) not in mutual]
    one_way += [(a, b) for b, a in to_left.items() if a is not None and (a, b) not in mutual]
    return tuple(ValueMapping(a, b) for a, b in dict.fromkeys(mutual + one_way))


def _counterpart_option(
    one: Option, siblings: Sequence[Option], others: Sequence[Option], kind: FieldKind
) -> str | None:
    name = plain(one.name)
    for each in others:
        if plain(each.name) == name:
            return each.id
    # A name that the other side shares with a sibling belongs to that sibling, as long as there is another choice.
    claimed = {plain(sibling.name) for sibling in siblings if sibling is not one}
    found = [each for words in _VALUES[kind] if name in words for each in others if plain(each.name) in words]
    for each in found:
        if plain(each.name) not in claimed:
            return each.id
    if found:
        return found[0].id
    if one.closed is None:
        return None
    return next((each.id for each in others if each.closed == one.closed), None)
