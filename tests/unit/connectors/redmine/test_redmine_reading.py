from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.connectors.redmine import read, write
from server.connectors.redmine.fields import Surroundings, field_specs
from server.connectors.redmine.read import Reading
from server.connectors.workflow import shortest_path
from server.domain.errors import NotThatApp, Rejected
from server.domain.values import FieldKind, TextFormat, Value

LONG_AGO = "2026-01-01T00:00:00Z"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def issue(number: int = 7, **more: Any) -> dict[str, Any]:
    whole = {
        "id": number,
        "project": {"id": 1, "name": "Démo"},
        "tracker": {"id": 2, "name": "Bug"},
        "status": {"id": 1, "name": "New"},
        "priority": {"id": 3, "name": "High"},
        "author": {"id": 5, "name": "Sync"},
        "subject": "Größe",
        "description": "eins\r\nzwei",
        "custom_fields": [
            {"id": 1, "name": "Remote ID", "value": "abc"},
            {"id": 2, "name": "Effort", "value": "1.5"},
            {"id": 3, "name": "Visible", "value": "1"},
            {"id": 4, "name": "Labels", "multiple": True, "value": ["UI", "API"]},
            {"id": 5, "name": "Empty", "value": ""},
        ],
        "created_on": LONG_AGO,
        "updated_on": LONG_AGO,
    }
    return whole | more


def reading() -> Reading:
    kinds = {"2": FieldKind.NUMBER, "3": FieldKind.FLAG}
    return Reading("https://redmine.example/path", "5", "1", kinds, NOW)


def test_an_issue_is_read_with_plain_line_ends_and_typed_custom_fields() -> None:
    item = read.read_item(issue(), reading())
    assert item.fields["description"] == "eins\nzwei"
    assert item.fields["priority"] == "3"
    assert item.fields["assigned_to"] is None
    assert (item.fields["cf_2"], item.fields["cf_3"], item.fields["cf_4"]) == (1.5, True, ("API", "UI"))
    assert item.fields["cf_5"] is None
    assert (item.key, item.url) == ("#7", "https://redmine.example/path/issues/7")


def test_the_correlation_id_is_no_field() -> None:
    item = read.read_item(issue(), reading())
    assert item.marker == "abc"
    assert "cf_1" not in item.fields


def test_only_journals_that_say_something_are_comments() -> None:
    journals = [
        {"id": 1, "user": {"id": 5, "name": "Sync"}, "notes": "", "created_on": LONG_AGO, "details": [{}]},
        {"id": 2, "user": {"id": 6, "name": "Älice"}, "notes": "a\r\nb", "created_on": LONG_AGO, "private_notes": True},
        {"id": 3, "user": {"id": 5, "name": "Sync"}, "notes": "c", "created_on": LONG_AGO, "private_notes": False},
    ]
    comments = read.read_item(issue(journals=journals), reading()).comments
    assert [(one.id, one.body, one.private, one.own) for one in comments] == [
        ("2", "a\nb", True, False),
        ("3", "c", False, True),
    ]


def test_a_stamp_is_the_same_in_a_list_and_alone_and_changes_with_what_moves_no_time() -> None:
    alone = issue(journals=[], children=[], spent_hours=0.0, total_spent_hours=0.0, relations=[], attachments=[])
    assert read.read_stamp(issue(), NOW) == read.read_stamp(alone, NOW) != ""
    related = issue(relations=[{"id": 1, "issue_id": 7, "issue_to_id": 8, "relation_type": "blocks"}])
    assert read.read_stamp(related, NOW) != read.read_stamp(issue(), NOW)


def test_a_stamp_is_empty_while_the_second_may_not_be_over() -> None:
    fresh = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert read.read_stamp(issue(updated_on=fresh), NOW + timedelta(seconds=1)) == ""
    assert read.read_stamp(issue(updated_on=fresh), NOW + timedelta(seconds=3)) != ""


def test_an_answer_of_something_else_is_not_taken_for_an_empty_one() -> None:
    answers: tuple[object, ...] = ({}, [], "hello", None)
    for answer in answers:
        with pytest.raises(NotThatApp):
            read.section(answer, "issues")


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("status", "5", {"status_id": "5"}),
        ("assigned_to", None, {"assigned_to_id": ""}),
        ("due_date", None, {"due_date": ""}),
        ("done_ratio", 30, {"done_ratio": 30}),
        ("cf_4", (), {"custom_fields": [{"id": 4, "value": [""]}]}),
        ("cf_4", ("UI",), {"custom_fields": [{"id": 4, "value": ["UI"]}]}),
        ("cf_3", True, {"custom_fields": [{"id": 3, "value": "1"}]}),
    ],
)
def test_fields_are_written_as_redmine_takes_them(name: str, value: Value, sent: dict[str, Any]) -> None:
    assert write.issue_body({name: value}) == sent


def test_a_field_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(Rejected, match="colour"):
        write.issue_body({"colour": "red"})


def test_what_was_left_undone_is_told_apart_from_what_was_only_spelled_otherwise() -> None:
    wanted: dict[str, Value] = {"priority": "4", "cf_4": ("UI", "API"), "estimated_hours": 1.333, "subject": " x "}
    held: dict[str, Value] = {"priority": "2", "cf_4": ("API", "UI"), "estimated_hours": 1.33, "subject": "x"}
    assert write.not_taken(wanted, held) == ("priority",)
    assert write.not_taken({"assigned_to": None}, {"assigned_to": "6"}) == ("assigned_to",)


def test_text_beyond_three_bytes_is_seen_wherever_it_is() -> None:
    assert write.beyond_three_bytes({"issue": {"custom_fields": [{"value": "x 😀"}]}})
    assert not write.beyond_three_bytes({"issue": {"subject": "日本 ß"}})


def test_the_shortest_way_through_a_workflow_is_found() -> None:
    ways = {"1": {"2", "3"}, "2": {"4"}, "3": {"2"}, "4": {"5"}}
    neighbours = {key: frozenset(value) for key, value in ways.items()}
    path = shortest_path("1", "5", lambda one: neighbours.get(one, frozenset()))
    assert path == ("2", "4", "5")
    assert shortest_path("1", "1", lambda _: frozenset()) == ()
    assert shortest_path("5", "1", lambda one: neighbours.get(one, frozenset())) is None


def test_fields_without_definitions_are_told_from_an_issue() -> None:
    around = Surroundings(
        project={"issue_categories": [{"id": 1, "name": "Backend"}]},
        tracker={"id": 2, "enabled_standard_fields": ["assigned_to_id", "due_date", "description"]},
        statuses=[{"id": 5, "name": "Closed", "is_closed": True}],
        priorities=[{"id": 1, "name": "Low", "active": False}, {"id": 2, "name": "Normal"}],
        versions=[],
        definitions=[],
        seen=issue()["custom_fields"],
    )
    specs = {one.id: one for one in field_specs(around, TextFormat.TEXTILE, "1")}
    assert specs["cf_4"].kind is FieldKind.LABELS
    assert specs["cf_2"].kind is FieldKind.TEXT
    assert "cf_1" not in specs, "the field of the correlation id is ours"
    assert "category" not in specs, "the tracker does not use it"
    assert [one.id for one in specs["priority"].options] == ["2"]
    assert specs["status"].options[0].closed is True


def test_a_private_issue_says_so_in_redmines_word() -> None:
    by = Reading("https://r.example", "5", "1", {}, NOW)
    assert read.read_item(issue(is_private=True), by).restricted == "private"
    assert read.read_item(issue(is_private=False), by).restricted == ""
    assert read.read_item(issue(), by).restricted == "whether it is private is not told"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""),
        ({"visible": True, "roles": [{"id": 3, "name": "Manager"}]}, ""),
        ({"visible": False, "roles": [{"id": 3, "name": "Manager"}, {"id": 4, "name": "HR"}]}, "the roles Manager, HR"),
        ({"visible": False, "roles": None}, "some roles"),
    ],
)
def test_a_custom_field_says_which_roles_alone_see_it(more: dict[str, Any], said: str) -> None:
    definition = {"id": 7, "name": "Salary", "customized_type": "issue", "field_format": "string"} | more
    around = Surroundings({}, {"id": 2}, [], [], [], definitions=[definition])
    specs = {one.id: one for one in field_specs(around, TextFormat.TEXTILE, None)}
    assert specs["cf_7"].only_for == said
