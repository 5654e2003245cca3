"""A plant for every law: a fault in the product, a short story that meets it, and the law that tells.

``test_laws_bite.py`` has the faults that show only under misfortune at the right step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.property import edits, laws, partings, plants, relations, removals, stories
from tests.property.playing import crowded_stage
from tests.property.sight import look
from tests.property.world import Stage, World
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, the story that meets it, the law that it breaks."""

    plant: Callable[[pytest.MonkeyPatch], None]
    story: Callable[[Stage], World]
    law: Callable[..., None]


CASES = (
    Case(plants.what_a_conflict_overwrites_is_not_recorded, stories.both_edit, edits.check_no_lost_edit),
    Case(plants.what_a_conflict_overwrites_is_not_recorded, stories.two_type_the_same, edits.check_no_lost_edit),
    Case(plants.sets_are_one_value, stories.both_label, edits.check_no_lost_label),
    Case(plants.the_policy_is_always_the_latest, stories.both_edit, laws.check_policies),
    Case(plants.a_field_of_the_creation_is_written_later, stories.a_later_due_day, laws.check_policies),
    Case(plants.a_hold_says_nothing, stories.one_is_refused, laws.check_nothing_silent),
    Case(plants.a_refusal_is_not_told, stories.a_comment_is_refused, laws.check_nothing_silent),
    Case(plants.a_private_comment_stays_without_a_word, stories.a_comment_that_stays, laws.check_comments),
    Case(plants.a_refused_item_stops_its_page, stories.one_is_refused, laws.check_one_twin),
    Case(plants.second_copies_of_comments_are_news, stories.a_comment_is_taken_twice, laws.check_comments),
    Case(plants.second_copies_of_files_are_news, stories.a_file_is_taken_twice, laws.check_files),
    Case(plants.the_cursor_never_moves, stories.long_ago, laws.check_quiet),
    Case(plants.every_item_is_fetched_at_every_pass, stories.long_ago, laws.check_quiet),
    Case(plants.blanks_do_not_count, stories.only_blanks, laws.check_mirrors),
    Case(plants.absent_is_believed_at_once, stories.a_create_that_the_search_does_not_show, laws.check_one_twin),
    Case(plants.a_write_brings_the_whole_item, stories.somebody_is_faster, laws.check_mirrors),
    Case(plants.an_error_is_a_deletion, stories.an_app_is_busy, laws.check_parted),
    Case(plants.outcomes_are_not_written_down, stories.both_label, laws.check_settled),
    Case(plants.a_part_of_a_list_is_believed_to_be_all, stories.a_list_breaks_off, removals.check_removals),
    Case(plants.every_deletion_travels, stories.an_original_is_taken_back, removals.check_removals),
    Case(plants.no_deletion_travels, stories.an_original_goes_with_its_copy, removals.check_removals),
    Case(plants.whoever_deletes_takes_both, stories.a_copy_is_taken_away, removals.check_removals),
    Case(plants.a_deletion_is_not_told, stories.an_original_is_taken_back, removals.check_removals),
    Case(
        plants.whatever_hangs_on_a_twin_goes_with_it, stories.a_twin_that_somebody_changed, partings.check_our_deletions
    ),
    Case(plants.what_people_made_is_deleted, stories.a_copy_of_an_item_is_deleted, partings.check_our_deletions),
    Case(plants.a_twin_stays_without_a_word, stories.all_but_one_are_deleted, partings.check_deletions),
    Case(plants.nobody_guards, stories.all_but_one_are_deleted, partings.check_guard),
    Case(plants.a_key_is_remembered_for_ever, stories.one_is_renamed, laws.check_keys),
    Case(plants.what_has_a_twin_belongs_for_ever, stories.two_moved_away, partings.check_deletions),
    Case(plants.who_has_left_never_comes_back, stories.one_moved_away_and_back, laws.check_parted),
    Case(plants.what_has_parted_counts_again, stories.two_moved_away, partings.check_scan_rests),
    Case(plants.nobody_asks_who_may_see_it, stories.one_becomes_private, partings.check_deletions),
    Case(plants.links_stay_at_home, stories.two_new_ones_are_linked, relations.check_links),
    Case(plants.what_was_taken_away_is_made_anew, stories.a_link_is_taken_away, relations.check_links),
    Case(plants.parents_stay_at_home, stories.two_new_ones_are_linked, relations.check_parents),
    # The last one: the neighbours are what it harms, and they are the same for all.
    Case(plants.holds_of_all_integrations_are_cleared, stories.long_ago, laws.check_isolation),
)
STORIES: Mapping[str, Callable[[Stage], World]] = {one.story.__name__: one.story for one in CASES}


@pytest.fixture(scope="module")
def crowded(cluster: TestCluster) -> Iterator[Stage]:
    with crowded_stage(cluster) as stage:
        yield stage


def judge(world: World) -> None:
    """Every law, and those of what only a full scan finds."""
    laws.check_all(world)
    world.scan()
    partings.check_deletions(look(world))
    partings.check_scan_rests(world)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_without_a_fault_the_story_ends_well(story: Callable[[Stage], World], crowded: Stage) -> None:
    judge(story(crowded))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.plant.__name__}-{case.story.__name__}")
def test_a_planted_fault_breaks_its_law(case: Case, crowded: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    case.plant(monkeypatch)
    with pytest.raises(AssertionError) as broken:
        judge(case.story(crowded))
    told = [entry.name for entry in broken.traceback]
    assert case.law.__name__ in told, f"another law told: {told}"
