"""Find out what the items of a page are now, and what was last seen of them; it must not write anywhere.

Three waves, each in parallel: the items that changed, what became of creates that were cut off, the twins of those
that really differ from their snapshot. What is known already is not asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.errors import Gone, PutRight, SecondCopy
from server.domain.item import Side
from server.domain.operation import AddComment, AddFile, DeleteItem
from server.domain.pair import PairState
from server.domain.rules import Parting
from server.engine.filters import outside
from server.engine.reconcile import unchanged
from server.services.sync import left_out
from server.services.sync.guarded import in_parallel
from server.services.sync.recovery import bind_lost, with_item
from server.services.sync.work import Look, Work
from server.store import journal, marks, pairs
from server.store.marks import Mark


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
        open_ = journal.unresolved(
            tx, work.scope.cipher, work.integration, [pair for _, pair, doubtful in paired if doubtful]
        )
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
        open_ = journal.unresolved(tx, work.scope.cipher, work.integration, list(known))
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
    bind_lost(work, looks)

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


def confirm_gone(work: Work, looks: Sequence[Look]) -> None:
    """An app that says an item is gone must still know us and the container; otherwise nothing is believed.

    Raises what the app raises, and ``PutRight`` when the container itself is gone.
    """
    for side in {gone_side(one) for one in looks if one.is_gone and one.pair is not None}:
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
    bereaved = [
        one
        for one in looks
        if one.is_gone and one.item is None and (one.side not in left_alone or _may_be_displaced(one))
    ]
    gone = {id(one): one.failure for one in bereaved}
    for one in bereaved:
        one.failure = None
    in_parallel(work, bereaved, fetch)
    for one in bereaved:
        one.failure = one.failure or gone[id(one)]


def _may_be_displaced(one: Look) -> bool:
    """Whether the app may have moved something of the twin for what we wrote there."""
    said = any(isinstance(each.step, AddComment | AddFile) for each in one.open)
    return said or (one.pair is not None and bool(one.pair.displaced))


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
