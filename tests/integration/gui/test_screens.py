"""Pictures of every page, light and dark, small and large: build/screenshots/gui-*.png, for people to look at."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.app.window import Window
from gui.client import Verb
from gui.pages.new_tenant import NewTenant
from gui.presenters.cells import Tone
from gui.widgets import theme
from gui.widgets.confirm import Confirm
from gui.widgets.theme import Appearance
from tests.support.fakeagent import FakeAgent

pytestmark = pytest.mark.qt
PLACE = Path(__file__).parents[3] / "build" / "screenshots"
LARGE, SMALL = (1180, 760), (900, 600)


@pytest.fixture(params=[Appearance.LIGHT, Appearance.DARK], ids=str)
def appearance(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Appearance]:
    chosen = Appearance(request.param)
    theme.choose(qapp, chosen)
    yield chosen
    theme.choose(qapp, Appearance.LIGHT)


def photograph(widget: QWidget, name: str, appearance: Appearance) -> None:
    PLACE.mkdir(parents=True, exist_ok=True)
    # Text that wraps settles its height in a second round.
    for _ in range(3):
        QApplication.processEvents()
    picture = widget.grab()
    assert picture.save(str(PLACE / f"gui-{name}-{appearance.value}.png"))
    # The ground is what the scheme says: a page that forgot to dress would show through.
    ground = picture.toImage().pixelColor(picture.width() - 18, picture.height() // 2)
    wanted = QColor(theme.colours().window)
    assert abs(ground.lightness() - wanted.lightness()) < 40


def live(window: Window, agent: FakeAgent) -> None:
    """A few minutes of readings in a moment."""
    members = agent.members
    for tick in range(70):
        agent.members = [
            m.model_copy(
                update={
                    "cpu_percent": m.cpu_percent * (1.4 + math.sin(tick / (4 + n)) + (tick % 7 == n) * 0.8),
                    "memory_bytes": int(m.memory_bytes * (0.9 + tick / 600 + 0.02 * math.sin(tick / 3 + n))),
                }
            )
            for n, m in enumerate(members)
        ]
        window.dashboard.show_status(agent.status())


def test_the_overview_and_its_dialogs(qtbot: QtBot, window: Window, agent: FakeAgent, appearance: Appearance) -> None:
    window.resize(*LARGE)
    live(window, agent)
    window.dashboard.tenants.select("tenant:cluster1/acme")
    photograph(window, "overview", appearance)
    window.resize(*SMALL)
    photograph(window, "overview-small", appearance)
    assert not window.dashboard.members.horizontalScrollBar().isVisible()
    assert not window.dashboard.tenants.horizontalScrollBar().isVisible()
    window.resize(*LARGE)
    window.dashboard.new_tenant.trigger()
    dialog = window.findChild(NewTenant)
    assert dialog is not None
    QTest.keyClicks(dialog.name.line, "support")
    QTest.keyClicks(dialog.title.line, "Support desk")
    photograph(dialog, "new-tenant", appearance)
    dialog.make.click()
    qtbot.waitUntil(dialog.copy.isVisible)
    photograph(dialog, "new-tenant-done", appearance)
    dialog.finish.click()
    window.dashboard.delete.trigger()
    question = next(d for d in window.findChildren(Confirm) if d.isVisible())
    photograph(question, "delete", appearance)
    question.reject()
    agent.job_rounds = 10_000
    window.dashboard.members.select("gateway")
    window.dashboard.member_verbs[Verb.RESTART].trigger()
    next(d for d in window.findChildren(Confirm) if d.isVisible()).button.click()
    qtbot.waitUntil(lambda: bool(window.activity.lines) and window.activity.lines[0].step == "Making tables")
    window.session.said.emit("cluster1/web died three times in a minute. Look at its log, then start it.", Tone.BAD)
    photograph(window, "busy", appearance)


def test_the_other_pages(qtbot: QtBot, window: Window, agent: FakeAgent, appearance: Appearance) -> None:
    events = (("info", "pass ended"), ("info", "item carried over"), ("warning", "retrying"), ("error", "no answer"))
    entries = [
        {"timestamp": f"2026-11-23T20:{n // 60:02}:{n % 60:02}Z", "level": level, "event": event, "tenant": "acme"}
        for n, (level, event) in enumerate(events * 20)
    ]
    agent.logs["agent"] = [json.dumps(entry) for entry in entries]
    window.resize(*LARGE)
    window.places.actions()[1].trigger()
    qtbot.waitUntil(lambda: bool(window.logs.view.toPlainText()))
    photograph(window, "logs", appearance)
    window.places.actions()[2].trigger()
    qtbot.waitUntil(lambda: "attention" in window.doctor.verdict.text())
    photograph(window, "doctor", appearance)
    window.places.actions()[0].trigger()
    (agent.data / "logs").mkdir()
    (agent.data / "logs" / "agent.log").write_text("\n".join(agent.logs["agent"][:6]) + "\n")
    agent.stop()
    qtbot.waitUntil(lambda: bool(window.absent.words.toPlainText()))
    photograph(window, "absent", appearance)


def test_the_set_up(qtbot: QtBot, window: Window, tmp_path: Path, appearance: Appearance) -> None:
    window.resize(*LARGE)
    window.session.open(tmp_path / "new")
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.setup)
    qtbot.waitUntil(lambda: "will be made" in window.setup.fields["data"].below)
    photograph(window, "setup", appearance)
    window.setup.database.external.click()
    window.setup.go.click()
    window.resize(*SMALL)
    photograph(window, "setup-small", appearance)
    window.resize(1400, 1180)
    photograph(window, "setup-large", appearance)
