from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.errors import PutRight
from server.domain.integration import Document, SideSettings
from server.domain.item import PARENT, Side
from server.domain.mapping import Direction, FieldMapping, TypeMapping, ValueMapping
from server.domain.rules import CommentRules, LinkRules, Parting, PartingRules, PrivateComments
from server.domain.schedule import Schedule
from server.domain.values import FieldKind, FieldSpec, Option, TextFormat
from server.engine.compiling import compile_mapping
from server.engine.mapping import SideShape
from server.engine.review import review, review_shape

FIELDS = (
    FieldSpec("title", "Title", FieldKind.TEXT),
    FieldSpec("note", "Note", FieldKind.TEXT),
    FieldSpec("key", "Key", FieldKind.TEXT, read_only=True),
    FieldSpec("status", "Status", FieldKind.STATUS, options=(Option("1", "New"), Option("2", "Done"))),
)
LEFT = SideShape(Side.LEFT, "Help desk", "c", TextFormat.PLAIN, {"bug": FIELDS})
RIGHT = SideShape(Side.RIGHT, "Engineering", "c", TextFormat.PLAIN, {"bug": FIELDS})


def document(*fields: FieldMapping) -> Document:
    return Document(SideSettings("a", "c"), SideSettings("b", "c"), (TypeMapping("bug", "bug", fields),))


def judged(document: Document) -> None:
    review_shape(document)
    review(compile_mapping(document, LEFT, RIGHT))


def refused(wrong: Document) -> PutRight:
    with pytest.raises(PutRight) as error:
        judged(wrong)
    return error.value


def test_a_sound_document_passes() -> None:
    values = (ValueMapping("1", "1"), ValueMapping("2", "2"))
    sound = document(FieldMapping("title", "title"), FieldMapping("status", "status", values=values))
    judged(sound)


@pytest.mark.parametrize("direction", [Direction.BOTH, Direction.TO_RIGHT])
def test_a_field_that_cannot_be_written_is_no_target(direction: Direction) -> None:
    error = refused(document(FieldMapping("title", "title"), FieldMapping("note", "key", direction)))
    assert error.field == "types.0.fields.1.direction"
    assert "“Key” cannot be written in Engineering" in error.message
    assert "to_left" in error.message


def test_a_field_that_cannot_be_written_may_be_read() -> None:
    sound = document(FieldMapping("note", "key", Direction.TO_LEFT))
    review(compile_mapping(sound, LEFT, RIGHT))


def test_a_field_is_written_from_one_field_only() -> None:
    error = refused(document(FieldMapping("title", "title"), FieldMapping("note", "title", Direction.TO_RIGHT)))
    assert error.field == "types.0.fields"
    assert "“Title” of Engineering" in error.message


def test_a_value_that_is_gone_is_named() -> None:
    error = refused(document(FieldMapping("status", "status", values=(ValueMapping("1", "7"),))))
    assert error.field == "types.0.fields.0.values"
    assert "'7'" in error.message
    assert "Engineering" in error.message


def test_a_field_that_is_gone_is_named() -> None:
    error = refused(document(FieldMapping("gone", "title")))
    assert "“gone”" in error.message
    assert "Help desk" in error.message


def test_what_pairs_nothing_is_refused() -> None:
    assert refused(document()).field == "types.0.fields"
    assert refused(replace(document(), types=())).field == "types"
    sound = document(FieldMapping("title", "title"))
    assert refused(replace(sound, types=sound.types * 2)).field == "types"
    assert refused(replace(sound, right=sound.left)).field == "right"
    assert refused(replace(sound, schedule=Schedule(1))).field == "schedule.every_seconds"
    assert refused(replace(sound, schedule=Schedule(cron="at night"))).field == "schedule.cron"


def test_publishing_needs_something_private() -> None:
    sound = document(FieldMapping("title", "title"))
    error = refused(replace(sound, comments=CommentRules(private=PrivateComments.PUBLISH)))
    assert error.field == "comments.private"


def test_no_app_is_asked_to_delete_that_cannot() -> None:
    sound = document(FieldMapping("title", "title"))
    error = refused(replace(sound, deletions=PartingRules(on_right=Parting.DELETE)))
    assert error.field == "deletions.on_right"
    assert "Engineering deletes no items" in error.message


KINDS = (PARENT, "relates", "blocks")
LINKED = (ValueMapping("relates", "relates"), ValueMapping("blocks", "blocks"))


@pytest.mark.parametrize(
    ("rules", "right", "field", "words"),
    [
        (LinkRules(None, Direction.BOTH), ("relates",), "links.parents", "Engineering knows no parents"),
        (LinkRules(Direction.BOTH, None), KINDS, "links.kinds", "Pair at least one kind"),
        (LinkRules(Direction.BOTH, None, LINKED), KINDS[:2], "links.kinds", "Engineering has no relation “blocks”"),
        (
            LinkRules(Direction.BOTH, None, (*LINKED, ValueMapping("relates", "see"))),
            (*KINDS, "see"),
            "links.kinds",
            "twice",
        ),
        (
            LinkRules(Direction.BOTH, None, (ValueMapping(PARENT, PARENT),)),
            KINDS,
            "links.kinds",
            "no relation “parent”",
        ),
    ],
)
def test_links_that_the_apps_cannot_keep_are_refused(
    rules: LinkRules, right: tuple[str, ...], field: str, words: str
) -> None:
    wrong = replace(document(FieldMapping("title", "title")), links=rules)
    with pytest.raises(PutRight, match=words) as error:
        review(compile_mapping(wrong, replace(LEFT, link_kinds=KINDS), replace(RIGHT, link_kinds=right)))
    assert error.value.field == field


def test_links_that_both_apps_have_pass() -> None:
    sound = replace(document(FieldMapping("title", "title")), links=LinkRules(Direction.BOTH, Direction.BOTH, LINKED))
    review(compile_mapping(sound, replace(LEFT, link_kinds=KINDS), replace(RIGHT, link_kinds=KINDS)))
