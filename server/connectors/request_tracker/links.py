"""Relates RT's tickets and sets their parents; it must not decide which.

RT answers with sentences whether it did something or not, so every change is read back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.connectors.base import Outlet
from server.connectors.confirming import confirming, unconfirmed
from server.connectors.paths import segment
from server.connectors.request_tracker.learned import API, Learned
from server.connectors.request_tracker.read import Json, read_links
from server.domain.errors import Rejected
from server.domain.item import PARENT
from server.domain.quoting import quoted

_NAMES = {
    PARENT: "Parents",
    "depends-on": "DependsOn",
    "depended-on-by": "DependedOnBy",
    "refers-to": "RefersTo",
    "referred-to-by": "ReferredToBy",
}
KINDS = tuple(_NAMES)
"""What may be between two tickets, as seen from either."""


class Links:
    """The relations of one RT. ``ticket`` reads a ticket by its number."""

    def __init__(self, outlet: Outlet, learned: Learned, ticket: Callable[[str], Json]) -> None:
        self._outlet = outlet
        self._learned = learned
        self._ticket = ticket

    def add(self, item_id: str, kind: str, target: str) -> None:
        """Relate two tickets. RT allows several parents; here the new one takes the place of all others."""
        name = _name(kind)
        now = self._targets(item_id, kind)
        others = now - {target} if kind == PARENT else frozenset()
        # The new one first: cut off in between, the ticket is not left without a parent.
        if target not in now:
            self._change(item_id, f"Add{name}", (target,), kind, now | {target})
        if others:
            self._change(item_id, f"Delete{name}", sorted(others), kind, frozenset({target}))

    def remove(self, item_id: str, kind: str, target: str) -> None:
        """Take a relation away, if it is there."""
        name = _name(kind)
        now = self._targets(item_id, kind)
        if target in now:
            self._change(item_id, f"Delete{name}", (target,), kind, now - {target})

    def _targets(self, item_id: str, kind: str) -> frozenset[str]:
        return frozenset(one.target for one in read_links(self._ticket(item_id)) if one.kind == kind)

    def _change(self, item_id: str, verb: str, targets: Sequence[str], kind: str, wanted: frozenset[str]) -> None:
        path = f"{API}/ticket/{segment(item_id)}"
        answer = self._outlet.request("PUT", path, headers=self._learned.headers, json={verb: list(targets)}).json()
        with confirming(f"the links of ticket #{item_id}"):
            held = self._targets(item_id, kind)
        if held & set(targets) != wanted & set(targets):
            if not isinstance(answer, list):
                raise unconfirmed(f"the links of ticket #{item_id}")
            words = "; ".join(str(one) for one in answer)
            said = quoted(words) or " It gave no reason."
            raise Rejected(
                f"Request Tracker left the “{kind}” links of ticket #{item_id} as they were.{said} The syncing user "
                "needs the right “ModifyTicket” on both tickets.",
                words=words,
            )


def _name(kind: str) -> str:
    if kind not in _NAMES:
        raise Rejected(f"Request Tracker knows no link “{kind}”; it has {', '.join(sorted(_NAMES))}.")
    return _NAMES[kind]
