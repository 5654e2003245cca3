"""What waits to travel between two items as their apps hold them now, and what will find it; it must not write.

Only a look at an item finds a change: a feed brings items whose time of change moved, the daily full scan all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from server.domain.item import Side
from server.domain.pair import Pair
from server.engine.filters import outside
from server.engine.outlook import Outlook, outlook
from server.services.apart import compiled
from server.services.apps import Apps
from server.services.asking import Asked, Now
from server.services.items import Detail
from server.services.scope import TenantScope
from server.store import pairs, scans
from server.store.integrations import Integration

_KEPT = ("linked",)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an explanation says of a pair's two items: ``now`` with the labels of what waits to travel.

    ``changed`` names the connections that something would travel from, ``left`` why an item does not belong to the
    integration any more (empty: both do). ``silent``: no feed brings either item because of it.
    """

    now: tuple[Now, ...]
    changed: tuple[str, ...] = ()
    left: str = ""
    silent: bool = False


def waiting(scope: TenantScope, apps: Apps, row: Integration, detail: Detail, asked: Mapping[Side, Asked]) -> Waiting:
    """What waits to travel between the items of a pair. ``asked``: what both apps said, as far as they were asked."""
    now = tuple(one.now for one in asked.values())
    found = {side: one.item for side, one in asked.items() if one.item is not None}
    with scope.reading() as tx:
        pair = pairs.by_ids(tx, row.id, [detail.id]).get(detail.id)
    if pair is None or detail.state not in _KEPT:
        return Waiting(now)
    silent = not any(_comes(one, pair) for one in asked.values())
    if len(found) < len(Side):
        return Waiting(now, silent=silent)
    mapping = compiled(scope, apps, row, {side: pair.on(side).type for side in Side})
    if mapping is None:
        return Waiting(now, silent=silent)
    for side, item in found.items():
        why = outside(mapping, side, item, paired=True, beside=found[side.other].restricted)
        if why:
            return Waiting(now, left=why, silent=silent)
    travels = outlook(pair, mapping.types[0], found[Side.LEFT], found[Side.RIGHT], mapping)
    told = tuple(replace(one, changed=_labels(one, travels)) for one in now)
    return Waiting(told, tuple(one.name for one in now if one.side in travels.sides), silent=silent)


def _comes(one: Asked, pair: Pair) -> bool:
    """Whether the next look at the feed brings the item, and not as one that is known to be unchanged."""
    stamp = pair.on(one.now.side).stamp
    return one.item is not None and one.listed and not (stamp and one.item.stamp == stamp)


def _labels(now: Now, travels: Outlook) -> tuple[str, ...]:
    fields = tuple(one.label for one in now.fields if one.field in travels.fields[now.side])
    comments = ("comments",) if travels.comments[now.side] else ()
    return (*fields, *comments, *(("files",) if travels.files[now.side] else ()))


def next_scan(scope: TenantScope, row: Integration) -> datetime | None:
    """When the next full scan is due; None when the integration makes none by itself."""
    if not row.document.scan_hours:
        return None
    with scope.reading() as tx:
        seconds = scans.seconds_until_due(tx, row.id, row.document.scan_hours)
    return datetime.now(UTC) + timedelta(seconds=max(seconds, 0.0))
