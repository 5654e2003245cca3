"""Asks before something is interrupted or cannot be undone; it opens beside the window's work and never blocks it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from gui.presenters.actions import Question
from gui.widgets.fields import Field
from gui.widgets.layouts import column, press, row, text
from gui.widgets.theme import GAP, ROOM, WIDE

_WIDTH = 420


class Confirm(QDialog):
    """One question, a button that says what it does, and Cancel. Enter does nothing while a word must be typed."""

    def __init__(self, question: Question, yes: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(question.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._typed = question.typed
        self.text_shown = question.text
        self.button = press(question.button, "danger" if question.typed else "primary")
        self.button.clicked.connect(self.accept)
        cancel = press("Cancel")
        cancel.clicked.connect(self.reject)
        self.word = Field(f"Type {question.typed} to confirm") if question.typed else None
        box = column(
            text(question.title, "title", wrap=True),
            text(question.text, wrap=True),
            *(() if self.word is None else (GAP, self.word)),
            GAP,
            row(None, cancel, self.button),
            gap=ROOM - 4,
            margin=WIDE,
        )
        box.addStrut(_WIDTH)
        self.setLayout(box)
        self.accepted.connect(yes)
        if self.word is None:
            self.button.setDefault(True)
            self.button.setFocus()
        else:
            self.button.setEnabled(False)
            self.word.edited.connect(self._compare)
            self.word.line.setFocus()

    def _compare(self) -> None:
        self.button.setEnabled(self.word is not None and self.word.value == self._typed)
