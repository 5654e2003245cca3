"""What an app says of its limits in the headers of an answer, as seconds to wait; it must not wait or read a clock.

Vendors name the same few things in many ways: so much is left, and it is filled up at a time, or after a while. What
is read here, by vendor, is in ``tests/unit/connectors/test_limits.py``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

LONGEST: Final = 24 * 3600.0
"""Seconds: no app is waited for longer than a day without being asked again, whatever it says."""

_FORBIDDEN, _TOO_MANY, _UNAVAILABLE = 403, 429, 503
_ERRORS: Final = 400
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1e9, 1e11
"""A number from here on is a moment and not a span."""
_LEFT: Final = re.compile(r"^(?:x-)?(?:[a-z]+-)?rate-?limit(?:-[a-z-]+)?-remaining$|^x-rate-limit-remaining$")
_UNITS: Final = (("-interval-seconds", 1.0), ("-interval-milliseconds", 0.001), ("-interval-ms", 0.001))
_NAMED_SPANS: Final = (("-secondly", 1.0), ("-minutely", 60.0))
_PAIR: Final = re.compile(r"\b(r|remaining|t|reset)\s*=\s*(\d+)")
_OF_ONE_ITEM: Final = ("per-issue", "per-ticket", "per-item")


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer says of the app's limits. ``wait``: seconds until it may be asked again (None: not said).

    ``refused``: the request was not carried out because of a limit. ``one_item``: the limit is a single item's, so
    that the others may go on.
    """

    wait: float | None
    refused: bool
    one_item: bool = False


def hear(status: int, headers: Mapping[str, str], now: datetime) -> Heard | None:
    """What this answer says, None when it is nothing about limits.

    ``now`` is our clock, for apps that send no ``Date``: moments are compared with the app's own clock where it tells.
    """
    if silent(status, headers):
        return None
    told = {name.lower(): value for name, value in headers.items() if _telling(name)}
    if not told:
        return Heard(None, refused=True)
    clock = _moment(headers.get("Date", "")) or now
    after = seconds_until(told.pop("retry-after", ""), clock)
    exhausted, wait = _exhausted(told, clock)
    refused = status == _TOO_MANY or (status == _FORBIDDEN and (after is not None or exhausted))
    if status < _ERRORS and not told:
        after = None  # the way to say when a long job will be ready; with a limit beside it, it means the limit
    wait = after if after is not None else wait if exhausted or refused else None
    if not refused and (wait is None or (status >= _ERRORS and status != _UNAVAILABLE)):
        return None
    one_item = any(part in told.get("ratelimit-reason", "").lower() for part in _OF_ONE_ITEM)
    return Heard(wait, refused, one_item)


def silent(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer certainly says nothing about limits; asked for every answer, so it is cheap."""
    return status != _TOO_MANY and not any(map(_telling, headers))


def seconds_until(said: str, now: datetime) -> float | None:
    """Seconds from ``now``, as a number of seconds, a moment in epoch seconds or milliseconds, an HTTP or ISO date."""
    said = said.strip()
    if not said:
        return None
    with suppress(ValueError):
        number = float(said)
        if not math.isfinite(number):
            return None
        if number >= _EPOCH_MILLISECONDS:
            number = number / 1000 - now.timestamp()
        elif number >= _EPOCH_SECONDS:
            number -= now.timestamp()
        return _bounded(number)
    moment = _moment(said)
    return None if moment is None else _bounded((moment - now).total_seconds())


@lru_cache(maxsize=256)
def _telling(name: str) -> bool:
    """Whether a header may be about limits."""
    name = name.lower()
    return "ratelimit" in name or "rate-limit" in name or name == "retry-after"


def _exhausted(told: Mapping[str, str], clock: datetime) -> tuple[bool, float | None]:
    """Whether nothing is left of some limit, and how long until all such limits are filled up (None: not said)."""
    empty, waits = False, []
    for left, reset in (*_separate(told, clock), *_combined(told.get("ratelimit", ""))):
        if left <= 0:
            empty = True
            waits.append(reset)
    known = [one for one in waits if one is not None]
    return empty, max(known) if known else None


def _separate(told: Mapping[str, str], clock: datetime) -> Iterable[tuple[float, float | None]]:
    """Limits that are told in headers of their own: what is left, and seconds until it is filled up."""
    anywhere = next((value for name, value in sorted(told.items()) if name.endswith("-reset")), "")
    for name, value in told.items():
        if not _LEFT.match(name):
            continue
        with suppress(ValueError):
            stem = name.removesuffix("-remaining")
            left = float(value.split(",")[0].split(";")[0])
            named = next((span for end, span in _NAMED_SPANS if stem.endswith(end)), None)
            reset = seconds_until(told.get(f"{stem}-reset", ""), clock)
            span = next((_span(told[stem + end], unit) for end, unit in _UNITS if stem + end in told), None)
            whole = seconds_until(anywhere, clock) if named is None else None
            yield left, next((one for one in (reset, span, named, whole) if one is not None), None)


def _combined(value: str) -> Iterable[tuple[float, float | None]]:
    """Limits of the IETF's ``RateLimit`` header: ``limit=9, remaining=0, reset=5`` or ``"default";r=0;t=5, ...``."""
    for one in value.split(",") if ";" in value else [value]:
        pairs = {name[0]: float(number) for name, number in _PAIR.findall(one) if name in {"r", "t", "remaining"}}
        reset = next((float(number) for name, number in _PAIR.findall(one) if name in {"t", "reset"}), None)
        if "r" in pairs:
            yield pairs["r"], None if reset is None else _bounded(reset)


def _span(said: str, unit: float) -> float | None:
    with suppress(ValueError):
        number = float(said)
        return _bounded(number * unit) if math.isfinite(number) else None
    return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)


def _moment(said: str) -> datetime | None:
    """An HTTP date or an ISO one, in UTC."""
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(said).astimezone(UTC)
    with suppress(ValueError):
        moment = datetime.fromisoformat(said)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return None
