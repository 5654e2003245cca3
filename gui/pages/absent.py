"""What is shown when no agent runs on the open data folder: a Start button, and what it said last."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget

from gui.errors import sentence_of
from gui.pages.session import Session
from gui.presenters import logs
from gui.presenters.cells import Tone
from gui.widgets import icons
from gui.widgets.layouts import card, column, press, row, text
from gui.widgets.theme import GAP, ROOM, WIDE, mono

_LINES = 10


class AbsentPage(QWidget):
    """Calm: an appliance that does not run is no error."""

    other_folder = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._session = session
        self._picture = QLabel()
        self._where = text("", "muted", wrap=True)
        self.start = press("Start the appliance", "primary")
        self.start.setIcon(icons.icon("play", "on_accent"))
        other = press("Open another data folder …")
        self.start.clicked.connect(self._start)
        other.clicked.connect(self.other_folder)
        self.words = QPlainTextEdit()
        self.words.setReadOnly(True)
        self.words.setFont(mono())
        self.words.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.words.setAccessibleName("The last lines of the agent's log")
        self._said = card(text("What the agent said last", "heading"), self.words)
        self._said.hide()
        self._draw()
        middle = column(
            row(
                self._picture, column(text("The appliance is not running", "title"), self._where, gap=2), None, gap=ROOM
            ),
            text("Nothing is lost: what changes in the apps meanwhile is carried over after the start.", wrap=True),
            row(self.start, other, None),
            GAP,
            self._said,
            gap=ROOM,
        )
        middle.itemAt(0).layout().setStretch(1, 1)  # type: ignore[union-attr]
        holder = QWidget()
        holder.setMaximumWidth(720)
        holder.setLayout(middle)
        across = row(None, holder, None)
        across.setStretch(1, 10)
        self.setLayout(column(None, across, None, None, margin=WIDE))
        session.opened.connect(lambda _data: self._fill())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Read again what the agent said last."""
        super().showEvent(event)
        self._fill()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the desktop from light to dark."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self._picture.setPixmap(icons.icon("power", "muted").pixmap(40, 40))

    def _fill(self) -> None:
        appliance = self._session.appliance
        self._where.setText(f"Data folder: {appliance.data}")
        self._session.ask(self, lambda _watch: appliance.last_words(), self._show_words)

    def _show_words(self, lines: tuple[str, ...]) -> None:
        self._said.setVisible(bool(lines))
        self.words.setPlainText("\n".join(logs.read(line).text for line in lines))
        shown = min(len(lines), _LINES)
        self.words.setFixedHeight(self.words.fontMetrics().lineSpacing() * shown + 26)
        self.words.verticalScrollBar().setValue(self.words.verticalScrollBar().maximum())

    def _start(self) -> None:
        appliance = self._session.appliance
        self.start.setEnabled(False)
        self._session.begin(
            "Start the appliance",
            lambda watch: appliance.start(None, watch),
            self._started,
            self._failed,
            lambda: self.start.setEnabled(True),
        )

    def _started(self, _nothing: None) -> None:
        self.start.setEnabled(True)
        self._session.said.emit("The appliance is running.", Tone.GOOD)

    def _failed(self, error: Exception) -> None:
        self.start.setEnabled(True)
        self._session.said.emit(sentence_of(error), Tone.BAD)
        self._fill()
