from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.domain.progress import Pace, pace


def test_a_run_tells_its_rate_and_what_is_left_at_that_rate() -> None:
    assert pace(300, 1200, 60.0, running=True) == Pace(5.0, 180.0)


def test_what_is_over_has_a_rate_and_nothing_left() -> None:
    assert pace(300, 1200, 60.0, running=False) == Pace(5.0)


def test_before_anything_was_done_nothing_can_be_said() -> None:
    assert pace(0, 10, 60.0, running=True) == pace(5, 10, 0.1, running=True) == Pace()


def test_without_a_total_there_is_no_end_to_tell() -> None:
    assert pace(300, None, 60.0, running=True) == Pace(5.0)


@given(done=st.integers(1, 10**7), total=st.integers(0, 10**7), seconds=st.floats(1.0, 10**6))
def test_the_time_left_is_never_negative(done: int, total: int, seconds: float) -> None:
    left = pace(done, total, seconds, running=True).seconds_left
    assert left is not None
    assert left >= 0
