"""Tells what of a mapping rests because an app does not show it now, and what has appeared that it could carry.

It must not change what is worked. A kill before the commit leaves it to the next pass. Each sentence is told once.
"""

from __future__ import annotations

from server.engine.appeared import appeared
from server.services.sync.work import Work
from server.store import events, integrations, lease
from server.store.events import Event


def tell(work: Work) -> None:
    """Write down once what rests, and that all else goes on."""
    why = [one.why for each in work.mapping.types for one in each.resting]
    why += [each.absent for each in work.mapping.types if each.absent]
    if not why:
        return
    _tell_once(work, [f"{one} Until then it rests; everything else goes on." for one in dict.fromkeys(why)])


def tell_appeared(work: Work) -> None:
    """Say what both apps show by now that the mapping could carry; looked for when they were asked anew."""
    seen = (work.version, id(work.mapping.left.fields), id(work.mapping.right.fields))
    if work.shown is None or work.revisits.compared.get(work.integration) == seen:
        return
    said = appeared(work.mapping, work.shown)
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        integrations.appear(tx, work.integration, work.version, " ".join(said))
    if said:
        _tell_once(work, list(said))
    work.revisits.compared[work.integration] = seen


def _tell_once(work: Work, said: list[str]) -> None:
    with work.scope.reading() as tx:
        fresh = [one for one in said if not events.is_told(tx, work.integration, one)]
    if not fresh:
        return
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        events.add(tx, work.integration, run_id, [Event("noted", one) for one in fresh])
