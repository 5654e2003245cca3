"""How a cluster's connections are counted and shared: laws, whatever the server allows and whoever else is there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.domain.budget import FOR_OPERATORS, LEAST, OWN, Ceiling, Crowd, Part, budget, needed, seats

counts = st.integers(0, 40)
processes = st.builds(lambda web, sync: {Part.WEB: web, Part.SYNC: sync}, st.integers(0, 6), st.integers(0, 6))
limits = st.none() | st.integers(1, 3000)
ceilings = st.builds(Ceiling, st.integers(10, 5000), st.integers(0, 30), limits, limits)
crowds = st.builds(Crowd, st.integers(0, 4000), st.integers(1, 8), processes)


@given(ceilings, crowds)
def test_clusters_and_strangers_never_have_more_together_than_the_server_gives(ceiling: Ceiling, crowd: Crowd) -> None:
    mine = budget(ceiling, crowd)
    assert mine >= 0
    if mine:
        assert mine * crowd.clusters + crowd.strangers < ceiling.server - ceiling.kept_back


@given(ceilings, crowds)
def test_no_limit_of_database_or_operator_is_exceeded(ceiling: Ceiling, crowd: Crowd) -> None:
    mine = budget(ceiling, crowd)
    assert all(limit is None or mine <= limit for limit in (ceiling.database, ceiling.agreed))


@given(st.integers(0, 3000), processes)
def test_all_processes_together_stay_within_the_budget_and_leave_room_for_operators(
    granted: int, there: dict[Part, int]
) -> None:
    held = sum((OWN[part] + seats(part, granted, there)) * count for part, count in there.items())
    assert held + FOR_OPERATORS <= max(granted, needed(there))


@given(st.integers(0, 3000), processes)
def test_every_process_gets_its_least_and_none_loses_by_a_larger_budget(granted: int, there: dict[Part, int]) -> None:
    for part in Part:
        assert LEAST[part] <= seats(part, granted, there) <= seats(part, granted + 1, there)


@given(st.integers(0, 3000), processes)
def test_one_process_more_takes_from_its_siblings_and_not_from_the_sum(granted: int, there: dict[Part, int]) -> None:
    for part in (Part.WEB, Part.SYNC):
        more = {**there, part: there[part] + 1}
        assert all(seats(one, granted, more) <= seats(one, granted, there) for one in Part)


def test_what_is_not_there_yet_finds_its_share_kept() -> None:
    assert seats(Part.WEB, 180, {Part.WEB: 1}) == seats(Part.WEB, 180, {Part.WEB: 1, Part.SYNC: 1})


def test_the_embedded_server_gives_either_process_dozens() -> None:
    both = {Part.WEB: 1, Part.SYNC: 1}
    granted = budget(Ceiling(200, 13), Crowd(processes=both))
    assert granted == 184
    assert (seats(Part.WEB, granted, both), seats(Part.SYNC, granted, both)) == (68, 102)


def test_strangers_who_take_everything_leave_the_least() -> None:
    both = {Part.WEB: 1, Part.SYNC: 1}
    granted = budget(Ceiling(200, 13), Crowd(strangers=187, processes=both))
    assert granted == 0
    assert (seats(Part.WEB, granted, both), seats(Part.SYNC, granted, both)) == (2, 2)
