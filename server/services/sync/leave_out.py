"""Write fields of an item, and leave out those that its app refuses; it must not decide what is written or store it.

Where the app says which fields it means, the others are written without them; where it does not, that is found out by
leaving some out, with no more than ``MOST_WRITES`` writes. What a kill -9 leaves behind is what any cut off write does:
a planned operation, a part of which may have arrived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from server import faults
from server.connectors.base import Connector
from server.domain.errors import AppError, LostAnswer, Rejected, Unreadable
from server.domain.item import Item, Side
from server.domain.operation import UpdateItem
from server.domain.pair import Refusal
from server.domain.values import FieldKind, Value
from server.engine import refusals
from server.engine.kept import left_as_it_was
from server.engine.mapping import CompiledType

T = TypeVar("T")

MOST_WRITES: Final = 12
"""So many writes one operation may take until it is known what the app refuses; what is left then is left out."""
_OF_A_VALUE: Final = frozenset({None, 400, 409, 422})
"""With these an app refuses what was said. Anything else concerns the item or our account."""
_TEXTS = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT})


def is_of_a_value(error: Rejected) -> bool:
    """Whether an app may mean one field only, so that the others can go without it."""
    return bool(error.fields) or error.status in _OF_A_VALUE


@dataclass(slots=True)
class Writing:
    """Fields on their way into one item.

    ``before``: what they held when the item was read. ``known``: what the item's fields are known to hold by our own
    writes; at first what its creation was answered with. ``item`` is the item as it was read last.
    """

    connector: Connector
    side: Side
    type: CompiledType
    item_id: str
    before: Mapping[str, Value]
    known: dict[str, Value] = field(default_factory=dict)
    item: Item | None = None
    taken: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    """Fields that the app refused, or that somebody else changed meanwhile."""
    refusals: list[Refusal] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """The app's words at each refusal."""
    left: dict[str, Value] = field(default_factory=dict)
    """What we left in fields on the way to what the app refused then, and could not put back."""
    _writes: int = MOST_WRITES
    _last: Rejected | None = None
    _read: bool = False
    """Whether ``item`` is as it is after the last write."""

    def write(self, changed: Mapping[str, Value]) -> Rejected | None:
        """Write what the app takes of ``changed``; the first refusal, if there was one. Raises any other error."""
        error = self._send(changed)
        if error is not None:
            if not is_of_a_value(error):
                raise error
            self._narrow(changed, error)
            self._look(error)
        return error

    def result(self) -> Item | None:
        """The item as it holds what we wrote. What a person changed meanwhile must look changed at the next look."""
        if self.item is None:
            return None
        known = {name: value for name, value in self.known.items() if value is not None or name in self.item.fields}
        fields = {**self.item.fields, **known}
        return replace(self.item, fields=fields, stamp=self.item.stamp if fields == dict(self.item.fields) else "")

    def _send(self, changed: Mapping[str, Value]) -> Rejected | None:
        if self._writes <= 0 and self._last is not None:
            return self._last
        self._writes -= 1
        faults.reach("update.sending")
        try:
            self.item = self.connector.update(self.item_id, changed)
        except Unreadable:
            raise  # it may have taken all
        except Rejected as error:
            self._last, self._read = error, False
            self.left |= error.left
            self.said.append(error.words or error.message)
            return error
        faults.reach("update.sent")
        self._read = True
        left = self._left_as_it_was(changed, self.item)
        self._keep({name: value for name, value in changed.items() if name not in left})
        if not left:
            return None
        self._last = Rejected(
            f"The app said yes, and left {', '.join(left)} of {self.item.key} as it was. The syncing user may not "
            "change it there.",
            words="It said yes, and left it as it was.",
            fields=left,
        )
        self.said.append(self._last.words)
        return self._last

    def _left_as_it_was(self, changed: Mapping[str, Value], item: Item) -> tuple[str, ...]:
        """The fields of which the app still holds what stood there, though it said yes."""
        kinds = {one.spec(self.side).id: one.spec(self.side).kind for one in self.type.fields}
        return tuple(
            name
            for name, value in changed.items()
            if name in kinds
            and name in self.before
            and left_as_it_was(kinds[name], value, self.before[name], item.fields.get(name))
        )

    def _keep(self, names: Mapping[str, Value]) -> None:
        if self.item is not None:
            self.known |= {name: self.item.fields.get(name) for name in names}
            self.taken |= set(names)

    def _narrow(self, changed: Mapping[str, Value], error: Rejected) -> None:
        """Find out what of ``changed`` the app refuses, and write the rest."""
        guilty = [name for name in changed if name in error.fields] or (list(changed) if len(changed) == 1 else [])
        for name in guilty:
            self._refuse(name, changed[name], error)
        rest = {name: value for name, value in changed.items() if name not in guilty}
        for group in [rest] if guilty else self._halves(rest):
            open_ = self._open(group, error)
            if open_ and (again := self._send(open_)) is not None:
                self._narrow(open_, again)

    def _halves(self, changed: Mapping[str, Value]) -> list[dict[str, Value]]:
        """Title and description first: they are what an item is about. Else a half and the other."""
        kinds = {one.spec(self.side).id: one.spec(self.side).kind for one in self.type.fields}
        texts = [name for name in changed if kinds.get(name) in _TEXTS]
        others = [name for name in changed if name not in texts]
        parts = (texts, others) if texts and others else _halved(list(changed))
        return [{name: changed[name] for name in part} for part in parts]

    def _open(self, group: Mapping[str, Value], error: Rejected) -> dict[str, Value]:
        """What of ``group`` is still to be written. What somebody else changed meanwhile is theirs, and stays."""
        if not group:
            return {}
        item = self._look(error)
        said_yes = error.status is None and bool(error.fields)
        open_: dict[str, Value] = {}
        for name, value in group.items():
            now = item.fields.get(name)
            if now == value:
                self._keep({name: value})
            elif now == self.before.get(name):
                open_[name] = value
            elif said_yes:
                self._keep({name: value})  # the app took it, in words of its own
            else:
                self.skipped.add(name)
        return open_

    def _look(self, error: Rejected) -> Item:
        """The item as it is after a refusal. Raises ``LostAnswer`` where it cannot be read."""
        if self._read and self.item is not None:
            return self.item
        try:
            self.item = self.connector.fetch(self.item_id)
        except AppError as trouble:
            raise LostAnswer(
                "The app refused a part of a write, and could not be asked then what it has taken. It is looked up.",
                words="; ".join(dict.fromkeys(one.words or one.message for one in (error, trouble))),
            ) from trouble
        self._read = True
        return self.item

    def _refuse(self, name: str, value: Value, error: Rejected) -> None:
        if isinstance(value, tuple) and refusals.is_set(self.type, self.side, name):
            self._members(name, value, error)
            return
        self._refuse_whole(name, value, error)

    def _members(self, name: str, value: tuple[str, ...], error: Rejected) -> None:
        """Of a set the members go that the app takes."""
        held = self._look(error).fields.get(name)
        now = set(held if isinstance(held, tuple) else ())
        added, good = sorted(set(value) - now), set(value) & now
        if not added or (good != now and self._send({name: tuple(sorted(good))}) is not None):
            self._refuse_whole(name, value, error)
            return
        refused: list[Refusal] = []
        waiting: list[Sequence[str]] = [added] if len(added) == 1 else [*_halved(added)]
        while waiting:
            some = waiting.pop(0)
            again = error if added == some else self._send({name: tuple(sorted(good | set(some)))})
            if again is None:
                good |= set(some)
            elif len(some) == 1:
                refused.append(refusals.member_refusal(self.side, name, some[0], self.type, again))
            else:
                waiting[:0] = _halved(some)
        # Where none of them went, what was there already may be what the app meant.
        among = tuple(sorted(good)) if good == now else ()
        self.refusals += [replace(one, among=among) for one in refused]

    def _refuse_whole(self, name: str, value: Value, error: Rejected) -> None:
        self.refusals.append(refusals.refusal(self.side, UpdateItem({name: value}, {}), self.type, error))
        self.skipped.add(name)


def _halved(several: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    middle = len(several) // 2
    return several[:middle], several[middle:]
