"""Which passwords people may choose, by the rules of NIST SP 800-63B; it must not keep, hash or check one.

Length counts, and whether somebody who guesses begins with it. What kinds of characters it has does not: such rules
make people choose what is easy to guess.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise

LEAST = 15
"""Characters. The standard asks for 15 where a password may be all that is asked for, and so it may be here."""
MOST = 1000
_REPEATED = 8
"""A piece that is shorter than this and comes again and again is no more than the piece."""
_REST = 8
"""So many characters must be left when the names that anybody knows are taken out."""
_NAME = 3
"""A name that is shorter stands in too many words to mean anything."""
_CORE = 4

Listed = Callable[[str], bool]


def same(password: str) -> str:
    """The one form of what may be typed in several: a letter with its accent is one sign, or two."""
    return unicodedata.normalize("NFC", password)


def folded(text: str) -> str:
    """What lists are searched for: small letters, and no forms that only look different."""
    return unicodedata.normalize("NFKC", text).casefold()


def objection(password: str, names: Iterable[str], listed: Listed) -> str:
    """Why nobody may have this password, as a sentence; empty when they may.

    ``names``: what anybody knows of the account (its login, the tenant's name). ``listed``: whether a folded word is
    one of the commonest passwords.
    """
    if len(same(password)) < LEAST:
        return f"A password has at least {LEAST} characters; a few words are good. This one has {len(same(password))}."
    text = folded(password)
    if any(listed(one) for one in _guises(text)):
        return "This is one of the commonest passwords, or little more, so it is guessed first. Choose another one."
    if _period(text) < _REPEATED or _straight(text):
        return "This repeats or counts up a few characters, so it is guessed soon. Choose another one."
    if name := _mostly(text, names):
        return f"This is little more than “{name}”, which anybody knows. Choose another one."
    return ""


def _guises(text: str) -> set[str]:
    """The text, what it repeats, and each without the digits and signs around it."""
    whole = {text, text[: _period(text)], "".join(text.split())}
    cores = {core for one in whole if len(core := one.strip(_around(one))) >= _CORE}
    return whole | cores


def _around(text: str) -> str:
    return "".join(sign for sign in set(text) if not sign.isalpha())


def _period(text: str) -> int:
    """The length of the shortest piece that makes the whole text when it is written again and again."""
    length, found = len(text), [0] * len(text)
    for place in range(1, length):
        known = found[place - 1]
        while known and text[place] != text[known]:
            known = found[known - 1]
        found[place] = known + (text[place] == text[known])
    return length - found[-1] if text else 0


def _straight(text: str) -> bool:
    """Whether every character follows the one before, up or down, as in an alphabet or on a row of digits."""
    ways = ({1, -9}, {-1, 9})
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return any(steps <= way for way in ways)


def _mostly(text: str, names: Iterable[str]) -> str:
    """The name that nearly is the text, empty if none: all of them are taken out, the longest first."""
    known = sorted({folded(name): name for name in names if len(folded(name)) >= _NAME}.items(), key=_by_length)
    rest, found = text, ""
    for word, name in known:
        if word in rest:
            found = found or name
            rest = rest.replace(word, "")
    return found if len([sign for sign in rest if sign.isalnum()]) < _REST else ""


def _by_length(known: tuple[str, str]) -> int:
    return -len(known[0])
