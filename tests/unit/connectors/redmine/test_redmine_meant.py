from __future__ import annotations

from server.connectors.redmine.write import meant

CUSTOMS = {"Labels": "cf_3", "Due date of the customer": "cf_4"}


def test_redmines_sentences_name_the_fields_that_they_begin_with() -> None:
    sent = ("subject", "assigned_to", "due_date", "cf_3", "cf_4")
    assert meant("Assignee is invalid", sent, CUSTOMS) == {"assigned_to"}
    words = "Due date must be greater than start date; Labels is not included in the list"
    assert meant(words, sent, CUSTOMS) == {"due_date", "cf_3"}
    assert meant("Due date of the customer cannot be blank", sent, CUSTOMS) == {"cf_4"}


def test_what_was_not_sent_or_is_not_understood_is_not_named() -> None:
    assert meant("Start date is not a valid date", ("subject",), CUSTOMS) == frozenset()
    assert meant("Zugewiesen an ist nicht gültig", ("assigned_to",), CUSTOMS) == frozenset()
    assert meant("", ("assigned_to",), CUSTOMS) == frozenset()
