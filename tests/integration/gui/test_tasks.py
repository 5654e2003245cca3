from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.errors import Trouble
from gui.tasks import Tasks
from gui.watch import Progress, Watch

pytestmark = pytest.mark.qt


def unexpected(error: object = None) -> None:
    raise AssertionError(error)


def test_work_runs_elsewhere_and_its_outcome_comes_home(qtbot: QtBot, qapp: QApplication) -> None:
    tasks, seen = Tasks(qapp), []

    def work(_watch: Watch) -> int:
        return threading.get_ident()

    tasks.run(tasks, work, done=lambda value: seen.append((value, QThread.currentThread())), failed=unexpected)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] != threading.get_ident()
    assert seen[0][1] is qapp.thread()


def test_the_window_goes_on_while_work_waits(qtbot: QtBot, qapp: QApplication) -> None:
    tasks, release, beats = Tasks(qapp), threading.Event(), []
    beat = QTimer()
    beat.timeout.connect(lambda: beats.append(time.monotonic()))
    beat.start(5)
    done: list[bool] = []
    tasks.run(tasks, lambda _watch: release.wait(10), done=done.append, failed=unexpected)
    qtbot.waitUntil(lambda: len(beats) > 30)
    assert not done
    release.set()
    qtbot.waitUntil(lambda: done == [True])


def test_an_error_and_progress_come_home_too(qtbot: QtBot, qapp: QApplication) -> None:
    tasks = Tasks(qapp)
    steps: list[Progress] = []
    errors: list[Exception] = []

    def work(watch: Watch) -> None:
        watch.report("half", 0.5)
        raise Trouble("The disk is full.")

    tasks.run(tasks, work, done=unexpected, failed=errors.append, progress=steps.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert steps == [Progress("half", 0.5)]
    assert str(errors[0]) == "The disk is full."
    assert tasks.under_way == 0


def test_cancelled_work_says_that_it_stopped(qtbot: QtBot, qapp: QApplication) -> None:
    tasks, stopped = Tasks(qapp), []
    task = tasks.run(
        tasks,
        lambda watch: watch.pause(60),
        done=unexpected,
        failed=unexpected,
        stopped=lambda: stopped.append(True),
    )
    task.cancel()
    qtbot.waitUntil(lambda: stopped == [True])


def test_what_comes_late_for_a_page_that_is_closed_is_dropped(qtbot: QtBot, qapp: QApplication) -> None:
    tasks, release, page = Tasks(qapp), threading.Event(), QWidget()
    seen: list[bool] = []
    tasks.run(page, lambda _watch: release.wait(10), done=seen.append, failed=unexpected)
    page.deleteLater()
    with qtbot.waitSignal(page.destroyed):
        pass
    release.set()
    qtbot.waitUntil(lambda: tasks.under_way == 0)
    assert not seen


def test_dropped_work_delivers_nothing(qtbot: QtBot, qapp: QApplication) -> None:
    tasks, release = Tasks(qapp), threading.Event()
    task = tasks.run(tasks, lambda _watch: release.wait(10), done=unexpected, failed=unexpected, stopped=unexpected)
    task.drop()
    release.set()
    qtbot.waitUntil(lambda: tasks.under_way == 0)


def test_closing_does_not_wait_for_work(qtbot: QtBot) -> None:
    owner, release, ended = QObject(), threading.Event(), threading.Event()
    tasks = Tasks(owner)

    def work(_watch: Watch) -> None:
        release.wait(10)
        ended.set()

    tasks.run(tasks, work, done=unexpected, failed=unexpected)
    before = time.monotonic()
    tasks.close()
    assert time.monotonic() - before < 1
    release.set()
    qtbot.waitUntil(ended.is_set)
