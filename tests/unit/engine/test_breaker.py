from __future__ import annotations

from collections.abc import Sequence

from server.domain.item import CommentDraft, Link, Side
from server.domain.operation import AddComment, AddLink, Operation, RemoveLink, Step, Tried, UpdateItem
from server.domain.pair import Pair, PairState
from server.domain.rules import BreakerRules
from server.engine.breaker import stopped
from server.engine.mapping import CompiledType
from server.engine.plan import Plan

RULES = BreakerRules(writes=10)
L, R = Side.LEFT, Side.RIGHT


def operation(side: Side, step: Step) -> Operation:
    return Operation("o", "p", 0, side, step)


def set_(**changed: str) -> UpdateItem:
    return UpdateItem(changed, dict.fromkeys(changed, "before"))


def say(body: str) -> AddComment:
    return AddComment("1", CommentDraft(body, private=False, marker=body))


def plan(*operations: Operation) -> Plan:
    return Plan(Pair("p", PairState.LINKED, L), CompiledType("", "", ()), operations)


def tried(several: Sequence[tuple[Side, Step]], *, came_through: bool = True, each: float = 10.0) -> list[Tried]:
    """What was tried, the oldest first, so many seconds apart."""
    ago = [each * (len(several) - number) for number in range(len(several))]
    return [
        Tried(operation(side, step), came_through, seconds) for (side, step), seconds in zip(several, ago, strict=True)
    ]


def ping_pong(rounds: int) -> list[Tried]:
    """The left says b whenever the right says a, and the other way round; we carry it over each time.

    A field has another name on each side when no mapping knows it, so these are the same on both.
    """
    return tried([one for _ in range(rounds) for one in ((R, set_(title="a")), (L, set_(title="b")))])


def test_two_sides_that_put_each_others_value_back_are_stopped_in_that_field_alone() -> None:
    both = operation(R, set_(title="a", due="2031-01-31"))
    said = operation(R, say("hello"))
    assert stopped(RULES, ping_pong(3), plan(both, said)).stops == ()
    done = stopped(RULES, ping_pong(4), plan(both, said))
    assert [one.step for one in done.operations] == [set_(due="2031-01-31"), say("hello")]
    assert [one.step for one in done.withheld] == [set_(title="a")]
    [stop] = done.stops
    assert "goes back and forth" in stop.why
    assert "{}" not in stop.why


def test_it_goes_on_when_the_hour_is_over() -> None:
    [stop] = stopped(RULES, ping_pong(4), plan(operation(R, set_(title="a")))).stops
    assert stop.seconds == 3600 - 80  # when the first of four is older than an hour


def test_a_person_who_changes_a_value_often_on_one_side_is_no_loop() -> None:
    toggled = tried([(R, set_(priority=("high", "low")[number % 2])) for number in range(200)], each=8)
    assert stopped(RULES, toggled, plan(operation(R, set_(priority="high")))).stops == ()


def test_edits_that_answer_each_other_with_ever_new_values_are_a_loop_in_the_end() -> None:
    several = tried([((R, L)[number % 2], set_(count=str(number))) for number in range(11)])
    done = stopped(RULES, several, plan(operation(L, set_(count="new"))))
    assert "in turns" in done.stops[0].why
    assert stopped(RULES, several[:9], plan(operation(L, set_(count="new")))).stops == ()


def test_people_who_talk_are_no_loop_and_machines_are() -> None:
    talk = tried([((R, L)[number % 2], say(str(number))) for number in range(15)])
    assert stopped(RULES, talk, plan(operation(L, say("more")))).stops == ()
    talk = tried([((R, L)[number % 2], say(str(number))) for number in range(30)])
    assert "A comment" in stopped(RULES, talk, plan(operation(R, say("more")))).stops[0].why
    monologue = tried([(R, say(str(number))) for number in range(300)], each=1)
    assert stopped(RULES, monologue, plan(operation(R, say("more")))).stops == ()


def test_what_is_tried_in_vain_again_and_again_is_stopped_whatever_it_is() -> None:
    link = Link("relates", "5")
    for step in (set_(status="closed"), say("bad"), AddLink(link, link), RemoveLink(link, link)):
        failed = tried([(R, step)] * 10, came_through=False)
        done = stopped(RULES, failed, plan(operation(R, step), operation(R, set_(other="x"))))
        assert [one.step for one in done.operations] == [set_(other="x")], step
        assert "did not take it" in done.stops[0].why
        assert stopped(RULES, failed[1:], plan(operation(R, step))).stops == ()


def test_one_comment_that_is_refused_stops_no_other() -> None:
    failed = tried([(R, say("bad"))] * 10, came_through=False)
    assert stopped(RULES, failed, plan(operation(R, say("good")))).stops == ()


def test_a_link_that_both_sides_put_back_is_stopped() -> None:
    link = Link("relates", "5")
    several = tried([one for _ in range(4) for one in ((R, AddLink(link, link)), (L, RemoveLink(link, link)))])
    assert stopped(RULES, several, plan(operation(R, AddLink(link, link)))).stops
