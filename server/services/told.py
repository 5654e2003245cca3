"""Why an item is as it is, for who asks from outside the panel: words and no values; it must not find anything out.

The command line is used by who runs the installation. What stands in an item is its tenant's matter and stays there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.domain.errors import NotFound
from server.engine.audience import without_file_names
from server.services import explain
from server.services.apps import Apps
from server.services.asking import Now
from server.services.explain import Subject, quiet, restricted
from server.services.scope import TenantScope
from server.store.history import EventRow, HoldRow

_LINES = 10


def tell(scope: TenantScope, key: str, *, live: bool) -> Mapping[str, Any]:
    """What ``services.explain`` says of ``key``, as JSON. Raises ``NotFound`` with its sentence for an unknown key."""
    found = explain.explain(scope, Apps(), key, live=live, discreet=True)
    if not found.subjects and not found.history:
        raise NotFound(" ".join((found.sentence, *found.problems)))
    return {
        "key": found.key,
        "sentence": found.sentence,
        "items": [_subject(one) for one in found.subjects],
        "history": _lines(found.history),
    }


def _subject(one: Subject) -> Mapping[str, Any]:
    hushed = restricted(one.pair, one.now)
    return {
        "key": one.key,
        "integration": one.integration_name,
        "sentence": one.sentence,
        "state": one.pair.state if one.pair is not None else "unpaired",
        "next_attempt": one.next_attempt.isoformat() if one.next_attempt is not None else None,
        "ahead": one.ahead,
        "held": [_hold(quiet(each) if hushed else each) for each in one.holds],
        "apps": [_now(each) for each in one.now],
        "history": _lines(one.history, hushed=hushed),
    }


def _hold(one: HoldRow) -> Mapping[str, Any]:
    return {
        "key": one.item_key or one.item_id,
        "reason": one.reason,
        "words": one.words,
        "since": one.first_at.isoformat(),
    }


def _now(one: Now) -> Mapping[str, Any]:
    return {"name": one.name, "key": one.key, "gone": one.gone, "changed": one.changed, "problem": one.problem}


def _lines(lines: Sequence[EventRow], *, hushed: bool = False) -> list[Mapping[str, Any]]:
    """The newest lines. ``hushed``: of an item of which not everybody may read what it says."""
    said = ((one.at, without_file_names(one.summary) if hushed else one.summary) for one in lines[:_LINES])
    return [{"at": at.isoformat(), "summary": summary} for at, summary in said]
