"""Asks the apps in which zone our accounts read days, whenever days and moments are about to be converted.

Nothing of it is remembered: an account's zone may be changed at any time, and what is written in a wrong one is a wrong
day. It must not convert anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.engine.compiling import in_zones
from server.services.sync.work import Look, Work


def in_zones_of_now(work: Work, looks: Sequence[Look]) -> Work:
    """The work with the zones as they are now; nobody is asked where none of them counts. Raises what an app raises."""
    asked = work.mapping.keeps_moments if looks else frozenset()
    if not asked:
        return work
    now = {side: work.end(side).connector.zone() for side in sorted(asked)}
    if all(work.mapping.shape(side).zones.own == zone for side, zone in now.items()):
        return work
    return replace(work, mapping=in_zones(work.mapping, now))
