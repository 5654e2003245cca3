"""Small values for the engine's tests: two sides with one type, a mapping, items; it must not test anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from server.domain.integration import Document, SideSettings
from server.domain.item import Comment, Item, Side
from server.domain.mapping import ConflictPolicy, Direction, FieldMapping, TypeMapping, ValueMapping
from server.domain.pair import Pair, PairState, Seen
from server.domain.rules import CommentRules
from server.domain.values import AppUser, FieldKind, FieldSpec, Option, TextFormat, Value
from server.engine.compiling import compile_mapping
from server.engine.mapping import Mapping as Compiled
from server.engine.mapping import SideShape

_COUNT = count(1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

LEFT_FIELDS = (
    FieldSpec("title", "Title", FieldKind.TEXT, required=True),
    FieldSpec("text", "Text", FieldKind.RICH_TEXT, text_format=TextFormat.PLAIN),
    FieldSpec(
        "status", "Status", FieldKind.STATUS, options=(Option("1", "New"), Option("2", "Done"), Option("3", "Odd"))
    ),
    FieldSpec("owner", "Owner", FieldKind.USER),
    FieldSpec("labels", "Labels", FieldKind.LABELS),
)
RIGHT_FIELDS = (
    FieldSpec("subject", "Subject", FieldKind.TEXT, required=True, max_length=20),
    FieldSpec("body", "Body", FieldKind.RICH_TEXT, text_format=TextFormat.HTML),
    FieldSpec("state", "State", FieldKind.STATUS, options=(Option("n", "new"), Option("d", "done"))),
    FieldSpec("assignee", "Assignee", FieldKind.USER),
    FieldSpec("tags", "Tags", FieldKind.LABELS),
)
VALUES = (ValueMapping("1", "n"), ValueMapping("2", "d"))
FIELDS = (
    FieldMapping("title", "subject"),
    FieldMapping("text", "body"),
    FieldMapping("status", "state", values=VALUES),
    FieldMapping("owner", "assignee"),
    FieldMapping("labels", "tags"),
)


def shape(side: Side, **more: Any) -> SideShape:
    """One end with one type, named ``bug`` on the left and ``ticket`` on the right."""
    left = side is Side.LEFT
    users = (
        AppUser("u1" if left else "x1", "Ünal", email="unal@example.test"),
        AppUser("u2" if left else "x2", "Bob", email="" if left else "bob@example.test"),
    )
    given: dict[str, Any] = {
        "name": "Left" if left else "Right",
        "container": "L" if left else "R",
        "text_format": TextFormat.PLAIN if left else TextFormat.HTML,
        "fields": {"bug": LEFT_FIELDS} if left else {"ticket": RIGHT_FIELDS},
        "users": users,
        "private_comments": True,
        "edits_comments": True,
    }
    return SideShape(side, **(given | more))


def document(
    fields: tuple[FieldMapping, ...] = FIELDS,
    comments: CommentRules | None = None,
    creates: Direction = Direction.BOTH,
) -> Document:
    """An integration of the two shapes."""
    return Document(
        SideSettings("c1", "L"),
        SideSettings("c2", "R"),
        (TypeMapping("bug", "ticket", fields),),
        creates,
        comments or CommentRules(),
    )


def mapping(
    fields: tuple[FieldMapping, ...] = FIELDS,
    comments: CommentRules | None = None,
    left: Mapping[str, Any] | None = None,
    right: Mapping[str, Any] | None = None,
    people: tuple[tuple[str, str, str], ...] = (),
) -> Compiled:
    """The document, compiled."""
    return compile_mapping(
        document(fields, comments), shape(Side.LEFT, **(left or {})), shape(Side.RIGHT, **(right or {})), people
    )


def only(field: str, policy: ConflictPolicy = ConflictPolicy.LATEST, **more: Any) -> tuple[FieldMapping, ...]:
    """The field mapping of one left field, with a policy."""
    rule = next(one for one in FIELDS if one.left == field)
    return (FieldMapping(rule.left, rule.right, conflict=policy, values=rule.values, **more),)


def item(side: Side, values: Mapping[str, Value], *, minutes: int = 0, comments: tuple[Comment, ...] = ()) -> Item:
    """An item of one side, changed ``minutes`` after noon."""
    left = side is Side.LEFT
    return Item(
        id="1" if left else "9",
        key="L-1" if left else "R-9",
        url="",
        container="L" if left else "R",
        type="bug" if left else "ticket",
        updated_at=NOON + timedelta(minutes=minutes),
        fields=values,
        stamp=f"s{minutes}",
        comments=comments,
    )


def linked(left: Item, right: Item) -> Pair:
    """A pair that was last seen as these two items."""
    return Pair(
        "p",
        PairState.LINKED,
        Side.LEFT,
        Seen(left.id, left.key, left.url, left.type, dict(left.fields), left.stamp),
        Seen(right.id, right.key, right.url, right.type, dict(right.fields), right.stamp),
    )


def ids() -> Iterator[str]:
    """Readable ids, never the same twice."""
    return (f"id{number}" for number in _COUNT)
