"""What people read is aligned and short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.control.messages import ClusterStatus, Connections, Health, Status
from appliance.display import age, clusters_table, table

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_columns_are_aligned_and_nothing_trails() -> None:
    assert table(("A", "LONG"), [("member", "x"), ("b", "")]) == "A       LONG\nmember  x\nb"


@pytest.mark.parametrize(
    ("ago", "shown"),
    [(5, "5 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d"), (-3, "0 s")],
)
def test_an_age_is_told_in_its_largest_unit(ago: int, shown: str) -> None:
    assert age(NOW - timedelta(seconds=ago), NOW) == shown
    assert age(None) == "-"


def test_a_cluster_shows_its_connections_once_they_are_known() -> None:
    held = Connections(server=187, budget=184, needed=17, used=23, strangers=2)
    known = {"health": Health.RUNNING, "database": "embedded"}
    status = Status(
        version="1",
        data="/data",
        pid=1,
        started_at=NOW,
        https_port=1,
        http_port=2,
        base_domain="localhost",
        members=(),
        clusters=(
            ClusterStatus(name="one", url="https://one", connections=held, **known),
            ClusterStatus(name="two", url="https://two", **known),
        ),
    )
    head, one, two = (line.split() for line in clusters_table(status).splitlines())
    assert head[3] == "CONNECTIONS"
    assert one[3:6] == ["23", "of", "184"]
    assert two[3] == "-"
