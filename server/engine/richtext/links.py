"""Which addresses a text may point to, and where people write one without marking it; it must not fetch anything."""

from __future__ import annotations

import re

_SCHEMES = frozenset({"http", "https", "mailto", "ftp", "ftps", "sftp", "ssh", "tel", "news", "irc", "xmpp", "cid"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ud800-\udfff]")
_UNSAFE_CHARACTERS = {
    " ": "%20",
    '"': "%22",
    "<": "%3C",
    ">": "%3E",
    "\\": "%5C",
    "`": "%60",
    "|": "%7C",
    "{": "%7B",
    "}": "%7D",
    "^": "%5E",
    "[": "%5B",
    "]": "%5D",
    "(": "%28",
    ")": "%29",
    "\xa0": "%C2%A0",
    "\u3000": "%E3%80%80",
}
_TO_ENCODE = re.compile(r"[ \"<>\\`|{}^\[\]()]|\s")

_IN_ADDRESS = r"[^\s<>\"`\\|{}^\[\]()\x00-\x1f\x7f-\x9f]"
BARE = re.compile(rf"(?<!\w)(?:https?|ftp)://{_IN_ADDRESS}(?:{_IN_ADDRESS}|\({_IN_ADDRESS}*+\))*+", re.IGNORECASE)
"""An address that stands in running text. Round brackets within it are a part of it, those around it are not."""
_BRACKETS = re.compile(r"\(([^()]*)\)")

_TRAILING = ".,;:!?'*_~@-+=#%&$\u2019\u201d\u2026\u3002"


def safe_link(address: str, *, brackets: bool = False) -> str:
    """``address`` without blanks and quotes, or the empty string if following it could run something.

    ``brackets``: round ones stay where each has its other half.
    """
    if address.isalnum():
        return address
    address = _INVISIBLE.sub("", address).strip()
    scheme = _SCHEME.match(address)
    if scheme is not None and scheme[1].lower() not in _SCHEMES:
        return ""
    if brackets and "(" in address:
        whole = _BRACKETS.sub("\x01\\1\x02", address)
        return _TO_ENCODE.sub(_encoded, whole).replace("\x01", "(").replace("\x02", ")")
    return _TO_ENCODE.sub(_encoded, address)


def bare_link(found: re.Match[str]) -> str:
    """The address proper in what ``BARE`` found: a full stop after it belongs to the sentence."""
    address = found[0].rstrip(_TRAILING)
    return address if "://" in address and not address.endswith("://") else ""


def _encoded(found: re.Match[str]) -> str:
    character = found[0]
    return _UNSAFE_CHARACTERS.get(character) or "".join(f"%{byte:02X}" for byte in character.encode())
