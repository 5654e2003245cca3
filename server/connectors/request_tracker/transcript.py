"""Reads what was said on a ticket: its messages, their text and the names of their files; it must not write.

RT keeps a message as a transaction among many that only record something, its text and files as attachments of the
transaction. Three requests bring them all, whatever their number up to a hundred; a mail whose parts lie within others
takes one more for each of these, and a text with pictures in it one more for each thirty files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from server.connectors.moments import moment
from server.connectors.paths import segment
from server.connectors.reading import number, text
from server.connectors.request_tracker.forwarded import length, pieces, written
from server.connectors.request_tracker.learned import Learned, json_search
from server.connectors.request_tracker.parts import (
    WHOLE,
    Part,
    as_files,
    content_id,
    is_attached,
    names_a_part,
    nested,
    once_text,
    read_mail,
    read_part,
    tree,
)
from server.connectors.request_tracker.read import SPOKEN, Json, Message, own_id
from server.domain.errors import Gone, TooLarge, Transient
from server.domain.values import TextFormat

_PAGE = 100
_PAGES = (_PAGE, 20, 4, 1)
"""Sizes of a page, each of which divides the one before: a walk goes on with the next where it stands."""
_ABOUT = "TransactionId,ContentType,ContentLength,Filename"
_TOLD = "Type,Created,Creator,ObjectId,Field,OldValue,NewValue,Data"
_MOST_NESTED = 50
"""Parts of one message of which it is asked what is in them. What is in others counts as said one after the other."""
_AT_ONCE = 30
"""Messages whose parts are asked for in one request: few enough for an address of sensible length."""


def history(learned: Learned, ticket_id: str, last: str) -> list[Json]:
    """All that happened to the ticket until ``last``, the number of its last transaction (its ETag).

    What came after the ticket was read belongs to a later look: the ticket may have become private in between.
    """
    told = _history(learned, ticket_id, last)
    return [one for one in told if not last or int(one["id"]) <= int(last)]


def since(learned: Learned, ticket_id: str, message: str) -> list[Json]:
    """What happened to the ticket from a message of ours on, with as much of each as of its history."""
    limits = (
        {"field": "ObjectType", "value": "RT::Ticket"},
        {"field": "ObjectId", "value": ticket_id},
        {"field": "id", "operator": ">=", "value": message},
    )
    return learned.listed("/transactions", [json_search(*limits), ("fields", _TOLD)])


def messages(learned: Learned, then: Iterable[Json], wanted: TextFormat) -> tuple[Message, ...]:
    """All that was said on the ticket, in order, by its history."""
    said = [_message(one) for one in then if one.get("Type") in SPOKEN]
    whole: list[Message] = []
    for start in range(0, len(said), _AT_ONCE):
        part = said[start : start + _AT_ONCE]
        ids = [one.id for one in part]
        rows = by_transaction(listed(learned, (_within(ids),), _ABOUT))
        unnamed = {"field": "Filename", "operator": "IS", "value": "NULL"}
        textual = {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"}
        bodies = listed(learned, (_within(ids), unnamed, textual), "ContentType,Content,Headers")
        contents: Mapping[str, str] = {number(one["id"]): text(one.get("Content")) for one in bodies}
        attached = {number(one["id"]) for one in bodies if is_attached(text(one.get("Headers")))}
        rows = {
            transaction: [replace(one, attached=one.id in attached) for one in parts]
            for transaction, parts in rows.items()
        }
        rows, contents = _with_odd_texts(learned, rows, contents)
        whole.extend(_complete(learned, one, rows.get(one.id, ()), contents, wanted) for one in part)
    return _with_content_ids(learned, whole)


def open_mail(learned: Learned, number_: str, content: Callable[[Part], Iterable[bytes]]) -> Iterator[bytes]:
    """The bytes of a mail within a mail, by the number of the part that holds it. ``content`` opens another part."""
    transaction = own_id(learned.ask_record(f"/attachment/{segment(number_)}", "TransactionId")["TransactionId"])
    rows = by_transaction(listed(learned, (_within([transaction]),), _ABOUT)).get(transaction, ())
    found = next((one for root in _roots(learned, rows) for one in _every(root) if one.id == number_), None)
    if found is None:
        raise Gone(f"The mail {number_} is not in Request Tracker any more.")
    return written(list(pieces(found, _headers(learned, found))), content)


def _history(learned: Learned, ticket_id: str, last: str) -> Iterable[Json]:
    found: list[Json] = []
    page = 1
    while True:
        wish = [
            ("fields", _TOLD),
            ("fields[Creator]", "RealName"),
            ("per_page", str(_PAGE)),
            ("page", str(page)),
        ]
        items = learned.members(f"/ticket/{segment(ticket_id)}/history", wish)
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
        ticket=text(transaction.get("ObjectId")),
    )


def listed(learned: Learned, limits: Sequence[Mapping[str, object]], fields: str) -> list[Json]:
    """Attachments that meet all limits; a page that is not full is the last. One that is too large comes in smaller."""
    found: list[Json] = []
    sizes = list(_PAGES)
    while True:
        page = len(found) // sizes[0] + 1
        wish = [json_search(*limits), ("fields", fields), ("per_page", str(sizes[0])), ("page", str(page))]
        try:
            items = learned.members("/attachments", wish)
        except TooLarge:
            if len(sizes) == 1:
                raise
            sizes.pop(0)
            continue
        found.extend(items)
        if len(items) < sizes[0]:
            return found


def _within(transactions: Sequence[str]) -> Mapping[str, object]:
    return {"field": "TransactionId", "operator": "IN", "value": list(transactions)}


def by_transaction(rows: Iterable[Json]) -> dict[str, list[Part]]:
    """The parts of each transaction, each before those within it."""
    found: dict[str, list[Part]] = {}
    for row in rows:
        found.setdefault(str(row.get("TransactionId")), []).append(read_part(row))
    return {transaction: sorted(several, key=lambda one: int(one.id)) for transaction, several in found.items()}


def _with_odd_texts(
    learned: Learned, rows: dict[str, list[Part]], contents: Mapping[str, str]
) -> tuple[dict[str, list[Part]], Mapping[str, str]]:
    """The same with the texts that RT calls bytes, because it did not know their charset, as texts."""
    doubtful = [part.id for parts in rows.values() for part in parts if part.may_be_text]
    kinds = {one: kind for one, said in _of_each(learned, doubtful, "Headers").items() if (kind := once_text(said))}
    if not kinds:
        return rows, contents
    read = _of_each(learned, list(kinds), "Content")
    as_text = {
        transaction: [replace(one, content_type=kinds.get(one.id, one.content_type)) for one in parts]
        for transaction, parts in rows.items()
    }
    return as_text, {**contents, **read}


def _complete(
    learned: Learned, message: Message, parts: Sequence[Part], contents: Mapping[str, str], wanted: TextFormat
) -> Message:
    roots = _roots(learned, parts)
    mails = {one.id: _length(learned, one, contents) for root in roots for one in as_files(root)}
    told = read_mail(roots, contents, wanted, mails)
    return replace(message, texts=tuple(told.texts), files=tuple(told.files))


def _with_content_ids(learned: Learned, messages: Sequence[Message]) -> tuple[Message, ...]:
    """The same with what the texts call the files by. It is asked only where a text shows one by such a name.

    An answer often quotes the picture of an earlier message, so the files of all of them are asked for.
    """
    if not any(names_a_part(said.content) for one in messages for said in one.texts):
        return tuple(messages)
    parts = [file.id for one in messages for file in one.files if not file.id.endswith(WHOLE)]
    headers = _of_each(learned, parts, "Headers")
    return tuple(
        replace(
            one,
            files=tuple(replace(file, content_id=content_id(headers.get(file.id, ""))) for file in one.files),
        )
        for one in messages
    )


def _roots(learned: Learned, parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts as they lie within each other. RT tells that only of one part at a time, so few are asked for."""
    within = {
        one.id: [number(row["id"]) for row in listed(learned, ({"field": "Parent", "value": one.id},), "ContentType")]
        for one in nested(parts)[:_MOST_NESTED]
    }
    return tree(parts, within)


def _length(learned: Learned, mail: Part, contents: Mapping[str, str]) -> int:
    def size(part: Part) -> int:
        held = contents.get(part.id)
        return part.size if held is None else len(held.encode())

    return length(pieces(mail, _headers(learned, mail)), size)


def _headers(learned: Learned, mail: Part) -> Mapping[str, str]:
    return _of_each(learned, [one.id for one in _every(mail)], "Headers")


def _of_each(learned: Learned, ids: Sequence[str], field: str) -> dict[str, str]:
    """One field of each of these parts."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = {"field": "id", "operator": "IN", "value": list(ids[start : start + _AT_ONCE])}
        found |= {number(row["id"]): text(row.get(field)) for row in listed(learned, (some,), field)}
    return found


def _every(part: Part) -> Iterator[Part]:
    yield part
    for one in part.parts:
        yield from _every(one)
