"""An app that keeps a value in words of its own has taken it; one that still holds what stood there has not."""

from __future__ import annotations

import pytest

from server.domain.values import FieldKind, Value
from server.engine.kept import left_as_it_was

T, R, L, N, F = FieldKind.TEXT, FieldKind.RICH_TEXT, FieldKind.LABELS, FieldKind.NUMBER, FieldKind.FLAG


@pytest.mark.parametrize(
    ("kind", "wanted", "before"),
    [
        (T, "new", "old"),
        (T, "", "old"),
        (T, None, "old"),
        (T, "Fix it", "Fix it!"),
        (T, "new", ""),
        (R, "<p>new</p>", "<p>old</p>"),
        (R, "", "old"),
        (R, "!!!", "???"),
        (L, ("a", "b"), ("a",)),
        (L, (), ("a",)),
        (N, 3, 2),
        (N, None, 2),
        (F, True, False),
        (F, True, None),
    ],
)
def test_what_stands_there_still_was_left(kind: FieldKind, wanted: Value, before: Value) -> None:
    assert left_as_it_was(kind, wanted, before, before)


@pytest.mark.parametrize(
    ("kind", "wanted", "before"),
    [
        (T, "  old\r\n", "old"),
        (T, "OLD", "old"),
        (T, "e\u0301t\u00e9", "\u00e9t\u00e9"),
        (T, "a title beyond what it keeps", "a title beyo"),
        (T, None, ""),
        (R, "<p>old <b>words</b></p>", "<p>old words</p>"),
        (R, "old\r\nwords", "old words"),
        (L, ("B", "a"), ("a", "b")),
        (N, 1.004, 1.0),
        (N, 30, 30.0),
        (N, None, None),
        (F, False, None),
        (FieldKind.OPTION, "2", "1"),
    ],
)
def test_what_an_app_makes_the_same_of_is_no_refusal(kind: FieldKind, wanted: Value, before: Value) -> None:
    assert not left_as_it_was(kind, wanted, before, before)


@pytest.mark.parametrize(
    ("kind", "wanted", "before", "after"),
    [(T, "new  words", "old", "new words"), (R, "<i>new</i>", "old", "new"), (L, ("A",), (), ("a",)), (N, 3, 2, 5)],
)
def test_what_is_another_value_now_was_taken(kind: FieldKind, wanted: Value, before: Value, after: Value) -> None:
    assert not left_as_it_was(kind, wanted, before, after)
