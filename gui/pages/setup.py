"""The first-run set-up: asks what must be decided, starts the agent, makes the first cluster and tenant."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from gui import machine
from gui.client import CreateTenant, FirstTenant, StartOptions, TenantCreated
from gui.errors import sentence_of
from gui.pages.database_form import DatabaseForm
from gui.pages.session import Session
from gui.pages.setup_done import SetupDone
from gui.presenters import setup
from gui.presenters.cells import Tone
from gui.presenters.setup import Found, SetupForm
from gui.tasks import Task
from gui.watch import Progress, Watch
from gui.widgets import icons
from gui.widgets.fields import Field
from gui.widgets.layouts import abreast, card, column, press, row, rule, text
from gui.widgets.theme import GAP, ROOM, TIGHT, WIDE

_LOOK_AFTER_MS = 250
"""After the last key, before folder and ports are looked at."""
_WIDTH = 680


class SetupPage(QWidget):
    """Can be repeated after an interruption: what is there already is kept."""

    finished = Signal()
    """The set-up is complete and the person wants to see the overview."""
    settled = Signal()
    """It stopped working, whatever came of it."""
    began = Signal(object)
    """The set-up works in this data folder (``Path``) from now on."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._session = session
        self._found = Found()
        self._touched: set[str] = set()
        self._pending = False
        self._task: Task[TenantCreated | None] | None = None
        self._look: Task[Found] | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LOOK_AFTER_MS)
        self._later.timeout.connect(self._look_around)
        self._make_fields()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._questions())
        self.done = SetupDone(session, _WIDTH)
        self.done.left.connect(self._leave)
        self._stack.addWidget(self.done)
        self.setLayout(column(self._stack, gap=0))
        session.opened.connect(lambda data: self._folder_chosen(str(data)))
        self._propose_ports()

    @property
    def busy(self) -> bool:
        """Whether it works."""
        return self._task is not None

    @property
    def wanted(self) -> bool:
        """Whether it should be seen: it works, shows its outcome, or was interrupted and can go on."""
        return self.busy or self._pending

    def set_aside(self) -> None:
        """The person wants to see something else; an interrupted set-up can be completed there by hand."""
        if not self.busy:
            self._pending = False
            self._stack.setCurrentIndex(0)

    def _make_fields(self) -> None:
        choose = press("Choose …")
        choose.setIcon(icons.icon("folder"))
        choose.setAccessibleName("Choose the data folder")
        choose.clicked.connect(self._choose_folder)
        self.fields = {
            "data": Field("Data folder", str(self._session.data), beside=choose),
            "https_port": Field("https port", "8443", note="What browsers use."),
            "http_port": Field("http port", "8080", note="On this computer only."),
            "base_domain": Field("Base domain", "localhost", note="Clusters become its subdomains."),
            "cluster": Field("Cluster", "cluster1", note="One database with its processes."),
            "tenant": Field("Tenant", "tenant1", note="One team's workspace, with data of its own."),
            "title": Field("Title", hint="What people call it, such as Support and Engineering"),
            "login": Field("Login", "admin"),
            "email": Field("E-mail", hint="May be left out"),
            "password": Field("Password", secret=True, note=f"At least {setup.LEAST_PASSWORD} characters."),
            "again": Field("Password, once more", secret=True),
        }
        self.database = DatabaseForm(self._session)
        self.fields["dsn"] = self.database.dsn
        for name, field in self.fields.items():
            field.edited.connect(lambda n=name: self._edited(n))
            field.line.editingFinished.connect(lambda n=name: self._left(n))
        self.database.edited.connect(self._judge)

    def _questions(self) -> QWidget:
        f = self.fields
        self._mark = QLabel()
        self._form = QWidget()
        self._form.setObjectName("body")
        head = row(
            self._mark,
            column(
                text("Set up Lockstep on this computer", "title"),
                text(
                    "Four steps, filled in with what fits most. Nothing leaves this computer.",
                    "muted",
                    wrap=True,
                ),
                gap=2,
            ),
            gap=ROOM,
        )
        head.setStretch(1, 1)
        self._cards = QWidget()
        self._cards.setLayout(
            column(
                card(_step("1", "Appliance"), f["data"], abreast(f["https_port"], f["http_port"], f["base_domain"])),
                card(_step("2", "Database"), self.database),
                card(_step("3", "First tenant"), abreast(f["cluster"], f["tenant"]), f["title"]),
                card(
                    _step("4", "Its administrator"),
                    abreast(f["login"], f["email"]),
                    abreast(f["password"], f["again"]),
                ),
                gap=ROOM - 4,
            )
        )
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        inner.setLayout(column(head, self._cards, None, gap=ROOM))
        middle = row(None, inner, None, margin=WIDE)
        middle.setStretch(1, 100)
        self._form.setLayout(middle)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._form)
        page = QWidget()
        page.setLayout(column(self.area, rule(), self._foot(), gap=0))
        self._draw()
        return page

    def _foot(self) -> QWidget:
        self.address = text("", "muted", wrap=True)
        self.go = press("Set up", "primary")
        self.go.clicked.connect(self._go)
        self.step = text("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the set-up")
        self.cancel = press("Cancel")
        self.cancel.clicked.connect(self._cancel)
        waiting = QWidget()
        waiting.setLayout(column(self.step, self.bar, gap=TIGHT))
        self._foot_left = QStackedWidget()
        self._foot_left.addWidget(self.address)
        self._foot_left.addWidget(waiting)
        self._foot_left.setMaximumHeight(44)
        self.cancel.hide()
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        line = row(self._foot_left, self.cancel, self.go, gap=ROOM)
        line.setStretch(0, 1)
        inner.setLayout(line)
        foot = QWidget()
        box = row(None, inner, None)
        box.setStretch(1, 100)
        box.setContentsMargins(WIDE, GAP, WIDE, GAP)
        foot.setLayout(box)
        foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return foot

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the desktop from light to dark."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_mark"):
            self._draw()

    def _draw(self) -> None:
        self._mark.setPixmap(icons.mark(44, self.devicePixelRatioF()))

    # What is filled in, and what is wrong with it

    @property
    def form(self) -> SetupForm:
        """The fields as they stand."""
        values = {name: field.value.strip() for name, field in self.fields.items() if name not in {"password", "again"}}
        return SetupForm(
            **values,
            database=self.database.kind,
            dsn_password=self.database.password.value,
            password=self.fields["password"].value,
            again=self.fields["again"].value,
        )

    def _edited(self, name: str) -> None:
        # While somebody types, a field only gets better: what is missing is said when they leave it.
        if self.fields[name].problem:
            self._touched.add(name)
        if name in {"data", "https_port", "http_port"}:
            self._later.start()
        self._judge()

    def _left(self, name: str) -> None:
        if self.fields[name].value:
            self._touched.add(name)
        self._judge()

    def _judge(self) -> dict[str, str]:
        form = self.form
        wrong = setup.problems(form, self._found)
        for name, field in self.fields.items():
            field.show_problem(wrong.get(name, "") if name in self._touched else "")
        self.fields["data"].show_note(setup.folder_note(form, self._found))
        named = not {"tenant", "cluster", "base_domain", "https_port"} & set(wrong)
        self.address.setText(f"The first tenant will be at {setup.tenant_address(form)}" if named else "")
        return wrong

    def _look_around(self) -> None:
        if self._look is not None:
            self._look.drop()
        form = self.form
        ports = [p for p in (setup.port_number(form.https_port), setup.port_number(form.http_port)) if p]

        def look(_watch: Watch) -> Found:
            folder = machine.look_at_folder(Path(form.data).expanduser()) if form.data else None
            return Found(form.data, folder, tuple((port, machine.look_at_port(port)) for port in ports))

        self._look = self._session.ask(self, look, self._looked)

    def _looked(self, found: Found) -> None:
        self._found = found
        self._touched |= {"data", "https_port", "http_port"}
        self._judge()

    def _propose_ports(self) -> None:
        """Replace the usual ports by the next free ones if they are taken and nobody has typed others."""
        usual = self.form

        def look(_watch: Watch) -> tuple[int, int]:
            https = machine.free_port_from(int(usual.https_port))
            return https, machine.free_port_from(int(usual.http_port), frozenset({https}))

        def propose(ports: tuple[int, int]) -> None:
            now = self.form
            if (now.https_port, now.http_port) == (usual.https_port, usual.http_port):
                self.fields["https_port"].put(str(ports[0]))
                self.fields["http_port"].put(str(ports[1]))
            self._look_around()

        self._session.ask(self, look, propose)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, "Where the appliance keeps its data", self.fields["data"].value)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._folder_chosen)
        dialog.open()

    def _folder_chosen(self, folder: str) -> None:
        self.fields["data"].put(folder)
        self._look_around()

    # Doing it

    def _go(self) -> None:
        self._touched |= set(self.fields)
        wrong = self._judge()
        if wrong:
            first = next(name for name in SetupForm.__slots__ if name in wrong)
            self.fields[first].line.setFocus()
            self.area.ensureWidgetVisible(self.fields[first])
            return
        form = self.form
        data = Path(form.data).expanduser().absolute()
        options = StartOptions(int(form.https_port), int(form.http_port), form.base_domain)
        first_tenant = FirstTenant(
            form.cluster,
            self.database.full_dsn,
            CreateTenant(
                name=form.tenant,
                title=form.title,
                admin_login=form.login,
                admin_email=form.email,
                admin_password=form.password,
            ),
        )
        self._pending = True
        self._set_working(on=True)
        self.began.emit(data)
        appliance = self._session.appliance
        self._task = self._session.tasks.run(
            self,
            lambda watch: appliance.set_up(options, first_tenant, watch),
            done=self._succeeded,
            failed=self._failed,
            progress=self._progressed,
            stopped=self._stopped,
        )

    def _set_working(self, *, on: bool) -> None:
        self._cards.setEnabled(not on)
        self._foot_left.setCurrentIndex(1 if on else 0)
        self.bar.setRange(0, 0)
        self.step.setText("Beginning …")
        self.go.setVisible(not on)
        self.cancel.setVisible(on)
        self.cancel.setEnabled(True)
        if not on:
            self._task = None
            self.settled.emit()

    def _progressed(self, at: Progress) -> None:
        self.step.setText(at.step)
        self.bar.setRange(0, 0 if at.fraction is None else 1000)
        self.bar.setValue(round(1000 * (at.fraction or 0)))

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self.cancel.setEnabled(False)
            self.step.setText("Stopping …")

    def _succeeded(self, made: TenantCreated | None) -> None:
        self._set_working(on=False)
        self.database.remember_if_wanted()
        for name in ("password", "again"):
            self.fields[name].put("")
        self.database.password.put("")
        self._stack.setCurrentWidget(self.done)
        self.done.show_outcome(self.form, made)
        self._session.refresh()

    def _failed(self, error: Exception) -> None:
        self._set_working(on=False)
        self._session.said.emit(sentence_of(error), Tone.BAD)
        self._look_around()

    def _stopped(self) -> None:
        self._set_working(on=False)
        self._session.said.emit("The set-up was stopped. Press Set up to go on where it stood.", Tone.WARN)
        self._look_around()

    def _leave(self) -> None:
        self._touched.clear()
        self.set_aside()
        self.finished.emit()


def _step(number: str, words: str) -> QWidget:
    holder = QWidget()
    holder.setLayout(row(text(number, "number"), text(words, "heading"), None))
    return holder
