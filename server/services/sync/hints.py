"""A pass over what apps told by their webhooks: the items that they named, and the feeds where they named none.

What was told goes from the inbox when its items are settled, not before: a kill in between looks at them once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.connectors.pace import Share
from server.domain.errors import AppError, CredentialsRefused, Gone, Slowed, Transient
from server.domain.item import Head, Side
from server.services.sync import feed
from server.services.sync import page as paging
from server.services.sync.feed import Reached
from server.services.sync.weight import TooMuchAtOnce, count
from server.services.sync.work import Look, Work
from server.store import inbox, lease, pairs
from server.store.inbox import WHOLE_FEED, Hint

_AT_ONCE = 500
_PAGE = 50


@dataclass(slots=True)
class _Told:
    """A hint on its way: ``look`` is what becomes of it, None when it is none of ours; ``failure`` keeps it."""

    hint: Hint
    known: bool
    look: Look | None = None
    failure: AppError | None = None


def run(work: Work) -> Iterator[Reached]:
    """Look at what was told until now. Raises what ``process`` and the feeds raise; the hints then stay."""
    with work.scope.reading() as tx:
        hints = inbox.waiting(tx, work.integration, _AT_ONCE)
    named = [one for one in hints if one.item_id != WHOLE_FEED]
    failure: AppError | None = None
    size = work.at_once(_PAGE)
    for start in range(0, len(named), size):
        if work.stopping():
            return
        work.run.phase, work.caller.share = "looking at what the apps told", Share.LIVE
        failure = _look(work, named[start : start + size]) or failure
        yield Reached(work.run.done, work.run.total)
    for hint in hints:
        if hint.item_id == WHOLE_FEED:
            yield from feed.read_side(work, hint.side)
            _settled(work, [hint])
    if failure is not None:
        raise failure


def _look(work: Work, hints: Sequence[Hint]) -> AppError | None:
    """Look at a page of what was told; why the rest of it stays. The items are let go of before the next page."""
    told = _fetch(work, hints)
    paging.process(work, [one.look for one in told if one.look is not None], None)
    _settled(work, [one.hint for one in told if one.failure is None])
    return next((one.failure for one in told if one.failure is not None), None)


def _fetch(work: Work, hints: Sequence[Hint]) -> list[_Told]:
    """Read the items, and leave out what does not belong to the integration: an app tells of all that it has."""
    known: set[tuple[Side, str]] = set()
    with work.scope.reading() as tx:
        for side in Side:
            ids = [one.item_id for one in hints if one.side is side]
            known |= {(side, item_id) for item_id in pairs.by_items(tx, work.integration, side, ids)}
    told = [_Told(one, (one.side, one.item_id) in known) for one in hints]
    list(work.pool.map(lambda one: _read(work, one), told))
    for one in told:
        if isinstance(one.failure, Slowed | CredentialsRefused):
            raise one.failure
    return told


def _read(work: Work, told: _Told) -> None:
    hint = told.hint
    try:
        item = work.end(hint.side).connector.fetch(hint.item_id)
        look = Look(hint.side, item.id, Head(item.id, item.updated_at, item.stamp, item), item=item)
        count(work, look)
    except TooMuchAtOnce:
        raise  # not kept with what is held: that would hold it, too
    except Gone:
        told.look = Look(hint.side, hint.item_id) if told.known else None
    except (Slowed, CredentialsRefused) as error:
        told.failure = error
    except AppError as error:
        if told.known:
            told.look = Look(hint.side, hint.item_id)  # the page finds out once more, and holds the item back
        elif isinstance(error, Transient):
            told.failure = error
    except Exception:
        work.scope.log.exception("an item that an app told of could not be read", item=hint.item_id)
        told.look = Look(hint.side, hint.item_id) if told.known else None
    else:
        if told.known or item.container == work.mapping.shape(hint.side).container:
            told.look = look


def _settled(work: Work, hints: Sequence[Hint]) -> None:
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        inbox.settled(tx, hints)
