"""Runs a task on every item of a page at once: what goes wrong with one stays with it, and holds back no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.domain.errors import AppError, Fenced
from server.services.sync.weight import TooMuchAtOnce, count, out_of_memory
from server.services.sync.work import Look, Work


def in_parallel(work: Work, looks: Sequence[Look], task: Callable[[Look], None]) -> None:
    """Run ``task`` on every look; an app's refusal stays with its item and holds back no other.

    Raises ``TooMuchAtOnce``.
    """

    def guarded(one: Look) -> None:
        try:
            task(one)
            count(work, one)
        except TooMuchAtOnce:
            raise
        except AppError as error:
            one.failure = error
        except Fenced:
            raise
        except MemoryError:
            one.failure = out_of_memory()
        except Exception as error:
            work.scope.log.exception("an item could not be looked at", item=one.item_id)
            one.failure = error

    list(work.pool.map(guarded, [one for one in looks if one.failure is None]))
