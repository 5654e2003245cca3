"""Which items of the two sides are one already, by rules that a person gave; it must not join what could be two.

An item has at most one signature under a rule. Items with one signature on both sides are one if there is just one on
each; more are ambiguous, and ambiguous stays ambiguous: no later rule decides between them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.errors import PutRight
from server.domain.item import Attachment, Comment, Item, Side
from server.domain.pair import AttachmentPair, CommentPair
from server.domain.rules import OF_ITEM, Likeness, MatchPart, MatchRule, MatchRules
from server.domain.values import Value
from server.engine.copies import rendered, roots
from server.engine.days import day_of, is_day
from server.engine.mapping import CompiledType
from server.engine.mapping import Mapping as Compiled
from server.engine.richtext import fingerprint, same_meaning


@dataclass(slots=True)
class Matched:
    """What a match came to: left id -> right id, and by side and id the place of the rule that found several."""

    joined: dict[str, str] = field(default_factory=dict)
    ambiguous: dict[tuple[Side, str], int] = field(default_factory=dict)


def one_to_one(left: int, right: int) -> bool:
    """Whether so many items of each side with one signature are one item."""
    return left == right == 1


def match(left: Mapping[str, Sequence[bytes | None]], right: Mapping[str, Sequence[bytes | None]]) -> Matched:
    """Join items by their signatures, one for each rule in order (None: the rule does not speak of the item)."""
    found = Matched()
    sides = {Side.LEFT: left, Side.RIGHT: right}
    rules = max((len(signatures) for given in sides.values() for signatures in given.values()), default=0)
    for rule in range(rules):
        alike: defaultdict[bytes, dict[Side, list[str]]] = defaultdict(lambda: {Side.LEFT: [], Side.RIGHT: []})
        for side, given in sides.items():
            decided = set(found.joined if side is Side.LEFT else found.joined.values())
            for item, signatures in given.items():
                signature = signatures[rule]
                if signature is not None and item not in decided and (side, item) not in found.ambiguous:
                    alike[signature][side].append(item)
        for both in alike.values():
            if one_to_one(len(both[Side.LEFT]), len(both[Side.RIGHT])):
                found.joined[both[Side.LEFT][0]] = both[Side.RIGHT][0]
            elif both[Side.LEFT] and both[Side.RIGHT]:
                found.ambiguous |= {(side, item): rule for side in Side for item in both[side]}
    return found


def signature(rule: MatchRule, side: Side, item: Item, type_: CompiledType, mapping: Compiled) -> bytes | None:
    """What an item must have in common with another under ``rule``; None when a part of it is empty."""
    parts = [f"{type_.left}\n{type_.right}"]
    for part in rule.parts:
        said = _said(part, side, item, mapping)
        if not said:
            return None
        parts.append(said)
    return hashlib.sha256("\0".join(parts).encode()).digest()


def review_rules(rules: MatchRules, mapping: Compiled) -> None:
    """Raises ``PutRight`` when there is no rule, or one that names a field that no mapped type has."""
    if not rules.rules or not all(rule.parts for rule in rules.rules):
        raise PutRight("Say by what the items are to be matched.", field="rules")
    for rule in rules.rules:
        for part in rule.parts:
            for side in Side:
                name, shape = _name(part, side), mapping.shape(side)
                there = {spec.id for specs in shape.fields.values() for spec in specs}
                if name not in OF_ITEM and name not in there:
                    raise PutRight(f"{shape.name} has no field “{name}” to match by.", field="rules")


def words(rule: MatchRule, mapping: Compiled) -> str:
    """A rule as people read it."""
    return " and ".join(f"{_label(one, Side.LEFT, mapping)} = {_label(one, Side.RIGHT, mapping)}" for one in rule.parts)


def twins_of_comments(left: Item, right: Item, mapping: Compiled, ids: Iterator[str]) -> tuple[CommentPair, ...]:
    """Comments that say the same on both sides already, so that neither is copied; each at most once."""
    formats = {side: mapping.shape(side).text_format for side in Side}
    rest = list(right.comments)
    found = []
    for mine in left.comments:
        theirs = next((one for one in rest if _same_comment(mine, left, one, right, mapping)), None)
        if theirs is None:
            continue
        rest.remove(theirs)
        origin, first = (Side.LEFT, mine) if mine.created_at <= theirs.created_at else (Side.RIGHT, theirs)
        pair = CommentPair(next(ids), origin, private=first.private)
        pair = pair.seen_on(Side.LEFT, mine.id, fingerprint(mine.body, formats[Side.LEFT]))
        found.append(pair.seen_on(Side.RIGHT, theirs.id, fingerprint(theirs.body, formats[Side.RIGHT])))
    return tuple(found)


def twins_of_files(left: Item, right: Item, ids: Iterator[str]) -> tuple[AttachmentPair, ...]:
    """Files with the same name and size on both sides; each at most once."""
    rest = list(right.attachments)
    found = []
    for mine in left.attachments:
        theirs = next((one for one in rest if (one.name, one.size) == (mine.name, mine.size)), None)
        if theirs is None:
            continue
        rest.remove(theirs)
        origin = Side.LEFT if _first(mine, theirs) else Side.RIGHT
        found.append(AttachmentPair(next(ids), origin, mine.id, theirs.id, mine.name, mine.size))
    return tuple(found)


def _first(mine: Attachment, theirs: Attachment) -> bool:
    return mine.created_at <= theirs.created_at


def _same_comment(mine: Comment, on_left: Item, theirs: Comment, on_right: Item, mapping: Compiled) -> bool:
    """Whether the two say the same, or one is a copy of the other with its author on top."""
    left, right = (mapping.shape(side).text_format for side in Side)
    if mine.private != theirs.private:
        return False
    if roots(mine, Side.LEFT, mapping) & roots(theirs, Side.RIGHT, mapping):
        return True
    if same_meaning(mine.body, left, theirs.body, right):
        return True
    to_right, to_left = rendered(mine, on_left, Side.LEFT, mapping), rendered(theirs, on_right, Side.RIGHT, mapping)
    return same_meaning(to_right, right, theirs.body, right) or same_meaning(to_left, left, mine.body, left)


def _name(part: MatchPart, side: Side) -> str:
    return part.left if side is Side.LEFT else part.right


def _label(part: MatchPart, side: Side, mapping: Compiled) -> str:
    name = _name(part, side)
    specs = (spec for several in mapping.shape(side).fields.values() for spec in several)
    return next((spec.name for spec in specs if spec.id == name), name)


def _said(part: MatchPart, side: Side, item: Item, mapping: Compiled) -> str:
    """A part's value as it is compared; empty when there is none."""
    name = _name(part, side)
    created = item.created_at.isoformat() if item.created_at is not None else ""
    special = {"@id": item.id, "@key": item.key, "@url": item.url, "@created": created}
    value: Value = special[name] if name in special else item.fields.get(name)
    members = sorted(value) if isinstance(value, tuple) else [] if value is None else [str(value)]
    said = [_normal(one, part.how, side, mapping) for one in members]
    return "\1".join(sorted(one for one in said if one)) if all(said) else ""


def _day(value: str, mapping: Compiled) -> str:
    if is_day(value):
        return value
    try:
        return day_of(value, mapping.zones)
    except ValueError:
        return value[:10]


def _normal(value: str, how: Likeness, side: Side, mapping: Compiled) -> str:
    if how is Likeness.PERSON:
        people = mapping.directory.left if side is Side.LEFT else mapping.directory.right
        known = people.get(value)
        value = known.email if known is not None else value if "@" in value else ""
    if how is Likeness.EXACT:
        return value
    if how is Likeness.DAY:
        return _day(value, mapping)
    plain = " ".join(value.split()).casefold()
    return plain.removeprefix("#") if how is Likeness.KEY else plain
