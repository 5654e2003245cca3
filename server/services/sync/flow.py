"""The pages of a feed one behind the other: while a page's calls are made, the next is read, decided and written down.

So an app that takes its time to answer waits for nobody but itself. It must not change what happens to a page, nor the
order in which pages are settled: the cursor moves page by page, and never beyond one that is not settled. What a kill
leaves are the planned operations of two pages and not of one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

from server.domain.errors import Fenced
from server.domain.item import Side
from server.engine.links import travel
from server.services.sync import makings
from server.services.sync.apply import apply
from server.services.sync.crew import Batch, begin
from server.services.sync.page import Wave, prepare, prepare_new, settle_wave
from server.services.sync.work import Look, Work


@dataclass(frozen=True, slots=True)
class _UnderWay:
    wave: Wave
    calls: Batch


class Flow:
    """The pages of one feed. Between ``land`` and the next ``take`` nothing is under way.

    A page is prepared beside another's calls only if nobody knows any of its items: neither the calls nor what is
    settled after them can concern it. Links lead from page to page, so where they travel each page is on its own.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._under_way: deque[_UnderWay] = deque()
        self._alone = work.dry or work.align is not None or travel(work.mapping.document.links)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Settle what is under way; a process that was fenced off settles nothing, and waits only."""
        if error is None or (isinstance(error, Exception) and not isinstance(error, Fenced)):
            self.land()
        else:
            self._abandon()

    def take(self, looks: Sequence[Look], cursor: tuple[Side, datetime] | None) -> None:
        """Take a page of the feed up to its calls, and the page before all the way. Raises as ``page.process``."""
        work = self._work
        wave = prepare_new(work, looks, cursor) if self._under_way else None
        if wave is None:
            self.land()
            wave = prepare(work, [Look(one.side, one.item_id, one.head) for one in looks], cursor)
        if wave is not None:
            calls = begin(work.pool, partial(apply, work, read=wave.read), wave.plans)
            self._under_way.append(_UnderWay(wave, calls))
        # A page without calls is settled at once: so a page of items that are known has nothing to wait for.
        self.land(0 if self._alone or wave is None or not wave.plans else 1)

    def land(self, rest: int = 0) -> None:
        """Wait for the calls that are under way, and settle their pages; the last ``rest`` of them are left alone.

        Raises as ``page.process``. What follows a page that could not be settled is left to the next pass, which looks
        up what became of it: the cursor must not move beyond such a page.
        """
        try:
            while len(self._under_way) > rest:
                one = self._under_way.popleft()
                settle_wave(self._work, one.wave, one.calls.results())
                makings.over(self._work)
        except BaseException as error:
            self._abandon()
            if isinstance(error, Exception) and not isinstance(error, Fenced):
                makings.given_up(self._work)
            raise

    def _abandon(self) -> None:
        while self._under_way:
            self._under_way.popleft().calls.abandon()
