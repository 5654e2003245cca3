"""People at work in a tracker during a storm: they know only their tracker, and write down what it took."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import requests

from tests.e2e.trackers import content
from tests.e2e.trackers.visits import Visit
from tests.storm.diary import Diary, File, Remark, Title

_FEW = 4
"""An item is worth a comment from so many items on; before that people make items."""
_MOST = 45


@dataclass(slots=True)
class Crowd:
    """The people of one side. ``known`` tells which items of this side have a twin: (its id, its token).

    ``choices``: what they may set, by field. ``pause``: seconds between two things they do, on average.
    """

    visit: Visit
    side: str
    diary: Diary
    choices: Mapping[str, Sequence[str]]
    known: Callable[[], Sequence[tuple[str, str]]]
    seed: int
    usual: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.3
    made: dict[str, str] = field(default_factory=dict)
    """The items that they made: id -> token."""
    failures: list[str] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - the same people for the same seed

    def begin(self, items: int) -> None:
        """What is there before anything is kept in step."""
        for _ in range(items):
            self.make()

    def work(self, over: threading.Event) -> None:
        """Do one thing after the other until it is over."""
        while not over.wait(self._random.uniform(0, 2 * self.pause)):
            self.act()

    def act(self) -> None:
        """Do one thing; what their own tracker did not take is not written down as done."""
        deeds = (self.make, self.say, self.rename, self.set, self.attach)
        weights = (2 if len(self.made) < _MOST else 0, 8, 3, 4, 1)
        [deed] = self._random.choices(deeds, weights) if len(self.made) >= _FEW else [self.make]
        try:
            deed()
        except (AssertionError, requests.RequestException) as error:
            self.failures.append(f"{deed.__name__}: {error}"[:300])

    def make(self) -> None:
        """A new item."""
        token = f"w{self.diary.number()}{self.side[0]}w"
        title = content.title(token)
        item = self.visit.create("alice", title, content.description(self.visit.markup, token), dict(self.usual))
        self.made[item] = token
        self.diary.items[token] = self.side
        self._typed(token, title)

    def say(self) -> None:
        """A comment, one in five private where that can be."""
        item, token = self._any()
        word = f"word{self.diary.number()}said"
        private = self.visit.keeps_private and self._random.random() < 0.2
        if private:
            word = f"secret{word}"
        person = "alice" if private else self._random.choice(("alice", "bob"))
        try:
            self.visit.comment(person, item, content.remark(self.visit.markup, word), private=private)
        except (AssertionError, requests.RequestException):
            self.diary.unsure.append(word)
            raise
        self.diary.remarks.append(Remark(token, self.side, word, private))

    def rename(self) -> None:
        """Another title, which keeps the item's token."""
        item, token = self._any()
        title = f"{content.title(token)} n{self.diary.number()}n"
        try:
            self.visit.edit("alice", item, {"title": title})
        except (AssertionError, requests.RequestException):
            self.diary.unsure.append(title)
            raise
        self._typed(token, title)

    def set(self) -> None:
        """Another status, priority or assignee."""
        item, _ = self._any()
        name = self._random.choice(sorted(self.choices))
        self.visit.edit("alice", item, {name: self._random.choice(self.choices[name])})

    def attach(self) -> None:
        """A file."""
        item, token = self._any()
        file = content.upload(f"file{self.diary.number()}größe.bin", self._random.choice((1, 900, 30_000)))
        try:
            self.visit.attach("alice", item, file)
        except (AssertionError, requests.RequestException):
            self.diary.unsure.append(file.name)
            raise
        self.diary.files.append(File(token, self.side, file.name, file.digest))

    def _typed(self, token: str, title: str) -> None:
        self.diary.titles.append(Title(token, self.side, title, self.diary.number()))

    def _any(self) -> tuple[str, str]:
        """An item of theirs, or, as often, one that came from the other side."""
        twins = self.known() if self._random.random() < 0.5 else ()
        return self._random.choice([(item, token) for item, token in twins if token] or list(self.made.items()))
