"""Items that are on both sides already become pairs: shown first, joined when a person has seen it; nothing is created.

Neither step writes to an app: a joined pair is brought in step by the next live passes, by snapshots that say who
gives way. What a kill -9 leaves behind: of a preview lines that the next one drops; of a join whole pairs, and the
place up to which it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import TypeAdapter

from server.connectors.pace import Share
from server.domain.errors import AppError, CredentialsRefused, TooLarge, Transient
from server.domain.item import Head, Side
from server.domain.preview import Line
from server.domain.rules import MatchRules, Precedence
from server.engine import matching
from server.engine.align import Aligned
from server.engine.filters import outside
from server.services.sync import look as looking
from server.services.sync import preview
from server.services.sync.feed import Reached, turns
from server.services.sync.joining import as_pair, soon
from server.services.sync.weight import TooMuchAtOnce
from server.services.sync.work import Look, Work
from server.store import candidates, events, holds, lease, pairs, previews, requests, runs
from server.store.candidates import Alike, Candidate
from server.store.events import Event

_PAGE = 50
_RULES: TypeAdapter[MatchRules] = TypeAdapter(MatchRules)


def run(work: Work) -> Iterator[Reached]:
    """Show which items are one, or join those that were shown. Raises ``PutRight`` for rules that name no field."""
    work.caller.share = Share.BACKFILL
    return _join(work) if not work.dry else _show(work)


def _over(work: Work) -> bool:
    return work.stopping() or work.run.cancelled


def _stop_on(looks: Sequence[Look], *kinds: type[AppError]) -> None:
    """What is no matter of one item ends the page; it is taken up again from its beginning."""
    for one in looks:
        if isinstance(one.failure, kinds):
            raise one.failure


# What would be joined


def _show(work: Work) -> Iterator[Reached]:
    asked = work.request.argument.get("rules") if work.request else None
    rules = work.mapping.document.matching if asked is None else _RULES.validate_python(asked)
    matching.review_rules(rules, work.mapping)
    preview.begin(work)
    work.run.uncounted = work.right.name
    yield from _walk(work, Side.LEFT, rules)
    work.run.uncounted = ""
    yield from _walk(work, Side.RIGHT, rules)
    work.run.phase = "comparing both sides"
    for rule in range(len(rules.rules)):
        yield from _compare(work, rules, rule)
    preview.end(work)


def _walk(work: Work, side: Side, rules: MatchRules) -> Iterator[Reached]:
    if _over(work):
        return
    end = work.end(side)
    work.run.phase = f"reading {end.name}"
    for page in end.connector.changes(work.mapping.shape(side).container, None):
        if page.total is not None:
            work.run.total = (work.run.total or work.run.done) + page.total
        for part, _ in turns(work, _unpaired(work, side, page.heads)):
            _read(work, side, part, rules)
            yield Reached(work.run.done, work.run.total)
            if _over(work):
                return


def _read(work: Work, side: Side, looks: Sequence[Look], rules: MatchRules) -> None:
    """Write down by what these items could be one with others."""
    looking.fetch_items(work, looks)
    _stop_on(looks, CredentialsRefused)
    lines, found = [], []
    for one in looks:
        if one.failure is not None:
            reason = one.failure.message if isinstance(one.failure, AppError) else str(one.failure)
            lines.append(Line(side.other, one.item_id, "hold", one.key, reason=reason))
        found += _candidates(work, one, rules)
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        candidates.add(tx, work.begin_run(), found)
    preview.add(work, lines, len(looks))


def _unpaired(work: Work, side: Side, heads: Sequence[Head]) -> list[Look]:
    """Items without a pair that this run has not come by."""
    once = {head.id: head for head in heads}
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        fresh = previews.walk(tx, work.begin_run(), side, list(once))
        paired = pairs.by_items(tx, work.integration, side, list(fresh))
    work.run.done += len(once) - len(fresh) + len(paired)
    return [Look(side, head.id, head) for head in once.values() if head.id in fresh and head.id not in paired]


def _candidates(work: Work, one: Look, rules: MatchRules) -> list[Candidate]:
    item, type_ = one.item, one.type
    if item is None or type_ is None or one.pair is not None:
        return []
    if outside(work.mapping, one.side, item, paired=False):
        return []
    signs = [matching.signature(rule, one.side, item, type_, work.mapping) for rule in rules.rules]
    return [Candidate(one.side, item.id, item.key, place, sign) for place, sign in enumerate(signs) if sign is not None]


def _compare(work: Work, rules: MatchRules, rule: int) -> Iterator[Reached]:
    words = matching.words(rules.rules[rule], work.mapping)
    after = b""
    while not _over(work):
        run_id = work.begin_run()
        with work.scope.reading() as tx:
            found = candidates.alike(tx, run_id, rule, after, _PAGE)
        if not found:
            return
        after = found[-1].signature
        one_to_one = [one.signature for one in found if matching.one_to_one(one.left, one.right)]
        preview.add(work, _joined(work, rule, one_to_one, words), 0)
        for one in found:
            if one.signature not in one_to_one:
                yield from _ambiguous(work, rule, one, words)
        with work.scope.transaction() as tx:
            lease.check_fence(tx, work.epoch)
            candidates.decided(tx, run_id, rule, [one.signature for one in found])
        yield Reached(work.run.done, work.run.total)


def _joined(work: Work, rule: int, signatures: Sequence[bytes], words: str) -> list[Line]:
    with work.scope.reading() as tx:
        rows = candidates.members(tx, work.begin_run(), rule, signatures, ("", ""), 2 * _PAGE)
    right = {one.signature: one for one in rows if one.side is Side.RIGHT}
    lines = []
    for one in rows:
        if one.side is Side.LEFT:
            twin = right[one.signature]
            lines.append(Line(Side.RIGHT, one.item_id, "join", one.item_key, twin.item_id, twin.item_key, reason=words))
    work.run.counts["joins"] += len(lines)
    return lines


def _ambiguous(work: Work, rule: int, alike: Alike, words: str) -> Iterator[Reached]:
    """Every item that could be one with several, however many they are."""
    left, right = work.left.name, work.right.name
    reason = f"By {words}, {alike.left} of {left} and {alike.right} of {right} are alike; which are one is not certain."
    after = ("", "")
    while not _over(work):
        with work.scope.reading() as tx:
            rows = candidates.members(tx, work.begin_run(), rule, [alike.signature], after, 2 * _PAGE)
        if not rows:
            return
        after = (rows[-1].side.value, rows[-1].item_id)
        lines = [Line(one.side.other, one.item_id, "ambiguous", one.item_key, reason=reason) for one in rows]
        work.run.counts["ambiguous"] += len(lines)
        preview.add(work, lines, 0)
        yield Reached(work.run.done, work.run.total)


# What is joined


def _join(work: Work) -> Iterator[Reached]:
    if work.request is None:
        raise TypeError("a join answers a request")
    argument, after = work.request.argument, int(work.request.place or 0)
    wins = Precedence(argument.get("wins", Precedence.FILL))
    work.run.phase = "joining"
    while not _over(work):
        with work.scope.reading() as tx:
            lines = previews.page(tx, str(argument["preview"]), after=after, limit=work.at_once(_PAGE), action="join")
        if not lines:
            return
        looks = {
            side: [Look(side, one.item_id if side is Side.LEFT else one.twin_id) for one in lines] for side in Side
        }
        _fetch_both(work, looks)
        _stop_on([*looks[Side.LEFT], *looks[Side.RIGHT]], CredentialsRefused, Transient)
        after = lines[-1].id
        _commit(work, list(zip(looks[Side.LEFT], looks[Side.RIGHT], strict=True)), wins, str(after))
        yield Reached(work.run.done, work.run.total)


def _fetch_both(work: Work, looks: Mapping[Side, Sequence[Look]]) -> None:
    """Read the items of a page. Two that are too much together stay apart, with the reason."""
    both = [*looks[Side.LEFT], *looks[Side.RIGHT]]
    try:
        looking.fetch_items(work, both)
    except TooMuchAtOnce:
        if len(looks[Side.LEFT]) > 1:
            raise
        for one in both:
            one.item, one.room = None, None
            one.failure = TooLarge("The two have more text than one tenant may hold in memory. They stay as they are.")


def _commit(work: Work, both: Sequence[tuple[Look, Look]], wins: Precedence, place: str) -> None:
    """Make the pairs of a page, with all that a later pass must know of them, in one commit."""
    run_id, done = work.begin_run(), work.run
    made: list[Aligned] = []
    told: list[Event] = []
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        taken = {
            side: pairs.by_items(tx, work.integration, side, [_on(one, side).item_id for one in both]) for side in Side
        }
        for one in both:
            late = any(_on(one, side).item_id in taken[side] for side in Side)
            result = "One of the two has got a twin meanwhile." if late else _as_pair(work, *one, wins)
            if isinstance(result, Aligned):
                made.append(result)
            told.append(_told(work, *one, result))
        pairs.reserve(tx, work.integration, [one.pair for one in made])
        pairs.save_comments(tx, [(one.pair.id, each) for one in made for each in one.pair.comments])
        pairs.save_attachments(tx, [(one.pair.id, each) for one in made for each in one.pair.attachments])
        events.add(tx, work.integration, run_id, told)
        events.add_conflicts(tx, [(one.pair.id, each) for one in made for each in one.conflicts])
        holds.clear(tx, work.integration, [(side, one.pair.on(side).item_id or "") for one in made for side in Side])
        holds.put(tx, work.integration, [soon(one.pair) for one in made])
        if work.request is not None:
            requests.came_to(tx, work.request.id, place)
        done.done += len(both)
        done.counts["joined"] += len(made)
        done.counts["skipped"] += len(both) - len(made)
        done.cancelled = runs.progress(
            tx, run_id, phase=done.phase, done=done.done, total=done.total, counts=done.counts
        )


def _on(both: tuple[Look, Look], side: Side) -> Look:
    return both[0] if side is Side.LEFT else both[1]


def _as_pair(work: Work, left: Look, right: Look, wins: Precedence) -> Aligned | str:
    """The two as a pair, with snapshots that say who gives way; or why they are none."""
    for one in (left, right):
        if one.failure is not None or one.item is None:
            return one.failure.message if isinstance(one.failure, AppError) else "One of the two could not be read."
        if one.pair is not None:
            return "One of the two is the twin of another item."
        why = outside(work.mapping, one.side, one.item, paired=True)
        if why:
            return why
    mine, theirs = left.item, right.item
    if mine is None or theirs is None:
        return "One of the two could not be read."
    type_ = work.mapping.type_of(Side.LEFT, mine.type, theirs.type)
    if type_ is None or type_.right != theirs.type:
        return "The types of the two are not mapped to each other (any more)."
    return as_pair(work, type_, (mine, theirs), wins, next(work.ids()))


def _told(work: Work, left: Look, right: Look, result: Aligned | str) -> Event:
    name = f"{work.left.name} {left.key} and {work.right.name} {right.key}"
    if isinstance(result, str):
        return Event("skipped", f"{name} were not joined. {result}", None, Side.LEFT, left.item_id, left.key)
    summary = f"{name} were there already and are kept in step from now on"
    return Event("joined", summary, result.pair.id, Side.LEFT, left.item_id, left.key)
