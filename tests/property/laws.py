"""What must hold once the edits have stopped and a few calm passes have gone by; each law names its promise.

The sentences are those of the engine's promises; README.md has them beside the law and the fault that it catches.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from server.domain.item import PARENT, Comment, Side
from server.domain.mapping import Direction
from server.domain.rules import PrivateComments
from server.store.sealing import WITHHELD, quotes
from tests.property.edits import check_no_lost_edit, check_no_lost_label
from tests.property.model import START, ModelApp, Record
from tests.property.partings import check_guard, check_our_deletions
from tests.property.relations import check_links, check_parents, waits_for_links
from tests.property.removals import check_removals, removed_files
from tests.property.sight import Sight, Twins, look, says, words
from tests.property.world import World

NOTICE = "no longer kept in step with"
"""How a comment ends that says what became of an item's twin."""


def pairs(world: World) -> dict[str, str]:
    """Left item id -> right item id, as the database has them linked."""
    rows = world.rows("select left_id, right_id from pairs where integration_id = :integration and state = 'linked'")
    return {row.left_id: row.right_id for row in rows}


def check_one_twin(sight: Sight) -> None:
    """Promise 1: every item that is there has exactly one counterpart, and none has two."""
    for twins in sight.twins:
        assert not (twins.left.ours and twins.right.ours), "a twin of ours was given a twin"
    for side in Side:
        known = Counter(sight.linked.keys() if side is Side.LEFT else sight.linked.values())
        assert all(count == 1 for count in known.values()), "an item has two counterparts"
        for record in sight.world.app(side).records.values():
            if record.id not in known and (side, record.id) not in sight.parted:
                _check_excused(sight, side, record)


def _check_excused(sight: Sight, side: Side, record: Record) -> None:
    """Promise 6: an item without a counterpart has none for a reason that is on record."""
    held = sight.held.get((side, record.id))
    if record.container != sight.world.app(side).name:
        return  # it was moved away before anybody had told us of it
    if not sight.belongs(side, record) or not sight.world.document.creates.allows(side.other):
        assert held is not None, f"{record.key} is left out, and nothing says so"
        return
    poisoned = sight.poisoned(side, record)
    assert poisoned, f"{record.key} has no counterpart: {held}; {sight.world.history()}"
    assert held is not None, f"{record.key} is refused, and nothing says so"


def check_parted(sight: Sight) -> None:
    """Promise 3: an error is never read as "deleted": what is no longer kept in step has a reason to be so."""
    for pair in set(sight.pair_of.values()):
        items = [one for one, its in sight.pair_of.items() if its == pair]
        there = [sight.world.app(side).records.get(item_id) for side, item_id in items]
        state = sight.parted.get(items[0])
        if state == "ended":
            assert None in there or len(there) == 1, f"{items} are there, and are no longer kept in step"
        if state == "outside":
            inside = all(
                one is not None and sight.belongs(side, one) for (side, _), one in zip(items, there, strict=True)
            )
            assert not inside, f"{items} belong to the integration, and are not kept in step"


def check_isolation(sight: Sight) -> None:
    """Promise 5: only what is refused for ever is held back, and nothing else of this tenant or another is touched."""
    for (side, item_id), held in sight.held.items():
        record = sight.world.app(side).records.get(item_id)
        if record is None or held.kind == "skipped":
            continue
        if held.kind == "waiting" and waits_for_links(sight, side, record):
            continue
        assert held.kind == "quarantine", f"{held.key} still waits: {held}"
        assert _is_bad(sight, side, record), f"{held.key} is held back without need: {held}"
    for neighbour in sight.world.neighbours:
        assert neighbour.world.fingerprint() == neighbour.fingerprint, "a neighbour's rows were touched"


def _is_bad(sight: Sight, side: Side, record: Record) -> bool:
    """Whether the item, or its twin, holds something that an app refuses for ever."""
    both = [(side, record)]
    both += [
        (one, twins.on(one)) for twins in sight.twins if twins.on(side) is record for one in Side if one is not side
    ]
    return any(
        sight.poisoned(each, one)
        or sight.derived(each, one)
        or any(sight.left_out(each, one, name) for name in one.fields)
        or any(_refused(sight.world.app(each.other), comment) for comment in one.comments)
        for each, one in both
    )


def _refused(app: ModelApp, comment: Comment) -> bool:
    return any(word in comment.body for word in app.refuses_comments)


def check_mirrors(sight: Sight) -> None:
    """Promise 4: the two items of a pair are equal under the mapping."""
    for twins in sight.twins:
        if not all(sight.belongs(side, twins.on(side)) and not sight.poisoned(side, twins.on(side)) for side in Side):
            continue
        for rule in sight.world.document.types[0].fields:
            name = rule.left
            if rule.create_only or name in sight.world.apart or (twins.pair, name) in sight.open_conflicts:
                continue
            if name == "due" and any(twins.on(side).derived for side in Side):
                continue  # what an app works out need not be what people typed on the other side
            if any(not rule.direction.allows(side.other) and twins.on(side).typed.get(name) for side in Side):
                continue  # what a person typed where nothing travels from stays until the other side changes
            if rule.direction is not Direction.BOTH and any(sight.made_up(side, twins, name) for side in Side):
                continue
            left, right = (sight.kept(name, sight.taken(name, twins.on(side).fields.get(name))) for side in Side)
            if name != "labels" and any(sight.left_out(side, twins.on(side), name) for side in Side):
                continue
            if sight.stuck(twins, name):
                assert left == right or sight.told(twins), f"{name} differ, and no hold says so: {twins}"
                continue
            assert left == right, (name, twins.left, twins.right)


def check_comments(sight: Sight) -> None:
    """Promises 1 and 3: every comment of a person is on both sides once; none of ours travels back."""
    rows = sight.world.rows(
        "select left_id, right_id, note from comment_pairs"
        " where pair_id in (select id from pairs where integration_id = :integration)"
    )
    notes = {(Side.LEFT, row.left_id): row.note for row in rows}
    notes |= {(Side.RIGHT, row.right_id): row.note for row in rows}
    for twins in sight.twins:
        for side in Side:
            for one in twins.on(side).comments:
                if not one.own:
                    _check_comment(sight, side, one, twins, notes.get((side, one.id)))
            _check_no_stray_comment(twins, side)


def _check_comment(sight: Sight, side: Side, one: Comment, pair: Twins, note: str | None) -> None:
    rules, target, theirs = sight.world.document.comments, sight.world.app(side.other), pair.on(side.other)
    versions = pair.on(side).versions(one)
    said = [one] if rules.edits else versions
    copies = [each for each in theirs.comments if each.own and any(says(each, version) for version in said)]
    twins = [each for each in copies if each.id not in target.doubled]
    gone = [each.what for each in theirs.removed if isinstance(each.what, Comment) and each.what.own]
    taken = any(says(each, version) for each in gone for version in versions)
    if rules.direction is None or not rules.direction.allows(side.other):
        assert not copies, f"“{one.body}” travelled against its direction"
    elif one.private and (
        rules.private is PrivateComments.SKIP or (rules.private is PrivateComments.KEEP and not target.private_comments)
    ):
        assert not copies, f"“{one.body}” is private and travelled"
        assert note or not sight.carries(pair), f"“{one.body}” stays where it is, and nothing says so"
    elif not _refused(target, one) and sight.carries(pair):
        assert len(twins) == 1 or (taken and not twins), f"“{one.body}” has {len(twins)} twins; {sight.world.history()}"


def _check_no_stray_comment(twins: Twins, side: Side) -> None:
    """Promise 2: a comment of ours is a copy of a person's, and of one on the other side."""
    for one in twins.on(side).comments:
        if one.own:
            said = [each for each in twins.on(side.other).comments if not each.own and says(one, each)]
            dropped = [each for _, each in twins.on(side.other).dropped if words(each) in words(one.body)]
            assert said or dropped or NOTICE in one.body, f"“{one.body}” is nobody's comment"


def check_private(sight: Sight) -> None:
    """Promise 3: what is internal on one side is never public on the other unless the integration says so."""
    if sight.world.document.comments.private is PrivateComments.PUBLISH:
        return
    for side in Side:
        secrets = [
            words(one.body)
            for record in sight.world.app(side).records.values()
            for one in record.comments
            if one.private and not one.own
        ]
        for record in sight.world.app(side.other).records.values():
            public = [one.body for one in record.comments if not one.private]
            public += [str(value) for value in record.fields.values()]
            heard = [each for each in secrets if any(each in words(one) for one in public)]
            assert not heard, f"{heard[0]} was private, and is public in {record.key}"


def check_files(sight: Sight) -> None:
    """Promise 1: every file is on both sides once, byte for byte; one that stays says why."""
    rules = sight.world.document.attachments
    rows = sight.world.rows(
        "select name from attachment_pairs where note <> ''"
        " and pair_id in (select id from pairs where integration_id = :integration)"
    )
    noted = {row.name for row in rows}
    for twins in sight.twins:
        for side in Side:
            mine, theirs = twins.on(side), twins.on(side.other)
            doubled = sight.world.app(side.other).doubled
            copies = Counter(content for id_, content in theirs.contents.items() if id_ not in doubled)
            for file in mine.attachments:
                if file.own:
                    continue
                content = mine.contents[file.id]
                travels = rules.direction is not None and rules.direction.allows(side.other)
                travels = travels and sight.carries(twins) and content not in removed_files(theirs)
                if travels and len(content) > rules.max_bytes:
                    assert file.name in noted, f"{file.name} stays where it is, and nothing says so"
                    travels = False
                assert not travels or copies[content] == 1, f"{file.name} has {copies[content]} twins"
                assert copies[content] <= 1, f"{file.name} has {copies[content]} twins"
            _check_no_stray_file(sight, side, mine, theirs)


def _check_no_stray_file(sight: Sight, side: Side, mine: Record, theirs: Record) -> None:
    """Promise 2: a file of ours is the twin of a person's on the other side, and the only one."""
    doubled = sight.world.app(side).doubled
    originals = [theirs.contents[one.id] for one in theirs.attachments if not one.own] + removed_files(theirs)
    ours = Counter(mine.contents[one.id] for one in mine.attachments if one.own and one.id not in doubled)
    assert not [one for one in ours if ours[one] > originals.count(one)], f"a file of ours on {mine.key} is nobody's"


def check_policies(sight: Sight) -> None:
    """What a person decided is kept: fields that are written at creation only, directions, conflicts that wait."""
    rows = sight.world.rows(
        "select pair_id::text as pair, field_left as name, winner, reason from conflicts"
        " where pair_id in (select id from pairs where integration_id = :integration)"
    )
    for row in rows:
        if row.name == PARENT:
            continue  # no policy of a field: the item that was changed last wins
        policy = sight.rule(row.name).conflict.value
        if policy in ("left", "right") and row.reason.startswith("both sides changed it"):
            assert row.winner == policy, f"{row.name}: {row.winner} won, the integration says {policy}"
    for rule in sight.world.document.types[0].fields:
        if rule.create_only:
            late = sight.updated[rule.left] - sight.doubted
            assert not late, f"{rule.left} was written after the creation"
        if rule.direction is Direction.BOTH or rule.create_only:
            continue
        source = Side.LEFT if rule.direction is Direction.TO_RIGHT else Side.RIGHT
        for twins in sight.twins:
            typed, there = twins.on(source).typed.get(rule.left, []), twins.on(source).fields.get(rule.left)
            kept = sight.kept(rule.left, typed[-1].value if typed else None)
            if typed and not twins.on(source).ours and not (rule.left == "due" and twins.on(source).derived):
                assert sight.kept(rule.left, there) == kept, f"{rule.left} was written against its direction"


def check_keys(sight: Sight) -> None:
    """Promise 6: an item is found by the key that it has now, and the pair follows it whatever it is called."""
    rows = sight.world.rows("select id::text as id, left_key, right_key from pairs where integration_id = :integration")
    keys = {row.id: (row.left_key, row.right_key) for row in rows}
    for twins in sight.twins:
        known = keys[twins.pair]
        assert not sight.carries(twins) or known == (twins.left.key, twins.right.key), (
            f"{twins.left.key}, {twins.right.key} are known as {known}"
        )


def check_nothing_silent(sight: Sight) -> None:
    """Promise 6: whatever was refused or is held back is on record with the reason, findable by the item's key."""
    for held in sight.held.values():
        assert all((held.key, held.reason)), f"held back without a word: {held}"
    record = sight.world.history()
    for side in Side:
        app = sight.world.app(side)
        among_us = sight.world.app(side.other).whispered
        withheld = WITHHELD in record
        untold = [
            words
            for words in app.refusals
            if words not in record and not (withheld and any(quotes(words, said) for said in among_us))
        ]
        assert not untold, f"{app.name} refused this, and nobody was told: {untold}; {record}"


def check_settled(sight: Sight) -> None:
    """Promise 7: nothing is left open; whatever was cut off has been found out."""
    assert not sight.unresolved, f"operations whose outcome nobody looked up: {sight.unresolved}"


def check_quiet(world: World) -> None:
    """Promise 2: a sync of two quiet sides does nothing: no write, no row, and only the feeds' last pages are read."""
    expected = {side: _pages(world.app(side)) for side in Side}
    before = {"left": world.left.writes, "right": world.right.writes} | world.fingerprint()
    for side in Side:
        world.app(side).reads.clear()
    world.calm()
    after = {"left": world.left.writes, "right": world.right.writes} | world.fingerprint()
    changed = [name for name, value in after.items() if value != before[name]]
    assert not changed, f"a quiet pass wrote to {changed}"
    for side in Side:
        reads = world.app(side).reads
        assert set(reads) == {"changes"}, f"a quiet pass asked {side} for {reads}"
        assert reads["changes"] <= expected[side], f"a quiet pass read {reads['changes']} pages of {side}"


def _pages(app: ModelApp) -> int:
    """How many pages of the feed lie within its overlap."""
    times = [one.updated for one in app.listed()]
    since = max((one for one in times if one <= app.clock), default=START) - timedelta(seconds=1 + app.lag)
    pages = -(-sum(one >= since for one in times) // app.page) or 1
    return pages * 2 if app.disorder else pages


def check_all(world: World) -> None:
    """Every law, after the world has come to rest."""
    world.settle()
    sight = look(world)
    check_one_twin(sight)
    check_parted(sight)
    check_isolation(sight)
    check_private(sight)
    check_mirrors(sight)
    check_no_lost_edit(sight)
    check_no_lost_label(sight)
    check_comments(sight)
    check_files(sight)
    check_removals(sight)
    check_links(sight)
    check_parents(sight)
    check_our_deletions(sight)
    check_guard(sight)
    check_policies(sight)
    check_settled(sight)
    check_keys(sight)
    check_nothing_silent(sight)
    if any(held.kind == "quarantine" for held in sight.held.values()):
        world.calm()  # what was tried once more and refused is looked at again before there is quiet
    check_quiet(world)
