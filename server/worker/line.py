"""The passes of one tenant in turn, a page each; one that is kept waiting goes on beside the others.

So an app that does not answer holds back its own integration for as long as it likes, and any other for a second. It
must not know when a pass is due or what it comes to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from server.services.pacing import Share
from server.services.sync.crew import Crew
from server.services.sync.passes import Broken, Desk, Finished, Pass
from server.services.sync.wanted import Wanted

_PAGE_SECONDS = 1.0
"""So long the others wait for a page."""
_LOOK_SECONDS = 0.2
"""So often it is looked, while every pass is kept waiting, whether one came back or another is due."""
_MOST = 64

Outcome = Finished | Broken | None
"""What a page came to; None: there is more."""


class Line:
    """A line of passes. ``threads``: how many requests of one pass go out at once."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._threads = threads
        self._line: deque[Pass] = deque()
        self._late: list[tuple[Pass, Future[Outcome]]] = []
        self._pages = ThreadPoolExecutor(_MOST, thread_name_prefix=f"page-{name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Wait for the pages at hand."""
        self._pages.shutdown()
        for one in self.passes():
            one.pool.shutdown(wait=False)

    def waits(self) -> bool:
        """Whether any pass waits for its turn."""
        return bool(self._line)

    def passes(self) -> Iterator[Pass]:
        """All that are under way."""
        yield from self._line
        yield from (one for one, _ in self._late)

    def join(self, desk: Desk, wanted: Iterable[Wanted]) -> None:
        """Let new passes go first, in this order; each has threads of its own, so that none can use up another's."""
        fresh = [desk.start(one, Crew(self._threads, f"work-{self._name}")) for one in wanted]
        self._line.extendleft(reversed(fresh))

    def take(self, choose: Callable[[Collection[Share]], Share]) -> list[tuple[Pass, Outcome]]:
        """A page of whose turn it is, and what came of pages that took longer. Raises ``Fenced`` only.

        ``choose``: which share of the work goes next, of those that wait.

        An integration has one page at a time, whatever runs of it there are: two could take up the same item.
        """
        busy = {one.wanted.row.id for one, _ in self._late}
        free = [one for one in self._line if one.wanted.row.id not in busy]
        if free:
            share = choose({one.share for one in free})
            following = next(one for one in free if one.share is share)
            self._line = deque(one for one in self._line if one is not following)
            page = self._pages.submit(following.step)
            self._late.append((following, page))
            wait([page], _PAGE_SECONDS)
        else:
            wait([page for _, page in self._late], _LOOK_SECONDS, FIRST_COMPLETED)
        done = [(one, page) for one, page in self._late if page.done()]
        self._late = [(one, page) for one, page in self._late if not page.done()]
        return [(one, self._came_back(one, page.result())) for one, page in done]

    def _came_back(self, one: Pass, outcome: Outcome) -> Outcome:
        if outcome is None:
            self._line.append(one)
        else:
            one.pool.shutdown(wait=False)
        return outcome
