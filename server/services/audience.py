"""What of a restricted item people may read here: viewers its key and why it stays, no word of it; it must not write.

An administrator set the integration up with an account that sees such items. A viewer may be somebody whom the app
itself would not show them to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from server.domain.quoting import unquoted
from server.engine.attachments import OF_A_PRIVATE_COMMENT
from server.engine.audience import without_file_names
from server.services.access import Identity
from server.services.asking import Now
from server.services.explain import Explanation, Subject, quiet, restricted
from server.services.items import Detail, ItemSide
from server.services.scope import TenantScope
from server.store import items
from server.store.history import EventRow, HoldRow
from server.store.items import AttachmentRow, PairPage, PairRow

_IN_THE_APPS_WORDS = frozenset({"failed", "not taken", "sent again", "not written"})
"""Notes of the history whose reason is what an app said."""


def sees_all(who: Identity) -> bool:
    """Whether the person may read what restricted items say."""
    return who.administers


def page(found: PairPage) -> PairPage:
    """A list of pairs as a viewer sees it."""
    return replace(found, items=tuple(_row(one) for one in found.items))


def detail(found: Detail, *, hushed: bool = False) -> Detail:
    """A pair as a viewer sees it. ``hushed``: one of its items has become restricted since it was last seen."""
    if not hushed and not _restricted(found.left, found.right):
        return replace(found, attachments=tuple(_file(one) for one in found.attachments))
    return replace(
        found,
        title=_keys(found.left, found.right),
        left=_side(found.left),
        right=_side(found.right),
        attachments=tuple(replace(one, name="") for one in found.attachments),
        conflicts=tuple(replace(one, left_value=None, right_value=None) for one in found.conflicts),
        holds=tuple(quiet(one) for one in found.holds),
        history=tuple(_line(one) for one in found.history),
        apart=(),
    )


def events(scope: TenantScope, lines: Sequence[EventRow]) -> tuple[EventRow, ...]:
    """Lines of history as a viewer sees them."""
    with scope.reading() as tx:
        hushed = items.restricted(tx, {one.pair for one in lines if one.pair is not None})
    return tuple(_line(one) if one.pair in hushed else one for one in lines)


def holds(scope: TenantScope, held: Sequence[HoldRow]) -> tuple[HoldRow, ...]:
    """Held items as a viewer sees them: an app's own words may repeat what stands in a restricted one.

    Of an item without a twin nobody knows whether it is one.
    """
    with scope.reading() as tx:
        hushed = items.restricted(tx, {one.pair for one in held if one.pair is not None})
    return tuple(quiet(one) if one.pair is None or one.pair in hushed else one for one in held)


def explanation(scope: TenantScope, found: Explanation) -> Explanation:
    """Why an item is as it is, as a viewer reads it."""
    subjects = tuple(_subject(scope, one) for one in found.subjects)
    return replace(found, subjects=subjects, history=events(scope, found.history))


def without_words(said: Any) -> Any:
    """Any answer of ours without what apps said when they failed: that is for administrators, for it may be anything.

    It goes through the whole of it, so that no sentence, line of history or held item is left out.
    """
    if isinstance(said, str):
        return unquoted(said)
    if isinstance(said, list):
        return [without_words(one) for one in said]
    if isinstance(said, dict):
        quiet = {"words"} | ({"reason"} if said.get("what") in _IN_THE_APPS_WORDS else set())
        return {name: "" if name in quiet and one else without_words(one) for name, one in said.items()}
    return said


def _subject(scope: TenantScope, one: Subject) -> Subject:
    hushed = restricted(one.pair, one.now)
    return replace(
        one,
        pair=detail(one.pair, hushed=hushed) if one.pair is not None else None,
        holds=tuple(quiet(each) for each in one.holds) if hushed else one.holds,
        now=tuple(_now(each, restricted=hushed) for each in one.now),
        history=tuple(_line(each) for each in one.history) if hushed else events(scope, one.history),
    )


def _now(one: Now, *, restricted: bool) -> Now:
    return replace(one, fields=()) if restricted else one


def _row(one: PairRow) -> PairRow:
    return replace(one, title=_keys(one.left, one.right)) if _restricted(one.left, one.right) else one


def _restricted(*sides: items.SideRow | ItemSide | None) -> bool:
    return any(one is not None and one.restricted for one in sides)


def _keys(*sides: items.SideRow | ItemSide | None) -> str:
    return " ↔ ".join(one.key or one.id for one in _there(sides))


def _there(sides: Iterable[items.SideRow | ItemSide | None]) -> list[items.SideRow | ItemSide]:
    return [one for one in sides if one is not None]


def _side(one: ItemSide | None) -> ItemSide | None:
    return None if one is None else replace(one, fields=())


def _file(one: AttachmentRow) -> AttachmentRow:
    """The name of a private comment's file may say what is private."""
    return replace(one, name="") if one.note.startswith(OF_A_PRIVATE_COMMENT) else one


def _line(one: EventRow) -> EventRow:
    return replace(one, summary=without_file_names(one.summary), detail=())
