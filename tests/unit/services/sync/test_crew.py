"""The calls of a page are shared out among few threads."""

from __future__ import annotations

import threading

import pytest

from server.services.sync.crew import Crew


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
