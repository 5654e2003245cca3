from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import PutRight
from server.domain.item import Attachment, Comment, Item, Side
from server.domain.rules import Likeness, MatchPart, MatchRule, MatchRules
from server.domain.values import Value
from server.engine.matching import (
    match,
    review_rules,
    signature,
    twins_of_comments,
    twins_of_files,
    words,
)
from tests.unit.engine.build import NOON, ids, item, mapping

RULES = 3
signatures = st.one_of(st.none(), st.sampled_from([b"a", b"b", b"c", b"d"]))
sides = st.dictionaries(
    st.sampled_from([str(number) for number in range(8)]), st.lists(signatures, min_size=RULES, max_size=RULES)
)


@given(left=sides, right=sides)
def test_an_item_is_joined_to_one_item_at_most(
    left: dict[str, list[bytes | None]], right: dict[str, list[bytes | None]]
) -> None:
    joined = match(left, right).joined
    assert len(set(joined.values())) == len(joined)
    assert all(one in left and joined[one] in right for one in joined)


@given(left=sides, right=sides, data=st.data())
def test_the_order_of_items_means_nothing(
    left: dict[str, list[bytes | None]], right: dict[str, list[bytes | None]], data: st.DataObject
) -> None:
    shuffled = [dict(data.draw(st.permutations(list(one.items())))) for one in (left, right)]
    first, second = match(left, right), match(shuffled[0], shuffled[1])
    assert (first.joined, first.ambiguous) == (second.joined, second.ambiguous)


@given(left=sides, right=sides)
def test_the_sides_are_equal(left: dict[str, list[bytes | None]], right: dict[str, list[bytes | None]]) -> None:
    mirrored = match(right, left)
    assert {theirs: mine for mine, theirs in match(left, right).joined.items()} == mirrored.joined


@given(left=sides, right=sides)
def test_what_is_ambiguous_is_never_joined_and_what_is_joined_is_alike(
    left: dict[str, list[bytes | None]], right: dict[str, list[bytes | None]]
) -> None:
    found = match(left, right)
    for mine, theirs in found.joined.items():
        assert (Side.LEFT, mine) not in found.ambiguous
        assert (Side.RIGHT, theirs) not in found.ambiguous
        assert any(one is not None and one == other for one, other in zip(left[mine], right[theirs], strict=True))
        # Under the first rule by which they are alike, no item that is still to be had is like either.
    first = {one for one in left if left[one][0] is not None}
    for mine in first:
        rivals = [one for one in first if left[one][0] == left[mine][0]]
        there = [one for one in right if right[one][0] == left[mine][0]]
        if len(rivals) > 1 and there:
            assert mine not in found.joined


def rule(*parts: tuple[str, str, Likeness]) -> MatchRule:
    return MatchRule(tuple(MatchPart(*one) for one in parts))


def sign(of: MatchRule, left: Item, right: Item) -> tuple[bytes | None, bytes | None]:
    compiled = mapping()
    (type_,) = compiled.types
    return signature(of, Side.LEFT, left, type_, compiled), signature(of, Side.RIGHT, right, type_, compiled)


@pytest.mark.parametrize(
    ("left", "right", "of", "alike"),
    [
        ({"title": " A  title"}, {"subject": "a TITLE"}, ("title", "subject", Likeness.WORDS), True),
        ({"title": "A title"}, {"subject": "a title"}, ("title", "subject", Likeness.EXACT), False),
        ({"title": "R-9"}, {}, ("title", "@key", Likeness.KEY), True),
        ({"title": "9"}, {}, ("title", "@id", Likeness.EXACT), True),
        ({"owner": "u1"}, {"assignee": "x1"}, ("owner", "assignee", Likeness.PERSON), True),
        ({"owner": "u1"}, {"assignee": "x2"}, ("owner", "assignee", Likeness.PERSON), False),
        ({"labels": ("a", "b")}, {"tags": ("b", "a")}, ("labels", "tags", Likeness.WORDS), True),
        ({"labels": ("a", "b")}, {"tags": ("a",)}, ("labels", "tags", Likeness.WORDS), False),
    ],
)
def test_two_values_are_alike_as_the_rule_says(
    left: dict[str, Value],
    right: dict[str, Value],
    of: tuple[str, str, Likeness],
    alike: bool,  # noqa: FBT001 - a case
) -> None:
    mine, theirs = sign(rule(of), item(Side.LEFT, left), item(Side.RIGHT, right))
    assert mine is not None
    assert (mine == theirs) is alike


def test_the_same_title_on_the_same_day_is_told_from_another_day() -> None:
    of = rule(("title", "subject", Likeness.WORDS), ("@created", "@created", Likeness.DAY))
    left = replace(item(Side.LEFT, {"title": "t"}), created_at=NOON)
    for hours, alike in ((3, True), (30, False)):
        right = replace(item(Side.RIGHT, {"subject": "T"}), created_at=NOON + timedelta(hours=hours))
        mine, theirs = sign(of, left, right)
        assert (mine == theirs) is alike


@pytest.mark.parametrize("empty", [{}, {"title": None}, {"title": " "}, {"title": ""}])
def test_an_empty_part_is_like_nothing(empty: dict[str, Value]) -> None:
    of = rule(("title", "subject", Likeness.WORDS))
    assert sign(of, item(Side.LEFT, empty), item(Side.RIGHT, {"subject": ""})) == (None, None)


def test_a_person_without_an_e_mail_is_like_nobody() -> None:
    of = rule(("owner", "assignee", Likeness.PERSON))
    assert sign(of, item(Side.LEFT, {"owner": "u2"}), item(Side.RIGHT, {"assignee": "nobody"})) == (None, None)


def test_rules_that_say_nothing_or_name_no_field_are_refused() -> None:
    compiled = mapping()
    good = rule(("title", "subject", Likeness.WORDS), ("@key", "@url", Likeness.EXACT))
    review_rules(MatchRules((good,)), compiled)
    assert words(good, compiled) == "Title = Subject and @key = @url"
    for wrong in (MatchRules(), MatchRules((MatchRule(()),)), MatchRules((rule(("nope", "subject", Likeness.EXACT)),))):
        with pytest.raises(PutRight):
            review_rules(wrong, compiled)


def said(one: str, body: str, minutes: int = 0, *, private: bool = False) -> Comment:
    return Comment(one, body, "u", "Ünal", NOON + timedelta(minutes=minutes), private)


def test_comments_that_say_the_same_are_twins_and_a_private_one_is_none_of_a_public_one() -> None:
    left = item(Side.LEFT, {}, comments=(said("1", "hello"), said("2", "hello"), said("3", "secret", private=True)))
    right = item(Side.RIGHT, {}, comments=(said("7", "<p>hello</p>", -5), said("8", "secret"), said("9", "other")))
    [pair] = twins_of_comments(left, right, mapping(), ids())
    assert (pair.left_id, pair.right_id, pair.origin) == ("1", "7", Side.RIGHT)


def test_a_copy_with_its_author_on_top_is_a_twin() -> None:
    left = item(Side.LEFT, {}, comments=(said("1", "hello"),))
    copy = "<p><strong>Ünal</strong> wrote on 2026-11-23 12:00 UTC:</p><p>hello</p>"
    [pair] = twins_of_comments(left, item(Side.RIGHT, {}, comments=(said("7", copy, 9),)), mapping(), ids())
    assert (pair.left_id, pair.right_id, pair.origin) == ("1", "7", Side.LEFT)


def test_files_of_one_name_and_size_are_twins_once() -> None:
    def file(one: str, name: str, size: int) -> Attachment:
        return Attachment(one, name, size, "text/plain", "Ünal", NOON)

    left = replace(item(Side.LEFT, {}), attachments=(file("1", "a", 5), file("2", "a", 5), file("3", "b", 5)))
    right = replace(item(Side.RIGHT, {}), attachments=(file("7", "a", 5), file("8", "b", 6)))
    assert [(one.left_id, one.right_id) for one in twins_of_files(left, right, ids())] == [("1", "7")]
