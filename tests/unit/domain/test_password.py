from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.password import LEAST, folded, objection, same

COMMON = frozenset({"password", "monkey", "qwertyuiopasdfghjkl"})
NAMES = ("admin", "acme", "Acme Werke", "Lockstep")


def refused(password: str) -> str:
    return objection(password, NAMES, COMMON.__contains__)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "quiet-rivers-find",
        "すもももももももものうちのだよ",
        "only small letters here",
        "9361 8452 7750 2268",
        "acme rocket engineers",
        "🌹" * 7 + "pricks in may",
    ],
)
def test_length_is_what_counts_and_no_kind_of_character_is_asked_for(password: str) -> None:
    assert refused(password) == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 15"),
        ("Tr0ub4dor&3xyz", "at least 15"),
        ("qwertyuiopasdfghjkl", "commonest"),
        ("QwertyUiopAsdfghjkl", "commonest"),
        ("".join(chr(ord(sign) + 0xFEE0) for sign in "qwertyuiopasdfghjkl"), "commonest"),
        ("passwordpassword", "commonest"),
        ("password password", "commonest"),
        ("2026-password-1234", "commonest"),
        ("!!!Monkey!!!!!!!", "commonest"),
        ("monkey1monkey1monkey1", "commonest"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("xyzxyzxyzxyzxyzx", "repeats"),
        ("               ", "repeats"),
        ("abcdefghijklmnop", "counts up"),
        ("9876543210987654", "counts up"),
        ("admin@acme-2026-x", "“admin”"),
        ("ACME.Werke.LOCKSTEP", "“Lockstep”"),
        ("acme-2026-acme-08", "“acme”"),
    ],
)
def test_what_is_guessed_first_is_refused_with_the_reason(password: str, why: str) -> None:
    assert why in refused(password)


def test_a_letter_with_its_accent_is_one_letter_however_it_is_typed() -> None:
    composed = "žluťoučký kůň č"
    assert len(composed) == LEAST
    apart = unicodedata.normalize("NFD", composed)
    assert same(apart) == composed
    assert refused(apart) == refused(composed) == ""
    assert "at least" in refused(apart[: LEAST - 1])


@given(st.text(max_size=80), st.text(max_size=10))
def test_any_text_is_judged(password: str, name: str) -> None:
    said = objection(password, (name,), COMMON.__contains__)
    assert (said == "") or said.endswith(".")


@given(st.text(min_size=LEAST, max_size=40))
def test_what_is_listed_is_refused_in_any_guise(word: str) -> None:
    assert objection(word, (), {folded(word)}.__contains__) != ""
