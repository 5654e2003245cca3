"""Keeps what repeats itself from filling the log: one line a minute of each kind, with a count; no kind may be lost.

A failure that meets every tenant, or every request, would be written thousands of times and tell no more than once.
What is left out is counted, and told with the next line of its kind or, when that has ended, by a line of its own. A
few tenants are named each minute, so that one with a trouble of its own is found by its name.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog

_EVERY_SECONDS = 60.0
_MOST_KINDS = 500
_MOST_NAMED = 5
"""So many tenants are named with a failure that meets all of them."""
_LEVELS = frozenset({"warning", "error", "critical", "exception"})

Kind = tuple[str, ...]


@dataclass(slots=True)
class _Known:
    since: float
    who: set[str]
    left_out: int = 0


class Repeats:
    """What was said within the last minute, by kind. Thread-safe."""

    def __init__(self, every: float = _EVERY_SECONDS, most: int = _MOST_KINDS) -> None:
        self._every = every
        self._most = most
        self._known: OrderedDict[Kind, _Known] = OrderedDict()
        self._lock = threading.Lock()

    def heard(self, kind: Kind, now: float, who: str = "") -> int | None:
        """None: leave it out. Else say it; so many of its kind were left out before."""
        with self._lock:
            known = self._known.get(kind)
            if known is not None and now - known.since < self._every:
                if who not in known.who and len(known.who) < _MOST_NAMED:
                    known.who.add(who)
                    return 0
                known.left_out += 1
                return None
            self._known.pop(kind, None)
            self._known[kind] = _Known(now, {who})
            return known.left_out if known is not None else 0

    def ended(self, now: float) -> list[tuple[Kind, int]]:
        """Kinds that have not come again for their minute, and how many of each were left out; they are forgotten."""
        with self._lock:
            over = [kind for kind, one in self._known.items() if now - one.since >= self._every]
            if len(self._known) - len(over) > self._most:
                over = list(self._known)[: len(self._known) - self._most]
            return [(kind, found.left_out) for kind in over if (found := self._known.pop(kind)).left_out]


class Processor:
    """The step of structlog that leaves repetitions out; after the steps that add the time and the level."""

    def __init__(self, repeats: Repeats, clock: Callable[[], float] = time.monotonic) -> None:
        self._repeats = repeats
        self._clock = clock
        self._render = structlog.processors.JSONRenderer(ensure_ascii=False)

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """The event, perhaps with a count; raises ``DropEvent`` where it is left out."""
        if method not in _LEVELS:
            return event
        now = self._clock()
        kind = (str(event.get("event")), str(event.get("reason", "")), _error_of(event))
        left_out = self._repeats.heard(kind, now, str(event.get("tenant", "")))
        for over, count in self._repeats.ended(now):
            logger.msg(self._render(logger, method, _told(event, over, count)))
        if left_out is None:
            raise structlog.DropEvent
        if left_out:
            event["repeated"] = left_out
        return event


class Filter(logging.Filter):
    """The same for what libraries log: waitress warns of a full queue with each request that waits."""

    def __init__(self, repeats: Repeats) -> None:
        super().__init__()
        self._repeats = repeats

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is said."""
        left_out = self._repeats.heard((record.name, str(record.msg)), time.monotonic())
        if left_out:
            record.msg = f"{record.msg} (and {left_out} times before)"
        return left_out is not None


def _told(beside: Mapping[str, Any], kind: Kind, count: int) -> dict[str, Any]:
    """The line of what has ended, with the time and the place of the one that it is written beside."""
    place = {name: beside[name] for name in ("timestamp", "process", "node") if name in beside}
    said = {"event": kind[0], "level": "warning", "repeated": count, "over": True}
    return {**place, **said, **({"reason": kind[1]} if kind[1:] and kind[1] else {})}


def _error_of(event: Mapping[str, Any]) -> str:
    """What kind of failure an event tells of, if it tells of one."""
    given = event.get("exc_info")
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    return "" if error is None else f"{type(error).__name__}: {str(error)[:100]}"
