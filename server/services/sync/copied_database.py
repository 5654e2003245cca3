"""Notices that a copy of this database is at work beside it, by what it makes under our name; it must not stop it.

A backup that is restored beside the original has its tenants, integrations and pairs, and makes twins under the same
name. What was made under our name, and is no pair of ours, is ours from before a restore, if it is older than this
process. What is made while this process works, and not by it, is made by a copy. Nothing but the apps is shared by the
two, so neither can be kept from making what the other makes in that moment: the integration stops until a person has
looked. A kill in between leaves it untold until the copy makes the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.domain.errors import NeedsRelease
from server.domain.item import Side
from server.domain.lineage import Newborn, lineage
from server.services.sync.work import Work
from server.store import kin
from server.store.database import Transaction
from server.store.kin import Realm

_COARSE = timedelta(seconds=2)
"""So coarse are the times that apps tell, and so much may pass between two of their answers."""


def begun(work: Work, side: Side) -> datetime | None:
    """The app's own time when this process looked at its container first (None: it does not tell)."""
    now = work.end(side).connector.server_time
    return work.began.setdefault(side, now) if now is not None else work.began.get(side)


def made_by_it(tx: Transaction, work: Work, realm: Realm, since: datetime | None, born: Sequence[Newborn]) -> list[str]:
    """The keys of what was made under our name since then, and not by us; what was looked at before is no news."""
    if since is None or work.dry or work.released:
        return []
    late = {one.id: one for one in born if one.own and one.made_at > since + _COARSE and _is_ours(work, one)}
    if not late:
        return []
    ours = kin.owners(tx, [one.marker for one in late.values() if one.marker])
    seen = kin.by_id(tx, realm, late)
    return [one.key for one in late.values() if one.id not in seen and (one.marker or "") not in ours]


def stop(work: Work, side: Side, keys: Sequence[str]) -> None:
    """Raises ``NeedsRelease`` where there are any."""
    if keys:
        several = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")  # noqa: PLR2004
        raise NeedsRelease(
            f"A copy of this database is at work: it made {several} in {work.end(side).name} under the name of this "
            "integration, and this one did not. Two that work side by side could make an item twice, so this one has "
            "stopped. Stop the copy (a restored backup, a cloned machine), or delete the integration in one of the "
            "two; then release the one that is to go on."
        )


def _is_ours(work: Work, one: Newborn) -> bool:
    said = lineage(one.marker)
    return said is not None and said.maker == work.maker
