"""Asks PostgreSQL how many connections it allows and who holds them now; it must not decide what follows from that.

Each process of ours names itself when it connects (``lockstep web 1f00ba42``), so the server itself knows which of them
are there: one that was killed is gone from its list with its connections, and nobody keeps another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from server.domain import budget
from server.domain.budget import Ceiling, Crowd, Part

_OURS = re.compile(r"lockstep (web|sync)\b")
_LIMITS = text(
    "select current_setting('max_connections')::int as most,"
    " current_setting('superuser_reserved_connections')::int"
    " + coalesce(current_setting('reserved_connections', true)::int, 0) as kept_back,"
    " (select nullif(datconnlimit, -1) from pg_database where datname = current_database()) as of_database"
)
_HELD = text(
    "select coalesce(datname = current_database(), false) as here, datname, application_name as name, count(*) as held"
    " from pg_stat_activity where usename is not null and datname is not null group by 1, 2, 3"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a cluster stands with its server's connections."""

    ceiling: Ceiling
    crowd: Crowd
    held: Mapping[Part, int]
    """What this cluster's processes hold, by what they are."""

    @property
    def budget(self) -> int:
        """How many the cluster may hold."""
        return budget.budget(self.ceiling, self.crowd)

    @property
    def needed(self) -> int:
        """The least that it works with."""
        return budget.needed(self.crowd.processes)

    @property
    def used(self) -> int:
        """How many it holds."""
        return sum(self.held.values())


def stand(control: Connection, agreed: int | None) -> Standing:
    """Ask the server. ``agreed``: how many the operator allows the cluster."""
    limits = control.execute(_LIMITS).one()
    held: Counter[Part] = Counter()
    names: set[str] = set()
    elsewhere: set[str] = set()
    strangers = 0
    for row in control.execute(_HELD):
        ours = _OURS.match(row.name)
        if row.here and row.name.startswith("lockstep"):
            held[Part(ours[1]) if ours else Part.ADMIN] += row.held
            names |= {row.name} if ours else set()
        elif ours:
            elsewhere.add(row.datname)
        elif not row.name.startswith("lockstep"):
            strangers += row.held
    processes = Counter(Part(found[1]) for found in map(_OURS.match, names) if found)
    return Standing(
        Ceiling(limits.most, limits.kept_back, limits.of_database, agreed),
        Crowd(strangers, 1 + len(elsewhere), dict(processes)),
        dict(held),
    )
