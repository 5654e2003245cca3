"""How long work and the window talk: progress one way, "please stop" the other; it knows neither Qt nor the agent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from gui.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """Where long work stands. ``fraction`` runs from 0 to 1; None: nobody knows."""

    step: str
    fraction: float | None = None


class Watch:
    """Given to work that runs off the GUI thread. Safe to use from two threads."""

    def __init__(self, on_progress: Callable[[Progress], None]) -> None:
        self._on_progress = on_progress
        self._stop = threading.Event()

    def report(self, step: str, fraction: float | None = None) -> None:
        """Say where the work stands; the window shows it."""
        self._on_progress(Progress(step, fraction))

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to stop."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise ``Cancelled`` if somebody asked the work to stop."""
        if self._stop.is_set():
            raise Cancelled

    def pause(self, seconds: float) -> None:
        """Wait ``seconds``, or less: raises ``Cancelled`` as soon as somebody asks to stop."""
        if self._stop.wait(seconds):
            raise Cancelled
