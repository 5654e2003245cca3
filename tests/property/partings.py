"""Promise 3, for whole items: ours deletes only what it made and nobody needs, and no run ends more than it may.

It must not judge pairs that go on; that is what ``laws.py`` is for.
"""

from __future__ import annotations

from server.domain.item import Comment, Side
from server.domain.rules import GuardRules, Parting
from tests.property.edits import check_typed
from tests.property.model import Record
from tests.property.sight import Sight, says
from tests.property.world import World


def check_our_deletions(sight: Sight) -> None:
    """An item that our account deleted was made by it, parted from its original, and had nothing that is lost now."""
    for side in Side:
        for record in sight.world.app(side).deleted.values():
            if not record.deleted_by_us:
                continue
            assert record.ours, f"a person's {record.key} was deleted by our account"
            original = _original(sight, side, record)
            assert original is not None, f"{record.key} was nobody's twin, and was deleted"
            _check_reason(sight, side, record, original)
            for name in record.typed:
                if name != "labels":
                    check_typed(sight, side, record, name)
            _check_what_hung_on_it(sight, record, original)


def _original(sight: Sight, side: Side, record: Record) -> Record | None:
    """The other item of a record's pair, there or not; None when it never had one."""
    pair, app = sight.pair_of[side, record.id], sight.world.app(side.other)
    there = [one for (where, one), its in sight.pair_of.items() if its == pair and where is side.other]
    return {**app.records, **app.deleted}[there[0]] if there else None


def _check_reason(sight: Sight, side: Side, record: Record, original: Record) -> None:
    """A rule wanted it gone: because the original was gone before, or because it had left the scope."""
    rules = sight.world.document
    was_gone = original.deleted_at is not None and original.deleted_at < (record.deleted_at or 0)
    may_leave = rules.scope.leaving.on(side) is Parting.DELETE
    left = original.strayed or bool(rules.scope.on(side.other).every)
    assert (was_gone and rules.deletions.on(side) is Parting.DELETE) or (may_leave and left), (
        f"no rule says that {record.key} is to be deleted: {original}, {rules}"
    )


def _check_what_hung_on_it(sight: Sight, record: Record, original: Record) -> None:
    """What people said there, or put there, had been on the original before either was deleted."""
    rules = sight.world.document.comments
    heard = [each for each in original.comments if each.own]
    heard += [each.what for each in original.removed if isinstance(each.what, Comment) and each.what.own]
    for one in record.comments:
        said = [one] if rules.edits else record.versions(one)
        known = any(says(each, version) for each in heard for version in said)
        assert one.own or known, f"“{one.body}” was on {record.key} alone, and was deleted with it"
    contents = [*original.contents.values(), *(each.content for each in original.removed)]
    for file in record.attachments:
        known = record.contents[file.id] in contents
        assert file.own or known, f"{file.name} was on {record.key} alone, and was deleted with it"


def check_deletions(sight: Sight) -> None:
    """Promises 3 and 6: after a full scan every pair that lost an item is over, and its twin gone or told.

    And every pair of which an item has left the scope has parted.

    A side that has no item at all is asked about first: nothing counts as deleted there.
    """
    there = {side: set(sight.world.app(side).records) for side in Side}
    if any(not list(sight.world.app(side).listed()) for side in Side):
        return
    half = [one for one in sight.linked.items() if (one[0] in there[Side.LEFT]) != (one[1] in there[Side.RIGHT])]
    assert not half, f"pairs that lost an item and go on: {half}"
    out = [twins for twins in sight.twins if not sight.carries(twins)]
    assert not out, f"pairs that are outside and go on: {out}"
    rows = sight.world.rows(
        "select pair_id::text as pair from events where integration_id = :integration"
        """ and detail @> '[{"what": "not deleted"}]'"""
    )
    told = {row.pair for row in rows}
    for (side, item_id), state in sight.parted.items():
        survivor = sight.world.app(side).records.get(item_id)
        if state != "ended" or survivor is None or sight.world.document.deletions.on(side) is not Parting.DELETE:
            continue
        original = _original(sight, side, survivor)
        if original is not None and not original.deleted_by_us:
            assert sight.pair_of[side, item_id] in told, f"{survivor.key} is there still, and nothing says why"


def check_guard(sight: Sight) -> None:
    """No run that nobody has released ends more pairs than the integration allows."""
    world, rules = sight.world, sight.world.document.guard
    allowed = max(rules.least, len(sight.pair_of) * rules.partings // 100)
    many = [count for count, released in world.partings if count > allowed and not released]
    assert not many, f"{many[0]} pairs parted in a run, {rules} allows less"


def check_scan_rests(world: World) -> None:
    """A full scan of two sides at rest is not stopped: what has parted harms nobody a second time."""
    tight = world.document.guard.least < GuardRules().least
    if tight and all(world.app(side).listed() for side in Side):
        world.sync(trigger="scan")
        assert not world.stopped, "a scan was stopped that ends nothing"
