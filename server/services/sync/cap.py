"""Holds the first real run to what its dry run showed; it must not write to an app.

What is over counts too: operations that an earlier, cut off part of the first run left in the journal. The cap ends
when the first run has come through, or when a person lifts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from server.domain.errors import NeedsRelease
from server.domain.operation import Operation
from server.engine.cap import excess
from server.services.sync.work import Work
from server.store import integrations, journal, lease


def check(work: Work, operations: Sequence[Operation]) -> None:
    """Count ``operations`` against the cap. Raises ``NeedsRelease`` when they go beyond."""
    if work.cap is None:
        return
    done = work.run.kinds
    if not done:
        with work.scope.reading() as tx:
            done.update(journal.counts(tx, work.integration))
    planned = Counter[str](one.step.kind for one in operations)
    reason = excess(work.cap, done, planned)
    if reason:
        raise NeedsRelease(reason)
    done.update(planned)


def lift(work: Work) -> None:
    """The first run has come through: later ones are not bound by its dry run."""
    if work.cap is None:
        return
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        integrations.set_cap(tx, work.integration, None)


def put(work: Work) -> None:
    """A dry run has come through: if it is the first run that comes next, bind that to what was shown."""
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        row = integrations.get(tx, work.integration)
        if row.cap is None and not integrations.never_ran(tx, work.integration):
            return
        done = Counter(journal.counts(tx, work.integration))
        integrations.set_cap(tx, work.integration, done + work.run.kinds)
