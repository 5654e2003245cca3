"""Which fields Redmine's issues have, told from its JSON; it must not send anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.connectors.reading import named
from server.connectors.redmine.read import Json, own_id, own_name
from server.domain.values import AppUser, FieldKind, FieldSpec, Option, TextFormat

_SUBJECT_LENGTH = 255

_KINDS = {
    "string": FieldKind.TEXT,
    "text": FieldKind.TEXT,
    "link": FieldKind.TEXT,
    "int": FieldKind.NUMBER,
    "float": FieldKind.NUMBER,
    "date": FieldKind.DATE,
    "bool": FieldKind.FLAG,
    "list": FieldKind.OPTION,
    "enumeration": FieldKind.OPTION,
    "user": FieldKind.USER,
    "version": FieldKind.OPTION,
}
_SEVERAL = {FieldKind.OPTION: FieldKind.OPTIONS, FieldKind.USER: FieldKind.USERS}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What Redmine says about a project and tracker: everything that field options come from."""

    project: Json
    tracker: Json
    statuses: Sequence[Json]
    priorities: Sequence[Json]
    versions: Sequence[Json]
    definitions: Sequence[Json]
    """Custom field definitions; empty unless our account is an administrator."""
    seen: Sequence[Json] = field(default=())
    """Custom fields as found on an issue of the project."""
    restricts: bool = False
    """Our account may make issues private there."""


def kinds_of(definitions: Sequence[Json]) -> dict[str, FieldKind]:
    """The kinds of custom fields by number."""
    kinds = {}
    for one in named(list(definitions), "/custom_fields.json"):
        kind = _KINDS.get(str(one.get("field_format")))
        if kind is not None and one.get("customized_type", "issue") == "issue":
            kinds[str(one["id"])] = _SEVERAL.get(kind, FieldKind.LABELS) if one.get("multiple") else kind
    return kinds


def field_specs(around: Surroundings, text_format: TextFormat, marker_field: str | None) -> tuple[FieldSpec, ...]:
    """The fields of issues of one tracker in one project; the field that holds our correlation id is left out."""
    enabled = around.tracker.get("enabled_standard_fields")

    def offered(name: str) -> bool:
        return enabled is None or f"{name}_id" in enabled or name in enabled

    statuses = tuple(
        Option(str(one["id"]), one["name"], one.get("is_closed"))
        for one in named(around.statuses, "/issue_statuses.json")
    )
    specs = [
        FieldSpec("subject", "Subject", FieldKind.TEXT, required=True, title=True, max_length=_SUBJECT_LENGTH),
        FieldSpec("description", "Description", FieldKind.RICH_TEXT, text_format=text_format),
        FieldSpec("status", "Status", FieldKind.STATUS, options=statuses),
        FieldSpec("priority", "Priority", FieldKind.OPTION, options=_options(_active(around.priorities))),
        FieldSpec("assigned_to", "Assignee", FieldKind.USER),
        FieldSpec(
            "category", "Category", FieldKind.OPTION, options=_options(around.project.get("issue_categories") or [])
        ),
        FieldSpec("fixed_version", "Target version", FieldKind.OPTION, options=_options(around.versions)),
        FieldSpec("start_date", "Start date", FieldKind.DATE),
        FieldSpec("due_date", "Due date", FieldKind.DATE),
        FieldSpec("done_ratio", "% Done", FieldKind.NUMBER),
        FieldSpec("estimated_hours", "Estimated time (hours)", FieldKind.NUMBER),
        FieldSpec("is_private", "Private", FieldKind.FLAG, restricts=around.restricts),
    ]
    always = {"subject", "status", "priority", "is_private"}
    specs = [one for one in specs if one.id in always or offered(one.id)]
    return (*specs, *_custom_specs(around, marker_field))


def _active(enumeration: Sequence[Json]) -> list[Json]:
    return [one for one in enumeration if isinstance(one, dict) and one.get("active", True)]


def _options(entries: Sequence[Json]) -> tuple[Option, ...]:
    return tuple(Option(str(one["id"]), one["name"]) for one in named(list(entries), "Redmine's address"))


def _custom_specs(around: Surroundings, marker_field: str | None) -> list[FieldSpec]:
    kinds = kinds_of(around.definitions)
    definitions = named(list(around.definitions), "/custom_fields.json")
    defined = {str(one["id"]): one for one in definitions if _applies(one, around)}
    # An administrator sees all definitions, but only an issue shows which fields this project really uses.
    found = named(list(around.seen), "/issues.json")
    numbers = dict.fromkeys([*(str(one["id"]) for one in found), *(() if around.seen else defined)])
    shown = {str(one["id"]): one for one in found}
    specs = []
    for number in numbers:
        if number == marker_field:
            continue
        definition = defined.get(number)
        if definition is not None:
            if number in kinds:
                specs.append(_defined(number, definition, kinds[number], around))
            continue
        seen = shown[number]
        kind = FieldKind.LABELS if seen.get("multiple") else FieldKind.TEXT
        specs.append(FieldSpec(f"cf_{number}", str(seen["name"]), kind))
    return specs


def _listed(found: object) -> list[Json]:
    return found if isinstance(found, list) else []


def _applies(definition: Json, around: Surroundings) -> bool:
    trackers = {own_id(one) for one in _listed(definition.get("trackers"))}
    return definition.get("customized_type") == "issue" and (not trackers or str(around.tracker["id"]) in trackers)


def _defined(number: str, definition: Json, kind: FieldKind, around: Surroundings) -> FieldSpec:
    options: tuple[Option, ...] = ()
    if definition.get("field_format") == "version":
        options = _options(around.versions)
    elif kind in (FieldKind.OPTION, FieldKind.OPTIONS):
        options = tuple(
            Option(str(one["value"]), str(one.get("label") or one["value"]))
            for one in _listed(definition.get("possible_values"))
            if isinstance(one, dict) and isinstance(one.get("value"), str | int)
        )
    return FieldSpec(
        f"cf_{number}",
        str(definition["name"]),
        kind,
        required=bool(definition.get("is_required", False)),
        options=options,
        max_length=definition.get("max_length") or None,
        only_for=_seen_by(definition),
    )


def _seen_by(definition: Json) -> str:
    """The roles that alone see a custom field; only an administrator is told of them."""
    if definition.get("visible") is not False:
        return ""
    roles = named(_listed(definition.get("roles")), "/custom_fields.json")
    return f"the roles {', '.join(str(one['name']) for one in roles)}" if roles else "some roles"


def members(memberships: Iterable[Json]) -> tuple[AppUser, ...]:
    """The people among a project's members, each once; groups are left out."""
    people = {own_id(one.get("user")): own_name(one.get("user")) for one in memberships if isinstance(one, dict)}
    return tuple(AppUser(number, name) for number, name in people.items() if number is not None)
