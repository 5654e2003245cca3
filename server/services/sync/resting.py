"""Tells what of a mapping rests because an app does not show it now; it must not change what is worked.

A kill before the commit leaves it to the next pass. Each sentence is told once.
"""

from __future__ import annotations

from server.services.sync.work import Work
from server.store import events, lease
from server.store.events import Event


def tell(work: Work) -> None:
    """Write down once what rests, and that all else goes on."""
    why = [one.why for each in work.mapping.types for one in each.resting]
    why += [each.absent for each in work.mapping.types if each.absent]
    if not why:
        return
    said = [f"{one} Until then it rests; everything else goes on." for one in dict.fromkeys(why)]
    with work.scope.reading() as tx:
        fresh = [one for one in said if not events.is_told(tx, work.integration, one)]
    if not fresh:
        return
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        events.add(tx, work.integration, run_id, [Event("noted", one) for one in fresh])
