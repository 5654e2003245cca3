"""A progress bar for a terminal, and plain lines where there is none; it must not know what makes progress."""

from __future__ import annotations

from typing import TextIO

WIDTH = 30
PLAIN_STEP = 10
"""Without a terminal a line is printed whenever so many per cent (or items, without a total) were added."""


class Bar:
    """One line that fills up. ``label`` stands before it."""

    def __init__(self, stream: TextIO, label: str) -> None:
        self._stream = stream
        self._label = label
        self._live = stream.isatty()
        self._shown = ""
        self._told = -PLAIN_STEP

    def show(self, done: int, total: int | None, what: str = "") -> None:
        """Show that ``done`` of ``total`` (None: not known) are done, and ``what`` goes on."""
        line = f"{self._label} {self._drawn(done, total)}{f'  {what}' if what else ''}"
        if line == self._shown:
            return
        if self._live:
            self._stream.write(f"\r{line.ljust(len(self._shown))}")
        elif self._far(done, total) >= self._told + PLAIN_STEP:
            self._told = self._far(done, total)
            self._stream.write(f"{line}\n")
        self._shown = line
        self._stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._live and self._shown:
            self._stream.write("\n")
            self._stream.flush()

    @staticmethod
    def _far(done: int, total: int | None) -> int:
        """Per cent; or items, the first of which counts as a start, while nobody knows how many there are."""
        return 100 * done // total if total else done - 1

    @staticmethod
    def _drawn(done: int, total: int | None) -> str:
        if not total:
            return f"{done} items"
        full = min(WIDTH, WIDTH * done // total)
        return f"[{'#' * full}{'.' * (WIDTH - full)}] {min(done, total)}/{total}"
