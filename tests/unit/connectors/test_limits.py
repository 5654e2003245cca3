"""What apps say of their limits, each in its own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.limits import LONGEST, Heard, hear, seconds_until

NOW = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)
IN_40 = NOW + timedelta(seconds=40)
EPOCH = int(IN_40.timestamp())

REFUSED = {
    "seconds": {"Retry-After": "40"},
    "fractions": {"retry-after": "40.0"},
    "HTTP date": {"Retry-After": format_datetime(IN_40, usegmt=True)},
    "Jira Cloud": {"Retry-After": "40", "RateLimit-Reason": "jira-burst-based", "X-RateLimit-Remaining": "0"},
    "Jira Data Center": {"X-RateLimit-Remaining": "0", "X-RateLimit-Interval-Seconds": "40"},
    "ServiceNow": {"X-RateLimit-Limit": "9", "X-RateLimit-Reset": str(EPOCH), "X-RateLimit-Remaining": "0"},
    "Azure DevOps": {"X-RateLimit-Resource": "core", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH)},
    "GitHub": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH), "x-ratelimit-used": "5000"},
    "GitLab": {"RateLimit-Remaining": "0", "RateLimit-Reset": str(EPOCH)},
    "Zendesk": {"X-Rate-Limit-Remaining": "0", "ratelimit-reset": "40"},
    "Freshservice": {"X-RateLimit-Total": "100", "X-RateLimit-Remaining": "0", "Retry-After": "40"},
    "HubSpot": {"X-HubSpot-RateLimit-Remaining": "0", "X-HubSpot-RateLimit-Interval-Milliseconds": "40000"},
    "ClickUp": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH)},
    "Trello": {"x-rate-limit-api-token-remaining": "0", "x-rate-limit-api-token-interval-ms": "40000"},
    "Linear": {"X-RateLimit-Requests-Remaining": "0", "X-RateLimit-Requests-Reset": str(EPOCH * 1000)},
    "Linear's complexity": {"X-RateLimit-Complexity-Remaining": "0", "X-RateLimit-Complexity-Reset": f"{EPOCH}000"},
    "ISO date": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2030-05-06T07:08:49Z"},
    "IETF, three headers": {"RateLimit-Limit": "9", "RateLimit-Remaining": "0", "RateLimit-Reset": "40"},
    "IETF, one header": {"RateLimit": "limit=9, remaining=0, reset=40"},
    "IETF, structured": {"RateLimit": '"burst";r=5;t=2, "daily";r=0;t=40', "RateLimit-Policy": '"daily";q=9;w=60'},
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_every_vendors_way_to_say_forty_seconds(headers: dict[str, str]) -> None:
    assert hear(429, headers, NOW) == Heard(40.0, refused=True)


@pytest.mark.parametrize("name", [name for name, headers in REFUSED.items() if "X-RateLimit-Remaining" in headers])
def test_an_answer_that_used_up_the_last_of_a_limit_says_so_before_the_next_is_refused(name: str) -> None:
    assert hear(200, REFUSED[name], NOW) == Heard(40.0, refused=False)


def test_what_is_left_is_no_reason_to_wait() -> None:
    assert hear(200, {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": str(EPOCH)}, NOW) is None
    assert hear(200, {"RateLimit": '"default";r=3;t=40'}, NOW) is None
    assert hear(200, {"Content-Type": "application/json"}, NOW) is None


def test_a_refusal_without_a_time_is_still_one() -> None:
    assert hear(429, {}, NOW) == Heard(None, refused=True)
    assert hear(429, {"X-RateLimit-Limit": "9"}, NOW) == Heard(None, refused=True)


def test_the_longest_of_several_limits_counts() -> None:
    headers = {
        "X-HubSpot-RateLimit-Secondly-Remaining": "0",
        "X-HubSpot-RateLimit-Remaining": "0",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    }
    assert hear(429, headers, NOW) == Heard(10.0, refused=True)
    del headers["X-HubSpot-RateLimit-Remaining"]
    assert hear(429, headers, NOW) == Heard(1.0, refused=True)


def test_a_limit_that_comes_as_forbidden_is_told_from_a_missing_right() -> None:
    assert hear(403, {"Retry-After": "40"}, NOW) == Heard(40.0, refused=True)
    assert hear(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH)}, NOW) == Heard(40.0, refused=True)
    assert hear(403, {"x-ratelimit-remaining": "12", "x-ratelimit-reset": str(EPOCH)}, NOW) is None


def test_a_limit_of_a_single_item_is_known_as_one() -> None:
    heard = hear(429, {"Retry-After": "40", "RateLimit-Reason": "jira-per-issue-on-write"}, NOW)
    assert heard == Heard(40.0, refused=True, one_item=True)


def test_maintenance_is_waited_for_and_a_job_that_takes_its_time_is_not() -> None:
    assert hear(503, {"Retry-After": "40"}, NOW) == Heard(40.0, refused=False)
    assert hear(202, {"Retry-After": "40"}, NOW) is None
    assert hear(500, {"Retry-After": "40"}, NOW) is None


def test_a_delayed_answer_that_names_its_limit_is_heeded() -> None:
    assert hear(200, {"Retry-After": "40", "X-RateLimit-Delay": "2.5"}, NOW) == Heard(40.0, refused=False)


def test_moments_are_measured_by_the_apps_own_clock() -> None:
    ahead = {"Date": format_datetime(NOW + timedelta(hours=1), usegmt=True)}
    late = format_datetime(NOW + timedelta(hours=1, seconds=40), usegmt=True)
    assert hear(429, {**ahead, "Retry-After": late}, NOW) == Heard(40.0, refused=True)


@given(st.text(max_size=40))
def test_no_text_is_ever_waited_for_longer_than_a_day(said: str) -> None:
    seconds = seconds_until(said, NOW)
    assert seconds is None or 0.0 <= seconds <= LONGEST


@given(st.floats())
def test_no_number_is_ever_waited_for_longer_than_a_day(said: float) -> None:
    seconds = seconds_until(str(said), NOW)
    assert seconds is None or 0.0 <= seconds <= LONGEST


@given(
    st.dictionaries(st.sampled_from(sorted({name for one in REFUSED.values() for name in one})), st.text(max_size=30)),
    st.integers(200, 599),
)
def test_no_header_breaks_an_answer(headers: dict[str, str], status: int) -> None:
    heard = hear(status, headers, NOW)
    assert heard is None or heard.refused or heard.wait is not None
