"""A day stays the day that people meant, in every zone, over every change of clocks, whichever way it travels."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.item import Side
from server.domain.mapping import FieldMapping
from server.domain.operation import UpdateItem
from server.domain.rules import FilterRule, Operator, Precedence
from server.domain.values import FieldKind, FieldSpec, Value
from server.engine.align import align
from server.engine.compiling import in_zones
from server.engine.days import Zones, alike, beginning_of, day_of, is_zone
from server.engine.filters import holds
from server.engine.mapping import Mapping, Unconverted
from server.engine.plan import Plan
from server.engine.reconcile import reconcile, unchanged
from tests.unit.engine.build import ids, item, linked, mapping

L, R = Side.LEFT, Side.RIGHT
BERLIN, NEW_YORK, NOWHERE = Zones("Europe/Berlin"), Zones("America/New_York"), Zones()
EVE = "2026-12-23T23:00:00Z"
"""E08: how a Request Tracker keeps 24 December for somebody in Berlin."""
MOMENT, DAY = FieldSpec("due", "Due", FieldKind.MOMENT), FieldSpec("due_date", "Due date", FieldKind.DATE)
RULE = (FieldMapping("due", "due_date"),)

zones = st.sampled_from(sorted(zoneinfo.available_timezones())).map(Zones)
days = st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(date.isoformat)


def integration(left: Zones = BERLIN, right: Zones = NOWHERE) -> Mapping:
    """Moments on the left, days on the right."""
    mine = {"fields": {"bug": (MOMENT,)}, "zones": left}
    return mapping(fields=RULE, left=mine, right={"fields": {"ticket": (DAY,)}, "zones": right})


def plan_for(now: Mapping, seen: tuple[Value, Value], held: tuple[Value, Value]) -> Plan:
    pair = linked(item(L, {"due": seen[0]}), item(R, {"due_date": seen[1]}))
    return reconcile(pair, now.types[0], item(L, {"due": held[0]}), item(R, {"due_date": held[1]}), now, ids())


def writes(plan: Plan) -> list[tuple[Side, Value]]:
    return [(one.side, *one.step.changed.values()) for one in plan.operations if isinstance(one.step, UpdateItem)]  # type: ignore[misc]


def test_e08_a_due_day_set_in_berlin_arrives_as_that_day() -> None:
    assert writes(plan_for(integration(), (None, None), (EVE, None))) == [(R, "2026-12-24")]


def test_e08_the_account_is_elsewhere_and_a_person_in_berlin_set_it() -> None:
    account = Zones("UTC", ("America/New_York", "Europe/Berlin"))
    assert writes(plan_for(integration(account), (None, None), (EVE, None))) == [(R, "2026-12-24")]


def test_a_day_becomes_its_first_moment_where_the_people_are() -> None:
    assert writes(plan_for(integration(), (None, None), (None, "2026-12-24"))) == [(L, EVE)]
    assert writes(plan_for(integration(NEW_YORK), (None, None), (None, "2026-07-04"))) == [(L, "2026-07-04T04:00:00Z")]


def test_where_an_app_with_moments_tells_no_zone_the_other_side_s_counts() -> None:
    assert writes(plan_for(integration(Zones(), BERLIN), (None, None), (EVE, None))) == [(R, "2026-12-24")]
    assert writes(plan_for(integration(Zones(), Zones()), (None, None), (EVE, None))) == [(R, "2026-12-23")]


def test_learning_a_zone_edits_nothing() -> None:
    """Pairs that were in step by the day in UTC stay as they are until somebody types."""
    for zones_now in (BERLIN, NEW_YORK, Zones("Asia/Tokyo")):
        now = integration(zones_now)
        assert writes(plan_for(now, (EVE, "2026-12-23"), (EVE, "2026-12-23"))) == []
        pair = linked(item(L, {"due": EVE}), item(R, {"due_date": "2026-12-23"}))
        aligned = align(now.types[0], pair, item(L, {"due": EVE}), item(R, {"due_date": "2026-12-23"}), Precedence.LEFT)
        assert aligned.conflicts == ()
        assert aligned.pair.left.snapshot == pair.left.snapshot


def test_a_field_that_is_a_moment_by_now_is_not_edited_by_that() -> None:
    """A connector that once told a moment as a day in UTC has left such days behind."""
    now = integration()
    for typed in ("2026-12-23", EVE):
        pair = linked(item(L, {"due": typed}), item(R, {"due_date": "2026-12-23"}))
        assert unchanged(now.types[0], pair, L, item(L, {"due": EVE}), now)
        assert writes(plan_for(now, (typed, "2026-12-23"), (EVE, "2026-12-23"))) == []
    assert writes(plan_for(now, ("2026-12-22", "2026-12-22"), (EVE, "2026-12-22"))) == [(R, "2026-12-24")]
    assert not alike(FieldKind.TEXT, "2026-12-23", EVE)


def test_a_time_that_a_person_added_to_the_same_day_writes_nothing() -> None:
    later = "2026-12-24T09:30:00Z"
    plan = plan_for(integration(), (EVE, "2026-12-24"), (later, "2026-12-24"))
    assert writes(plan) == []


def test_the_zone_of_a_pass_can_be_another_than_that_of_the_one_before() -> None:
    moved = in_zones(integration(NEW_YORK), {L: "Europe/Berlin"})
    assert moved.types[0].fields[0].zones == BERLIN
    assert moved.left.zones == BERLIN


def test_what_is_no_day_stays_where_it_is_and_says_so() -> None:
    found = integration().types[0].fields[0].convert("soon", R)
    assert isinstance(found, Unconverted)
    assert "no day" in found.reason


def test_a_filter_by_the_day_asks_where_the_people_are() -> None:
    rule = FilterRule("due", Operator.AT_LEAST, ("2026-12-24",))
    assert holds(rule, EVE, MOMENT, BERLIN)
    assert not holds(rule, EVE, MOMENT, NEW_YORK)
    assert holds(replace(rule, operator=Operator.IS), EVE, MOMENT, BERLIN)


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"),  # a day of 23 hours
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"),  # and one of 25
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  # clocks went from 24:00 to 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),  # 00:00 comes twice: the first
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),  # the day before was left out
        ("Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z"),
    ],
)
def test_a_day_begins_when_it_begins_there(zone: str, day: str, moment: str) -> None:
    assert beginning_of(day, Zones(zone)) == moment
    assert day_of(moment, Zones(zone)) == day


@given(days, zones, st.lists(zones, max_size=4))
def test_every_day_comes_back_from_every_zone(day: str, zone: Zones, others: list[Zones]) -> None:
    there = beginning_of(day, zone)
    back = day_of(there, replace(zone, others=tuple(one.own for one in others)))
    assert back == day or not _had(day, zone)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), zones)  # noqa: DTZ001 - bounds
def test_a_moment_and_its_day_stay_together(when: datetime, zone: Zones) -> None:
    moment = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (
        day_of(moment, zone) == when.replace(microsecond=0).astimezone(zoneinfo.ZoneInfo(zone.own)).date().isoformat()
    )


def _had(day: str, zone: Zones) -> bool:
    """Whether there was such a day at all: some zones left one out when they changed sides of the date line."""
    noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=zoneinfo.ZoneInfo(zone.own))
    return noon.astimezone(UTC).astimezone(noon.tzinfo).date().isoformat() == day


def test_zones_are_told_apart_from_what_is_none() -> None:
    assert is_zone("Europe/Berlin")
    assert not is_zone("Mars/Olympus")
    assert not is_zone("../etc/passwd")
    assert day_of("9999-12-31T23:59:59Z", Zones("Asia/Tokyo")) == "9999-12-31"
    assert beginning_of("0001-01-01", Zones("Asia/Tokyo")) == "0001-01-01T00:00:00Z"
