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


def spelt(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the fields that a connection's settings give."""
    chosen = settings.get(RESTRICTED_BY.name, RESTRICTED_BY.default)
    return tuple(one.strip() for one in chosen.split(",") if one.strip())


def named(settings: Mapping[str, str]) -> frozenset[str]:
    """The same in lower case."""
    return frozenset(one.casefold() for one in spelt(settings))


def missing(settings: Mapping[str, str], there: Iterable[str], app: str) -> str:
    """What follows for names that a person gave and that the app has nowhere; empty when there are none.

    A name that was mistyped would let out what it was to keep. The usual names are meant for any app that has them.
    """
    if settings.get(RESTRICTED_BY.name, RESTRICTED_BY.default) == RESTRICTED_BY.default:
        return ""
    known = {one.casefold() for one in there}
    lost = [f"“{one}”" for one in spelt(settings) if one.casefold() not in known]
    if not lost:
        return ""
    which, has = " and ".join(lost), "No field" if len(lost) == 1 else "No fields"
    return (
        f"{has} named {which} can be seen in {app}, so nothing is restricted by that. Correct “{RESTRICTED_BY.label}”, "
        "or let the syncing user see the field: until then what it was to keep there counts as open."
    )


def word(names: frozenset[str], held: Iterable[tuple[str, object]], there: Iterable[str] = ()) -> str:
    """The names of those fields that restrict the item by what they hold, empty when none does.

    What they hold is not told: it may be what is to be kept private. ``there``: fields that the app surely has. One of
    these that is not shown to us says nothing, so it may well restrict the item.
    """
    known = list(held)
    found = {name for name, value in known if name.casefold() in names and _says(value)}
    shown = {name.casefold() for name, _ in known}
    unseen = {f"{one}: not shown to us" for one in there if one.casefold() in names and one.casefold() not in shown}
    return ", ".join(sorted(found | unseen))


def _says(value: object) -> bool:
    if isinstance(value, Mapping):
        value = next((each for key, each in value.items() if key not in ("id", "link")), value.get("id"))
    if isinstance(value, list | tuple):
        return any(_says(one) for one in value)
    if value is None or isinstance(value, bool | int | float):
        return bool(value)
    return str(value).strip().casefold() not in _NO
