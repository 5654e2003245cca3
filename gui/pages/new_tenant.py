"""The dialog that makes a tenant and shows its administrator's password, once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QDialog, QLineEdit, QProgressBar, QStackedWidget, QWidget

from gui.client import CreateTenant, TenantCreated
from gui.errors import sentence_of
from gui.pages.session import Session
from gui.presenters import setup
from gui.tasks import Task
from gui.watch import Progress
from gui.widgets import icons
from gui.widgets.banner import Banner
from gui.widgets.choice import Choice
from gui.widgets.fields import Field
from gui.widgets.layouts import abreast, column, press, row, text
from gui.widgets.theme import GAP, ROOM, TIGHT, WIDE, mono


class NewTenant(QDialog):
    """Asks, makes, then shows what to keep. It stays open while it makes, so that the password is not lost."""

    def __init__(self, session: Session, clusters: list[str], chosen: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._task: Task[TenantCreated] | None = None
        self.setWindowTitle("New tenant")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.setMinimumWidth(520)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._questions(clusters, chosen))
        self._stack.addWidget(self._answer())
        box = column(self._stack, margin=WIDE)
        self.setLayout(box)
        self.name.line.setFocus()

    def _questions(self, clusters: list[str], chosen: str) -> QWidget:
        self.banner = Banner()
        self.cluster = Choice("Cluster")
        self.cluster.addItems(clusters)
        self.cluster.setCurrentText(chosen)
        self.name = Field("Name", note="Small letters, digits and hyphens; becomes the tenant's subdomain.")
        self.title = Field("Title", hint="What people call it, such as Support and Engineering")
        self.login = Field("Administrator's login", "admin")
        self.email = Field("Administrator's e-mail", hint="May be left out")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.step = text("", "muted")
        self._work = QWidget()
        self._work.setLayout(column(self.step, self.bar, gap=TIGHT))
        self._work.hide()
        self.make = press("Create tenant", "primary")
        self.make.setDefault(True)
        self.cancel = press("Cancel")
        self.make.clicked.connect(self._create)
        self.cancel.clicked.connect(self.reject)
        self._fields = (self.name, self.title, self.login, self.email)
        for field in self._fields:
            field.edited.connect(lambda f=field: f.show_problem(""))
        page = QWidget()
        page.setLayout(
            column(
                text("New tenant", "title"),
                self.banner,
                column(text("Cluster"), self.cluster, gap=3),
                self.name,
                self.title,
                abreast(self.login, self.email),
                text("The appliance makes the administrator's password and shows it once.", "muted", wrap=True),
                None,
                self._work,
                row(None, self.cancel, self.make),
                gap=ROOM - 4,
            )
        )
        return page

    def _answer(self) -> QWidget:
        self.done_title = text("", "title", wrap=True)
        self.address = _shown("Address")
        self.shown_login = _shown("Login")
        self.password = _shown("Password")
        self.password.setFont(mono())
        self.copy = press("Copy")
        self.copy.setIcon(icons.icon("copy"))
        self.copy.setAccessibleName("Copy the password")
        self.copy.clicked.connect(self._copy)
        self.finish = press("Done", "primary")
        self.finish.clicked.connect(self.accept)
        page = QWidget()
        page.setLayout(
            column(
                self.done_title,
                text(
                    "Keep the password now: it is shown this once and stored only as a fingerprint.", "muted", wrap=True
                ),
                GAP,
                column(text("Address"), self.address, gap=3),
                column(text("Login"), self.shown_login, gap=3),
                column(text("Password"), row(self.password, self.copy), gap=3),
                None,
                row(None, self.finish),
                gap=ROOM - 4,
            )
        )
        return page

    @property
    def making(self) -> bool:
        """Whether the tenant is being made right now."""
        return self._task is not None

    def reject(self) -> None:
        """Close; while the tenant is being made, ask to stop that first."""
        if self._task is not None:
            self._task.cancel()
            self.cancel.setEnabled(False)
            self.step.setText("Stopping …")
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Close as the Cancel button does."""
        if self._task is not None:
            event.ignore()
            self.reject()
        else:
            super().closeEvent(event)

    def _create(self) -> None:
        self.name.show_problem(setup.name_problem(self.name.value.strip()))
        self.login.show_problem(setup.login_problem(self.login.value.strip()))
        self.email.show_problem(setup.email_problem(self.email.value))
        wrong = next((field for field in self._fields if field.problem), None)
        if wrong is not None:
            wrong.line.setFocus()
            return
        request = CreateTenant(
            name=self.name.value.strip(),
            title=self.title.value.strip(),
            admin_login=self.login.value.strip(),
            admin_email=self.email.value.strip(),
        )
        cluster, appliance = self.cluster.currentText(), self._session.appliance
        self.banner.clear()
        self._set_making(on=True)
        self._task = self._session.tasks.run(
            self,
            lambda watch: appliance.create_tenant(cluster, request, watch),
            done=self._made,
            failed=self._failed,
            progress=self._progressed,
            stopped=self._stopped,
        )

    def _set_making(self, *, on: bool) -> None:
        self._work.setVisible(on)
        self.bar.setRange(0, 0)
        self.step.setText("Asking the appliance …")
        for widget in (self.make, self.cluster, *self._fields):
            widget.setEnabled(not on)
        self.cancel.setEnabled(True)
        if not on:
            self._task = None

    def _progressed(self, at: Progress) -> None:
        self.step.setText(at.step)
        self.bar.setRange(0, 0 if at.fraction is None else 1000)
        self.bar.setValue(round(1000 * (at.fraction or 0)))

    def _made(self, made: TenantCreated) -> None:
        self._set_making(on=False)
        self._session.refresh()
        self.done_title.setText(f"Tenant {made.tenant.name} is ready")
        self.address.setText(made.tenant.url)
        self.shown_login.setText(made.admin_login)
        self.password.setText(made.admin_password or "")
        self._stack.setCurrentIndex(1)
        self.copy.setFocus()

    def _failed(self, error: Exception) -> None:
        self._set_making(on=False)
        self.banner.say(sentence_of(error))
        self._session.refresh()

    def _stopped(self) -> None:
        self._set_making(on=False)
        self._session.refresh()
        super().reject()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.password.text())
        self.copy.setText("Copied")
        self.copy.setIcon(icons.icon("good"))


def _shown(name: str) -> QLineEdit:
    line = QLineEdit()
    line.setReadOnly(True)
    line.setAccessibleName(name)
    return line
