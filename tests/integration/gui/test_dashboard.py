from __future__ import annotations

import itertools
import time
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from gui.app.window import Window
from gui.client import ClusterStatus, Health, Verb
from gui.pages.new_cluster import NewCluster
from gui.pages.new_tenant import NewTenant
from gui.presenters.cells import Tone
from gui.widgets.confirm import Confirm
from tests.support.fakeagent import FakeAgent, member, tenant

pytestmark = pytest.mark.qt
ACME = "tenant:cluster1/acme"


D = TypeVar("D", bound=QDialog)


def dialog(window: Window, kind: type[D]) -> D:
    found = [d for d in window.findChildren(kind) if d.isVisible()]
    assert len(found) == 1
    return found[0]


def test_members_clusters_and_tenants_are_shown(window: Window) -> None:
    members = window.dashboard.members.rows
    assert [row.key for row in members] == ["postgres", "gateway", "cluster1/web", "cluster1/sync"]
    assert all(row.cells[1].text == "Running" for row in members)
    cluster = window.dashboard.tenants.rows[0]
    assert [child.cells[2].text for child in cluster.children] == ["Syncing", "Idle", "Suspended"]


def test_what_changes_is_seen_and_the_selection_stays(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    window.dashboard.tenants.select(ACME)
    agent.members[1] = member("gateway", Health.BACKOFF, pid=None, message="It ended with 1.")
    agent.clusters.append(
        ClusterStatus(name="second", health=Health.RUNNING, url="https://second", database="external")
    )
    rows = window.dashboard.members
    qtbot.waitUntil(lambda: rows.rows[1].cells[1].text == "Died, will retry")
    qtbot.waitUntil(lambda: len(window.dashboard.tenants.rows) == 2)
    assert window.dashboard.tenants.selected == ACME


def test_a_slow_agent_does_not_freeze_the_window(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.delay = 30
    window.session.refresh()
    beats: list[float] = [time.monotonic()]
    beat = QTimer()
    beat.timeout.connect(lambda: beats.append(time.monotonic()))
    beat.start(10)
    qtbot.waitUntil(lambda: len(beats) > 40)
    assert max(b - a for a, b in itertools.pairwise(beats)) < 1.0
    window.dashboard.tenants.select(ACME)
    assert window.dashboard.open_panel.isEnabled()


def test_restarting_asks_first_then_shows_its_progress(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.job_rounds = 3
    window.dashboard.members.select("gateway")
    window.dashboard.member_verbs[Verb.RESTART].trigger()
    question = dialog(window, Confirm)
    assert not agent.posts()
    QTest.mouseClick(question.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.activity.lines) and window.activity.lines[0].step == "Making tables")
    qtbot.waitUntil(lambda: not window.activity.lines)
    assert agent.posts() == ["POST members/gateway/restart"]


def test_starting_interrupts_nothing_so_it_does_not_ask(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.members[3] = member("cluster1/sync", Health.STOPPED, pid=None)
    window.dashboard.members.select("cluster1/sync")
    start = window.dashboard.member_verbs[Verb.START]
    qtbot.waitUntil(start.isEnabled)
    start.trigger()
    qtbot.waitUntil(lambda: agent.posts() == ["POST members/cluster1/sync/start"])


def test_long_work_can_be_cancelled(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.job_rounds = 10_000
    window.dashboard.tenants.select("cluster:cluster1")
    window.dashboard.cluster_verbs[Verb.STOP].trigger()
    dialog(window, Confirm).button.click()
    qtbot.waitUntil(lambda: bool(window.activity.lines) and window.activity.lines[0].step == "Making tables")
    window.activity.lines[0].stop_button.click()
    qtbot.waitUntil(lambda: not window.activity.lines)
    assert agent.posts()[-1].startswith("POST jobs/")
    assert "cancelled" in window.banner.sentence


def test_a_failed_job_is_one_sentence_in_the_banner(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.refuse = "Port 8443 is taken by another program. Stop it, then start the gateway again."
    window.dashboard.members.select("gateway")
    window.dashboard.member_verbs[Verb.RESTART].trigger()
    dialog(window, Confirm).button.click()
    qtbot.waitUntil(lambda: window.banner.sentence == agent.refuse)
    assert window.banner.tone is Tone.BAD
    assert not [d for d in window.findChildren(QDialog) if d.isVisible()]


def test_a_new_tenants_password_is_shown_once_and_can_be_copied(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    window.dashboard.new_tenant.trigger()
    made = dialog(window, NewTenant)
    QTest.keyClicks(made.name.line, "Support Desk")
    made.make.click()
    assert made.name.problem
    made.name.line.clear()
    QTest.keyClicks(made.name.line, "support")
    QTest.keyClicks(made.title.line, "Support desk")
    made.make.click()
    qtbot.waitUntil(made.copy.isVisible)
    assert made.password.text() == "made-by-the-agent-3141"
    made.copy.click()
    assert QGuiApplication.clipboard().text() == "made-by-the-agent-3141"
    made.finish.click()
    qtbot.waitUntil(lambda: len(window.dashboard.tenants.rows[0].children) == 4)
    body = next(body for method, path, body in agent.asked if path == "clusters/cluster1/tenants")
    assert body["name"] == "support"
    assert body["admin_password"] is None


def test_a_tenant_that_cannot_be_made_leaves_the_dialog_open_with_the_reason(
    qtbot: QtBot, window: Window, agent: FakeAgent
) -> None:
    agent.refuse = "There is a tenant acme already. Choose another name."
    window.dashboard.new_tenant.trigger()
    made = dialog(window, NewTenant)
    made.name.put("acme")
    made.make.click()
    qtbot.waitUntil(lambda: made.banner.sentence == agent.refuse)
    assert made.make.isEnabled()
    made.reject()


def test_closing_the_dialog_while_it_makes_asks_to_stop_first(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.job_rounds = 10_000
    window.dashboard.new_tenant.trigger()
    made = dialog(window, NewTenant)
    made.name.put("support")
    made.make.click()
    qtbot.waitUntil(lambda: made.step.text() == "Making tables")
    made.close()
    assert made.isVisible()
    qtbot.waitUntil(lambda: not [d for d in window.findChildren(NewTenant) if d.isVisible()])
    assert agent.posts()[-1].startswith("POST jobs/")


def test_deleting_waits_for_the_tenants_name(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    window.dashboard.tenants.select(ACME)
    window.dashboard.delete.trigger()
    question = dialog(window, Confirm)
    assert question.word is not None
    QTest.keyClicks(question.word.line, "acm")
    assert not question.button.isEnabled()
    QTest.keyClick(question.word.line, Qt.Key.Key_Return)
    assert question.isVisible()
    QTest.keyClicks(question.word.line, "e")
    question.button.click()
    qtbot.waitUntil(lambda: agent.posts() == ["DELETE clusters/cluster1/tenants/acme"])
    qtbot.waitUntil(lambda: "deleted" in window.banner.sentence)


def test_suspending_and_resuming(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    window.dashboard.tenants.select(ACME)
    assert not window.dashboard.resume.isEnabled()
    window.dashboard.suspend.trigger()
    dialog(window, Confirm).button.click()
    window.dashboard.tenants.select("tenant:cluster1/northwind")
    window.dashboard.resume.trigger()
    qtbot.waitUntil(
        lambda: (
            set(agent.posts())
            == {"POST clusters/cluster1/tenants/acme/suspend", "POST clusters/cluster1/tenants/northwind/resume"}
        )
    )


def test_the_panel_opens_by_a_one_time_link(qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def browse(url: QUrl) -> bool:
        opened.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", browse)
    window.dashboard.tenants.select(ACME)
    window.dashboard.open_panel.trigger()
    qtbot.waitUntil(lambda: opened == ["http://acme.localhost/enter?token=once"])


def test_without_a_browser_the_link_is_put_on_the_clipboard(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    window.dashboard.tenants.select(ACME)
    window.dashboard.open_panel.trigger()
    qtbot.waitUntil(lambda: "clipboard" in window.banner.sentence)
    assert QGuiApplication.clipboard().text().endswith("token=once")


def test_the_filter_finds_a_tenant_among_many(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    many = tuple(tenant("cluster1", f"tenant{n}") for n in range(300))
    agent.clusters = [agent.clusters[0].model_copy(update={"tenants": many})]
    view = window.dashboard.tenants
    qtbot.waitUntil(lambda: len(view.rows[0].children) == 300)
    QTest.keyClicks(window.dashboard.filter, "tenant277")
    top = view.model().index(0, 0)
    assert view.model().rowCount(top) == 1


def test_an_appliance_without_a_cluster_offers_to_make_one(qtbot: QtBot, window: Window, agent: FakeAgent) -> None:
    agent.clusters = []
    qtbot.waitUntil(lambda: not window.dashboard.tenants.isVisible())
    assert not window.dashboard.new_tenant.isEnabled()
    window.dashboard.new_cluster.trigger()
    made = dialog(window, NewCluster)
    made.make.click()
    qtbot.waitUntil(lambda: "POST clusters" in agent.posts())
    qtbot.waitUntil(window.dashboard.tenants.isVisible)


def test_a_new_clusters_name_must_be_free(window: Window, agent: FakeAgent) -> None:
    window.dashboard.new_cluster.trigger()
    made = dialog(window, NewCluster)
    assert made.name.value == "cluster2"
    made.name.put("cluster1")
    made.make.click()
    assert "already" in made.name.problem
    assert not agent.posts()
    made.reject()
