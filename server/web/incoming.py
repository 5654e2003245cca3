"""What every request must be before anybody reads it: text that can be kept, JSON of few levels; it knows no route.

A NUL or half a surrogate pair can be in a request and in no database; such a request is refused with a sentence,
whatever it is for.
"""

from __future__ import annotations

from typing import Any

from flask import Request
from flask.json.provider import DefaultJSONProvider

from server.domain import json_text
from server.domain.errors import PutRight
from server.domain.text import storable

_MOST_VALUES = 200_000
"""Commas and brackets: a mapping with tables of thousands has a tenth of them."""
_UNKEPT = "holds a character that cannot be kept (NUL, or half of a pair). Leave it out."


class JsonProvider(DefaultJSONProvider):
    """Flask's, for bodies that are read before anything is known of who sent them."""

    sort_keys = False

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read a body. Raises ``ValueError`` for what is no JSON, ``PutRight`` for what is not read."""
        try:
            body = json_text.read(s, _MOST_VALUES)
        except json_text.TooMany as error:
            raise PutRight("The body has more values than anything that is sent here; send it in parts.") from error
        except json_text.TooDeep as error:
            raise PutRight(f"The body has more than {json_text.DEEPEST} levels of lists and objects.") from error
        if "\\u" in (s if isinstance(s, str) else s.decode("utf-8", "replace")):
            _require_storable(body)
        return body


def require_clean_address(request: Request) -> None:
    """Raises ``PutRight`` when the path or the query holds what cannot be kept."""
    for part in (request.path, *(text for pair in request.args.items(multi=True) for text in pair)):
        if storable(part) != part:
            raise PutRight(f"The address {_UNKEPT}")


def _require_storable(body: Any) -> None:
    """JSON can name any character by its number; what comes unescaped cannot be one of these."""
    rest = [body]
    while rest:
        one = rest.pop()
        if isinstance(one, str) and storable(one) != one:
            raise PutRight(f"A text of the body {_UNKEPT}")
        if isinstance(one, list):
            rest += one
        elif isinstance(one, dict):
            rest += [*one, *one.values()]
