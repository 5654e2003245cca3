"""Says no to a document that would work badly, before it is saved; compiling says no to what would not work at all.

Every refusal names the field of the document that is to be changed. It must not repair anything.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from server.domain.errors import PutRight
from server.domain.integration import Document, SideSettings
from server.domain.item import PARENT, Side
from server.domain.mapping import Direction, TypeMapping
from server.domain.rules import Parting, PrivateComments, Restricted
from server.domain.schedule import Schedule, check_window, next_time, open_from
from server.engine.audience import flag
from server.engine.filters import review_filter
from server.engine.mapping import CHOICES, CompiledField, CompiledType, Mapping

_SHORTEST_POLL = 5
_LONGEST_POLL = 24 * 3600
_SOME_DAY = datetime(2030, 1, 7, tzinfo=UTC)
"""Windows repeat every week and cron every year, so any day will do to try them."""


def review_ends(left: SideSettings, right: SideSettings) -> None:
    """Raises ``PutRight`` when the two ends are one."""
    if left == right:
        raise PutRight("The two ends are the same container of the same connection; choose two.", field="right")


def review_shape(document: Document) -> None:
    """What can be said without asking the apps. Raises ``PutRight``."""
    review_ends(document.left, document.right)
    if not document.types:
        raise PutRight("Pair at least one item type of each side.", field="types")
    twice = [pair for pair, times in Counter((one.left, one.right) for one in document.types).items() if times > 1]
    if twice:
        raise PutRight(f"The types “{twice[0][0]}” and “{twice[0][1]}” are paired twice; keep one.", field="types")
    if document.migration is Direction.BOTH:
        raise PutRight("A migration goes one way; choose which.", field="migration")
    review_schedule(document.schedule)
    if document.attachments.max_bytes < 1:
        raise PutRight("The size up to which files travel must be above zero.", field="attachments.max_bytes")


def review_schedule(schedule: Schedule) -> None:
    """Of an integration or a connection. Raises ``PutRight``."""
    seconds = schedule.every_seconds
    if seconds is not None and not _SHORTEST_POLL <= seconds <= _LONGEST_POLL:
        raise PutRight(
            f"The interval must be between {_SHORTEST_POLL} seconds and a day.", field="schedule.every_seconds"
        )
    if seconds is not None and schedule.cron:
        raise PutRight("Choose either an interval or set times, not both.", field="schedule.cron")
    if schedule.cron:
        try:
            never = next_time(schedule.cron, schedule.zone, _SOME_DAY) is None
        except ValueError as error:
            raise PutRight(
                f"“{schedule.cron}” cannot be used as set times: {error}. An example is “30 2 * * *”: at half past two,"
                " every day.",
                field="schedule.cron",
            ) from error
        if never:
            raise PutRight(f"“{schedule.cron}” names a day that never comes.", field="schedule.cron")
    for row, window in enumerate(schedule.windows):
        try:
            check_window(window)
        except ValueError as error:
            raise PutRight(
                f"The maintenance window cannot be used: {error}.", field=f"schedule.windows.{row}"
            ) from error
    if open_from(schedule.windows, _SOME_DAY) is None:
        raise PutRight("The maintenance windows leave no time at all; make one shorter.", field="schedule.windows")


def review(mapping: Mapping, saved: tuple[TypeMapping, ...] = ()) -> None:
    """What can be said once both apps were asked. Raises ``PutRight``.

    ``saved``: what was found well once. What of it is not to be seen now rests; it is no reason to refuse.
    """
    once = {(one.left, one.right, each) for one in saved for each in one.fields}
    for place, compiled in enumerate(mapping.types):
        where = f"types.{place}.fields"
        if not (compiled.fields or compiled.resting or compiled.absent):
            raise PutRight("Pair at least one field of each pair of types.", field=where)
        for side in Side:
            _written_once(mapping, compiled, side, where)
        for row, one in enumerate(compiled.fields):
            for side in Side:
                _writable(mapping, one, side, f"{where}.{row}")
                if (compiled.left, compiled.right, one.rule) not in once:
                    _options(mapping, one, side, f"{where}.{row}")
    for side in Side:
        review_filter(mapping.document.scope.on(side), mapping.shape(side), f"scope.{side}")
        _parts(mapping, side)
        _audience(mapping, side)
    _links(mapping)
    publishes = mapping.document.comments.private is PrivateComments.PUBLISH
    if publishes and not (mapping.left.private_comments or mapping.right.private_comments):
        raise PutRight("Neither app knows private comments, so there is nothing to publish.", field="comments.private")


def _parts(mapping: Mapping, side: Side) -> None:
    shape = mapping.shape(side)
    document = mapping.document
    every = (
        (document.deletions, "deletions"),
        (document.scope.leaving, "scope.leaving"),
        (document.audience.leaving, "audience.leaving"),
    )
    for rules, where in every:
        if rules.on(side) is Parting.DELETE and not shape.deletes_items:
            raise PutRight(
                f"{shape.name} deletes no items; let its twins be closed instead.", field=f"{where}.on_{side}"
            )


def _audience(mapping: Mapping, side: Side) -> None:
    """Restricted items of ``side`` may have restricted twins only where our account can make them so."""
    if mapping.document.audience.on(side) is not Restricted.ALIKE:
        return
    target = mapping.shape(side.other)
    if not all(flag(mapping, side.other, one) for one in mapping.types):
        raise PutRight(
            f"Our account cannot restrict items on {target.name}, so the restricted items of {mapping.shape(side).name}"
            " have to stay where they are. Give the account the right, if the app knows such a thing.",
            field=f"audience.{side}",
        )


def _links(mapping: Mapping) -> None:
    rules = mapping.document.links
    if rules.parents is not None:
        without = next((mapping.shape(side) for side in Side if PARENT not in mapping.shape(side).link_kinds), None)
        if without is not None:
            raise PutRight(f"{without.name} knows no parents of items, so they cannot travel.", field="links.parents")
    if rules.direction is None:
        return
    if not rules.kinds:
        raise PutRight("Pair at least one kind of relation, or let none travel.", field="links.kinds")
    for side in Side:
        shape = mapping.shape(side)
        named = [row.left if side is Side.LEFT else row.right for row in rules.kinds]
        unknown = next((one for one in named if one not in shape.link_kinds or one == PARENT), None)
        if unknown is not None:
            known = ", ".join(f"“{one}”" for one in shape.link_kinds if one != PARENT) or "none"
            raise PutRight(f"{shape.name} has no relation “{unknown}”; it has {known}.", field="links.kinds")
        twice = next((one for one, times in Counter(named).items() if times > 1), None)
        if twice is not None:
            raise PutRight(
                f"The relation “{twice}” of {shape.name} is paired twice; it can stand for one only.",
                field="links.kinds",
            )


def _written_once(mapping: Mapping, compiled: CompiledType, side: Side, where: str) -> None:
    written = Counter(one.spec(side).id for one in compiled.fields if one.rule.direction.allows(side))
    twice = next((one.spec(side) for one in compiled.fields if written[one.spec(side).id] > 1), None)
    if twice is not None:
        raise PutRight(
            f"“{twice.name}” of {mapping.shape(side).name} would be written from several fields; keep one.", field=where
        )


def _writable(mapping: Mapping, one: CompiledField, side: Side, where: str) -> None:
    spec = one.spec(side)
    if spec.read_only and one.rule.direction.allows(side):
        other_way = Direction.TO_RIGHT if side is Side.LEFT else Direction.TO_LEFT
        raise PutRight(
            f"“{spec.name}” cannot be written in {mapping.shape(side).name}; let the field travel the other way only"
            f" ({other_way.value}) or leave it out.",
            field=f"{where}.direction",
        )


def _options(mapping: Mapping, one: CompiledField, side: Side, where: str) -> None:
    spec = one.spec(side)
    if spec.kind not in CHOICES:
        return
    options = {option.id for option in spec.options}
    named = (row.left if side is Side.LEFT else row.right for row in one.rule.values)
    gone = next((option for option in named if option not in options), None)
    if gone is not None:
        raise PutRight(
            f"“{spec.name}” of {mapping.shape(side).name} has no value {gone!r} (any more); choose another in the value"
            " mapping.",
            field=f"{where}.values",
        )
