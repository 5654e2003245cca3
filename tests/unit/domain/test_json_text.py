"""JSON from outside is read within bounds: of levels, of values, and of what it will take in memory."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain import json_text

_MOST = 50_000
TEXTS = (
    b"[" + b"[]," * 50_000 + b"[]]",
    b"[" + b"{}," * 50_000 + b"{}]",
    b"[" + b'{"a":1},' * 50_000 + b"{}]",
    b"[" + b"0.5," * 50_000 + b"1]",
    json.dumps([f"some text {number} of a page" for number in range(20_000)]).encode(),
    json.dumps({f"name {number}": number for number in range(50_000)}).encode(),
    json.dumps(["ł" * 50] * 5_000, ensure_ascii=False).encode(),
    json.dumps(["a" * 5_000 + "\N{PILE OF POO}"] * 100).encode(),
    b'"' + b"x" * 1_000_000 + b'"',
)


@pytest.mark.parametrize("text", TEXTS)
def test_what_it_takes_to_read_is_not_more_than_was_said(text: bytes) -> None:
    tracemalloc.start()
    try:
        found = json_text.read(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found
    assert peak <= json_text.weight(text) * 1.1 + 100_000


@pytest.mark.parametrize("text", [b"[],", b"{},", b'"a",', b"1,", b'{"a":1},', b"[[[]]],"])
def test_more_values_than_are_read_are_refused_before_they_are(text: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(json_text.TooMany):
            json_text.read(b"[" + text * _MOST + b"0]", _MOST)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(text) * _MOST * 2 + 100_000


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
@settings(max_examples=40)
def test_what_is_within_the_bounds_is_read_as_it_is(value: object) -> None:
    assert json_text.read(json.dumps(value)) == value
    assert json_text.read(json.dumps(value, ensure_ascii=False).encode()) == value
