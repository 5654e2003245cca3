"""Connects the demonstration's two trackers as a person would in the panel: connections, suggestion, integration.

Every step looks before it makes, so a demonstration that was interrupted goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.errors import ApplianceError
from appliance.panel import Panel

POLL_SECONDS = 5
"""The shortest there is, so that a person sees a change arrive while looking."""


@dataclass(frozen=True, slots=True)
class End:
    """One tracker as a connection: ``settings`` are the connector's, ``secrets`` names those never shown again."""

    name: str
    kind: str
    settings: Mapping[str, str]
    secrets: frozenset[str]
    container: str


NamedValues = Mapping[str, Sequence[tuple[str, str]]]
"""For a field of the left side: which option (by its name) is which of the right side, the first from the top first."""


def connect(panel: Panel, left: End, right: End, name: str, values: NamedValues) -> str:
    """Make or set right the two connections and the running integration ``name`` between them; its id.

    ``values`` are what a person would choose in the wizard. Raises ``ApplianceError`` with the reason when a
    tracker cannot be reached with its account.
    """
    ends = [{"connection": _connection(panel, end), "container": end.container} for end in (left, right)]
    found = next((row for row in panel.get("integrations") if row["name"] == name), None)
    if found is None:
        for place, end in zip(ends, (left, right), strict=True):
            _require_container(panel, place, end)
        suggestion = panel.ask("POST", "integrations/suggest", {"left": ends[0], "right": ends[1]})
        document = with_values(panel, suggestion["document"], values)
        document["schedule"] = {"every_seconds": POLL_SECONDS}
        found = panel.ask("POST", "integrations", {"name": name, "document": document})
    if found["state"] != "running":
        panel.ask("POST", f"integrations/{found['id']}/start")
    return str(found["id"])


def with_values(panel: Panel, document: dict[str, Any], values: NamedValues) -> dict[str, Any]:
    """The document with the options of ``values`` paired by their names."""
    types = []
    for mapped in document["types"]:
        options = [_options(panel, document[side], mapped[side]) for side in ("left", "right")]
        fields = [
            {**rule, "values": _paired(values[rule["left"]], options[0][rule["left"]], options[1][rule["right"]])}
            if rule["left"] in values
            else rule
            for rule in mapped["fields"]
        ]
        types.append({**mapped, "fields": fields})
    return {**document, "types": types}


def _options(panel: Panel, place: Mapping[str, str], item_type: str) -> dict[str, dict[str, str]]:
    """The options of every field: their ids by name."""
    specs = panel.get(f"connections/{place['connection']}/fields", container=place["container"], type=item_type)
    return {spec["id"]: {option["name"]: option["id"] for option in spec["options"]} for spec in specs}


def _paired(
    names: Sequence[tuple[str, str]], left: Mapping[str, str], right: Mapping[str, str]
) -> list[dict[str, str]]:
    return [{"left": left[one], "right": right[other]} for one, other in names if one in left and other in right]


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


def _require_container(panel: Panel, place: Mapping[str, str], end: End) -> None:
    containers = panel.get(f"connections/{place['connection']}/containers")
    if not any(row["id"] == end.container for row in containers):
        raise ApplianceError(f"{end.name} does not show its container {end.container} to the account.")
