"""What became of one pair's plan, step by step; it must not carry anything out or store it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.domain.errors import AppError, Rejected
from server.domain.item import Item, Side
from server.domain.operation import CreateItem, Operation, UpdateItem
from server.domain.pair import Refusal
from server.domain.values import Value
from server.engine import refusals
from server.engine.plan import Plan
from server.engine.typed import stands
from server.services.sync.leave_out import Writing, is_of_a_value
from server.store.journal import Outcome


@dataclass(slots=True)
class Applied:
    """What became of one pair's plan.

    ``written``: by side, the item as the app holds it after the last field write. ``fields``: by side, the names of
    fields that were written. ``refused``: by side, fields that were to be written and were left out.
    ``comments`` and ``files`` map our correlation ids to the twins' ids; ``hashes`` to the SHA-256 of a file.
    ``edited`` and ``removed`` hold our correlation ids of comments (and files) whose twin was changed or removed.
    ``deleted``: the sides whose item is no more. ``refusals``: what the apps did not take; ``said``: what they said
    at each refusal, also where they took it in the end. ``latest``: by side, the item as it was read last.
    ``left``: by side, values that are ours though nobody wanted them: steps on a way that broke.
    """

    plan: Plan
    outcomes: list[Outcome] = field(default_factory=list)
    created: Item | None = None
    written: dict[Side, Item] = field(default_factory=dict)
    fields: dict[Side, set[str]] = field(default_factory=lambda: {Side.LEFT: set(), Side.RIGHT: set()})
    refused: dict[Side, set[str]] = field(default_factory=lambda: {Side.LEFT: set(), Side.RIGHT: set()})
    comments: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    deleted: set[Side] = field(default_factory=set)
    failure: AppError | None = None
    refusals: list[Refusal] = field(default_factory=list)
    said: list[tuple[Side, str]] = field(default_factory=list)
    latest: dict[Side, Item] = field(default_factory=dict)
    left: dict[Side, dict[str, Value]] = field(default_factory=lambda: {Side.LEFT: {}, Side.RIGHT: {}})

    def take(self, writing: Writing) -> None:
        """Add what a write of fields has come to so far."""
        self.said += [(writing.side, words) for words in writing.said]
        item = writing.result()
        if item is not None and writing.taken:
            self.written[writing.side] = item
            self.fields[writing.side] |= writing.taken

    def leave_out(self, writing: Writing) -> None:
        """Add what a write of fields has left out, and why."""
        self.refused[writing.side] |= writing.skipped
        self.left[writing.side] |= writing.left
        self.refusals += writing.refusals
        if writing.item is not None:
            self.latest[writing.side] = writing.item

    def worked_out(self, side: Side) -> set[str]:
        """The fields that nobody typed and that the app changed by itself when we wrote others, and that stay there.

        They are remembered as they are now, or they would look like an edit of a person.
        """
        item = self.written.get(side)
        before, beside = self.plan.pair.on(side).snapshot, self.plan.pair.on(side.other).snapshot or {}
        if item is None or before is None:
            return set()
        return {
            name
            for one in self.plan.type.fields
            if (name := one.spec(side).id) in item.untyped
            and name in before
            and name not in self.fields[side]
            and item.fields.get(name) != before[name]
            and stands(one, self.plan.pair, side, beside.get(one.spec(side.other).id))
        }

    def sent(self, side: Side) -> Mapping[str, Value]:
        """The fields with which the twin was to be made on ``side``."""
        steps = (one.step for one in self.plan.operations if one.side is side)
        return next((step.draft.fields for step in steps if isinstance(step, CreateItem)), {})

    def refuse(self, operation: Operation, error: Rejected) -> None:
        """Remember a step that an app refused as a whole; of a write of fields each was noted by itself."""
        noted = isinstance(operation.step, UpdateItem) and is_of_a_value(error)
        if noted or (isinstance(operation.step, CreateItem) and self.created is not None):
            return
        self.refusals.append(refusals.refusal(operation.side, operation.step, self.plan.type, error))
