"""The doctor: what it examined on this computer, what it found, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QWidget

from gui.client import Check, Doctor
from gui.errors import sentence_of
from gui.pages.session import Session
from gui.presenters import doctor
from gui.presenters.cells import Tone
from gui.tasks import Task
from gui.widgets import icons
from gui.widgets.dot import Dot
from gui.widgets.layouts import act, card, column, row, rule, text
from gui.widgets.theme import GAP, ROOM, WIDE


class DoctorPage(QWidget):
    """Examines when it is first seen, and when asked to."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._session = session
        self._task: Task[Doctor] | None = None
        self._found: Doctor | None = None
        self._dot = Dot()
        self.verdict = text("", "title", wrap=True)
        self.again = QAction(icons.icon("restart"), "Examine again", self)
        self.again.setShortcut("Ctrl+E")
        self.again.setToolTip("Examine again (Ctrl+E)")
        self.copy = QAction(icons.icon("copy"), "Copy report", self)
        self.again.triggered.connect(lambda _checked=False: self.examine())
        self.copy.triggered.connect(lambda _checked=False: self._copy())
        self.addActions([self.again, self.copy])
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = row(self._dot, self.verdict, act(self.again), act(self.copy))
        head.setStretch(1, 1)
        box = column(head, self._area, gap=ROOM)
        box.setContentsMargins(WIDE, ROOM, WIDE, ROOM)
        self.setLayout(box)
        self._offer()
        session.opened.connect(lambda _data: self._forget())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Examine the first time."""
        super().showEvent(event)
        if self._found is None and self._task is None:
            self.examine()

    def examine(self) -> None:
        """Ask the doctor."""
        if self._task is not None:
            self._task.drop()
        appliance = self._session.appliance
        self.verdict.setText("Examining …")
        self._dot.show_tone(Tone.BUSY)
        self._task = self._session.ask(self, lambda _watch: appliance.doctor(), self.show_findings, self._failed)
        self._offer()

    def show_findings(self, found: Doctor) -> None:
        """Show what was found."""
        self._task, self._found = None, found
        words, tone = doctor.verdict(found)
        self.verdict.setText(words)
        self._dot.show_tone(tone)
        parts: list[QWidget] = []
        for check in doctor.ordered(found):
            parts += [_shown(check), rule()]
        holder = QWidget()
        holder.setObjectName("body")
        holder.setLayout(column(card(*parts[:-1], margin=0, gap=0), None))
        self._area.setWidget(holder)
        self._offer()

    def _failed(self, error: Exception) -> None:
        self._task = None
        self.verdict.setText("The examination did not come to an end.")
        self._dot.show_tone(Tone.WARN)
        self._session.said.emit(sentence_of(error), Tone.BAD)
        self._offer()

    def _forget(self) -> None:
        if self._task is not None:
            self._task.drop()
        self._task = self._found = None
        if self.isVisible():
            self.examine()

    def _offer(self) -> None:
        self.again.setEnabled(self._task is None)
        self.copy.setEnabled(self._found is not None)

    def _copy(self) -> None:
        if self._found is not None:
            QGuiApplication.clipboard().setText(doctor.report(self._found))
            self._session.said.emit("The report is on the clipboard.", Tone.GOOD)


def _shown(check: Check) -> QWidget:
    picture = QLabel()
    picture.setPixmap(icons.icon("good" if check.ok else "warn", "good" if check.ok else "bad").pixmap(QSize(20, 20)))
    picture.setAlignment(Qt.AlignmentFlag.AlignTop)
    name = text(check.name, "heading", wrap=True)
    name.setFixedWidth(190)
    name.setAlignment(Qt.AlignmentFlag.AlignTop)
    words = [text(check.found, wrap=True)]
    if check.advice and not check.ok:
        words.append(text(check.advice, "problem", wrap=True))
    for label in words:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    line = QWidget()
    line.setAccessibleName(f"{check.name}: {'good' if check.ok else 'needs attention'}. {check.found} {check.advice}")
    line.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    box = row(picture, name, column(*words, gap=3), gap=GAP)
    box.setStretch(2, 1)
    box.setContentsMargins(ROOM, 10, ROOM, 10)
    line.setLayout(box)
    return line
