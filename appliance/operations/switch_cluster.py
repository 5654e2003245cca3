"""Starts, stops and restarts the processes of one cluster, and remembers whether it shall run."""

from __future__ import annotations

from appliance.config import save
from appliance.control.messages import Health, Verb
from appliance.operations.run_cluster import bring_up, serve_routes, take_down
from appliance.site import Report, Site


def _runs(site: Site, name: str) -> bool:
    nodes = [keeper for keeper in site.supervision.all() if keeper.member.name.startswith(f"{name}/")]
    return bool(nodes) and all(keeper.state.health is Health.RUNNING for keeper in nodes)


def switch_cluster(site: Site, name: str, verb: Verb, report: Report) -> dict[str, object]:
    """Carry out ``verb`` and wait until it is so. The choice outlives the agent."""
    with site.changing:
        record = site.cluster(name).model_copy(update={"enabled": verb is not Verb.STOP})
        save(site.folder.cluster(name) / "cluster.json", record)
        if verb is Verb.START and _runs(site, name):
            return {"name": name, "enabled": True}
        if verb is not Verb.START:
            report(f"stopping {name}")
            take_down(site, name)
        if record.enabled:
            bring_up(site, record, report)
        else:
            serve_routes(site)
    return {"name": name, "enabled": record.enabled}
