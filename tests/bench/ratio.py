"""Figures as ratios: two ways of doing the same in turns, and how the outcome is told; it must not measure itself."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

Ours = TypeVar("Ours")
Yard = TypeVar("Yard")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One goal after its rounds. ``limit`` is the least (``at_least``) or the most that ``ratio`` should be."""

    goal: str
    what: str
    ratio: float | None
    limit: float
    at_least: bool
    detail: str = ""
    samples: tuple[tuple[float, float], ...] = ()
    """``(ours, yardstick)`` of each round."""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None when it could not be measured."""
        if self.ratio is None:
            return None
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def row(self) -> tuple[str, ...]:
        """For the table."""
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[self.met]
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.goal, self.what, ratio, f"{'>=' if self.at_least else '<='} {self.limit:g}", verdict, self.detail)

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return {**asdict(self), "met": self.met}


def in_turns(rounds: int, ours: Callable[[], Ours], yard: Callable[[], Yard]) -> list[tuple[Ours, Yard]]:
    """A B A B: each round begins with the other one, so that neither always meets the warmer machine."""
    found: list[tuple[Ours, Yard]] = []
    for number in range(rounds):
        if number % 2:
            second = yard()
            found.append((ours(), second))
        else:
            first = ours()
            found.append((first, yard()))
    return found


def median_ratio(samples: list[tuple[float, float]]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(ours / yard for ours, yard in samples)


def table(outcomes: list[Outcome]) -> str:
    """Rows under a head."""
    rows = [("goal", "what", "ratio", "limit", "", "detail"), *(one.row() for one in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
