"""One sentence that says how it stands with an item, and why; it must not find anything out.

The first thing that keeps an item from being in step is what a person wants to read; the rest stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from server.domain.quoting import quoted

_SECONDS = 100
"""A time that is nearer is said in seconds."""


@dataclass(frozen=True, slots=True)
class Held:
    """That an item is held back. ``words`` are the app's own; ``due_at`` is the next attempt."""

    kind: Literal["retry", "quarantine", "waiting", "skipped"]
    reason: str
    words: str = ""
    attempts: int = 1
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the sentence depends on. Names are what people call things; ``now`` is this moment.

    ``state`` is the pair's, empty without one; ``told`` the last line of its history. ``changed``, ``gone`` and
    ``unasked`` name the connections whose item is not what was last seen, is not there, or could not be asked for.
    ``left``: why an item of a pair does not belong to the integration any more. ``silent``: no look at the feeds brings
    what is so; only the full scan does, at ``next_scan`` (None: it makes none by itself), or a person.
    ``rule``: why an item without a pair gets none. ``undecided``: fields that wait for a person. ``apart``: fields
    that differ although nothing waits to travel.
    """

    now: datetime
    integration: str
    state: str = ""
    told: str = ""
    held: Held | None = None
    unresolved: int = 0
    gone: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    """Into which item of which connection one that is gone was merged, such as “into #5 on Help desk”."""
    changed: tuple[str, ...] = ()
    left: str = ""
    silent: bool = False
    soon: bool = False
    """It is looked at again by itself within minutes all the same, because it changed lately."""
    next_scan: datetime | None = None
    unasked: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    rule: str = ""
    seen_on: str = ""
    passed: bool = False
    """The feed has come past the item's last change without a twin."""
    synced_at: datetime | None = None
    next_look: datetime | None = None
    stopped: str = ""
    """What keeps the whole integration from working; empty while it works."""


def sentence(one: Situation) -> str:
    """How it stands, and why."""
    said = _item(one)
    if not one.stopped or one.state == "ended":
        return said
    return f"{said} Nothing travels now: {one.stopped}"


def _item(one: Situation) -> str:
    if one.state == "ended":
        return f"The two are no longer kept in step. {one.told}".strip()
    if one.held is not None:
        return _held(one.held, one)
    if one.gone or one.left:
        return _parting(one)
    if one.state == "outside":
        return f"It does not belong to the integration now, so nothing travels. {one.told}".strip()
    if one.unresolved:
        return f"The answer to a write was lost; what became of it is found out {_with_next(one)}."
    if one.undecided:
        return f"Both sides changed {', '.join(one.undecided)}, and a person has to decide which one counts."
    if one.state == "reserved":
        return f"Its twin is about to be made, {_with_next(one)}."
    if one.changed:
        return f"Changed on {' and '.join(one.changed)} since it was last in step; that travels {_found(one)}."
    if one.state:
        since = f" since {clock(one.synced_at, one.now)}" if one.synced_at else ""
        doubt = f" What {' and '.join(one.unasked)} holds now could not be asked." if one.unasked else ""
        return f"In step{since}{_but_for(one.apart)}.{doubt}"
    return _unpaired(one)


def _parting(one: Situation) -> str:
    if one.merged:
        return f"It was merged {' and '.join(one.merged)}; that is noticed {_with_next(one)}."
    if one.gone:
        return f"It is not there any more on {' and '.join(one.gone)}; that is noticed {_found(one)}."
    return f"It does not belong to the integration any more: {one.left} That is noticed {_found(one)}."


def _but_for(fields: tuple[str, ...]) -> str:
    if not fields:
        return ""
    *first, last = fields
    names = f"{', '.join(first)} and {last}" if first else last
    return f", but for {names}: the two sides differ, and stay so until somebody changes one of them"


def _unpaired(one: Situation) -> str:
    if one.rule:
        return f"{one.seen_on} has it, and “{one.integration}” leaves it out. {one.rule}"
    if one.passed:
        return (
            f"{one.seen_on} has it, and the feed has come past it without seeing it; a resync of the item or the next"
            " full scan finds it."
        )
    look = f"the next look at {one.seen_on}"
    return f"Not seen yet: {look} {'is ' + when(one.next_look, one.now) if one.next_look else 'comes by itself'}."


def _held(held: Held, one: Situation) -> str:
    words = quoted(held.words)
    again = f"It is tried again {when(held.due_at, one.now)}." if held.due_at else ""
    if held.kind == "skipped":
        return f"Left out by a rule: {held.reason}"
    if held.kind == "quarantine":
        waits = again or "It waits until somebody changes it, changes the mapping, or tries it again by hand."
        return f"Refused: {held.reason}{words} {waits}"
    attempts = f" It was tried {held.attempts} times." if held.attempts > 1 else ""
    return f"{'Waits' if held.kind == 'waiting' else 'Held back'}: {held.reason}{words}{attempts} {again}".rstrip()


def _found(one: Situation) -> str:
    """By what it is found. What no feed shows is not promised for the next look."""
    if not one.silent:
        return _with_next(one)
    if one.soon:
        return "within a few minutes, when items that changed lately are looked at again"
    scan = f"with the next full scan, {when(one.next_scan, one.now)}, or " if one.next_scan else ""
    return f"{scan}at once when somebody has it synced again"


def _with_next(one: Situation) -> str:
    return "with the next look" + (f", {when(one.next_look, one.now)}" if one.next_look else "")


def when(moment: datetime, now: datetime) -> str:
    """A time to come, as people say it."""
    seconds = (moment - now).total_seconds()
    if seconds < 1:
        return "at once"
    return f"in {seconds:.0f} s" if seconds < _SECONDS else f"at {clock(moment, now)}"


def clock(moment: datetime, now: datetime) -> str:
    """A time in UTC: of today by the clock, else with the day."""
    there = moment.astimezone(UTC)
    said = f"{there:%H:%M} UTC"
    return said if there.date() == now.astimezone(UTC).date() else f"{there:%Y-%m-%d} {said}"
