"""What cannot be read is said of the item that it belongs to, and holds back no other entry of a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.moments import moment
from server.connectors.reading import heads_of, ids_of, members_of, number, part, reading
from server.domain.errors import NotThatApp, Rejected, Unreadable
from server.domain.item import Head

START = datetime(2026, 11, 29, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "at", "x"]), inner, max_size=3),
    max_leaves=6,
)


def head(one: Any) -> Head:
    with part("its time of change"):
        at = moment(one["at"])
    return Head(number(one["id"]), at, one["at"])


def name(one: Any) -> str:
    return number(one["id"])


def entry(item_id: int, second: int) -> dict[str, Any]:
    return {"id": item_id, "at": (START + timedelta(seconds=second)).isoformat()}


def test_the_part_and_the_item_are_named_in_words() -> None:
    with pytest.raises(Unreadable, match="issue12 cannot be read") as caught, reading("issue12"), part("the file 3"):
        moment("2026-11-29.12:34:61")
    assert caught.value.item == "issue12"
    assert caught.value.part == "the file 3"
    assert "(the file 3)" in caught.value.message
    assert caught.value.words == "“2026-11-29.12:34:61” is no time of any calendar"
    assert isinstance(caught.value, Rejected)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Unreadable) as caught, reading("issue12"):
        dict[str, str]()["activity"]
    assert caught.value.words == "“activity” is missing"


def test_what_an_app_refuses_while_an_item_is_read_stays_a_refusal() -> None:
    with pytest.raises(Rejected) as caught, reading("issue12"), part("the file 3"):
        raise Rejected("not for you")
    assert caught.value.message == "not for you"


def test_a_broken_entry_keeps_its_place_and_moves_nothing() -> None:
    broken = {"id": 2, "at": "0000-00-00"}
    heads = heads_of([entry(1, 5), broken, entry(3, 9)], head, name, START)
    assert [(one.id, (one.updated_at - START).seconds) for one in heads] == [("1", 5), ("2", 5), ("3", 9)]
    assert heads[1].stamp
    assert heads[1].unread is None, "it has an id, so the item itself is asked"
    again, other = (heads_of([one], head, name, START)[0] for one in (broken, broken | {"at": "later"}))
    assert again.stamp == heads[1].stamp != other.stamp
    assert again.updated_at == START


def test_an_entry_without_an_id_is_told_as_it_is() -> None:
    first, second = heads_of([entry(1, 5), None], head, name, None)
    assert first.unread is None
    assert isinstance(second.unread, Unreadable)
    assert second.unread.item == second.id


def test_ids_of_what_has_some() -> None:
    assert ids_of([entry(1, 1), None, {"id": True}, {"id": "x"}, {"id": 7}], name) == ("1", "7")
    assert ids_of([], name) == ()
    with pytest.raises(NotThatApp):
        ids_of([{}, {}], name)
    with pytest.raises(NotThatApp):
        members_of({"login": "please"}, "/issue")


@given(st.lists(JSON | st.builds(entry, st.integers(1, 9), st.integers(0, 9)), max_size=6))
def test_a_list_of_anything_is_as_many_entries_and_none_stands_before_its_beginning(members: list[Any]) -> None:
    heads = heads_of(members, head, name, START)
    assert len(heads) == len(members)
    assert all(one.id and one.stamp for one in heads)
    known = [one for one in heads if not one.stamp.startswith("unreadable")]
    assert all(one.updated_at >= START for one in heads if one not in known) or any(
        one.updated_at < START for one in known
    )
