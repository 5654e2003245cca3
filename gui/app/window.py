"""The one window: places on the left, the page in the middle, what is said above it, long work below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from gui.app.memory import Memory
from gui.client import Status
from gui.pages.absent import AbsentPage
from gui.pages.dashboard import Dashboard
from gui.pages.doctor import DoctorPage
from gui.pages.logs import LogsPage
from gui.pages.session import INTERVAL_MS, Absent, Session
from gui.pages.setup import SetupPage
from gui.presenters import actions
from gui.presenters.cells import Tone
from gui.widgets import icons, theme
from gui.widgets.activity import Activity
from gui.widgets.banner import Banner
from gui.widgets.confirm import Confirm
from gui.widgets.elided import Elided
from gui.widgets.layouts import column, row, text
from gui.widgets.theme import GAP, ROOM, TIGHT, WIDE, Appearance

LEAST = QSize(900, 600)
_SIDE = 176


class Window(QMainWindow):
    """Shows the set-up, the page for an appliance that does not run, or the overview, logs and doctor."""

    def __init__(self, data: Path, memory: Memory, interval: int = INTERVAL_MS) -> None:
        super().__init__()
        self._memory = memory
        self.setWindowTitle("Lockstep")
        self.setMinimumSize(LEAST)
        self.banner = Banner(WIDE)
        self.activity = Activity()
        self.session = Session(data, self.activity, self, interval)
        self.setup = SetupPage(self.session)
        self.absent = AbsentPage(self.session)
        self.dashboard = Dashboard(self.session)
        self.logs = LogsPage(self.session)
        self.doctor = DoctorPage(self.session)
        self._waiting = _waiting()
        self._here: bool | None = None
        self._ours = False
        self._puzzle = ""
        self._make_places()
        self._lay_out()
        self._make_menus()
        self._listen()
        if memory.geometry is None or not self.restoreGeometry(memory.geometry):
            self.resize(1120, 720)
        self.session.refresh()

    def _make_places(self) -> None:
        self.places = QActionGroup(self)
        self._pages: dict[QAction, QWidget] = {}
        for number, (words, icon, page) in enumerate(
            (("Overview", "overview", self.dashboard), ("Logs", "logs", self.logs), ("Doctor", "doctor", self.doctor)),
            1,
        ):
            action = QAction(icons.icon(icon), words, self)
            action.setCheckable(True)
            action.setShortcut(QKeySequence(f"Ctrl+{number}"))
            action.setToolTip(f"{words} (Ctrl+{number})")
            action.triggered.connect(lambda _checked=False: self._go_to_place())
            self.places.addAction(action)
            self._pages[action] = page
        self.places.actions()[0].setChecked(True)

    def _lay_out(self) -> None:
        self.stack = QStackedWidget()
        for page in (self._waiting, self.setup, self.absent, self.dashboard, self.logs, self.doctor):
            self.stack.addWidget(page)
        self._mark = QLabel()
        self._folder = Elided("", "muted")
        self._folder.setAccessibleName("Data folder")
        buttons = []
        for action in self.places.actions():
            button = QToolButton()
            button.setObjectName("place")
            button.setDefaultAction(action)
            button.setIconSize(QSize(18, 18))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(action.text())
            buttons.append(button)
        side = QWidget()
        side.setObjectName("side")
        side.setFixedWidth(_SIDE)
        head = row(self._mark, text("Lockstep", "brand"), None, gap=GAP)
        head.setContentsMargins(6, 2, 0, ROOM - 4)
        foot = column(text("Data folder", "muted"), self._folder, gap=2)
        foot.setContentsMargins(6, 0, 0, 2)
        box = column(head, *buttons, None, foot, gap=TIGHT)
        box.setContentsMargins(10, ROOM, 10, ROOM - 4)
        side.setLayout(box)
        main = column(self.banner, self.stack, self.activity, gap=0)
        main.setStretch(1, 1)
        whole = QWidget()
        whole.setObjectName("body")
        whole.setLayout(row(side, main, gap=0))
        self.setCentralWidget(whole)
        self._draw()

    def _make_menus(self) -> None:
        menu = self.menuBar().addMenu("&Appliance")
        self.start = self._action("&Start", "play", self.absent.start.click)
        self.stop = self._action("S&top …", "power", self._ask_stop)
        menu.addActions([self.start, self.stop])
        menu.addSeparator()
        menu.addAction(self._action("&Open another data folder …", "folder", self._choose_folder, "Ctrl+Shift+O"))
        menu.addSeparator()
        menu.addAction(self._action("&Quit the console", "close", self.close, "Ctrl+Q"))
        menu = self.menuBar().addMenu("&View")
        menu.addActions(self.places.actions())
        menu.addSeparator()
        self._offer_appearances(menu.addMenu("&Appearance"))
        menu.addAction(self._action("&Refresh", "restart", self.session.refresh, "F5"))
        d = self.dashboard
        menu = self.menuBar().addMenu("&Process")
        menu.addActions(list(d.member_verbs.values()))
        menu.addSeparator()
        self.show_log = self._action("Show its &log", "logs", self._show_log, "Ctrl+L")
        menu.addAction(self.show_log)
        d.members.addAction(self.show_log)
        menu = self.menuBar().addMenu("&Cluster")
        menu.addActions([d.new_cluster, *d.cluster_verbs.values()])
        menu = self.menuBar().addMenu("&Tenant")
        menu.addActions([d.new_tenant, d.open_panel, d.copy_link, d.suspend, d.resume, d.delete])

    def _offer_appearances(self, menu: QMenu) -> None:
        self.appearances = QActionGroup(self)
        words = {Appearance.FOLLOW: "As the &desktop", Appearance.LIGHT: "&Light", Appearance.DARK: "D&ark"}
        for appearance, name in words.items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(appearance is self._memory.appearance)
            action.triggered.connect(lambda _checked=False, a=appearance: self._appear(a))
            self.appearances.addAction(action)

    def _appear(self, appearance: Appearance) -> None:
        self._memory.keep_appearance(appearance)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.choose(app, appearance)

    def _action(self, words: str, icon: str, what: Callable[[], object], keys: str = "") -> QAction:
        action = QAction(icons.icon(icon), words, self)
        action.triggered.connect(lambda _checked=False: what())
        if keys:
            action.setShortcut(QKeySequence(keys))
        return action

    def _listen(self) -> None:
        self.session.seen.connect(self._seen)
        self.session.gone.connect(self._gone)
        self.session.puzzled.connect(self._puzzled)
        self.session.said.connect(self._say)
        self.session.opened.connect(self._opened)
        self.setup.began.connect(self._set_up_in)
        self.setup.finished.connect(self._turn)
        self.setup.settled.connect(self._turn)
        self.absent.other_folder.connect(self._choose_folder)
        self.dashboard.members.chosen.connect(lambda _key: self._show_log())
        self._name_folder(self.session.data)
        self._offer()

    # What is seen when

    def _seen(self, _status: Status) -> None:
        first, self._here = not self._here, True
        if self._puzzle and self.banner.sentence == self._puzzle:
            self.banner.clear()
        self._puzzle = ""
        self._turn()
        if first and self.stack.currentWidget() is self.dashboard:
            self.dashboard.tenants.setFocus()

    def _gone(self, absent: Absent) -> None:
        self._here, self._ours = False, absent.ours
        self._turn()

    def _puzzled(self, sentence: str) -> None:
        # Said once, not every two seconds, so that it can be dismissed.
        if sentence != self._puzzle:
            self._puzzle = sentence
            self.session.said.emit(sentence, Tone.BAD)

    def _go_to_place(self) -> None:
        self.setup.set_aside()
        self._turn()

    def _turn(self) -> None:
        chosen = self.places.checkedAction()
        page: QWidget
        if self.setup.wanted:
            page = self.setup
        elif self._here is None:
            page = self._waiting
        elif self._here or self._pages[chosen] is self.doctor:
            page = self._pages[chosen]
        else:
            page = self.absent if self._ours else self.setup
        if self.stack.currentWidget() is not page:
            self.stack.setCurrentWidget(page)
            # What the pages wanted before they were dressed is still remembered, and would hold the window wide.
            self.stack.updateGeometry()
        self._offer()

    def _offer(self) -> None:
        for action in self.places.actions():
            seen = bool(self._here) or self._pages[action] is not self.logs
            action.setEnabled(seen and not self.setup.busy)
        self.start.setEnabled(self.stack.currentWidget() is self.absent)
        self.stop.setEnabled(bool(self._here) and not self.setup.busy)
        self.show_log.setEnabled(bool(self._here))

    def _say(self, sentence: str, tone: Tone) -> None:
        self.banner.say(sentence, tone)

    def _opened(self, data: Path) -> None:
        self._here = None
        self._name_folder(data)
        self._memory.keep_data(data)
        self.banner.clear()
        self._turn()

    def _set_up_in(self, data: Path) -> None:
        self.banner.clear()
        if data != self.session.data:
            self.session.open(data)
        self._memory.keep_data(data)

    def _name_folder(self, data: Path) -> None:
        self._folder.say(str(data))

    # What can be done from anywhere

    def _show_log(self) -> None:
        name = self.dashboard.members.selected
        self.places.actions()[1].trigger()
        if name is not None:
            self.logs.show_member(name)

    def _ask_stop(self) -> None:
        appliance = self.session.appliance
        Confirm(
            actions.before_stop_appliance(self.session.status),
            lambda: self.session.begin("Stop the appliance", appliance.stop),
            self,
        ).open()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, "Open an appliance's data folder", str(self.session.data))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.open(Path(folder)))
        dialog.open()

    def open(self, data: Path) -> None:
        """Turn to the appliance of another data folder."""
        self.setup.set_aside()
        self.session.open(data)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the desktop from light to dark."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_mark"):
            self._draw()

    def _draw(self) -> None:
        self._mark.setPixmap(icons.mark(22, self.devicePixelRatioF()))
        self.setWindowIcon(icons.mark(64))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Remember where the window stood; the appliance goes on."""
        self._memory.keep_geometry(self.saveGeometry())
        self.session.close()
        super().closeEvent(event)


def _waiting() -> QWidget:
    page = QWidget()
    page.setObjectName("page")
    page.setLayout(column(None, row(None, text("Looking for the appliance …", "muted"), None), None))
    return page
