"""Items that a person wants looked at again: some, or all pairs and whatever is held back; live passes go on beside it.

Both sides are compared with what was last seen of them, whatever their stamps say. A hard resync takes every mapped
field of one side for changed; comments and files travel as ever, once. What a kill -9 leaves behind: the place up to
which the walk was settled, on the request; the next run goes on there. It must not decide what travels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from server.connectors.pace import Share
from server.domain.item import Side
from server.domain.pair import PairState
from server.services.sync import page as paging
from server.services.sync import preview, settle
from server.services.sync.feed import Reached
from server.services.sync.settle import Settlement
from server.services.sync.work import Again, Look, Work
from server.store import holds, lease, pairs, requests
from server.store.events import Event

_PAGE = 50


def run(work: Work) -> Iterator[Reached]:
    """Look again at what the request names, or at everything. Raises what ``page.process`` raises."""
    if work.request is None:
        raise TypeError("a resync is asked for")
    work.caller.share = Share.BACKFILL
    argument = work.request.argument
    side = Side(argument["side"]) if argument.get("side") else None
    again = replace(work, again=Again(work.request.kind == "hard resync", side))
    if work.dry:
        preview.begin(work)
    named = [*(f"pair/{one}" for one in argument.get("pairs", ())), *map(_name, argument.get("items", ()))]
    place = "" if work.dry else work.request.place
    work.run.total = len(named) if named else _total(work)
    work.run.phase = "looking again"
    while not (work.stopping() or work.run.cancelled):
        place, looks = _listed(work, named, place) if named else _everything(work, place)
        if not looks:
            break
        paging.process(again, looks, None)
        _came_to(work, place)
        yield Reached(work.run.done, work.run.total)
    if work.dry:
        preview.end(work)


def _name(item: dict[str, Any]) -> str:
    return f"{item['side']}/{item['item_id']}"


def _total(work: Work) -> int:
    with work.scope.reading() as tx:
        return pairs.count(tx, work.integration)


def _listed(work: Work, named: Sequence[str], place: str) -> tuple[str, list[Look]]:
    """The next page of what was named. A pair that has ended is on record, and left."""
    start = int(place or "0")
    looks: list[Look] = []
    while start < len(named) and not looks:
        chosen = [one.partition("/") for one in named[start : start + work.at_once(_PAGE)]]
        start += len(chosen)
        with work.scope.reading() as tx:
            known = pairs.by_ids(tx, work.integration, [key for kind, _, key in chosen if kind == "pair"])
            by_item = {
                side: pairs.by_items(tx, work.integration, side, [key for kind, _, key in chosen if kind == side])
                for side in Side
            }
        ended = []
        for kind, _, key in chosen:
            pair = known.get(key) if kind == "pair" else by_item[Side(kind)].get(key)
            if pair is not None and pair.state is PairState.ENDED:
                ended.append(pair)
            elif pair is not None:
                looks.append(Look(pair.origin, pair.on(pair.origin).item_id or ""))
            elif kind != "pair":
                looks.append(Look(Side(kind), key))
        _leave(work, [Look(one.origin, one.on(one.origin).item_id or "", pair=one) for one in ended])
    return str(start), looks


def _leave(work: Work, looks: Sequence[Look]) -> None:
    summary = "The two items are not kept in step any more, so nothing was done."
    ended = [Event("noted", summary, one.pair.id, one.side, one.item_id, one.key) for one in looks if one.pair]
    settlement = Settlement(events=ended)
    if not ended:
        return
    if work.dry:
        preview.record(work, (), (), settlement, looked=len(ended))
    else:
        settle.commit(work, settlement, looked=len(ended), cursor=None)


def _everything(work: Work, place: str) -> tuple[str, list[Look]]:
    """The next page of all pairs, then of what is held back without one."""
    stage, _, after = place.partition("/")
    if stage in ("", "pairs"):
        with work.scope.reading() as tx:
            rows = pairs.page(tx, work.integration, after, work.at_once(_PAGE))
        if rows:
            return f"pairs/{rows[-1].id}", [Look(one.origin, one.on(one.origin).item_id or "") for one in rows]
        after = ""
    side, _, item_id = after.partition("/")
    with work.scope.reading() as tx:
        held = holds.unpaired(tx, work.integration, (side, item_id), work.at_once(_PAGE))
    if not held:
        return place, []
    return f"holds/{held[-1][0]}/{held[-1][1]}", [Look(*one) for one in held]


def _came_to(work: Work, place: str) -> None:
    if work.request is None or work.dry:
        return
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        requests.came_to(tx, work.request.id, place)
