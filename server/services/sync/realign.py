"""All pairs of an integration, brought in step under a mapping that changed; live passes go on beside it.

Walks by the pairs' ids, a page at a time. What a kill -9 leaves behind: the place up to which the walk was settled, on
the request; the next run goes on there, or begins anew when the document was changed again. It must not decide which
value travels: that was asked of a person, and ``server.engine.align`` keeps to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from server.connectors.pace import Share
from server.domain.rules import Precedence
from server.services.sync import feed, preview
from server.services.sync import page as paging
from server.services.sync.work import Look, Work
from server.store import lease, pairs, requests

_PAGE = 50


def run(work: Work) -> Iterator[feed.Reached]:
    """Bring every pair in step, or (dry) show what that would do. Raises what ``process`` raises."""
    if work.request is None:
        raise TypeError("a walk over all pairs answers a request")
    work.caller.share = Share.BACKFILL
    aligned = replace(work, align=Precedence(work.request.argument.get("wins", Precedence.FILL)))
    if work.dry:
        preview.begin(work)
    after = "" if work.dry else _place(work)
    with work.scope.reading() as tx:
        work.run.total = pairs.count(tx, work.integration, after)
    work.run.phase = "comparing all pairs"
    while not (work.stopping() or work.run.cancelled):
        with work.scope.reading() as tx:
            rows = pairs.page(tx, work.integration, after, work.at_once(_PAGE))
        if not rows:
            # A live pass would take up by each field's policy what an app refused for a moment.
            yield from feed.once_more(aligned)
            return
        looks = [Look(pair.origin, pair.on(pair.origin).item_id or "") for pair in rows]
        paging.process(aligned, looks, None)
        after = rows[-1].id
        if not work.dry:
            _came_to(work, after)
        yield feed.Reached(work.run.done, work.run.total)
        yield from feed.once_more(aligned, patient=False)


def _place(work: Work) -> str:
    """The pair after which an earlier, cut off run of this request stopped; empty for a document changed since."""
    version, _, pair = (work.request.place if work.request else "").partition("/")
    return pair if version == str(work.version) else ""


def _came_to(work: Work, pair: str) -> None:
    if work.request is None:
        return
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        requests.came_to(tx, work.request.id, f"{work.version}/{pair}")
