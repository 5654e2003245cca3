"""Fills one Roundup tracker with people and believable work; it must not know the demonstration or the other tracker.

Run as ``python -I seed.py`` with the interpreter that has Roundup, one JSON object on standard input::

    {"home", "content", "address", "now", "seed",
     "admin": PERSON, "integration": PERSON, "people": [PERSON, ...]}    PERSON: {"login", "name", "email", "password"}

``home`` is a tracker that was installed from a template and never initialised. Everything is committed at the end;
what an interruption leaves is no tracker, and its maker throws it away. The same input gives the same tracker.
"""

from __future__ import annotations

import json
import random
import re
import struct
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import roundup.instance
from roundup.configuration import CoreConfig
from roundup.date import Date
from roundup.password import Password

WEEKS = 6
"""Over how many weeks up to now the work is spread."""
EARLIEST, LATEST = 6, 19
"""Between which hours (UTC) people work."""
ROUNDS = "1000"
"""Passwords of a demonstration on loopback: checked in milliseconds, as every REST request checks one."""
ROLE = """

# The user that keeps items in step with another app: it sees who has which e-mail address.
db.security.addRole(name='Integration', description='Keeps items in step with another app')
p = db.security.addPermission(name='View', klass='user',
    properties=('id', 'username', 'realname', 'address', 'alternate_addresses', 'organisation', 'timezone'))
db.security.addPermissionToRole('Integration', p)
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between the two templates: the item class, its properties, roles and statuses."""

    item: str
    assignee: str
    keywords: str
    first_status: str
    statuses: Mapping[str, tuple[str, ...]]
    """The statuses that an item passed before it got one (the first status left out)."""
    roles: str
    integration_roles: str
    extras: tuple[str, ...] = ()
    """Further properties in the content's head line, by name of the linked class's member."""


KINDS = {
    "issue": Kind(
        "issue",
        "assignedto",
        "keyword",
        "unread",
        {
            "chatting": (),
            "need-eg": ("chatting",),
            "in-progress": (),
            "testing": ("in-progress",),
            "deferred": (),
            "done-cbb": ("in-progress", "testing"),
            "resolved": ("in-progress",),
        },
        "User",
        "User,Integration",
    ),
    "bug": Kind(
        "bug",
        "assignee",
        "keywords",
        "new",
        {"open": (), "pending": ("open",), "closed": ("open",)},
        "User,Developer",
        "User,Developer,Integration",
        ("type", "components", "versions", "severity", "resolution"),
    ),
}


@dataclass(slots=True)
class Work:
    """One item of the content: its head line, description and what people said."""

    title: str
    head: dict[str, str]
    description: str
    comments: list[tuple[str, str, str]] = field(default_factory=list)
    """Who, what, and the name of a file ('' for none)."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an item at a time."""

    at: datetime
    number: int
    act: Callable[[], None]


def read_content(text: str) -> list[Work]:
    """The items of a content file: ``=== title``, a head line of ``name: value | ...``, text, ``--- who [file]``."""
    found = []
    for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        title, head, rest = block.split("\n", 2)
        parts = re.split(r"^--- (.+)$", rest, flags=re.MULTILINE)
        pairs = (pair.split(":", 1) for pair in head.split("|"))
        work = Work(title.strip(), {key.strip(): value.strip() for key, value in pairs}, parts[0].strip())
        for who, said in zip(parts[1::2], parts[2::2], strict=True):
            login, _, name = who.strip().partition(" ")
            work.comments.append((login, said.strip(), name.strip()))
        found.append(work)
    return found


# Files


def png(dice: random.Random) -> bytes:
    """A small picture: a few coloured bars, as a chart on a screenshot has them."""
    width, height = 96, 64
    bars = [(dice.randrange(12, height - 4), dice.randrange(40, 220), dice.randrange(40, 220)) for _ in range(8)]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            tall, red, green = bars[x * len(bars) // width]
            rows += bytes((red, green, 180)) if height - y <= tall and x % 12 > 1 else b"\xf8\xf8\xf8"

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def csv(dice: random.Random) -> bytes:
    """A small table with names that are not ASCII, as an office suite would save it."""
    names = ("Łódź", "Köln", "Ålesund", "São Paulo", "Αθήνα", "横浜", "Brno", "Lyon")
    lines = ["site;device;seen;errors"]
    for number in range(dice.randrange(12, 40)):
        site = dice.choice(names)
        day = f"2026-{dice.randrange(1, 12):02d}-{dice.randrange(1, 28):02d}"
        lines.append(f"{site};PC-{number + 400:04d};{day};{dice.randrange(0, 60)}")
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def log(dice: random.Random) -> bytes:
    """A stretch of a log file."""
    words = (
        "session opened",
        "retrying in 5 s",
        "certificate chain accepted",
        "handshake timed out",
        "Überlauf im Puffer",
    )
    lines = []
    for number in range(dice.randrange(20, 60)):
        level = dice.choice(("INFO", "INFO", "INFO", "WARN", "ERROR"))
        place = f"{dice.randrange(7, 18):02d}:{number % 60:02d}:{dice.randrange(60):02d}"
        lines.append(f"{place} {level:5} [{dice.randrange(1000, 9999)}] {dice.choice(words)}")
    return ("\n".join(lines) + "\n").encode()


def file_of(name: str, dice: random.Random) -> tuple[str, bytes]:
    """Media type and content of a file, by the ending of its name."""
    ending = name.rpartition(".")[2]
    makers = {"png": ("image/png", png), "csv": ("text/csv", csv)}
    kind, make = makers.get(ending, ("text/plain", log))
    return kind, make(dice)


# Filling


class Filler:
    """Makes the people and items of one tracker, each at its own time and by its own person."""

    def __init__(self, tracker: Any, kind: Kind, order: Mapping[str, Any]) -> None:
        self._tracker = tracker
        self._db = tracker.open("admin")
        self._kind = kind
        self._items = self._db.getclass(kind.item)
        self._order = order
        self._dice = random.Random(order["seed"])  # noqa: S311 - the same tracker each time, nothing secret
        self._now = datetime.fromisoformat(order["now"]).replace(tzinfo=None)
        self._clock = self._now - timedelta(weeks=WEEKS, days=1)
        self._made: dict[int, str] = {}
        Date.now = lambda _: self._clock

    def people(self) -> None:
        """Make the integration user and the people, in an order of this tracker's own."""
        everybody = [
            (self._order["integration"], self._kind.integration_roles),
            *((person, self._kind.roles) for person in self._order["people"]),
        ]
        self._dice.shuffle(everybody)
        for person, roles in everybody:
            self._db.user.create(
                username=person["login"],
                realname=person["name"],
                address=person["email"],
                password=Password(person["password"], config=self._tracker.config),
                roles=roles,
            )
        self._db.user.set("1", realname=self._order["admin"]["name"])

    def work(self, content: list[Work]) -> None:
        """Make the items and let happen what happened to them, in the order of time."""
        span = timedelta(weeks=WEEKS) / len(content)
        events: list[Event] = []
        for number, work in enumerate(content):
            begun = self._office_hours(self._now - span * (len(content) - number) + span * self._dice.random() * 0.8)
            events.extend(self._story(number, work, begun))
        for event in sorted(events, key=lambda event: (event.at, event.number)):
            self._clock = event.at
            event.act()

    def close(self) -> None:
        """Keep everything."""
        self._db.commit()
        self._db.close()

    def _office_hours(self, at: datetime) -> datetime:
        moved = at.replace(
            hour=self._dice.randrange(EARLIEST, LATEST - 1), minute=self._dice.randrange(60), microsecond=0
        )
        return min(moved, self._now - timedelta(minutes=90 - self._dice.randrange(60)))

    def _awake(self, at: datetime) -> datetime:
        """``at``, or the next morning if that is at night and not in the future."""
        if EARLIEST <= at.hour < LATEST:
            return at
        morning = at.replace(hour=EARLIEST) + timedelta(days=at.hour >= LATEST, minutes=self._dice.randrange(90))
        return morning if morning < self._now - timedelta(hours=1) else at

    def _story(self, number: int, work: Work, begun: datetime) -> list[Event]:
        """What happened to an item: made, taken by somebody, talked about, brought to its status."""
        final = work.head["status"]
        states = [] if final == self._kind.first_status else [*self._kind.statuses[final], final]
        steps: list[Callable[[], None]] = []
        owner = work.head.get("for", "")
        if owner:
            steps.append(self._step(number, owner, {self._kind.assignee: owner}))
        for login, said, name in work.comments:
            steps.append(self._talk(number, login, said, name))
        # The way through the statuses begins after the item was taken and ends after the last word.
        for place, state in enumerate(states):
            change = {"status": state}
            if place == len(states) - 1 and "resolution" in work.head:
                change["resolution"] = work.head["resolution"]
            position = len(steps) if place == len(states) - 1 else min(1 + place, len(steps))
            steps.insert(position, self._step(number, owner or work.head["by"], change))
        events = [Event(begun, number, lambda: self._make(number, work))]
        at, left = begun, self._now - timedelta(minutes=20) - begun
        for place, step in enumerate(steps):
            share = min(left / (len(steps) - place + 1), timedelta(hours=30))
            pause = max(timedelta(seconds=40), share * (0.2 + 0.8 * self._dice.random()))
            at = self._awake(at + pause)
            left = self._now - timedelta(minutes=20) - at
            events.append(Event(at.replace(microsecond=0), number, step))
        return events

    def _make(self, number: int, work: Work) -> None:
        self._be(work.head["by"])
        files = [self._file(name.strip()) for name in work.head.get("files", "").split(",") if name.strip()]
        first = self._message(work.head["by"], work.description, [])
        values: dict[str, Any] = {
            "title": work.title,
            "messages": [first],
            "files": files,
            "status": self._db.status.lookup(self._kind.first_status),
            "priority": self._db.priority.lookup(work.head["priority"]),
            self._kind.keywords: [self._keyword(name) for name in self._names(work.head.get("keywords", ""))],
        }
        for extra in self._kind.extras:
            if extra in work.head and extra != "resolution":
                values[extra] = self._members(extra, work.head[extra])
        self._made[number] = self._items.create(**values)

    def _talk(self, number: int, login: str, said: str, name: str) -> Callable[[], None]:
        def act() -> None:
            self._be(login)
            item = self._made[number]
            files = [self._file(name)] if name else []
            message = self._message(login, said, files)
            # Naming the status keeps it: a message alone would reopen or begin an item in the classic template.
            self._items.set(
                item,
                messages=[*self._items.get(item, "messages"), message],
                files=[*self._items.get(item, "files"), *files],
                status=self._items.get(item, "status"),
            )

        return act

    def _step(self, number: int, login: str, change: Mapping[str, str]) -> Callable[[], None]:
        def act() -> None:
            self._be(login)
            self._items.set(self._made[number], **{name: self._members(name, value) for name, value in change.items()})

        return act

    def _be(self, login: str) -> None:
        self._db.setCurrentUser(login)

    def _message(self, login: str, text: str, files: list[str]) -> str:
        author = self._db.user.lookup(login)
        return str(self._db.msg.create(author=author, date=Date(self._clock), content=text, files=files))

    def _file(self, name: str) -> str:
        kind, content = file_of(name, self._dice)
        return str(self._db.file.create(name=name, type=kind, content=content))

    def _keyword(self, name: str) -> str:
        try:
            return str(self._db.keyword.lookup(name))
        except KeyError:
            return str(self._db.keyword.create(name=name))

    def _members(self, name: str, value: str) -> Any:
        """What a property is set to, from the names in the content."""
        prop = self._items.getprops()[name]
        linked = self._db.getclass(prop.classname)
        if name in {"components", "versions"}:
            return [linked.lookup(each) for each in self._names(value)]
        return linked.lookup(value)

    @staticmethod
    def _names(value: str) -> list[str]:
        return [name.strip() for name in value.split(",") if name.strip()]


def configure(home: Path, order: Mapping[str, Any]) -> None:
    """Write the tracker's settings: its address, and mail into a file so that none ever leaves."""
    config = CoreConfig(str(home))
    config["TRACKER_WEB"] = order["address"]
    config["TRACKER_NAME"] = order["title"]
    config["ADMIN_EMAIL"] = order["admin"]["email"]
    config["MAIL_DOMAIN"] = "example.test"
    config["MAIL_HOST"] = "localhost"
    config["MAIL_DEBUG"] = "mail.log"
    config["PASSWORD_PBKDF2_DEFAULT_ROUNDS"] = ROUNDS
    config.save()
    with (home / "schema.py").open("a", encoding="utf-8") as schema:
        schema.write(ROLE)


def main() -> None:
    """Initialise and fill the tracker that standard input names."""
    order = json.load(sys.stdin)
    home = Path(order["home"])
    configure(home, order)
    tracker = roundup.instance.open(str(home))
    tracker.init(Password(order["admin"]["password"], config=tracker.config), tx_Source="cli")
    filler = Filler(tracker, KINDS[order["item_class"]], order)
    filler.people()
    filler.work(read_content(Path(order["content"]).read_text(encoding="utf-8")))
    filler.close()


main()
