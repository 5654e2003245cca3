"""How the texts of one pair's two items cross: who and what they name, and under which name a picture is there.

It must not convert a text itself, nor look anything up: the twins of what is named were found before.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from urllib.parse import unquote

from server.domain.item import Attachment, Item, Side
from server.domain.pair import AttachmentPair
from server.domain.rules import PrivateComments
from server.domain.syntax import Counterpart
from server.domain.values import TextFormat
from server.engine.file_names import kept_name, name_there
from server.engine.mapping import Mapping
from server.engine.richtext import Crossing, said_references
from server.engine.richtext.crossing import bare_name, file_at

Named = Dict[Side, Dict[str, Counterpart]]
"""The twins of items that texts name, by the side and the id that the item has there."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What is known for the texts of one pair."""

    mapping: Mapping
    items: Dict[Side, Item | None] = field(default_factory=dict)
    files: tuple[AttachmentPair, ...] = ()
    named: Named = field(default_factory=dict)

    def towards(self, target: Side, format_: TextFormat, there: str = "") -> Crossing:
        """For a text that is carried to ``target``, where it is written in ``format_``; ``there``: what it says now."""
        source, shape = self.mapping.shape(target.other), self.mapping.shape(target)
        kept = said_references(there, format_, shape.syntax) if there else frozenset()
        twins = self.named.get(target.other, {})

        def picture(address: str) -> str | None:
            return self._picture(address, target)

        return Crossing(source.syntax, shape.syntax, twins, self._people(target), picture, kept)

    def _people(self, target: Side) -> Dict[str, str]:
        """The logins of people by those that they have on the other side, where mentions are to be mentions."""
        if not self.mapping.document.texts.mentions:
            return {}
        directory = self.mapping.directory
        there = directory.left if target is Side.LEFT else directory.right
        return {
            one.login: twin.login
            for one in self.mapping.shape(target.other).users
            if one.login and (twin := there.get(directory.counterpart(one.id, target) or "")) is not None and twin.login
        }

    def _picture(self, address: str, target: Side) -> str | None:
        """The name at ``target`` of the file that a picture shows; None where it is none of the item's files."""
        called = _content_id(address)
        name = unquote(called).strip("<> ").split("@", 1)[0] or bare_name(address)
        file = self._file(address, name, target.other)
        if file is None and (not name or called):
            return None
        twin = self._twin(file, target) if file is not None else None
        if twin is not None:
            return twin.name
        there = self.mapping.shape(target)
        if file is None:
            return kept_name(name, there.file_names)[0]
        item = self.items.get(target.other)
        beside = item.attachments if item is not None else ()
        return name_there(file, beside, there.file_names, by_name=bool(there.syntax.pictures))[0]

    def _file(self, address: str, name: str, side: Side) -> Attachment | None:
        """The file of the item that an address means: by its id, its content id or its name; the latest of several."""
        item = self.items.get(side)
        if item is None:
            return None
        found = file_at(address, self.mapping.shape(side).syntax)
        called = _content_id(address)
        # It should be quoted as in any address, and often is not; some programs keep the brackets of the header.
        content_ids = {one.strip("<> ") for one in (called, unquote(called))} - {""}
        publish = self.mapping.document.comments.private is PrivateComments.PUBLISH
        alike = [
            one
            for one in item.attachments
            if (not one.private or publish)  # not even the name of a private file is told
            and (
                one.id == found
                or one.content_id.strip("<> ") in content_ids
                or (name and not found and one.name.casefold() == name.casefold())
            )
        ]
        exact = [one for one in alike if one.id == found or one.content_id in content_ids]
        return max(exact or alike, key=lambda one: (one.created_at, one.id), default=None)

    def _twin(self, file: Attachment, target: Side) -> Attachment | None:
        there = self.items.get(target)
        if there is None:
            return None
        known = next((one.on(target) for one in self.files if one.on(target.other) == file.id), None)
        return next((one for one in there.attachments if one.id == known), None)


def _content_id(address: str) -> str:
    """The name in its mail of what an address means; empty where it is no such address.

    It begins with the file's name in the mails of some programs.
    """
    scheme, _, called = address.strip().partition(":")
    return called if scheme.lower() == "cid" else ""
