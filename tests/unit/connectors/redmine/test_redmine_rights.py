"""What our roles in a Redmine project leave of its abilities."""

from __future__ import annotations

import pytest

from server.connectors.redmine.manifest import MANIFEST
from server.connectors.redmine.rights import abilities

BEST = MANIFEST.capabilities


def test_an_administrator_may_do_all() -> None:
    assert abilities(BEST, None) == BEST


def test_where_no_role_is_known_only_private_notes_count_as_not_allowed() -> None:
    left = abilities(BEST, frozenset())
    assert not left.private_comments
    assert (left.edits_comments, left.deletes_items) == (True, True)


@pytest.mark.parametrize(
    ("role", "able"),
    [
        ({"view_private_notes", "set_notes_private"}, "private_comments"),
        ({"edit_own_issue_notes"}, "edits_comments"),
        ({"edit_issue_notes"}, "deletes_comments"),
        ({"edit_issues"}, "deletes_attachments"),
        ({"delete_issues"}, "deletes_items"),
    ],
)
def test_each_right_brings_its_ability_and_no_other(role: set[str], able: str) -> None:
    names = ("private_comments", "edits_comments", "deletes_comments", "deletes_attachments", "deletes_items")
    without = abilities(BEST, frozenset({"view_issues"}))
    assert not any(getattr(without, one) for one in names)
    assert getattr(abilities(BEST, frozenset(role)), able)


def test_half_of_what_private_notes_need_is_not_enough() -> None:
    assert not abilities(BEST, frozenset({"set_notes_private", "view_issues"})).private_comments
