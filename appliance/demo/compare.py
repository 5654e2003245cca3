"""Compares the two trackers through their own interfaces; it must not use the engine, the server or its database.

Twins are found by their titles, which are unique in the demonstration, and by their descriptions where titles are not
enough. What Lockstep's own user wrote counts as carried over, what anybody else wrote as somebody's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from appliance.demo.rest import Json, StoredFile, Visit, checksum, linked
from appliance.demo.trackers import Tracker

Pairs = tuple[tuple[str, str], ...]

STATUS_PAIRS: Pairs = (
    ("unread", "new"),
    ("in-progress", "open"),
    ("chatting", "open"),
    ("testing", "open"),
    ("need-eg", "pending"),
    ("deferred", "pending"),
    ("resolved", "closed"),
    ("done-cbb", "closed"),
)
"""What the statuses mean to each other (help desk, engineering); a status takes the first row that names it."""
PRIORITY_PAIRS: Pairs = (
    ("critical", "immediate"),
    ("urgent", "urgent"),
    ("urgent", "high"),
    ("bug", "normal"),
    ("feature", "low"),
    ("wish", "low"),
)
"""The same for the priorities. The names are those of Roundup's two templates."""


@dataclass(frozen=True, slots=True)
class Message:
    """A comment: who wrote it (login), and its text with plain newlines."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item as its tracker shows it. ``assignee`` is an e-mail address, empty for nobody."""

    name: str
    title: str
    description: str
    status: str
    priority: str
    assignee: str
    keywords: frozenset[str]
    comments: tuple[Message, ...]
    files: tuple[StoredFile, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything that one tracker holds, read at one time."""

    tracker: Tracker
    items: tuple[Item, ...]
    keywords: frozenset[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the two trackers stand to each other.

    ``missing``: items without a twin. ``duplicates``: items that stand for one that has its twin already.
    ``differing``: pairs with at least one difference. ``comments``, ``files``: how many were compared.
    ``details``: one sentence for each thing that is not as it should be.
    """

    pairs: int
    missing: int
    duplicates: int
    differing: int
    comments: int
    files: int
    details: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether every item has exactly one equal twin."""
        return not (self.missing or self.duplicates or self.differing)


def compare(
    helpdesk: Tracker, engineering: Tracker, statuses: Pairs = STATUS_PAIRS, priorities: Pairs = PRIORITY_PAIRS
) -> Comparison:
    """Read both trackers and compare all items with everything on them. Raises ``ApplianceError``."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        left, right = pool.map(read_stock, (helpdesk, engineering))
    return compare_stocks(left, right, statuses, priorities)


def read_stock(tracker: Tracker) -> Stock:
    """Read a whole tracker as its administrator. Raises ``ApplianceError``."""
    with Visit(tracker, tracker.admin) as visit:
        emails = {one["username"]: str(one["address"] or "") for one in visit.members("user", "username,address")}
        said = {str(one["id"]): one for one in visit.members("msg", "author,creation,content", verbose=3)}
        raw = visit.items()
        files = {
            number: StoredFile(str(one["name"]), checksum(visit.content(number)))
            for number, one in {str(one["id"]): one for row in raw for one in row["files"]}.items()
        }
        keywords = frozenset(str(one["name"]) for one in visit.members("keyword", "name"))
        items = tuple(_item(visit, row, emails, said, files) for row in raw)
    return Stock(tracker, items, keywords)


def _item(visit: Visit, row: Json, emails: dict[str, str], said: dict[str, Json], files: dict[str, StoredFile]) -> Item:
    messages = [said[number] for number in sorted((str(one["id"]) for one in row["messages"]), key=int)]
    # A description is the message that was there when the item was made.
    described = bool(messages) and messages[0]["creation"] <= row["creation"]
    return Item(
        name=f"{visit.tracker.item_class}{row['id']}",
        title=str(row["title"] or ""),
        description=plain(str(messages[0]["content"] or "")) if described else "",
        status=linked(row["status"]),
        priority=linked(row["priority"]),
        assignee=emails.get(linked(row[visit.fields.assignee], "username"), ""),
        keywords=frozenset(str(one["name"]) for one in row[visit.fields.keywords]),
        comments=tuple(
            Message(linked(one["author"], "username"), plain(str(one["content"] or ""))) for one in messages[described:]
        ),
        files=tuple(files[str(one["id"])] for one in row["files"]),
    )


def plain(text: str) -> str:
    """Text as it is compared: plain newlines, no space at the ends of lines or of the whole."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


# Pure from here on


def compare_stocks(left: Stock, right: Stock, statuses: Pairs, priorities: Pairs) -> Comparison:
    """Compare what was read of the help desk (``left``) and of engineering (``right``)."""
    twins, alone = find_twins(left.items, right.items)
    details: list[str] = []
    missing = duplicates = 0
    for item, side, siblings in alone:
        title = (left, right)[side].tracker.title
        if any(_same_work(item, other) for other in siblings):
            duplicates += 1
            details.append(f"{title} {item.name} “{item.title}” is there more than once.")
        else:
            missing += 1
            details.append(f"{title} {item.name} “{item.title}” has no twin.")
    counted: Counter[str] = Counter()
    known = left.keywords & right.keywords
    for a, b in twins:
        found = list(_differences(a, b, (statuses, priorities), known))
        found += _compare_comments(left, a, right, b, counted)
        found += _compare_files(a, b, counted)
        counted["differing"] += bool(found)
        details.extend(f"{a.name} and {b.name} “{a.title}”: {one}" for one in found)
    return Comparison(
        pairs=len(twins),
        missing=missing,
        duplicates=duplicates,
        differing=counted["differing"],
        comments=counted["comments"],
        files=counted["files"],
        details=tuple(details),
    )


@dataclass(slots=True)
class _Group:
    sides: tuple[list[Item], list[Item]] = field(default_factory=lambda: ([], []))


Alone = list[tuple[Item, int, Sequence[Item]]]
"""Items without a twin, the side they are on (0 left, 1 right), and the others there that have the same title."""


def find_twins(left: Iterable[Item], right: Iterable[Item]) -> tuple[list[tuple[Item, Item]], Alone]:
    """Pairs by title (by description among items of one title), then by description alone; and the rest."""
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for side, items in enumerate((left, right)):
        for item in items:
            groups[item.title].sides[side].append(item)
    twins: list[tuple[Item, Item]] = []
    rest: tuple[list[Item], list[Item]] = ([], [])
    for group in groups.values():
        ours, theirs = list(group.sides[0]), list(group.sides[1])
        _pair_up(ours, theirs, twins, by_description=True)
        _pair_up(ours, theirs, twins, by_description=False)
        rest[0].extend(ours)
        rest[1].extend(theirs)
    _pair_up(*rest, twins, by_description=True)
    alone: Alone = [
        (item, side, [other for other in groups[item.title].sides[side] if other is not item])
        for side in (0, 1)
        for item in rest[side]
    ]
    return twins, alone


def _pair_up(ours: list[Item], theirs: list[Item], twins: list[tuple[Item, Item]], *, by_description: bool) -> None:
    """Move pairs from the two lists to ``twins``: those of equal description, or one by one in order."""
    for item in list(ours):
        fits = (
            other
            for other in theirs
            if not by_description or (item.description and item.description == other.description)
        )
        twin = next(fits, None)
        if twin is not None:
            ours.remove(item)
            theirs.remove(twin)
            twins.append((item, twin))


def _same_work(one: Item, other: Item) -> bool:
    return one.description == other.description


def _differences(a: Item, b: Item, pairs: tuple[Pairs, Pairs], keywords: frozenset[str]) -> Iterable[str]:
    if a.title != b.title:
        yield f"the title there is “{b.title}”"
    if a.description != b.description:
        yield "the descriptions differ"
    for name, ours, theirs, table in (
        ("status", a.status, b.status, pairs[0]),
        ("priority", a.priority, b.priority, pairs[1]),
    ):
        if (ours or theirs) and (ours, theirs) not in table:
            yield f"the {name} is {ours or 'empty'} here and {theirs or 'empty'} there"
    if a.assignee != b.assignee:
        yield f"the assignee is {a.assignee or 'nobody'} here and {b.assignee or 'nobody'} there"
    if a.keywords & keywords != b.keywords & keywords:
        yield f"the keywords differ: {', '.join(sorted((a.keywords ^ b.keywords) & keywords))}"


def _compare_comments(left: Stock, a: Item, right: Stock, b: Item, counted: Counter[str]) -> Iterable[str]:
    """Every comment of a person is within exactly one comment of ours on the other side, and nothing else is."""
    for here, one, there, other in ((left, a, right, b), (right, b, left, a)):
        ours = there.tracker.integration.login
        copies = [message.text for message in other.comments if message.author == ours]
        said = [message.text for message in one.comments if message.author != here.tracker.integration.login]
        counted["comments"] += len(said)
        # The longest first, each into the shortest that holds it: a short one never takes a longer one's copy.
        for text in sorted(said, key=len, reverse=True):
            copy = min((copy for copy in copies if text in copy), key=len, default=None)
            if copy is None:
                yield f"a comment of {one.name} is missing there: “{_short(text)}”"
            else:
                copies.remove(copy)
        for copy in copies:
            yield f"{other.name} has a comment that nobody wrote here: “{_short(copy)}”"


def _compare_files(a: Item, b: Item, counted: Counter[str]) -> Iterable[str]:
    ours, theirs = Counter(a.files), Counter(b.files)
    counted["files"] += len(a.files)
    for one, other, name in ((ours, theirs, b.name), (theirs, ours, a.name)):
        for file in one - other:
            same = any(each.name == file.name for each in other)
            yield f"the file “{file.name}” {'has other bytes at' if same else 'is missing at'} {name}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"  # noqa: PLR2004 - a line of a terminal


# Writes


def fingerprint(*trackers: Tracker) -> dict[str, str]:
    """When each member of each class of the trackers changed last: ``helpdesk/issue12`` -> Roundup's own stamp."""
    found: dict[str, str] = {}
    for tracker in trackers:
        with Visit(tracker, tracker.admin) as visit:
            for name in visit.classes():
                for one in visit.members(name, "activity"):
                    found[f"{tracker.name}/{name}{one['id']}"] = str(one["activity"])
    return found


def count_writes(before: dict[str, str], after: dict[str, str]) -> int:
    """How many members were made, changed or removed between two fingerprints.

    The stamps have whole seconds: take the first at least a second after the last write that is none of its business.
    """
    return sum(before.get(name) != after.get(name) for name in before.keys() | after.keys())
