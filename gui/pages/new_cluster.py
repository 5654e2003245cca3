"""The dialog that makes a cluster; the work itself goes on in the activity strip."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from gui.client import CreateCluster
from gui.pages.database_form import DatabaseForm
from gui.pages.session import Session
from gui.presenters import setup
from gui.presenters.cells import Tone
from gui.widgets.fields import Field
from gui.widgets.layouts import column, press, row, text
from gui.widgets.theme import GAP, ROOM, WIDE


class NewCluster(QDialog):
    """Asks for a name and a database."""

    def __init__(self, session: Session, taken: set[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._taken = taken
        self.setWindowTitle("New cluster")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        free = next(f"cluster{n}" for n in range(1, 1000) if f"cluster{n}" not in taken)
        self.name = Field("Name", free, note="Becomes a subdomain of the appliance's base domain.")
        self.database = DatabaseForm(session)
        self.make = press("Create cluster", "primary")
        cancel = press("Cancel")
        cancel.clicked.connect(self.reject)
        self.make.clicked.connect(self._create)
        self.make.setDefault(True)
        box = column(
            text("New cluster", "title"),
            self.name,
            text("Database", "heading"),
            self.database,
            GAP,
            row(None, cancel, self.make),
            gap=ROOM - 4,
            margin=WIDE,
        )
        box.addStrut(500)
        self.setLayout(box)
        self.name.edited.connect(lambda: self.name.show_problem(""))
        self.database.dsn.edited.connect(lambda: self.database.dsn.show_problem(""))
        self.name.line.setFocus()

    def _create(self) -> None:
        name = self.name.value.strip()
        taken = f"There is a cluster {name} already." if name in self._taken else ""
        self.name.show_problem(setup.name_problem(name) or taken)
        external = self.database.kind == "external"
        self.database.dsn.show_problem(setup.dsn_problem(self.database.dsn.value) if external else "")
        if self.name.problem or self.database.dsn.problem:
            return
        request = CreateCluster(name=name, database_dsn=self.database.full_dsn)
        self.database.remember_if_wanted()
        session, appliance = self._session, self._session.appliance
        session.begin(
            f"Create cluster {name}",
            lambda watch: appliance.create_cluster(request, watch),
            lambda _: session.said.emit(f"Cluster {name} is ready; it needs a tenant now.", Tone.GOOD),
        )
        self.accept()
