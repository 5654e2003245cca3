"""What to write so that an item of Roundup's is related to another, or is no more; it must not send anything.

A relation is a property that holds items of the item's own class: one of them, or a set.
"""

from __future__ import annotations

from typing import Any

from server.connectors.roundup.read import ids
from server.connectors.roundup.session import Json
from server.domain.item import PARENT


def with_link(now: Json, kind: str, target: str) -> dict[str, Any] | None:
    """The change that relates an item (its attributes are ``now``) to the item numbered ``target``; None: it is."""
    held = now.get(kind)
    if isinstance(held, list):
        kept = [] if kind == PARENT else ids(held)
        return None if target in ids(held) else {kind: [*kept, target]}
    return None if _one(held) == target else {kind: target}


def without_link(now: Json, kind: str, target: str) -> dict[str, Any] | None:
    """The change that takes the relation away; None: it is not there."""
    held = now.get(kind)
    if isinstance(held, list):
        return {kind: [one for one in ids(held) if one != target]} if target in ids(held) else None
    return {kind: ""} if _one(held) == target else None


def _one(held: object) -> str:
    return str(held["id"]) if isinstance(held, dict) else str(held or "")
