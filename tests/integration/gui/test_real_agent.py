"""The console against the real agent: set-up, overview, new tenant, panel, stop and start, in one window."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.app.memory import Memory
from gui.app.window import Window
from gui.client import Verb
from gui.pages.new_tenant import NewTenant
from gui.widgets.confirm import Confirm
from tests.support.installation import Installation, new_installation

pytestmark = [pytest.mark.qt, pytest.mark.postgres, pytest.mark.e2e]
PATIENCE_MS = 120_000
PASSWORD = "four quiet words here"


@pytest.fixture
def installation() -> Iterator[Installation]:
    with new_installation() as made:
        yield made


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was asked to open."""
    opened: list[str] = []

    def browse(url: QUrl) -> bool:
        opened.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", browse)
    return opened


def enters(address: str, installation: Installation) -> bool:
    """Whether the one-time link ``address`` signs in: a redirect that sets the session's cookie."""
    parts = urlsplit(address)
    # The gateway on loopback answers for every name; this machine need not resolve it.
    answer = requests.get(
        f"http://127.0.0.1:{installation.http_port}{parts.path}?{parts.query}",
        headers={"Host": str(parts.hostname)},
        allow_redirects=False,
        timeout=30,
    )
    return answer.status_code in {302, 303} and "lockstep_session=" in answer.headers.get("Set-Cookie", "")


def fill(window: Window, installation: Installation) -> None:
    fields = window.setup.fields
    fields["https_port"].put(str(installation.https_port))
    fields["http_port"].put(str(installation.http_port))
    for name in ("password", "again"):
        QTest.keyClicks(fields[name].line, PASSWORD)


def states(window: Window) -> list[str]:
    return [row.cells[1].text for row in window.dashboard.members.rows]


def test_from_nothing_to_a_panel_that_is_open_and_back(
    qtbot: QtBot, memory: Memory, installation: Installation, opened: list[str]
) -> None:
    window = Window(installation.data, memory, 200)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.setup)

    setup = window.setup
    fill(window, installation)
    setup.go.click()
    assert setup.busy
    qtbot.waitUntil(lambda: setup.done.open_panel.isVisible() or bool(window.banner.sentence), timeout=PATIENCE_MS)
    assert window.banner.sentence == ""
    setup.done.open_panel.click()
    qtbot.waitUntil(lambda: len(opened) == 1, timeout=PATIENCE_MS)
    assert enters(opened[0], installation)
    assert not enters(opened[0], installation)

    qtbot.waitUntil(lambda: states(window) == ["Running"] * 4, timeout=PATIENCE_MS)
    keys = [row.key for row in window.dashboard.members.rows]
    assert keys == ["postgres", "gateway", "cluster1/web", "cluster1/sync"]

    window.dashboard.new_tenant.trigger()
    dialog = window.findChild(NewTenant)
    assert dialog is not None
    QTest.keyClicks(dialog.name.line, "acme")
    dialog.make.click()
    qtbot.waitUntil(lambda: dialog.copy.isVisible() or bool(dialog.banner.sentence), timeout=PATIENCE_MS)
    assert len(dialog.password.text()) > 10
    dialog.finish.click()
    qtbot.waitUntil(lambda: len(window.dashboard.tenants.rows[0].children) == 2, timeout=PATIENCE_MS)
    window.dashboard.tenants.select("tenant:cluster1/acme")
    window.dashboard.open_panel.trigger()
    qtbot.waitUntil(lambda: len(opened) == 2, timeout=PATIENCE_MS)
    assert enters(opened[1], installation)

    before = installation.member("cluster1/sync")["pid"]
    window.dashboard.members.select("cluster1/sync")
    window.dashboard.member_verbs[Verb.RESTART].trigger()
    answer(window)
    qtbot.waitUntil(lambda: not window.activity.lines, timeout=PATIENCE_MS)
    assert installation.member("cluster1/sync")["pid"] != before

    window.places.actions()[1].trigger()
    qtbot.waitUntil(lambda: bool(window.logs.view.toPlainText()), timeout=PATIENCE_MS)
    window.places.actions()[2].trigger()
    qtbot.waitUntil(lambda: "check" in window.doctor.verdict.text(), timeout=PATIENCE_MS)
    window.places.actions()[0].trigger()

    window.stop.trigger()
    answer(window)
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.absent, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not installation.processes(), timeout=PATIENCE_MS)
    window.absent.start.click()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.dashboard, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: states(window) == ["Running"] * 4, timeout=PATIENCE_MS)
    window.close()


def answer(window: Window) -> None:
    next(dialog for dialog in window.findChildren(Confirm) if dialog.isVisible()).button.click()


def test_a_start_that_is_cancelled_leaves_nothing_running(
    qtbot: QtBot, memory: Memory, installation: Installation
) -> None:
    window = Window(installation.data, memory, 200)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.setup)
    fill(window, installation)
    window.setup.go.click()
    qtbot.waitUntil(lambda: bool(installation.processes()), timeout=PATIENCE_MS)
    window.setup.cancel.click()
    qtbot.waitUntil(lambda: not window.setup.busy, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not installation.processes(), timeout=PATIENCE_MS)
    assert "was stopped" in window.banner.sentence
    assert window.setup.isVisible()
    window.close()


def test_a_port_in_use_is_one_sentence_and_nothing_is_left_running(
    qtbot: QtBot, memory: Memory, installation: Installation
) -> None:
    window = Window(installation.data, memory, 200)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.setup)
    setup = window.setup
    fill(window, installation)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", installation.https_port))
        taken.listen()
        setup.go.click()
        qtbot.waitUntil(lambda: bool(window.banner.sentence), timeout=PATIENCE_MS)
        assert str(installation.https_port) in window.banner.sentence
    assert not setup.busy
    window.close()
