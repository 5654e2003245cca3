"""Reads the items of one Roundup, one or many at a time; it must not write.

Items that are read together are judged one by one: what cannot be read of one says nothing of the others.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from server.connectors.base import Outlet
from server.connectors.paths import segment
from server.connectors.reading import heads_of, ids_of, number, part, reading
from server.connectors.roundup.read import (
    Reading,
    heard,
    ids,
    read_file,
    read_item,
    spoken,
    spoken_from,
    stamp_of,
)
from server.connectors.roundup.ruled import Ruled
from server.connectors.roundup.schema import Schema, Shape
from server.connectors.roundup.session import Json, Session, read_user, record
from server.domain.errors import AppError, Gone, Hidden, NotThatApp, PutRight, Rejected, Unreadable
from server.domain.item import Attachment, Head, Item
from server.domain.values import AppUser

_TOGETHER = 250
"""Messages or files that are asked for in one request."""
_WORTH = 4
"""So many items at least are worth being read together: a quiet look stays one request."""
_SIZES = 20_000
_FORBIDDEN = 403
_MESSAGE = "author,creator,creation,date,content,messageid"
_FILE = "name,type,creator,creation"
_DESIGNATOR = re.compile(r"([a-z_]\w*?)(\d+)", re.IGNORECASE)


class Items:
    """What items of one Roundup are. Keeps what people are called and how large files are. Safe for several threads."""

    def __init__(self, outlet: Outlet, session: Session, schema: Schema) -> None:
        self._outlet = outlet
        self._session = session
        self._schema = schema
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._in_utc = False
        self.ruled = Ruled()

    def heads(self, name: str, since: datetime | None, offset: int, limit: int) -> Sequence[Head]:
        """Items changed at or after ``since``, oldest first, by their ids and times alone."""
        wish = [("@fields", "activity"), ("@sort", "activity,id"), ("@page_size", str(limit + offset))]
        if since is not None:
            wish.append(("activity", f"from {spoken_from(since, self._zone(name))}"))
        found, answer = self._session.listed(record(name), wish)
        now = _date(answer, self._outlet)

        def named(one: Any) -> str:
            return name + number(one["id"])

        def head(one: Any) -> Head:
            return Head(named(one), heard(one["activity"]), stamp_of(str(one["activity"]), now))

        return heads_of(found[offset:], head, named, since)

    def _zone(self, name: str) -> tzinfo:
        """In which zone a search reads times now. Raises ``PutRight`` when nothing tells it and it is not UTC."""
        told = self._session.told_zone()
        if told is None and not self._in_utc:
            self._in_utc = self._reads_utc(name)
        return told or UTC

    def _reads_utc(self, name: str) -> bool:
        """Whether Roundup finds the newest item by the second of its last change; False: there is none to tell by."""
        path = record(name)
        newest, _ = self._session.listed(path, (("@fields", "activity"), ("@sort", "-activity"), ("@page_size", "1")))
        for one in newest[:1]:
            changed = heard(one["activity"])
            for since, expected in ((changed, True), (changed + timedelta(seconds=1), False)):
                wish = (("id", number(one["id"])), ("activity", f"from {spoken(since, UTC)}"), ("@fields", "activity"))
                found, _ = self._session.listed(path, wish)
                if any(heard(each["activity"]) != changed for each in found):
                    return False  # it was changed just now; the next search asks again
                if bool(found) is not expected:
                    raise PutRight(
                        "Roundup reads times in a zone that it does not tell. Set the syncing user's time zone to UTC "
                        "there (Your Details)."
                    )
            return True
        return False

    def filled(self, name: str, heads: Sequence[Head]) -> tuple[Head, ...]:
        """The same heads with their items; one that was deleted meanwhile or cannot be read stays as it is."""
        asked = [place_of(one.id)[1] for one in heads if one.unread is None]
        if len(asked) < _WORTH:
            return tuple(heads)
        try:
            items = self.read(name, asked)
        except (Rejected, NotThatApp):
            return tuple(heads)  # one of them may be why; each is asked by itself, and holds back no other
        found = {key: one for key, one in items.items() if isinstance(one, Item)}
        return tuple(
            Head(item.id, item.updated_at, item.stamp, item) if (item := found.get(one.id)) is not None else one
            for one in heads
        )

    def read(self, name: str, numbers: Sequence[str]) -> dict[str, Item | AppError]:
        """Items by their ids, and why one could not be read, where that is so."""
        shape = self._schema.shape(name)
        narrow = {one: self._schema.restricting(one) for one in (name, "msg", "file")}
        wanted = {"title", "messages", "files", "activity", "creation", "creator", *shape.fields, *shape.relations}
        wanted |= set(narrow[name])
        if shape.holds_marker:
            wanted.add("remote_id")
        found, answer = self._many(name, numbers, ",".join(sorted(wanted)), "2")
        raws = {numbered: one for one in found if (numbered := _numbered(one)) in numbers}
        items: dict[str, Item | AppError] = {}
        if len(raws) < len(found):
            # What cannot be read at all may be the item that is missing: it is not gone for that.
            items = {name + one: Unreadable(name + one) for one in numbers if one not in raws}
        of_messages = (*narrow["msg"], "files") if narrow["msg"] else ()
        messages = self.members("msg", _parts_of(raws, "messages"), ",".join((_MESSAGE, *of_messages)), "3")
        files = self.members("file", _parts_of(raws, "files"), ",".join((_FILE, *narrow["file"])), "2")
        raws = self._with_their_audience(name, raws, narrow[name])
        names = self._called(messages.values(), files.values(), raws.values())
        now = _date(answer, self._outlet)
        by = Reading(self._outlet.base_url, self._session.user.id, names, now, narrow)
        for numbered, raw in raws.items():
            try:
                with reading(name + numbered):
                    items[name + numbered] = self._item(shape, raw, messages, files, by)
            except AppError as error:
                items[name + numbered] = error
        return items

    def _with_their_audience(self, name: str, raws: dict[str, Json], narrow: Sequence[str]) -> dict[str, Json]:
        """The same items with what restricts them as it is after their messages were read.

        An item may have become restricted in between, and what its messages say now is then not for everybody. One
        that is not shown any more is left out, and asked for by itself.
        """
        if not narrow or not raws:
            return raws
        found, _ = self._many(name, list(raws), ",".join(narrow), "2")
        now = {numbered: one for one in found if (numbered := _numbered(one))}
        return {
            numbered: {key: value for key, value in raw.items() if key not in narrow} | now[numbered]
            for numbered, raw in raws.items()
            if numbered in now
        }

    def absent(self, name: str, numbered: str) -> Gone | Hidden:
        """Why a list does not have an item: it is retired, or Roundup leaves out what our account may not see."""
        try:
            self._session.get(record(name, numbered), (("@verbose", "0"),))
        except Rejected as error:
            if error.status == _FORBIDDEN:
                return Hidden(
                    f"Roundup does not show {name}{numbered} to the syncing user. It may have become private, or the "
                    "user's role may have lost the right to see it. Nothing of it travels until it is seen again.",
                    words=error.words,
                    status=error.status,
                )
        return Gone(f"{name}{numbered} is not in Roundup any more.")

    def _item(self, shape: Shape, raw: Json, messages: Members, files: Members, by: Reading) -> Item:
        said, hung = {}, []
        for one in ids(raw.get("messages")):
            with part(f"the message {one}"):
                if (message := messages.get(one)) is not None:
                    said[one] = message
        for one in ids(raw.get("files")):
            with part(f"the file {one}"):
                if (file := files.get(one)) is not None:
                    hung.append(self._attachment(file, by))
        return self.ruled.shown(read_item(shape, raw, said, hung, by))

    def _many(self, name: str, numbers: Sequence[str], fields: str, verbose: str) -> tuple[list[Any], Any]:
        wish = [("@fields", fields), ("@verbose", verbose), *(("id", one) for one in numbers)]
        return self._session.listed(record(name), wish)

    def members(self, name: str, numbers: Sequence[str], fields: str, verbose: str) -> Members:
        """Members of a class by their numbers."""
        every: dict[str, Json] = {}
        whole = True
        for place in range(0, len(numbers), _TOGETHER):
            found, _ = self._many(name, numbers[place : place + _TOGETHER], fields, verbose)
            every |= {numbered: one for one in found if (numbered := _numbered(one))}
            whole = whole and all(map(_numbered, found))
        return Members(every, whole=whole)

    def designators(self, name: str) -> tuple[str, ...]:
        """All items of a class by their ids."""
        found, _ = self._session.listed(record(name))
        return ids_of(found, lambda one: name + number(one["id"]))

    def numbers(self, name: str, wish: tuple[tuple[str, str], ...]) -> set[str]:
        """The numbers of the members of a class that meet a wish."""
        found, _ = self._session.listed(record(name), wish)
        return set(ids_of(found, lambda one: number(one["id"])))

    def _attachment(self, raw: Json, by: Reading) -> Attachment:
        numbered = number(raw["id"])
        size = self._sizes.get(numbered)
        if size is None:
            size = self._session.size(f"/{segment('file' + numbered)}/")
            self.keep_size(numbered, size)
        return read_file(raw, size, by)

    def keep_size(self, numbered: str, size: int) -> None:
        """Remember how large a file is: it does not change."""
        with self._lock:
            if len(self._sizes) >= _SIZES:
                self._sizes.clear()
            self._sizes[numbered] = size

    def forget_size(self, numbered: str) -> None:
        """Ask for it anew: the file is about to be read, and an answer that came to nothing told its size, too."""
        with self._lock:
            self._sizes.pop(numbered, None)

    def people(self) -> tuple[AppUser, ...]:
        """All users that Roundup shows us."""
        wish = (("@fields", "username,realname,address"), ("@verbose", "2"))
        found, _ = self._session.listed("/rest/data/user", wish)
        people = tuple(read_user(one) for one in found if _numbered(one))
        with self._lock:
            self._names |= {one.id: one.name for one in people}
        return people

    def _called(self, *groups: Iterable[Json]) -> Mapping[str, str]:
        """What the people behind items, messages and files are called."""
        roles = [raw.get(role) for group in groups for raw in group for role in ("author", "creator")]
        wanted = {numbered for one in roles if (numbered := _numbered(one))}
        if wanted - self._names.keys():
            self.people()
            with self._lock:
                for one in wanted - self._names.keys():
                    self._names[one] = f"user{one}"  # retired: known by number only
        return self._names


def place_of(item_id: str) -> tuple[str, str]:
    """The class and the number that a designator names. Raises ``Gone`` for what is none."""
    found = _DESIGNATOR.fullmatch(item_id)
    if found is None:
        raise Gone(f"{item_id} is no item of Roundup's.")
    return found[1], found[2]


class Members(Mapping[str, Json]):
    """Messages or files by their numbers. ``whole``: each of an answer could be told by its number.

    Where one could not, that a number is missing says nothing. Raises ``ValueError`` then.
    """

    def __init__(self, every: dict[str, Json], *, whole: bool = True) -> None:
        self._every = every
        self._whole = whole

    def __getitem__(self, numbered: str) -> Json:
        if numbered not in self._every and not self._whole:
            raise ValueError("it may be one that has no number in Roundup's answer")
        return self._every[numbered]

    def __iter__(self) -> Iterator[str]:
        return iter(self._every)

    def __len__(self) -> int:
        return len(self._every)


def _numbered(one: object) -> str:
    """The number of a member of an answer, empty where it has none."""
    try:
        return number(one["id"]) if isinstance(one, Mapping) else ""
    except (KeyError, ValueError):
        return ""


def _parts_of(raws: Mapping[str, Json], what: str) -> list[str]:
    """The numbers of all messages or files of these items; what is no number is left to the reading of its item."""
    every: list[str] = []
    for one in raws.values():
        with suppress(KeyError, TypeError, ValueError):
            every += ids(one.get(what))
    return every


def _date(answer: Any, outlet: Outlet) -> datetime | None:
    date = getattr(answer, "date", None)
    return date if isinstance(date, datetime) else outlet.server_time
