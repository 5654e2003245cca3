"""Tells an integration that another tenant has come to one of its containers, or has gone; it must not tell who.

Whoever comes second is told when their integration is saved; this tells the first. It is asked when a pass asks the
apps anew what they have, which is every ten minutes: a quiet pass asks for nothing.
"""

from __future__ import annotations

from server.services.places import who_else
from server.services.sync.work import Work
from server.store import events, integrations, lease
from server.store.events import Event

_NOBODY = "No other tenant of this cluster works on a container of this integration any more."


def tell(work: Work, known: str) -> None:
    """Say what is otherwise than ``known``, on the integration and in its history. Raises ``Fenced``.

    A kill in between leaves it untold until the apps are asked the next time.
    """
    said = who_else(work.scope, work.mapping)
    if said == known:
        return
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        integrations.share(tx, work.integration, said)
        events.add(tx, work.integration, run_id, [Event("shared", said or _NOBODY)])
