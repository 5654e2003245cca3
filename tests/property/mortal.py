"""How a history's pass does its work: in one order, and with commits around which the process may die."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from server.connectors.reach import Reach
from server.services.scope import TenantScope
from server.services.sync.crew import Batch
from server.store.database import Transaction
from tests.property.model import Fate, Killed
from tests.property.witness import watch
from tests.support.reaching import loopback


class Inline(Executor):
    """A pool that does the work in order: histories replay the same way every time.

    What is begun beside something else is done at once, or, every second time, only when its results are asked for.
    """

    def __init__(self) -> None:
        self._begun = itertools.count()

    def begin(self, fn: Callable[..., Any], items: Iterable[Any]) -> Batch:
        batch = Batch(fn, ((one,) for one in items))
        if next(self._begun) % 2 == 0:
            batch.work()
        return batch

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **_more: Any) -> Iterator[Any]:
        return iter([fn(*each) for each in zip(*iterables, strict=True)])


@dataclass(frozen=True, slots=True)
class MortalScope(TenantScope):
    """A scope whose transactions may die before or after their commit."""

    reach: Callable[[], Reach] = field(default=loopback, repr=False, compare=False)
    commits: Callable[[str], Fate] = field(default=lambda _call: Fate.WELL, kw_only=True)
    seen: Callable[[Transaction], None] = field(default=lambda _tx: None, kw_only=True)
    """Told of every transaction that is about to be committed."""

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.database.tenant(self.login) as tx:
            watch(tx)
            yield tx
            fate = self.commits("commit")
            if fate is Fate.KILLED_BEFORE:
                raise Killed
            self.seen(tx)
        if fate is Fate.KILLED_AFTER:
            raise Killed
