"""What every text from outside must be before it is kept: something that a database can hold; it must not know fields.

JSON can carry a NUL and half a surrogate pair, PostgreSQL can hold neither: one such text would stop the whole page
that it came with.
"""

from __future__ import annotations

_INSTEAD = "\ufffd"


def storable(text: str) -> str:
    """``text`` with U+FFFD for every NUL and every half of a surrogate pair."""
    text = text.replace("\0", _INSTEAD) if "\0" in text else text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
