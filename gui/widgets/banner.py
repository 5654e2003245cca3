"""One sentence across the top of the page: an error, a warning or good news; it never opens a window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QToolButton, QWidget

from gui.presenters.cells import Tone
from gui.widgets import icons
from gui.widgets.layouts import column, row, text
from gui.widgets.theme import GAP

_ICONS = {Tone.BAD: "warn", Tone.WARN: "warn", Tone.GOOD: "good", Tone.BUSY: "sync"}


class Banner(QWidget):
    """Hidden until something is to be said; the newest sentence replaces the one before."""

    def __init__(self, margin: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame = QFrame()
        self._frame.setObjectName("banner")
        self._tone = Tone.PLAIN
        self._picture = QLabel()
        self._words = text("", wrap=True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = QToolButton()
        self._close.setObjectName("act")
        self._close.setIcon(icons.icon("close"))
        self._close.setIconSize(QSize(14, 14))
        self._close.setAccessibleName("Dismiss the message")
        self._close.setToolTip("Dismiss")
        self._close.clicked.connect(self.clear)
        box = row(self._picture, self._words, self._close)
        box.setContentsMargins(12, GAP, GAP, GAP)
        self._frame.setLayout(box)
        outer = column(self._frame)
        outer.setContentsMargins(margin, margin // 2, margin, 0)
        self.setLayout(outer)
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says; empty when hidden."""
        return self._words.text() if not self.isHidden() else ""

    @property
    def tone(self) -> Tone:
        """In which tone it says it."""
        return self._tone

    def say(self, sentence: str, tone: Tone = Tone.BAD) -> None:
        """Show ``sentence``."""
        self._tone = tone
        self._words.setText(sentence)
        self._frame.setProperty("tone", tone.value)
        self._frame.style().unpolish(self._frame)
        self._frame.style().polish(self._frame)
        scheme_tone = {Tone.PLAIN: "text", Tone.MUTED: "muted"}.get(tone, tone.value)
        self._picture.setPixmap(icons.icon(_ICONS.get(tone, "good"), scheme_tone).pixmap(QSize(18, 18), self._ratio()))
        self.setAccessibleName(sentence)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def clear(self) -> None:
        """Say nothing."""
        self.hide()

    def _ratio(self) -> float:
        return self.devicePixelRatioF()
