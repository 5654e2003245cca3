"""How many database connections a cluster may hold, and how its processes share them; it must not open or count any.

PostgreSQL has so many connections for all who use it. A cluster takes what is left beside strangers, shares it with
other clusters on the same server, and splits it between its processes so that no crowd in one of them can take what
another needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FOR_OPERATORS = 6
"""Kept free for short-lived work: administrative commands, one of which opens up to four while it migrates."""
_SPARE = 3
"""At least so many stay free for strangers who come; more where there are many already."""


class Part(StrEnum):
    """What a process is: it decides what it needs for itself, and how large its share is."""

    WEB = "web"
    SYNC = "sync"
    ADMIN = "admin"
    """Short-lived: it lives on what is kept free for operators."""


OWN: Mapping[Part, int] = {Part.WEB: 3, Part.SYNC: 4, Part.ADMIN: 2}
"""What each process has beside the tenants' connections, for the control role. Nobody at a panel can take these.

The sync process: one that listens, one that renews the leases, two for what the tenants' threads say of themselves.
"""
LEAST: Mapping[Part, int] = {Part.WEB: 2, Part.SYNC: 2, Part.ADMIN: 2}
"""The fewest connections to tenants' data with which a process gets anything done."""
_WEIGHT: Mapping[Part, int] = {Part.WEB: 2, Part.SYNC: 3}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What limits a cluster's connections. None: no limit of that kind."""

    server: int
    """``max_connections``: of everybody together."""
    kept_back: int
    """Of these, only for superusers and for roles with a right of their own."""
    database: int | None = None
    """The database's own limit."""
    agreed: int | None = None
    """What the operator allows this cluster."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who uses the server now."""

    strangers: int = 0
    """Connections that are no cluster's of ours."""
    clusters: int = 1
    """Clusters of ours on this server, this one included."""
    processes: Mapping[Part, int] = field(default_factory=dict)
    """This cluster's processes by what they are. One that is not there yet finds its share kept."""


def budget(ceiling: Ceiling, crowd: Crowd) -> int:
    """How many connections the cluster may hold in all, administrative commands included; 0 when there are none."""
    spare = max(_SPARE, crowd.strangers // 4)
    room = ceiling.server - ceiling.kept_back - crowd.strangers - spare
    fair = room // max(1, crowd.clusters)
    return max(0, min(fair, *(limit for limit in (ceiling.database, ceiling.agreed) if limit is not None), fair))


def needed(processes: Mapping[Part, int]) -> int:
    """The least that a cluster with these processes works with."""
    return FOR_OPERATORS + sum((OWN[part] + LEAST[part]) * count for part, count in _at_least_one(processes).items())


def seats(part: Part, granted: int, processes: Mapping[Part, int]) -> int:
    """How many connections to tenants' data one process of that part may hold when the cluster may hold ``granted``.

    Never less than the least: a cluster with too small a budget works slowly, and the doctor says why.
    """
    if part is Part.ADMIN:
        return LEAST[part]
    counted = _at_least_one(processes)
    free = granted - FOR_OPERATORS - sum(OWN[one] * count for one, count in counted.items())
    # What each needs at least comes first; the rest goes by weight.
    rest = free - sum(LEAST[one] * count for one, count in counted.items())
    weights = sum(_WEIGHT[one] * count for one, count in counted.items())
    return LEAST[part] + max(0, rest) * _WEIGHT[part] // weights


def _at_least_one(processes: Mapping[Part, int]) -> dict[Part, int]:
    return {part: max(1, processes.get(part, 0)) for part in (Part.WEB, Part.SYNC)}
