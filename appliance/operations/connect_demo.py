"""Connects the demonstration's two trackers as a person would in the panel: connections, suggestion, integration.

Every step looks before it makes, so a demonstration that was interrupted goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.errors import ApplianceError
from appliance.panel import Panel

POLL_SECONDS = 2
"""So short that a person sees a change arrive while looking."""


@dataclass(frozen=True, slots=True)
class End:
    """One tracker as a connection: ``settings`` are the connector's, ``secrets`` names those never shown again."""

    name: str
    kind: str
    settings: Mapping[str, str]
    secrets: frozenset[str]
    container: str


def connect(panel: Panel, left: End, right: End, name: str) -> str:
    """Make or set right the two connections and the running integration ``name`` between them; its id.

    Raises ``ApplianceError`` with the reason when a tracker cannot be reached with its account.
    """
    ends = [{"connection": _connection(panel, end), "container": _container(panel, end)} for end in (left, right)]
    found = next((row for row in panel.get("integrations") if row["name"] == name), None)
    if found is None:
        suggestion = panel.ask("POST", "integrations/suggest", {"left": ends[0], "right": ends[1]})
        document = {**suggestion["document"], "poll_seconds": POLL_SECONDS}
        found = panel.ask("POST", "integrations", {"name": name, "document": document})
    if found["state"] != "running":
        panel.ask("POST", f"integrations/{found['id']}/start")
    return str(found["id"])


def _connection(panel: Panel, end: End) -> str:
    found = next((row for row in panel.get("connections") if row["name"] == end.name), None)
    wanted = {"name": end.name, "kind": end.kind, "settings": dict(end.settings)}
    if found is None:
        found = panel.ask("POST", "connections", wanted)
    elif any(found["settings"].get(key) != value for key, value in _open_settings(end).items()):
        found = panel.ask("PUT", f"connections/{found['id']}", wanted)
    verdict = panel.ask("POST", f"connections/{found['id']}/test")
    if not verdict["ok"]:
        raise ApplianceError(f"{end.name} cannot be connected: {verdict['problem']}")
    return str(found["id"])


def _open_settings(end: End) -> dict[str, str]:
    return {key: value for key, value in end.settings.items() if key not in end.secrets}


def _container(panel: Panel, end: End) -> str:
    identity = next(str(row["id"]) for row in panel.get("connections") if row["name"] == end.name)
    containers: Sequence[Mapping[str, Any]] = panel.get(f"connections/{identity}/containers")
    if any(row["id"] == end.container for row in containers):
        return end.container
    raise ApplianceError(f"{end.name} does not show its container {end.container}.")
