"""A dressed application off screen, an agent over real HTTP, and the console's window on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.app.memory import Memory
from gui.app.window import Window
from gui.widgets import theme
from tests.support.fakeagent import FakeAgent, furnish

SCREEN = Path(__file__).parent.parent.parent / "support" / "screen.json"
if os.environ.get("QT_QPA_PLATFORM", "offscreen") == "offscreen":
    # Its own screen is 800 x 600, smaller than the window may get.
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={SCREEN}"
INTERVAL_MS = 40
"""Between two looks at the agent, so that tests need not wait for one."""


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    """The application as a person sees it."""
    if qapp.property("dressed") is None:
        theme.dress(qapp, theme.Appearance.LIGHT)
        qapp.setProperty("dressed", True)


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """A desktop without a keyring, whatever this machine has."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "appliance"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """What the console remembers, apart from this account's own."""
    return Memory(QSettings(str(tmp_path / "console.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def agent(data: Path) -> Iterator[FakeAgent]:
    """A furnished agent that runs."""
    agent = furnish(FakeAgent(data)).start()
    yield agent
    agent.stop()


@pytest.fixture
def window(qtbot: QtBot, agent: FakeAgent, memory: Memory) -> Iterator[Window]:
    """The console on the furnished agent, with its overview seen."""
    window = Window(agent.data, memory, INTERVAL_MS)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.dashboard)
    yield window
    window.close()
