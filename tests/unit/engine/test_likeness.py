"""What reads like an original and its copy: every text that travels, as far as both apps keep it."""

from __future__ import annotations

import pytest

from server.domain.item import Side
from server.engine.likeness import keeps_no_word, reads_the_same
from tests.unit.engine.build import item, mapping

(TYPE,) = mapping().types


@pytest.mark.parametrize(
    ("title", "text", "subject", "body", "same"),
    [
        ("Printer  broken", "It *smokes*.", "printer broken", "<p>It *smokes*.</p>", True),
        ("Printer broken", "", "Printer broken", "", True),
        ("Printer broken", "It smokes.", "Printer broken", "<p>It burns.</p>", False),
        ("Printer broken", "It smokes.", "Printer on fire", "<p>It smokes.</p>", False),
        ("Printer broken", "It smokes.", "Printer broken", "", False),
    ],
)
def test_each_text_must_say_the_same(title: str, text: str, subject: str, body: str, same: bool) -> None:  # noqa: FBT001 - a case
    left = item(Side.LEFT, {"title": title, "text": text, "owner": "u1"})
    right = item(Side.RIGHT, {"subject": subject, "body": body, "assignee": None})
    assert reads_the_same(TYPE, left, right) is same


def test_the_apps_that_keep_no_word_are_named() -> None:
    assert keeps_no_word([]) == ""
    assert keeps_no_word(["Support"]).startswith("Support keeps no word")
    assert keeps_no_word(["Support", "Bugs"]).startswith("Support and Bugs keep no word")
