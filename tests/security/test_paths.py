"""Whatever somebody gives for a key, an id or a name: a request to an app stays at the resource that it is for."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.connectors import redmine, registry, request_tracker, roundup
from server.connectors.base import Connector
from server.connectors.http import HttpOutlet
from server.connectors.paths import astray, segment
from server.connectors.roundup.session import Known
from server.domain.errors import EgressDenied, LockstepError, Rejected, Transient
from server.domain.item import PARENT, CommentDraft, FileDraft
from server.domain.values import AppUser
from tests.support.fakeapp import connector as fakeapp

BASE = "http://127.0.0.1:9/apps/tracker"
NAMED = "../../users/1"
HOSTILE = (
    *(
        NAMED,
        "..",
        ".",
        "",
        "%2e%2e",
        "%2E%2e/users/1",
        "..%2fusers%2f1",
        "..\\users\\1",
        "1/../../users/1",
        "/",
        "//x/y",
    ),
    *("1?key=2", "1#", "1;a=b", "1\r\nHost: elsewhere", "1\0", "http://127.0.0.1:9/users/1", "//elsewhere.example/1"),
    *("%252e%252e", "1/.", "1/..", "./1", "\ud800", "1" * 5000, "users/1", "\u0661", "1.json", "1.json/../../users/1"),
)
KEYS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.text("./\\%2eE5cfF1?#&;:@\r\n\0 us", max_size=24),
    st.lists(st.sampled_from(("..", ".", "%2e%2e", "users", "1", "", "%2f", "\\", "/")), max_size=8).map("/".join),
)


class Recording(HttpOutlet):
    """Goes nowhere: says where a request would have gone, as it stands in the request line, and fails as a network."""

    def __init__(self) -> None:
        super().__init__(BASE)
        self.targets: list[str] = []

    def _send(self, method: str, target: str, *_: Any, **__: Any) -> Any:
        self.targets.append(target)
        raise Transient(f"{method} goes nowhere in this test")


def _redmine(outlet: Recording) -> Connector:
    return redmine.open({"url": BASE, "api_key": "k"}, outlet)


def _request_tracker(outlet: Recording) -> Connector:
    return request_tracker.open({"url": BASE, "token": "1-14-abc"}, outlet)


def _roundup(outlet: Recording) -> Connector:
    opened = roundup.open({"url": BASE, "login": "us", "password": "p"}, outlet)
    opened._session._known = Known(AppUser("3", "us", "us"), {})
    return opened


def _fakeapp(outlet: Recording) -> Connector:
    return fakeapp.open({"url": BASE, "token": "t"}, outlet)


OPENERS = (_redmine, _request_tracker, _roundup, _fakeapp)
BELOW: dict[Callable[[Recording], Connector], tuple[str, ...]] = {
    _redmine: (
        *("/issues/", "/journals/", "/attachments/", "/projects/", "/relations/", "/issues.json", "/uploads.json"),
        *("/trackers.json", "/issue_statuses.json", "/enumerations/", "/custom_fields.json", "/users/current.json"),
    ),
    _request_tracker: (
        *("/REST/2.0/ticket/", "/REST/2.0/tickets", "/REST/2.0/attachment/", "/REST/2.0/attachments"),
        *("/REST/2.0/queue/", "/REST/2.0/queues/all", "/REST/2.0/user/14", "/REST/2.0/users"),
    ),
    _roundup: ("/rest/data/", "/file", "/xmlrpc"),
    _fakeapp: ("/items/", "/items", "/files/", "/ids", "/whoami"),
}
"""Where each connector may go at all, for what is asked below."""


def _said(one: str) -> CommentDraft:
    return CommentDraft(body=f"said {len(one)}", private=False, marker="m")


def _file(name: str) -> FileDraft:
    return FileDraft(name=name, content_type=name, size=1, sha256="0", marker="m")


ASKS: tuple[Callable[[Connector, str], object], ...] = (
    lambda app, key: app.fetch(key),
    lambda app, key: app.holds(key, "1"),
    lambda app, key: app.holds("1", key),
    lambda app, key: app.delete(key),
    lambda app, key: app.update(key, {"title": "t", "subject": "t", "Subject": "t"}),
    lambda app, key: app.way(key, {"status": "1", "Status": "open"}),
    lambda app, key: app.add_comment(key, _said(key)),
    lambda app, key: app.edit_comment("1", key, "x"),
    lambda app, key: app.delete_comment("1", key),
    lambda app, key: app.add_attachment(key, _file(key), BytesIO(b"x")),
    lambda app, key: list(app.open_attachment("1", key)),
    lambda app, key: app.delete_attachment("1", key),
    lambda app, key: app.add_link(key, PARENT, key),
    lambda app, key: app.add_link(key, "relates", "1"),
    lambda app, key: app.remove_link(key, "relates", key),
    lambda app, key: app.item_types(key),
    lambda app, key: app.fields(key, key),
    lambda app, key: app.users(key),
    lambda app, key: app.abilities(key),
    lambda app, key: app.link_kinds(key),
    lambda app, key: app.place(key),
    lambda app, key: next(iter(app.census(key)), None),
)


def strays(target: str, allowed: Iterable[str]) -> bool:
    """Whether a server, or a proxy that reads ``%2f`` for a slash, would serve another resource by it."""
    path = urlsplit(f"http://x{target}").path
    root = urlsplit(BASE).path
    for plain in (path, unquote(path), unquote(unquote(path)).partition("%")[0] if "%25" not in path else path):
        there = posixpath.normpath(plain.replace("\\", "/"))
        if not any(there.startswith(f"{root}{one}".rstrip("/")) for one in allowed):
            return True
    return False


@pytest.mark.parametrize("opener", OPENERS)
@settings(deadline=None, max_examples=60)
@given(key=KEYS)
@example(key=NAMED)
@example(key="..")
@example(key="%2e%2e/users/1")
def test_no_key_whatever_makes_a_request_leave_its_resource(opener: Callable[[Recording], Connector], key: str) -> None:
    outlet = Recording()
    app = opener(outlet)
    for ask in ASKS:
        with suppress(LockstepError, ValueError):
            ask(app, key)
    gone = [one for one in outlet.targets if strays(one, BELOW[opener])]
    assert not gone, f"{key!r} led to {gone}"
    assert not [one for one in outlet.targets if any(ord(sign) < 33 or ord(sign) > 126 for sign in one)]


@pytest.mark.parametrize("opener", OPENERS)
def test_an_ordinary_key_does_reach_its_resource(opener: Callable[[Recording], Connector]) -> None:
    outlet = Recording()
    app = opener(outlet)
    with suppress(LockstepError):
        app.fetch("issue12" if opener is _roundup else "12")
    assert [one for one in outlet.targets if "12" in one or "issue" in one]


def test_the_named_key_reaches_no_app_and_is_told_as_no_id() -> None:
    with pytest.raises(Rejected, match="is no id of anything"):
        segment(NAMED)
    assert segment("a/b c?d#e") == "a%2Fb%20c%3Fd%23e"


@given(KEYS)
def test_a_segment_is_one_segment_or_nothing(key: str) -> None:
    try:
        made = segment(key)
    except Rejected:
        return
    assert "/" not in made
    assert unquote(made) == key
    assert not astray(f"/issues/{made}.json")
    assert not astray(f"/issues/{made}")


@pytest.mark.parametrize(
    "path",
    ["/issues/../users/1.json", "/a/%2e%2e/b", "/a/.%2E", "/a\\..\\b", "/a%2f..%2fb", "..", "/.", f"{BASE}/../x"],
)
def test_the_way_out_itself_refuses_what_steps_aside(path: str) -> None:
    outlet = Recording()
    with pytest.raises(EgressDenied, match="leads out of its own place"):
        outlet.request("GET", path)
    with pytest.raises(EgressDenied):
        list(outlet.stream(path))
    assert outlet.targets == []


@pytest.mark.parametrize("path", ["/a/b.json", "/a/...", "/a/..b/c", "/a?next=../b", "/file1/", "/a.b/c..d"])
def test_a_dot_within_a_name_is_no_step(path: str) -> None:
    outlet = Recording()
    with pytest.raises(Transient):
        outlet.request("GET", path)
    assert len(outlet.targets) == 1


@pytest.mark.parametrize("kind", ["redmine", "request_tracker", "roundup"])
def test_a_key_of_another_shape_is_none_of_the_app_s(kind: str) -> None:
    shape = registry.manifest(kind).key
    assert shape.fullmatch("issue12" if kind == "roundup" else "12")
    assert not [one for one in (*HOSTILE, "0", "012", "issue0", "issue012") if shape.fullmatch(one)]


@contextmanager
def _old_way() -> Iterator[None]:
    """As it was: ``quote`` leaves slashes and dots as they are, and the way out looks at none."""
    with (
        patch("server.connectors.redmine.talk.segment", lambda part: part),
        patch("server.connectors.http.astray", lambda _: False),
    ):
        yield


def test_the_law_bites() -> None:
    outlet = Recording()
    with _old_way(), suppress(LockstepError):
        _redmine(outlet).fetch(NAMED)
    assert [one for one in outlet.targets if strays(one, BELOW[_redmine])]
