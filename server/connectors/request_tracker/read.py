"""RT's JSON turned into domain values; it must not send anything.

RT gives unset dates as 1970, numbers as text and, after some writes, a priority as a word; here a value that means
the same always looks the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.connectors import audience
from server.connectors.moments import moment
from server.connectors.reading import members_of, number, part, text
from server.connectors.request_tracker.markup import html_to_text, text_to_html
from server.connectors.stamps import version
from server.domain.errors import NotThatApp
from server.domain.item import PARENT, Attachment, Comment, Head, Item, Link, Moved
from server.domain.values import FieldKind, TextFormat, Value

Json = Mapping[str, Any]

SETTLES_AFTER = timedelta(seconds=2)
"""RT keeps whole seconds: within this time of its last change a ticket can change again unseen."""

NOBODY = "Nobody"
DELETED = "deleted"
PRIORITIES = {"low": "0", "medium": "50", "high": "100"}
CREATED = "Create"
SPOKEN = frozenset({CREATED, "Correspond", "Comment"})
"""The kinds of transaction that carry what people wrote; all others are records."""
_COUNT = re.compile(r"[0-9]{1,18}")
PRIVATE = "Comment"
CHILD = "child"


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of a queue. ``kind`` None: of a sort that is not synced (images, files)."""

    id: str
    name: str
    kind: FieldKind | None
    text_format: TextFormat | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the format in which it was written."""

    content_type: str
    content: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message. ``size`` is in bytes."""

    id: str
    name: str
    size: int
    content_type: str
    content_id: str = ""
    """What the texts of the mail call it by."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one transaction says: its type, who and when, its texts in their own formats and order, and its files."""

    id: str
    type: str
    author: str
    author_name: str
    created_at: datetime
    texts: tuple[Text, ...] = ()
    files: tuple[File, ...] = ()
    ticket: str = ""
    """The number of the ticket that it was said on; another one than that which it is read from was merged into it."""
    moved: Moved = ()
    """See ``Comment.moved``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read a ticket: who we are, where the app is, and what its custom fields are.

    ``restricting``: the names of custom fields that restrict a ticket by what they hold.
    """

    base_url: str
    own_user: str
    text_format: TextFormat
    marker_field: str
    customs: Mapping[str, CustomField]
    now: datetime | None
    restricting: frozenset[str] = frozenset()


def section(answer: object, name: str) -> Any:
    """The part ``name`` of an answer; raises ``NotThatApp`` when the answer is not one of RT's."""
    if not isinstance(answer, dict) or name not in answer:
        raise NotThatApp(
            f"The address answers, but not as Request Tracker does (no “{name}” in the answer). Check the address; "
            "RT's REST 2 interface is part of RT from version 5 on."
        )
    return answer[name]


def members_in(answer: object) -> list[Any]:
    """The members of a list; raises ``NotThatApp`` when the answer is none."""
    return members_of(section(answer, "items"), "Request Tracker's address")


def page_in(answer: object) -> tuple[list[Any], int | None]:
    """The members of a page and how many there are on all (None: RT does not tell). Raises ``NotThatApp`` as above."""
    total = str(section(answer, "total"))
    return members_in(answer), int(total) if _COUNT.fullmatch(total) else None


def record_of(answer: object, name: str) -> Json:
    """An answer that is one record with the part ``name``; raises ``NotThatApp`` when it is none."""
    section(answer, name)
    return answer if isinstance(answer, Mapping) else {}


def own_id(reference: object) -> str:
    """The id within RT's reference to a thing, empty when there is none."""
    return str(reference.get("id") or "") if isinstance(reference, Mapping) else ""


def lines(text: object) -> str:
    """Text with LF at the end of each line, whatever RT stored."""
    return "" if text is None else str(text).replace("\r\n", "\n").replace("\r", "\n")


def read_moment(value: object) -> Value:
    """A time as RT shows it, None for RT's word for unset: 1970."""
    text = str(value or "")
    return None if not text or text.startswith("1970-01-01") else text


def read_priority(value: object) -> str:
    """A priority as a number in text, whether RT gave the number or its word for it."""
    text = str(value if value is not None else "0").strip()
    return PRIORITIES.get(text.casefold(), text or "0")


def read_status(ticket: Json) -> str:
    """The ticket's status. Raises ``ValueError`` where there is none: that is no status, and no sign of a deletion."""
    with part("its status"):
        status = text(ticket.get("Status"))
        if not status:
            raise ValueError("it has none")
        return status


def read_user(reference: object) -> Value:
    """A user's name within RT, None for nobody."""
    name = own_id(reference)
    return None if name in ("", NOBODY) else name


def read_fields(ticket: Json, description: str, reading: Reading) -> dict[str, Value]:
    """The fields of a ticket by our names for them."""
    values: dict[str, Value] = {
        "Subject": str(ticket.get("Subject") or ""),
        "description": description,
        "Status": read_status(ticket),
        "Owner": read_user(ticket.get("Owner")),
        "Priority": read_priority(ticket.get("Priority")),
        "Due": read_moment(ticket.get("Due")),
        "Starts": read_moment(ticket.get("Starts")),
        "Requestor": tuple(sorted(own_id(one) for one in ticket.get("Requestor") or ())),
    }
    for shown in ticket.get("CustomFields") or ():
        known = reading.customs.get(str(shown["id"]))
        if known is not None and known.kind is not None and known.name != reading.marker_field:
            values[f"cf_{known.id}"] = read_custom(shown.get("values") or (), known.kind)
    return values


def read_custom(held: Iterable[object], kind: FieldKind) -> Value:
    """A custom field's values as one value of its kind."""
    texts = [lines(one) for one in held if isinstance(one, str | int | float)]
    if kind in (FieldKind.OPTIONS, FieldKind.LABELS):
        return tuple(sorted(one for one in texts if one))
    text = texts[0] if texts else ""
    if kind is FieldKind.MOMENT:
        return read_moment(text)
    if kind is FieldKind.DATE:
        return text[:10] or None
    return text or None


def read_marker(ticket: Json, marker_field: str) -> str | None:
    """The correlation id that a ticket carries."""
    for shown in ticket.get("CustomFields") or ():
        if marker_field and str(shown.get("name")) == marker_field:
            held = [str(one) for one in shown.get("values") or () if one]
            return held[0] if held else None
    return None


def read_restricted(ticket: Json, reading: Reading) -> str:
    """The names of the custom fields that restrict a ticket. RT's own rights are a queue's, and hide whole tickets.

    A field of the queue that is not among the ticket's is one that our account may not see there.
    """
    held = ((str(one.get("name")), one.get("values") or ()) for one in ticket.get("CustomFields") or ())
    return audience.word(reading.restricting, held, (one.name for one in reading.customs.values()))


def read_body(message: Message, wanted: TextFormat) -> str:
    """What a message says, in the connection's format whichever it was written in."""
    between = "\n" if wanted is TextFormat.HTML else "\n\n"
    return between.join(read_text(one, wanted) for one in message.texts)


def read_text(one: Text, wanted: TextFormat) -> str:
    """One text in the connection's format."""
    body = lines(one.content)
    if one.content_type.startswith("text/html"):
        return body if wanted is TextFormat.HTML else html_to_text(body)
    return text_to_html(body) if wanted is TextFormat.HTML else body


def read_stamp(updated: datetime, now: datetime | None) -> str:
    """Changes whenever the ticket does; empty while RT's whole seconds could still hide a change."""
    return version(updated.strftime("%Y-%m-%dT%H:%M:%SZ"), updated, now, SETTLES_AFTER)


def read_head(ticket: Json, now: datetime | None) -> Head:
    """A ticket of a list as an entry of the change feed."""
    updated = moment(ticket["LastUpdated"])
    return Head(number(ticket["id"]), updated, read_stamp(updated, now))


_NOT_LINKS = frozenset({"self", "history", "comment", "correspond", "customfield", "lifecycle", "customrole"})


def read_links(ticket: Json) -> tuple[Link, ...]:
    """The ticket's links to other tickets, those to parents and children too; those to elsewhere are left out."""
    return tuple(
        Link(str(one["ref"]), str(one["id"]))
        for one in ticket.get("_hyperlinks") or ()
        if one.get("type") == "ticket" and one.get("ref") not in _NOT_LINKS and one.get("id")
    )


def read_following(ticket: Json) -> frozenset[str]:
    """The statuses to which our account may take the ticket now, as far as RT offers them."""
    return frozenset(
        str(one["to"]) for one in ticket.get("_hyperlinks") or () if one.get("ref") == "lifecycle" and one.get("to")
    )


def read_comments(messages: Iterable[Message], reading: Reading) -> tuple[Comment, ...]:
    """Replies (public) and comments (private); those without words only carry files."""
    return tuple(
        Comment(
            id=one.id,
            body=read_body(one, reading.text_format),
            author=one.author,
            author_name=one.author_name or one.author,
            created_at=one.created_at,
            private=one.type == PRIVATE,
            own=one.author == reading.own_user,
            moved=one.moved,
        )
        for one in messages
        if one.texts
    )


def read_attachments(messages: Iterable[Message], reading: Reading) -> tuple[Attachment, ...]:
    """The files of all messages; those of a comment are seen by staff only."""
    return tuple(
        Attachment(
            id=file.id,
            name=file.name,
            size=file.size,
            content_type=file.content_type,
            author_name=one.author_name or one.author,
            created_at=one.created_at,
            own=one.author == reading.own_user,
            private=one.type == PRIVATE,
            content_id=file.content_id,
            moved=one.moved,
        )
        for one in messages
        for file in one.files
    )


ITSELF = "RT_System"
"""Who does what RT does by itself: its scrips, its rules for due dates."""
_OWNING = frozenset({"Give", "Take", "Untake", "Steal", "Force"})


def read_untyped(ticket_id: str, history: Iterable[Json]) -> frozenset[str]:
    """The fields that RT itself set last, by the ticket's history; what was merged into the ticket says nothing."""
    mine = (one for one in history if str(one.get("ObjectId") or ticket_id) == ticket_id)
    last: dict[str, str] = {}
    for one in sorted(mine, key=lambda each: int(each["id"])):
        name = _field_of(str(one.get("Type")), str(one.get("Field") or ""))
        if name:
            last[name] = own_id(one.get("Creator"))
    return frozenset(name for name, who in last.items() if who == ITSELF)


_STATUS = "Status"
_REPLY = "Correspond"

Way = Callable[[str, str], Sequence[str]]
"""The statuses over which we would take the ticket from one status to another, the last one included."""


def read_moved(ticket_id: str, history: Iterable[Json], own_user: str, way: Way) -> dict[str, Moved]:
    """The status that the ticket had before each message of ours that moved it, by the message's number.

    A reply opens a closed ticket (RT's own scrip), and we may be on the way back. Where anybody else has set the status
    since, or has replied, which opens the ticket as well, what it is now is theirs.
    """
    mine = sorted(
        (one for one in history if str(one.get("ObjectId") or ticket_id) == ticket_id), key=lambda each: int(each["id"])
    )
    found: dict[str, Moved] = {}
    for at, one in enumerate(mine):
        if one.get("Type") in SPOKEN and one.get("Type") != CREATED and own_id(one.get("Creator")) == own_user:
            before = _before(mine[at + 1 :], own_user, way)
            found |= {str(one["id"]): ((_STATUS, before),)} if before else {}
    return found


def _before(later: Sequence[Json], own_user: str, way: Way) -> str:
    """The status that a message moved, by what came after it; empty where there is none, or nothing to put back."""
    before = opened = ""
    for one in later:
        kind, who, new = str(one.get("Type")), own_id(one.get("Creator")), str(one.get("NewValue") or "")
        if kind == _REPLY and (who not in (ITSELF, own_user) or not before):
            return ""  # somebody else's opens the ticket, too; and what another one of ours opens is not this one's
        if kind != _STATUS:
            continue
        if who == ITSELF and not before:
            before, opened = str(one.get("OldValue") or ""), new
        elif who != own_user or not before or new == before or new not in way(opened, before):
            return ""
    return before


def _field_of(kind: str, field: str) -> str:
    """The field that a transaction is about, by our name for it; empty where it is about none."""
    if kind == "CustomField":
        return f"cf_{field}"
    if kind == "Status":
        return kind
    return field if kind == "Set" else "Owner" if kind in _OWNING else ""


def read_item(ticket: Json, messages: tuple[Message, ...], reading: Reading) -> Item:
    """A whole ticket."""
    absorbed = {one.ticket for one in messages} - {str(ticket["id"]), ""}
    # What we carried to a ticket that was merged into this one stands where we had it from.
    messages = tuple(one for one in messages if one.ticket not in absorbed or one.author != reading.own_user)
    first = next((one for one in messages if one.type == CREATED and one.ticket not in absorbed), None)
    number = str(ticket["id"])
    updated = moment(ticket["LastUpdated"])
    links = read_links(ticket)
    above = sorted((one.target for one in links if one.kind == PARENT), key=int)
    return Item(
        id=number,
        key=f"#{number}",
        url=f"{reading.base_url.rstrip('/')}/Ticket/Display.html?id={number}",
        container=own_id(ticket.get("Queue")),
        type="ticket",
        updated_at=updated,
        fields=read_fields(ticket, read_body(first, reading.text_format) if first else "", reading),
        stamp=read_stamp(updated, reading.now),
        comments=read_comments((one for one in messages if one is not first), reading),
        attachments=read_attachments(messages, reading),
        links=tuple(one for one in links if one.kind not in (PARENT, CHILD)),
        parent=above[0] if above else None,
        marker=read_marker(ticket, reading.marker_field),
        author_name=own_id(ticket.get("Creator")),
        created_at=moment(ticket["Created"]) if ticket.get("Created") else None,
        own=own_id(ticket.get("Creator")) == reading.own_user,
        absorbed=tuple(sorted(absorbed)),
        restricted=read_restricted(ticket, reading),
    )
