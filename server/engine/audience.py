"""Whether an item that its app restricts may travel, and what its twin is made as; it must not know how an app does it.

Nothing of a restricted item leaves it unless the integration says so. Where its twin is to be restricted as well, that
comes before anything else is written there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import replace

from server.domain.item import Draft, Item, Side
from server.domain.pair import Pair
from server.domain.rules import Restricted
from server.domain.values import FieldKind, Value
from server.engine.mapping import CompiledType, Mapping

HOLLOW = "(restricted)"
"""What stands in a twin that has to be restricted before it may hold anything."""
_FILE = re.compile(r"(?:the file )?“[^“”]*\.[^“”.\s]{1,16}”")
_TELLING = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT})


def stays(mapping: Mapping, side: Side, item: Item, beside: str) -> str:
    """Why nothing of ``item`` may travel, as a sentence; empty when it may.

    ``beside``: the word of its twin's app for the twin's own audience; empty without one.
    """
    rules = mapping.document.audience
    if not item.restricted or rules.on(side) is Restricted.OPEN:
        return ""
    said = f"{mapping.shape(side).name} restricts it ({item.restricted})"
    if Restricted.ALIKE in (rules.on(side), rules.on(side.other)) and beside:
        return ""
    if rules.on(side) is Restricted.ALIKE:
        target = mapping.shape(side.other)
        type_ = mapping.type_of(side, item.type)
        if type_ is None or flag(mapping, side.other, type_):
            return ""
        return f"{said}, and our account cannot restrict its twin on {target.name}. Nothing of it travels."
    return f"{said}. The integration leaves such items where they are, so nothing of it travels."


def flag(mapping: Mapping, side: Side, type_: CompiledType) -> str:
    """The field by which our account restricts items of the type on ``side``; empty: it cannot."""
    specs = mapping.shape(side).fields.get(type_.on(side), ())
    return next((spec.id for spec in specs if spec.restricts), "")


def to_restrict(mapping: Mapping, type_: CompiledType, items: Dict[Side, Item | None]) -> tuple[Side, str] | None:
    """Which side's item has to be restricted because the other one is, and by which field; None: neither."""
    for side in Side:
        item, twin = items[side], items[side.other]
        wanted = item is not None and item.restricted and mapping.document.audience.on(side) is Restricted.ALIKE
        if wanted and not (twin is not None and twin.restricted):
            return side.other, flag(mapping, side.other, type_)
    return None


def hollow(draft: Draft, type_: CompiledType, side: Side) -> Draft:
    """The draft of a restricted twin with nothing in it that tells anything but what its app insists on."""
    specs = {one.spec(side).id: one.spec(side) for one in type_.fields}
    kept: dict[str, Value] = {draft.restrict: True}
    for name, value in draft.fields.items():
        spec = specs.get(name)
        if spec is not None and spec.required:
            kept[name] = HOLLOW if spec.kind in _TELLING else value
    return replace(draft, fields=kept)


def without_file_names(said: str) -> str:
    """A sentence of ours about a restricted item, for who may not read what it says: files have telling names."""
    return _FILE.sub("a file", said)


def restricted(pair: Pair) -> bool:
    """Whether one of the two items was restricted when last seen."""
    return bool(pair.left.restricted or pair.right.restricted)
