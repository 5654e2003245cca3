"""What a text meant for its own app becomes in another one: references, mentions and pictures; it must not ask an app.

A reference to an item that has a twin becomes the twin's. What would be a link or a mention there and was meant for
nobody there is written so that people see it unchanged and the app does not take it for one. A picture points to the
file of that item, under the name that it has there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from urllib.parse import quote, unquote

from server.domain.syntax import Counterpart, Guard, Syntax
from server.engine.richtext.document import (
    JOINER,
    LITERAL,
    MEANT,
    Block,
    CodeBlock,
    Document,
    Heading,
    Image,
    Inline,
    Inlines,
    List,
    ListItem,
    Mark,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)

_Match = tuple[int, int, re.Match[str]]
"""A form of words: where it begins and ends in a text."""
_ODD = re.compile(r"[^\w.-]")
"""What of a file's name would end an address in some markup, or mean something else in it."""

Picture = Callable[[str], str | None]
"""The name that the file at a picture's address has at the target; None: it is no file of the item."""


def _no_file(_address: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Crossing:
    """What a text needs to know on its way from one app to the other.

    ``twins`` are the counterparts of items by the ids that ``source`` has for them; ``people`` the logins of the same
    people at the target, for mentions that are to be mentions there. ``kept``: the references that the target's own
    text makes now: they may stay, since nobody but its own people wrote them.
    """

    source: Syntax = field(default_factory=Syntax)
    target: Syntax = field(default_factory=Syntax)
    twins: Mapping[str, Counterpart] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    picture: Picture = _no_file
    kept: frozenset[str] = frozenset()


def cross(document: Document, crossing: Crossing) -> Document:
    """The document, read with ``LITERAL`` signs, as it is meant at the target."""
    way = _Way(crossing)
    return replace(document, blocks=tuple(way.block(one) for one in document.blocks))


def named_items(body: str, syntax: Syntax) -> frozenset[str]:
    """The ids of all items that a body may name, by short forms and by addresses; some may be none."""
    found = {_item(one) for form in _forms(syntax) if "item" in form.groupindex for one in form.finditer(body)}
    found |= {_item(one) for form in _addresses(syntax) for one in form.finditer(body)}
    return frozenset(found - {""})


def references(document: Document, syntax: Syntax) -> frozenset[str]:
    """The words by which a document, read with ``LITERAL`` signs, makes its own app link or mention something."""
    found: set[str] = set()

    def look(text: Text) -> Iterator[Inline]:
        bare, parts = _bare(text.text)
        found.update(form[0] for _, _, form in _matches(bare, syntax) if not _is_literal(form, parts))
        yield text

    way = _Way(Crossing(), look)
    for block in document.blocks:
        way.block(block)
    return frozenset(found)


class _Way:
    """Takes one document over, block by block."""

    def __init__(self, crossing: Crossing, text: Callable[[Text], Iterator[Inline]] | None = None) -> None:
        self._crossing = crossing
        self._each = text or self._text

    def block(self, block: Block) -> Block:
        """A block with its inlines taken over."""
        match block:
            case Paragraph() | Heading():
                return replace(block, inlines=self._inlines(block.inlines))
            case CodeBlock():
                return replace(block, text=block.text.replace(LITERAL, ""))
            case Rule():
                return block
            case Quote():
                return replace(block, blocks=tuple(self.block(one) for one in block.blocks))
            case List():
                return replace(block, items=tuple(self._item(one) for one in block.items))
            case Table():
                header = tuple(self._inlines(cell) for cell in block.header)
                return Table(header, tuple(tuple(self._inlines(cell) for cell in row) for row in block.rows))

    def _item(self, item: ListItem) -> ListItem:
        return replace(item, blocks=tuple(self.block(one) for one in item.blocks))

    def _inlines(self, inlines: Inlines) -> Inlines:
        return tuple(self._run(_joined(inlines)))

    def _run(self, inlines: Iterator[Inline]) -> Iterator[Inline]:
        for one in inlines:
            match one:
                case Text() if one.link:
                    yield from self._linked(one)
                case Text() if Mark.CODE in one.marks:
                    yield from self._code(one)
                case Text():
                    yield from self._each(one)
                case Image():
                    yield from self._picture(one)
                case _:
                    yield one

    def _linked(self, text: Text) -> Iterator[Inline]:
        """A link: nothing in it is taken for a reference. A link to an item with a twin leads to the twin.

        A mention would tell somebody even there, for apps look for mentions in what was written.
        """
        words, link = text.text.replace(LITERAL, ""), text.link.replace(LITERAL, "")
        twin = self._twin_at(link)
        if twin is not None:
            words, link = (twin.url if words == link else words), twin.url
        if any(form.search(link) for form in _mentions(self._crossing.target)):
            link = link.replace("@", "%40")
        yield from self._untold(replace(text, text=words, link=link))

    def _code(self, text: Text) -> Iterator[Inline]:
        """Code within a line stays to the character, but for what would tell somebody: that is no code then."""
        bare = replace(text, text=text.text.replace(LITERAL, ""))
        if any(form.search(bare.text) for form in _mentions(self._crossing.target)):
            bare = replace(bare, marks=tuple(one for one in bare.marks if one is not Mark.CODE))
            yield from self._guarded(bare, known=True)
        else:
            # Some apps take a sign around code for the sign of a mention; the writer then uses another.
            yield replace(bare, how=Guard.ENTITY) if _mentions(self._crossing.target) else bare

    def _untold(self, text: Text) -> Iterator[Inline]:
        """The words of a link, with its mentions guarded."""
        found = [one for one in _matches(text.text, self._crossing.target) if one[2].groupdict().get("person")]
        yield from _in_pieces(text, found, self._crossing.target)

    def _twin_at(self, address: str) -> Counterpart | None:
        for form in _addresses(self._crossing.source):
            found = form.fullmatch(address)
            if found is not None:
                return self._crossing.twins.get(_item(found))
        return None

    def _text(self, text: Text) -> Iterator[Inline]:
        """Running text: the source's references first, then what the target would take for one."""
        crossing = self._crossing
        bare, parts = _bare(text.text)
        done = 0
        for start, end, form in _matches(bare, crossing.source):
            at = start
            if at < done:
                continue
            literal = _is_literal(form, parts)
            there = None if literal else self._there(form)
            yield from self._guarded(replace(text, text=bare[done:at]), known=True)
            if there is not None:
                yield replace(text, text=there, how=MEANT)
            else:
                at += len(form.groupdict().get("escape") or "")
                yield from self._guarded(replace(text, text=bare[at:end]), known=literal)
            done = end
        yield from self._guarded(replace(text, text=bare[done:]), known=True)

    def _there(self, form: re.Match[str]) -> str | None:
        """How a reference of the source is made at the target, None where it cannot be."""
        crossing, groups = self._crossing, form.groupdict()
        if groups.get("item"):
            twin = crossing.twins.get(_item(form))
            return crossing.target.item.format(id=twin.id) if twin is not None and crossing.target.item else None
        login = crossing.people.get(groups.get("person") or "")
        return crossing.target.person.format(login=login) if login and crossing.target.person else None

    def _guarded(self, text: Text, *, known: bool) -> Iterator[Inline]:
        """Text of which the target must take nothing for a link; ``known``: what its own text says may stay."""
        found = [
            one
            for one in _matches(text.text, self._crossing.target)
            if not (known and one[2][0] in self._crossing.kept)
        ]
        yield from _in_pieces(text, found, self._crossing.target)

    def _picture(self, image: Image) -> Iterator[Inline]:
        """A picture of the item's own files by its name at the target: shown where it can be, else named."""
        source, alt = image.source.replace(LITERAL, ""), image.alt.replace(LITERAL, "")
        link = image.link.replace(LITERAL, "")
        for form in _mentions(self._crossing.target):
            alt = form.sub(lambda one: one[0].lstrip("@"), alt)
            source = source.replace("@", "%40") if form.search(source) else source
        name = self._crossing.picture(image.source.replace(LITERAL, ""))
        if name is None and source.lower().startswith("cid:"):  # nobody has it: it can only be named
            called = unquote(image.source.replace(LITERAL, "")[4:]).strip("<> ").split("@", 1)[0]
            yield from self._guarded(Text(alt or called), known=True)
        elif name is None:
            yield Image(source, alt, link)
        elif _shows(self._crossing, name):
            yield Image(_ODD.sub(lambda one: quote(one[0], safe=""), name), "" if alt == name else alt, "")
        else:
            yield from self._guarded(Text(f"{alt} ({name})" if alt and alt != name else name), known=True)


def _shows(crossing: Crossing, name: str) -> bool:
    """Whether the target shows a file of that name in a text; of others it would show nothing, not even the name.

    What was written for an app that shows pictures by their names, too, is left as its people wrote it.
    """
    shown = crossing.target.pictures
    return bool(shown) and (bool(crossing.source.pictures) or re.fullmatch(shown, name) is not None)


def _in_pieces(text: Text, found: list[_Match], syntax: Syntax) -> Iterator[Text]:
    """The text with each form of words guarded, also one that begins within another."""
    done = 0
    starts = [one[0] for one in found]
    for at, end, form in found:
        if at < done:
            continue
        if at > done:
            yield replace(text, text=text.text[done:at])
        following = bisect_right(starts, at)
        done = min(end, starts[following]) if following < len(starts) else end
        yield replace(text, text=text.text[at:done], how=_guard_of(form, syntax))
    if done < len(text.text):
        yield replace(text, text=text.text[done:])


def _joined(inlines: Inlines) -> Iterator[Inline]:
    """The inlines with mentions as the text that they were, joined to their neighbours."""
    words = (Text(f"@{one.name}") if isinstance(one, Mention) else one for one in inlines)
    for look, alike in groupby(words, _look):
        if look is None:
            yield from alike
        else:
            texts = [one for one in alike if isinstance(one, Text)]
            yield replace(texts[0], text="".join(one.text for one in texts)) if len(texts) > 1 else texts[0]


def _look(one: Inline) -> tuple[tuple[Mark, ...], str] | None:
    return (one.marks, one.link) if isinstance(one, Text) else None


def _bare(text: str) -> tuple[str, tuple[int, ...]]:
    """The text without signs that part words, and the places at which they stood."""
    if LITERAL not in text and JOINER not in text:
        return text, ()
    parts: list[int] = []
    bare: list[str] = []
    length = 0
    for sign in text:
        if sign in (LITERAL, JOINER):
            parts.append(length)
        else:
            bare.append(sign)
            length += 1
    return "".join(bare), tuple(parts)


def _is_literal(form: re.Match[str], parts: tuple[int, ...]) -> bool:
    """Whether the markup says of a form of words that it is no link: by a sign before it, or by what parts it."""
    if form.groupdict().get("escape"):
        return True
    following = bisect_right(parts, form.start())
    return following < len(parts) and parts[following] < form.end()


def _matches(text: str, syntax: Syntax) -> list[_Match]:
    """What the app would take for a reference, in order; of two at one place the longer."""
    found = [(one.start(), one.end(), one) for form in _forms(syntax) for one in form.finditer(text)]
    found.sort(key=lambda one: (one[0], -one[1]))
    return found


def _mentions(syntax: Syntax) -> tuple[re.Pattern[str], ...]:
    return tuple(one for one in _forms(syntax) if "person" in one.groupindex)


def _guard_of(form: re.Match[str], syntax: Syntax) -> str:
    guards = dict(zip(_forms(syntax), (one.guard for one in syntax.links), strict=True))
    return guards.get(form.re, Guard.JOINER)


def _item(found: re.Match[str]) -> str:
    """The id that a match names, as the app writes it."""
    return "".join((found["item"] or "").split()).lower()


@cache
def _forms(syntax: Syntax) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(one.pattern) for one in syntax.links)


@cache
def _addresses(syntax: Syntax) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(one) for one in syntax.addresses)


def file_at(address: str, syntax: Syntax) -> str:
    """The id of the file that is at an address, empty for none."""
    for one in syntax.files:
        found = re.fullmatch(one, address)
        if found is not None:
            return found["file"]
    return ""


def bare_name(address: str) -> str:
    """The file's name that an address is, empty where it is more than a name."""
    return "" if re.search(r"[/:?#\\]", address) else unquote(address.removeprefix("./"))
