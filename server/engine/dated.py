"""How far a feed may stand by the app's own clock; it must not ask for the time.

A cursor beyond that clock would hide whatever changes until the clock has come there. So what is dated beyond it moves
no cursor, and a cursor that stands there all the same (the clock went back) is set back far enough to miss nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from server.domain.item import Head, Page

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Where a cursor stands whose feed is to be read from its beginning."""
_GRAIN = timedelta(seconds=1)
"""Apps tell their clock in whole seconds: what is dated within this one may be no later than it."""
_SLACK = timedelta(seconds=2)
"""By so much more than a connector's overlap two answers' clocks may differ without a meaning."""
_NOTABLE = timedelta(minutes=1)
"""What is less is not told: two machines of one app may differ by it."""


@dataclass(frozen=True, slots=True)
class SetBack:
    """The cursor is to stand at ``at``. ``by``: how far the app's clock went back (None: that is not known)."""

    at: datetime
    by: timedelta | None

    @property
    def notable(self) -> bool:
        """Whether it is written down and told, and not only heeded in this pass."""
        return self.by is None or self.by >= _NOTABLE


def reached(page: Page, clock: datetime | None) -> datetime | None:
    """How far the page takes the cursor: no further than what it shows of what is not dated beyond the clock."""
    if page.reached is None or clock is None or not _beyond(page.reached, clock):
        return page.reached
    return max((one.updated_at for one in page.heads if not _beyond(one.updated_at, clock)), default=None)


def ahead(page: Page, clock: datetime | None) -> tuple[Head, ...]:
    """The items of the page that are dated so far beyond the clock that it is told."""
    return tuple(one for one in page.heads if clock is not None and one.updated_at - clock >= _NOTABLE)


def set_back(
    cursor: datetime | None, clock: datetime | None, expected: datetime | None, overlap: timedelta
) -> SetBack | None:
    """Where the cursor must go back to; None: it may stay.

    ``expected`` is where the clock should stand by now, going by what it showed when the cursor last moved (None: that
    is not known). Where nothing says how far it went back, the feed is read from its beginning.
    """
    if cursor is None or clock is None or cursor == BEGINNING:
        return None
    by = expected - clock if expected is not None else timedelta(0)
    at = max(BEGINNING, cursor - by) if by > overlap + _SLACK else cursor
    if _beyond(at - overlap, clock):
        return SetBack(BEGINNING, None)
    return SetBack(at, by) if at != cursor else None


def _beyond(at: datetime, clock: datetime) -> bool:
    return at - clock >= _GRAIN
