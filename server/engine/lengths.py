"""How long a text is to an app, and where it may be cut: between characters as people see them.

A letter with its accents, a flag, a family joined to one picture and a syllable of several signs stay whole. Where a
joint is in doubt it counts as one, so a cut may fall a sign too early and never one too late. It must not know fields.
"""

from __future__ import annotations

import unicodedata

from server.domain.values import LengthUnit

_JOINER = "\u200d"
_VIRAMA = 9
"""The combining class of the signs that bind a consonant to the next one."""
_FLAGS = range(0x1F1E6, 0x1F200)
_SKIN = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_LEADING_JAMO = (range(0x1100, 0x1160), range(0xA960, 0xA980))
_TRAILING_JAMO = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
_SYLLABLES = range(0xAC00, 0xD7A4)
_MARKS = frozenset({"Mn", "Me", "Mc", "Cn"})
"""The kinds of sign that stand with the one before; of those that are newer than this interpreter it is not known."""
_LIKE_MARKS = frozenset("\u0e33\u0eb3\u200c\uff9e\uff9f")
"""Signs that stand with the one before, although Unicode counts them as letters or as format."""
_BEFORE_NUMBERS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd\U000111c2\U000111c3"
    "\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86\U00011a87\U00011a88\U00011a89\U00011d46\U00011f02"
)
"""Signs that stand with the one after."""
_WORDS = {LengthUnit.CHARACTERS: "characters", LengthUnit.BYTES: "bytes", LengthUnit.UTF16: "UTF-16 units"}


def length(text: str, unit: LengthUnit) -> int:
    """How long ``text`` is in ``unit``."""
    if unit is LengthUnit.BYTES:
        return len(text.encode("utf-8", "replace"))
    if unit is LengthUnit.UTF16:
        return len(text.encode("utf-16-le", "replace")) // 2
    return len(text)


def cut(text: str, most: int, unit: LengthUnit) -> str:
    """The beginning of ``text`` that is at most ``most`` long, whole signs only and without blanks at its end.

    Where not even the first sign fits, as many of its parts as do: an empty text would say less.
    """
    if length(text, unit) <= most:
        return text
    head = _fitting(text, most, unit)
    end = len(head)
    while end and not _parts(text, end):
        end -= 1
    return head[: end or len(head)].rstrip()


def told(text: str, kept: str, most: int, unit: LengthUnit) -> str:
    """What is said of a text that was cut to ``kept``."""
    limit = f", because the app keeps {most} {_WORDS[unit]}"
    return f"cut after {len(kept)} of {len(text)} characters{limit}"


def _fitting(text: str, most: int, unit: LengthUnit) -> str:
    """As many characters as fit, wherever that is."""
    if unit is LengthUnit.BYTES:
        return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")
    if unit is LengthUnit.UTF16:
        return text.encode("utf-16-le", "replace")[: 2 * most].decode("utf-16-le", "ignore")
    return text[:most]


def _parts(text: str, at: int) -> bool:
    """Whether a sign ends before ``at`` and another begins there."""
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if before == _JOINER or before in _BEFORE_NUMBERS or _continues(after) or _one_syllable(ord(before), ord(after)):
        return False
    if ord(before) in _FLAGS and ord(after) in _FLAGS:
        return _flags_before(text, at) % 2 == 0
    return not (unicodedata.category(after).startswith("L") and _bound(text, at))


def _continues(sign: str) -> bool:
    """Whether a sign is a part of the one before it, whatever that is."""
    code = ord(sign)
    if code < 0x300:  # noqa: PLR2004 - no such sign comes earlier
        return False
    return (
        sign == _JOINER or sign in _LIKE_MARKS or unicodedata.category(sign) in _MARKS or code in _SKIN or code in _TAGS
    )


def _one_syllable(before: int, after: int) -> bool:
    """Whether two signs belong to one syllable of Korean."""
    leading = any(before in one for one in _LEADING_JAMO)
    if any(after in one for one in _TRAILING_JAMO):
        return leading or before in _SYLLABLES or any(before in one for one in _TRAILING_JAMO)
    return leading and (after in _SYLLABLES or any(after in one for one in _LEADING_JAMO))


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and ord(text[at - 1 - count]) in _FLAGS:
        count += 1
    return count


def _bound(text: str, at: int) -> bool:
    """Whether a consonant before ``at`` is bound to the letter there."""
    while at and _continues(text[at - 1]):
        at -= 1
        if unicodedata.combining(text[at]) == _VIRAMA:
            return True
    return False
