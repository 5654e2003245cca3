"""Tells what Redmine works out by itself, by an issue's journals and subtasks; it must not ask Redmine anything.

Each edit of a person is in an issue's journals; what Redmine sets by itself (a parent's priority, dates and progress,
from its subtasks) is in none. Whether it does that is a setting that it does not tell: what becomes of a write does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from server.connectors.moments import moment
from server.connectors.redmine.read import DATES, NUMBERS, REFERENCES, Json, own_id
from server.connectors.seen import Seen
from server.domain.values import Value

GROUPS: Final[Mapping[str, str]] = {
    "priority": "priority",
    "start_date": "dates",
    "due_date": "dates",
    "done_ratio": "progress",
}
"""The fields of a parent that Redmine may work out, and the setting that says so for each."""
_ATTRIBUTES: Final[Mapping[str, str]] = {f"{name}_id": name for name in REFERENCES} | {
    name: name for name in (*DATES, *NUMBERS)
}
"""What journals call the fields of which they tell whole values."""
_LESSON: Final = "parents"
_BELIEVED_FOR: Final = timedelta(days=1)
"""An administrator may have changed the setting: after this one write is tried again."""


_SLACK: Final = timedelta(seconds=2)
"""Redmine tells whole seconds, and its clock may be a moment off ours."""
_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class _Wrote:
    """A write of ours to an issue, and when it was under way."""

    issue: str
    began: datetime
    ended: datetime


class Cascades:
    """What Redmine does to other issues because of our writes, in our account's name; kept in memory. Thread-safe.

    It closes the duplicates of an issue that is closed, and moves the dates of those that follow it.
    """

    def __init__(self) -> None:
        self._wrote: deque[_Wrote] = deque(maxlen=_REMEMBERED)

    def wrote(self, issue: str, began: datetime, ended: datetime) -> None:
        """We wrote to an issue."""
        self._wrote.append(_Wrote(issue, began - _SLACK, ended + _SLACK))

    def caused(self, issue: str, at: datetime) -> bool:
        """Whether a change of an issue in our name comes of a write to another one: nobody wrote to it itself then."""
        then = [one for one in tuple(self._wrote) if one.began <= at <= one.ended]
        return bool(then) and all(one.issue != issue for one in then)


def untyped(issue: Json, held: Mapping[str, Value], own_user: str, cascades: Cascades) -> frozenset[str]:
    """The fields whose value no journal accounts for, or one that Redmine wrote in our name when we wrote elsewhere.

    Of a field that no journal names nobody has edited what stood there first.
    """
    journals = issue.get("journals")
    if not isinstance(journals, list):
        return frozenset()
    said, ours = _last_said(journals), set[str]()
    for name, (_, journal) in said.items():
        if own_id(journal.get("user")) == own_user and cascades.caused(str(issue["id"]), moment(journal["created_on"])):
            ours.add(name)
    return frozenset(
        name
        for name in _ATTRIBUTES.values()
        if name in held and (name not in said or name in ours or not _is(said[name][0], held[name]))
    )


def _last_said(journals: Iterable[object]) -> dict[str, tuple[object, Json]]:
    """What each field was set to last, with the journal that says so."""
    said: dict[str, tuple[object, Json]] = {}
    whole = [one for one in journals if isinstance(one, Mapping) and isinstance(one.get("id"), int)]
    for journal in sorted(whole, key=lambda one: int(one["id"])):  # an account may want the newest first
        for detail in journal.get("details") or ():
            if isinstance(detail, Mapping) and detail.get("property") == "attr" and detail.get("name") in _ATTRIBUTES:
                said[_ATTRIBUTES[detail["name"]]] = detail.get("new_value"), journal
    return said


def _is(said: object, held: Value) -> bool:
    """Whether a journal's word is what the issue holds; what cannot be compared counts as so, for a person's sake."""
    if said in (None, ""):
        return held in (None, "")
    if isinstance(held, int | float):
        try:
            return abs(float(str(said)) - held) < 0.005  # noqa: PLR2004 - stored as hundredths
        except ValueError:
            return True
    return held is not None and str(said).strip() == str(held).strip()


class Derived:
    """What one Redmine works out for issues that have subtasks, as far as it was seen."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def of(self, issue: Json, now: datetime | None = None) -> dict[str, str]:
        """The fields that nobody can write in this issue, each with a sentence why."""
        if not issue.get("children"):
            return {}
        why = "Redmine works it out from the issue's subtasks, and takes no other value."
        return {name: why for name, group in GROUPS.items() if self._is_worked_out(group, now or datetime.now(UTC))}

    def notice(self, issue: Json, taken: Iterable[str], left: Iterable[str]) -> None:
        """Learn from a write to an issue, read back: what it took, and what Redmine left without a word."""
        if not issue.get("children"):
            return
        for group in {GROUPS[name] for name in left if name in GROUPS}:
            self._seen.learn(f"{_LESSON} {group}", ["worked out", datetime.now(UTC).isoformat()])
        for group in {GROUPS[name] for name in taken if name in GROUPS}:
            if self._seen.lesson(f"{_LESSON} {group}") is not None:
                self._seen.learn(f"{_LESSON} {group}", ["typed"])

    def _is_worked_out(self, group: str, now: datetime) -> bool:
        match self._seen.lesson(f"{_LESSON} {group}"):
            case ["worked out", str(at)]:
                return now - moment(at) < _BELIEVED_FOR
            case _:
                return False
