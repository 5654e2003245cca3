"""What every page is given: the open appliance, how it is, and the way to ask it something; it shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from gui import machine
from gui.client import Appliance, Status
from gui.errors import NotRunning, sentence_of
from gui.presenters.cells import Tone
from gui.tasks import Task, Tasks
from gui.watch import Progress, Watch
from gui.widgets.activity import Activity

T = TypeVar("T")
INTERVAL_MS = 2000
"""Between two looks at the agent."""


@dataclass(frozen=True, slots=True)
class Absent:
    """No agent answers. ``ours``: an appliance lives in the folder, so it can be started; otherwise set up."""

    ours: bool


class Session(QObject):
    """The open appliance. All signals come on the GUI thread."""

    seen = Signal(object)
    """A fresh ``Status``."""
    gone = Signal(object)
    """``Absent``: no agent answers."""
    puzzled = Signal(str)
    """The agent answers, but not with its status: the sentence."""
    said = Signal(str, object)
    """A sentence for the banner, and its ``Tone``."""
    opened = Signal(object)
    """Another data folder (``Path``) was opened."""

    def __init__(
        self, data: Path, activity: Activity, parent: QObject | None = None, interval: int = INTERVAL_MS
    ) -> None:
        super().__init__(parent)
        self.tasks = Tasks(self)
        self.appliance = Appliance(data)
        self.status: Status | None = None
        self._activity = activity
        self._look: Task[Status | Absent] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval)
        self._timer.timeout.connect(self.refresh)

    @property
    def data(self) -> Path:
        """The data folder that is open."""
        return self.appliance.data

    def open(self, data: Path) -> None:
        """Turn to the appliance of another data folder."""
        self.appliance = Appliance(data)
        self.status = None
        self.opened.emit(data)
        self.refresh()

    def refresh(self) -> None:
        """Look at the agent now, and then again and again."""
        self._timer.stop()
        if self._look is not None:
            self._look.drop()
        appliance = self.appliance
        self._look = self.tasks.run(
            self, lambda _watch: _look_at(appliance), done=self._looked, failed=self._not_understood
        )

    def close(self) -> None:
        """Look no more; what is under way is forgotten here and goes on in the agent."""
        self._timer.stop()
        self.tasks.close()

    def _looked(self, found: Status | Absent) -> None:
        if isinstance(found, Absent):
            self.status = None
            self.gone.emit(found)
        else:
            self.status = found
            self.seen.emit(found)
        self._timer.start()

    def _not_understood(self, error: Exception) -> None:
        self.puzzled.emit(sentence_of(error))
        self._timer.start()

    def ask(
        self,
        owner: QObject,
        work: Callable[[Watch], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> Task[T]:
        """Do something short off the GUI thread; without ``failed`` an error goes to the banner."""
        return self.tasks.run(owner, work, done=done, failed=failed or self.tell)

    def begin(
        self,
        what: str,
        work: Callable[[Watch], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        stopped: Callable[[], None] | None = None,
    ) -> Task[T]:
        """Do something long: it gets a line in the activity strip, which can cancel it. Refreshes at its end."""

        def ended(and_then: Callable[[], None]) -> None:
            self._activity.end(line)
            and_then()
            self.refresh()

        def finished(outcome: T) -> None:
            ended(lambda: done(outcome) if done else None)

        def stumbled(error: Exception) -> None:
            ended(lambda: (failed or self.tell)(error))

        def given_up() -> None:
            self.said.emit(f"{what}: cancelled.", Tone.WARN)
            ended(lambda: stopped() if stopped else None)

        def progressed(at: Progress) -> None:
            line.show_progress(at)

        task = self.tasks.run(self, work, done=finished, failed=stumbled, progress=progressed, stopped=given_up)
        line = self._activity.begin(what, task.cancel)
        return task

    def tell(self, error: Exception) -> None:
        """Put an error into the banner."""
        self.said.emit(sentence_of(error), Tone.BAD)


def _look_at(appliance: Appliance) -> Status | Absent:
    try:
        return appliance.status()
    except NotRunning:
        return Absent(machine.is_ours(appliance.data))
