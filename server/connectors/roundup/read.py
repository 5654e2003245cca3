"""Turns what Roundup says into items; it must not ask anything.

The description of an item is the message that it was made with; every other message is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from server.connectors import audience
from server.connectors.moments import clock, kept, moment, sent, shown
from server.connectors.reading import number, part, text
from server.connectors.roundup.schema import DESCRIPTION, Property, Shape, label
from server.connectors.roundup.session import Json
from server.connectors.stamps import version
from server.connectors.unnamed import made_up_name
from server.domain.item import PARENT, Attachment, Comment, Item, Link
from server.domain.values import FieldKind, Value

_MARKER = re.compile(r"<(item|text|comment)\.(.+)@lockstep>")
_SETTLED = timedelta(seconds=2)
"""How long after its last change an item's time can be taken for final (whole seconds, and a second's slack)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read an item: the tracker's address, who we are, what people are called, the time.

    ``restricting``: by class, the properties that restrict an item, a message or a file by what they hold.
    """

    base_url: str
    me: str
    names: Mapping[str, str]
    now: datetime | None
    restricting: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def narrowed(self, name: str, raw: Json) -> str:
        """What restricts a member of a class, in Roundup's words; empty when nothing does."""
        names = self.restricting.get(name, ())
        return audience.word(frozenset(one.casefold() for one in names), raw.items(), names)


def spoken(when: datetime, zone: tzinfo) -> str:
    """A time as Roundup reads it: the clock on the wall of the account whose ``zone`` it is."""
    return clock(when.astimezone(zone), ".")


def spoken_from(when: datetime, zone: tzinfo) -> str:
    """The same for the beginning of a search: where the wall shows that time twice, the first of the two is meant."""
    there = when.astimezone(zone)
    if there.utcoffset() == there.replace(fold=1 - there.fold).utcoffset():
        return spoken(when, zone)
    return spoken(when - timedelta(hours=1), zone)


def written_moment(name: str, value: Value, zone: tzinfo) -> str:
    """A field's time as Roundup takes it, empty for none. Raises ``Rejected``."""
    return sent(name, value, lambda when: spoken(when, zone))


def heard(text: object) -> datetime:
    """A time as Roundup writes it; a second that it rounded up to 60 is one of these. Raises ``ValueError``."""
    return moment(text)


def lines(said: object) -> str:
    """Text with plain newlines."""
    return text(said).replace("\r\n", "\n").replace("\r", "\n")


def text_marker(designator: str) -> str:
    """The message id of a description of ours on an item that somebody else made; it carries no correlation id."""
    return f"<text.{designator}@lockstep>"


def item_marker(marker: str) -> str:
    """The message id that the first message of an item of ours carries."""
    return f"<item.{marker}@lockstep>"


def comment_marker(marker: str) -> str:
    """The message id that a comment of ours carries."""
    return f"<comment.{marker}@lockstep>"


def ids(linked: object) -> list[str]:
    """The numbers in a set of links, however verbose."""
    many = linked if isinstance(linked, list) else []
    return [number(one["id"]) if isinstance(one, dict) else number(one) for one in many]


def stamp_of(activity: str, now: datetime | None) -> str:
    """The activity, once no further change can carry the same; empty before."""
    return version(activity, heard(activity), now, _SETTLED)


def first_message(item: Json, messages: Mapping[str, Json]) -> str | None:
    """The number of the message that is the item's description: one of ours for it, or the one it was made with."""
    numbers = sorted(messages, key=int)
    kinds = {one: marked(messages[one])[0] for one in numbers}
    ours = [one for one in numbers if kinds[one] in {"item", "text"}]
    if ours:
        return ours[-1]
    people = [one for one in numbers if not kinds[one]]
    if people and item.get("creation") and heard(messages[people[0]]["creation"]) <= heard(item["creation"]):
        return people[0]
    return None


def read_item(shape: Shape, raw: Json, messages: Mapping[str, Json], files: Iterable[Attachment], by: Reading) -> Item:
    """An item from its own answer and its messages' and files'. What cannot be read names the part."""
    numbered = number(raw["id"])
    with part("its time of change"):
        activity = str(raw["activity"])
        updated, stamp = heard(activity), stamp_of(activity, by.now)
    with part("its title"):
        title = text(raw.get("title"))
    with part("its description"):
        first = first_message(raw, messages)
        described = messages.get(first) if first is not None else None
        description = lines(described.get("content")).strip() if described is not None else ""
    with part("who made it, and when"):
        creator = person_of(raw.get("creator"))
        created = heard(raw["creation"]) if raw.get("creation") else None
    with part("its links"):
        links = tuple(Link(kind, one) for kind in shape.relations if kind != PARENT for one in related(raw.get(kind)))
        parent = next(iter(related(raw.get(PARENT))), None) if PARENT in shape.relations else None
    private = {one for message in messages.values() if by.narrowed("msg", message) for one in ids(message.get("files"))}
    marker = str(raw.get("remote_id") or "") if shape.holds_marker else ""
    if not marker and described is not None:
        kind, carried = marked(described)
        marker = carried if kind == "item" else ""
    designator = shape.name + numbered
    return Item(
        id=designator,
        key=designator,
        url=f"{by.base_url}/{designator}",
        container=shape.name,
        type=shape.name,
        updated_at=updated,
        fields={"title": title, DESCRIPTION: description} | _read_fields(shape, raw),
        stamp=stamp,
        comments=tuple(read_comment(messages[one], by) for one in sorted(messages, key=int) if one != first),
        attachments=tuple(replace(one, private=one.private or one.id in private) for one in files),
        links=links,
        parent=parent,
        marker=marker or None,
        author_name=by.names.get(creator, ""),
        created_at=created,
        own=creator == by.me,
        restricted=by.narrowed(shape.name, raw),
    )


def _read_fields(shape: Shape, raw: Json) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, one in shape.fields.items():
        with part(f"its field “{name}”"):
            values[name] = read_value(one, raw.get(name))
    return values


def person_of(raw: object) -> str:
    """The number of a user within an answer; empty for none."""
    return number(raw["id"]) if isinstance(raw, Mapping) else ""


def related(linked: object) -> list[str]:
    """The designators of linked items, from the addresses that Roundup gives (``.../issue/12``)."""
    many = linked if isinstance(linked, list) else [linked]
    places = [str(one["link"]).rstrip("/").split("/")[-2:] for one in many if isinstance(one, dict)]
    return sorted("".join(one) for one in places)


def read_value(one: Property, raw: object) -> Value:
    """A property's value in the product's terms."""
    if one.many:
        many = raw if isinstance(raw, list) else []
        if one.kind is FieldKind.LABELS:
            return tuple(sorted(label(each) for each in many if isinstance(each, dict)))
        return tuple(sorted(ids(many)))
    if isinstance(raw, dict):
        return number(raw["id"])
    if one.kind is FieldKind.MOMENT:
        return kept(raw)
    if raw is None or isinstance(raw, bool | int | float):
        return raw
    if not isinstance(raw, str):
        raise TypeError(f"{shown(raw)} is no value of such a field")
    return lines(raw)


_LINKED = frozenset({FieldKind.OPTION, FieldKind.STATUS, FieldKind.USER})


def plain_value(one: Property, raw: object) -> Value:
    """The same of a single value as an edit reads it, where a link is a bare number."""
    return number(raw) if one.kind in _LINKED and raw not in (None, "") else read_value(one, raw)


def read_comment(raw: Json, by: Reading) -> Comment:
    """A message as a comment."""
    with part(f"the message {raw.get('id')}"):
        creator = person_of(raw.get("creator"))
        author = person_of(raw.get("author")) or creator
        _, marker = marked(raw)
        return Comment(
            id=number(raw["id"]),
            body=lines(raw.get("content")).strip(),
            author=author,
            author_name=by.names.get(author, ""),
            created_at=heard(raw.get("date") or raw["creation"]),
            private=bool(by.narrowed("msg", raw)),
            marker=marker or None,
            own=by.me in {author, creator},
        )


def read_file(raw: Json, size: int, by: Reading) -> Attachment:
    """A file's description."""
    creator, own_number = person_of(raw.get("creator")), number(raw["id"])
    kind, name = str(raw.get("type") or "application/octet-stream"), str(raw.get("name") or "")
    return Attachment(
        id=own_number,
        name=name if name.strip() else made_up_name(kind, own_number),
        size=size,
        content_type=kind,
        author_name=by.names.get(creator, ""),
        created_at=heard(raw["creation"]),
        own=creator == by.me,
        private=bool(by.narrowed("file", raw)),
    )


def marked(message: Json) -> tuple[str, str]:
    """What a message of ours is (``item``, ``text`` or ``comment``) and what it carries; empty for a person's."""
    found = _MARKER.fullmatch(str(message.get("messageid") or ""))
    return (found[1], found[2]) if found is not None else ("", "")
