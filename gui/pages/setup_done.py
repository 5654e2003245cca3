"""The last page of the set-up: where the tenant is, how to sign in, and the two ways on."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget

from gui.client import EntryLink, TenantCreated
from gui.pages.session import Session
from gui.presenters import setup
from gui.presenters.cells import Tone
from gui.presenters.setup import SetupForm
from gui.widgets import icons
from gui.widgets.layouts import card, column, press, row, text
from gui.widgets.theme import GAP, ROOM, WIDE


class SetupDone(QWidget):
    """Shown until the person goes on."""

    left = Signal()

    def __init__(self, session: Session, width: int) -> None:
        super().__init__()
        self._session = session
        self._cluster = self._tenant = ""
        self._title = text("", "title", wrap=True)
        self.words = text("", wrap=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.open_panel = press("Open the panel", "primary")
        self.open_panel.setIcon(icons.icon("open", "on_accent"))
        self.overview = press("Go to the overview")
        self.overview.clicked.connect(self.left)
        self.open_panel.clicked.connect(self._open_panel)
        self._good = QLabel()
        inner = card(
            row(self._good, self._title, gap=ROOM),
            self.words,
            GAP,
            row(self.open_panel, self.overview, None),
            margin=WIDE,
            gap=ROOM,
        )
        inner.layout().itemAt(0).layout().setStretch(1, 1)  # type: ignore[union-attr]
        inner.setMaximumWidth(width)
        across = row(None, inner, None)
        across.setStretch(1, 100)
        self.setLayout(column(None, across, None, None, margin=WIDE))

    def show_outcome(self, form: SetupForm, made: TenantCreated | None) -> None:
        """Say what was made; None: the tenant was there before."""
        self._cluster, self._tenant = form.cluster, form.tenant
        url = made.tenant.url if made else setup.tenant_address(form)
        self._title.setText("Lockstep is set up and running" if made else "Lockstep is running")
        how = (
            f"Sign in as {made.admin_login} with the password you chose."
            if made
            else "The tenant was there already; its users and passwords are as they were."
        )
        self.words.setText(f"{form.title or form.tenant} is at {url}\n{how}")
        self._good.setPixmap(icons.icon("good", "good").pixmap(36, 36))
        self.open_panel.setFocus()

    def _open_panel(self) -> None:
        cluster, tenant, appliance = self._cluster, self._tenant, self._session.appliance

        def show(link: EntryLink) -> None:
            if not QDesktopServices.openUrl(QUrl(link.url)):
                QGuiApplication.clipboard().setText(link.url)
                self._session.said.emit(
                    "This desktop has no browser to open. The one-time link is on the clipboard.", Tone.WARN
                )
            self.left.emit()

        self._session.ask(self, lambda _watch: appliance.entry_link(cluster, tenant), show)
