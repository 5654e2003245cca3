"""The threads on which a tenant carries out the calls of a page, its own among them; it must not know the calls.

A task for each call costs more than the call where the app answers at once. So each thread takes the next item when
it is done with one, and the tenant's thread works with them: a page of one item wakes no other thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, Protocol, Self, TypeVar, runtime_checkable

T = TypeVar("T")
P = ParamSpec("P")

_QUICK_SECONDS, _HANDS_IF_QUICK = 0.003, 3
"""Where most calls take no longer, the interpreter is what is short: more threads would only fight for it."""
_FEW = 2
"""So many calls are made by who waits for them: waking another thread costs more than a call."""


class Batch:
    """Calls that are made by whoever has a hand free."""

    def __init__(self, fn: Callable[..., Any], given: Iterable[tuple[Any, ...]]) -> None:
        self._fn = fn
        self._todo = deque(enumerate(given))
        self._others: list[Future[None]] = []
        self.done: list[Any] = [None] * len(self._todo)
        self.seconds: list[float] = []

    def __len__(self) -> int:
        """How many calls nobody has begun yet."""
        return len(self._todo)

    def work(self) -> None:
        """Make one call after the other, until none is left. When one raises, no other is begun."""
        while True:
            try:
                place, given = self._todo.popleft()
            except IndexError:
                return
            begun = time.perf_counter()
            try:
                self.done[place] = self._fn(*given)
            except BaseException:
                self._todo.clear()
                raise
            self.seconds.append(time.perf_counter() - begun)

    def share_out(self, others: list[Future[None]]) -> None:
        """Remember who works at it besides."""
        self._others = others

    def results(self) -> list[Any]:
        """What each call gave, in order, when all are made; the error of one that raised when no other is under way."""
        try:
            if not self._others:
                self.work()
        finally:
            errors = self.over()
        if errors:
            raise errors[0]
        return self.done

    def abandon(self) -> None:
        """Begin no further call, and wait for those under way; what they gave or raised is nobody's any more."""
        self._todo.clear()
        self.over()

    def over(self) -> list[BaseException]:
        """Wait until nobody works at it any more; what was raised."""
        late = [one for one in self._others if self._todo or not one.cancel()]
        return [error for one in late if (error := one.exception()) is not None]


@runtime_checkable
class Begins(Protocol):
    """A pool that can make calls while its customer does something else."""

    def begin(self, fn: Callable[..., Any], items: Iterable[Any]) -> Batch:
        """Begin to call ``fn`` with each item."""


def begin(pool: Executor, fn: Callable[..., Any], items: Iterable[Any]) -> Batch:
    """Let ``pool`` begin to call ``fn`` with each item. One that only knows how to work at once has done so then."""
    if isinstance(pool, Begins):
        return pool.begin(fn, items)
    batch = Batch(fn, ((one,) for one in items))
    batch.work()
    return batch


class Crew(Executor):
    """At most ``hands`` calls at once. Threads begin when they are first needed, and end with the context."""

    def __init__(self, hands: int, name: str) -> None:
        self._others = ThreadPoolExecutor(hands, thread_name_prefix=name) if hands > 1 else None
        self._hands = hands
        self._last: Batch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run one call on another thread."""
        if self._others is None:
            raise RuntimeError("a crew of one has no other thread")
        return self._others.submit(fn, *args, **kwargs)

    def map(self, fn: Callable[..., T], *iterables: Iterable[Any], **_: Any) -> Iterator[T]:
        """What ``fn`` gives for each item, in order, when all are done.

        When one raises, no other is begun; its error is raised when those under way are done.
        """
        batch = Batch(fn, zip(*iterables, strict=False))
        batch.share_out([self.submit(batch.work) for _ in range(min(self._hands, len(batch)) - 1)])
        try:
            batch.work()
        finally:
            errors = batch.over()
        if errors:
            raise errors[0]
        return iter(batch.done)

    def begin(self, fn: Callable[..., Any], items: Iterable[Any]) -> Batch:
        """Let others call ``fn`` with each item while the caller does something else; ``results`` waits for them."""
        batch = Batch(fn, ((one,) for one in items))
        if self._others is not None and len(batch) > _FEW:
            hands = min(self._hands, _HANDS_IF_QUICK) if self._quick() else self._hands
            self._last = batch
            batch.share_out([self.submit(batch.work) for _ in range(min(hands, len(batch)))])
        return batch

    def _quick(self) -> bool:
        """Whether a quarter of the last calls that are over took next to no time: so a stall or two change nothing."""
        seconds = sorted(self._last.seconds) if self._last is not None else []
        return bool(seconds) and seconds[len(seconds) // 4] < _QUICK_SECONDS

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's
        """Let the threads end."""
        if self._others is not None:
            self._others.shutdown(wait, cancel_futures=cancel_futures)
