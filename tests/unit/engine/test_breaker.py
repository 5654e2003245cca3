from __future__ import annotations

from server.domain.item import CommentDraft, Side
from server.domain.operation import AddComment, Operation, UpdateItem
from server.domain.rules import BreakerRules
from server.engine.breaker import Written, loops

RULES = BreakerRules(writes=10)


def update(value: str) -> list[Operation]:
    return [Operation("o", "p", 0, Side.RIGHT, UpdateItem({"title": value}, {"title": "before"}))]


def test_a_pair_that_is_written_all_the_time_is_a_loop() -> None:
    recent = [Written(Side.RIGHT, "title", str(number)) for number in range(10)]
    assert loops(RULES, recent, 9, update("new")) == ""
    assert "10 times within an hour" in loops(RULES, recent, 10, update("new"))


def test_the_same_value_put_back_again_and_again_is_a_loop() -> None:
    recent = [Written(Side.RIGHT, "title", "a"), Written(Side.LEFT, "title", "b")] * 4
    assert "“title” goes back and forth" in loops(RULES, recent, 8, update("a"))
    assert loops(RULES, recent, 8, update("b")) == ""
    assert loops(RULES, recent[:6], 6, update("a")) == ""


def test_comments_alone_are_no_loop() -> None:
    said = [Operation("o", "p", 0, Side.RIGHT, AddComment("1", CommentDraft("x", private=False, marker="m")))]
    assert loops(RULES, [], 99, said) == ""
