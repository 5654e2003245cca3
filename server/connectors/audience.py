"""Which of an app's own fields say that an item is restricted, where the app itself has no such thing; it asks nothing.

Some apps let an administrator hide items by what stands in a field, and tell programs only the field. So a connection
names the fields, and an item is restricted where one of them says anything but no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server.connectors.base import Setting, SettingKind

_USUAL = "private, confidential, restricted"
_NO = frozenset({"", "0", "no", "none", "false", "public", "f", "n"})

RESTRICTED_BY = Setting(
    "restricted_by",
    "Fields that restrict an item",
    SettingKind.TEXT,
    required=False,
    help="Names, separated by commas. Where one of them says anything but no, the item is not for everybody, and stays "
    "where it is unless an integration says otherwise.",
    default=_USUAL,
)


def named(settings: Mapping[str, str]) -> frozenset[str]:
    """The names of the fields that a connection's settings give, in lower case."""
    chosen = settings.get(RESTRICTED_BY.name, RESTRICTED_BY.default)
    return frozenset(one.strip().casefold() for one in chosen.split(",") if one.strip())


def word(names: frozenset[str], held: Iterable[tuple[str, object]]) -> str:
    """The names of those fields that restrict the item by what they hold, empty when none does.

    What they hold is not told: it may be what is to be kept private.
    """
    return ", ".join(sorted({name for name, value in held if name.casefold() in names and _says(value)}))


def _says(value: object) -> bool:
    if isinstance(value, Mapping):
        value = next((each for key, each in value.items() if key not in ("id", "link")), value.get("id"))
    if isinstance(value, list | tuple):
        return any(_says(one) for one in value)
    if value is None or isinstance(value, bool | int | float):
        return bool(value)
    return str(value).strip().casefold() not in _NO
