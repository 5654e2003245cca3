"""When a pair is written so often that something must be answering our writes with its own; pure, times come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from server.domain.item import Side
from server.domain.operation import Operation, UpdateItem
from server.domain.rules import BreakerRules
from server.domain.values import Value

WINDOW: Final = timedelta(hours=1)
"""Writes that are older do not count."""
_AGAIN: Final = 4
"""A value that was written so often to one field within the window is being put back by somebody."""


@dataclass(frozen=True, slots=True)
class Written:
    """One write of ours to a field of one side, within the window."""

    side: Side
    field: str
    value: Value


def loops(rules: BreakerRules, recent: Sequence[Written], writes: int, planned: Sequence[Operation]) -> str:
    """Why the pair counts as a loop, as a sentence; empty while it does not.

    ``recent`` are the pair's field writes within ``WINDOW``, ``writes`` how many operations those were.
    """
    changes = [
        Written(one.side, name, value)
        for one in planned
        if isinstance(one.step, UpdateItem)
        for name, value in one.step.changed.items()
    ]
    if not changes:
        return ""
    if writes >= rules.writes:
        return (
            f"These two items were written {writes} times within an hour, so something seems to answer each write with "
            "another. They wait until one of them changes after the hour, or a person lets them be tried again."
        )
    often = Counter(recent)
    for change in changes:
        if often[change] >= _AGAIN:
            return (
                f"“{change.field}” goes back and forth: the same value was written {often[change]} times within an "
                "hour, and something puts another in its place each time. The two items wait until one of them changes "
                "after the hour, or a person lets them be tried again."
            )
    return ""
