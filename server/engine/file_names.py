"""Under which name an app keeps a file, and why it is another than the original's; it must not read any file.

The name is known before the file is sent: a twin whose upload was cut off is recognised by it, and a picture in a text
points to it before it is there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime

from server.domain.item import Attachment
from server.domain.values import FileNames
from server.engine.lengths import cut, length, told

_NAMELESS = "file"
_ENDING = re.compile(r"(?<=.)(?:\.tar)?\.[^.\s]{1,16}\Z", re.IGNORECASE | re.DOTALL)
"""What tells people and machines the sort of a file."""
_INSTEAD = "_"
_TURNS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
"""Signs that turn the direction of what follows: a name could seem to end otherwise than it does."""


def name_there(
    file: Attachment, beside: Iterable[Attachment], rules: FileNames, taken: Collection[str] = (), *, by_name: bool
) -> tuple[str, str]:
    """The name that a file of an item gets, and why it is another. ``beside``: the files of the item.

    Mail programs call every picture ``image001.png``, and its text tells them apart by other words. Where a text shows
    pictures ``by_name`` alone, each gets a name of its own: else all of them would be shown as the last one.
    """
    older = [
        one
        for one in beside
        if _age(one) < _age(file) and one.name.casefold() == file.name.casefold() and one.private <= file.private
    ]
    told_apart = by_name and any(one.content_id for one in (file, *older))
    return kept_name(file.name, rules, taken, 1 + len(older) if told_apart else 1)


def kept_name(name: str, rules: FileNames, taken: Collection[str] = (), place: int = 1) -> tuple[str, str]:
    """The name that a file gets, and why it is another (empty: it is the same).

    ``taken``: names that other files have there. A name that had to be changed is not made equal to one of them.
    ``place``: which one of this name it is, where they have to differ.
    """
    clean, why = _clean(name, rules)
    stem, ending = _split(clean)
    fits = _shortened(stem, ending, rules)
    if fits != clean:
        why.append(told(clean, fits, rules.max_length or 0, rules.unit))
    if place > 1:
        fits = _shortened(stem, f" ({place}){ending}", rules)
        why.append("a text shows another picture of that name")
    number = max(2, place + 1)
    others = {one.casefold() for one in taken}
    while why and fits.casefold() in others:
        fits = _shortened(stem, f" ({number}){ending}", rules)
        number += 1
    return fits, "; ".join(why)


def _age(file: Attachment) -> tuple[datetime, int, str]:
    """What came first; of the files of one message the one with the lower number."""
    return file.created_at, len(file.id), file.id


def _clean(name: str, rules: FileNames) -> tuple[str, list[str]]:
    """The name without what the app would change, and what that was."""
    bad = "".join(dict.fromkeys(one for one in name if _is_bad(one, rules)))
    clean = re.sub(f"[{re.escape(bad)}]+", _INSTEAD, name) if bad else name
    why = [f"the app takes no {_shown(bad)} in a file's name"] if bad else []
    trimmed = clean.strip() if rules.trims else clean
    if trimmed != clean:
        why.append("the app takes blanks off a file's name")
    if trimmed.strip(" .") == "":
        why.append("that is no name of a file")
        trimmed = _NAMELESS
    return trimmed, why


def _is_bad(sign: str, rules: FileNames) -> bool:
    return sign in "/" + rules.refused + _TURNS or unicodedata.category(sign) == "Cc"


def _shown(signs: str) -> str:
    seen = [f"“{one}”" if one.isprintable() else "control character" for one in signs]
    return ", ".join(dict.fromkeys(seen))


def _split(name: str) -> tuple[str, str]:
    found = _ENDING.search(name)
    return (name[: found.start()], found[0]) if found is not None else (name, "")


def _shortened(stem: str, ending: str, rules: FileNames) -> str:
    if rules.max_length is None or length(stem + ending, rules.unit) <= rules.max_length:
        return stem + ending
    room = rules.max_length - length(ending, rules.unit)
    if room < 1:  # an ending that is all of the name is none
        return cut(stem + ending, rules.max_length, rules.unit)
    return cut(stem, room, rules.unit) + ending
