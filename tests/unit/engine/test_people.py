"""Who is who on the other side."""

from __future__ import annotations

from server.domain.item import Side
from server.domain.values import AppUser
from server.engine.people import Directory

ANN = AppUser("1", "Ann", email="Ann@Example.test ")
ANN_THERE = AppUser("x", "A. Müller", email="ann@example.test")


def test_people_are_matched_by_email_whatever_its_case() -> None:
    book = Directory.build((ANN,), (ANN_THERE,), ())
    assert book.counterpart("1", Side.RIGHT) == "x"
    assert book.counterpart("x", Side.LEFT) == "1"


def test_an_email_that_two_share_matches_nobody() -> None:
    twin = AppUser("2", "Ann too", email="ann@example.test")
    assert Directory.build((ANN, twin), (ANN_THERE,), ()).counterpart("1", Side.RIGHT) is None


def test_the_same_name_is_no_match() -> None:
    assert Directory.build((AppUser("1", "Bob"),), (AppUser("x", "Bob"),), ()).counterpart("1", Side.RIGHT) is None


def test_the_table_beats_the_email() -> None:
    people = (("left", "1", "ann"), ("right", "y", "ann"))
    book = Directory.build((ANN,), (ANN_THERE, AppUser("y", "Ann Y")), people)
    assert book.counterpart("1", Side.RIGHT) == "y"
    assert book.counterpart("x", Side.LEFT) is None


def test_several_accounts_of_one_person_lead_to_the_first_of_the_other_side() -> None:
    people = (("left", "1", "ann"), ("left", "2", "ann"), ("right", "x", "ann"))
    book = Directory.build((), (), people)
    assert [book.counterpart(one, Side.RIGHT) for one in "12"] == ["x", "x"]
    assert book.counterpart("x", Side.LEFT) == "1"
