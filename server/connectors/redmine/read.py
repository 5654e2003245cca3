"""Redmine's JSON turned into domain values; it must not send anything.

Redmine gives text back with CR LF; here every line ends with LF, so nothing is taken for an edit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.connectors.moments import day, moment, shown
from server.connectors.reading import number, part, text
from server.connectors.stamps import version
from server.domain.errors import NotThatApp
from server.domain.item import Attachment, Comment, Head, Item, Link
from server.domain.values import FieldKind, Value

Json = Mapping[str, Any]

SETTLES_AFTER = timedelta(seconds=2)
"""Redmine shows whole seconds: within this time of its last change an item can change again unseen."""

REFERENCES = ("status", "priority", "assigned_to", "category", "fixed_version")
"""Fields that Redmine shows as ``{id, name}`` and takes as ``NAME_id``."""
NUMBERS = ("done_ratio", "estimated_hours")
DATES = ("start_date", "due_date")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read an issue: who we are, where the app is, and what its custom fields are.

    ``marker_field`` is the number of the custom field that holds the correlation id; ``kinds`` are the kinds of
    custom fields by number, as far as they are known. ``now`` is Redmine's own time.
    """

    base_url: str
    own_user: str
    marker_field: str | None
    kinds: Mapping[str, FieldKind]
    now: datetime
    latest: datetime | None = None
    """How late it may be at Redmine at most, where it does not tell its clock; ``now`` is surely past then."""


def section(answer: object, name: str) -> Any:
    """The part ``name`` of an answer; raises ``NotThatApp`` when the answer is not one of Redmine's."""
    if not isinstance(answer, dict) or name not in answer:
        raise NotThatApp(
            f"The address answers, but not as Redmine does (no “{name}” in the answer). "
            "Check the address; if Redmine is served below a path, the path belongs to it."
        )
    return answer[name]


def having(name: str, kind: type = object) -> Callable[[object], Any]:
    """What makes sure that an answer has the part ``name``, of that kind, and gives it back."""

    def look(answer: object) -> Any:
        found = section(answer, name)
        if not isinstance(found, kind):
            raise NotThatApp(f"The address answers, but not as Redmine does (its “{name}” is something else).")
        return found

    return look


def lines(said: object) -> str:
    """Text with LF at the end of each line, whatever Redmine stored."""
    return text(said).replace("\r\n", "\n").replace("\r", "\n")


def own_id(reference: object) -> str | None:
    """The id within ``{id, name}`` as text, None when it is unset."""
    return str(reference["id"]) if isinstance(reference, dict) and "id" in reference else None


def own_name(reference: object) -> str:
    """The name within ``{id, name}``."""
    return str(reference.get("name", "")) if isinstance(reference, dict) else ""


def custom_id(field_id: str) -> str | None:
    """The number of the custom field that ``field_id`` (``cf_7``) names, None when it names no custom field."""
    return field_id[3:] if field_id.startswith("cf_") and field_id[3:].isdigit() else None


def read_fields(issue: Json, reading: Reading) -> dict[str, Value]:
    """The fields of an issue by our names for them."""
    with part("its subject or its description"):
        values: dict[str, Value] = {
            "subject": text(issue.get("subject")),
            "description": lines(issue.get("description")),
            "is_private": bool(issue.get("is_private", False)),
        }
    for name in REFERENCES:
        with part(f"its field “{name}”"):
            values[name] = own_id(issue.get(name))
    for name in DATES:
        with part(f"its field “{name}”"):
            values[name] = day(issue.get(name))
    for name in NUMBERS:
        with part(f"its field “{name}”"):
            values[name] = _amount(issue.get(name))
    for custom in issue.get("custom_fields") or ():
        with part(f"its custom field “{custom.get('name')}”" if isinstance(custom, dict) else "a custom field"):
            numbered = number(custom["id"])
            if numbered != reading.marker_field:
                values[f"cf_{numbered}"] = read_custom(custom, reading.kinds.get(numbered))
    return values


def _amount(said: object) -> int | float | None:
    if said is None or (isinstance(said, int | float) and not isinstance(said, bool)):
        return said
    raise TypeError(f"{shown(said)} is no number")


def read_custom(custom: Json, kind: FieldKind | None) -> Value:
    """The value of one custom field; ``kind`` None: not known, so text or (with several values) labels."""
    value = custom.get("value")
    if custom.get("multiple") or isinstance(value, list):
        members = value if isinstance(value, list) else [value]
        return tuple(sorted(str(one) for one in members if one not in (None, "")))
    if value in (None, ""):
        return None
    said = lines(value)
    if kind is FieldKind.NUMBER:
        try:
            return float(said) if "." in said else int(said)
        except ValueError:
            return None
    if kind is FieldKind.FLAG:
        return said == "1"
    return said


def read_marker(issue: Json, marker_field: str | None) -> str | None:
    """The correlation id that an issue carries."""
    for custom in issue.get("custom_fields") or ():
        if isinstance(custom, dict) and str(custom.get("id")) == marker_field:
            return str(custom.get("value") or "") or None
    return None


def read_stamp(issue: Json, now: datetime, latest: datetime | None = None) -> str:
    """Changes whenever the issue does; empty while Redmine's whole seconds could still hide a change.

    The time alone is not enough: relations and deleted files do not move it. An edited note moves nothing that a
    list shows; the periodic full scan finds it.
    """
    updated = moment(issue["updated_on"])
    if not version(" ", updated, now, SETTLES_AFTER, latest):
        return ""
    seen = {key: value for key, value in issue.items() if key not in ("journals", "children", "allowed_statuses")}
    # An issue fetched alone and one in a list differ in what they may leave out: empty lists, totals.
    seen = {key: value for key, value in seen.items() if value not in ([], None) and not key.startswith("total_")}
    for name in ("spent_hours", "watchers", "changesets"):
        seen.pop(name, None)
    plain = json.dumps(seen, sort_keys=True)
    said = f"{issue['updated_on']} {hashlib.sha256(plain.encode()).hexdigest()[:16]}"
    return version(said, updated, now, SETTLES_AFTER, latest)


def read_head(issue: Json, now: datetime, latest: datetime | None = None) -> Head:
    """An issue of a list as an entry of the change feed."""
    return Head(number(issue["id"]), moment(issue["updated_on"]), read_stamp(issue, now, latest))


def read_comments(journals: Sequence[Json], own_user: str) -> tuple[Comment, ...]:
    """The journals that say something; those that only record changes of fields are not comments."""
    return tuple(_comment(one, own_user) for one in journals if not isinstance(one, dict) or _says(one))


def _says(journal: Json) -> bool:
    return bool(lines(journal.get("notes")).strip())


def _comment(journal: Json, own_user: str) -> Comment:
    with part(f"the note {journal.get('id')}" if isinstance(journal, dict) else "a note"):
        return Comment(
            id=number(journal["id"]),
            body=lines(journal["notes"]),
            author=own_id(journal.get("user")) or "",
            author_name=own_name(journal.get("user")),
            created_at=moment(journal["created_on"]),
            private=bool(journal.get("private_notes", False)),
            own=own_id(journal.get("user")) == own_user,
        )


def read_attachments(attachments: Sequence[Json], own_user: str) -> tuple[Attachment, ...]:
    """The files of an issue. Redmine shows them to everybody who sees the issue."""
    return tuple(_attachment(one, own_user) for one in attachments)


def _attachment(one: Json, own_user: str) -> Attachment:
    with part(f"the file {one.get('id')}" if isinstance(one, dict) else "a file"):
        return Attachment(
            id=number(one["id"]),
            name=str(one["filename"]),
            size=int(one["filesize"]),
            content_type=str(one.get("content_type") or "application/octet-stream"),
            author_name=own_name(one.get("author")),
            created_at=moment(one["created_on"]),
            own=own_id(one.get("author")) == own_user,
        )


SEEN_FROM_TARGET = {
    "blocks": "blocked",
    "precedes": "follows",
    "duplicates": "duplicated",
    "copied_to": "copied_from",
}
"""The names of relations that have a direction, and what each is called at its other end."""


def read_links(issue_id: str, relations: Sequence[Json]) -> tuple[Link, ...]:
    """The relations of an issue, named as seen from it (Redmine stores each once, with a direction)."""
    links = []
    for one in relations:
        source, target, kind = str(one["issue_id"]), str(one["issue_to_id"]), str(one["relation_type"])
        links.append(Link(kind, target) if source == issue_id else Link(SEEN_FROM_TARGET.get(kind, kind), source))
    return tuple(links)


def _restricted(issue: Json) -> str:
    """Redmine's word for an issue that not everybody sees. Where it does not say so, it may be such a one."""
    if "is_private" not in issue:
        return "whether it is private is not told"
    return "private" if issue["is_private"] else ""


def read_item(issue: Json, reading: Reading) -> Item:
    """A whole issue, as fetched with journals, attachments and relations. What cannot be read names the part."""
    numbered = number(issue["id"])
    with part("its time of change"):
        updated, stamp = moment(issue["updated_on"]), read_stamp(issue, reading.now, reading.latest)
    with part("its relations or its parent"):
        links = read_links(numbered, issue.get("relations") or ())
        parent = own_id(issue.get("parent"))
    with part("who made it, and when"):
        created = moment(issue["created_on"]) if issue.get("created_on") else None
        author, author_name = own_id(issue.get("author")), own_name(issue.get("author"))
    return Item(
        id=numbered,
        key=f"#{numbered}",
        url=f"{reading.base_url.rstrip('/')}/issues/{numbered}",
        container=own_id(issue.get("project")) or "",
        type=own_id(issue.get("tracker")) or "",
        updated_at=updated,
        fields=read_fields(issue, reading),
        stamp=stamp,
        comments=read_comments(issue.get("journals") or (), reading.own_user),
        attachments=read_attachments(issue.get("attachments") or (), reading.own_user),
        links=links,
        parent=parent,
        marker=read_marker(issue, reading.marker_field),
        author_name=author_name,
        created_at=created,
        own=author == reading.own_user,
        restricted=_restricted(issue),
    )
