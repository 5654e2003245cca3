"""Under which name an app keeps a file, and why it is another than the original's; it must not read any file.

The name is known before the file is sent: a twin whose upload was cut off is recognised by it, and a picture in a text
points to it before it is there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from server.domain.values import FileNames
from server.engine.lengths import cut, length, told

_NAMELESS = "file"
_ENDING = re.compile(r"(?<=.)(?:\.tar)?\.[^.\s]{1,16}\Z", re.IGNORECASE | re.DOTALL)
"""What tells people and machines the sort of a file."""
_INSTEAD = "_"
_TURNS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
"""Signs that turn the direction of what follows: a name could seem to end otherwise than it does."""


def kept_name(name: str, rules: FileNames, taken: Collection[str] = ()) -> tuple[str, str]:
    """The name that a file gets, and why it is another (empty: it is the same).

    ``taken``: names that other files have there. A name that had to be changed is not made equal to one of them.
    """
    clean, why = _clean(name, rules)
    stem, ending = _split(clean)
    fits = _shortened(stem, ending, rules)
    if fits != clean:
        why.append(told(clean, fits, rules.max_length or 0, rules.unit))
    number = 2
    others = {one.casefold() for one in taken}
    while why and fits.casefold() in others:
        fits = _shortened(stem, f" ({number}){ending}", rules)
        number += 1
    return fits, "; ".join(why)


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
