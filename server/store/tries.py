"""Counted tries to get in somewhere: when the next may be made; it must not know what a subject stands for.

A try is counted and judged in one statement, before anybody looks at what was tried: of many at once each sees the one
before it. A kill right after leaves a try counted that was right; it is forgotten with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from server.store.database import Transaction

FORGOTTEN: Final = timedelta(hours=1)
"""After so long without a try those before no longer count."""


@dataclass(frozen=True, slots=True)
class Rule:
    """After ``free`` tries in a row the next waits ``first``, each further one twice as long, up to ``longest``."""

    free: int
    first: timedelta
    longest: timedelta


def count(control: Transaction, subject: bytes, rule: Rule) -> int | None:
    """Count a try, which one of its row it is; None: it comes too early, and is not counted."""
    row = _driver(control).execute(_COUNT, (subject, *_bounds(rule))).fetchone()
    return None if row is None else int(row[0])


def wait(control: Transaction, subject: bytes) -> timedelta:
    """How long until the next try may be made."""
    row = _driver(control).execute(_WAIT, (subject,)).fetchone()
    return timedelta(0) if row is None else timedelta(seconds=float(row[0]))


def forget(control: Transaction, subjects: Sequence[bytes]) -> None:
    """All tries were somebody's who may: they no longer count."""
    for subject in subjects:
        _driver(control).execute("delete from control.tries where subject = %s", (subject,))


def take_back(control: Transaction, subjects: Sequence[bytes]) -> None:
    """One try of each turned out to be right: it never was one."""
    for subject in subjects:
        _driver(control).execute(_TAKE_BACK, (subject,))


def clear(control: Transaction) -> None:
    """Let go of some that no longer count. What others work on is left for another time."""
    _driver(control).execute(_CLEAR, (FORGOTTEN * 2,))


def _driver(control: Transaction) -> Any:
    return control.connection.driver_connection


def _bounds(rule: Rule) -> tuple[object, ...]:
    return FORGOTTEN, FORGOTTEN, rule.free, rule.longest, rule.first, rule.free


_COUNT = """
insert into control.tries as counted (subject, tries, free_at, at)
values (%s, 1, clock_timestamp(), clock_timestamp())
on conflict (subject) do update set
  tries = case when counted.at < clock_timestamp() - %s then 1 else counted.tries + 1 end,
  free_at = clock_timestamp() + case
    when counted.at < clock_timestamp() - %s or counted.tries + 1 < %s then interval '0'
    else least(%s, %s * power(2, least(counted.tries + 1 - %s, 20)))
  end,
  at = clock_timestamp()
where counted.free_at <= clock_timestamp()
returning counted.tries
"""
_WAIT = "select extract(epoch from greatest(free_at - clock_timestamp(), '0')) from control.tries where subject = %s"
_TAKE_BACK = """
update control.tries set tries = greatest(tries - 1, 0), free_at = least(free_at, clock_timestamp()) where subject = %s
"""
_CLEAR = """
delete from control.tries where subject in (
  select subject from control.tries where at < now() - %s order by at limit 100 for update skip locked
)
"""
