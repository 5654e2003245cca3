from __future__ import annotations

import secrets

import pytest

from server.domain.password import folded
from server.services import commonest


@pytest.mark.parametrize(
    "word",
    ["123456", "password", "12345678", "qwerty", "p@ssw0rd", "letmein", "1qaz2wsx3edc4rfv", "12345678987654321"],
)
def test_what_people_choose_most_often_is_known(word: str) -> None:
    assert commonest.is_common(folded(word))


def test_what_nobody_chooses_is_not_known() -> None:
    assert sum(commonest.is_common(secrets.token_hex(8)) for _ in range(2000)) <= 1


def test_the_file_holds_the_hundred_thousand_commonest_sorted_and_no_word_of_them() -> None:
    known = commonest._known()
    beginnings = [known[place : place + 4] for place in range(0, len(known), 4)]
    assert beginnings == sorted(set(beginnings))
    assert len(beginnings) > 100_000
    assert b"password" not in known


def test_the_first_hundred_thousand_count_and_beyond_them_what_is_long_enough_to_be_chosen() -> None:
    words = [f"word {number}" for number in range(100_000)] + ["short", "this one is long enough", ""]
    assert len(commonest.packed(words)) in range(4 * 99_990, 4 * 100_001 + 1)
    assert commonest._beginning("this one is long enough") in commonest.packed(words)
    assert commonest._beginning("short") not in commonest.packed(words)
