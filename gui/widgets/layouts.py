"""The few shapes that every page is laid out with: rows, columns, cards, texts, buttons; they hold no state."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.theme import GAP, ROOM, TIGHT

Part = QWidget | QLayout | int | None
"""A widget, a layout, a distance in pixels, or None for all the room that is left."""


def _put(box: QBoxLayout, parts: tuple[Part, ...], gap: int, margin: int) -> None:
    box.setSpacing(gap)
    box.setContentsMargins(margin, margin, margin, margin)
    for part in parts:
        if part is None:
            box.addStretch(1)
        elif isinstance(part, int):
            box.addSpacing(part)
        elif isinstance(part, QLayout):
            box.addLayout(part)
        else:
            box.addWidget(part)


def column(*parts: Part, gap: int = GAP, margin: int = 0) -> QVBoxLayout:
    """Parts below each other."""
    box = QVBoxLayout()
    _put(box, parts, gap, margin)
    return box


def row(*parts: Part, gap: int = GAP, margin: int = 0) -> QHBoxLayout:
    """Parts beside each other."""
    box = QHBoxLayout()
    _put(box, parts, gap, margin)
    return box


def abreast(*parts: QWidget) -> QHBoxLayout:
    """Fields beside each other, equally wide, with their labels on one line whatever stands below them."""
    box = QHBoxLayout()
    box.setSpacing(ROOM)
    for part in parts:
        box.addWidget(part, 1, Qt.AlignmentFlag.AlignTop)
    return box


def text(words: str, kind: str = "", *, wrap: bool = False) -> QLabel:
    """A piece of plain text; ``kind`` is ``title``, ``heading``, ``muted``, ``note`` or ``problem``."""
    label = QLabel(words)
    label.setObjectName(kind)
    # What others wrote is shown as it is, never as markup.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if wrap:
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


def rule() -> QFrame:
    """A thin line across."""
    line = QFrame()
    line.setObjectName("rule")
    return line


def card(*parts: Part, margin: int = ROOM, gap: int = GAP) -> QFrame:
    """Parts below each other on a surface of their own."""
    frame = QFrame()
    frame.setObjectName("card")
    frame.setLayout(column(*parts, gap=gap, margin=margin))
    return frame


def table_card(heading: str, table: QWidget, *tools: Part) -> QFrame:
    """A table on a surface, with its heading and tools above it."""
    head = row(text(heading, "heading"), None, *tools, gap=TIGHT)
    head.setContentsMargins(ROOM - 4, GAP, GAP, GAP)
    frame = QFrame()
    frame.setObjectName("card")
    box = column(head, rule(), table, gap=0)
    box.setContentsMargins(1, 1, 1, 1)
    frame.setLayout(box)
    return frame


def act(action: QAction, *, words: bool = True) -> QToolButton:
    """A quiet button for an action; without ``words`` it shows only its icon, and says the rest to screen readers."""
    button = QToolButton()
    button.setObjectName("act")
    button.setDefaultAction(action)
    button.setIconSize(QSize(16, 16))
    style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if words else Qt.ToolButtonStyle.ToolButtonIconOnly
    button.setToolButtonStyle(style)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text().replace("&", ""))
    return button


def press(words: str, kind: str = "") -> QPushButton:
    """A push button; ``kind`` is ``primary`` or ``danger``."""
    button = QPushButton(words)
    button.setObjectName(kind)
    button.setAutoDefault(False)
    return button
