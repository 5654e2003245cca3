"""Whatever a Redmine answers of one issue says nothing of the others, and never ends a pass in an unforeseen way."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.reading import reading
from server.connectors.redmine.feed import walk_census, walk_changes
from server.connectors.redmine.fields import Surroundings, field_specs, kinds_of, members
from server.connectors.redmine.read import Reading, read_item
from server.domain.errors import Unreadable
from server.domain.values import FieldKind, TextFormat

NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)
AT = "2026-11-29T12:34:56Z"
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(
            None,
            "",
            [],
            {},
            0,
            -1,
            True,
            1.5,
            "x",
            "2026-11-29T12:34:60Z",
            "2026-11-29T24:00:00Z",
            "0000-00-00",
            "\0",
            [None],
        ),
        *({"id": None}, {"id": {}}, {"id": 5, "name": 7}, [[]], "9" * 400),
    ]
)


def issue(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "project": {"id": 1, "name": "P"},
        "tracker": {"id": 2, "name": "Bug"},
        "status": {"id": 1, "name": "New"},
        "author": {"id": 5, "name": "Sync"},
        "subject": "s",
        "description": "d",
        "start_date": "2026-12-24",
        "done_ratio": 10,
        "custom_fields": [{"id": 2, "name": "Effort", "value": "1.5"}, {"id": 4, "multiple": True, "value": ["a"]}],
        "journals": [{"id": 7, "notes": "n", "user": {"id": 5, "name": "S"}, "created_on": AT}],
        "attachments": [{"id": 8, "filename": "a", "filesize": 1, "author": {"id": 5, "name": "S"}, "created_on": AT}],
        "relations": [{"id": 9, "issue_id": number, "issue_to_id": 77, "relation_type": "relates"}],
        "created_on": AT,
        "updated_on": AT,
    }


BY = Reading("https://redmine.example", "5", None, {"2": FieldKind.NUMBER}, NOW)
_INNER = {"custom_fields", "journals", "attachments", "relations"}


@given(
    key=st.sampled_from(sorted(issue(1))),
    within=st.none() | st.sampled_from(["id", "user", "created_on", "value"]),
    odd=ODD,
)
def test_an_odd_issue_is_read_or_said_to_be_unreadable(key: str, within: str | None, odd: Any) -> None:
    spoilt = issue(3)
    if within is not None and key in _INNER:
        spoilt[key][0][within] = odd
    elif within is not None and key in _INNER | {"subject"}:
        spoilt[key] = [odd]
    else:
        spoilt[key] = odd
    with suppress(Unreadable), reading("#3"):
        assert read_item(spoilt, BY).key.startswith("#")


def test_the_part_that_cannot_be_read_is_named() -> None:
    spoilt = issue(3)
    spoilt["journals"][0]["created_on"] = "never"
    with pytest.raises(Unreadable, match=r"#3 cannot be read \(the note 7\)") as caught, reading("#3"):
        read_item(spoilt, BY)
    assert caught.value.words == "“never” is no time"


@given(key=st.sampled_from(["id", "updated_on", "(all of it)"]), odd=ODD, place=st.integers(0, 4))
def test_an_odd_entry_of_a_list_takes_no_other_along(key: str, odd: Any, place: int) -> None:
    listed: list[Any] = [issue(one) for one in range(1, 6)]
    if key == "(all of it)":
        listed[place] = odd
    else:
        listed[place][key] = odd

    def listing(wish: Mapping[str, str]) -> tuple[list[Any], int]:
        return (deepcopy(listed), 5) if len(wish) else ([], 0)

    others = {str(one) for one in range(1, 6)} - {str(place + 1)}
    seen = {one.id for page in walk_changes(listing, "1", None, lambda: NOW) for one in page.heads}
    assert others <= seen
    assert len(seen) >= len(others)
    counted = {one for ids in walk_census(listing, "1") for one in ids}
    assert others <= counted


@given(
    odd=ODD
    | st.dictionaries(st.sampled_from(["id", "name", "field_format", "possible_values", "trackers", "user"]), ODD)
)
def test_an_odd_option_or_person_is_no_choice_and_takes_no_other_along(odd: Any) -> None:
    good = {"id": 1, "name": "good", "field_format": "list", "customized_type": "issue", "possible_values": [odd]}
    several = [odd, good]
    around = Surroundings({"issue_categories": several}, {"id": 2}, several, several, several, several, several)
    specs = {one.id: one for one in field_specs(around, TextFormat.MARKDOWN, None)}
    for name in ("status", "priority", "category", "fixed_version"):
        assert "1" in {one.id for one in specs[name].options}
    assert "cf_1" in specs
    assert kinds_of(several)["1"] is FieldKind.OPTION
    assert "6" in {one.id for one in members([odd, {"user": {"id": 6, "name": "Six"}}])}
