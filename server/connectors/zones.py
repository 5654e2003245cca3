"""The zone in which the people of an app read days: the setting of a connection, and an app's own word for one.

It must not ask an app.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from server.connectors.base import Setting, SettingKind
from server.domain.errors import PutRight

TIME_ZONE = Setting(
    "time_zone",
    "Time zone of days",
    SettingKind.TEXT,
    required=False,
    help="Where a day begins for the people of this app, such as Europe/Berlin. It counts where one app keeps a day "
    "and the other a time. Empty: as it is set at the syncing user's account, else UTC.",
)

_HOURS = re.compile(r"([+-]?)(\d{1,2})(?:\.0)?", re.ASCII)


def chosen_zone(settings: Mapping[str, str]) -> str:
    """The name of the zone that a connection says, empty when it says none. Raises ``PutRight`` for an unknown one."""
    name = (settings.get(TIME_ZONE.name) or "").strip()
    if name and zone_called(name) is None:
        raise PutRight(
            f"“{name}” is no time zone. Enter one such as Europe/Berlin, or leave it empty.", field=TIME_ZONE.name
        )
    return name


def zone_called(name: str) -> tzinfo | None:
    """The zone of that name, None when there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return None


def zone_name(said: str) -> str:
    """The name of the zone that an app calls ``said``: itself, or one so many hours before or after UTC."""
    found = _HOURS.fullmatch(said)
    if found is None:
        return said
    hours = int(found[2])
    if hours == 0:
        return "UTC"
    return f"Etc/GMT{'+' if found[1] == '-' else '-'}{hours}"
