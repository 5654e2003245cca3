"""What a person means by a key, an id or an address: which connections it can be of, by what name; it must not look.

A bare number may be an item of every app. The address of a page is of the connection whose own address it lies below,
and of no other: the same number elsewhere is another item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.connectors import registry
from server.connectors.addresses import AddressReader, below, last_part
from server.connectors.base import KEY
from server.domain.item import Side
from server.store.connections import Connection
from server.store.integrations import Integration
from server.store.naming import Named


@dataclass(frozen=True, slots=True)
class Meant:
    """What a key can mean.

    ``urls`` are addresses as apps may have told them of an item; ``pair`` may be a pair's own id. ``names``: by
    connection, the ids and keys that an item may have there. ``bare``: no address, so every app is asked alike.
    """

    urls: tuple[str, ...]
    pair: str
    names: Mapping[str, tuple[str, ...]]
    bare: bool

    @property
    def words(self) -> tuple[str, ...]:
        """Every name, whatever it is of."""
        return tuple(dict.fromkeys([*self.urls, *(name for names in self.names.values() for name in names)]))

    def of(self, row: Integration, side: Side) -> tuple[str, ...]:
        """The ids and keys that an item of that side may have; none where the key is of another app."""
        return self.names.get(row.document.side(side).connection, ())

    def askable(self, row: Integration, side: Side, kind: str) -> tuple[str, ...]:
        """Those of them that have the shape of an id of such an app: nothing else is sent there."""
        shape = next((one.key for one in registry.manifests() if one.kind == kind), KEY)
        return tuple(one for one in self.of(row, side) if shape.fullmatch(one))

    def named(self, rows: Mapping[str, Integration]) -> tuple[Named, ...]:
        """Which names to look for on which sides."""
        wanted: dict[tuple[Side, tuple[str, ...]], list[str]] = {}
        for row in rows.values():
            for side in Side:
                names = self.of(row, side)
                if names:
                    wanted.setdefault((side, names), []).append(row.id)
        return tuple(Named(side, names, ids) for (side, names), ids in wanted.items())


def meant(key: str, ends: Mapping[str, Connection]) -> Meant:
    """What ``key`` can mean, given the connections by id."""
    key = key.strip()
    if "://" not in key:
        bare = key.removeprefix("#")
        names = tuple(dict.fromkeys((key, bare, f"#{bare}")))
        return Meant((key,), key, dict.fromkeys(ends, names), bare=True)
    plain = key.partition("#")[0]
    urls = tuple(dict.fromkeys((key, plain, plain.rstrip("/"))))
    found = [(one.id, one.settings.get("url", ""), below(key, one.settings.get("url", ""))) for one in ends.values()]
    there = [(id_, base.rstrip("/"), place) for id_, base, place in found if place is not None]
    # Of apps that lie one below the other, the inner one is meant.
    inner = max((base.count("/") for _, base, _ in there), default=0)
    numbers = {id_: _reader(ends[id_].kind)(*place) for id_, base, place in there if base.count("/") == inner}
    return Meant(urls, "", {id_: (one, f"#{one}") for id_, one in numbers.items() if one}, bare=False)


def _reader(kind: str) -> AddressReader:
    return next((one.address for one in registry.manifests() if one.kind == kind), last_part)
