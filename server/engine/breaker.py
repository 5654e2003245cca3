"""When something of a pair is written so often that it has to stop for a while; pure: times come in.

Two things stop it. Our writes answer each other: what we write on one side is put back, we carry that over, and it is
put back there (a loop; a person who changes a value often on one side is none). Or our writes are in vain: refused or
without an answer, again and again. What is stopped is the one field, link, comment or file; the rest of the pair goes
on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from server.domain.item import Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    CreateItem,
    DeleteComment,
    DeleteFile,
    DeleteItem,
    EditComment,
    Operation,
    RemoveLink,
    RestrictItem,
    Tried,
    UpdateItem,
)
from server.domain.rules import BreakerRules
from server.domain.values import Value
from server.engine.mapping import CompiledType
from server.engine.plan import Plan, Stop

WINDOW: Final = timedelta(hours=1)
"""Attempts that are older do not count."""
_AGAIN: Final = 4
"""A value that was put back so often within the window goes back and forth."""
_IN_VAIN: Final = 20
"""So often something may be refused, or stay without an answer, within the window."""
_TALK: Final = 2
"""Comments and files may follow each other so many times as often: people talk faster than they change fields."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One thing that was written or tried. ``matter`` is the same on both sides; ``value``: what was written."""

    side: Side
    matter: str
    value: object
    came_through: bool = True
    ago: float = 0.0


def stopped(rules: BreakerRules, recent: Sequence[Tried], plan: Plan) -> Plan:
    """The plan without what has to stop for a while. ``recent``: what was tried on its pair, the oldest first."""
    if not recent or not plan.operations:
        return plan
    past = [
        replace(one, came_through=tried.came_through, ago=tried.ago)
        for tried in recent
        for one in _attempts(tried.operation, plan.type)
    ]
    found: dict[str, Stop] = {}
    for operation in plan.operations:
        for one in _attempts(operation, plan.type):
            mine = [each for each in past if each.matter == one.matter]
            stop = _loop(rules, one, mine) or _vain(rules, one, mine)
            if stop is not None:
                found[one.matter] = replace(stop, why=stop.why.replace("{}", _called(one.matter, operation, plan.type)))
    return _without(plan, found) if found else plan


def _loop(rules: BreakerRules, new: _Attempt, past: Sequence[_Attempt]) -> Stop | None:
    """Whether ``new`` is one more answer to our own writes."""
    rounds: list[_Attempt] = []
    turns: list[_Attempt] = []
    answered, last = True, None
    for one in [each for each in past if each.came_through]:
        if last is not None and one.side is not last.side:
            turns.append(one)
        last = one
        if one.side is not new.side:
            answered = True
        elif one.value == new.value and answered:
            rounds.append(one)
            answered = False
    if len(rounds) >= _AGAIN and answered:
        return Stop(
            f"{{}} goes back and forth: the same value was written {len(rounds)} times within an hour, and something "
            "puts another in its place each time. It waits until the hour is over, or a person lets it be tried again.",
            _until(rounds, _AGAIN),
        )
    most = rules.writes * (_TALK if new.matter in ("comments", "files") else 1)
    if len(turns) >= most and last is not None and last.side is not new.side:
        return Stop(
            f"{{}} was written {len(turns)} times within an hour, on one side and the other in turns, so something "
            "seems to answer each write with another. It waits until the hour is over, or a person lets it be tried "
            "again.",
            _until(turns, most),
        )
    return None


def _vain(rules: BreakerRules, new: _Attempt, past: Sequence[_Attempt]) -> Stop | None:
    """Whether ``new`` was tried too often without success; what was said of other comments does not count."""
    most = min(_IN_VAIN, rules.writes)
    alike = new.matter not in ("comments", "files", "links")
    tried = [one for one in past if not one.came_through and one.side is new.side and (alike or one.value == new.value)]
    if len(tried) < most:
        return None
    return Stop(
        f"{{}} was tried {len(tried)} times within an hour, and the app did not take it. It waits until the hour is "
        "over, or a person lets it be tried again.",
        _until(tried, most),
    )


def _until(counted: Sequence[_Attempt], most: int) -> float:
    """Seconds until fewer than ``most`` of them are within the window."""
    return max(1.0, WINDOW.total_seconds() - counted[-most].ago)


def _attempts(operation: Operation, type_: CompiledType) -> Iterator[_Attempt]:
    side, step = operation.side, operation.step
    match step:
        case UpdateItem():
            for name, value in step.changed.items():
                yield _Attempt(side, _field(type_, side, name), _hashable(value))
        case AddComment():
            yield _Attempt(side, "comments", step.draft.body)
        case EditComment():
            yield _Attempt(side, "comments", (step.target, step.body))
        case DeleteComment():
            yield _Attempt(side, "comments", step.target)
        case AddFile():
            yield _Attempt(side, "files", step.name)
        case DeleteFile():
            yield _Attempt(side, "files", step.attachment_pair)
        case AddLink() | RemoveLink():
            yield _Attempt(side, "links", (step.link.kind, step.link.target, isinstance(step, AddLink)))
        case CreateItem() | DeleteItem() | RestrictItem():
            yield _Attempt(side, "item", step.kind)


def _field(type_: CompiledType, side: Side, name: str) -> str:
    one = next((each for each in type_.fields if each.spec(side).id == name), None)
    return f"field {one.left.id if one is not None else name}"


def _hashable(value: Value) -> Value:
    return tuple(sorted(value)) if isinstance(value, tuple) else value


def _called(matter: str, operation: Operation, type_: CompiledType) -> str:
    side = operation.side
    names = [each.spec(side).name for each in type_.fields if f"field {each.left.id}" == matter]
    if names:
        return f"“{names[0]}”"
    talk = {"comments": "A comment", "files": "A file", "links": "A link", "item": "The item"}
    return talk.get(matter, "A field")


def _without(plan: Plan, found: dict[str, Stop]) -> Plan:
    sent: list[Operation] = []
    withheld = list(plan.withheld)
    for operation in plan.operations:
        step = operation.step
        if isinstance(step, UpdateItem):
            out = {name for name in step.changed if _field(plan.type, operation.side, name) in found}
            sent += _some(operation, step, set(step.changed) - out)
            withheld += _some(operation, step, out)
        elif any(one.matter in found for one in _attempts(operation, plan.type)):
            withheld.append(operation)
        else:
            sent.append(operation)
    if any(isinstance(one.step, CreateItem | RestrictItem) for one in withheld):
        sent, withheld = [], list(plan.planned)  # without it the rest has no place, or may be seen by everybody
    return replace(plan, operations=tuple(sent), withheld=tuple(withheld), stops=tuple(found.values()))


def _some(operation: Operation, step: UpdateItem, names: set[str]) -> list[Operation]:
    if not names:
        return []
    changed = {name: value for name, value in step.changed.items() if name in names}
    before = {name: value for name, value in step.before.items() if name in names}
    return [replace(operation, step=UpdateItem(changed, before))]
