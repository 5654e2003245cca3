"""Finds out whether a create whose answer was lost made its twin, and which item that is; it must not send it again.

Only "certainly absent" allows another create. Where an app's search lags, that is believed only after the lag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from server.domain.errors import Gone, Transient
from server.domain.item import Side
from server.domain.operation import CreateItem, Operation
from server.domain.pair import Pair
from server.engine.arrival import answers_to, guises
from server.services.sync.guarded import in_parallel
from server.services.sync.work import Look, Work
from server.store import pairs


class NotYetKnown(Transient):
    """Whether a create arrived cannot be said before the app's index has caught up. ``seconds`` until it can."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "The answer to the twin's creation was lost; the app's search may not show it yet. It is looked for again.",
            retry_after=seconds,
        )


def with_item(pair: Pair, side: Side, item_id: str) -> Pair:
    """The pair with the id of its item on ``side`` known."""
    seen = pair.on(side)
    return pair.with_side(side, replace(seen, item_id=item_id))


def find_orphans(work: Work, looks: Sequence[Look]) -> None:
    """Where an item was deleted while the create of its twin was open, find the twin, so that it is known as one."""
    gone = {id(one): one.failure for one in looks if one.is_gone and one.pair is not None and _has_open_create(one)}
    orphans = [one for one in looks if id(one) in gone]
    for one in orphans:
        one.failure = None
    bind_lost(work, orphans)
    for one in orphans:
        one.failure = one.failure or gone[id(one)]


def _has_open_create(one: Look) -> bool:
    return any(isinstance(operation.step, CreateItem) for operation in one.open)


def bind_lost(work: Work, looks: Sequence[Look]) -> None:
    """Find the twins of creates whose answer was lost: all are asked for at once, and believed one after the other.

    Where an app holds no correlation id several items may answer to one description, and each is one twin's only: of
    those that best bear out what was sent for them.
    """
    doubtful = [
        one
        for one in looks
        if one.pair is not None and one.pair.on(one.side.other).item_id is None and _has_open_create(one)
    ]
    found: dict[int, Sequence[str]] = {}
    claimed: set[tuple[Side, str]] = set()

    def ask(one: Look) -> None:
        found[id(one)] = _ask_for_lost(work, one)

    def bind(one: Look) -> None:
        other = one.side.other
        twin = _believe(work, one, [each for each in found[id(one)] if (other, each) not in claimed])
        if twin is not None and one.pair is not None:
            claimed.add((other, twin))
            one.pair = with_item(one.pair, other, twin)

    in_parallel(work, doubtful, ask)
    for one in _by_what_was_sent(work, doubtful, found):
        in_parallel(work, [one], bind)


def _by_what_was_sent(work: Work, looks: Sequence[Look], found: dict[int, Sequence[str]]) -> list[Look]:
    """The looks whose claim to an item is the best first; what each has ``found`` is put in that order, too."""
    claims = Counter((one.side.other, each) for one in looks for each in found.get(id(one), ()))
    worth: dict[tuple[int, str], tuple[int, int]] = {}

    def read(one: Look) -> None:
        connector = work.end(one.side.other).connector
        several = found.get(id(one), ())
        for each in several:
            if len(several) > 1 or claims[one.side.other, each] > 1:
                with suppress(Gone):
                    worth[id(one), each] = answers_to(one.open, connector.fetch(each), connector.text_format)

    def rank(one: Look, each: str) -> tuple[int, int, int, str]:
        strange, explained = worth.get((id(one), each), (0, 0))
        return -strange, -explained, len(each), each

    in_parallel(work, looks, read)
    for one in looks:
        found[id(one)] = sorted(found.get(id(one), ()), key=partial(rank, one))
    return sorted(looks, key=lambda one: [rank(one, each)[:2] for each in found[id(one)][:1]])


def _ask_for_lost(work: Work, one: Look) -> Sequence[str]:
    """The items that an unconfirmed create may have made, as the app has them; those that are somebody's left out."""
    operation = _open_create(one)
    if not isinstance(operation.step, CreateItem) or one.pair is None or operation.planned_at is None:
        raise TypeError("a create operation read back from the journal has a draft and a time")
    one.asked_at = work.clock()
    work.unknown_since.setdefault(operation.id, one.asked_at)
    side = one.side.other
    draft, since = operation.step.draft, one.pair.reserved_at or operation.planned_at
    asked: Sequence[str] = ()
    for guise in guises(draft, one.type, side):
        asked = asked or work.end(side).connector.find(guise, since)
    return free(work, side, asked)


def _believe(work: Work, one: Look, found: Sequence[str]) -> str | None:
    """The id of the twin that an unconfirmed create made (the first of ``found``), None if it certainly made none.

    Where the app's search lags, "absent" is believed only after that long. It counts from our first look, not from the
    plan: the create may have been sent much later than it was planned, and two clocks would be compared.
    """
    operation = _open_create(one)
    lag = work.end(one.side.other).connector.manifest.capabilities.marker_lag.total_seconds()
    waited = one.asked_at - work.unknown_since[operation.id]
    if not found and waited < lag:
        raise NotYetKnown(lag - waited)
    work.unknown_since.pop(operation.id, None)
    return found[0] if found else None


def _open_create(one: Look) -> Operation:
    return next(operation for operation in one.open if isinstance(operation.step, CreateItem))


def free(work: Work, side: Side, item_ids: Sequence[str]) -> list[str]:
    """Those of the items that no pair has: an item that is somebody's twin is not another's."""
    with work.scope.reading() as tx:
        known = pairs.by_items(tx, work.integration, side, list(item_ids)) if item_ids else {}
    return [one for one in item_ids if one not in known and (side, one) not in work.made]
