"""What Redmine works out by itself is told from journals and subtasks, and learned from what becomes of a write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.connectors.redmine.derived import Cascades, Derived, untyped
from server.connectors.seen import Seen
from server.domain.values import Value

ALL = frozenset(
    {"status", "priority", "assigned_to", "category", "fixed_version", "start_date", "due_date"}
    | {"done_ratio", "estimated_hours"}
)


def journal(number: int, name: str, new: object, *, property_: str = "attr") -> dict[str, Any]:
    return {"id": number, "details": [{"property": property_, "name": name, "old_value": "x", "new_value": new}]}


def of(*journals: Any, **held: Value) -> frozenset[str]:
    return untyped({"id": 1, "journals": list(journals)}, held, "5", Cascades())


@pytest.mark.parametrize(
    ("attribute", "name", "said", "held"),
    [
        ("priority_id", "priority", "4", "4"),
        ("due_date", "due_date", "2026-12-24", "2026-12-24"),
        ("due_date", "due_date", None, None),
        ("assigned_to_id", "assigned_to", "", None),
        ("done_ratio", "done_ratio", "30", 30),
        ("estimated_hours", "estimated_hours", "1.50", 1.5),
        ("done_ratio", "done_ratio", "much", 30),
    ],
)
def test_what_the_last_journal_says_was_typed(attribute: str, name: str, said: object, held: Value) -> None:
    assert of(journal(1, attribute, said), **{name: held}) == frozenset()


@pytest.mark.parametrize(
    ("attribute", "name", "said", "held"),
    [
        ("priority_id", "priority", "4", "2"),
        ("due_date", "due_date", "2026-12-24", None),
        ("due_date", "due_date", None, "2026-12-24"),
        ("done_ratio", "done_ratio", "30", 40),
    ],
)
def test_what_no_journal_accounts_for_nobody_typed(attribute: str, name: str, said: object, held: Value) -> None:
    assert of(journal(1, attribute, said), **{name: held}) == {name}


def test_the_latest_counts_in_whatever_order_they_come() -> None:
    both = journal(2, "priority_id", "4"), journal(10, "priority_id", "5")
    for order in (both, both[::-1]):
        assert of(*order, priority="5") == frozenset()
        assert of(*order, priority="4") == {"priority"}


def test_a_field_that_no_journal_names_was_never_edited() -> None:
    assert of(journal(1, "subject", "new"), priority="2", subject="new") == {"priority"}


def test_a_custom_field_of_that_name_is_another_one() -> None:
    assert of(journal(1, "priority_id", "2", property_="cf"), priority="2") == {"priority"}


def test_without_journals_nothing_is_said() -> None:
    assert untyped({}, dict.fromkeys(ALL), "5", Cascades()) == frozenset()


PARENT: dict[str, Any] = {"id": 1, "children": [{"id": 2}]}


def test_nothing_is_believed_of_a_parent_before_a_write_has_shown_it() -> None:
    assert Derived(Seen()).of(PARENT) == {}


def test_what_redmine_left_of_a_parent_is_not_written_again_in_any() -> None:
    derived = Derived(Seen())
    derived.notice(PARENT, taken=(), left=("due_date",))
    assert derived.of({"id": 5, "children": [{"id": 6}]}).keys() == {"start_date", "due_date"}
    assert derived.of({"id": 7}) == {}, "it has no subtasks"


def test_a_write_that_took_ends_that() -> None:
    derived = Derived(Seen())
    derived.notice(PARENT, taken=(), left=("priority",))
    derived.notice(PARENT, taken=("priority",), left=())
    assert derived.of(PARENT) == {}


def test_what_was_left_of_an_issue_without_subtasks_says_nothing_of_parents() -> None:
    derived = Derived(Seen())
    derived.notice({"id": 1}, taken=(), left=("priority",))
    assert derived.of(PARENT) == {}


def test_after_a_day_it_is_tried_once_more_and_a_restart_forgets_nothing() -> None:
    seen = Seen()
    Derived(seen).notice(PARENT, taken=(), left=("done_ratio",))
    later = Seen()
    later.recall(seen.news())
    now = datetime.now(UTC)
    assert Derived(later).of(PARENT, now).keys() == {"done_ratio"}
    assert Derived(later).of(PARENT, now + timedelta(days=1, minutes=1)) == {}


NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def closed(by: str, *, seconds: int = 0) -> dict[str, Any]:
    at = (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return journal(3, "status_id", "5") | {"user": {"id": int(by)}, "created_on": at}


def of_issue(number: int, cascades: Cascades, *journals: Any) -> frozenset[str]:
    return untyped({"id": number, "journals": list(journals)}, {"status": "5"}, "5", cascades)


def test_what_redmine_does_in_our_name_when_we_write_elsewhere_nobody_typed() -> None:
    cascades = Cascades()
    cascades.wrote("7", NOON, NOON + timedelta(seconds=1))
    assert of_issue(8, cascades, closed("5")) == {"status"}, "a duplicate of what we closed"
    assert of_issue(8, cascades, closed("6")) == frozenset(), "a person closed it just then"
    assert of_issue(8, cascades, closed("5", seconds=60)) == frozenset(), "we may be a person, too"
    assert of_issue(7, cascades, closed("5")) == frozenset(), "we wrote to it ourselves"


def test_what_we_wrote_for_another_integration_is_an_edit() -> None:
    cascades = Cascades()
    cascades.wrote("7", NOON, NOON)
    cascades.wrote("8", NOON, NOON)
    assert of_issue(8, cascades, closed("5")) == frozenset()
