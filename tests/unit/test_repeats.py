"""What repeats itself is one line a minute with a count, and no kind of trouble is lost."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from server.repeats import Filter, Processor, Repeats

KIND = ("the pass was stopped", "no room")


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.floats(0.0, 90.0)), max_size=200))
def test_nothing_is_lost_and_each_kind_is_said_at_most_once_a_minute(day: list[tuple[str, float]]) -> None:
    repeats, now, counted = Repeats(), 0.0, 0
    said: list[tuple[str, float]] = []
    for kind, later in day:
        now += later
        left_out = repeats.heard((kind,), now)
        if left_out is not None:
            assert all(before != kind or now - when >= 60.0 for before, when in said)
            said.append((kind, now))
            counted += 1 + left_out
        counted += sum(count for _, count in repeats.ended(now))
    assert counted + sum(count for _, count in repeats.ended(now + 60.0)) == len(day)


def test_a_failure_that_meets_everybody_names_a_few() -> None:
    repeats = Repeats()
    heard = [repeats.heard(KIND, 1.0, f"t{number % 100}") for number in range(500)]
    assert heard.count(None) == 495
    assert repeats.heard(KIND, 61.0, "t1") == 495


def test_kinds_without_end_are_forgotten_and_not_kept() -> None:
    repeats = Repeats(most=10)
    for number in range(1000):
        repeats.heard((f"item {number}",), 1.0)
        repeats.ended(1.0)
    assert repeats.ended(100.0) == []


class _Lines:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def msg(self, line: str) -> None:
        self.said.append(json.loads(line))

    warning = info = error = msg


def _logging(clock: list[float]) -> tuple[Any, _Lines]:
    lines = _Lines()
    processors: list[Any] = [
        structlog.processors.add_log_level,
        Processor(Repeats(), lambda: clock[0]),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    return structlog.wrap_logger(lines, processors=processors, wrapper_class=structlog.stdlib.BoundLogger), lines


def test_a_database_that_is_full_for_an_hour_is_sixty_lines_and_its_end_is_told() -> None:
    clock = [0.0]
    log, lines = _logging(clock)
    for second in range(3600):
        clock[0] = float(second)
        for _ in range(3):
            log.warning("the leases could not be renewed", reason="no room")
    clock[0] = 3700.0
    log.warning("something else")
    of_leases = [one for one in lines.said if one["event"].startswith("the leases")]
    assert len(of_leases) == 61
    assert sum(1 + one.get("repeated", 0) for one in of_leases) == 3 * 3600 + 1
    assert of_leases[-1]["over"] is True


def test_news_is_never_left_out_and_one_failure_hides_no_other() -> None:
    log, lines = _logging([0.0])
    for number in range(3):
        log.info("web node serves")
        log.warning("the pass was stopped", reason=f"reason {number}")
        log.error("failed", exc_info=ValueError(f"error {number}"))
    assert len(lines.said) == 9


def test_what_libraries_repeat_is_counted_too(caplog: pytest.LogCaptureFixture) -> None:
    one = Filter(Repeats())
    records = [logging.LogRecord("waitress.queue", 30, "", 1, "Task queue depth is %d", (n,), None) for n in range(50)]
    assert [one.filter(record) for record in records].count(True) == 1
    assert not caplog.records
