"""The overview: the processes, the clusters and their tenants, and what can be done to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QLineEdit, QSplitter, QStackedWidget, QWidget

from gui.client import ClusterStatus, EntryLink, MemberStatus, Status, TenantVerb, Verb
from gui.pages.new_cluster import NewCluster
from gui.pages.new_tenant import NewTenant
from gui.pages.session import Session
from gui.presenters import actions, dashboard
from gui.presenters.actions import Question
from gui.presenters.cells import Tone
from gui.watch import Watch
from gui.widgets import icons
from gui.widgets.confirm import Confirm
from gui.widgets.dot import Dot
from gui.widgets.layouts import act, column, press, row, table_card, text
from gui.widgets.table import RowsView
from gui.widgets.theme import GAP, ROOM, WIDE

_VERBS = (
    (Verb.START, "Start", "play"),
    (Verb.STOP, "Stop", "stop"),
    (Verb.RESTART, "Restart", "restart"),
)


class Dashboard(QWidget):
    """Shows the session's status as it comes."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._session = session
        self._history = dashboard.History()
        self._dot = Dot()
        self._headline = text("", "title", wrap=True)
        self._detail = text("", "muted", wrap=True)
        self.members = RowsView(dashboard.MEMBER_COLUMNS, "Processes", stretch=7, gives_way=(5, 4))
        self.tenants = RowsView(dashboard.TENANT_COLUMNS, "Clusters and tenants", stretch=5, gives_way=(4, 3))
        self._make_actions()
        self._lay_out()
        self.members.picked.connect(self._offer)
        self.tenants.picked.connect(self._offer)
        self.tenants.chosen.connect(lambda _key: self.open_panel.trigger())
        session.seen.connect(self.show_status)
        session.opened.connect(lambda _data: self._forget())
        self._offer()

    def _make_actions(self) -> None:
        self.member_verbs = {
            verb: self._action(words, icon, partial(self._switch_member, verb)) for verb, words, icon in _VERBS
        }
        self.cluster_verbs = {
            verb: self._action(f"{words} cluster", icon, partial(self._switch_cluster, verb))
            for verb, words, icon in _VERBS
        }
        self.new_cluster = self._action("New cluster …", "cluster", self._ask_new_cluster, "Ctrl+Shift+N")
        self.new_tenant = self._action("New tenant …", "plus", self._ask_new_tenant, "Ctrl+N")
        self.open_panel = self._action("Open panel", "open", self._open_panel, "Ctrl+O")
        self.copy_link = self._action("Copy address", "copy", self._copy_address)
        self.suspend = self._action("Suspend", "pause", partial(self._switch_tenant, TenantVerb.SUSPEND))
        self.resume = self._action("Resume", "play", partial(self._switch_tenant, TenantVerb.RESUME))
        self.delete = self._action("Delete …", "trash", self._delete_tenant)
        self.members.addActions(list(self.member_verbs.values()))
        gap = QAction(self)
        gap.setSeparator(True)
        self.tenants.addActions([self.open_panel, self.copy_link, self.suspend, self.resume, self.delete, gap])
        self.tenants.addActions([self.new_tenant, self.new_cluster, *self.cluster_verbs.values()])

    def _action(self, words: str, icon: str, what: Callable[[], object], keys: str = "") -> QAction:
        action = QAction(icons.icon(icon), words, self)
        action.triggered.connect(lambda _checked=False: what())
        if keys:
            action.setShortcut(QKeySequence(keys))
            action.setToolTip(f"{words} ({keys})")
        self.addAction(action)
        return action

    def _lay_out(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter clusters and tenants")
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.filter.setMaximumWidth(170)
        self.filter.textChanged.connect(self.tenants.set_filter)
        members = table_card("Processes", self.members, *(act(a) for a in self.member_verbs.values()))
        tools = [act(self.open_panel), act(self.suspend), act(self.resume)]
        tools += [act(self.delete, words=False), act(self.new_tenant)]
        self._tenant_tools = dict(zip(("open", "suspend", "resume", "delete", "new"), tools, strict=True))
        tenants = table_card("Clusters and tenants", self._tenants_or_nothing(), self.filter, *tools)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(members)
        parts.addWidget(tenants)
        parts.setStretchFactor(0, 0)
        parts.setStretchFactor(1, 1)
        parts.setHandleWidth(ROOM - 4)
        self._parts = parts
        words = column(row(self._dot, self._headline, gap=GAP), row(26, self._detail, gap=0), gap=2)
        for line in (words.itemAt(0), words.itemAt(1)):
            line.layout().setStretch(1, 1)  # type: ignore[union-attr]
        box = column(words, parts, gap=ROOM)
        box.setStretch(1, 1)
        box.setContentsMargins(WIDE, ROOM, WIDE, ROOM)
        self.setLayout(box)

    def _tenants_or_nothing(self) -> QStackedWidget:
        first = press("New cluster …", "primary")
        first.clicked.connect(self.new_cluster.trigger)
        nothing = QWidget()
        nothing.setLayout(
            column(
                None,
                row(None, text("No cluster yet", "heading"), None),
                row(None, text("A cluster holds tenants; each tenant keeps its own apps in step.", "muted"), None),
                GAP,
                row(None, first, None),
                None,
            )
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tenants)
        self._stack.addWidget(nothing)
        return self._stack

    def show_status(self, status: Status) -> None:
        """Show how everything is now."""
        now = datetime.now(UTC)
        self._history.add(status.members)
        summary = dashboard.headline(status, now)
        self._headline.setText(summary.text)
        self._detail.setText(summary.detail)
        self._dot.show_tone(summary.tone)
        fresh = len(self.members.rows) != len(status.members)
        self.members.show_rows(dashboard.member_rows(status, self._history, now))
        self.tenants.show_rows(dashboard.cluster_rows(status, now))
        self._stack.setCurrentIndex(0 if status.clusters else 1)
        if fresh:
            self._make_room(len(status.members))
        self._offer()

    def _make_room(self, members: int) -> None:
        wanted = min(self.members.wanted_height(members) + 50, max(180, self.height() // 2))
        self._parts.setSizes([wanted, max(160, self._parts.height() - wanted)])

    def _forget(self) -> None:
        self._history = dashboard.History()

    # What is selected, and what can be done with it

    def _member(self) -> MemberStatus | None:
        return actions.member(self._session.status, self.members.selected)

    def _cluster(self) -> ClusterStatus | None:
        found = actions.cluster(self._session.status, self.tenants.selected)
        status = self._session.status
        # With a single cluster nobody needs to select it first.
        return found or (status.clusters[0] if status and len(status.clusters) == 1 else None)

    def _offer(self) -> None:
        possible = actions.verbs_of(self._member())
        for verb, action in self.member_verbs.items():
            action.setEnabled(verb in possible)
        cluster = actions.cluster(self._session.status, self.tenants.selected)
        possible = actions.verbs_of(cluster)
        for verb, action in self.cluster_verbs.items():
            action.setEnabled(verb in possible)
        tenant = actions.tenant(self._session.status, self.tenants.selected)
        state = tenant.state if tenant else ""
        self.open_panel.setEnabled(state == "active")
        self.copy_link.setEnabled(bool(state))
        self.suspend.setEnabled(state == "active")
        self.resume.setEnabled(state == "suspended")
        self.delete.setEnabled(state in {"active", "suspended"})
        self.new_tenant.setEnabled(bool(self._session.status and self._session.status.clusters))
        # One place for the two, so that the row of tools stays short.
        self._tenant_tools["suspend"].setVisible(state != "suspended")
        self._tenant_tools["resume"].setVisible(state == "suspended")

    # Doing it

    def _after(self, question: Question | None, then: Callable[[], object]) -> None:
        if question is None:
            then()
        else:
            Confirm(question, then, self).open()

    def _switch_member(self, verb: Verb) -> None:
        member, status, appliance = self._member(), self._session.status, self._session.appliance
        if member is None or status is None:
            return
        name = member.name
        self._after(
            actions.before_member(verb, name, status),
            lambda: self._session.begin(
                f"{verb.capitalize()} {name}", lambda watch: appliance.switch_member(name, verb, watch)
            ),
        )

    def _switch_cluster(self, verb: Verb) -> None:
        cluster, appliance = self._cluster(), self._session.appliance
        if cluster is None:
            return
        name = cluster.name
        self._after(
            actions.before_cluster(verb, cluster),
            lambda: self._session.begin(
                f"{verb.capitalize()} cluster {name}", lambda watch: appliance.switch_cluster(name, verb, watch)
            ),
        )

    def _switch_tenant(self, verb: TenantVerb) -> None:
        tenant, appliance = actions.tenant(self._session.status, self.tenants.selected), self._session.appliance
        if tenant is None:
            return
        self._after(
            actions.before_tenant(verb, tenant),
            lambda: self._session.begin(
                f"{verb.capitalize()} tenant {tenant.name}",
                lambda watch: appliance.switch_tenant(tenant.cluster, tenant.name, verb, watch),
            ),
        )

    def _delete_tenant(self) -> None:
        tenant, appliance = actions.tenant(self._session.status, self.tenants.selected), self._session.appliance
        if tenant is None:
            return
        self._after(
            actions.before_delete(tenant),
            lambda: self._session.begin(
                f"Delete tenant {tenant.name}",
                lambda watch: appliance.delete_tenant(tenant.cluster, tenant.name, watch),
                lambda _: self._session.said.emit(f"Tenant {tenant.name} is deleted.", Tone.GOOD),
            ),
        )

    def _ask_new_tenant(self) -> None:
        status = self._session.status
        if status is not None and status.clusters:
            chosen = self._cluster() or status.clusters[0]
            NewTenant(self._session, [c.name for c in status.clusters], chosen.name, self).open()

    def _ask_new_cluster(self) -> None:
        status = self._session.status
        if status is not None:
            NewCluster(self._session, {c.name for c in status.clusters}, self).open()

    def _copy_address(self) -> None:
        tenant = actions.tenant(self._session.status, self.tenants.selected)
        if tenant is not None:
            QGuiApplication.clipboard().setText(tenant.url)
            self._session.said.emit(f"The address of {tenant.name} is on the clipboard.", Tone.GOOD)

    def _open_panel(self) -> None:
        tenant, appliance = actions.tenant(self._session.status, self.tenants.selected), self._session.appliance
        if tenant is None or tenant.state != "active":
            return

        def fetch(_watch: Watch) -> EntryLink:
            return appliance.entry_link(tenant.cluster, tenant.name)

        self._session.ask(self, fetch, self._show_panel)

    def _show_panel(self, link: EntryLink) -> None:
        if not QDesktopServices.openUrl(QUrl(link.url)):
            QGuiApplication.clipboard().setText(link.url)
            self._session.said.emit(
                "This desktop has no browser to open. The one-time link is on the clipboard: paste it into one soon.",
                Tone.WARN,
            )
