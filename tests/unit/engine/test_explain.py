"""The one sentence: what keeps an item from being in step comes first, times are said as people say them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.engine.explain import Held, Situation, clock, sentence, when

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
LINKED = Situation(NOW, "Both", state="linked", synced_at=NOW.replace(hour=13), next_look=NOW + timedelta(seconds=20))
REFUSED = Held("quarantine", "Redmine refuses it.", "Subject is too long")


def test_a_time_to_come_is_said_in_seconds_by_the_clock_or_with_the_day() -> None:
    assert when(NOW, NOW) == "at once"
    assert when(NOW + timedelta(seconds=20), NOW) == "in 20 s"
    assert when(NOW + timedelta(minutes=10), NOW) == "at 14:10 UTC"
    assert when(NOW + timedelta(days=1), NOW) == "at 2026-11-24 14:00 UTC"
    assert clock(NOW - timedelta(hours=1), NOW) == "13:00 UTC"


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        (LINKED, "In step since 13:00 UTC."),
        (replace(LINKED, unasked=("Desk",)), "In step since 13:00 UTC. What Desk holds now could not be asked."),
        (
            replace(LINKED, apart=("Status", "Due", "Owner")),
            (
                "In step since 13:00 UTC, but for Status, Due and Owner: the two sides differ, and stay so until"
                " somebody changes one of them."
            ),
        ),
        (
            replace(LINKED, changed=("Desk",)),
            "Changed on Desk since it was last in step; that travels with the next look, in 20 s.",
        ),
        (
            replace(LINKED, changed=("Desk",), undecided=("Title",)),
            "Both sides changed Title, and a person has to decide which one counts.",
        ),
        (
            replace(LINKED, unresolved=1),
            "The answer to a write was lost; what became of it is found out with the next look, in 20 s.",
        ),
        (
            replace(LINKED, gone=("Desk",)),
            "It is not there any more on Desk; that is noticed with the next look, in 20 s.",
        ),
        (
            replace(LINKED, gone=("Desk",), merged=("into #5 on Desk",)),
            "It was merged into #5 on Desk; that is noticed with the next look, in 20 s.",
        ),
        (
            replace(LINKED, gone=("Desk",), silent=True, next_scan=NOW + timedelta(hours=2)),
            (
                "It is not there any more on Desk; that is noticed with the next full scan, at 16:00 UTC, or at once"
                " when somebody has it synced again."
            ),
        ),
        (
            replace(LINKED, changed=("Desk",), silent=True, soon=True),
            (
                "Changed on Desk since it was last in step; that travels within a few minutes, when items that changed"
                " lately are looked at again."
            ),
        ),
        (
            replace(LINKED, changed=("Desk",), silent=True),
            "Changed on Desk since it was last in step; that travels at once when somebody has it synced again.",
        ),
        (
            replace(LINKED, left="It was moved out of what the integration looks at in Desk."),
            (
                "It does not belong to the integration any more: It was moved out of what the integration looks at in"
                " Desk. That is noticed with the next look, in 20 s."
            ),
        ),
        (replace(LINKED, state="reserved"), "Its twin is about to be made, with the next look, in 20 s."),
        (
            replace(LINKED, state="outside", told="It was closed."),
            "It does not belong to the integration now, so nothing travels. It was closed.",
        ),
        (replace(LINKED, state="ended", told="#1 was deleted."), "The two are no longer kept in step. #1 was deleted."),
        (
            replace(LINKED, held=REFUSED),
            (
                "Refused: Redmine refuses it. It says: “Subject is too long”. It waits until somebody changes it,"
                " changes the mapping, or tries it again by hand."
            ),
        ),
        (
            replace(LINKED, held=Held("retry", "It is busy.", attempts=3, due_at=NOW + timedelta(minutes=10))),
            "Held back: It is busy. It was tried 3 times. It is tried again at 14:10 UTC.",
        ),
        (
            replace(LINKED, held=Held("waiting", "Its parent has no twin yet.", due_at=NOW + timedelta(seconds=9))),
            "Waits: Its parent has no twin yet. It is tried again in 9 s.",
        ),
        (replace(LINKED, held=Held("skipped", "Epics do not travel.")), "Left out by a rule: Epics do not travel."),
        (
            Situation(NOW, "Both", seen_on="Desk", next_look=NOW + timedelta(seconds=20)),
            "Not seen yet: the next look at Desk is in 20 s.",
        ),
        (
            Situation(NOW, "Both", seen_on="Desk", rule="Epics do not travel."),
            "Desk has it, and “Both” leaves it out. Epics do not travel.",
        ),
        (
            Situation(NOW, "Both", seen_on="Desk", passed=True),
            (
                "Desk has it, and the feed has come past it without seeing it; a resync of the item or the next full"
                " scan finds it."
            ),
        ),
    ],
)
def test_every_situation_has_its_sentence(situation: Situation, said: str) -> None:
    assert sentence(situation) == said


def test_what_stops_the_integration_is_said_besides_but_not_of_a_pair_that_has_ended() -> None:
    stopped = replace(LINKED, stopped="the integration “Both” is paused.")
    assert sentence(stopped) == "In step since 13:00 UTC. Nothing travels now: the integration “Both” is paused."
    assert "Nothing travels" not in sentence(replace(stopped, state="ended"))


def test_a_refusal_comes_before_everything_else_that_is_true() -> None:
    everything = replace(LINKED, held=REFUSED, unresolved=1, changed=("Desk",), gone=("Desk",), undecided=("Title",))
    assert sentence(everything).startswith("Refused: ")
