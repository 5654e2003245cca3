"""Domain values turned into RT's JSON, and what of it did not take; it must not send anything."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, BinaryIO

from server.connectors.moments import clock, sent, typed
from server.connectors.request_tracker.read import NOBODY, CustomField, lines, read_priority
from server.domain.errors import Rejected
from server.domain.values import FieldKind, TextFormat, Value

MOMENTS = ("Due", "Starts")
_STANDARD = frozenset({"Subject", "Status", "Owner", "Requestor", "Priority", *MOMENTS})
_TEXTS = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT})
_PIECE = 64 * 1024


def spoken(when: datetime, zone: tzinfo) -> str:
    """A time as RT takes it, in queries and in fields: the clock on the account's wall, to the second.

    Any other shape is answered with yes and taken for another time, or for none. RT looks the zone's distance up at
    the wall's time as if that were UTC; near a change of the clocks that matters.
    """
    target = when.astimezone(UTC).replace(tzinfo=None)
    distances = set()
    for hours in (-26, 0, 26):
        with suppress(OverflowError):  # at the ends of the calendar
            distances.add((when + timedelta(hours=hours)).astimezone(zone).utcoffset())
    for distance in sorted(one for one in distances if one is not None):
        wall = target + distance
        if wall.replace(tzinfo=UTC).astimezone(zone).utcoffset() == distance:
            return clock(wall, " ")
    return clock(target + min(one for one in distances if one is not None), " ")


def written(name: str, value: Value, zone: tzinfo) -> str:
    """A field's time as RT takes it, empty for none. Raises ``Rejected``."""
    return sent(name, value, lambda when: spoken(when, zone))


def quoted(text: str) -> str:
    """A string within RT's query language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def message_type(text_format: TextFormat) -> str:
    """The content type of messages in a format."""
    return "text/html" if text_format is TextFormat.HTML else "text/plain"


def ticket_body(
    fields: Mapping[str, Value], customs: Mapping[str, CustomField], zone: Callable[[], tzinfo], *, creating: bool
) -> dict[str, Any]:
    """The part of a create or update that carries fields, without the description.

    ``zone`` is our account's, asked for where it counts.

    Raises ``Rejected`` for a field that the queue does not have.
    """
    body: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _STANDARD:
            body[name] = _standard_value(name, value)
        elif name.startswith("cf_") and name[3:] in customs:
            if not creating or value not in (None, "", ()):
                own[name[3:]] = custom_value(value, customs[name[3:]], zone)
        elif name != "description":
            raise Rejected(
                f"Request Tracker's queue has no field “{name}”; take it out of the mapping.", fields=(name,)
            )
    if own:
        body["CustomFields"] = own
    return body


def _standard_value(name: str, value: Value) -> Any:
    if name in MOMENTS:
        return written(name, value, UTC)  # RT reads custom fields and queries in the account's zone, but not these
    if name == "Owner":
        return value or NOBODY
    if name == "Requestor":
        return list(value) if isinstance(value, tuple) else []
    if name == "Priority":
        return read_priority(value)
    return "" if value is None else value


def custom_value(value: Value, custom: CustomField, zone: Callable[[], tzinfo]) -> Any:
    """A custom field's value as RT takes it; None takes a single value away."""
    if isinstance(value, tuple):
        return list(value)
    if value in (None, ""):
        return None
    return written(f"cf_{custom.id}", value, zone()) if custom.kind is FieldKind.MOMENT else str(value)


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
        return held is None or typed(held) != typed(wanted)
    if name == "Priority":
        return read_priority(wanted) != held
    if isinstance(wanted, tuple):
        return not isinstance(held, tuple) or {one.casefold() for one in wanted} != {one.casefold() for one in held}
    return lines(wanted).strip().casefold() != lines(held).strip().casefold()


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
