"""Starts, stops and restarts one member; it must not know what the member is."""

from __future__ import annotations

from appliance.control.messages import Verb
from appliance.site import Report, Site

READY_SECONDS = 900.0
"""A database may have to recover first."""


def switch_member(site: Site, name: str, verb: Verb, report: Report) -> dict[str, object]:
    """Carry out ``verb`` on member ``name`` and wait until it is so."""
    keeper = site.supervision.get(name)
    report(f"{verb.value}: {name}")
    if verb is Verb.STOP:
        keeper.want(running=False)
        keeper.await_stopped(READY_SECONDS)
    else:
        if verb is Verb.RESTART:
            keeper.restart()
        else:
            keeper.want(running=True)
        keeper.await_ready(READY_SECONDS, report)
    return {"name": name}
