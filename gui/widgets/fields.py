"""A labelled field with its note or problem below it; it knows no rules."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from gui.widgets import icons
from gui.widgets.layouts import Part, column, row, text


class Field(QWidget):
    """A line of text with its label above and one line below: a note, or what is wrong."""

    edited = Signal()

    def __init__(
        self, label: str, value: str = "", *, note: str = "", hint: str = "", secret: bool = False, beside: Part = 0
    ) -> None:
        super().__init__()
        self._note = note
        self.line = QLineEdit(value)
        self.line.setPlaceholderText(hint)
        self.line.setAccessibleName(label)
        self.line.textEdited.connect(lambda _: self.edited.emit())
        self._below = text("", "note", wrap=True)
        caption = text(label)
        caption.setBuddy(self.line)
        if secret:
            self._hide_text()
        box = column(caption, row(self.line, beside) if beside else self.line, self._below, gap=3)
        self.setLayout(box)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.show_note(note)

    def _hide_text(self) -> None:
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        reveal = QAction(icons.icon("eye", "muted"), "Show what is typed", self)
        reveal.setCheckable(True)
        reveal.toggled.connect(
            lambda on: self.line.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        )
        self.line.addAction(reveal, QLineEdit.ActionPosition.TrailingPosition)

    @property
    def value(self) -> str:
        """What stands in it."""
        return self.line.text()

    @property
    def problem(self) -> str:
        """What is shown to be wrong; empty if nothing."""
        return self._below.text() if self._below.objectName() == "problem" else ""

    @property
    def below(self) -> str:
        """What stands below it."""
        return self._below.text()

    def put(self, value: str) -> None:
        """Fill it in, as if nobody had typed."""
        self.line.setText(value)

    def show_problem(self, sentence: str) -> None:
        """Say what is wrong; empty: say the note instead."""
        if sentence:
            self._say(sentence, "problem")
        else:
            self._say(self._note, "note")

    def show_note(self, sentence: str) -> None:
        """Say something that is not wrong."""
        self._note = sentence
        if not self.problem:
            self._say(sentence, "note")

    def _say(self, sentence: str, kind: str) -> None:
        self._below.setText(sentence)
        self._below.setVisible(bool(sentence))
        if self._below.objectName() != kind:
            self._below.setObjectName(kind)
            _repolish(self._below)
        self.line.setAccessibleDescription(sentence)
        if self.line.property("wrong") != (kind == "problem"):
            self.line.setProperty("wrong", kind == "problem")
            _repolish(self.line)


def _repolish(widget: QWidget) -> None:
    widget.style().unpolish(widget)
    widget.style().polish(widget)
