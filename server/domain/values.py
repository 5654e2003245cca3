"""Field values and their kinds: what a field of an item can hold; it must not know any app or how a value is shown.

A value is always in its own side's terms (that app's option ids, user ids and text format) and survives a
round trip through JSON unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Value = None | str | int | float | bool | tuple[str, ...]
"""What a field holds: text, number, flag, an id, or a sorted tuple of ids or labels. ``None`` is unset."""


class FieldKind(StrEnum):
    """How a field's value is compared, converted and merged."""

    TEXT = "text"
    RICH_TEXT = "rich_text"
    """A document in the app's own ``TextFormat``."""
    OPTION = "option"
    """The id of one of the field's options."""
    STATUS = "status"
    """An option that is reached through the app's workflow."""
    USER = "user"
    """The id of one user of the app."""
    USERS = "users"
    LABELS = "labels"
    """A set of free words; merged element by element."""
    OPTIONS = "options"
    """A set of option ids; merged element by element."""
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    """``YYYY-MM-DD``."""
    MOMENT = "moment"
    """An ISO 8601 time with zone, in UTC, whole seconds."""


SETS = frozenset({FieldKind.LABELS, FieldKind.OPTIONS, FieldKind.USERS})
"""The kinds whose value is a tuple."""


class TextFormat(StrEnum):
    """The markup an app stores its rich text in."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    TEXTILE = "textile"
    HTML = "html"


class LengthUnit(StrEnum):
    """What an app counts when it limits a text's length."""

    CHARACTERS = "characters"
    BYTES = "bytes"
    """Of the text in UTF-8."""
    UTF16 = "utf16"
    """Units of 16 bits: two for a character beyond the first 65,536."""


@dataclass(frozen=True, slots=True)
class FileNames:
    """Which names of files an app keeps as they are.

    ``max_length`` is in ``unit`` (None: it does not say). ``refused``: characters that it changes, refuses, or cuts the
    name at. ``trims``: it takes blanks off both ends.
    """

    max_length: int | None = 255
    unit: LengthUnit = LengthUnit.CHARACTERS
    refused: str = ""
    trims: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a field. ``closed`` says whether a status means that work has ended (None: not known)."""

    id: str
    name: str
    closed: bool | None = None


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What an app says about one of its fields.

    ``id`` is the app's own name for it; ``options`` are given for option kinds; ``text_format`` for rich text;
    ``max_length`` is in ``length_unit``; ``create_only``: the app takes it at creation and never after.
    ``restricts``: a flag by which our account can restrict the item to some of those who see its neighbours.
    ``title``: what people call the item; where it may not be empty, words stand in for an empty one. ``only_for``: who
    of those who see the item may see this field, in the app's words; empty: all of them, as far as it tells.
    """

    id: str
    name: str
    kind: FieldKind
    required: bool = False
    read_only: bool = False
    create_only: bool = False
    options: tuple[Option, ...] = ()
    text_format: TextFormat | None = None
    max_length: int | None = None
    length_unit: LengthUnit = LengthUnit.CHARACTERS
    restricts: bool = False
    title: bool = False
    only_for: str = ""


@dataclass(frozen=True, slots=True)
class AppUser:
    """A person as one app knows them. ``id`` is what a user field holds."""

    id: str
    name: str
    login: str = ""
    email: str = ""
    zone: str = ""
    """The name of the time zone at their account, where the app tells it."""
    active: bool = True
    """Whether the app may give them something to do, as far as it tells: nothing goes to a locked account."""
