"""The only way off the GUI thread, and back; it knows no page and no agent.

Each piece of work runs in a daemon thread of its own: a pool would make the closing window wait for an agent that
does not answer. What comes back is queued to the GUI thread and dropped if its owner is gone. A console killed in
the middle leaves nothing behind here; what the agent was asked to do goes on in the agent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from gui.errors import Cancelled, Trouble
from gui.watch import Progress, Watch

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Task(Generic[T]):
    """One piece of work under way, as the GUI thread sees it."""

    def __init__(
        self,
        owner: QObject,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Callable[[Progress], None] | None,
        stopped: Callable[[], None] | None,
        on_progress: Callable[[Task[T], Progress], None],
    ) -> None:
        self._owner = owner
        self._done = done
        self._failed = failed
        self._progress = progress
        self._stopped = stopped
        self._dropped = False
        self.watch = Watch(lambda at: on_progress(self, at))

    def cancel(self) -> None:
        """Ask the work to stop; ``stopped`` is called when it has."""
        self.watch.cancel()

    def drop(self) -> None:
        """Ask the work to stop and forget it: nothing of it is delivered any more."""
        self._dropped = True
        self.watch.cancel()

    @property
    def wanted(self) -> bool:
        """Whether anybody is still there to be told."""
        return not self._dropped and shiboken6.isValid(self._owner)

    def deliver(self, news: _News) -> None:
        """Call back, on the GUI thread."""
        if not self.wanted:
            return
        if news.kind == "progress":
            if self._progress is not None:
                self._progress(news.value)
        elif news.kind == "done":
            self._done(news.value)
        elif news.kind == "failed":
            self._failed(news.value)
        elif self._stopped is not None:
            self._stopped()


class _News:
    """What travels from a worker's thread to the GUI thread."""

    __slots__ = ("kind", "task", "value")

    def __init__(self, task: Task[Any], kind: str, value: Any = None) -> None:
        self.task = task
        self.kind = kind
        self.value = value


class Tasks(QObject):
    """Starts work and brings its outcome home. Made once, on the GUI thread."""

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gate = threading.Lock()
        self._closed = False
        self._under_way: set[Task[Any]] = set()
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        owner: QObject,
        work: Callable[[Watch], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Callable[[Progress], None] | None = None,
        stopped: Callable[[], None] | None = None,
    ) -> Task[T]:
        """Run ``work`` off the GUI thread; returns at once.

        Exactly one of ``done`` (with what ``work`` returned), ``failed`` (with what it raised) and ``stopped`` (it
        was cancelled) is called later on the GUI thread, or none if ``owner`` has been deleted or the task dropped.
        ``work`` gets a ``Watch``: it should call ``check`` or ``pause`` between its steps.
        """
        task: Task[T] = Task(owner, done, failed, progress, stopped, lambda t, at: self._send(_News(t, "progress", at)))
        self._under_way.add(task)
        threading.Thread(target=self._work, args=(task, work), name="lockstep-console-task", daemon=True).start()
        return task

    @property
    def under_way(self) -> int:
        """How many pieces of work have not come home yet."""
        return len(self._under_way)

    def close(self) -> None:
        """Ask all work to stop and deliver nothing more. Does not wait."""
        with self._gate:
            self._closed = True
        for task in self._under_way:
            task.drop()

    def _work(self, task: Task[T], work: Callable[[Watch], T]) -> None:
        try:
            task.watch.check()
            news = _News(task, "done", work(task.watch))
        except Cancelled:
            news = _News(task, "stopped")
        except Trouble as error:
            news = _News(task, "failed", error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the window must say so
            _log.exception("A task of the console ended with an error nobody foresaw.")
            news = _News(task, "failed", error)
        self._send(news)

    def _send(self, news: _News) -> None:
        with self._gate:
            # After close() the queue may be gone, so the check and the sending are one.
            if not self._closed and shiboken6.isValid(self):
                self._arrived.emit(news)

    @Slot(object)
    def _deliver(self, news: _News) -> None:
        if news.kind != "progress":
            self._under_way.discard(news.task)
        news.task.deliver(news)
