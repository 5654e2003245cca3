"""A check box that draws its own tick, so that it needs no picture file and is seen in the dark; it knows no page."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from gui.widgets import icons
from gui.widgets.theme import colours


class Check(QCheckBox):
    """Yes or no."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint for Qt."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        place = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        painter = QPainter(self)
        icons.draw("tick", painter, QRectF(place), QColor(colours().on_accent))
        painter.end()
