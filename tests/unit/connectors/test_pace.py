"""The pace of a connection: what may go, who goes first, and how a pause is heeded."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.pace import PATIENCE, SHARES, Bucket, Caller, Level, Limits, Pause, Share, Turns
from server.domain.errors import Slowed

WAITING = st.sets(st.sampled_from(Share), min_size=1)
LIMITS = st.builds(Limits, st.floats(0.01, 1000), st.floats(1, 100))


@dataclass(slots=True)
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(12) as made:
        yield made


@given(LIMITS, st.lists(st.floats(0, 10), max_size=60))
def test_no_stretch_of_time_sees_more_requests_than_burst_and_rate_allow(limits: Limits, steps: list[float]) -> None:
    level, now, sent = Level(limits.burst, 0.0), 0.0, []
    for step in steps:
        now += step
        level = level.now(limits, now)
        while level.wait(limits) == 0:
            level = level.taken()
            sent.append(now)
            if len(sent) > 5000:
                return
    for first, began in enumerate(sent):
        for last in range(first, len(sent)):
            assert last - first + 1 <= limits.burst + (sent[last] - began) * (limits.rate or 0) + 1e-6
        if first > 20:
            break


@given(LIMITS, st.floats(0, 1))
def test_who_waits_as_long_as_told_may_go(limits: Limits, tokens: float) -> None:
    level = Level(tokens, 5.0)
    assert level.now(limits, 5.0 + level.wait(limits) + 1e-9).tokens >= 1.0 - 1e-6


@given(LIMITS)
def test_the_processes_never_send_more_together_than_the_connection_may(limits: Limits) -> None:
    parts = limits.shared_out()
    assert sum(one.rate or 0 for one in parts) == pytest.approx(limits.rate)
    assert sum(one.burst for one in parts) == max(limits.burst, 2.0)
    assert all(one.burst >= 1.0 for one in parts)


@given(st.lists(WAITING, min_size=1, max_size=400))
def test_while_live_work_waits_the_others_get_at_most_their_share(rounds: list[set[Share]]) -> None:
    turns, won, stretch = Turns(), Counter[Share](), 0
    for waiting in rounds:
        goes, turns = turns.next(waiting)
        assert goes in waiting
        if Share.LIVE not in waiting:
            won, stretch = Counter[Share](), 0
            continue
        stretch += 1
        won[goes] += 1
        for share, part in SHARES.items():
            assert won[share] <= part * stretch + 1.5


@given(st.lists(WAITING, max_size=40), WAITING, st.integers(1, 300))
def test_nobody_who_waits_is_starved(before: list[set[Share]], waiting: set[Share], rounds: int) -> None:
    turns, won = Turns(), Counter[Share]()
    for one in before:
        _, turns = turns.next(one)
    for _ in range(rounds):
        goes, turns = turns.next(waiting)
        won[goes] += 1
    for share in waiting:
        least = SHARES.get(share, 1 - sum(SHARES.values()))
        assert won[share] >= int(least * rounds) - 2


@given(st.lists(WAITING.filter(lambda one: Share.LIVE not in one), max_size=40), WAITING)
def test_live_work_that_arrives_goes_first(before: list[set[Share]], others: set[Share]) -> None:
    turns = Turns()
    for one in before:
        _, turns = turns.next(one)
    assert turns.next(others | {Share.LIVE})[0] is Share.LIVE


@given(st.sampled_from(Share), st.integers(1, 50))
def test_who_is_alone_gets_everything(share: Share, rounds: int) -> None:
    turns = Turns()
    for _ in range(rounds):
        goes, turns = turns.next({share})
        assert goes is share


def waiting(bucket: Bucket) -> int:
    return sum(len(one) for one in bucket._waiting.values())


def until_waiting(bucket: Bucket, count: int) -> None:
    tick = threading.Event()
    while waiting(bucket) != count:
        tick.wait(0.001)


def test_live_work_overtakes_a_queue_of_backfill(pool: ThreadPoolExecutor) -> None:
    clock, caller = Clock(), Caller()
    bucket = Bucket("App", caller, clock=clock, limits=Limits(1.0, 1.0))
    order: list[Share] = []

    def ask(share: Share) -> None:
        caller.share = share
        bucket.before()
        order.append(share)

    ask(Share.LIVE)  # the burst is used up
    asked = [pool.submit(ask, Share.BACKFILL) for _ in range(5)]
    until_waiting(bucket, 5)
    asked.append(pool.submit(ask, Share.LIVE))
    until_waiting(bucket, 6)
    for left in range(5, -1, -1):
        clock.now += 1.0
        with bucket._changed:
            bucket._changed.notify_all()
        until_waiting(bucket, left)
        while len(order) < 7 - left:
            threading.Event().wait(0.001)
    for one in asked:
        one.result(5)
    assert order == [Share.LIVE, Share.LIVE, *[Share.BACKFILL] * 5]


def test_an_answer_that_asks_for_it_pauses_everybody_and_is_told_once(pool: ThreadPoolExecutor) -> None:
    told: list[Pause] = []
    bucket = Bucket("App", Caller(), told.append, clock=Clock())
    bucket.before()
    bucket.after(429, {"Retry-After": "40"})
    for refused in [pool.submit(bucket.before) for _ in range(3)]:
        error = refused.exception(5)
        assert isinstance(error, Slowed)
        assert error.retry_after == 40.0
        assert "App asks for a slower pace (HTTP 429)" in error.message
        assert not re.search(r"\d\d:\d\d", error.message), "it is read long after, when that time has passed"
    assert [one.why for one in told] == ["App asks for a slower pace (HTTP 429)."]


def test_a_pause_is_never_shortened_and_ends_by_itself() -> None:
    clock = Clock()
    bucket = Bucket("App", Caller(), clock=clock)
    bucket.pause(100, "It rests.")
    bucket.after(429, {"Retry-After": "7"})
    clock.now += 99 - PATIENCE
    with pytest.raises(Slowed, match="It rests"):
        bucket.before()
    clock.now += PATIENCE + 1
    bucket.before()


def test_a_bucket_is_like_new_once_nothing_of_the_past_counts() -> None:
    clock = Clock()
    bucket = Bucket("App", Caller(), clock=clock, limits=Limits(0.1, 2.0))
    assert bucket.is_like_new()
    bucket.before()
    assert not bucket.is_like_new()
    clock.now += 10
    assert bucket.is_like_new()
    bucket.pause(600, "It rests.")
    clock.now += 599
    assert not bucket.is_like_new()
    clock.now += 1
    assert bucket.is_like_new()
    bucket.lost()
    assert not bucket.is_like_new()
    bucket.after(200, {})
    assert bucket.is_like_new()


def test_a_short_pause_is_waited_for(pool: ThreadPoolExecutor) -> None:
    clock = Clock()
    bucket = Bucket("App", Caller(), clock=clock)
    bucket.pause(PATIENCE, "A moment.")
    asked = pool.submit(bucket.before)
    until_waiting(bucket, 1)
    assert not asked.done()
    clock.now += PATIENCE
    with bucket._changed:
        bucket._changed.notify_all()
    asked.result(5)


def test_a_lone_refusal_slows_nobody_else_and_a_row_of_them_everybody() -> None:
    clock = Clock()
    bucket = Bucket("App", Caller(), clock=clock)
    for _ in range(9):
        bucket.after(429, {})
        bucket.after(200, {})
    assert bucket._paused < clock.now
    waits = []
    for _ in range(12):
        bucket.after(429, {})
        waits.append(max(0.0, bucket._paused - clock.now))
        clock.now = max(clock.now, bucket._paused)
    assert waits[:4] == [0.0, 0.25, 0.5, 1.0]
    assert waits[-1] == 60.0


def test_a_limit_of_one_item_pauses_nobody() -> None:
    clock = Clock()
    bucket = Bucket("App", Caller(), clock=clock)
    bucket.after(429, {"Retry-After": "40", "RateLimit-Reason": "jira-per-issue-on-write"})
    bucket.before()


@pytest.mark.parametrize("paused", [True, False])
def test_whoever_waits_is_stopped_at_once(pool: ThreadPoolExecutor, paused: bool) -> None:  # noqa: FBT001 - a case
    bucket = Bucket("App", Caller(), clock=Clock(), limits=Limits(0.001, 1.0))
    bucket.before()
    if paused:
        bucket.pause(PATIENCE, "A moment.")
    asked: list[Future[None]] = [pool.submit(bucket.before) for _ in range(4)]
    until_waiting(bucket, 4)
    bucket.stop()
    for one in asked:
        assert isinstance(one.exception(5), Slowed)
    assert waiting(bucket) == 0
    with pytest.raises(Slowed):
        bucket.before()


def test_the_page_at_hand_may_end_when_its_requests_need_not_wait() -> None:
    for bucket in (Bucket("App", Caller()), Bucket("App", Caller(), limits=Limits(0.001, 2.0))):
        bucket.stop()
        bucket.before()
        bucket.before()


def test_nobody_waits_with_the_lock_held(pool: ThreadPoolExecutor) -> None:
    bucket = Bucket("App", Caller(), clock=Clock(), limits=Limits(0.001, 1.0))
    bucket.before()
    asked = pool.submit(bucket.before)
    until_waiting(bucket, 1)
    assert bucket._changed.acquire(timeout=5)
    bucket._changed.release()
    bucket.stop()
    assert isinstance(asked.exception(5), Slowed)


def test_another_pace_holds_at_once(pool: ThreadPoolExecutor) -> None:
    bucket = Bucket("App", Caller(), clock=Clock(), limits=Limits(0.001, 1.0))
    bucket.before()
    asked = pool.submit(bucket.before)
    until_waiting(bucket, 1)
    bucket.set_limits(Limits())
    asked.result(5)


def test_a_refused_request_is_sent_again_after_a_moment_unless_the_app_wants_long() -> None:
    bucket = Bucket("App", Caller())
    assert bucket.again(0, None)
    assert not bucket.again(0, PATIENCE + 1)
    bucket.stop()
    assert not bucket.again(0, None)


def test_an_app_that_gives_no_answer_again_and_again_rests_longer_each_time() -> None:
    clock, told = Clock(), list[Pause]()
    bucket = Bucket("App", Caller(), told.append, clock=clock)
    waits = []
    for _ in range(12):
        bucket.lost()
        waits.append(max(0.0, bucket._paused - clock.now))
        clock.now = max(clock.now, bucket._paused)
    assert waits[:5] == [0.0, 0.0, 6.0, 12.0, 24.0]
    assert waits[-1] == 300.0
    assert told == []  # a person who tests the connection is not kept from it
    bucket.after(500, {})
    bucket.lost()
    bucket.before()


def test_answers_that_are_lost_together_count_as_often_as_it_takes_and_no_more() -> None:
    clock = Clock()
    bucket = Bucket("App", Caller(), clock=clock)
    for _ in range(40):  # as many threads, all at once
        bucket.lost()
    assert bucket._paused - clock.now == 6.0
    with pytest.raises(Slowed, match="no answer several times"):
        bucket.before()
