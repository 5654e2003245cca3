"""Makes a part of a path out of what came from outside: a key, an id, a name; it must not know any app's paths.

Whatever stands between two slashes of a path that we send and is not a word of our own goes through ``segment``. So it
stays one segment, and a request never leaves the resource that it is for.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from server.domain.errors import Rejected

_STEPS = frozenset({"", ".", ".."})
_STEP = re.compile(r"(?:^|/|\\|%2f|%5c)(?:\.|%2e){1,2}(?:$|/|\\|%2f|%5c)", re.IGNORECASE)
_MOST = 200
"""Characters of an id. The longest that we know are a tenth of it."""


def segment(part: str) -> str:
    """One segment of a path. Raises ``Rejected``, before anything is sent, for what cannot be one.

    A dot and two dots are no names but steps, however they are written: libraries on the way take ``%2e`` for a dot.
    """
    steps = part.replace("\\", "/").split("/")
    if unquote(part) in _STEPS or any(one in {".", ".."} for one in steps) or len(part) > _MOST:
        raise Rejected(f"{part[:_MOST]!r} is no id of anything, so nothing was asked for by it.")
    try:
        return quote(part, safe="")
    except UnicodeEncodeError as error:
        raise Rejected(f"{part!r} is no id of anything, so nothing was asked for by it.") from error


def astray(path: str) -> bool:
    """Whether a path steps out of the place that it begins in, however its dots and slashes are written."""
    return _STEP.search(path.partition("?")[0].partition("#")[0]) is not None
