"""Edits both trackers as two people would, and sees when each edit has arrived on the other side.

Alice works at the help desk, Bob in engineering; nothing is written as Lockstep's own user. A ``kill -9`` in between
leaves the edits made so far, which are carried over like anybody's. It must not know how they are.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from appliance.demo.compare import STATUS_PAIRS
from appliance.demo.rest import Json, StoredFile, Visit, checksum, linked
from appliance.demo.trackers import Person, Tracker
from appliance.errors import ApplianceError

LOOK_SECONDS = 0.2
_STAMP = re.compile(r" \(checked [^()]*\)$")
_WORKER = {"helpdesk": "alice", "engineering": "bob"}
_MOVED_TO = {"helpdesk": ("resolved", "need-eg"), "engineering": ("pending", "closed")}
_SAID = {
    "helpdesk": "I tried again at {at}, with the same result:\n\n- cable and Wi‑Fi\n- with and without VPN\n\nGrüße, Alice",  # noqa: RUF001, E501
    "engineering": "Looked into it at {at}. Two things are left to do:\n\n1. a test for the naïve case\n2. tell 由紀",
}
_NEW = {
    "helpdesk": (
        "Headset for Søren has no sound on the left",
        "The left side is silent since Monday, on both of his computers.\n\n- other headsets work\n- cable looks fine",
    ),
    "engineering": (
        "Café finder shows closed branches",
        "Branches that are closed for good are still found, e.g. »Zürich Hbf«.\n\nThe list is from the spring.",
    ),
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit that was made.

    ``kind``: title, status, assignee, comment, file, new item, conflict. ``side``: the name of the tracker it was made
    in. ``item``: the title by which the item is found on either side (for a title: the new one; for a conflict: the
    one given at the help desk). ``expected``: what shall be seen on the other side (for a conflict: the title given in
    engineering). ``digest``: SHA-256 of the file, empty without one. ``clock``: ``time.monotonic()`` when it was done.
    """

    kind: str
    side: str
    item: str
    expected: str
    made_at: datetime
    clock: float
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long an edit took to be seen on the other side; ``seconds`` is None if that did not happen in time."""

    edit: Edit
    seconds: float | None


@dataclass(frozen=True, slots=True)
class _Desk:
    """A person's place: their visit, and the items that they may pick from, each with its twin (same title)."""

    visit: Visit
    twin: Visit
    items: Sequence[tuple[Json, Json]]

    @property
    def side(self) -> str:
        return self.visit.tracker.name

    def stamp(self) -> str:
        return datetime.now(UTC).strftime("%d %b %H:%M:%S.%f")[:-3]

    def done(self, kind: str, item: str, expected: str, digest: str = "") -> Edit:
        return Edit(kind, self.side, item, expected, datetime.now(UTC), time.monotonic(), digest)


def make_edits(helpdesk: Tracker, engineering: Tracker) -> Iterator[Edit]:
    """Make one edit of each kind on each side, and one conflicting edit; each is done when it is yielded.

    The items differ from call to call. Raises ``ApplianceError`` when too few items have a twin.
    """
    with ExitStack() as stack:
        here = stack.enter_context(Visit(helpdesk, _person(helpdesk)))
        there = stack.enter_context(Visit(engineering, _person(engineering)))
        pairs = _pairs(here.items(), there.items())
        if len(pairs) < _NEEDED:
            raise ApplianceError(f"Only {len(pairs)} items have a twin; the edits need {_NEEDED}.")
        random.SystemRandom().shuffle(pairs)
        conflict, pairs = pairs[0], pairs[1:]
        half = len(pairs) // 2
        desks = (
            _Desk(here, there, pairs[:half]),
            _Desk(there, here, [(b, a) for a, b in pairs[half:]]),
        )
        for number, edit in enumerate((_title, _status, _assignee, _comment, _file, _new_item)):
            for desk in desks:
                yield edit(desk, number)
        yield _conflict(*desks, conflict)


_NEEDED = 24
"""So many twins leave each edit an item of its own, with some to choose a status by."""


def _person(tracker: Tracker) -> Person:
    return next(person for person in tracker.people if person.login == _WORKER[tracker.name])


def _pairs(ours: Sequence[Json], theirs: Sequence[Json]) -> list[tuple[Json, Json]]:
    """Items whose title is there once on each side."""
    left = Counter(str(one["title"]) for one in ours)
    right = Counter(str(one["title"]) for one in theirs)
    by_title = {str(one["title"]): one for one in theirs}
    return [(one, by_title[title]) for one in ours if left[title := str(one["title"])] == 1 and right[title] == 1]


def _retitled(title: str, mark: str) -> str:
    return f"{_STAMP.sub('', title)} (checked {mark})"


def _title(desk: _Desk, number: int) -> Edit:
    item, _ = desk.items[number]
    title = _retitled(str(item["title"]), desk.stamp())
    desk.visit.change(item["id"], lambda _: {"title": title})
    return desk.done("title", title, title)


def _status(desk: _Desk, number: int) -> Edit:
    """Move an item to a status that means something else on the other side than the one it has there."""
    for item, twin in desk.items[number:]:
        for name in _MOVED_TO[desk.side]:
            if linked(twin["status"]) not in counterparts(desk.side, name):
                desk.visit.change(item["id"], lambda _, name=name: {"status": name})  # type: ignore[misc]
                return desk.done("status", str(item["title"]), name)
    raise ApplianceError(f"{desk.visit.tracker.title} has no item whose status could be moved.")


def counterparts(side: str, status: str) -> frozenset[str]:
    """The statuses of the other side that stand for ``status`` of ``side``."""
    if side == "helpdesk":
        return frozenset(right for left, right in STATUS_PAIRS if left == status)
    return frozenset(left for left, right in STATUS_PAIRS if right == status)


def _assignee(desk: _Desk, number: int) -> Edit:
    item, twin = desk.items[-number]
    # Somebody whom neither side has yet, so that it is seen when the edit has been carried over.
    now = {linked(item[desk.visit.fields.assignee], "username"), linked(twin[desk.twin.fields.assignee], "username")}
    person = next(each for each in desk.visit.tracker.people if each.login not in now)
    desk.visit.change(item["id"], lambda _: {desk.visit.fields.assignee: person.login})
    return desk.done("assignee", str(item["title"]), person.login)


def _comment(desk: _Desk, number: int) -> Edit:
    item, _ = desk.items[-number]
    text = _SAID[desk.side].format(at=desk.stamp())
    _say(desk, item["id"], text)
    return desk.done("comment", str(item["title"]), text)


def _say(desk: _Desk, item: str, text: str) -> None:
    desk.visit.add(item, "messages", _message(desk, text))


def _message(desk: _Desk, text: str) -> str:
    return desk.visit.make("msg", {"author": _WORKER[desk.side], "content": text})


def _file(desk: _Desk, number: int) -> Edit:
    item, _ = desk.items[-number]
    name, digest = _attach(desk, item["id"])
    return desk.done("file", str(item["title"]), name, digest)


def _attach(desk: _Desk, item: str) -> tuple[str, str]:
    """Attach a file with a name and bytes that were never there before; both (bytes as checksum)."""
    name = f"Überprüfung {datetime.now(UTC):%H.%M.%S.%f} 確認.txt"
    content = f"Checked: {desk.stamp()}\r\nÅngström\t0.1 nm\0\n".encode() + random.SystemRandom().randbytes(2048)
    desk.visit.add(item, "files", desk.visit.upload(name, "application/octet-stream", content))
    return name, checksum(content)


def _new_item(desk: _Desk, _number: int) -> Edit:
    title, description = _NEW[desk.side]
    title = _retitled(title, desk.stamp())
    values = {"title": title, "messages": [_message(desk, description)]}
    if desk.side == "helpdesk":
        values |= {"priority": "bug", "assignedto": "nikos"}
    else:
        values |= {"priority": "normal", "status": "new", "severity": "minor", "type": "behavior", "assignee": "chloe"}
    item = desk.visit.make(desk.visit.tracker.item_class, values)
    text = f"Added at {desk.stamp()}: it happens with »Größe M«, too."
    _say(desk, item, text)
    _, digest = _attach(desk, item)
    return desk.done("new item", title, text, digest)


def _conflict(here: _Desk, there: _Desk, pair: tuple[Json, Json]) -> Edit:
    """Give both twins another title at the same time."""
    item, twin = pair
    titles = [_retitled(str(item["title"]), f"{here.stamp()} {name}") for name in ("by Alice", "by Bob")]
    with ThreadPoolExecutor(max_workers=1) as pool:
        other = pool.submit(there.visit.change, twin["id"], lambda _: {"title": titles[1]})
        here.visit.change(item["id"], lambda _: {"title": titles[0]})
        other.result()
    return here.done("conflict", titles[0], titles[1])


class Probe:
    """Sees on the other side, as the administrators do, whether an edit has arrived; a context manager."""

    def __init__(self, helpdesk: Tracker, engineering: Tracker) -> None:
        self._visits = {one.name: Visit(one, one.admin) for one in (helpdesk, engineering)}
        self._items: dict[str, dict[str, Json]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._files: dict[tuple[str, str], StoredFile] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for visit in self._visits.values():
            visit.__exit__(kind, error, at)

    def look(self) -> None:
        """Read both sides anew."""
        self._items = {
            name: {str(item["title"]): item for item in visit.items()} for name, visit in self._visits.items()
        }

    def visible(self, edit: Edit) -> bool:
        """Whether ``edit`` is on the other side now."""
        self.look()
        return self.seen(edit)

    def seen(self, edit: Edit) -> bool:
        """Whether ``edit`` was on the other side at the last look."""
        if edit.kind == "conflict":
            return self._settled(edit)
        side = next(name for name in self._visits if name != edit.side)
        item = self._items[side].get(edit.item)
        if item is None:
            return False
        checks: dict[str, Callable[[], bool]] = {
            "title": lambda: True,
            "status": lambda: linked(item["status"]) in counterparts(edit.side, edit.expected),
            "assignee": lambda: linked(item[self._visits[side].fields.assignee], "username") == edit.expected,
            "comment": lambda: self._says(side, item, edit.expected),
            "file": lambda: self._holds(side, item, edit.digest),
            "new item": lambda: self._says(side, item, edit.expected) and self._holds(side, item, edit.digest),
        }
        return checks[edit.kind]()

    def _settled(self, edit: Edit) -> bool:
        """Both sides have the same one of the two titles."""
        found = [{title for title in (edit.item, edit.expected) if title in items} for items in self._items.values()]
        return len(found[0]) == 1 and found[0] == found[1]

    def _says(self, side: str, item: Json, text: str) -> bool:
        for one in item["messages"]:
            key = (side, str(one["id"]))
            if key not in self._texts:
                self._texts[key] = _plain(self._visits[side].text(key[1]))
            if _plain(text) in self._texts[key]:
                return True
        return False

    def _holds(self, side: str, item: Json, digest: str) -> bool:
        for one in item["files"]:
            key = (side, str(one["id"]))
            if key not in self._files:
                self._files[key] = self._visits[side].file(key[1])
            if self._files[key].digest == digest:
                return True
        return False


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def measure(
    helpdesk: Tracker,
    engineering: Tracker,
    deadline_seconds: float,
    seen: Callable[[Edit, float], None] = lambda _, __: None,
) -> tuple[Latency, ...]:
    """Make all edits and watch for each on the other side from the moment on that it is made.

    Ends when all have been seen, or ``deadline_seconds`` after the last was made. ``seen`` hears of each with its
    seconds. Raises ``ApplianceError`` when a tracker does not answer.
    """
    found: dict[Edit, float] = {}
    made: list[Edit] = []
    with Probe(helpdesk, engineering) as probe:

        def watch() -> None:
            probe.look()
            for edit in made:
                if edit not in found and probe.seen(edit):
                    found[edit] = time.monotonic() - edit.clock
                    seen(edit, found[edit])

        for edit in make_edits(helpdesk, engineering):
            made.append(edit)
            watch()
        deadline = time.monotonic() + deadline_seconds
        while len(found) < len(made) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            watch()
    return tuple(Latency(edit, found.get(edit)) for edit in made)


def percentile(latencies: Sequence[Latency], share: float) -> float | None:
    """The latency in seconds that ``share`` (0.95) of the edits did not exceed; None if one was never seen by then."""
    if not latencies:
        return None
    order = sorted(one.seconds if one.seconds is not None else math.inf for one in latencies)
    at = order[max(0, math.ceil(share * len(order)) - 1)]
    return None if math.isinf(at) else at
