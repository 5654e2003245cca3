"""The calls of a page are shared out among few threads."""

from __future__ import annotations

import threading
from concurrent.futures import Executor

import pytest

from server.services.sync.crew import Crew, begin


def test_what_comes_back_is_in_order_and_complete() -> None:
    with Crew(4, "test") as crew:
        assert list(crew.map(lambda one, other: one * other, range(100), range(100))) == [n * n for n in range(100)]
        assert list(crew.map(str, [])) == []


def test_one_item_is_carried_by_the_thread_that_asks() -> None:
    with Crew(8, "test-one") as crew:
        assert list(crew.map(lambda _: threading.current_thread(), [0])) == [threading.current_thread()]
        assert [one for one in threading.enumerate() if one.name.startswith("test-one")] == []


def test_as_many_calls_are_under_way_at_once_as_there_are_hands() -> None:
    together = threading.Barrier(4, timeout=10)
    with Crew(4, "test") as crew:
        assert sorted(crew.map(lambda _: together.wait(), range(8))) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_an_error_is_told_when_what_is_under_way_has_come_to_its_end() -> None:
    begun, failed, ended = threading.Event(), threading.Event(), threading.Event()

    def task(number: int) -> None:
        if number == 0:
            assert begun.wait(10)
            failed.set()
            raise LookupError("no")
        begun.set()
        assert failed.wait(10)
        ended.set()

    with Crew(2, "test") as crew:
        with pytest.raises(LookupError):
            crew.map(task, range(2))
        assert ended.is_set()


def test_after_an_error_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def task(number: int) -> None:
        begun.append(number)
        raise LookupError("no")

    with Crew(1, "test") as crew, pytest.raises(LookupError):
        crew.map(task, range(50))
    assert begun == [0]


def test_what_is_begun_goes_on_while_who_began_it_does_something_else() -> None:
    done = threading.Event()

    def task(number: int) -> int:
        assert done.wait(10)
        return number

    with Crew(2, "test") as crew:
        batch = crew.begin(task, range(5))
        done.set()
        assert batch.results() == [0, 1, 2, 3, 4]


def test_what_is_begun_behind_something_else_waits_for_free_hands() -> None:
    order: list[int] = []
    with Crew(2, "test") as crew:
        first, second = crew.begin(order.append, range(3)), crew.begin(order.append, range(3, 6))
        second.results()
        first.results()
    assert sorted(order) == [0, 1, 2, 3, 4, 5]


def test_a_few_calls_are_made_by_who_waits_for_them() -> None:
    with Crew(8, "test-few") as crew:
        batch = crew.begin(lambda _: threading.current_thread(), [0, 1])
        assert batch.results() == [threading.current_thread()] * 2
        assert [one for one in threading.enumerate() if one.name.startswith("test-few")] == []


def test_of_what_is_abandoned_no_further_call_is_begun_and_none_is_under_way_after() -> None:
    begun, go_on = threading.Barrier(3, timeout=10), threading.Event()
    ended: list[int] = []

    def task(number: int) -> None:
        if number < 2:
            begun.wait()
        assert go_on.wait(10)
        ended.append(number)

    with Crew(2, "test") as crew:
        batch = crew.begin(task, range(50))
        begun.wait()
        leaving = threading.Thread(target=batch.abandon)
        leaving.start()
        while len(batch):
            pass
        go_on.set()
        leaving.join(10)
        assert sorted(ended) == [0, 1]


def test_what_was_begun_tells_its_error_to_who_waits() -> None:
    def task(number: int) -> None:
        raise LookupError(number)

    with Crew(2, "test") as crew, pytest.raises(LookupError):
        crew.begin(task, range(5)).results()


def test_a_pool_that_can_only_work_at_once_has_done_so_when_it_is_told_to_begin() -> None:
    class Plain(Executor):
        pass

    done: list[int] = []
    batch = begin(Plain(), done.append, range(3))
    assert done == [0, 1, 2]
    assert batch.results() == [None] * 3


def test_where_calls_take_no_time_few_threads_fight_for_the_interpreter() -> None:
    used: set[threading.Thread] = set()
    with Crew(8, "test") as crew:
        crew.begin(str, range(40)).results()
        crew.begin(lambda _: used.add(threading.current_thread()), range(400)).results()
    assert len(used) <= 3


def test_where_calls_take_their_time_all_hands_are_at_it_though_one_in_eight_is_quick() -> None:
    together = threading.Barrier(4, timeout=10)
    slow = threading.Event()

    def first(number: int) -> None:
        if number:
            slow.wait(0.01)

    with Crew(4, "test") as crew:
        crew.begin(first, range(8)).results()
        assert sorted(crew.begin(lambda _: together.wait(), range(4)).results()) == [0, 1, 2, 3]
