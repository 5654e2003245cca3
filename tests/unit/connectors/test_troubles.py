"""Answers that are no success become the right error with the app's own words."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from server.connectors import troubles
from server.domain.errors import AppError, CredentialsRefused, LostAnswer, Rejected, Transient

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("status", "write", "kind"),
    [
        (401, False, CredentialsRefused),
        (403, True, Rejected),
        (404, False, Rejected),
        (409, True, Rejected),
        (422, True, Rejected),
        (408, True, Transient),
        (425, True, Transient),
        (429, True, Transient),
        (500, False, Transient),
        (502, False, Transient),
        (500, True, LostAnswer),
        (502, True, LostAnswer),
        (504, True, LostAnswer),
        (501, True, Transient),
        (503, True, Transient),
    ],
)
def test_a_status_has_a_class(status: int, write: bool, kind: type[AppError]) -> None:  # noqa: FBT001 - a table
    error = troubles.refused("http://app", status, {}, b"", write=write)
    assert type(error) is kind
    assert error.status == status
    assert "http://app" in error.message


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"errors": ["Subject is empty", "Tracker is invalid"]}, "Subject is empty; Tracker is invalid"),
        ({"error": {"status": 409, "msg": "no such user"}}, "no such user"),
        ({"message": "Nein"}, "Nein"),
        ({"errorMessages": [], "errors": {"summary": "too long"}}, "too long"),
        (["a", "b"], "a; b"),
        ("plain", "plain"),
    ],
)
def test_the_apps_words_are_found_in_json(said: object, words: str) -> None:
    error = troubles.refused("http://app", 422, JSON, json.dumps(said).encode(), write=True)
    assert error.words == words
    assert words in error.message


def test_the_apps_words_are_found_in_a_page_and_kept_short() -> None:
    page = (
        b"<html><head><title>t</title><style>p{}</style></head><body><h1>Not &amp; here</h1><script>x</script></body>"
    )
    assert troubles.words_of("text/html; charset=utf-8", page) == "Not & here"
    assert len(troubles.words_of("text/plain", b"x" * 9_999)) == 500
    assert troubles.words_of("application/json", b"{broken") == "{broken"
    assert troubles.words_of("text/plain", b"\xff\xfe") == "\N{REPLACEMENT CHARACTER}" * 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "999999"}, 3600.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 01 Jan 2031 00:01:30 GMT", "Date": "Wed, 01 Jan 2031 00:00:00 GMT"}, 90.0),
        ({"Retry-After": "Wed, 01 Jan 2031 00:00:00 GMT", "Date": "Wed, 01 Jan 2031 00:01:30 GMT"}, 0.0),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: Mapping[str, str], seconds: float | None) -> None:
    assert troubles.retry_after(headers) == seconds
    error = troubles.refused("http://app", 503, headers, b"", write=False)
    assert isinstance(error, Transient)
    assert error.retry_after == seconds
