"""Relates Redmine's issues and sets their parents; it must not decide which.

Redmine stores a relation once, for both issues, and allows one between the same two. It says yes to a parent that the
account may not set, so a parent is read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from server.connectors.base import Outlet
from server.connectors.confirming import confirming, unconfirmed
from server.connectors.paths import segment
from server.connectors.reading import part, reading
from server.connectors.redmine.read import SEEN_FROM_TARGET, Json, own_id, read_links
from server.domain.errors import Rejected
from server.domain.item import PARENT

KINDS = (PARENT, "relates", *(one for both in SEEN_FROM_TARGET.items() for one in both))
"""What may be between two issues, as seen from either."""

_CREATED, _DONE, _NOT_FOUND = 201, 204, 404


class Links:
    """The relations of one Redmine. ``issue`` reads an issue by its number, with what is to be included."""

    def __init__(self, outlet: Outlet, headers: Mapping[str, str], issue: Callable[[str, str], Json]) -> None:
        self._outlet = outlet
        self._headers = headers
        self._issue = issue

    def add(self, item_id: str, kind: str, target: str) -> None:
        """Relate two issues; ``Rejected`` with Redmine's words when it does not."""
        if kind == PARENT:
            self._set_parent(item_id, target)
            return
        if kind not in KINDS:
            raise Rejected(f"Redmine knows no relation “{kind}”; it has {', '.join(KINDS)}.")
        if self._relation(item_id, kind, target) is not None:
            return
        path = f"/issues/{segment(item_id)}/relations.json"
        body = {"relation": {"issue_to_id": target, "relation_type": kind}}
        try:
            answer = self._outlet.request("POST", path, headers=self._headers, json=body)
        except Rejected:
            # The same relation may have been made from its other end in this very moment.
            if self._relation(item_id, kind, target) is None:
                raise
            return
        if answer.status != _CREATED:
            self._confirm(item_id, kind, target, there=True)

    def remove(self, item_id: str, kind: str, target: str) -> None:
        """Take a relation away, if it is there."""
        if kind == PARENT:
            if self._parent(item_id) == target:
                self._set_parent(item_id, "")
            return
        number = self._relation(item_id, kind, target)
        if number is not None:
            path = f"/relations/{segment(number)}.json"
            answer = self._outlet.request("DELETE", path, headers=self._headers, accept=(_NOT_FOUND,))
            if answer.status != _DONE:
                self._confirm(item_id, kind, target, there=False)

    def _confirm(self, item_id: str, kind: str, target: str, *, there: bool) -> None:
        """Redmine answers 201 or 204 to what it has done; after anything else the issue itself decides."""
        what = f"the relation of issue #{item_id} to #{target}"
        with confirming(what):
            found = self._relation(item_id, kind, target) is not None
        if found is not there:
            raise unconfirmed(what)

    def _relation(self, item_id: str, kind: str, target: str) -> str | None:
        """The number of a relation, as seen from the issue."""
        for one in self._issue(item_id, "relations").get("relations") or ():
            with reading(f"#{item_id}"), part("its relations"):
                (link,) = read_links(item_id, (one,))
            if (link.kind, link.target) == (kind, target):
                return str(one["id"])
        return None

    def _parent(self, item_id: str) -> str | None:
        return own_id(self._issue(item_id, "").get("parent"))

    def _set_parent(self, item_id: str, target: str) -> None:
        if (self._parent(item_id) or "") == target:
            return  # even a change to the same would count as a change of the issue
        path = f"/issues/{segment(item_id)}.json"
        answer = self._outlet.request("PUT", path, headers=self._headers, json={"issue": {"parent_issue_id": target}})
        with confirming(f"the parent of issue #{item_id}"):
            held = self._parent(item_id) or ""
        if held != target and answer.status != _DONE:
            raise unconfirmed(f"the parent of issue #{item_id}")
        if held != target:
            raise Rejected(
                f"Redmine left the parent of issue #{item_id} as it was, without a word. Give the syncing user's role "
                "the permission “Manage subtasks”."
            )
