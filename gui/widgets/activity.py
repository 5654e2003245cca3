"""The strip that shows long work: what, how far, and a way to stop it; it does not run anything."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.watch import Progress
from gui.widgets import icons
from gui.widgets.layouts import row, text
from gui.widgets.theme import GAP, ROOM

_FULL = 1000


class WorkLine(QWidget):
    """One piece of work under way."""

    def __init__(self, what: str, cancel: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = what
        self._cancel = cancel
        self._title = text(what, "heading")
        self._step = text("", "muted")
        self._step.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(180)
        self._bar.setAccessibleName(f"Progress of: {what}")
        self._stop = QToolButton()
        self._stop.setObjectName("act")
        self._stop.setIcon(icons.icon("close"))
        self._stop.setIconSize(QSize(14, 14))
        self._stop.setText("Cancel")
        self._stop.setToolTip("Cancel")
        self._stop.setAccessibleName(f"Cancel: {what}")
        self._stop.clicked.connect(self._stop_it)
        box = row(self._title, self._step, self._bar, self._stop)
        box.setContentsMargins(ROOM, 4, GAP, 4)
        box.setStretch(1, 1)
        self.setLayout(box)

    def show_progress(self, at: Progress) -> None:
        """Move the bar and say the step."""
        self._step.setText(at.step)
        if at.fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, _FULL)
            self._bar.setValue(round(_FULL * min(1.0, max(0.0, at.fraction))))

    @property
    def step(self) -> str:
        """The step shown."""
        return self._step.text()

    @property
    def stop_button(self) -> QToolButton:
        """The button that cancels."""
        return self._stop

    def _stop_it(self) -> None:
        self._stop.setEnabled(False)
        self._step.setText("Stopping …")
        self._bar.setRange(0, 0)
        self._cancel()


class Activity(QFrame):
    """All work under way, one line each; hidden when there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activity")
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 2, 0, 2)
        self._box.setSpacing(0)
        self._lines: list[WorkLine] = []
        self.hide()

    @property
    def lines(self) -> tuple[WorkLine, ...]:
        """The lines, oldest first."""
        return tuple(self._lines)

    def begin(self, what: str, cancel: Callable[[], None]) -> WorkLine:
        """Add a line for ``what``; ``cancel`` is called once, when its button is pressed."""
        line = WorkLine(what, cancel, self)
        self._lines.append(line)
        self._box.addWidget(line)
        self.show()
        return line

    def end(self, line: WorkLine) -> None:
        """Remove a line."""
        self._lines.remove(line)
        self._box.removeWidget(line)
        line.deleteLater()
        self.setVisible(bool(self._lines))
