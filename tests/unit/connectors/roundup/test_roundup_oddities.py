"""Whatever a Roundup answers of one item says nothing of the others, and never ends a pass in an unforeseen way."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.base import Shape
from server.connectors.roundup.connector import Roundup
from server.connectors.roundup.session import Known
from server.domain.errors import AppError, LostAnswer, NotThatApp, Unreadable
from server.domain.item import CommentDraft, Item
from server.domain.values import AppUser

NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)
AT = "2026-11-29.12:34:56"
LEAP = "2026-11-29.12:34:60"
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
            LEAP,
            "2026-11-29.24:00:00",
            "0000-00-00.00:00:00",
            "\0",
            [None],
            {"id": None},
        ),
        *({"id": "4", "link": 7}, [[]], "9" * 400, {"id": "5", "link": "https://x/rest/data/user/5"}),
    ]
)


def link(kind: str, number: str) -> dict[str, Any]:
    return {"id": number, "link": f"https://roundup.example/rest/data/{kind}/{number}"}


def issue(number: str) -> dict[str, Any]:
    return {
        "id": number,
        "title": f"issue {number}",
        "activity": AT,
        "creation": AT,
        "creator": link("user", "4"),
        "messages": [link("msg", f"{number}0"), link("msg", f"{number}1")],
        "files": [link("file", f"{number}2")],
        "status": link("status", "1"),
        "due": "2031-12-24.00:00:00",
        "superseder": [link("issue", "9")],
    }


def message(number: str) -> dict[str, Any]:
    people = {"author": link("user", "4"), "creator": link("user", "4")}
    return {"id": number, "creation": AT, "date": AT, "content": f"message {number}", "messageid": ""} | people


def file(number: str) -> dict[str, Any]:
    return {"id": number, "name": "a.txt", "type": "text/plain", "creator": link("user", "4"), "creation": AT}


@dataclass
class Reply:
    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b"{}"

    def json(self) -> Any:
        return self.body


@dataclass
class Tracker:
    """An outlet to a tracker in memory: what it holds of each class, which a test may spoil."""

    held: dict[str, list[Any]]
    base_url: str = "https://roundup.example"
    server_time: datetime = NOW
    written: int = 0
    instead: Any = None
    """What it answers to a write, where it is not as it should."""

    def request(self, method: str, path: str, *, params: Any = (), shape: Shape | None = None, **_: Any) -> Reply:
        reply = self._answer(method, path, list(params))
        if shape is not None:
            try:
                shape(reply.body)
            except NotThatApp as error:
                if method == "GET":
                    raise
                raise LostAnswer("lost") from error
        return reply

    def _answer(self, method: str, path: str, params: list[tuple[str, str]]) -> Reply:
        if path.startswith("/file"):
            return Reply(None, 206, {"Content-Range": "bytes 0-0/7"})
        name, _, number = path.removeprefix("/rest/data").strip("/").partition("/")
        if method != "GET":
            self.written += 1
            return Reply(self.instead)
        if number:
            return Reply({"data": {"attributes": issue("3"), "@etag": "x"}})
        wanted = {value for key, value in params if key == "id"}
        found = [
            one
            for one in self.held.get(name, [])
            if not wanted or not isinstance(one, dict) or str(one.get("id")) in wanted
        ]
        return Reply({"data": {"collection": deepcopy(found)}})

    def stream(self, *_: Any, **__: Any) -> Any:
        raise AssertionError

    def close(self) -> None: ...


def tracker() -> Tracker:
    numbers = ("1", "2", "3", "4", "5")
    return Tracker(
        {
            "issue": [issue(one) for one in numbers],
            "msg": [message(f"{one}{each}") for one in numbers for each in (0, 1)],
            "file": [file(f"{one}2") for one in numbers],
            "user": [{"id": "4", "username": "alice", "realname": "Älice", "address": ""}],
            "status": [{"id": "1", "link": "x", "name": "open"}],
        }
    )


def connected(app: Tracker) -> Roundup:
    made = Roundup({"login": "sync", "password": "x"}, app)
    made._session._known = Known(AppUser("3", "Lockstep"), {})
    return made


def items(app: Tracker) -> dict[str, Item | None]:
    """What a pass would come to know: each entry of the feed, by itself where the feed does not bring it."""
    connector = connected(app)
    found: dict[str, Item | None] = {}
    for page in connector.changes("issue", None):
        assert page.reached is not None
        for head in page.heads:
            item = head.item
            if item is None and head.unread is None:
                try:
                    item = connector.fetch(head.id)
                except AppError:
                    item = None
            found[head.id] = item
    return found


CLEAN = items(tracker())


def test_nothing_is_held_where_nothing_is_spoilt() -> None:
    assert sorted(CLEAN) == [f"issue{one}" for one in range(1, 6)]
    for number in range(1, 6):
        item = CLEAN[f"issue{number}"]
        assert item is not None
        assert item.fields["due"] == "2031-12-24T00:00:00Z"
        assert (len(item.comments), len(item.attachments), len(item.links)) == (1, 1, 1)


@pytest.mark.parametrize("key", ["activity", "creation"])
def test_v3_a_second_60_holds_nothing(key: str) -> None:
    app = tracker()
    app.held["issue"][2][key] = LEAP
    app.held["msg"][4]["creation"] = LEAP
    item = items(app)["issue3"]
    assert item is not None
    assert item.updated_at <= NOW


@given(
    kind=st.sampled_from(["issue", "msg", "file"]),
    key=st.sampled_from(
        ["id", "activity", "creation", "creator", "title", "messages", "files", "status", "due", "date"]
    )
    | st.sampled_from(["superseder", "content", "author", "name", "type", "messageid", "(all of it)"]),
    odd=ODD,
)
def test_what_is_odd_in_one_item_says_nothing_of_the_others(kind: str, key: str, odd: Any) -> None:
    app = tracker()
    place = {"issue": 2, "msg": 5, "file": 2}[kind]
    if key == "(all of it)":
        app.held[kind][place] = odd
    else:
        app.held[kind][place][key] = odd
    found = items(app)
    others = {one: item for one, item in CLEAN.items() if one != "issue3"}
    assert {one: found.get(one) for one in others} == others
    if kind != "issue":
        assert "issue3" in found


@given(
    kind=st.sampled_from(["user", "status"]), odd=ODD | st.dictionaries(st.sampled_from(["id", "name", "link"]), ODD)
)
def test_an_odd_person_or_option_is_no_choice_and_takes_no_other_along(kind: str, odd: Any) -> None:
    app = tracker()
    app.held[kind].insert(0, odd)
    connector = connected(app)
    assert "4" in {one.id for one in connector.users("issue")}
    (status,) = [one for one in connector.fields("issue", "issue") if one.id == "status"]
    assert "1" in {one.id for one in status.options}


def test_an_item_that_the_schema_is_learned_of_may_be_odd() -> None:
    app = tracker()
    app.held["issue"].insert(0, None)
    assert {"status", "due"} <= {one.id for one in connected(app).fields("issue", "issue")}


def test_the_part_that_cannot_be_read_is_named() -> None:
    app = tracker()
    app.held["file"][2]["creation"] = "never"
    with pytest.raises(Unreadable, match=r"issue3 cannot be read \(the file 32\)") as caught:
        connected(app).fetch("issue3")
    assert caught.value.words == "“never” is no time"
    app = tracker()
    app.held["msg"][5]["date"] = "0000-00-00.00:00:00"
    with pytest.raises(Unreadable, match=r"issue3 cannot be read \(the message 31\)") as caught:
        connected(app).fetch("issue3")
    assert "“0000-00-00" in caught.value.words


JSON = st.recursive(
    ODD,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["data", "id", "link", "status", "error"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(said=JSON)
def test_a_write_is_never_done_by_an_odd_answer(said: Any) -> None:
    app = tracker()
    app.instead = said
    connector = connected(app)
    for write in (
        lambda: connector.add_comment("issue3", CommentDraft("x", private=False, marker="m")),
        lambda: connector.update("issue3", {"title": "new"}),
        lambda: connector.edit_comment("issue3", "31", "new"),
        lambda: connector.delete("issue3"),
    ):
        if said == {"data": {"status": "ok"}}:
            continue
        with pytest.raises(LostAnswer):
            write()
