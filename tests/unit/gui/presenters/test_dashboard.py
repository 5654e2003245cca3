from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gui.client import ClusterStatus, Health, MemberStatus, Status, TenantStatus
from gui.presenters import dashboard, figures
from gui.presenters.cells import Tone

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def member(name: str = "gateway", health: Health = Health.RUNNING, **more: Any) -> MemberStatus:
    return MemberStatus(name=name, health=health, **{"pid": 7, "since": NOW - timedelta(minutes=9), **more})


def tenant(name: str, sync: str = "idle", **more: Any) -> TenantStatus:
    places = {"url": f"https://{name}.c1.localhost", "loopback_url": f"http://{name}.c1.localhost:8080"}
    return TenantStatus(cluster="c1", name=name, sync=sync, **{"state": "active", **places, **more})


def status(*members: MemberStatus, tenants: tuple[TenantStatus, ...] | None = ()) -> Status:
    clusters: tuple[ClusterStatus, ...] = ()
    if tenants is not None:
        clusters = (
            ClusterStatus(name="c1", health=Health.RUNNING, url="https://c1", database="embedded", tenants=tenants),
        )
    return Status(
        version="1.2.3",
        data="/data",
        pid=1,
        started_at=NOW - timedelta(hours=1),
        https_port=8443,
        http_port=8080,
        base_domain="localhost",
        members=members,
        clusters=clusters,
    )


def test_the_headline_names_the_worst_thing_first() -> None:
    dead = member("gateway", Health.BACKOFF)
    starting = member("c1/web", Health.STARTING)
    stopped = member("c1/sync", Health.STOPPED)
    troubled = (tenant("acme", "problem"),)
    said = [
        dashboard.headline(status(*members, tenants=tenants), NOW)
        for members, tenants in (
            ((dead, starting, stopped), troubled),
            ((starting, stopped), troubled),
            ((starting, stopped), ()),
            ((stopped,), ()),
            ((member(),), None),
            ((member(),), ()),
            ((member(),), (tenant("acme"), tenant("other"))),
        )
    ]
    assert [(headline.text, headline.tone) for headline in said] == [
        ("gateway is not running as it should.", Tone.BAD),
        ("Synchronisation has a problem in c1/acme.", Tone.BAD),
        ("c1/web is starting.", Tone.BUSY),
        ("c1/sync is stopped.", Tone.WARN),
        ("The appliance runs; it has no cluster yet.", Tone.WARN),
        ("Everything is running; there is no tenant yet.", Tone.GOOD),
        ("Everything is running. 2 tenants.", Tone.GOOD),
    ]


def test_several_that_are_down_are_all_named() -> None:
    down = status(member("a", Health.BACKOFF), member("b", Health.UNHEALTHY), member("c", Health.BACKOFF))
    assert dashboard.headline(down, NOW).text == "a, b and c are not running as it should."


def test_a_member_that_does_not_run_shows_no_figures() -> None:
    row = dashboard.member_rows(status(member(health=Health.STOPPED, pid=None)), dashboard.History(), NOW)[0]
    state, cpu, memory, up = row.cells[1], row.cells[2], row.cells[3], row.cells[6]
    assert (state.text, state.tone) == ("Stopped", Tone.MUTED)
    assert {cpu.text, memory.text, up.text} == {figures.NEVER}


def test_every_health_has_words_and_a_colour() -> None:
    rows = dashboard.member_rows(status(*(member(h.value, h) for h in Health)), dashboard.History(), NOW)
    assert all(row.cells[1].text and row.cells[1].tone is not Tone.PLAIN for row in rows)


def test_the_history_keeps_the_newest_readings_and_forgets_members_that_are_gone() -> None:
    history = dashboard.History(samples=3)
    for value in range(5):
        history.add([member("a", cpu_percent=float(value)), member("b")])
    assert history.cpu("a") == (2.0, 3.0, 4.0)
    history.add([member("a", cpu_percent=9.0)])
    assert history.cpu("b") == ()
    assert history.memory("b") == ()


def test_tenants_stand_below_their_cluster_with_their_sync_state() -> None:
    rows = dashboard.cluster_rows(status(tenants=(tenant("acme", "problem", message="No answer.", title="Acme"),)), NOW)
    assert rows[0].key == "cluster:c1"
    child = rows[0].children[0]
    assert child.key == "tenant:c1/acme"
    assert child.cells[0].text == "acme  ·  Acme"
    assert (child.cells[2].text, child.cells[2].tone) == ("Problem", Tone.BAD)
    assert child.cells[5].text == "No answer."


def test_a_sync_state_of_a_newer_agent_is_shown_as_it_is() -> None:
    row = dashboard.cluster_rows(status(tenants=(tenant("acme", "dreaming"),)), NOW)[0].children[0]
    assert row.cells[2].text == "Dreaming"


def test_each_row_has_a_cell_for_each_column() -> None:
    whole = status(member(), tenants=(tenant("acme"),))
    assert len(dashboard.member_rows(whole, dashboard.History(), NOW)[0].cells) == len(dashboard.MEMBER_COLUMNS)
    cluster = dashboard.cluster_rows(whole, NOW)[0]
    assert len(cluster.cells) == len(cluster.children[0].cells) == len(dashboard.TENANT_COLUMNS)
