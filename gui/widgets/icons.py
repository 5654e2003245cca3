"""Line drawings for buttons and rows, in the colour of the text beside them; no files, so nothing can be missing."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.widgets.theme import colours

_SHAPES = {
    "overview": '<rect x="4" y="4" width="7" height="9" rx="1.5"/><rect x="13" y="4" width="7" height="5" rx="1.5"/>'
    '<rect x="13" y="11" width="7" height="9" rx="1.5"/><rect x="4" y="15" width="7" height="5" rx="1.5"/>',
    "logs": '<path d="M6 3.5h8l4.5 4.5v11.5a1 1 0 0 1-1 1h-11.5a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1z"/>'
    '<path d="M8.5 12h7M8.5 16h5"/>',
    "doctor": '<path d="M3.5 12.5h4l2.5-6.5 4 12 2.5-5.5h4"/>',
    "play": '<path d="M8 5.5l10 6.5-10 6.5z"/>',
    "stop": '<rect x="6.5" y="6.5" width="11" height="11" rx="1.5"/>',
    "restart": '<path d="M19 12a7 7 0 1 1-2.2-5.1"/><path d="M19.5 3.5v4.2h-4.2"/>',
    "plus": '<path d="M12 5.5v13M5.5 12h13"/>',
    "open": '<path d="M10 5.5h-4.5v13h13v-4.5"/><path d="M13.5 4.5h6v6M19 5l-8 8"/>',
    "copy": '<rect x="8.5" y="8.5" width="11" height="11" rx="1.5"/>'
    '<path d="M5.5 15.5h-.5a1 1 0 0 1-1-1v-9.500a1 1 0 0 1 1-1h9.500a1 1 0 0 1 1 1v.5"/>',
    "trash": '<path d="M4.5 7h15M9.5 7v-2.500h5v2.500M6.5 7l.8 12.500h9.400l.8-12.5"/>',
    "pause": '<path d="M9 6v12M15 6v12"/>',
    "database": '<ellipse cx="12" cy="6.5" rx="7" ry="2.8"/><path d="M5 6.500v11c0 1.5 3.1 2.8 7 2.800s7-1.3 7-2.8'
    'v-11M5 12c0 1.5 3.1 2.8 7 2.800s7-1.3 7-2.8"/>',
    "gateway": '<path d="M4 12h6M10 12l5-5h5M10 12l5 5h5"/><path d="M17.5 4.500l2.5 2.5-2.5 2.500M17.5 14.5'
    'l2.5 2.5-2.5 2.5"/>',
    "globe": '<circle cx="12" cy="12" r="8"/><path d="M4 12h16M12 4c5 5 5 11 0 16M12 4c-5 5-5 11 0 16"/>',
    "sync": '<path d="M5 9.500h12.500M14.5 6l3.5 3.5-3.5 3.5"/><path d="M19 15.500h-12.5"/>'
    '<path d="M9 12.500l-3 3 3 3" />',
    "cluster": '<rect x="4.5" y="4.5" width="15" height="6" rx="1.5"/><rect x="4.5" y="13.5" width="15" '
    'height="6" rx="1.5"/><path d="M8 7.500h.01M8 16.500h.01"/>',
    "folder": '<path d="M3.5 7a1 1 0 0 1 1-1h5l2 2.500h8a1 1 0 0 1 1 1v8.500a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1z"/>',
    "down": '<path d="M7 10l5 5 5-5"/>',
    "tick": '<path d="M6 12.5l4 4 8-9"/>',
    "close": '<path d="M7 7l10 10M17 7l-10 10"/>',
    "eye": '<path d="M3 12c3.5-6 14.5-6 18 0-3.5 6-14.5 6-18 0z"/><circle cx="12" cy="12" r="2.5"/>',
    "good": '<circle cx="12" cy="12" r="8"/><path d="M8.5 12.300l2.5 2.5 4.7-5.3"/>',
    "warn": '<path d="M12 4.500l8.5 15h-17z"/><path d="M12 10v4.500M12 16.900h.01"/>',
    "search": '<circle cx="10.5" cy="10.5" r="5.5"/><path d="M14.8 14.800l4.7 4.7"/>',
    "power": '<path d="M12 4v7.5"/><path d="M7.3 7a7 7 0 1 0 9.4 0"/>',
}
# The panel's mark (server/panel/public/mark.svg): one product, one face.
_MARK = (
    '<rect width="32" height="32" rx="7" fill="#12545f"/>'
    '<path d="M9 23V12.5L13 9v14z" fill="#8fe0d3"/><path d="M19 23V12.5L23 9v14z" fill="#fff"/>'
)


def draw(name: str, painter: QPainter, place: QRectF, colour: QColor) -> None:
    """Draw a shape into ``place`` in ``colour``."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
        f'stroke="{colour.name()}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">'
        f"{_SHAPES[name]}</svg>"
    )
    QSvgRenderer(QByteArray(svg.encode())).render(painter, place)


class _Shape(QIconEngine):
    """Paints a shape at the size and in the colours that are asked for, whenever they are."""

    def __init__(self, name: str, tone: str) -> None:
        super().__init__()
        self._name = name
        self._tone = tone

    def paint(self, painter: QPainter, rect: object, mode: QIcon.Mode, state: QIcon.State) -> None:  # noqa: ARG002
        """Paint for Qt."""
        scheme = colours()
        colour = scheme.muted if mode is QIcon.Mode.Disabled else getattr(scheme, self._tone)
        draw(self._name, painter, QRectF(rect), QColor(colour))  # type: ignore[call-overload]

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Paint into a picture for Qt."""
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, picture.rect(), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        """Copy for Qt."""
        return _Shape(self._name, self._tone)


def icon(name: str, tone: str = "text") -> QIcon:
    """The icon ``name`` in the scheme's colour ``tone``; it follows the desktop from light to dark."""
    return QIcon(_Shape(name, tone))


def mark(size: int, ratio: float = 1.0) -> QPixmap:
    """The product's mark, ``size`` device-independent pixels wide."""
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{_MARK}</svg>'
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture
