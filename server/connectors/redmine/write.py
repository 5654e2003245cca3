"""Domain values turned into Redmine's JSON, and what of it did not take; it must not send anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.connectors.redmine.read import DATES, NUMBERS, REFERENCES, custom_id, lines
from server.domain.errors import Rejected
from server.domain.values import Value

_LAST_OF_THREE_BYTES = "\uffff"


def issue_body(fields: Mapping[str, Value]) -> dict[str, Any]:
    """The part of a create or update that carries fields. Raises ``Rejected`` for a field Redmine does not have."""
    body: dict[str, Any] = {}
    customs: list[dict[str, Any]] = []
    for name, value in fields.items():
        number = custom_id(name)
        if number is not None:
            customs.append({"id": int(number), "value": custom_value(value)})
        elif name in REFERENCES:
            body[f"{name}_id"] = "" if value is None else value
        elif name in ("subject", "description", "is_private", *NUMBERS, *DATES):
            body[name] = "" if value is None else value
        else:
            raise Rejected(f"Redmine has no field “{name}”; take it out of the mapping.", fields=(name,))
    if customs:
        body["custom_fields"] = customs
    return body


def left_empty(fields: Mapping[str, Value]) -> dict[str, Any]:
    """What a new issue must be told to leave empty, because Redmine fills it in by itself.

    As installed it takes today for the first day of work, and then refuses an issue that was due before.
    """
    return {} if fields.get("start_date") else {"start_date": ""}


def custom_value(value: Value) -> str | list[str]:
    """A custom field's value as Redmine takes it: text, or a list for several values."""
    if isinstance(value, tuple):
        return list(value) or [""]  # an empty list would leave the old values
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def not_taken(wanted: Mapping[str, Value], held: Mapping[str, Value]) -> tuple[str, ...]:
    """The names of the fields that Redmine left as they were although it said yes.

    Text is not compared: Redmine may trim or re-render it, and what it holds is what counts.
    """
    return tuple(
        name
        for name, value in wanted.items()
        if name not in ("subject", "description") and _differs(value, held.get(name))
    )


def other_texts(wanted: Mapping[str, Value], held: Mapping[str, Value]) -> bool:
    """Whether subject or description are not what was sent, but for what Redmine trims."""
    sent = {name: wanted[name] for name in ("subject", "description") if name in wanted}
    return any(lines(value).strip() != lines(held.get(name)).strip() for name, value in sent.items())


def _differs(wanted: Value, held: Value) -> bool:
    if wanted in (None, "", ()):
        return held not in (None, "", (), False)
    if isinstance(wanted, bool):
        return held is not wanted
    if isinstance(wanted, int | float):
        return not isinstance(held, int | float) or abs(wanted - held) > 0.005  # noqa: PLR2004 - stored as hundredths
    if isinstance(wanted, tuple):
        return not isinstance(held, tuple) or set(wanted) != set(held)
    return lines(wanted).strip() != lines(held).strip()


def beyond_three_bytes(body: object) -> bool:
    """Whether text in ``body`` needs four bytes in UTF-8, which an old MySQL schema cannot store."""
    if isinstance(body, str):
        return any(letter > _LAST_OF_THREE_BYTES for letter in body)
    if isinstance(body, Mapping):
        return any(beyond_three_bytes(one) for one in body.values())
    if isinstance(body, list | tuple):
        return any(beyond_three_bytes(one) for one in body)
    return False


_SPOKEN = {
    "Subject": "subject",
    "Description": "description",
    "Status": "status",
    "Priority": "priority",
    "Assignee": "assigned_to",
    "Category": "category",
    "Target version": "fixed_version",
    "Start date": "start_date",
    "Due date": "due_date",
    "% Done": "done_ratio",
    "Estimated time": "estimated_hours",
    "Private": "is_private",
}
"""What Redmine calls its fields in its sentences, in English; custom fields have their own names in every language."""


def meant(words: str, sent: Iterable[str], customs: Mapping[str, str]) -> frozenset[str]:
    """Those of the fields that were ``sent`` of which a sentence of Redmine's speaks: each begins with one.

    ``customs``: custom fields by their names. In another language than English a standard field is not recognised.
    """
    names = {**_SPOKEN, **customs}
    found = set()
    for sentence in words.split("; "):
        called = [name for name in names if sentence.startswith(f"{name} ")]
        if called:
            found.add(names[max(called, key=len)])
    return frozenset(found & set(sent))
