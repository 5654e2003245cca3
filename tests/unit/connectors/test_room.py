"""What a tenant holds of apps' answers is bounded, whoever waits gets room when some is let go, and others go on."""

from __future__ import annotations

import threading
import time

import pytest

from server.connectors.room import Held, Limits, NoRoom, Room

LIMITS = Limits(tenant=100, whole=250, little=10, patience=0.3)


def holding(room: Room, tenant: str, size: int) -> Held:
    held = room.of(tenant)
    held.grow(size)
    return held


def test_what_is_let_go_is_free_again() -> None:
    room = Room(LIMITS)
    held = holding(room, "a", 60)
    held.grow(40)
    assert room.holds("a") == 100
    del held
    assert room.holds("a") == 0
    assert holding(room, "a", 100).size == 100


def test_one_answer_that_is_more_than_a_tenant_may_hold_is_told_at_once() -> None:
    room, begun = Room(LIMITS), time.monotonic()
    with pytest.raises(NoRoom) as caught:
        holding(room, "a", 101)
    assert caught.value.never
    assert time.monotonic() - begun < LIMITS.patience


def test_who_comes_second_is_told_after_a_while_and_who_was_first_goes_on() -> None:
    room = Room(LIMITS)
    first, second = holding(room, "a", 60), holding(room, "a", 20)
    with pytest.raises(NoRoom) as caught:
        second.grow(30)
    assert not caught.value.never
    first.grow(40)  # else each of several might wait for the next, and none would ever end
    assert room.holds("a") == 120


def test_who_waits_goes_on_when_another_lets_go() -> None:
    room = Room(Limits(tenant=100, whole=250, little=10, patience=10))
    first, done = [holding(room, "a", 90)], threading.Event()

    def wait() -> None:
        waited = room.of("a").grow(50)
        assert waited > 0
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not done.wait(0.1)
    first.clear()
    assert done.wait(5)
    thread.join()


def test_a_greedy_tenant_leaves_the_others_their_share() -> None:
    room = Room(LIMITS)
    greedy = [holding(room, "a", 90)]
    with pytest.raises(NoRoom):
        holding(room, "a", 90)
    others = [holding(room, "b", 90), holding(room, "c", 60)]
    with pytest.raises(NoRoom):
        holding(room, "d", 60)  # all is taken
    assert holding(room, "e", 10).size == 10, "little always goes"
    assert greedy
    assert others


def test_where_memory_is_tight_only_little_goes() -> None:
    room = Room(LIMITS, tight=lambda: True)
    assert holding(room, "a", 10).size == 10
    with pytest.raises(NoRoom):
        holding(room, "b", 11)


def test_counts_come_out_even_whatever_many_threads_do() -> None:
    room = Room(Limits(tenant=1000, whole=2000, little=10, patience=10))

    def work(tenant: str) -> None:
        for size in range(1, 200):
            held = room.of(tenant)
            held.grow(size)
            held.grow(3)

    threads = [threading.Thread(target=work, args=(f"t{number % 3}",)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [room.holds(f"t{number}") for number in range(3)] == [0, 0, 0]
