"""What apps refused of a pair: remembered with it, said in a hold, and kept out of the plans until something changes.

See ``engine.refusals`` for what that is. It must not decide what travels, or write to an app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from server.domain.errors import CredentialsRefused
from server.domain.item import Item, Side
from server.domain.operation import Note
from server.domain.pair import PARTED, Pair, Refusal
from server.domain.values import FieldKind, Value
from server.engine import refusals
from server.engine.mapping import CompiledType
from server.engine.plan import Plan, snapshot
from server.engine.refusals import Beside
from server.services.sync.carried import Applied
from server.services.sync.work import Look, Work
from server.store import holds, lease, pairs
from server.store.holds import Hold

_ABLE: Final = ("private_comments", "edits_comments", "deletes_comments", "deletes_attachments", "deletes_items")


def withhold(work: Work, look: Look, plan: Plan) -> Plan:
    """The plan without what was refused before; all of it where a person, or a change of the rules, asks once more.

    A dry run shows what would be done if somebody did. What an app works out by itself is never written, and said once.
    """
    around = beside(work, plan.type, _items(look))
    anew = look.afresh or work.dry or work.again is not None or work.align is not None
    known = look.pair.refusals if look.pair is not None else ()
    less = refusals.withhold(plan, None if anew else look.pair, around)
    told = {(one.side, one.name, one.value) for one in known}
    notes = [
        Note("not written", one.side, one.label.strip("“”"), reason=one.words)
        for one in less.pair.refusals
        if (one.side, one.name, one.value) not in told
    ]
    return replace(less, notes=(*less.notes, *notes)) if notes else less


def still_so(work: Work, look: Look) -> bool:
    """Whether nothing has changed on the item that something of its pair was refused for."""
    if look.pair is None or not look.pair.refusals or look.type is None:
        return True
    around = beside(work, look.type, _items(look))
    return all(refusals.holds_still(one, around) for one in look.pair.refusals)


def try_anew(work: Work) -> None:
    """Let be tried again what was refused under other rules: the apps have just been asked what they have.

    Raises ``Fenced``. A kill before the commit leaves it to the next time that the apps are asked.
    """
    with work.scope.reading() as tx:
        several = pairs.with_refusals(tx, work.integration)
    changed = []
    for pair in several:
        type_ = work.mapping.type_of(Side.LEFT, pair.left.type, pair.right.type)
        around = beside(work, type_, {}) if type_ is not None else None
        if around is not None and any(refusals.under_other_rules(one, around) for one in pair.refusals):
            changed.append(pair.id)
    if changed:
        with work.scope.transaction() as tx:
            lease.check_fence(tx, work.epoch)
            holds.refused_anew(tx, work.integration, changed)


def beside(work: Work, type_: CompiledType, items: Mapping[Side, Item | None]) -> Beside:
    """What refusals depend on, as it is now."""
    specs = {side: work.mapping.shape(side).fields.get(type_.on(side), ()) for side in Side}
    shapes = {side: work.mapping.shape(side) for side in Side}
    locked = {side: [one.id for one in shape.users if not one.active] for side, shape in shapes.items()}
    able = {
        side: [name for name in _ABLE if getattr(shape, name)]  # the names of abilities are those of the shape's fields
        for side, shape in shapes.items()
    }
    return Beside(work.version, type_, items, specs, locked, able)


def remembered(work: Work, look: Look, done: Applied, pair: Pair) -> Pair:
    """The pair with what its apps have refused now, and without claiming that any of it was carried."""
    fresh = () if isinstance(done.failure, CredentialsRefused) else tuple(done.refusals)
    if not fresh and not pair.refusals:
        return pair
    around = beside(work, done.plan.type, _items(look) | done.latest)
    bound = tuple(refusals.bound(one, around) for one in fresh)
    known = {(one.side, one.what, one.name, one.value) for one in bound}
    kept = tuple(one for one in pair.refusals if (one.side, one.what, one.name, one.value) not in known)
    pair = replace(pair, refusals=(*kept, *bound))
    for side in Side:
        seen = pair.on(side)
        if seen.snapshot is not None:
            values = refusals.members_kept_back(done.plan.type, pair, side, seen.snapshot)
            pair = pair.with_side(side, replace(seen, snapshot=values))
    return pair


def holds_of(work: Work, look: Look, pair: Pair, done: Applied) -> list[Hold]:
    """The hold that says what of the pair is not carried: what its apps refused, or what the breaker has stopped.

    An item whose twin was never made has settled nothing; what was looked at is what was refused, and is not looked at
    again before it changes.
    """
    side = pair.refusals[0].side.other if pair.refusals else pair.origin
    if done.plan.pair.state in PARTED:
        side = side.other  # the original is gone, or out of sight
    seen = pair.on(side) if pair.on(side).item_id is not None else pair.on(side.other)
    if seen.item_id is None or not (pair.refusals or done.plan.stops):
        return []
    where = side if seen is pair.on(side) else side.other
    words = "; ".join(dict.fromkeys(one.words for one in pair.refusals))
    reason = " ".join([*_sentences(work, pair.refusals), *(one.why for one in done.plan.stops)])
    seconds = min((one.seconds for one in done.plan.stops), default=None)
    there = _items(look).get(where)
    stamp = there.stamp if seen.snapshot is None and there is not None else seen.stamp
    return [
        Hold(
            where,
            seen.item_id,
            "quarantine",
            reason,
            seen.key,
            pair.id,
            words,
            stamp,
            None if seconds is None else timedelta(seconds=seconds),
            steady=True,
        )
    ]


def _sentences(work: Work, several: Sequence[Refusal]) -> list[str]:
    """What each app refuses, in a sentence an app."""
    found = [one.label for one in several if one.what in refusals.WHOLE]
    for side in Side:
        labels = [one.label for one in several if one.side is side and one.what not in refusals.WHOLE]
        if labels:
            *first, last = labels
            named = f"{', '.join(first)} and {last}" if first else last
            found.append(f"{work.end(side).name} refuses {named}; that is left out, and the rest goes on.")
    return found


def put_on_meanwhile(done: Applied, side: Side, made: Item) -> dict[str, Value]:
    """The label fields of a twin that was just made as far as we filled them in.

    What else is there, somebody put on before we read the item. It is theirs, and travels. Where a label of ours is not
    there the app has its own words for it, so nothing can be told.
    """
    sent = done.sent(side)
    found: dict[str, Value] = {}
    for one in done.plan.type.fields:
        spec = one.spec(side)
        there = snapshot(done.plan.type, side, made).get(spec.id) if spec.kind is FieldKind.LABELS else None
        if not isinstance(there, tuple):
            continue
        ours = sent.get(spec.id)
        wanted = {each.casefold() for each in ours} if isinstance(ours, tuple) else set()
        if wanted <= {each.casefold() for each in there}:
            found[spec.id] = tuple(each for each in there if each.casefold() in wanted)
    return found


def _items(look: Look) -> dict[Side, Item | None]:
    return {look.side: look.item, look.side.other: look.twin}
