"""What the address of an item's page tells: the id that the app knows the item by; it must not ask the app.

``Manifest.address`` reads a kind of app's addresses, below the connection's own. The usual reader takes the last part
of the path, for apps of which nothing better is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


class AddressReader(Protocol):
    """How the addresses of an app are read."""

    def __call__(self, path: str, query: Mapping[str, Sequence[str]]) -> str:
        """The id of the item whose page is at ``path`` (below the app's own address); empty: it is no item's."""


def last_part(path: str, query: Mapping[str, Sequence[str]]) -> str:  # noqa: ARG001 - the shape of every reader
    """The last part of the path."""
    return path.rstrip("/").rpartition("/")[2]


def below(address: str, base: str) -> tuple[str, Mapping[str, Sequence[str]]] | None:
    """Path and query of ``address`` as seen from the app at ``base``; None when it is no address of that app.

    An app may be reached by http here and by https elsewhere, so the scheme does not count, and a port only where one
    of the two is not the usual one.
    """
    try:
        here, there = urlsplit(address.strip()), urlsplit(base.strip())
        places = [(one.hostname or "", one.port or _PORTS.get(one.scheme.lower(), 0)) for one in (here, there)]
    except ValueError:
        return None
    usual = all(port in _PORTS.values() for _, port in places)
    if not places[0][0] or places[0][0] != places[1][0] or not (usual or places[0][1] == places[1][1]):
        return None
    root = unquote(there.path).rstrip("/")
    path = unquote(here.path)
    if path != root and not path.startswith(f"{root}/"):
        return None
    return path[len(root) :], parse_qs(here.query)
