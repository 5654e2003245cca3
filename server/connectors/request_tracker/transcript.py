"""Reads what was said on a ticket: its messages, their text and the names of their files; it must not write.

RT keeps a message as a transaction among many that only record something, its text and files as attachments of the
transaction. Three requests bring them all, whatever their number up to a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from server.connectors.moments import moment
from server.connectors.request_tracker.learned import Learned, json_search
from server.connectors.request_tracker.read import SPOKEN, Json, Message, own_id, section
from server.domain.errors import Transient
from server.domain.values import TextFormat

_PAGE = 100
_AT_ONCE = 30
"""Messages whose parts are asked for in one request: few enough for an address of sensible length."""


def messages(learned: Learned, ticket_id: str, last: str, wanted: TextFormat) -> tuple[Message, ...]:
    """All that was said on the ticket, in order.

    ``last`` is the number of the ticket's last transaction (its ETag): the history is whole when it was reached.
    """
    told = _history(learned, ticket_id, last)
    # What came after the ticket was read belongs to a later look: the ticket may have become private in between.
    then = [one for one in told if not last or int(one["id"]) <= int(last)]
    said = [_message(one) for one in then if one.get("Type") in SPOKEN]
    whole: list[Message] = []
    for start in range(0, len(said), _AT_ONCE):
        part = said[start : start + _AT_ONCE]
        within = {"field": "TransactionId", "operator": "IN", "value": [one.id for one in part]}
        unnamed = {"field": "Filename", "operator": "IS", "value": "NULL"}
        textual = {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"}
        named = {"field": "Filename", "operator": "IS NOT", "value": "NULL"}
        texts = _parts(learned, (within, unnamed, textual), "TransactionId,ContentType,Content")
        files = _parts(learned, (within, named), "TransactionId,ContentType,ContentLength,Filename")
        whole.extend(_complete(one, texts, files, wanted) for one in part)
    return tuple(whole)


def _history(learned: Learned, ticket_id: str, last: str) -> Iterable[Json]:
    found: list[Json] = []
    page = 1
    while True:
        wish = [
            ("fields", "Type,Created,Creator"),
            ("fields[Creator]", "RealName"),
            ("per_page", str(_PAGE)),
            ("page", str(page)),
        ]
        items = section(learned.ask(f"/ticket/{ticket_id}/history", wish), "items")
        found.extend(items)
        if last and any(int(one["id"]) >= int(last) for one in items):
            return found
        if not items and not last:
            return found
        if not items:
            raise Transient(f"Request Tracker's history of ticket #{ticket_id} is not complete; it will be read again.")
        page += 1


def _message(transaction: Json) -> Message:
    creator = transaction.get("Creator")
    return Message(
        id=str(transaction["id"]),
        type=str(transaction["Type"]),
        author=own_id(creator),
        author_name=str(creator.get("RealName") or "") if isinstance(creator, dict) else "",
        created_at=moment(transaction["Created"]),
    )


def _parts(learned: Learned, limits: Sequence[Mapping[str, object]], fields: str) -> list[Json]:
    """Attachments that meet all limits; a page that is not full is the last."""
    found: list[Json] = []
    page = 1
    while True:
        wish = [json_search(*limits), ("fields", fields), ("per_page", str(_PAGE)), ("page", str(page))]
        items = section(learned.ask("/attachments", wish), "items")
        found.extend(items)
        if len(items) < _PAGE:
            return found
        page += 1


def _complete(message: Message, texts: Sequence[Json], files: Sequence[Json], wanted: TextFormat) -> Message:
    own = [one for one in texts if str(one.get("TransactionId")) == message.id]
    # A mail may say the same as HTML and as text: the one that needs no conversion is read.
    liked = "text/html" if wanted is TextFormat.HTML else "text/plain"
    own.sort(key=lambda one: (one.get("ContentType") != liked, int(one["id"])))
    body = next((one for one in own if str(one.get("Content") or "").strip()), None)
    return replace(
        message,
        body=str(body["Content"]) if body else "",
        content_type=str(body["ContentType"]) if body else "",
        files=tuple(one for one in files if str(one.get("TransactionId")) == message.id and one.get("Filename")),
    )
