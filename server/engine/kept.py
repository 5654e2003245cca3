"""Whether an app has left a field as it was although it said yes to a write; it must not ask the app.

An app may keep a value in words of its own (trimmed, cut, in another case or form, without markup): that is what counts
then. One that still holds what stood there before has taken nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from server.domain.values import SETS, FieldKind, Value

_WORDS: Final = re.compile(r"\w+")
_TAGS: Final = re.compile(r"<[^<>]{0,1000}>")
_ABOUT: Final = 0.005
"""Apps keep numbers in hundredths."""


def left_as_it_was(kind: FieldKind, wanted: Value, before: Value, after: Value) -> bool:
    """Whether a write of ``wanted`` changed nothing: ``before`` stood there, and ``after`` does now."""
    if kind in SETS:
        there = _folded(before)
        return _folded(after) == there != _folded(wanted)
    if after != before:
        return False
    match kind:
        case FieldKind.TEXT:
            return not _same_text(_plain(wanted), _plain(before))
        case FieldKind.RICH_TEXT:
            return not _same_text(_said(wanted), _said(before))
        case FieldKind.FLAG:
            return bool(wanted) is not bool(before)
        case FieldKind.NUMBER:
            return not _same_number(wanted, before)
        case _:
            return False  # what is chosen, and times, each connector compares in its app's own terms


def _same_text(wanted: str, before: str) -> bool:
    # An app that keeps the beginning has cut it, which the history tells of by itself.
    return wanted == before or (bool(before) and wanted.startswith(before))


def _plain(value: Value) -> str:
    """A short text without what apps change by themselves."""
    return "".join(unicodedata.normalize("NFKC", str(value or "")).casefold().split())


def _said(value: Value) -> str:
    """The words of a long text, without its markup."""
    text = unicodedata.normalize("NFKC", _TAGS.sub(" ", str(value or ""))).casefold()
    return " ".join(_WORDS.findall(text)) or _plain(text)


def _folded(value: Value) -> set[str]:
    return {each.casefold() for each in value} if isinstance(value, tuple) else set()


def _same_number(wanted: Value, before: Value) -> bool:
    if isinstance(wanted, int | float) and isinstance(before, int | float):
        return abs(wanted - before) <= _ABOUT
    return wanted in (None, "") and before in (None, "")
