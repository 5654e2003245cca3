"""Find out what the items of a page are now, and what was last seen of them; it must not write anywhere.

Three waves, each in parallel: the items that changed, what became of creates that were cut off, the twins of those
that really differ from their snapshot. What is known already is not asked for again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from server.domain.errors import AppError, Fenced, Gone, PutRight, SecondCopy, Transient
from server.domain.item import Side
from server.domain.operation import CreateItem, DeleteItem, Operation
from server.domain.pair import Pair, PairState
from server.domain.rules import Parting
from server.engine.arrival import answers_to, guises
from server.engine.filters import outside
from server.engine.reconcile import unchanged
from server.services.sync import left_out
from server.services.sync.work import Look, Work
from server.store import journal, marks, pairs
from server.store.marks import Mark


class NotYetKnown(Transient):
    """Whether a create arrived cannot be said before the app's index has caught up. ``seconds`` until it can."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "The answer to the twin's creation was lost; the app's search may not show it yet. It is looked for again.",
            retry_after=seconds,
        )


def recognise(work: Work, looks: Sequence[Look]) -> list[Look]:
    """Bring the pairs of these items, and drop every item that is known to be unchanged.

    A dry run looks at held items too, for it is to say what would become of them.
    """
    rest = _sift(work, looks)
    _bring_pairs(work, rest)
    return [one for one, _ in rest]


def strangers(work: Work, looks: Sequence[Look]) -> list[Look] | None:
    """What ``recognise`` would leave, if none of it has a pair; None, and nothing more is read, if any has."""
    rest = _sift(work, looks)
    return None if any(mark is not None and mark.pair is not None for _, mark in rest) else [one for one, _ in rest]


def _sift(work: Work, looks: Sequence[Look]) -> list[tuple[Look, Mark | None]]:
    """The items that are not known to be unchanged, with what is known of them."""
    rest: list[tuple[Look, Mark | None]] = []
    for side in Side:
        mine = [one for one in looks if one.side is side]
        if not mine:
            continue
        with work.scope.reading() as tx:
            known = marks.read(tx, work.integration, side, [one.item_id for one in mine])
        if work.dry:
            known = {item_id: replace(mark, held=None) for item_id, mark in known.items()}
        found = [(one, known.get(one.item_id)) for one in mine]
        rest += [(one, mark) for one, mark in found if not _known_unchanged(one, mark)]
    return rest


def _bring_pairs(work: Work, known: Sequence[tuple[Look, Mark | None]]) -> None:
    """Read the pairs of these items, and the operations on them whose outcome is unknown, where there are any."""
    paired = [(one, mark.pair, mark.open) for one, mark in known if mark is not None and mark.pair is not None]
    if not paired:
        return
    with work.scope.reading() as tx:
        there = pairs.by_ids(tx, work.integration, [pair for _, pair, _ in paired])
        open_ = journal.unresolved(tx, work.integration, [pair for _, pair, doubtful in paired if doubtful])
    for one, pair, _ in paired:
        one.pair = there.get(pair)
        one.open = open_.get(pair, ())


def _known_unchanged(one: Look, mark: Mark | None) -> bool:
    if one.head is None or mark is None:  # somebody asked for this very item, or nobody knows it
        return False
    if mark.state is PairState.ENDED:
        return True
    if not one.head.stamp:
        return False
    if mark.held is not None:
        return mark.held == one.head.stamp
    return mark.pair is not None and not mark.open and mark.stamp == one.head.stamp


def fetch_items(work: Work, looks: Sequence[Look]) -> None:
    """Read every item as it is now."""

    def fetch(one: Look) -> None:
        one.item = work.end(one.side).connector.fetch(one.item_id)

    for one in looks:
        one.item = one.head.item if one.head is not None else None
        one.failure = one.failure or (one.head.unread if one.head is not None else None)
    in_parallel(work, [one for one in looks if one.item is None], fetch)
    _bind_by_marker(work, [one for one in looks if one.pair is None and one.item is not None and one.item.marker])
    for one in looks:
        if one.item is not None:
            twin_type = one.pair.on(one.side.other).type if one.pair else ""
            one.type = work.mapping.type_of(one.side, one.item.type, twin_type)


def read_anew(work: Work, looks: Sequence[Look]) -> bool:
    """Read once more what a list brought along of items that are known; whether there was any.

    A list may be a while old (a cache, a replica). An item that differs from what was last seen would then look as if
    a person had changed it back, so only the item itself decides what is written.
    """
    listed = [one for one in looks if one.pair is not None and one.head is not None and one.item is one.head.item]

    def fetch(one: Look) -> None:
        one.item = work.end(one.side).connector.fetch(one.item_id)

    in_parallel(work, [one for one in listed if one.item is not None], fetch)
    return bool(listed)


def _bind_by_marker(work: Work, looks: Sequence[Look]) -> None:
    """An item without a pair that carries our correlation id is the twin whose create was never confirmed.

    Where the pair has its twin already, and our account made this one, too, it was made twice. What a person copied
    carries the correlation id along; it is theirs, and an item like any other.
    """
    if not looks:
        return
    markers = [one.item.marker for one in looks if one.item and one.item.marker]
    with work.scope.reading() as tx:
        known = pairs.by_ids(tx, work.integration, markers)
        open_ = journal.unresolved(tx, work.integration, list(known))
    for one in looks:
        pair = known.get(one.item.marker or "") if one.item else None
        if pair is not None and pair.on(one.side).item_id is None and one.item is not None:
            one.pair = with_item(pair, one.side, one.item.id)
            one.open = open_.get(pair.id, ())
        elif pair is not None and one.item is not None and not one.item.own:
            one.copied = True
        elif pair is not None and pair.state is not PairState.ENDED and one.item is not None:
            twin, name = pair.on(one.side).key, work.end(one.side).name
            one.failure = SecondCopy(
                f"{one.key} is a second copy of {twin}: {name} carried out twice what was asked for once. It is not "
                f"kept in step; delete it in {name}."
            )


def with_item(pair: Pair, side: Side, item_id: str) -> Pair:
    """The pair with the id of its item on ``side`` known."""
    seen = pair.on(side)
    return pair.with_side(side, replace(seen, item_id=item_id))


def is_quiet(work: Work, one: Look) -> bool:
    """Whether the item is what was last seen of it (mostly our own write coming back).

    Never where the mapping itself is what changed, or where a person wants both sides looked at; nor of an item that
    was held: what is owed to it, or to its twin, may be a change of the other side, and where its links lead there may
    be a twin by now.
    """
    return one.head is not None and is_as_seen(work, one)


def is_as_seen(work: Work, one: Look) -> bool:
    """Whether the item is what was last seen of it, and nothing else asks for a look at it or at its twin."""
    if work.align is not None or work.again is not None:
        return False
    if one.pair is None or one.item is None or one.type is None or one.open:
        return False
    beside = one.pair.on(one.side.other).restricted
    if outside(work.mapping, one.side, one.item, paired=True, beside=beside) or not left_out.still_so(work, one):
        return False
    return unchanged(one.type, one.pair, one.side, one.item, work.mapping)


def fetch_twins(work: Work, looks: Sequence[Look]) -> None:
    """Read the other side of every pair; where a create was cut off, find out first whether it arrived."""
    _bind_lost(work, looks)

    def fetch(one: Look) -> None:
        twin_id = one.pair.on(one.side.other).item_id if one.pair is not None else None
        if twin_id is not None:
            one.twin = work.end(one.side.other).connector.fetch(twin_id)

    in_parallel(work, [one for one in looks if one.pair is not None], fetch)


def absorbed(work: Work, looks: Sequence[Look]) -> list[Look]:
    """The items that were merged into these and are kept in step still, looked at: no feed names them any more."""
    found: list[Look] = []
    for side in Side:
        asked = {one.item_id for one in looks if one.side is side}
        ids = {each for one in looks if one.side is side and one.item is not None for each in one.item.absorbed} - asked
        if not ids:
            continue
        with work.scope.reading() as tx:
            known = pairs.by_items(tx, work.integration, side, sorted(ids))
        found += [Look(side, one) for one, pair in sorted(known.items()) if pair.state is not PairState.ENDED]
    found = recognise(work, found)
    fetch_items(work, found)
    return found


def find_orphans(work: Work, looks: Sequence[Look]) -> None:
    """Where an item was deleted while the create of its twin was open, find the twin, so that it is known as one."""
    gone = {id(one): one.failure for one in looks if is_gone(one) and one.pair is not None and _has_open_create(one)}
    orphans = [one for one in looks if id(one) in gone]
    for one in orphans:
        one.failure = None
    _bind_lost(work, orphans)
    for one in orphans:
        one.failure = one.failure or gone[id(one)]


def confirm_gone(work: Work, looks: Sequence[Look]) -> None:
    """An app that says an item is gone must still know us and the container; otherwise nothing is believed.

    Raises what the app raises, and ``PutRight`` when the container itself is gone.
    """
    for side in {gone_side(one) for one in looks if is_gone(one) and one.pair is not None}:
        connector, shape = work.end(side).connector, work.mapping.shape(side)
        connector.check()
        if not connector.item_types(shape.container):
            raise PutRight(
                f"{shape.name} shows no “{shape.container}” any more, so nothing there counts as deleted. Give the "
                "account back its right to see it, or choose another container in the integration.",
                field=side.value,
            )


def gone_side(one: Look) -> Side:
    """Whose item was deleted: of the two, the one that could not be read."""
    return one.side if one.item is None else one.side.other


def fetch_bereaved(work: Work, looks: Sequence[Look]) -> None:
    """Read the twins of deleted items where the integration does something with them."""

    def fetch(one: Look) -> None:
        twin_id = one.pair.on(one.side.other).item_id if one.pair else None
        if twin_id is None:
            return
        try:
            one.twin = work.end(one.side.other).connector.fetch(twin_id)
        except Gone:
            one.twin = None

    left_alone = {side for side in Side if work.mapping.document.deletions.on(side.other) is Parting.IGNORE}
    bereaved = [one for one in looks if is_gone(one) and one.item is None and one.side not in left_alone]
    gone = {id(one): one.failure for one in bereaved}
    for one in bereaved:
        one.failure = None
    in_parallel(work, bereaved, fetch)
    for one in bereaved:
        one.failure = one.failure or gone[id(one)]


def confirm_deletions(work: Work, looks: Sequence[Look]) -> None:
    """Where the answer to a deletion of ours was lost, find out whether the item is there still."""
    failures = {id(one): one.failure for one in looks if _open_deletion(one) is not None}
    doubtful = [one for one in looks if id(one) in failures]

    def ask(one: Look) -> None:
        side = _open_deletion(one)
        there = one.pair.on(side).item_id if one.pair is not None and side is not None else None
        if side is None or there is None:
            raise TypeError("only an item that is known is deleted")
        try:
            work.end(side).connector.fetch(there)
        except Gone as gone:
            one.deleted = side
            if gone.into:
                one.merged[side] = gone.into

    for one in doubtful:
        if isinstance(one.failure, Gone) and one.failure.into:
            one.merged[gone_side(one)] = one.failure.into
        one.failure = None
    in_parallel(work, doubtful, ask)
    for one in doubtful:
        one.failure = one.failure or failures[id(one)]


def _open_deletion(one: Look) -> Side | None:
    return next((operation.side for operation in one.open if isinstance(operation.step, DeleteItem)), None)


def _has_open_create(one: Look) -> bool:
    return any(isinstance(operation.step, CreateItem) for operation in one.open)


def _bind_lost(work: Work, looks: Sequence[Look]) -> None:
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


def in_parallel(work: Work, looks: Sequence[Look], task: Callable[[Look], None]) -> None:
    """Run ``task`` on every look; an app's refusal stays with its item and holds back no other."""

    def guarded(one: Look) -> None:
        try:
            task(one)
        except AppError as error:
            one.failure = error
        except Fenced:
            raise
        except Exception as error:
            work.scope.log.exception("an item could not be looked at", item=one.item_id)
            one.failure = error

    list(work.pool.map(guarded, [one for one in looks if one.failure is None]))


def is_gone(one: Look) -> bool:
    """Whether the item or its twin was deleted."""
    return isinstance(one.failure, Gone)
