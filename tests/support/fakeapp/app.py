"""A model of an app with its quirks, in memory; it must not know HTTP, and takes clock and chance from outside."""

from __future__ import annotations

import json
import random
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

_TICK = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EMPTY: Mapping[str, Any] = {
    "title": "",
    "text": "",
    "status": "open",
    "labels": [],
    "assignee": None,
    "private": False,
}


@dataclass(frozen=True, slots=True)
class Quirks:
    """How the app misbehaves. Shares are between 0 and 1, times in seconds.

    What it does with values and lists. ``trims_titles``: strips them and cuts after 60 characters.
    ``rerenders_text``: ends every line of a text with CRLF and collapses empty lines, as an editor would.
    ``search_lag``: how long a new item stays invisible to the search for markers and to the list of changes.
    ``whole_seconds``: its times have no fractions. ``refuses``: words that no title may contain. ``overlaps``: a page
    begins with the last items of the page before. ``shuffles``: the items of a page stand in any order.
    ``vanishing``: share of listed items that are gone when fetched. ``keeps_public``: it says yes to our making an item
    private, and leaves it as it was.

    What it does on the wire, as shares of the requests (see ``fates``). ``busy``: 429, with ``X-RateLimit-*`` headers
    and, as ``retry_as`` says, a ``Retry-After`` of ``retry_after``. ``broken``: 500, and nothing was done. ``lost``: a
    write is done, the answer is not sent. ``cut``: the connection ends in the middle of the answer. ``truncated``: the
    answer is whole, the JSON in it is not. ``repeated``: a list answers once more what it answered last. ``stalled``:
    done at once, answered after ``stall_seconds``. ``walled``: 200 and a page to log in at, and nothing was done;
    ``strange``: the same with JSON of another shape. ``bad_reads``: of reads alone, one of all ways in which an answer
    can be of no use. ``latency`` is for every request. ``dateless``: it tells no time.
    """

    trims_titles: bool = False
    rerenders_text: bool = False
    search_lag: float = 0.0
    whole_seconds: bool = False
    refuses: tuple[str, ...] = ()
    overlaps: int = 0
    shuffles: bool = False
    vanishing: float = 0.0
    keeps_public: bool = False
    busy: float = 0.0
    retry_after: float = 0.0
    retry_as: Literal["nothing", "seconds", "date"] = "seconds"
    broken: float = 0.0
    lost: float = 0.0
    cut: float = 0.0
    truncated: float = 0.0
    repeated: float = 0.0
    stalled: float = 0.0
    stall_seconds: float = 30.0
    walled: float = 0.0
    strange: float = 0.0
    bad_reads: float = 0.0
    latency: float = 0.0
    dateless: bool = False


class Refused(Exception):
    """The app does not take this value; its words."""


class Missing(Exception):
    """There is no such item."""


class Forbidden(Exception):
    """There is such an item, and our account may not see it."""


@dataclass(slots=True)
class _Record:
    id: str
    container: str
    fields: dict[str, Any]
    created: datetime
    updated: datetime
    marker: str | None
    own: bool
    comments: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    parent: str | None = None
    shown: bytes | None = None
    """The record as JSON, until it changes."""


@dataclass(slots=True)
class FakeApp:
    """One instance. For one thread. ``clock`` gives the time in UTC, ``chance`` decides what a share hits."""

    clock: Callable[[], datetime]
    chance: random.Random
    quirks: Quirks = field(default_factory=Quirks)
    writes: int = 0
    hidden: set[str] = field(default_factory=set)
    """The items that our account does not see."""
    _records: dict[str, _Record] = field(default_factory=dict)
    _contents: dict[str, bytes] = field(default_factory=dict)
    _marked: dict[str, list[str]] = field(default_factory=dict)
    _order: list[tuple[datetime, str]] = field(default_factory=list)
    """Every change in the order of time; an entry counts only while its record still has that time."""
    _numbers: list[int] = field(default_factory=list)
    """The numbers of all items there ever were, in order."""
    _last: int = 0
    _now: datetime = _EPOCH

    def now(self) -> datetime:
        """The app's time; it never stands still, so that changes have an order."""
        self._now = max(self.clock(), self._now + _TICK)
        return self._now

    def fill(self, container: str, count: int, text: str, start: int = 0) -> None:
        """Items that people made."""
        for number in range(start, start + count):
            self.create(container, {"title": f"Item {number}", "text": text, "status": "open"}, None, own=False)

    # items --------------------------------------------------------------------------------------------------
    def create(self, container: str, fields: Mapping[str, Any], marker: str | None, *, own: bool) -> bytes:
        """Make an item; the item as JSON. Raises ``Refused``."""
        kept = self._kept(dict(_EMPTY) | dict(fields))
        if own and self.quirks.keeps_public:
            kept["private"] = False
        now = self.now()
        record = _Record(self._fresh(), container, kept, now, now, marker, own)
        self._records[record.id] = record
        self._numbers.append(int(record.id))
        if marker is not None:
            self._marked.setdefault(marker, []).append(record.id)
        insort(self._order, (now, record.id))
        self.writes += 1
        return self._show(record)

    def update(self, item_id: str, fields: Mapping[str, Any]) -> bytes:
        """Change fields; the item as JSON. Raises ``Refused`` or ``Missing``."""
        record = self._record(item_id)
        kept = {name: value for name, value in fields.items() if name != "private" or not self.quirks.keeps_public}
        record.fields.update(self._kept(kept))
        self._touch(record)
        return self._show(record)

    def restrict(self, item_id: str, *, private: bool) -> None:
        """A person makes an item private, or lets everybody see it. Raises ``Missing``."""
        record = self._record(item_id)
        record.fields["private"] = private
        self._touch(record)

    def expect_to_see(self, item_id: str) -> None:
        """Raises ``Forbidden`` for an item that our account does not see."""
        if item_id in self.hidden:
            raise Forbidden(item_id)

    def redate(self, item_id: str, at: datetime) -> None:
        """The item was last changed then, as far as the app says. Raises ``Missing``."""
        record = self._record(item_id)
        record.updated, record.shown = at, None
        insort(self._order, (at, item_id))

    def delete(self, item_id: str) -> None:
        """An item goes, and what led to it. Raises ``Missing``."""
        gone = self._record(item_id)
        for other in gone.links:
            self.link(item_id, other, there=False)
        for one in self._records.values():
            if one.parent == item_id:
                one.parent, one.shown = None, None
        del self._records[item_id]
        self.writes += 1

    def fetch(self, item_id: str) -> bytes:
        """The item as JSON. Raises ``Missing``."""
        record = self._record(item_id)
        if self.quirks.vanishing and self.chance.random() < self.quirks.vanishing:
            del self._records[item_id]
            raise Missing(item_id)
        return self._show(record)

    def look(self, item_id: str) -> bytes:
        """The item as JSON, for those who stand behind the app: nothing vanishes. Raises ``Missing``."""
        return self._show(self._record(item_id))

    def changes(
        self, container: str, since: datetime | None, offset: int, limit: int, *, heads: bool = False
    ) -> list[bytes]:
        """Items changed at or after ``since``, oldest first, as JSON; only their heads, if asked for."""
        if len(self._order) > 2 * len(self._records) + 1000:
            self._order = sorted((one.updated, one.id) for one in self._records.values())
        lag = timedelta(seconds=self.quirks.search_lag)
        visible = self.clock() - lag if lag else None
        begin = bisect_left(self._order, (since, "")) if since else 0
        offset = max(0, offset - self.quirks.overlaps)
        begin = max(0, begin - self.quirks.overlaps)
        found: list[bytes] = []
        for updated, item_id in self._order[begin:] if offset else self._from(begin):
            record = self._records.get(item_id)
            if record is None or record.updated != updated or record.container != container or item_id in self.hidden:
                continue
            if visible is not None and updated > visible:
                break
            if offset:
                offset -= 1
                continue
            found.append(self._head(record) if heads else self._show(record))
            if len(found) == limit:
                break
        if self.quirks.shuffles:
            self.chance.shuffle(found)
        return found

    def births(self, container: str, after: int, limit: int) -> list[bytes]:
        """Items made after that number, in the order of their making, as JSON."""
        found: list[bytes] = []
        for number in self._numbers[bisect_left(self._numbers, after + 1) :]:
            record = self._records.get(str(number))
            if record is not None and record.container == container:
                found.append(self._show(record))
            if len(found) == limit:
                break
        return found

    def ids(self, container: str) -> list[str]:
        """The ids of all items."""
        return [one.id for one in self._records.values() if one.container == container]

    def seen_ids(self, container: str) -> list[str]:
        """The ids of those that our account sees."""
        return [one for one in self.ids(container) if one not in self.hidden]

    def unseen(self) -> int:
        """How many items the list of changes does not show yet as they are."""
        visible = self.clock() - timedelta(seconds=self.quirks.search_lag)
        return sum(one.updated > visible for one in self._records.values())

    def find(self, marker: str) -> list[str]:
        """Ids of items with that marker, as far as the search has seen them."""
        visible = self.clock() - timedelta(seconds=self.quirks.search_lag)
        found = [self._records[one] for one in self._marked.get(marker, ()) if one in self._records]
        return [one.id for one in found if one.created <= visible]

    # comments and files -------------------------------------------------------------------------------------
    def add_comment(self, item_id: str, body: str, marker: str | None, author: str, *, private: bool) -> str:
        """A comment; its id. Raises ``Missing``."""
        record = self._record(item_id)
        own = marker is not None
        comment = {"id": self._fresh(), "body": self._text(body), "author": author, "private": private}
        record.comments.append(comment | {"own": own, "marker": marker, "at": self.now().isoformat()})
        self._touch(record)
        return str(comment["id"])

    def edit_comment(self, item_id: str, comment_id: str, body: str | None) -> None:
        """Replace or (None) delete a comment. Raises ``Missing``."""
        record = self._record(item_id)
        index = next((n for n, one in enumerate(record.comments) if one["id"] == comment_id), None)
        if index is None:
            raise Missing(comment_id)
        if body is None:
            del record.comments[index]
        else:
            record.comments[index]["body"] = self._text(body)
        self._touch(record)

    def add_file(self, item_id: str, name: str, media_type: str, content: bytes, *, own: bool) -> str:
        """A file; its id. Raises ``Missing``."""
        record = self._record(item_id)
        file_id = self._fresh()
        self._contents[file_id] = content
        about = {"id": file_id, "name": name, "type": media_type, "size": len(content), "own": own}
        record.files.append(about | {"at": self.now().isoformat()})
        self._touch(record)
        return file_id

    def file(self, file_id: str) -> bytes:
        """A file's content. Raises ``Missing``."""
        if file_id not in self._contents:
            raise Missing(file_id)
        return self._contents[file_id]

    # links --------------------------------------------------------------------------------------------------
    def link(self, item_id: str, target: str, *, there: bool) -> None:
        """Relate two items, or take that back; both show it. Raises ``Missing``."""
        for one, other in ((self._record(item_id), target), (self._record(target), item_id)):
            if (other in one.links) is not there:
                one.links = [*one.links, other] if there else [each for each in one.links if each != other]
                self._touch(one)

    def set_parent(self, item_id: str, parent: str | None) -> None:
        """The item comes below another, or below none. Raises ``Missing``."""
        record = self._record(item_id)
        if parent is not None:
            self._record(parent)
        if record.parent != parent:
            record.parent = parent
            self._touch(record)

    # inside -------------------------------------------------------------------------------------------------
    def _from(self, begin: int) -> Iterator[tuple[datetime, str]]:
        for index in range(begin, len(self._order)):
            yield self._order[index]

    def _fresh(self) -> str:
        self._last += 1
        return str(self._last)

    def _record(self, item_id: str) -> _Record:
        record = self._records.get(item_id)
        if record is None:
            raise Missing(item_id)
        return record

    def _touch(self, record: _Record) -> None:
        record.updated = self.now()
        record.shown = None
        insort(self._order, (record.updated, record.id))
        self.writes += 1

    def _kept(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Values as the app keeps them."""
        title = fields.get("title")
        if title is not None:
            for word in self.quirks.refuses:
                if word in title:
                    raise Refused(f"“{word}” is not welcome in a title")
            if self.quirks.trims_titles:
                fields["title"] = title.strip()[:60]
        if fields.get("text"):
            fields["text"] = self._text(fields["text"])
        if "labels" in fields:
            fields["labels"] = sorted(set(fields["labels"] or ()))
        return fields

    def _text(self, text: str) -> str:
        if not self.quirks.rerenders_text:
            return text
        lines = [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]
        return "\r\n".join(line for n, line in enumerate(lines) if line or (n and lines[n - 1]))

    def _show(self, record: _Record) -> bytes:
        if record.shown is None:
            shown = {
                "id": record.id,
                "container": record.container,
                "fields": record.fields,
                "created": self._moment(record.created),
                "updated": self._moment(record.updated),
                "marker": record.marker,
                "own": record.own,
                "comments": record.comments,
                "files": record.files,
                "links": record.links,
                "parent": record.parent,
            }
            record.shown = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
        return record.shown

    def _head(self, record: _Record) -> bytes:
        return json.dumps({"id": record.id, "updated": self._moment(record.updated)}).encode()

    def _moment(self, at: datetime) -> str:
        return (at.replace(microsecond=0) if self.quirks.whole_seconds else at).isoformat()
