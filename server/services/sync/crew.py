"""The threads on which a tenant carries out the calls of a page, its own among them; it must not know the calls.

A task for each call costs more than the call where the app answers at once. So each thread takes the next item when
it is done with one, and the tenant's thread works with them: a page of one item wakes no other thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, Self, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class Crew(Executor):
    """At most ``hands`` calls at once. Threads begin when they are first needed, and end with the context."""

    def __init__(self, hands: int, name: str) -> None:
        self._others = ThreadPoolExecutor(hands - 1, thread_name_prefix=name) if hands > 1 else None
        self._hands = hands

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
        todo = deque(enumerate(zip(*iterables, strict=False)))
        done: list[Any] = [None] * len(todo)

        def work() -> None:
            while True:
                try:
                    place, given = todo.popleft()
                except IndexError:
                    return
                try:
                    done[place] = fn(*given)
                except BaseException:
                    todo.clear()
                    raise

        others = [self.submit(work) for _ in range(min(self._hands, len(todo)) - 1)]
        try:
            work()
        finally:
            late = [one for one in others if not one.cancel()]
            errors = [error for one in late if (error := one.exception()) is not None]
        if errors:
            raise errors[0]
        return iter(done)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's
        """Let the threads end."""
        if self._others is not None:
            self._others.shutdown(wait, cancel_futures=cancel_futures)
