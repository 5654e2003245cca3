from __future__ import annotations

from server.web.rates import Rate, Rates


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_what_may_be_at_once_may_be_and_after_it_a_rate() -> None:
    clock = Clock()
    rates = Rates(Rate(2, 3), clock)
    assert [rates.wait("anna") for _ in range(5)] == [0, 0, 0, 1, 1]
    clock.at = 0.5
    assert [rates.wait("anna") for _ in range(2)] == [0, 1], "to be refused costs nothing"
    clock.at = 1000.0
    assert [rates.wait("anna") for _ in range(4)] == [0, 0, 0, 1], "no more is saved up than may be at once"


def test_a_slow_rate_says_how_long_to_wait() -> None:
    rates = Rates(Rate(0.1, 1), Clock())
    assert [rates.wait("anna"), rates.wait("anna")] == [0, 10]


def test_each_has_a_bucket_of_its_own_and_their_number_is_bounded() -> None:
    rates = Rates(Rate(1, 1), Clock())
    assert [rates.wait("anna"), rates.wait("bert"), rates.wait("anna")] == [0, 0, 1]
    assert not any(rates.wait(f"stranger {number}") for number in range(10_000))
    assert len(rates) == 4096
    assert rates.wait("anna") == 0, "who was forgotten is let in"
