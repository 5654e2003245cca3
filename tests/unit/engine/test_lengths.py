"""Texts are cut where the target ends, in what it counts, and never within what people see as one sign."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.item import Side
from server.domain.values import FieldKind, FieldSpec, LengthUnit
from server.engine.lengths import cut, length
from server.engine.mapping import CompiledField, Converted
from server.engine.people import Directory
from server.engine.reconcile import reconcile
from server.engine.richtext import fingerprint
from tests.unit.engine.build import ids, item, linked, mapping, only

BYTES, UTF16, CHARACTERS = LengthUnit.BYTES, LengthUnit.UTF16, LengthUnit.CHARACTERS
FAMILY, FLAG, LETTER = "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301"
RUSSIAN = "R20 " + "ж" * 150
"""E17, word for word: 304 bytes."""

signs = st.one_of(
    st.sampled_from([FAMILY, FLAG, LETTER, "👍🏽", "क्षि", "각", "ก\u0e33", "\r\n"]), st.characters(codec="utf-8")
)
texts = st.lists(signs, max_size=30).map("".join)


def compiled(limit: int, unit: LengthUnit) -> CompiledField:
    rule = only("title")[0]
    left = FieldSpec("title", "Title", FieldKind.TEXT)
    right = FieldSpec("subject", "Subject", FieldKind.TEXT, max_length=limit, length_unit=unit)
    plain = mapping().types[0].fields[0]
    return CompiledField(rule, left, right, plain.left_format, plain.right_format, Directory.build((), (), ()))


@pytest.mark.parametrize(
    ("text", "most", "unit", "kept"),
    [
        ("жжж", 4, BYTES, "жж"),
        ("жжж", 5, BYTES, "жж"),
        ("😀😀", 3, UTF16, "😀"),
        ("😀😀", 1, CHARACTERS, "😀"),
        (f"a{FAMILY}", 4, CHARACTERS, "a"),
        (f"{FLAG}{FLAG}", 3, CHARACTERS, FLAG),
        (f"ab{LETTER}", 3, CHARACTERS, "ab"),
        ("क्षि x", 2, CHARACTERS, "क्"),
        ("two words", 4, CHARACTERS, "two"),
        ("short", 5, CHARACTERS, "short"),
    ],
)
def test_a_cut_leaves_whole_signs(text: str, most: int, unit: LengthUnit, kept: str) -> None:
    assert cut(text, most, unit) == kept


@given(texts, st.integers(1, 40), st.sampled_from(LengthUnit))
def test_a_cut_fits_and_is_a_beginning(text: str, most: int, unit: LengthUnit) -> None:
    kept = cut(text, most, unit)
    assert length(kept, unit) <= most
    assert text.startswith(kept)
    assert kept or not text.strip() or length(text[0], unit) > most or text[0].isspace()


@given(
    st.lists(st.sampled_from([FAMILY, FLAG, LETTER, "👍🏽", "क्षि", "각", "a", "漢", "ก\u0e33"]), min_size=1), st.data()
)
def test_no_sign_is_parted(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    unit = data.draw(st.sampled_from(LengthUnit))
    most = data.draw(st.integers(length(parts[0], unit), length(text, unit)))
    ends = {"".join(parts[:number]) for number in range(len(parts) + 1)}
    assert cut(text, most, unit) in ends


def test_e17_a_long_title_is_told_with_the_true_figures() -> None:
    done = compiled(200, BYTES).convert(RUSSIAN, Side.RIGHT)
    assert done == Converted("R20 " + "ж" * 98, ("cut after 102 of 154 characters, because the app keeps 200 bytes",))


def test_e17_a_title_of_255_signs_is_told_as_what_it_is() -> None:
    done = compiled(200, BYTES).convert("漢😀" * 127 + "漢", Side.RIGHT)
    assert isinstance(done, Converted)
    assert len(str(done.value).encode()) <= 200
    assert done.lost == (f"cut after {len(str(done.value))} of 255 characters, because the app keeps 200 bytes",)


def test_what_the_app_holds_of_a_cut_title_is_the_same_and_never_travels_back() -> None:
    field = compiled(200, BYTES)
    kept = cut(RUSSIAN, 200, BYTES)
    assert field.same(RUSSIAN, kept)
    assert not field.same(RUSSIAN, kept + " edited")
    whole = mapping(fields=only("title"))
    one_type = replace(whole.types[0], fields=(field,))
    left, right = item(Side.LEFT, {"title": RUSSIAN}), item(Side.RIGHT, {"subject": kept})
    unsure = linked(item(Side.LEFT, {"title": "before"}), item(Side.RIGHT, {"subject": "before"}))
    assert reconcile(unsure, one_type, left, right, whole, ids()).operations == ()
    assert fingerprint(kept, field.format(Side.LEFT)) != fingerprint(RUSSIAN, field.format(Side.LEFT))
