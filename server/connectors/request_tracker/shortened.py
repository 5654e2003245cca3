"""What Request Tracker kept of files that were too large for it, as its history tells; it must not ask or write.

RT says yes to such a file, cuts it short or puts a sentence in its place, and goes on calling it as long as it was. A
line of the history right after the message has the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from server.connectors.reading import text
from server.connectors.request_tracker.read import File, Json, Message, own_id

_CUT: Final = "AttachmentTruncate"
_DROPPED: Final = "AttachmentDrop"
_INSTEAD: Final = len("Large attachment dropped")


@dataclass(frozen=True, slots=True)
class Shortened:
    """One file of a message before ``at``. ``was``: its bytes as it came; ``kept``: those of it that RT has."""

    at: int
    by: str
    name: str
    was: int
    kept: int
    dropped: bool

    def means(self, file: File) -> bool:
        """Whether it speaks of this file, which RT calls a text where nothing of it was kept."""
        named = not self.name or file.name == self.name or (self.dropped and file.name == f"{self.name}.txt")
        return named and file.size == self.was


def shortened(then: Iterable[Json]) -> tuple[Shortened, ...]:
    """What a history says of files that were too large, in order."""
    found = []
    for one in then:
        kind, was = one.get("Type"), _bytes(one.get("OldValue"))
        if kind in (_CUT, _DROPPED) and was is not None:
            kept = (_bytes(one.get("NewValue")) or 0) if kind == _CUT else 0
            by = own_id(one.get("Creator")) or ""
            found.append(Shortened(int(one["id"]), by, text(one.get("Data")), was, kept, dropped=kind == _DROPPED))
    return tuple(found)


def as_kept(messages: Sequence[Message], then: Iterable[Json], own_user: str) -> tuple[Message, ...]:
    """The messages with their files as long as they are. A file of ours of which nothing is there is none."""
    told = shortened(then)
    if not told:
        return tuple(messages)
    whole = list(messages)
    for one in told:
        before = [place for place, said in enumerate(whole) if int(said.id) < one.at and said.author == one.by]
        for place in reversed(before):
            file = next((each for each in whole[place].files if one.means(each)), None)
            if file is not None:
                whole[place] = _with(whole[place], file, one, ours=one.by == own_user)
                break
    return tuple(whole)


def _with(message: Message, file: File, one: Shortened, *, ours: bool) -> Message:
    now = replace(file, size=_INSTEAD if one.dropped else one.kept)
    files = [now if each.id == file.id else each for each in message.files]
    if ours and one.dropped:
        files.remove(now)
    return replace(message, files=tuple(files))


def _bytes(told: object) -> int | None:
    """A number of bytes; RT may tell a part of one. None: it tells none."""
    whole = text(told).partition(".")[0].strip()
    return int(whole) if whole.isascii() and whole.isdigit() else None
