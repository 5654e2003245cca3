"""What Request Tracker answers over real HTTP: pictures of a mail find their files, and no other app's data is RT's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from server.connectors import request_tracker
from server.connectors.http import HttpOutlet
from server.domain.errors import AppError, NotThatApp
from server.domain.item import Item
from tests.support.webapp import WebApp

CREATED = "2026-01-01T00:00:00Z"
TICKET = {"id": 7, "Subject": "x", "Status": "open", "Queue": {"id": "3"}, "LastUpdated": CREATED, "Created": CREATED}
HISTORY = [
    {"id": "1", "Type": "Create", "Created": CREATED, "Creator": {"id": "alice"}, "ObjectId": "7"},
    {"id": "2", "Type": "Correspond", "Created": CREATED, "Creator": {"id": "alice"}, "ObjectId": "7"},
]
PARTS = [
    {"id": "11", "TransactionId": "1", "ContentType": "multipart/related", "ContentLength": "0"},
    {"id": "12", "TransactionId": "1", "ContentType": "text/html", "ContentLength": "40"},
    {"id": "13", "TransactionId": "1", "ContentType": "image/png", "ContentLength": "3", "Filename": "image.png"},
    {"id": "21", "TransactionId": "2", "ContentType": "multipart/mixed", "ContentLength": "0"},
    {"id": "22", "TransactionId": "2", "ContentType": "text/html", "ContentLength": "40"},
    {"id": "23", "TransactionId": "2", "ContentType": "image/png", "ContentLength": "3", "Filename": "image.png"},
]
HEADERS = [
    {"id": "13", "Headers": "Content-Type: image/png\nContent-ID: <ii_abc@mail>\nX-Attachment-Id: ii_abc"},
    {"id": "23", "Headers": "Content-Type: image/png\nContent-ID:\n <ii_def@mail>"},
]


@pytest.fixture
def app() -> Iterator[WebApp]:
    with WebApp() as running:
        yield running


@pytest.fixture
def connector(app: WebApp) -> Iterator[request_tracker.RequestTracker]:
    settings = {"url": app.url, "token": "1-27-0123456789abcdef"}
    with closing(request_tracker.open(settings, HttpOutlet(app.url))) as connected:
        yield connected


def said(app: WebApp, body: object, headers: Mapping[str, str] | None = None) -> None:
    app.answer(body=json.dumps(body).encode(), headers=headers)


def members(*several: Any) -> dict[str, Any]:
    return {"items": list(several), "total": len(several)}


def ticket_with(app: WebApp, connector: request_tracker.RequestTracker, first: str, answer: str) -> Item:
    """The ticket as it is read when its two messages say this."""
    said(app, TICKET, {"ETag": '"2"'})
    said(app, {"Name": "sync", "id": "sync"})
    said(app, members())
    said(app, members(*HISTORY))
    said(app, members(*PARTS))
    said(app, members({"id": "12", "Content": first}, {"id": "22", "Content": answer}))
    said(app, members(*HEADERS))
    return connector.fetch("7")


@pytest.mark.parametrize("place", ["first", "answer"])
def test_e13_a_picture_that_a_mail_calls_by_its_content_id_is_known_by_it(
    app: WebApp, connector: request_tracker.RequestTracker, place: str
) -> None:
    texts = {"first": "<p>see</p>", "answer": "<p>see</p>"} | {place: '<p>see <img src="CID:ii_abc@mail"></p>'}
    item = ticket_with(app, connector, **texts)
    assert [(one.id, one.name, one.content_id) for one in item.attachments] == [
        ("13", "image.png", "ii_abc@mail"),
        ("23", "image.png", "ii_def@mail"),
    ]


def test_headers_of_files_are_not_asked_for_where_no_text_shows_one(
    app: WebApp, connector: request_tracker.RequestTracker
) -> None:
    item = ticket_with(app, connector, "<p>placid: no</p>", "<p>no</p>")
    assert [one.content_id for one in item.attachments] == ["", ""]
    assert not [one.path for one in app.asked if "Headers" in one.path and "text%2F" not in one.path]


READS: dict[str, tuple[Callable[[request_tracker.RequestTracker], object], list[object]]] = {
    "rt": (lambda rt: rt.check(), []),
    "ticket": (lambda rt: rt.fetch("7"), []),
    "own account": (lambda rt: rt.zone(), []),
    "queue": (lambda rt: rt.place("3"), []),
    "queues": (lambda rt: rt.containers(), []),
    "tickets": (lambda rt: list(rt.census("3")), []),
    "custom fields": (lambda rt: rt.fetch("7"), [TICKET, {"Name": "sync"}]),
    "history": (lambda rt: rt.fetch("7"), [TICKET, {"Name": "sync"}, members()]),
    "attachments": (lambda rt: rt.fetch("7"), [TICKET, {"Name": "sync"}, members(), members(*HISTORY), members()]),
}


@pytest.mark.parametrize("body", [{"login": "please"}, [], None, "hello", {"items": {}, "total": 0, "Names": []}])
@pytest.mark.parametrize("read", READS)
def test_json_of_another_shape_is_a_read_that_may_be_sent_again(
    app: WebApp, connector: request_tracker.RequestTracker, read: str, body: object
) -> None:
    call, before = READS[read]
    for one in before:
        said(app, one, {"ETag": '"2"'})
    said(app, body)
    with pytest.raises(NotThatApp) as caught:
        call(connector)
    assert len(app.asked) == len(before) + 1
    assert caught.value.spoilt, "the next answer may be as it should"


def test_a_refusal_is_no_answer_of_another_shape(app: WebApp, connector: request_tracker.RequestTracker) -> None:
    app.answer(403, b'{"message": "Forbidden"}')
    with pytest.raises(AppError, match=re.escape("does not show ticket #7")) as caught:
        connector.fetch("7")
    assert not caught.value.spoilt
