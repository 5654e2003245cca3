"""Finds the way from one status to another through an app's workflow, as far as it is known; it must not take it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

Neighbours = Callable[[str], frozenset[str]]
"""The statuses that may follow a status, by id; empty where that is not known."""


def shortest_path(start: str, goal: str, neighbours: Neighbours) -> tuple[str, ...] | None:
    """The statuses to write one after the other, the goal last; empty when already there, None when no way is known.

    ``neighbours`` is asked at most once for a status, nearest first: an answer may cost a request.
    """
    if start == goal:
        return ()
    came_from: dict[str, str] = {start: start}
    waiting = deque([start])
    while waiting:
        status = waiting.popleft()
        for following in sorted(neighbours(status)):
            if following in came_from:
                continue
            came_from[following] = status
            if following == goal:
                return _walk_back(came_from, start, goal)
            waiting.append(following)
    return None


def _walk_back(came_from: dict[str, str], start: str, goal: str) -> tuple[str, ...]:
    path = [goal]
    while came_from[path[-1]] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
