"""A file that came without a name gets one whose ending says what it is."""

from __future__ import annotations

import pytest

from server.connectors.unnamed import made_up_name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image/png", "part-7.png"),
        ("IMAGE/PNG; name=x", "part-7.png"),
        ("message/rfc822", "message-7.eml"),
        ("text/calendar; method=REQUEST", "invitation-7.ics"),
        ("text/x-strange", "part-7.txt"),
        ("application/octet-stream", "part-7.bin"),
        ("application/x-nothing-known", "part-7.bin"),
        ("", "part-7.bin"),
        ("½", "part-7.bin"),
    ],
)
def test_its_ending_says_what_it_is(kind: str, name: str) -> None:
    assert made_up_name(kind, "7") == name
