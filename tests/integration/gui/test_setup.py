from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from gui.app.memory import Memory
from gui.app.window import Window
from gui.pages.setup import SetupPage
from gui.presenters.cells import Tone
from tests.integration.gui.conftest import INTERVAL_MS
from tests.support.fakeagent import FakeAgent
from tests.support.ports import free_port

pytestmark = pytest.mark.qt
PASSWORD = "four quiet words here"


@pytest.fixture
def window(qtbot: QtBot, data: Path, memory: Memory) -> Iterator[Window]:
    window = Window(data, memory, INTERVAL_MS)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.setup)
    yield window
    window.close()


def fill(setup: SetupPage) -> None:
    for name in ("https_port", "http_port"):
        type_into(setup, name, str(free_port()))
    type_into(setup, "title", "Support and Engineering")
    type_into(setup, "password", PASSWORD)
    type_into(setup, "again", PASSWORD)


def type_into(setup: SetupPage, name: str, value: str) -> None:
    line = setup.fields[name].line
    line.clear()
    QTest.keyClicks(line, value)


def test_nothing_is_wrong_until_somebody_has_been_there(window: Window) -> None:
    setup = window.setup
    assert not [name for name, field in setup.fields.items() if field.problem and "port" not in name]
    setup.go.click()
    assert setup.fields["password"].problem
    assert setup.fields["password"].line.hasFocus() or not window.isActiveWindow()
    assert not setup.busy


def test_a_folder_of_somebody_else_and_a_port_in_use_are_said_at_once(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "letter.txt").write_text("Dear")
    type_into(window.setup, "data", str(tmp_path / "theirs"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        type_into(window.setup, "https_port", str(port))
        qtbot.waitUntil(lambda: "holds other files" in window.setup.fields["data"].problem)
        qtbot.waitUntil(lambda: f"uses port {port}" in window.setup.fields["https_port"].problem)


def test_a_password_is_hidden_until_somebody_wants_to_see_it(window: Window) -> None:
    line = window.setup.fields["password"].line
    assert line.echoMode() is QLineEdit.EchoMode.Password
    line.actions()[0].trigger()
    assert line.echoMode() is QLineEdit.EchoMode.Normal


def test_it_makes_cluster_and_tenant_and_opens_the_panel(
    qtbot: QtBot, window: Window, data: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The agent runs already, as after a set-up that was interrupted before it made anything.
    agent = FakeAgent(data).start()
    try:
        agent.job_rounds = 2
        assert window.setup.isVisible()
        fill(window.setup)
        window.setup.go.click()
        assert window.setup.busy
        assert not window.setup.fields["title"].line.isEnabled()
        qtbot.waitUntil(window.setup.done.open_panel.isVisible)
        assert "https://tenant1.cluster1.localhost:8443" in window.setup.done.words.text()
        assert PASSWORD not in window.setup.fields["password"].value
        bodies = {path: body for method, path, body in agent.asked if method == "POST"}
        assert bodies["clusters"] == {"name": "cluster1", "database_dsn": None}
        assert bodies["clusters/cluster1/tenants"]["admin_password"] == PASSWORD
        assert bodies["clusters/cluster1/tenants"]["title"] == "Support and Engineering"
        opened: list[str] = []

        def browse(url: object) -> bool:
            opened.append(str(url))
            return True

        monkeypatch.setattr(QDesktopServices, "openUrl", browse)
        window.setup.done.open_panel.click()
        qtbot.waitUntil(lambda: window.stack.currentWidget() is window.dashboard)
        assert "token=once" in opened[0]
        assert memory.data == data
    finally:
        agent.stop()


def test_a_step_that_fails_is_said_and_can_be_repeated(qtbot: QtBot, window: Window, data: Path) -> None:
    agent = FakeAgent(data).start()
    try:
        agent.refuse = "The disk that holds the data is full. Free some space, then try again."
        fill(window.setup)
        window.setup.go.click()
        qtbot.waitUntil(lambda: window.banner.sentence == agent.refuse)
        assert window.setup.isVisible()
        agent.refuse = ""
        window.setup.go.click()
        qtbot.waitUntil(window.setup.done.open_panel.isVisible)
        assert agent.posts().count("POST clusters") == 1
    finally:
        agent.stop()


def test_an_interrupted_set_up_can_be_left_for_the_overview(qtbot: QtBot, window: Window, data: Path) -> None:
    agent = FakeAgent(data).start()
    try:
        agent.refuse = "The database refused it."
        fill(window.setup)
        window.setup.go.click()
        qtbot.waitUntil(lambda: window.banner.sentence == agent.refuse)
        window.places.actions()[0].trigger()
        qtbot.waitUntil(lambda: window.stack.currentWidget() is window.dashboard)
    finally:
        agent.stop()


def test_it_can_be_cancelled(qtbot: QtBot, window: Window, data: Path) -> None:
    agent = FakeAgent(data).start()
    try:
        agent.job_rounds = 10_000
        fill(window.setup)
        window.setup.go.click()
        qtbot.waitUntil(lambda: window.setup.step.text() == "Making tables")
        window.setup.cancel.click()
        qtbot.waitUntil(lambda: not window.setup.busy)
        assert window.banner.tone is Tone.WARN
        assert agent.posts()[-1].startswith("POST jobs/")
    finally:
        agent.stop()


def test_an_agent_that_does_not_start_says_why(
    qtbot: QtBot, window: Window, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = tmp_path / "python"
    starter.write_text(
        "#!/bin/sh\necho 'lockstep: Port 8443 is taken by nginx. Stop it, or choose another.' >&2\nexit 5\n"
    )
    starter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(starter))
    fill(window.setup)
    window.setup.go.click()
    qtbot.waitUntil(lambda: window.banner.sentence == "Port 8443 is taken by nginx. Stop it, or choose another.")
    assert not window.setup.busy
    assert not data.exists()


def test_a_database_that_does_not_answer_is_said_beside_its_button(qtbot: QtBot, window: Window) -> None:
    database = window.setup.database
    database.external.click()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        database.dsn.put(f"postgresql://owner@127.0.0.1:{port}/lockstep")
        database.test.click()
        qtbot.waitUntil(lambda: "password of the database is missing" in database.verdict.text())
        database.password.put("secret")
        database.test.click()
        qtbot.waitUntil(lambda: "Nothing answers at this address" in database.verdict.text())


def test_without_a_keyring_a_password_is_not_remembered_and_that_is_said(qtbot: QtBot, window: Window) -> None:
    database = window.setup.database
    database.external.click()
    database.dsn.put("postgresql://owner@db/lockstep")
    database.password.put("secret")
    database.remember.setChecked(True)
    database.remember_if_wanted()
    qtbot.waitUntil(lambda: "no keyring" in window.banner.sentence)
    assert "secret" not in window.banner.sentence


def test_an_interrupted_set_up_is_found_again(qtbot: QtBot, data: Path, memory: Memory) -> None:
    data.mkdir()
    (data / "lockstep.json").write_text(json.dumps({"product": "lockstep", "format": 1}))
    window = Window(data, memory, INTERVAL_MS)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.absent)
    window.close()
