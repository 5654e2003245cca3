"""What private comments say, sealed in the journal; it must not decide whether that is wanted.

A sealed step keeps its kind and its references; its words are AES-256-GCM under the tenant's own key, bound to the
operation, so that a text that is moved to another row does not open. The sealed form names its key (see ``crypto``).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, bindparam, func, select, text, update

from server.store import tables as t
from server.store.crypto import Cipher

_WORDS = {"add_comment": ("draft",), "edit_comment": ("body", "before")}
"""What a step says, by its kind: these members are sealed, the rest is needed to find things."""
_AT_ONCE = 200
WITHHELD = "The app's words were about a private comment, so they are not kept."

_MAY_BE_PRIVATE = text(
    "(operations.kind = 'add_comment' and operations.payload #>> '{draft,private}' = 'true') or (operations.kind ="
    " 'edit_comment' and coalesce((select c.private from comment_pairs c"
    " where c.id::text = operations.payload ->> 'comment_pair'), true))"
)
"""An edit of a comment that nobody knows any more counts as private."""
_SEALED = func.jsonb_exists(t.operations.c.payload, "sealed")


@dataclass(frozen=True, slots=True)
class State:
    """``sealed``: what private comments say is kept sealed only. ``through``: every row is as that says."""

    sealed: bool
    through: bool


def state(tx: Connection) -> State:
    """How it stands."""
    row = tx.execute(select(t.privacy.c.sealed, t.privacy.c.through)).one()
    return State(row.sealed, row.through)


def want(tx: Connection, *, sealed: bool) -> None:
    """Have it so from now on. It waits for those who are writing under what was wanted before."""
    tx.execute(update(t.privacy).where(t.privacy.c.sealed != sealed).values(sealed=sealed, through=False))


def writes_sealed(tx: Connection) -> bool:
    """Whether what is written in this transaction is to be sealed; that stays so until it is over."""
    return bool(tx.execute(select(t.privacy.c.sealed).with_for_update(read=True)).scalar_one())


def private_edits(tx: Connection, comment_pairs: list[str]) -> set[str]:
    """Those of these comment pairs that are private, or not known any more."""
    query = select(t.comment_pairs.c.id).where(
        t.comment_pairs.c.id == func.any(bindparam("ids", list(comment_pairs))), t.comment_pairs.c.private.is_(False)
    )
    return set(comment_pairs) - {str(one) for one in tx.execute(query).scalars()}


def seal(cipher: Cipher, operation: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a step with its words sealed."""
    names = _WORDS[payload["kind"]]
    words = json.dumps({name: payload[name] for name in names if name in payload}, ensure_ascii=False)
    sealed = cipher.seal(words.encode(), _purpose(operation))
    rest = {name: value for name, value in payload.items() if name not in names}
    return rest | {"sealed": base64.b64encode(sealed).decode()}


def opened(cipher: Cipher, operation: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload with its words in clear. Raises ``WrongKey`` where they are another row's, or damaged."""
    if "sealed" not in payload:
        return payload
    words: dict[str, Any] = json.loads(cipher.open(base64.b64decode(payload["sealed"]), _purpose(operation)))
    return {name: value for name, value in payload.items() if name != "sealed"} | words


def convert(tx: Connection, cipher: Cipher, after: str, *, sealed: bool) -> str:
    """Seal, or open, the next rows beyond ``after`` (empty: from the first); the last one, empty when there is none."""
    c = t.operations.c
    wanted = [~_SEALED, _MAY_BE_PRIVATE] if sealed else [_SEALED]
    query = select(c.id, c.pair_id, c.payload, c.state, c.error).where(*wanted).order_by(c.id).limit(_AT_ONCE)
    if after:
        query = query.where(c.id > after)
    last = ""
    for row in tx.execute(query.with_for_update()).all():
        last = str(row.id)
        values: dict[str, Any] = {"payload": (seal if sealed else opened)(cipher, last, row.payload)}
        told = row.error if row.state == "failed" else None  # of any other step the sentence is our own
        if sealed and told and WITHHELD not in told and _is_words(row.payload, told):
            _withhold(tx, str(row.pair_id), row.error)
            values["error"] = WITHHELD
        tx.execute(update(t.operations).where(c.id == row.id).values(values))
    return last


def through(tx: Connection, *, sealed: bool) -> bool:
    """All rows are as wanted, if that is still what is wanted; whether it is."""
    done = tx.execute(update(t.privacy).where(t.privacy.c.sealed == sealed).values(through=True))
    return done.rowcount > 0


def quotes(said: str, body: str) -> bool:
    """Whether what an app said has a word of some length of a comment in it."""
    words = {one for one in _plain(body) if len(one) > _SHORT}
    return bool(words & set(_plain(said))) or any(one in said.casefold() for one in words)


_SHORT = 3


def _plain(said: str) -> list[str]:
    return "".join(one if one.isalnum() else " " for one in said.casefold()).split()


def _is_words(payload: Mapping[str, Any], error: str) -> bool:
    said = ((payload.get("draft") or {}).get("body"), payload.get("body"), payload.get("before"))
    return any(quotes(error, one) for one in said if one)


def _withhold(tx: Connection, pair_id: str, error: str) -> None:
    """Take what an app said of a private comment out of the pair's holds, its history and what is refused of it."""
    quoted, instead = (json.dumps(one, ensure_ascii=False)[1:-1] for one in (error, WITHHELD))
    for table, columns in ((t.holds, ("reason", "words")), (t.events, ("summary",))):
        for name in columns:
            column = table.c[name]
            mine = (table.c.pair_id == pair_id) & (func.strpos(column, error) > 0)
            tx.execute(update(table).where(mine).values({name: func.replace(column, error, WITHHELD)}))
    for table, of, name in ((t.events, t.events.c.pair_id, "detail"), (t.pairs, t.pairs.c.id, "refused")):
        as_text = func.replace(table.c[name].cast(Text), quoted, instead)
        mine = (of == pair_id) & (func.strpos(table.c[name].cast(Text), quoted) > 0)
        tx.execute(update(table).where(mine).values({name: as_text.cast(table.c[name].type)}))


def _purpose(operation: str) -> str:
    return f"words of operation {operation}"
