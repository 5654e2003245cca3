"""What the doctor says of a cluster's database connections."""

from __future__ import annotations

from appliance.control.messages import Connections
from appliance.operations.doctor import check_connections


def test_a_cluster_with_room_is_well_and_its_use_is_shown() -> None:
    check = check_connections("main", Connections(server=187, budget=184, needed=17, used=23, strangers=2))
    assert check.ok
    assert "23 of 184" in check.found
    assert not check.advice


def test_a_cluster_that_others_leave_too_little_is_told_what_to_do() -> None:
    check = check_connections("main", Connections(server=97, budget=9, needed=17, used=11, strangers=80))
    assert not check.ok
    assert "80" in check.found
    assert "17" in check.advice
    assert "max_connections" in check.advice
