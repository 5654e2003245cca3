"""The logs of the processes: which, filtered, followed, copied."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QTimer
from PySide6.QtGui import (
    QAction,
    QGuiApplication,
    QHideEvent,
    QKeySequence,
    QShowEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from gui.client import LogLines, Status
from gui.pages.session import Session
from gui.presenters import figures, logs
from gui.presenters.cells import Tone
from gui.presenters.logs import LogLine
from gui.tasks import Task
from gui.widgets import icons
from gui.widgets.check import Check
from gui.widgets.choice import Choice
from gui.widgets.layouts import act, card, column, row, text
from gui.widgets.theme import GAP, ROOM, WIDE, colours, mono

KEPT = 5000
"""Lines kept in the window."""
_AT_ONCE = 1000
_INTERVAL_MS = 1000
_AGENT = "agent"


class LogsPage(QWidget):
    """Reads only while it is seen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._session = session
        self._lines: deque[LogLine] = deque(maxlen=KEPT)
        self._position: int | None = None
        self._task: Task[LogLines] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._read)
        self._make()
        session.seen.connect(self._offer_members)
        session.opened.connect(lambda _data: self._restart())

    def _make(self) -> None:
        self.member = Choice("Process")
        self.member.addItem(_AGENT)
        self.member.setMinimumWidth(190)
        self.member.currentTextChanged.connect(lambda _name: self._restart())
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Show lines with these words (Ctrl+F)")
        self.filter.setAccessibleName("Filter the log")
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.filter.textChanged.connect(lambda _words: self._show_all())
        self.follow = Check("Follow")
        self.follow.setChecked(True)
        self.follow.setToolTip("Stay at the newest line")
        self.follow.toggled.connect(lambda on: self._to_end() if on else None)
        self.copy = QAction(icons.icon("copy"), "Copy", self)
        self.copy.setToolTip("Copy the lines shown, or the selected text")
        self.copy.triggered.connect(lambda _checked=False: self._copy())
        find = QAction(self)
        find.setShortcut(QKeySequence(QKeySequence.StandardKey.Find))
        find.triggered.connect(lambda _checked=False: self.filter.setFocus())
        self.addActions([self.copy, find])
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setMaximumBlockCount(KEPT)
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.view.setFont(mono())
        self.view.setAccessibleName("Log")
        self.view.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.view.setObjectName("log")
        self._count = text("", "muted")
        tools = row(self.member, self.filter, self.follow, act(self.copy), gap=GAP)
        tools.setStretch(1, 1)
        box = column(text("Logs", "title"), tools, card(self.view, margin=1), self._count, gap=ROOM - 4)
        box.setStretch(2, 1)
        box.setContentsMargins(WIDE, ROOM, WIDE, ROOM)
        self.setLayout(box)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Begin to read."""
        super().showEvent(event)
        self._read()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Read no more."""
        super().hideEvent(event)
        self._timer.stop()
        if self._task is not None:
            self._task.drop()
            self._task = None

    def show_member(self, name: str) -> None:
        """Turn to a process's log."""
        if self.member.findText(name) >= 0:
            self.member.setCurrentText(name)

    def _offer_members(self, status: Status) -> None:
        names = [_AGENT, *(member.name for member in status.members)]
        if names == [self.member.itemText(i) for i in range(self.member.count())]:
            return
        chosen = self.member.currentText()
        self.member.blockSignals(True)
        self.member.clear()
        self.member.addItems(names)
        self.member.setCurrentText(chosen if chosen in names else _AGENT)
        self.member.blockSignals(False)
        if self.member.currentText() != chosen:
            self._restart()

    def _restart(self) -> None:
        self._lines.clear()
        self._position = None
        self.view.clear()
        self._say_count()
        if self.isVisible():
            self._read()

    def _read(self) -> None:
        self._timer.stop()
        if self._task is not None:
            self._task.drop()
        appliance, member, position = self._session.appliance, self.member.currentText(), self._position
        self._task = self._session.ask(
            self, lambda _watch: appliance.logs(member, position, _AT_ONCE), self._take, self._not_read
        )

    def _take(self, found: LogLines) -> None:
        self._task = None
        # A position that went back: the log was turned over and begins anew.
        self._position = found.position
        fresh = [logs.read(line) for line in found.lines]
        self._lines.extend(fresh)
        self._append([line for line in fresh if logs.matches(line, self.filter.text())])
        self._say_count()
        self._timer.setInterval(0 if len(found.lines) >= _AT_ONCE else _INTERVAL_MS)
        self._timer.start()

    def _not_read(self, error: Exception) -> None:
        self._task = None
        # The overview says when the agent is gone; repeating it every second would not help.
        self._count.setText(f"Cannot read this log now: {error}")
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.start()

    def _show_all(self) -> None:
        self.view.clear()
        self._append([line for line in self._lines if logs.matches(line, self.filter.text())])
        self._say_count()

    def _append(self, lines: list[LogLine]) -> None:
        if not lines:
            return
        scheme, bar = colours(), self.view.verticalScrollBar()
        place = bar.value()
        self.view.setUpdatesEnabled(False)
        cursor = QTextCursor(self.view.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        for line in lines:
            paint = QTextCharFormat()
            paint.setForeground(scheme.tone(line.tone))
            if not self.view.document().isEmpty():
                cursor.insertBlock()
            cursor.insertText(line.text, paint)
        self.view.setUpdatesEnabled(True)
        if self.follow.isChecked():
            self._to_end()
        else:
            bar.setValue(place)

    def _to_end(self) -> None:
        bar = self.view.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _say_count(self) -> None:
        wanted = self.filter.text().strip()
        shown = sum(logs.matches(line, wanted) for line in self._lines)
        total = figures.count(len(self._lines), "line")
        self._count.setText(
            f"{shown} of {total}" if wanted else total if self._lines else "Nothing has been logged yet."
        )

    def _copy(self) -> None:
        chosen = self.view.textCursor().selection().toPlainText()
        lines = [line.raw for line in self._lines if logs.matches(line, self.filter.text())]
        QGuiApplication.clipboard().setText(chosen or "\n".join(lines))
        what = "The selected text is" if chosen else f"{figures.count(len(lines), 'line')} of the log are"
        self._session.said.emit(f"{what} on the clipboard.", Tone.GOOD)
