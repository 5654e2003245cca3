from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.engine.cap import excess, spare

counts = st.dictionaries(st.sampled_from(["create", "update", "add_comment"]), st.integers(0, 5000))


@given(shown=counts)
def test_what_was_shown_is_always_let_through(shown: dict[str, int]) -> None:
    assert excess(shown, {}, shown) == ""
    assert excess(shown, shown, {}) == ""


@given(shown=counts, done=counts)
def test_what_is_done_counts_and_no_kind_may_use_what_another_left(shown: dict[str, int], done: dict[str, int]) -> None:
    left = shown.get("create", 0) + spare(shown) - done.get("create", 0)
    assert (excess(shown, done, {"create": max(left, 0) + 1}) != "") is True
    if left > 0:
        assert excess(shown, done, {"create": left}) == ""


def test_the_sentence_names_the_kind_and_the_numbers() -> None:
    reason = excess({"create": 1000, "update": 200}, {"update": 315}, {"update": 6})
    assert "change items" in reason
    assert "(200, and 120 to spare; 315 are done, 6 more were next)" in reason


def test_a_small_integration_has_some_to_spare() -> None:
    assert spare({}) == spare({"create": 3}) == 25
