"""Takes RT's tickets from status to status, over those between where the workflow wants it; it must not choose one.

RT answers with sentences whether it did something or not, so the ticket is read again after each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from server.connectors.request_tracker.learned import Learned
from server.connectors.request_tracker.read import DELETED, Json, own_id
from server.connectors.workflow import shortest_path
from server.domain.errors import Rejected
from server.domain.values import Value

Put = Callable[[Json, Mapping[str, Value]], tuple[str, ...]]
"""Writes fields of a ticket; RT's own sentences on it."""


class Statuses:
    """The statuses of one RT's tickets. ``ticket`` reads a ticket by its number."""

    def __init__(self, learned: Learned, ticket: Callable[[str], Json], put: Put) -> None:
        self._learned = learned
        self._ticket = ticket
        self._put = put

    def of(self, item_id: str) -> str:
        """The ticket's status now."""
        return str(self._ticket(item_id)["Status"])

    def way(self, ticket: Json, goal: str) -> tuple[str, ...]:
        """The statuses to write one after the other, the goal last; empty where no way is known."""
        return self.between(own_id(ticket["Queue"]), str(ticket["Status"]), goal)

    def between(self, queue: str, start: str, goal: str) -> tuple[str, ...]:
        """The same for any ticket of a queue that has the status ``start``."""
        path = shortest_path(start, goal, lambda status: self._learned.following(queue, status) - {DELETED, status})
        return path or ()

    def reach(self, ticket: Json, goal: str) -> tuple[str, ...]:
        """Take a ticket to a status: at once, else by a way that is known; RT's sentences.

        Where the way breaks the ticket is taken back; raises ``Rejected`` where that does not work.
        """
        item_id, start = str(ticket["id"]), str(ticket["Status"])
        words = self._put(ticket, {"Status": goal})
        if self.of(item_id) == goal:
            return words
        for step in self.way(ticket, goal):
            words += self._put(ticket, {"Status": step})
            if self.of(item_id) != step:
                words += self._put(ticket, {"Status": start})
                self._require_back(item_id, start, goal, words)
                return words
        return words

    def _require_back(self, item_id: str, start: str, goal: str, words: tuple[str, ...]) -> None:
        now = self.of(item_id)
        if now != start:
            raise Rejected(
                f"Request Tracker did not take ticket #{item_id} to “{goal}”, and Lockstep could not take it back to "
                f"“{start}”; it stays “{now}”. Its workflow or an open dependency may be why.",
                words="; ".join(words),
                fields=("Status",),
                left={"Status": now},
            )

    def restore(self, item_id: str, status: str, opened: str) -> None:
        """Take the ticket back from where a reply of ours has put it, unless it is elsewhere by now.

        A failure here is told, the reply stays.
        """
        ticket = self._ticket(item_id)
        if str(ticket["Status"]) != opened:
            return
        self.reach(ticket, status)
        now = self.of(item_id)
        if now != status:
            raise Rejected(
                f"A reply was posted on ticket #{item_id}, and Request Tracker moved it from “{status}” to “{now}”, "
                "from where there is no way back for the syncing user. Switch the scrip “On Correspond Open Inactive "
                "Tickets” off for the queue, or set the status by hand."
            )
