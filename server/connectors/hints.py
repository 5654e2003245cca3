"""What apps tell of themselves by webhook, as the items that they mean; it must not fetch or believe anything.

``Manifest.hint`` reads a kind of app's deliveries. The usual reader takes any JSON, for apps whose administrators write
the call themselves: ``{"items": ["12", "13"]}`` names items, everything else means "something changed".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.domain import json_text
from server.domain.errors import PutRight
from server.domain.text import storable


def named_items(settings: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> tuple[str, ...] | None:  # noqa: ARG001 - the shape of every reader
    """The ids under ``items``; None when none are named. Raises ``PutRight`` for what is not JSON."""
    said = delivered(body)
    named = said.get("items") if isinstance(said, Mapping) else None
    if not isinstance(named, list):
        return None
    return ids_of(named)


def delivered(body: bytes) -> Any:
    """The delivery as JSON, None when it is empty (a ping). Raises ``PutRight``."""
    if not body.strip():
        return None
    try:
        return json_text.read(body)
    except ValueError as error:
        raise PutRight("A delivery must be JSON.") from error


def ids_of(named: list[Any]) -> tuple[str, ...] | None:
    """Ids as texts; None when one of them is no id, so that nothing is missed."""
    texts = [str(one) for one in named if isinstance(one, int | str) and not isinstance(one, bool)]
    ids = tuple(one for one in texts if one and storable(one) == one)
    return ids if ids and len(ids) == len(named) else None
