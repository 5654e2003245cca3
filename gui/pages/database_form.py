"""Where a cluster's data lies: the embedded PostgreSQL, or an external one with its address, password and a test."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QRadioButton, QWidget

from gui import machine, secrets
from gui.client import secured
from gui.errors import sentence_of
from gui.machine import DatabaseFacts
from gui.pages.session import Session
from gui.presenters import setup
from gui.tasks import Task
from gui.watch import Watch
from gui.widgets.check import Check
from gui.widgets.fields import Field
from gui.widgets.layouts import column, press, row, text
from gui.widgets.theme import GAP, ROOM


class DatabaseForm(QWidget):
    """Part of the set-up and of the dialog for a new cluster."""

    edited = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._testing: Task[DatabaseFacts] | None = None
        self.embedded = QRadioButton("Embedded PostgreSQL, looked after by the appliance")
        self.external = QRadioButton("A PostgreSQL 15 or newer of your own")
        self.embedded.setChecked(True)
        self.dsn = Field("Address", hint="postgresql://owner@db.example.com:5432/lockstep")
        self.password = Field("Password", secret=True)
        self.remember = Check("Remember the password in this desktop's keyring")
        self.test = press("Test the database")
        self.verdict = text("", "note", wrap=True)
        self._details = QWidget()
        self._details.setLayout(
            column(self.dsn, self.password, self.remember, row(self.test, self.verdict, gap=ROOM), gap=GAP)
        )
        self._details.layout().itemAt(3).layout().setStretch(1, 1)  # type: ignore[union-attr]
        self._details.layout().setContentsMargins(24, 4, 0, 0)  # type: ignore[union-attr]
        self._details.hide()
        self.setLayout(column(self.embedded, self.external, self._details, gap=GAP))
        self.external.toggled.connect(self._chosen)
        for field in (self.dsn, self.password):
            field.edited.connect(self._changed)
        self.dsn.line.editingFinished.connect(self._recall)
        self.test.clicked.connect(self._try)

    @property
    def kind(self) -> Literal["embedded", "external"]:
        """Which of the two is chosen."""
        return "external" if self.external.isChecked() else "embedded"

    @property
    def full_dsn(self) -> str | None:
        """The address with its password, None for the embedded one. Never show or log it."""
        return setup.full_dsn(self.dsn.value, self.password.value) if self.kind == "external" else None

    def remember_if_wanted(self) -> None:
        """Keep or forget the password, as the box says. Says so in the banner when it cannot be kept."""
        if self.kind == "embedded":
            return
        place, password, wanted = self.dsn.value.strip(), self.password.value, self.remember.isChecked()

        def keep(_watch: Watch) -> None:
            if wanted:
                secrets.remember(place, password)
            else:
                secrets.forget(place)

        self._session.ask(self._session, keep, lambda _: None)

    def _chosen(self, external: bool) -> None:  # noqa: FBT001 - Qt's signal
        self._details.setVisible(external)
        self.edited.emit()

    def _changed(self) -> None:
        if self._testing is not None:
            self._testing.drop()
            self._testing = None
            self.test.setEnabled(True)
        self._say("", "note")
        self.edited.emit()

    def _recall(self) -> None:
        place = self.dsn.value.strip()
        if not place or self.password.value:
            return

        def fill(password: str | None) -> None:
            if password and not self.password.value and self.dsn.value.strip() == place:
                self.password.put(password)
                self.remember.setChecked(True)
                self.edited.emit()

        self._session.ask(self, lambda _watch: secrets.recall(place), fill)

    def _try(self) -> None:
        wrong = setup.dsn_problem(self.dsn.value)
        self.dsn.show_problem(wrong)
        dsn = self.full_dsn
        if wrong or dsn is None:
            return
        self.test.setEnabled(False)
        self._say("Connecting …", "note")
        self._testing = self._session.ask(
            self, lambda _watch: machine.try_database(secured(dsn)), self._good, self._bad
        )

    def _good(self, facts: DatabaseFacts) -> None:
        self.test.setEnabled(True)
        how = "encrypted" if facts.encrypted else "not encrypted"
        self._say(f"PostgreSQL {facts.version}, {facts.database} as {facts.user}; {how}.", "fine")

    def _bad(self, error: Exception) -> None:
        self.test.setEnabled(True)
        self._say(sentence_of(error), "problem")

    def _say(self, sentence: str, kind: str) -> None:
        self.verdict.setText(sentence)
        self.verdict.setObjectName(kind)
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)
