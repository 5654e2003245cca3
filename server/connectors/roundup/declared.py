"""What a Roundup declares of its classes, from an answer of its XML-RPC interface; it must not ask for it.

Only so a class without items shows its properties and their kinds. An answer of another form declares nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.html_text import unescaped

ASKED = b"<?xml version='1.0'?><methodCall><methodName>schema</methodName><params></params></methodCall>"
"""The request for it. It changes nothing."""
_CLASS = re.compile(r"<name>(\w+)</name>(.*?)</member>", re.DOTALL)
_STRING = re.compile(r"<string>([^<]*)</string>")
_SORT = re.compile(r'<roundup\.hyperdb\.(\w+)(?: to "(\w+)")?>')


@dataclass(frozen=True, slots=True)
class Declared:
    """A property: its sort in Roundup's own word, and the class that it links to (empty: none)."""

    sort: str
    target: str = ""

    @property
    def many(self) -> bool:
        """Whether it links to many."""
        return self.sort == "Multilink"


def read(content: bytes) -> Mapping[str, Mapping[str, Declared]]:
    """The properties of each class by name."""
    return {name: found for name, body in _CLASS.findall(content.decode("utf-8", "replace")) if (found := _pairs(body))}


def _pairs(body: str) -> dict[str, Declared]:
    strings = [unescaped(one) for one in _STRING.findall(body)]
    told = zip(strings[::2], strings[1::2], strict=False)
    return {name: Declared(found[1], found[2] or "") for name, sort in told if (found := _SORT.fullmatch(sort))}
