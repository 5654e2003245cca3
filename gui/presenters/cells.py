"""The words in which presenters say what to show; it must not say how it is painted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What a thing's state means to the person; the theme gives each its colour, in light and in dark."""

    PLAIN = "plain"
    MUTED = "muted"
    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. ``pill``: drawn as a state; ``series``: a small curve beside the text, oldest first.

    ``top`` is the value at which the curve reaches the cell's upper edge (0: its own highest). ``spoken`` is what
    a screen reader says instead of ``text``; ``tip`` is shown when the pointer rests on it.
    """

    text: str
    tone: Tone = Tone.PLAIN
    pill: bool = False
    series: tuple[float, ...] = ()
    top: float = 0.0
    tip: str = ""
    spoken: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``key`` names it for as long as it exists. ``children`` are shown below it, indented."""

    key: str
    cells: tuple[Cell, ...]
    children: tuple[Row, ...] = ()
    strong: bool = False
