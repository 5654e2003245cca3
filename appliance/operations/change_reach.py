"""Lists where the connections of a cluster's tenants may lead; it must not judge any address itself.

It is written into the cluster's record and then told its processes. A kill in between leaves it written: the next
change, and the next start, tell it.
"""

from __future__ import annotations

from appliance.config import ClusterRecord, save
from appliance.control.messages import ChangeReach, Reach
from appliance.errors import ApplianceError, ExitCode
from appliance.reach import Listed, tell_reach
from appliance.site import Site


def show_reach(site: Site, name: str) -> Reach:
    """What is listed now. Raises ``ApplianceError`` (NOT_FOUND)."""
    record = site.cluster(name)
    return Reach(listed=record.listed, only_listed=record.only_listed)


def change_reach(site: Site, name: str, request: ChangeReach) -> Reach:
    """Add and remove; returns what is listed then. What shall be added and is there already stays.

    Raises ``ApplianceError``: USAGE for what is no host or network, NOT_FOUND for what shall go and is not listed.
    """
    added, removed = ([Listed.read(one).shown() for one in many] for many in (request.add, request.remove))
    with site.changing:
        record = site.cluster(name)
        for one in removed:
            if one not in record.listed:
                raise ApplianceError(f"{one} is not listed for cluster {name}.", ExitCode.NOT_FOUND)
        listed = [one for one in dict.fromkeys((*record.listed, *added)) if one not in removed]
        only = record.only_listed if request.only_listed is None else request.only_listed
        changed = record.model_copy(update={"listed": tuple(listed), "only_listed": only})
        if changed != record:
            save(site.folder.cluster(name) / "cluster.json", changed)
            site.log(f"cluster {name}: connections may lead to {_told(changed)}")
        tell_reach(site)
    return show_reach(site, name)


def _told(record: ClusterRecord) -> str:
    listed = ", ".join(record.listed) or "nothing that is listed"
    return f"{listed} and nowhere else" if record.only_listed else f"the networks, and to {listed}"
