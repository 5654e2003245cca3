"""A drop-down list that draws its own arrow, so that it needs no picture file; it knows no page."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QWidget

from gui.widgets import icons
from gui.widgets.theme import colours

_ARROW = 16


class Choice(QComboBox):
    """One of a few names."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint for Qt."""
        super().paintEvent(event)
        painter = QPainter(self)
        place = QRectF(self.width() - _ARROW - 8, (self.height() - _ARROW) / 2, _ARROW, _ARROW)
        icons.draw("down", painter, place, QColor(colours().muted))
        painter.end()
