"""Which fields RT's tickets have, told from its JSON; it must not send anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server.connectors.reading import number, readable, text
from server.connectors.request_tracker.read import CustomField, Json
from server.domain.values import FieldKind, FieldSpec, LengthUnit, Option, TextFormat

DEFAULT_STATUSES = ("new", "open", "stalled", "resolved", "rejected")
"""The workflow of queues that have none of their own."""
DEFAULT_LIFECYCLE = "default"
CREATED_AS = frozenset({"new", "open", "resolved"})
"""The statuses in which RT's own workflow lets a ticket begin."""

_SUBJECT_LENGTH = 200
_BYTES = LengthUnit.BYTES
"""RT cuts what is longer than its column, in bytes of UTF-8, and says nothing."""

_SINGLE = {
    "Select": FieldKind.OPTION,
    "Freeform": FieldKind.TEXT,
    "Autocomplete": FieldKind.TEXT,
    "Combobox": FieldKind.TEXT,
    "IPAddress": FieldKind.TEXT,
    "IPAddressRange": FieldKind.TEXT,
    "Text": FieldKind.RICH_TEXT,
    "Wikitext": FieldKind.RICH_TEXT,
    "HTML": FieldKind.RICH_TEXT,
    "Date": FieldKind.DATE,
    "DateTime": FieldKind.MOMENT,
}
_SEVERAL = {
    "Select": FieldKind.OPTIONS,
    "Freeform": FieldKind.LABELS,
    "Autocomplete": FieldKind.LABELS,
}


def custom_field(definition: Json) -> CustomField:
    """A custom field from its whole definition."""
    sort = str(definition.get("Type"))
    several = str(definition.get("MaxValues")) != "1"
    kind = (_SEVERAL if several else _SINGLE).get(sort)
    text_format = None
    if kind is FieldKind.RICH_TEXT:
        text_format = TextFormat.HTML if sort == "HTML" else TextFormat.PLAIN
    # Older and newer RT differ: values as names, or as objects with a name.
    options = readable((one for one in definition.get("Values") or () if one), _option_name)
    return CustomField(number(definition["id"]), text(definition["Name"]), kind, text_format, options)


def _option_name(shown: object) -> str:
    return text(shown["name"] if isinstance(shown, Mapping) else shown)


def field_specs(
    text_format: TextFormat,
    statuses: Iterable[Option],
    customs: Iterable[CustomField],
    marker_field: str,
) -> tuple[FieldSpec, ...]:
    """The fields of a queue's tickets; the field that holds our correlation id is left out."""
    standard = (
        FieldSpec(
            "Subject",
            "Subject",
            FieldKind.TEXT,
            required=True,
            title=True,
            max_length=_SUBJECT_LENGTH,
            length_unit=_BYTES,
        ),
        FieldSpec("description", "Description", FieldKind.RICH_TEXT, create_only=True, text_format=text_format),
        FieldSpec("Status", "Status", FieldKind.STATUS, options=tuple(statuses)),
        FieldSpec(
            "Priority",
            "Priority",
            FieldKind.OPTION,
            options=(Option("0", "Low"), Option("50", "Medium"), Option("100", "High")),
        ),
        FieldSpec("Owner", "Owner", FieldKind.USER),
        FieldSpec("Requestor", "Requestors", FieldKind.USERS),
        FieldSpec("Starts", "Starts", FieldKind.MOMENT),
        FieldSpec("Due", "Due", FieldKind.MOMENT),
    )
    return (*standard, *(_spec(one) for one in customs if one.kind is not None and one.name != marker_field))


def _spec(custom: CustomField) -> FieldSpec:
    kind = custom.kind or FieldKind.TEXT
    return FieldSpec(
        f"cf_{custom.id}",
        custom.name,
        kind,
        options=tuple(Option(one, one) for one in custom.options) if kind in _CHOSEN else (),
        text_format=custom.text_format,
    )


_CHOSEN = frozenset({FieldKind.OPTION, FieldKind.OPTIONS})
