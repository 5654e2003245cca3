from __future__ import annotations

import pytest

from server.connectors import audience
from server.connectors.audience import named, word
from server.connectors.request_tracker.read import CustomField, Reading, read_restricted
from server.domain.values import FieldKind, TextFormat


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


def test_a_field_that_the_app_has_and_does_not_show_us_may_say_yes() -> None:
    names = named({})
    assert word(names, [("title", "a")], ["Private", "title"]) == "Private: not shown to us"
    assert word(names, [("private", "")], ["Private", "title"]) == ""
    assert word(names, [("private", "no"), ("HR", "x")], ["HR", "other"]) == ""
    assert word(names, [("private", "yes")], ["confidential"]) == "confidential: not shown to us, private"


def test_a_queue_whose_restricting_field_is_not_among_a_tickets_may_restrict_it() -> None:
    fields = {"3": CustomField("3", "Private", FieldKind.TEXT), "4": CustomField("4", "Notes", FieldKind.TEXT)}
    by = Reading("https://rt.example", "5", TextFormat.PLAIN, "", fields, None, named({}))
    said = [{"id": "3", "name": "Private", "values": []}, {"id": "4", "name": "Notes", "values": ["secret"]}]
    assert read_restricted({"CustomFields": said}, by) == ""
    assert read_restricted({"CustomFields": said[1:]}, by) == "Private: not shown to us"
    assert read_restricted({"CustomFields": [said[0] | {"values": ["board"]}]}, by) == "Private"


def test_a_name_that_a_person_gave_and_the_app_does_not_have_is_told() -> None:
    chosen = {"restricted_by": "Secrecy, nosuchfield"}
    said = audience.missing(chosen, ["secrecy", "due"], "Roundup")
    assert "“nosuchfield”" in said
    assert "Secrecy" not in said
    assert audience.missing(chosen, ["Secrecy", "NoSuchField"], "Roundup") == ""
    for usual in ({}, {"restricted_by": "private, confidential, restricted"}):
        assert audience.missing(usual, [], "Roundup") == "", "the usual names are for any app that has them"
