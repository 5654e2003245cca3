"""Promise 3, for what people take away: it goes on the other side where the rules say so, and nothing else does.

It must not judge what people added; that is what ``laws.py`` is for.
"""

from __future__ import annotations

from server.domain.item import Attachment, Comment, Side
from server.domain.mapping import Direction
from tests.property.model import Record, Removed
from tests.property.sight import Sight, Twins, says


def removed_files(record: Record) -> list[bytes]:
    """What the files said that are not on the item any more."""
    return [one.content for one in record.removed if not isinstance(one.what, Comment)]


def check_removals(sight: Sight) -> None:
    """A comment or file that a person deleted takes its copy with it if the rule says so; else the copy stays, told.

    Ours deletes nothing that a person wrote, whatever a list may lack, and no copy of what is still there.
    """
    for side in Side:
        for record in sight.world.app(side).records.values():
            for one in record.removed:
                if one.by_us:
                    _check_ours(sight, side, record, one)
    noted = _noted(sight)
    for twins in sight.twins:
        for side in Side:
            for one in twins.on(side).removed:
                if not one.by_us and not one.what.own:
                    _check_copy(sight, side, twins, one, noted)


def _follows(sight: Sight, source: Side, one: Removed) -> bool:
    """Whether the rules say that a copy goes with what was deleted on ``source``."""
    document = sight.world.document
    rules: tuple[Direction | None, bool] = (document.attachments.direction, document.attachments.deletions)
    if isinstance(one.what, Comment):
        rules = document.comments.direction, document.comments.deletions
    direction, deletions = rules
    return deletions and direction is not None and direction.allows(source.other)


def _check_ours(sight: Sight, side: Side, record: Record, one: Removed) -> None:
    """What our account deleted was its own, and a copy of something that a person deleted."""
    assert one.what.own, f"a person's own was deleted on {record.key}: {one}"
    assert _follows(sight, side.other, one), f"no rule says that this goes with its original: {one}"
    app = sight.world.app(side.other)
    there = [(each, gone) for each in (*app.records.values(), *app.deleted.values()) for gone in each.removed]
    originals = [(each, gone) for each, gone in there if not gone.by_us and not gone.what.own]
    found = any(_is_copy(one.what, one.content, each, gone) for each, gone in originals)
    assert found, f"nobody deleted the original of {one} on {record.key}"


def _is_copy(copy: Comment | Attachment, content: bytes, record: Record, gone: Removed) -> bool:
    """Whether a comment or file of ours is the copy of what was deleted on ``record``, as it ever was."""
    if isinstance(gone.what, Comment):
        return isinstance(copy, Comment) and any(says(copy, one) for one in record.versions(gone.what))
    return not isinstance(copy, Comment) and content == gone.content


def _check_copy(sight: Sight, side: Side, twins: Twins, one: Removed, noted: set[tuple[Side, str]]) -> None:
    """The copy of what a person deleted on ``side`` is gone, or its staying is on record."""
    target, theirs = sight.world.app(side.other), twins.on(side.other)
    there: list[Comment | Attachment] = [*theirs.comments, *theirs.attachments]
    ours = [(each, theirs.contents.get(each.id, b"")) for each in there if each.own]
    copies = {each.id for each, content in ours if _is_copy(each, content, twins.on(side), one)} - target.doubled
    if not copies or not sight.carries(twins):
        return
    if _follows(sight, side, one) and target.removes:
        raise AssertionError(f"{one} was deleted, and its copy on {theirs.key} is there still: {copies}")
    assert (side, one.what.id) in noted, f"{one} was deleted, its copy stays, and nothing says so"


def _noted(sight: Sight) -> set[tuple[Side, str]]:
    """The comments and files of which something is on record."""
    rows = sight.world.rows(
        "select left_id, right_id from comment_pairs where note <> ''"
        " and pair_id in (select id from pairs where integration_id = :integration)"
        " union all select left_id, right_id from attachment_pairs where note <> ''"
        " and pair_id in (select id from pairs where integration_id = :integration)"
    )
    return {(side, there) for row in rows for side, there in ((Side.LEFT, row.left_id), (Side.RIGHT, row.right_id))}
