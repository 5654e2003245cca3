"""Whatever RT says of one ticket: it is read, or this ticket is held with a sentence; never is it taken for deleted."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors import request_tracker
from server.domain.errors import AppError, Gone, NotThatApp, Unreadable
from server.domain.item import Item

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TICKET: dict[str, Any] = {
    "id": 7,
    "Subject": "Größe",
    "Status": "open",
    "Queue": {"id": "3", "type": "queue"},
    "Owner": {"id": "alice"},
    "Creator": {"id": "alice"},
    "Priority": "50",
    "Due": "2031-12-24T17:30:00Z",
    "Starts": "1970-01-01T00:00:00Z",
    "Created": "2025-12-31T00:00:00Z",
    "LastUpdated": "2026-01-01T00:00:00Z",
    "Requestor": [{"id": "carol"}],
    "CustomFields": [{"id": "4", "name": "Labels", "values": ["UI"]}, {"id": "6", "name": "Due at", "values": []}],
    "_hyperlinks": [
        {"ref": "parent", "type": "ticket", "id": "9"},
        {"ref": "depends-on", "type": "ticket", "id": "8"},
        {"ref": "lifecycle", "from": "open", "to": "resolved"},
    ],
}
HISTORY: list[dict[str, Any]] = [
    {"id": "1", "Type": "Create", "Created": "2025-12-31T00:00:00Z", "Creator": {"id": "alice"}, "ObjectId": "7"},
    {
        "id": "2",
        "Type": "Correspond",
        "Created": "2026-01-01T00:00:00Z",
        "Creator": {"id": "bob", "RealName": "Bob"},
        "ObjectId": "7",
    },
]
PARTS: list[dict[str, Any]] = [
    {"id": "11", "TransactionId": "1", "ContentType": "text/plain", "ContentLength": "4", "Filename": ""},
    {"id": "12", "TransactionId": "2", "ContentType": "multipart/mixed", "ContentLength": "0", "Filename": ""},
    {"id": "13", "TransactionId": "2", "ContentType": "text/html", "ContentLength": "9", "Filename": ""},
    {"id": "14", "TransactionId": "2", "ContentType": "message/rfc822", "ContentLength": "0", "Filename": ""},
    {"id": "15", "TransactionId": "2", "ContentType": "text/plain", "ContentLength": "5", "Filename": ""},
    {"id": "16", "TransactionId": "2", "ContentType": "image/png", "ContentLength": "3", "Filename": "a.png"},
]
CUSTOMS = [
    {"id": "4", "Name": "Labels", "Type": "Freeform", "MaxValues": "0", "Disabled": "0"},
    {"id": "6", "Name": "Due at", "Type": "DateTime", "MaxValues": "1", "Disabled": "0"},
]


@dataclass(slots=True)
class Said:
    """An answer."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return json.dumps(self.body).encode()

    def json(self) -> object:
        return self.body


@dataclass(slots=True)
class OddRT:
    """An RT with two tickets whose answers can be spoilt; the way to it, as a connector has it."""

    ticket: Any
    history: Any
    parts: Any
    listed: Any
    customs: Any = field(default_factory=lambda: list(CUSTOMS))
    queues: Any = ()
    users: Any = ()
    base_url: str = "https://rt.example"
    server_time: datetime | None = NOW

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Iterable[tuple[str, str]] | Mapping[str, str] | None = None,
        **_more: Any,
    ) -> Said:
        assert method == "GET"
        where = path.removeprefix("/REST/2.0")
        wish = dict(params or ())
        if where.startswith("/ticket/") and where.endswith("/history"):
            return Said({"items": self.history if wish.get("page") == "1" else [], "total": None})
        if where.startswith("/ticket/"):
            return Said(self.ticket, headers={"ETag": '"2"'})
        if where == "/attachments":
            return Said({"items": self._attachments(wish), "total": None})
        known: dict[str, object] = {
            "/user/27": {"Name": "sync", "Timezone": "UTC", "id": "sync"},
            "/queue/3": {"Name": "Support", "Lifecycle": "default", "id": 3},
            "/queue/3/customfields": _first(wish, self.customs),
            "/queues/all": _first(wish, self.queues),
            "/users": _first(wish, self.users),
            "/tickets": {"items": self.listed, "total": len(self.listed) if isinstance(self.listed, list) else 0},
        }
        return Said(known[where])

    def _attachments(self, wish: Mapping[str, str]) -> object:
        if "Parent" in wish["query"]:
            return [{"id": "15"}] if '"14"' in wish["query"] else []
        if "Content" in wish["fields"].split(",") and isinstance(self.parts, list):
            return [
                {**one, "Content": "<p>said</p>"}
                for one in self.parts
                if isinstance(one, dict) and str(one.get("ContentType")).startswith("text/")
            ]
        return self.parts

    def stream(self, path: str, *, headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
        raise AssertionError(path, headers)

    def close(self) -> None: ...


def _first(wish: Mapping[str, str], members: Any) -> object:
    return {"items": list(members) if wish.get("page") == "1" else [], "total": None}


def connected(rt: OddRT) -> request_tracker.RequestTracker:
    return request_tracker.open({"token": "1-27-0123456789abcdef", "url": rt.base_url}, rt)


def whole() -> OddRT:
    listed = [{"id": str(number), "LastUpdated": "2026-01-01T00:00:00Z"} for number in (6, 7, 8)]
    return OddRT(*copy.deepcopy((TICKET, HISTORY, PARTS, listed)))


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [
            10**40,
            "9" * 5000,
            "x" * 100_000,
            [],
            {},
            [None],
            [[]],
            {"id": None},
            {"id": {"id": "1"}},
            "0000-00-00T00:00:00Z",
            "2026-01-01T23:59:60Z",
            "2026-01-01T24:00:00Z",
            "2026-02-30T00:00:00Z",
            "99999-01-01T00:00:00Z",
            "not a time",
            "½",
            "٣",
            "-1",
            "\0",
            "\ud800",
        ]
    ),
)


def places(of: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within an answer."""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(of, dict):
        inner = of.items()
    elif isinstance(of, list):
        inner = enumerate(of)
    for key, value in inner:
        yield (*at, key)
        yield from places(value, (*at, key))


def spoil(of: Any, at: tuple[Any, ...], value: object, *, taken_out: bool) -> None:
    for key in at[:-1]:
        of = of[key]
    if taken_out:
        del of[at[-1]]
    else:
        of[at[-1]] = copy.deepcopy(value)


def read(rt: OddRT) -> tuple[Item | None, str]:
    """The ticket as it was read, or why it could not be."""
    try:
        return connected(rt).fetch("7"), ""
    except Gone as error:
        raise AssertionError(f"it was taken for deleted: {error}") from error
    except AppError as error:
        return None, error.message


@pytest.mark.parametrize("what", ["ticket", "history", "parts"])
@given(data=st.data())
def test_whatever_is_odd_in_one_ticket_it_is_read_or_held_and_never_gone(what: str, data: st.DataObject) -> None:
    rt = whole()
    spoilt = getattr(rt, what)
    for _ in range(data.draw(st.integers(1, 3))):
        there = [one for one in places(spoilt) if one not in {("id",), ("Status",)}]
        if there:
            spoil(spoilt, data.draw(st.sampled_from(there)), data.draw(ODD), taken_out=data.draw(st.booleans()))
    item, told = read(rt)
    assert (item is None) is bool(told.strip()), "it is read, or there is a sentence"
    if item is not None:
        assert item.id == "7"
        assert json.dumps(dict(item.fields), ensure_ascii=False).encode(), "what was read can be kept"
        assert item.updated_at.tzinfo is not None
        assert all(one.size >= 0 and one.name.strip() for one in item.attachments)


@pytest.mark.parametrize("answer", [None, [], "hello", 7, {}, {"Status": "open"}, {**TICKET, "id": None}, {"id": 7}])
def test_what_is_no_ticket_is_no_deleted_ticket(answer: object) -> None:
    rt = whole()
    rt.ticket = answer
    with pytest.raises(AppError) as told:
        connected(rt).fetch("7")
    assert not isinstance(told.value, Gone)


def test_deleted_and_merged_are_known_still() -> None:
    rt = whole()
    rt.ticket["Status"] = "deleted"
    with pytest.raises(Gone):
        connected(rt).fetch("7")
    rt = whole()
    rt.ticket["id"] = 9
    with pytest.raises(Gone) as told:
        connected(rt).fetch("7")
    assert told.value.into == "#9"


@given(at=st.integers(0, 2), value=ODD, key=st.sampled_from(["id", "LastUpdated", None]), out=st.booleans())
def test_an_odd_entry_of_a_list_leaves_its_neighbours_alone(at: int, value: object, key: str | None, out: bool) -> None:  # noqa: FBT001 - drawn
    rt = whole()
    if key is None:
        rt.listed[at] = copy.deepcopy(value)
    else:
        spoil(rt.listed[at], (key,), value, taken_out=out)
    others = {str(one) for one in (6, 7, 8)} - {str(6 + at)}
    heads = [head for page in connected(rt).changes("3", None) for head in page.heads]
    assert others <= {one.id for one in heads}
    named = {one for page in connected(rt).census("3") for one in page}
    assert others <= named


@pytest.mark.parametrize("part", ["LastUpdated", "Created"])
def test_a_time_that_is_none_names_the_ticket(part: str) -> None:
    rt = whole()
    rt.ticket[part] = "not a time"
    with pytest.raises(Unreadable, match="#7 cannot be read"):
        connected(rt).fetch("7")


@pytest.mark.parametrize("broken", [None, 7, "x", {}, {"id": None, "Name": "x"}, {"id": "9"}, {"id": "9", "Name": []}])
def test_a_broken_member_of_what_rt_says_of_itself_leaves_its_neighbours_alone(broken: object) -> None:
    rt = whole()
    rt.customs = [broken, *CUSTOMS]
    names = {one.name for one in connected(rt).fields("3", "ticket")}
    assert {"Labels", "Due at"} <= names
    rt.queues = [{"id": "3", "Name": "Support"}, broken]
    assert [one.id for one in connected(rt).containers()] == ["3"]
    rt.users = [{"id": "alice", "Name": "alice"}, broken]
    assert "alice" in {one.id for one in connected(rt).users("3")}


def test_nothing_that_can_be_read_is_another_app() -> None:
    rt = whole()
    rt.queues = [{"hello": "world"}]
    with pytest.raises(NotThatApp):
        connected(rt).containers()
