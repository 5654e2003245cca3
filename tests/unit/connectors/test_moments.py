"""Times and days as apps write them, the odd ones too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.moments import day, kept, moment, sent
from server.connectors.request_tracker.write import spoken as to_rt
from server.connectors.roundup.read import spoken as to_roundup
from server.domain.errors import Rejected

# hypothesis draws within bounds that have no zone, and adds one.
_FIRST, _LAST = datetime(2, 1, 2), datetime(9998, 12, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-23T18:22:11Z", datetime(2026, 11, 23, 18, 22, 11, tzinfo=UTC)),
        ("2026-11-23.18:22:11", datetime(2026, 11, 23, 18, 22, 11, tzinfo=UTC)),
        ("2026-11-23 18:22:11.250 UTC", datetime(2026, 11, 23, 18, 22, 11, 250_000, tzinfo=UTC)),
        ("2026-11-23T18:22:11.123456789+0130", datetime(2026, 11, 23, 16, 52, 11, 123_456, tzinfo=UTC)),
        ("2026-11-23T18:22:11-05", datetime(2026, 11, 23, 23, 22, 11, tzinfo=UTC)),
        ("2026-11-23T18:22Z", datetime(2026, 11, 23, 18, 22, tzinfo=UTC)),
        ("V3: 2026-11-29.12:34:60", datetime(2026, 11, 29, 12, 34, 59, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2016-12-31T23:59:60.9Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-29T24:00:00Z", datetime(2026, 11, 30, tzinfo=UTC)),
        ("2026-12-31T24:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("9998-12-31T00:00:00Z", datetime(9998, 12, 31, tzinfo=UTC)),
    ],
)
def test_every_usual_and_odd_time_is_read(said: str, meant: datetime) -> None:
    assert moment(said.removeprefix("V3: ")) == meant


@pytest.mark.parametrize(
    "said",
    [
        *(
            None,
            "",
            " ",
            0,
            1764500000,
            True,
            [],
            {},
            "never",
            "2026-11-23",
            "0000-00-00T00:00:00Z",
            "0000-01-01.00:00:00",
        ),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"),
        *("2026-11-23T25:00:00Z", "2026-11-23T24:00:01Z", "2026-11-23T23:60:00Z", "2026-11-23T23:59:61Z"),
        *("2026-11-23T18:22:11+99:00", "+52026-11-23T18:22:11Z", "٢٠٢٦-11-23T18:22:11Z", "2026-11-23T18:22:11Z" * 50),
    ],
)
def test_what_is_no_time_is_said_to_be_none(said: object) -> None:
    with pytest.raises(ValueError, match="is no time") as caught:
        moment(said)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *((None, None), ("", None), ("2026-12-24", "2026-12-24"), ("2026-12-24.00:00:00", "2026-12-24")),
        *(("2028-02-29T23:59:60Z", "2028-02-29"), ("9999-12-31", "9999-12-31")),
    ],
)
def test_days_are_read_with_and_without_a_time(said: object, meant: str | None) -> None:
    assert day(said) == meant


@pytest.mark.parametrize("said", ["0000-00-00", "2026-02-30", "24.12.2026", 20261224, False, [], "2026-12-24x"])
def test_what_is_no_day_is_said_to_be_none(said: object) -> None:
    with pytest.raises(ValueError, match="is no day"):
        day(said)


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T.][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|\+[0-9]{4})?")))
def test_nothing_else_is_raised_whatever_there_is_and_what_is_read_can_be_reckoned_with(said: str) -> None:
    with suppress(ValueError):
        assert moment(said) - timedelta(days=1) < moment(said) + timedelta(days=1)
    with suppress(ValueError):
        day(said)


@given(st.datetimes(_FIRST, _LAST, timezones=st.timezones()))
def test_a_time_comes_back_from_any_zone(at: datetime) -> None:
    offset = at.utcoffset()
    if offset is not None and offset.total_seconds() % 60 == 0:  # no app writes a zone's seconds
        assert moment(at.isoformat()) == at.astimezone(UTC)


ENDS = ("0001-01-01", "0999-05-05", "9999-12-31")
"""Days that people type for “always” and “never”, or by a slip."""
SPOKEN = [(to_rt, " "), (to_roundup, ".")]
Spoken = Callable[[datetime, tzinfo], str]


@pytest.mark.parametrize("said", ENDS)
def test_a_day_at_the_ends_of_the_calendar_is_kept_as_typed(said: str) -> None:
    assert kept(f"{said}.00:00:00") == f"{said}T00:00:00Z"
    assert kept("") is None


@pytest.mark.parametrize("said", ENDS)
@pytest.mark.parametrize(("spoken", "between"), SPOKEN)
def test_such_a_day_is_written_like_any_other(said: str, spoken: Spoken, between: str) -> None:
    assert sent("due", f"{said}T00:00:00Z", lambda when: spoken(when, UTC)) == f"{said}{between}00:00:00"


@pytest.mark.parametrize(
    ("said", "zone"),
    [("9999-12-31T23:59:59Z", "Pacific/Kiritimati"), ("0001-01-01T00:00:00Z", "America/New_York"), ("soon", "UTC")],
)
@pytest.mark.parametrize("spoken", [to_rt, to_roundup])
def test_what_cannot_be_written_is_refused_for_its_field_alone(said: str, zone: str, spoken: Spoken) -> None:
    """What is refused for one field is left out and told; any other error would be tried for ever."""
    with pytest.raises(Rejected, match="no time that could be written there") as refused:
        sent("due", said, lambda when: spoken(when, ZoneInfo(zone)))
    assert refused.value.fields == {"due"}
