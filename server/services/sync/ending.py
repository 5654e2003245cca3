"""Ends a migration once everything has come through; it must not end one that has something left to try.

What a kill -9 leaves behind: an integration that still runs; its next pass finds nothing to do and ends it.
"""

from __future__ import annotations

from server.domain.mapping import Direction
from server.services.sync.work import Work
from server.store import history, holds, integrations, journal, lease, pairs


def end(work: Work) -> None:
    """Pause the integration with a summary, when this pass came to the end of a migration and nothing is due."""
    way = work.mapping.document.migration
    if way is None:
        return
    with work.scope.reading() as tx:
        if holds.next_due(tx, work.integration) is not None or journal.unresolved(
            tx, work.scope.cipher, work.integration
        ):
            return
        moved = pairs.count(tx, work.integration)
        left = history.hold_counts(tx).get(work.integration, 0)
    here, there = (work.left, work.right) if way is Direction.TO_RIGHT else (work.right, work.left)
    rest = f"{left} are held back, each with its reason" if left else "nothing is held back"
    work.run.message = f"The migration has come through: {moved} items of {here.name} are on {there.name}, {rest}."
    work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        integrations.end(tx, work.integration, work.run.message)
