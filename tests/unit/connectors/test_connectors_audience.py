from __future__ import annotations

import pytest

from server.connectors.audience import named, word


@pytest.mark.parametrize(
    ("value", "restricts"),
    [
        (None, False),
        ("", False),
        ("no", False),
        ("No", False),
        ("0", False),
        (False, False),
        (0, False),
        ([], False),
        ([""], False),
        ("public", False),
        (True, True),
        ("yes", True),
        ("1", True),
        ("HR only", True),
        (["HR"], True),
        ({"id": "3", "link": "http://x/3", "name": "board"}, True),
        ({"id": "3", "link": "http://x/3", "name": "public"}, False),
    ],
)
def test_a_field_restricts_an_item_unless_it_says_no(value: object, restricts: bool) -> None:  # noqa: FBT001 - a case
    assert word(frozenset({"private"}), [("Private", value), ("title", "private")]) == ("Private" if restricts else "")


def test_the_usual_names_count_until_a_person_gives_others() -> None:
    assert named({}) == {"private", "confidential", "restricted"}
    assert named({"restricted_by": " Security Level , HR,"}) == {"security level", "hr"}
    assert named({"restricted_by": ""}) == frozenset()


def test_what_the_field_holds_is_not_told() -> None:
    held = [("Confidential", "Ms. Müller's leave"), ("Restricted", "board")]
    assert word(named({}), held) == "Confidential, Restricted"
