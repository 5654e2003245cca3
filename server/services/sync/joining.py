"""Two items that are there already as one pair, with all that a later pass must know; it must not write it down.

Nothing is written to an app by that: the snapshots say who gives way, and the next live pass brings the two in step.
"""

from __future__ import annotations

from datetime import timedelta

from server.domain.item import Item, Side
from server.domain.pair import Pair, PairState, Seen
from server.domain.rules import Precedence
from server.engine import matching
from server.engine.align import Aligned, align
from server.engine.mapping import CompiledType
from server.services.sync.work import Work
from server.store.holds import Hold


def as_pair(work: Work, type_: CompiledType, both: tuple[Item, Item], wins: Precedence, pair: str) -> Aligned:
    """The left and the right item as the pair with the id ``pair``."""
    left, right = both
    later = right.updated_at > left.updated_at
    origin = Side.RIGHT if wins is Precedence.RIGHT or (wins is Precedence.LATEST and later) else Side.LEFT
    joined = Pair(
        pair,
        PairState.LINKED,
        origin,
        Seen(left.id, left.key, left.url, left.type, {}, restricted=left.restricted),
        Seen(right.id, right.key, right.url, right.type, {}, restricted=right.restricted),
        title=str(next((left.fields.get(one.left.id) for one in type_.fields), "") or left.key),
        comments=matching.twins_of_comments(left, right, work.mapping, work.ids()),
        attachments=matching.twins_of_files(left, right, work.ids()),
    )
    return align(type_, joined, left, right, wins)


def soon(pair: Pair) -> Hold:
    """The next live pass looks at it, whatever the feeds bring."""
    seen = pair.on(pair.origin)
    reason = "It was joined with its twin, and is brought in step next."
    return Hold(pair.origin, seen.item_id or "", "waiting", reason, seen.key, pair.id, delay=timedelta(0))
