"""Comments: one twin each, private stays private, edits follow, lost posts are recognised."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.domain.item import Comment, Item, Side
from server.domain.operation import AddComment, DeleteComment, EditComment
from server.domain.pair import Pair
from server.domain.rules import CommentRules, PrivateComments
from server.engine.plan import Plan
from server.engine.reconcile import absorb, reconcile, unchanged
from tests.unit.engine.build import NOON, ids, item, linked, mapping, only

L, R = Side.LEFT, Side.RIGHT
LEFT, RIGHT = item(L, {"title": "a"}), item(R, {"subject": "a"})


def comment(comment_id: str = "c1", body: str = "Hallo, wie geht's?", **more: Any) -> Comment:
    given: dict[str, Any] = {"author": "u1", "author_name": "Ünal", "created_at": NOON + timedelta(minutes=1)}
    return Comment(comment_id, body, **(given | more))


def plan_for(left: Item, right: Item, pair: Pair | None = None, /, **more: Any) -> Plan:
    compiled = mapping(fields=only("title"), **more)
    return reconcile(pair or linked(LEFT, RIGHT), compiled.types[0], left, right, compiled, ids())


def with_comments(base: Item, *comments: Comment) -> Item:
    return replace(base, comments=comments)


def added(plan: Plan) -> list[tuple[Side, AddComment]]:
    return [(one.side, one.step) for one in plan.operations if isinstance(one.step, AddComment)]


def test_a_new_comment_gets_a_twin_that_names_its_author() -> None:
    [(side, step)] = added(plan_for(with_comments(LEFT, comment()), RIGHT))
    assert side is R
    assert "Ünal" in step.draft.body
    assert "wie geht" in step.draft.body
    assert not step.draft.private


def test_private_stays_private() -> None:
    [(_, step)] = added(plan_for(with_comments(LEFT, comment(private=True)), RIGHT))
    assert step.draft.private


def test_a_private_comment_stays_where_the_target_knows_no_private_ones() -> None:
    plan = plan_for(with_comments(LEFT, comment(private=True)), RIGHT, right={"private_comments": False})
    assert added(plan) == []
    assert "knows no private comments" in plan.pair.comments[0].note


def test_a_private_comment_is_published_only_on_an_administrators_word() -> None:
    rules = CommentRules(private=PrivateComments.PUBLISH)
    plan = plan_for(
        with_comments(LEFT, comment(private=True)), RIGHT, comments=rules, right={"private_comments": False}
    )
    [(_, step)] = added(plan)
    assert not step.draft.private


def test_a_lost_post_is_recognised_by_its_marker() -> None:
    first = plan_for(with_comments(LEFT, comment()), RIGHT)
    twin = comment("r7", "rendered anew", own=True, marker=first.pair.comments[0].id)
    again = plan_for(with_comments(LEFT, comment()), with_comments(RIGHT, twin), first.pair)
    assert added(again) == []
    assert again.pair.comments[0].right_id == "r7"


def test_a_lost_post_without_a_marker_is_recognised_by_saying_the_same() -> None:
    first = plan_for(with_comments(LEFT, comment()), RIGHT)
    body = added(first)[0][1].draft.body
    stranger = comment("r6", body, own=False)
    twin = comment("r7", body + "\n", own=True)
    again = plan_for(with_comments(LEFT, comment()), with_comments(RIGHT, stranger, twin), first.pair)
    assert [one.right_id for one in again.pair.comments if one.left_id == "c1"] == ["r7"]
    assert [side for side, _ in added(again)] == [L]  # a person's own comment that says the same is a person's


def test_a_post_that_never_arrived_is_posted_again_under_the_same_marker() -> None:
    first = plan_for(with_comments(LEFT, comment()), RIGHT)
    again = plan_for(with_comments(LEFT, comment()), RIGHT, first.pair)
    assert added(again)[0][1].draft.marker == added(first)[0][1].draft.marker


def confirmed() -> tuple[Pair, Item, Item]:
    left = with_comments(LEFT, comment())
    first = plan_for(left, RIGHT)
    right = with_comments(RIGHT, comment("r7", added(first)[0][1].draft.body, own=True))
    pair = replace(first.pair, comments=(first.pair.comments[0].seen_on(R, "r7", ""),))
    return pair, left, right


def test_our_own_comment_read_back_is_quiet() -> None:
    pair, left, right = confirmed()
    compiled = mapping(fields=only("title"))
    assert unchanged(compiled.types[0], pair, R, right, compiled)
    after = absorb(compiled.types[0], pair, R, right, compiled)
    assert unchanged(compiled.types[0], after, R, right, compiled)
    assert plan_for(left, right, after).operations == ()


def test_an_edit_follows() -> None:
    pair, left, right = confirmed()
    edited = replace(left, comments=(replace(left.comments[0], body="Nein!"),))
    [operation] = plan_for(edited, right, pair).operations
    assert isinstance(operation.step, EditComment)
    assert operation.step.target == "r7"
    assert "Nein!" in operation.step.body


def test_an_edit_of_the_copy_does_not_travel_back_and_is_on_record() -> None:
    pair, left, right = confirmed()
    compiled = mapping(fields=only("title"))
    pair = absorb(compiled.types[0], pair, R, right, compiled)
    edited = replace(right, comments=(replace(right.comments[0], body="tampered"),))
    plan = plan_for(left, edited, pair)
    assert plan.operations == ()
    assert "original" in plan.notes[0].reason


def test_a_deleted_comment_is_on_record_and_its_twin_stays() -> None:
    pair, left, right = confirmed()
    plan = plan_for(replace(left, comments=()), right, pair)
    assert plan.operations == ()
    assert "deleted" in plan.pair.comments[0].note
    assert plan_for(replace(left, comments=()), right, plan.pair).notes == ()


def test_a_comment_that_became_private_is_reported() -> None:
    pair, left, right = confirmed()
    hidden = replace(left, comments=(replace(left.comments[0], private=True),))
    plan = plan_for(hidden, right, pair)
    assert any("hide it there by hand" in note.reason for note in plan.notes)
    assert plan_for(hidden, right, plan.pair).notes == ()


def hushed(left: Item, body: str = "") -> Item:
    """The same item once its comment is private, with other words if any are given."""
    [one] = left.comments
    return replace(left, comments=(replace(one, body=body or one.body, private=True),))


@pytest.mark.parametrize("rules", [CommentRules(), CommentRules(private=PrivateComments.SKIP)])
def test_what_is_typed_into_a_comment_that_became_private_stays_where_it_is(rules: CommentRules) -> None:
    pair, left, right = confirmed()
    plan = plan_for(hushed(left, "secret"), right, pair, comments=rules)
    assert plan.operations == ()
    assert [one.what for one in plan.notes] == ["comment became private", "edit of a comment not carried over"]
    assert all("is public" in one.reason for one in plan.notes)
    again = plan_for(hushed(left, "secret, too"), right, plan.pair, comments=rules)
    assert again.operations == ()
    assert [one.what for one in again.notes] == ["edit of a comment not carried over"]


def test_an_edit_of_a_private_comment_follows_where_its_twin_is_private_or_everybody_may_read_it() -> None:
    pair, left, right = confirmed()
    private = replace(right, comments=(replace(right.comments[0], private=True),))
    [one] = plan_for(hushed(left, "Nein!"), private, pair).operations
    assert isinstance(one.step, EditComment)
    publish = CommentRules(private=PrivateComments.PUBLISH)
    [one] = plan_for(hushed(left, "Nein!"), right, pair, comments=publish).operations
    assert isinstance(one.step, EditComment)


def test_what_was_typed_while_a_comment_was_private_follows_once_it_is_for_everybody_again() -> None:
    pair, left, right = confirmed()
    compiled = mapping(fields=only("title"))
    pair = absorb(compiled.types[0], pair, R, right, compiled)
    pair = plan_for(hushed(left, "Nein!"), right, pair).pair
    opened = replace(left, comments=(replace(left.comments[0], body="Nein!"),))
    [operation] = plan_for(opened, right, pair).operations
    assert isinstance(operation.step, EditComment)
    assert "Nein!" in operation.step.body
    changed = replace(right, comments=(replace(right.comments[0], body="a person's"),))
    plan = plan_for(opened, changed, pair)
    assert plan.operations == (), "what a person made of the twin stays"


def test_a_comment_that_stayed_because_it_was_private_goes_once_it_is_for_everybody() -> None:
    rules = CommentRules(private=PrivateComments.SKIP)
    left = with_comments(LEFT, comment(private=True))
    pair = plan_for(left, RIGHT, comments=rules).pair
    assert "private" in pair.comments[0].note
    opened = with_comments(LEFT, comment())
    compiled = mapping(fields=only("title"), comments=rules)
    assert not unchanged(compiled.types[0], pair, L, opened, compiled)
    plan = plan_for(opened, RIGHT, pair, comments=rules)
    [(side, step)] = added(plan)
    assert (side, step.draft.private, plan.pair.comments[0].note) == (R, False, "")


def test_a_comment_that_became_private_before_it_was_sent_stays_and_says_so() -> None:
    rules = CommentRules(private=PrivateComments.SKIP)
    waiting = plan_for(with_comments(LEFT, comment()), RIGHT, comments=rules).pair
    plan = plan_for(with_comments(LEFT, comment(private=True)), RIGHT, waiting, comments=rules)
    assert added(plan) == []
    assert [one.what for one in plan.notes] == ["comment not carried over"]


@pytest.mark.parametrize("able", [True, False])
def test_a_private_comment_whose_answer_was_lost_and_that_is_public_there_is_taken_back(able: bool) -> None:  # noqa: FBT001 - a case
    shape = {"deletes_comments": able}
    left = with_comments(LEFT, comment(private=True))
    first = plan_for(left, RIGHT, right=shape)
    right = with_comments(RIGHT, comment("r7", added(first)[0][1].draft.body, own=True))
    plan = plan_for(left, right, first.pair, right=shape)
    assert [one.step for one in plan.operations] == [DeleteComment(plan.pair.comments[0].id, "r7")] * able
    [note] = plan.notes
    assert note.what == "private comment is public"
    assert ("removed" if able else "by hand") in note.reason
    lost = plan.operations
    compiled = mapping(fields=only("title"), right=shape)
    again = reconcile(plan.pair, compiled.types[0], left, right, compiled, ids(), lost)
    assert [one.step for one in again.operations] == [one.step for one in lost], "a death before it was removed"
    gone = plan_for(left, RIGHT, replace(plan.pair, comments=(plan.pair.comments[0].without(R),)), right=shape)
    assert gone.operations == ()


def test_a_comment_that_becomes_public_leaves_its_private_twin_as_it_is_and_says_so() -> None:
    pair, left, right = confirmed()
    pair = replace(pair, comments=(replace(pair.comments[0], private=True),))
    private = replace(right, comments=(replace(right.comments[0], private=True),))
    plan = plan_for(left, private, pair)
    assert plan.operations == ()
    assert [one.what for one in plan.notes] == ["comment became public"]


def test_a_private_comment_that_our_account_may_not_see_any_more_counts_as_no_deletion() -> None:
    rules = CommentRules(deletions=True)
    able = {"deletes_comments": True}
    left = with_comments(LEFT, comment(private=True))
    first = plan_for(left, RIGHT, comments=rules, right=able)
    right = with_comments(RIGHT, comment("r7", added(first)[0][1].draft.body, own=True, private=True))
    pair = replace(first.pair, comments=(first.pair.comments[0].seen_on(R, "r7", ""),))
    deleted = plan_for(LEFT, right, pair, comments=rules, right=able)
    assert [type(one.step) for one in deleted.operations] == [DeleteComment]
    blind = plan_for(LEFT, right, pair, comments=rules, right=able, left={"private_comments": False})
    assert blind.operations == ()
    assert [one.what for one in blind.notes] == ["comment not shown any more"]
    edited = with_comments(LEFT, comment(body="Nein!", private=True))
    [operation] = plan_for(edited, right, blind.pair, comments=rules, right=able).operations
    assert isinstance(operation.step, EditComment), "once it is shown again it is followed as before"


def test_what_of_a_comment_does_not_come_along_is_told() -> None:
    """A picture that a browser pasted into the text itself is no file that could travel."""
    pasted = '<p>look <img src="data:image/png;base64,AAEC" alt="roof"></p>'
    plan = plan_for(LEFT, with_comments(RIGHT, comment(body=pasted)))
    [(_, post)] = added(plan)
    assert post.draft.body.endswith("look roof")
    told = [(one.what, one.side, one.reason) for one in plan.notes]
    assert told == [("part of a comment left out", L, "a picture that is no file but a part of the text was left out")]
