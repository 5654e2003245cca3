"""Domain values turned into RT's JSON, and what of it did not take; it must not send anything."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

from server.connectors.request_tracker.read import NOBODY, CustomField, lines, moment, read_priority
from server.domain.errors import Rejected
from server.domain.values import FieldKind, TextFormat, Value

MOMENTS = ("Due", "Starts")
_STANDARD = frozenset({"Subject", "Status", "Owner", "Requestor", "Priority", *MOMENTS})
_TEXTS = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT})
_PIECE = 64 * 1024


def spoken(when: datetime) -> str:
    """A time as RT takes it in a query; without the zone it would be read in the account's own."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")


def written(value: Value) -> str:
    """A time as RT takes it when written. Any other shape is answered with yes and stored broken."""
    return "" if value in (None, "") else moment(str(value)).strftime("%Y-%m-%d %H:%M:%S")


def quoted(text: str) -> str:
    """A string within RT's query language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def message_type(text_format: TextFormat) -> str:
    """The content type of messages in a format."""
    return "text/html" if text_format is TextFormat.HTML else "text/plain"


def ticket_body(fields: Mapping[str, Value], customs: Mapping[str, CustomField], *, creating: bool) -> dict[str, Any]:
    """The part of a create or update that carries fields, without the description.

    Raises ``Rejected`` for a field that the queue does not have.
    """
    body: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _STANDARD:
            body[name] = _standard_value(name, value)
        elif name.startswith("cf_") and name[3:] in customs:
            if not creating or value not in (None, "", ()):
                own[name[3:]] = custom_value(value, customs[name[3:]])
        elif name != "description":
            raise Rejected(f"Request Tracker's queue has no field “{name}”; take it out of the mapping.")
    if own:
        body["CustomFields"] = own
    return body


def _standard_value(name: str, value: Value) -> Any:
    if name in MOMENTS:
        return written(value)
    if name == "Owner":
        return value or NOBODY
    if name == "Requestor":
        return list(value) if isinstance(value, tuple) else []
    if name == "Priority":
        return read_priority(value)
    return "" if value is None else value


def custom_value(value: Value, custom: CustomField) -> Any:
    """A custom field's value as RT takes it; None takes a single value away."""
    if isinstance(value, tuple):
        return list(value)
    if value in (None, ""):
        return None
    return written(value) if custom.kind is FieldKind.MOMENT else str(value)


def not_taken(
    wanted: Mapping[str, Value], held: Mapping[str, Value], customs: Mapping[str, CustomField]
) -> tuple[str, ...]:
    """The names of the fields that RT left as they were although it said yes.

    Text is not compared: RT may trim it, and what it holds is what counts.
    """
    return tuple(
        name
        for name, value in wanted.items()
        if name not in ("Subject", "description") and _differs(name, value, held.get(name), customs)
    )


def _differs(name: str, wanted: Value, held: Value, customs: Mapping[str, CustomField]) -> bool:
    if wanted in (None, "", ()):
        return held not in (None, "", ())
    custom = customs.get(name[3:]) if name.startswith("cf_") else None
    if custom is not None and custom.kind in _TEXTS:
        return held in (None, "")
    if name in MOMENTS or (custom is not None and custom.kind is FieldKind.MOMENT):
        return held is None or moment(str(held)) != moment(str(wanted))
    if name == "Priority":
        return read_priority(wanted) != held
    if isinstance(wanted, tuple):
        return not isinstance(held, tuple) or {one.casefold() for one in wanted} != {one.casefold() for one in held}
    return lines(wanted).strip().casefold() != lines(held).strip().casefold()


def corrected(
    wanted: Mapping[str, Value], held: Mapping[str, Value], customs: Mapping[str, CustomField]
) -> dict[str, Value]:
    """Times to be written once more, because RT read them in the account's own zone and is off by its distance."""
    again: dict[str, Value] = {}
    for name in not_taken(wanted, held, customs):
        custom = customs.get(name[3:]) if name.startswith("cf_") else None
        value, now = wanted[name], held.get(name)
        is_moment = name in MOMENTS or (custom is not None and custom.kind is FieldKind.MOMENT)
        if is_moment and value not in (None, "") and now not in (None, ""):
            intended = moment(str(value))
            again[name] = (intended - (moment(str(now)) - intended)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return again


_REWRITTEN = ("text/plain", "text/html", "message/")


def kept_type(content_type: str, content: BinaryIO) -> str:
    """The content type under which RT stores these bytes as they are.

    RT re-encodes text that is not UTF-8 and takes mails apart; as plain bytes it leaves them alone. Reads
    ``content`` once and goes back to its start, where it can.
    """
    if not content_type.startswith(_REWRITTEN):
        return content_type or "application/octet-stream"
    if content_type.startswith("message/") or not content.seekable():
        return "application/octet-stream"
    start = content.tell()
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := content.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "application/octet-stream"
    else:
        return content_type.split(";", 1)[0]
    finally:
        content.seek(start)
