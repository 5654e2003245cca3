"""What Request Tracker answers over real HTTP: data of another app is not taken for RT's."""

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
from tests.support.webapp import WebApp

CREATED = "2026-01-01T00:00:00Z"
TICKET = {"id": 7, "Subject": "x", "Status": "open", "Queue": {"id": "3"}, "LastUpdated": CREATED, "Created": CREATED}
HISTORY = [
    {"id": "1", "Type": "Create", "Created": CREATED, "Creator": {"id": "alice"}, "ObjectId": "7"},
    {"id": "2", "Type": "Correspond", "Created": CREATED, "Creator": {"id": "alice"}, "ObjectId": "7"},
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
