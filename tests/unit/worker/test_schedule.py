"""When an integration is worked next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.worker.schedule import Slot, after_failure, after_success, due, sleep


def test_a_pass_that_came_through_is_repeated_after_its_interval() -> None:
    assert after_success(100.0, 30, None) == Slot(130.0)


def test_a_held_item_wakes_the_integration_before_its_interval() -> None:
    assert after_success(100.0, 30, 4.0).due == 104.0
    assert after_success(100.0, 30, 0.0).due > 100.0


def test_failures_are_answered_with_growing_patience() -> None:
    slot = Slot(0.0)
    waits = []
    for _ in range(9):
        slot = after_failure(0.0, slot, None)
        waits.append(slot.due)
    assert waits[:4] == [5.0, 10.0, 20.0, 40.0]
    assert waits[-1] == 300.0


def test_what_the_app_asks_for_is_never_undercut() -> None:
    assert after_failure(0.0, Slot(0.0), 77.0).due == 77.0


@given(st.dictionaries(st.text(min_size=1), st.floats(0, 1000)), st.floats(0, 1000))
def test_the_longest_waiting_comes_first_and_nothing_due_is_slept_over(slots: dict[str, float], now: float) -> None:
    table = {name: Slot(at) for name, at in slots.items()}
    ready = due(table, now)
    assert [table[name].due for name in ready] == sorted(table[name].due for name in ready)
    assert set(ready) == {name for name, slot in table.items() if slot.due <= now}
    assert (sleep(table, now, 60.0) == 0.0) == bool(ready)
