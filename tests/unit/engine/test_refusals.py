from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.errors import Rejected
from server.domain.item import CommentDraft, Item, Link, Side
from server.domain.operation import AddComment, Operation, UpdateItem
from server.domain.pair import Pair, PairState, Refusal
from server.domain.values import FieldKind, FieldSpec, Option, Value
from server.engine.plan import Plan
from server.engine.refusals import Beside, bound, holds_still, member_refusal, refusal, under_other_rules, withhold
from tests.unit.engine.build import item, mapping

L, R = Side.LEFT, Side.RIGHT
NO = Rejected("no", words="is invalid")
TYPE = mapping().types[0]


def beside(there: Item | None = None, *, version: int = 1, specs: tuple[FieldSpec, ...] = ()) -> Beside:
    return Beside(version, TYPE, {L: None, R: there if there is not None else item(R, {"state": "1"})}, {R: specs})


def refused(name: str, value: Value, around: Beside) -> Refusal:
    return bound(refusal(R, UpdateItem({name: value}, {}), TYPE, NO), around)


def plan(**changed: Value) -> Plan:
    step = UpdateItem(changed, dict.fromkeys(changed))
    return Plan(Pair("p", PairState.LINKED, L), TYPE, (Operation("o", "p", 0, R, step),))


def pair(*several: Refusal) -> Pair:
    return Pair("p", PairState.LINKED, L, refusals=several)


def sent(done: Plan) -> dict[str, Value]:
    return {name: value for one in done.operations for name, value in one.step.changed.items()}  # type: ignore[union-attr]  # fields


def test_the_same_value_is_not_sent_again_and_the_rest_is() -> None:
    one = refused("owner", "bob", beside())
    done = withhold(plan(owner="bob", subject="new"), pair(one), beside())
    assert sent(done) == {"subject": "new"}
    assert done.pair.refusals == (one,)
    assert [dict(each.step.changed) for each in done.withheld] == [{"owner": "bob"}]  # type: ignore[union-attr]  # fields


def test_another_value_is_sent_and_what_was_refused_is_forgotten() -> None:
    done = withhold(plan(owner="alice"), pair(refused("owner", "bob", beside())), beside())
    assert sent(done) == {"owner": "alice"}
    assert done.pair.refusals == ()


@pytest.mark.parametrize(
    "now",
    [
        beside(version=2),
        beside(item(R, {"state": "2"})),
        beside(replace(item(R, {"state": "1"}), parent="9")),
        beside(replace(item(R, {"state": "1"}), links=(Link("blocks", "7"),))),
        beside(specs=(FieldSpec("owner", "Owner", FieldKind.OPTION, options=(Option("bob", "Bob"),)),)),
    ],
)
def test_it_is_sent_again_once_something_is_otherwise_that_it_depends_on(now: Beside) -> None:
    one = refused("owner", "bob", beside())
    assert not holds_still(one, now)
    assert sent(withhold(plan(owner="bob"), pair(one), now)) == {"owner": "bob"}


def test_a_time_of_change_a_comment_and_a_text_are_nothing_that_it_depends_on() -> None:
    specs = (FieldSpec("subject", "Subject", FieldKind.TEXT),)
    one = refused("owner", "bob", beside(specs=specs))
    there = item(R, {"state": "1", "subject": "other words"}, minutes=9)
    assert holds_still(one, beside(there, specs=specs))
    assert not under_other_rules(one, beside(there, specs=specs))
    assert under_other_rules(one, beside(there, specs=specs, version=2))


def test_of_a_set_only_the_refused_member_stays() -> None:
    one = bound(member_refusal(R, "tags", "bad", TYPE, NO), beside())
    done = withhold(plan(tags=("bad", "good")), pair(one), beside())
    assert sent(done) == {"tags": ("good",)}
    assert done.pair.refusals == (one,)
    done = withhold(plan(tags=("bad",)), pair(one), beside())
    assert sent(done) == {}
    assert done.pair.refusals == (one,)


def test_a_comment_that_was_refused_holds_up_no_other() -> None:
    steps = [AddComment("1", CommentDraft(body, private=False, marker=body)) for body in ("bad", "good")]
    several = tuple(Operation(one.draft.marker, "p", 0, R, one) for one in steps)
    one = bound(refusal(R, steps[0], TYPE, NO), beside())
    done = withhold(replace(plan(), operations=several), pair(one), beside())
    assert [each.id for each in done.operations] == ["good"]
    assert [each.id for each in done.withheld] == ["bad"]


def test_a_person_whose_account_is_unlocked_is_tried_again() -> None:
    locked = replace(beside(), locked={R: ["x2"]})
    one = refused("assignee", "x2", locked)
    assert not under_other_rules(one, locked)
    assert under_other_rules(one, beside()), "it is unlocked"
    assert not under_other_rules(refused("tags", ("x2",), locked), beside()), "labels know no accounts"


def test_what_our_account_may_do_decides_about_a_comment() -> None:
    step = AddComment("c", CommentDraft("said", private=True, marker="m"))
    able = replace(beside(), able={R: ["private_comments"]})
    one = bound(refusal(R, step, TYPE, NO), beside())
    assert under_other_rules(one, able)
    assert not under_other_rules(one, beside())
    assert not under_other_rules(refused("owner", "bob", beside()), able), "a field does not depend on it"
