"""Who gets a connection: laws of the seats over random days, and the turns that people notice."""

from __future__ import annotations

import threading

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.store.seats import Later, Open, Place, Seats, Use

_GRACE = 0.25


class _Day(RuleBasedStateMachine):
    """Tenants ask for connections, use them, give them back and go; the number of seats changes."""

    def __init__(self) -> None:
        super().__init__()
        self.size, self.most, self.now, self.number = 4, 2, 0.0, 0
        self.seats: Seats[str, str] = Seats(self.size, self.most, _GRACE)
        self.used: dict[str, str] = {}
        self.idle: dict[str, str] = {}
        self.closing = 0
        self.waiting: list[Place[str]] = []

    def ask(self, place: Place[str]) -> None:
        answer = self.seats.ask(place, self.now)
        if isinstance(answer, Later):
            if place not in self.waiting:
                self.waiting.append(place)
            return
        if place in self.waiting:
            self.waiting.remove(place)
        if isinstance(answer, Use):
            assert self.idle.pop(answer.connection) == place.key, "a connection serves its own tenant and no other"
            self.used[answer.connection] = place.key
            return
        if answer.instead is not None:
            del self.idle[answer.instead]
        else:
            assert self.seats.taken <= self.size
        self.number += 1
        self.used[f"{place.key}{self.number}"] = place.key

    def close(self, gone: list[str]) -> None:
        for one in gone:
            del self.idle[one]
        self.closing += len(gone)

    @rule(key=st.sampled_from("abcde"))
    def somebody_comes(self, key: str) -> None:
        self.ask(Place(key))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def somebody_looks_again(self, data: st.DataObject) -> None:
        self.ask(data.draw(st.sampled_from(self.waiting)))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def somebody_gives_up(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(place)
        self.seats.leave(place)

    @precondition(lambda self: self.used)
    @rule(data=st.data(), whole=st.booleans())
    def one_comes_back(self, data: st.DataObject, *, whole: bool) -> None:
        one = data.draw(st.sampled_from(sorted(self.used)))
        key = self.used.pop(one)
        if self.seats.give_back(one, key, self.now, whole=whole):
            self.closing += 1
        else:
            assert whole
            self.idle[one] = key

    @precondition(lambda self: self.used)
    @rule(data=st.data())
    def one_could_not_be_opened(self, data: st.DataObject) -> None:
        self.seats.not_opened(self.used.pop(data.draw(st.sampled_from(sorted(self.used)))))

    @precondition(lambda self: self.closing)
    @rule()
    def one_is_closed(self) -> None:
        self.closing -= 1
        self.seats.vacated(1)

    @rule(size=st.integers(1, 6), most=st.integers(1, 3))
    def the_server_allows(self, size: int, most: int) -> None:
        self.size, self.most = size, most
        self.close(self.seats.resize(size, most))

    @rule(seconds=st.sampled_from([0.1, 1.0, 60.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def what_rests_is_given_back(self) -> None:
        self.close(self.seats.rested(self.now, 30.0))

    @rule(key=st.sampled_from("abcde"))
    def a_tenant_rests(self, key: str) -> None:
        self.close(self.seats.of(key))
        assert key not in self.idle.values()

    @invariant()
    def as_many_are_taken_as_are_there(self) -> None:
        assert self.seats.taken == len(self.used) + len(self.idle) + self.closing

    @invariant()
    def nobody_opens_more_than_there_are_seats(self) -> None:
        # What was there before the number went down goes as it comes back; nothing of it is kept for later.
        assert not self.idle or len(self.used) + len(self.idle) <= self.size

    @invariant()
    def whoever_could_go_on_is_called(self) -> None:
        """Of those whom an answer other than "later" waits for, one at least was called, or looks by itself."""
        free = self.seats.taken < self.size
        for place in self.waiting:
            own = place.key in self.idle.values()
            room = list(self.used.values()).count(place.key) < self.most
            if own or (free and room):
                called = [one for one in self.waiting if one.called.is_set()]
                assert called, f"{place.key} waits for ever"


TestDay = _Day.TestCase
TestDay.settings = settings(max_examples=150, stateful_step_count=40)


def test_the_tenant_idle_for_longest_makes_room_and_a_busy_one_is_left_a_moment() -> None:
    seats: Seats[str, str] = Seats(2, 2, _GRACE)
    for key, when in (("a", 1.0), ("b", 2.0)):
        assert seats.ask(Place(key), 0.0) == Open(None)
        seats.give_back(f"{key}1", key, when, whole=True)
    assert seats.ask(Place("c"), 1.1) == Later(_GRACE - (1.1 - 1.0))
    assert seats.ask(Place("b"), 1.1) == Use("b1")
    assert seats.ask(Place("c"), 5.0) == Later(None), "somebody stands in line before"


def test_who_waits_for_their_own_tenant_holds_back_nobody_else() -> None:
    seats: Seats[str, str] = Seats(3, 1, _GRACE)
    assert seats.ask(Place("a"), 0.0) == Open(None)
    second = Place("a")
    assert seats.ask(second, 0.0) == Later(None)
    assert seats.ask(Place("b"), 0.0) == Open(None)
    seats.give_back("a1", "a", 0.0, whole=True)
    assert second.called.is_set()
    assert seats.ask(second, 0.0) == Use("a1")


def test_a_thread_that_waits_hears_of_a_seat() -> None:
    seats: Seats[str, str] = Seats(1, 1, 0.0)
    assert seats.ask(Place("a"), 0.0) == Open(None)
    place = Place("b")
    assert seats.ask(place, 0.0) == Later(None)
    thread = threading.Thread(target=seats.give_back, args=("a1", "a", 0.0), kwargs={"whole": True})
    thread.start()
    assert place.called.wait(5.0)
    thread.join()
    assert seats.ask(place, 0.0) == Open("a1")
