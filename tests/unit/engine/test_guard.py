from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.domain.rules import GuardRules
from server.engine.guard import Harm, too_much

RULES = GuardRules(partings=10, rewrites=50, least=5)


def test_a_small_integration_may_always_do_a_little() -> None:
    assert too_much(RULES, 6, Harm(parted=5, rewritten=5)) == ""
    assert "6 of 6 pairs would end" in too_much(RULES, 6, Harm(parted=6))


def test_more_than_the_share_stops_and_says_what_to_do() -> None:
    assert too_much(RULES, 1000, Harm(parted=100, rewritten=500)) == ""
    assert "101 of 1000 pairs would end" in too_much(RULES, 1000, Harm(parted=101))
    assert "501 of 1000 pairs would be overwritten" in too_much(RULES, 1000, Harm(rewritten=501))
    assert "release" in too_much(RULES, 1000, Harm(rewritten=501))


@given(pairs=st.integers(0, 5000), parted=st.integers(0, 5000), rewritten=st.integers(0, 5000), more=st.integers(0, 99))
def test_more_harm_is_never_allowed_where_less_is_not(pairs: int, parted: int, rewritten: int, more: int) -> None:
    if too_much(RULES, pairs, Harm(parted, rewritten)):
        assert too_much(RULES, pairs, Harm(parted, rewritten) + Harm(more, more))
