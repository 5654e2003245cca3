from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.app.memory import Memory
from gui.app.window import Window
from gui.widgets.confirm import Confirm
from gui.widgets.theme import Appearance, is_dark
from tests.integration.gui.conftest import INTERVAL_MS
from tests.support.fakeagent import FakeAgent

pytestmark = pytest.mark.qt


def open_window(qtbot: QtBot, data: Path, memory: Memory) -> Window:
    window = Window(data, memory, INTERVAL_MS)
    qtbot.addWidget(window)
    window.show()
    return window


def test_a_new_folder_leads_to_the_set_up(qtbot: QtBot, data: Path, memory: Memory) -> None:
    window = open_window(qtbot, data, memory)
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.setup)
    window.close()


def test_an_agent_that_ends_leads_to_a_page_that_can_start_it_and_shows_its_last_words(
    qtbot: QtBot, window: Window, agent: FakeAgent
) -> None:
    (agent.data / "logs").mkdir()
    (agent.data / "logs" / "agent.log").write_text('{"event": "the disk is full", "level": "error"}\n')
    agent.stop()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.absent)
    qtbot.waitUntil(lambda: "the disk is full" in window.absent.words.toPlainText())
    assert window.absent.start.isVisible()


def test_the_whole_appliance_is_stopped_after_a_question(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    window.stop.trigger()
    question = next(d for d in window.findChildren(Confirm) if d.isVisible())
    assert "None of the 3 tenants" in question.text_shown
    question.button.click()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.absent)
    assert agent.posts() == ["POST stop"]


def test_an_agent_of_another_version_is_said_once(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.answer = lambda *_: (200, agent.checks[0])  # type: ignore[method-assign]
    qtbot.waitUntil(lambda: "different versions" in window.banner.sentence)
    window.banner.clear()
    seen = len(agent.asked)
    qtbot.waitUntil(lambda: len(agent.asked) > seen + 2)
    assert not window.banner.sentence


def test_the_keyboard_reaches_every_page(window: Window) -> None:
    for key, page in ((Qt.Key.Key_2, window.logs), (Qt.Key.Key_3, window.doctor), (Qt.Key.Key_1, window.dashboard)):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert window.stack.currentWidget() is page


def test_everything_that_can_be_used_has_a_name_for_screen_readers(window: Window) -> None:
    def named(widget: QWidget) -> bool:
        words = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
        return bool(words) or widget.objectName().startswith("qt_")

    kinds = (QAbstractButton, QLineEdit, QComboBox)
    nameless = [w for w in window.findChildren(QWidget) if isinstance(w, kinds) and not named(w)]
    assert not [w for w in nameless if not isinstance(w.parentWidget(), QLineEdit)]


def test_the_window_remembers_where_it_stood_and_what_was_open(
    qtbot: QtBot, window: Window, memory: Memory, tmp_path: Path
) -> None:
    window.resize(1003, 707)
    window.session.open(tmp_path / "another")
    window.close()
    assert memory.data == tmp_path / "another"
    again = open_window(qtbot, tmp_path / "another", memory)
    assert (again.width(), again.height()) == (1003, 707)
    again.close()


def test_it_never_gets_smaller_than_what_fits(window: Window) -> None:
    assert window.minimumSizeHint().width() <= 900
    assert window.minimumSizeHint().height() <= 600


def test_light_and_dark_can_be_chosen_and_are_remembered(window: Window, memory: Memory) -> None:
    window.appearances.actions()[2].trigger()
    assert is_dark()
    assert memory.appearance is Appearance.DARK
    window.appearances.actions()[1].trigger()
    assert not is_dark()


def test_a_log_is_followed_filtered_and_copied(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.logs["gateway"] = [json.dumps({"level": "info", "msg": f"request {n}"}) for n in range(3)]
    window.dashboard.members.select("gateway")
    window.show_log.trigger()
    qtbot.waitUntil(lambda: "request 2" in window.logs.view.toPlainText())
    agent.logs["gateway"].append(json.dumps({"level": "error", "msg": "no upstream"}))
    qtbot.waitUntil(lambda: "no upstream" in window.logs.view.toPlainText())
    QTest.keyClicks(window.logs.filter, "upstream")
    assert window.logs.view.toPlainText().strip().endswith("no upstream")
    assert "request" not in window.logs.view.toPlainText()
    window.logs.copy.trigger()
    assert json.loads(QGuiApplication.clipboard().text())["msg"] == "no upstream"


def test_a_log_that_is_not_seen_is_not_read(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    window.places.actions()[1].trigger()
    qtbot.waitUntil(lambda: any(path.startswith("logs/") for _, path, _ in agent.asked))
    window.places.actions()[0].trigger()
    agent.asked.clear()
    qtbot.waitUntil(lambda: len(agent.asked) > 5)
    assert not [path for _, path, _ in agent.asked if path.startswith("logs/")]


def test_the_doctor_says_what_to_do_and_its_report_can_be_copied(qtbot: QtBot, window: Window) -> None:
    window.places.actions()[2].trigger()
    qtbot.waitUntil(lambda: window.doctor.verdict.text() == "1 check needs attention.")
    window.doctor.copy.trigger()
    assert "[ATTENTION] Names" in QGuiApplication.clipboard().text()
