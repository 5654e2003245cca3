"""A dot in the colour of a state; it knows no state's meaning."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.presenters.cells import Tone
from gui.widgets.theme import colours


class Dot(QWidget):
    """The state of the whole at a glance; what it means stands in words beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = Tone.MUTED
        self.setFixedSize(18, 24)

    def show_tone(self, tone: Tone) -> None:
        """Take the colour of ``tone``."""
        self._tone = tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Paint for Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        scheme = colours()
        middle = QPointF(9, self.height() / 2 + 1)
        painter.setBrush(scheme.wash(self._tone, 0.28))
        painter.drawEllipse(middle, 8, 8)
        painter.setBrush(scheme.tone(self._tone))
        painter.drawEllipse(middle, 4.5, 4.5)
