"""Takes an issue to a status over those between, by a way that is known before its first step; never in the dark.

What may follow a status is told of an issue that has it: the issue itself, another one, or one that was seen. Where a
way breaks all the same, the issue is taken back; where that does not work, the refusal says where we left it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.connectors.redmine.learned import Learned
from server.connectors.redmine.read import Json, own_id
from server.connectors.workflow import shortest_path
from server.domain.errors import Rejected
from server.domain.item import Item

_STATUS = ("status",)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an issue stands, and what our account may do with it now."""

    issue: Json
    project: str
    tracker: str
    status: str
    ours: bool
    allowed: frozenset[str] | None
    """None: this Redmine does not tell."""


class Ways:
    """The ways of one Redmine's issues. Thread-safe."""

    def __init__(
        self,
        learned: Learned,
        look: Callable[[str, str], Json],
        fetch: Callable[[str], Item],
        put: Callable[[str, Mapping[str, object]], object],
    ) -> None:
        self._learned = learned
        self._issue = look
        self._fetch = fetch
        self._put = put
        self._lock = threading.Lock()
        self._chosen: dict[tuple[str, str], tuple[str, ...]] = {}

    def find(self, item_id: str, goal: str) -> tuple[str, ...]:
        """The statuses to write one after the other, the goal last; empty when the issue is there already.

        Raises ``Rejected`` where no way is known, or something else keeps the issue from its goal. Reads only.
        """
        place = self._look(item_id)
        if place.status == goal:
            return ()
        names = self._learned.status_names()
        if goal not in names:
            raise Rejected(
                f"Redmine has no status with the number {goal} any more; map it to another one.", fields=_STATUS
            )
        if place.allowed is None:
            return (goal,)
        path = self._path(place, goal)
        if path is None:
            raise Rejected(self._no_way(place, goal, names), fields=_STATUS)
        if len(path) > 1:
            self._ask_first(place, path, names)
        with self._lock:
            self._chosen[item_id, goal] = path
        return path

    def chosen(self, item_id: str, goal: str) -> tuple[str, ...]:
        """The way that was found last for this issue and is written down, else one that is found now."""
        with self._lock:
            path = self._chosen.pop((item_id, goal), None)
        return path if path is not None else self.find(item_id, goal)

    def walk(self, item: Item, path: tuple[str, ...]) -> Item:
        """Take the issue along ``path``; each step is read back. Raises ``Rejected`` when the way breaks."""
        start, names = str(item.fields["status"]), self._learned.status_names()
        for step in path:
            words = ""
            try:
                self._put(item.id, {"status_id": step})
            except Rejected as error:
                words = error.words or error.message
            item = self._fetch(item.id)
            if item.fields["status"] != step:
                raise self._broken(item, start, step, names, words)
        return item

    def _broken(self, item: Item, start: str, step: str, names: Mapping[str, str], words: str) -> Rejected:
        """The way back, as far as it goes, and what is told of it."""
        here = str(item.fields["status"])
        if here != start and start in (self._look(item.id).allowed or ()):
            self._put(item.id, {"status_id": start})
            here = str(self._fetch(item.id).fields["status"])
        stays = names.get(here, here)
        went = "it is back at" if here == start else "Lockstep could not take it back; it stays"
        return Rejected(
            f"Redmine did not take issue {item.key} to “{names.get(step, step)}”; {went} “{stays}”. An open subtask or "
            "blocker, or a field that the workflow requires there, may be why.",
            words=words,
            fields=_STATUS,
            left={} if here == start else {"status": here},
        )

    def _path(self, place: _Place, goal: str) -> tuple[str, ...] | None:
        closed = self._learned.closed_statuses()

        def following(status: str) -> frozenset[str]:
            if status == place.status:
                found = place.allowed or frozenset()
            elif status in closed:
                return frozenset()  # work is not ended on the way to somewhere else
            else:
                found = self._learned.following(place.project, place.tracker, status, ours=place.ours)
            return found - {status}

        return shortest_path(place.status, goal, following)

    def _look(self, item_id: str) -> _Place:
        issue = self._issue(item_id, "allowed_statuses,relations")
        project, tracker = own_id(issue.get("project")) or "", own_id(issue.get("tracker")) or ""
        status = own_id(issue.get("status")) or ""
        ours = own_id(issue.get("author")) == self._learned.own_user()
        allowed = self._learned.notice_following(issue)
        return _Place(issue, project, tracker, status, ours, allowed)

    def _ask_first(self, place: _Place, path: tuple[str, ...], names: Mapping[str, str]) -> None:
        """What would break the way at its end is asked before it begins: open subtasks, open blockers."""
        if not self._learned.closed_statuses() & set(path):
            return
        why = self._learned.kept_open_by(place.issue)
        if why:
            raise Rejected(
                f"Issue #{place.issue['id']} was not taken to “{names[path[-1]]}”, nor on its way there: {why} Close "
                "that, and try it again.",
                fields=_STATUS,
            )

    def _no_way(self, place: _Place, goal: str, names: Mapping[str, str]) -> str:
        closed = self._learned.closed_statuses()
        seen, dark, edge = {place.status}, set[str](), [place.status]
        while edge:
            status = edge.pop()
            known = (
                place.allowed
                if status == place.status
                else self._learned.following(place.project, place.tracker, status, ours=place.ours)
            )
            if not known and status not in closed:
                dark.add(status)
            edge += [one for one in known or () if one not in seen]
            seen |= set(known or ())
        shown = ", ".join(sorted(names.get(one, one) for one in (place.allowed or frozenset()) - {place.status}))
        unknown = ", ".join(sorted(f"“{names.get(one, one)}”" for one in dark - {place.status}))
        more = (
            f" What may follow {unknown} was never seen, and is not tried out; it is known once an issue is there."
            if unknown
            else ""
        )
        here = names.get(place.status, place.status)
        return (
            f"Redmine's workflow shows no way for issue #{place.issue['id']} from “{here}” to “{names[goal]}” for the "
            f"syncing user (allowed now: {shown or 'nothing'}), so it was not moved.{more} "
            "Widen the workflow, or map the status to another one."
        )
