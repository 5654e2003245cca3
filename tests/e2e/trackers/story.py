"""What happens between two trackers: sixty items, a backfill that is killed, edits that are killed, then quiet.

The promises are checked on what the trackers themselves show. A module starts two real trackers, gives them as the
fixture ``pair``, and inherits the promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from server.domain.integration import Document
from tests.e2e.trackers import content
from tests.e2e.trackers.node import Ending, Node
from tests.e2e.trackers.visits import Upload, Visit, in_parallel
from tests.support import compare
from tests.support.compare import SYNC, Stored
from tests.support.postgres import TestCluster

COMMENTS = 5
PRIVATE_ONE = 3
"""Of the five comments of an item, this one is private where that can be."""


@dataclass(frozen=True, slots=True)
class Part:
    """One side of the story. ``sizes`` are of the files that people add, ``status`` and ``priority`` what they set.

    ``usual`` is the priority of all other items, where the tracker would leave it empty.
    """

    visit: Visit
    ending: Ending
    items: int
    sizes: tuple[int, ...]
    status: str
    priority: str
    usual: str = ""
    edits_text: bool = True
    private_files: bool = False


@dataclass(frozen=True, slots=True)
class PairOfTrackers:
    """Both sides. ``status`` and ``priority`` name the mapped fields of the left."""

    left: Part
    right: Part
    status: str
    priority: str


@dataclass(slots=True)
class Script:
    """What one side's people did: their items' ids, and every private word they wrote."""

    part: Part
    letter: str
    ids: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def seed(self) -> None:
        """Items with their comments and files."""
        made = in_parallel(self.part.visit.at_once, self._item, range(self.part.items))
        self.ids = list(made)
        visit = self.part.visit
        for number, size in enumerate(self.part.sizes):
            visit.attach("alice", self.ids[number], content.upload(f"größe {self.letter} {size} 山.bin", size))
        text = Upload(f"notiz {self.letter}.txt", "Zeile eins\r\nZeile zwei, größer\n".encode(), "text/plain")
        visit.attach("alice", self.ids[0], text)
        if self.part.private_files:
            visit.attach("alice", self.ids[1], content.upload(f"geheim{self.letter}.bin", 777), private=True)
            self.secrets.append(f"geheim{self.letter}.bin")

    def _item(self, number: int) -> str:
        word = f"{self.letter}wort{number}ende"
        values = {"assignee": ("alice", "bob", "")[number % 3]}
        if number % 2:
            values["priority"] = self.part.priority
        return self.add(word, values, COMMENTS)

    def add(self, word: str, values: Mapping[str, str], comments: int) -> str:
        """A new item with so many comments."""
        visit = self.part.visit
        wanted = {"priority": self.part.usual} | dict(values) if self.part.usual else values
        made = visit.create("alice", content.title(word), content.description(visit.markup, word), wanted)
        self.titles[made] = content.title(word)
        for number in range(comments):
            self.say(made, f"{word}x{number}", private=number == PRIVATE_ONE and visit.keeps_private)
        return made

    def say(self, item: str, word: str, *, private: bool = False) -> None:
        """A comment; private ones are Alice's, others are in turn."""
        visit = self.part.visit
        if private:
            word = f"geheim{word}"
            self.secrets.append(word)
        person = "alice" if private or word[-1] in "02468" else "bob"
        visit.comment(person, item, content.remark(visit.markup, word), private=private)

    def edit_fields(self) -> None:
        """Title, text, status, priority and assignee of the first items."""
        visit, letter = self.part.visit, self.letter
        visit.edit("alice", self.ids[0], {"title": content.title(f"{letter}umbenannt")})
        if self.part.edits_text:
            text = content.description(visit.markup, f"{letter}neubeschrieben")
            visit.edit("alice", self.ids[1], {"text": text})
        visit.edit("alice", self.ids[2], {"status": self.part.status})
        visit.edit("alice", self.ids[4], {"priority": self.part.priority})
        visit.edit("alice", self.ids[3], {"assignee": "bob"})
        visit.edit("alice", self.ids[1], {"assignee": ""})

    def edit_more(self) -> None:
        """Comments, a file, and a new item."""
        visit, letter = self.part.visit, self.letter
        self.say(self.ids[6], f"{letter}nachher0")
        self.say(self.ids[7], f"{letter}nachher1", private=visit.keeps_private)
        visit.attach("alice", self.ids[8], content.upload(f"später {letter}.bin", 5000))
        self.ids.append(self.add(f"{letter}neuesding", {"assignee": "bob"}, 2))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How both trackers stood when all was quiet, once more some passes later, and what an outsider saw.

    ``killed_at``: how many pairs were linked and how many operations were under way when the backfill was killed.
    """

    pair: PairOfTrackers
    document: Document
    scripts: tuple[Script, Script]
    left: tuple[Stored, ...]
    right: tuple[Stored, ...]
    later: tuple[tuple[Stored, ...], tuple[Stored, ...]]
    seen: tuple[str, str]
    conflicts: list[tuple[str, str, str]]
    killed_at: tuple[int, int]
    held: list[str]

    @property
    def pairs(self) -> list[tuple[Stored, Stored]]:
        """Items of the same title."""
        return compare.by_title(self.left, self.right)

    @property
    def markups(self) -> tuple[str, str]:
        """How both sides write."""
        return self.pair.left.visit.markup, self.pair.right.visit.markup

    def rows(self, name: str) -> set[tuple[str, str]]:
        """Which values of a field mean the same, as the person configured it."""
        rules = [one for kind in self.document.types for one in kind.fields if one.left == name]
        return {(row.left, row.right) for one in rules for row in one.values}


def tell(pair: PairOfTrackers, cluster: TestCluster, folder: Path) -> Outcome:
    """The whole story, from the first item to the last pass."""
    scripts = Script(pair.left, "l"), Script(pair.right, "r")
    in_parallel(2, Script.seed, scripts)
    with Node(cluster, folder) as node:
        document = node.configure(pair.left.ending, pair.right.ending, _as_wanted)
        node.start()
        # The left's twins are there, and some of the right's, whose pages are not settled.
        reached = 2 * pair.left.items + pair.right.items + 6
        node.wait_until(lambda: pair.left.visit.count() + pair.right.visit.count() >= reached)
        node.kill()
        linked, in_flight = node.count("pairs where state = 'linked'"), node.count("operations where state = 'planned'")
        node.start()
        node.wait_until_quiet()
        _edit(node, pair, scripts)
        node.wait_until_quiet()
        left, right = _read(pair)
        conflicts, held = node.conflicts(), node.held()
        node.wait_until_quiet()
        node.wait_until_quiet()
        later = _read(pair)
    seen = pair.left.visit.seen_by_outsider(), pair.right.visit.seen_by_outsider()
    return Outcome(pair, document, scripts, left, right, later, seen, conflicts, (linked, in_flight), held)


def _read(pair: PairOfTrackers) -> tuple[tuple[Stored, ...], tuple[Stored, ...]]:
    left, right = in_parallel(2, lambda one: one.visit.read(), (pair.left, pair.right))
    return left, right


def _as_wanted(document: Document) -> Document:
    return replace(document, attachments=replace(document.attachments, max_bytes=20 * content.MEGABYTE))


def _edit(node: Node, pair: PairOfTrackers, scripts: tuple[Script, Script]) -> None:
    """Edits on both sides; the process is killed while it carries the first, and two people disagree meanwhile."""
    before = node.count("operations")
    for one in scripts:
        one.edit_fields()
    node.wait_until(lambda: node.count("operations") > before)
    node.kill()
    left = scripts[0]
    twin = {one.title: one.id for one in pair.right.visit.read()}[left.titles[left.ids[5]]]
    pair.left.visit.edit("alice", left.ids[5], {"title": content.title("linksstreit")})
    for one in scripts:
        one.edit_more()
    pair.right.visit.edit("alice", twin, {"title": content.title("rechtsstreit")})
    node.start()


class Promises:
    """What holds when all is quiet."""

    def test_the_process_was_killed_in_the_middle_of_the_backfill(self, outcome: Outcome) -> None:
        linked, under_way = outcome.killed_at
        assert 0 < linked < outcome.pair.left.items + outcome.pair.right.items
        assert under_way > 0

    def test_every_item_has_exactly_one_twin(self, outcome: Outcome) -> None:
        assert not list(compare.twins(outcome.left, outcome.right))
        made = sum(len(one.ids) for one in outcome.scripts)
        assert len(outcome.left) == len(outcome.right) == made == outcome.pair.left.items + outcome.pair.right.items + 2

    def test_nothing_is_held_back(self, outcome: Outcome) -> None:
        assert outcome.held == []

    def test_descriptions_say_the_same(self, outcome: Outcome) -> None:
        assert not list(compare.texts(outcome.pairs, outcome.markups))

    def test_status_priority_and_assignee_mean_the_same(self, outcome: Outcome) -> None:
        statuses, priorities = outcome.rows(outcome.pair.status), outcome.rows(outcome.pair.priority)
        assert not list(compare.values(outcome.pairs, statuses, priorities))

    def test_every_edit_is_still_there(self, outcome: Outcome) -> None:
        for script, stored in zip(outcome.scripts, (outcome.left, outcome.right), strict=True):
            held = {one.id: one for one in stored}
            first, second, third, fourth, fifth = (held[one] for one in script.ids[:5])
            assert first.title == content.title(f"{script.letter}umbenannt")
            assert second.assignee == ""
            assert third.status == script.part.status
            assert fourth.assignee == "bob"
            assert fifth.priority == script.part.priority
            if script.part.edits_text:
                assert f"{script.letter}neubeschrieben" in second.text

    def test_a_disagreement_ends_with_one_of_the_two_and_is_on_record(self, outcome: Outcome) -> None:
        item = next(one for one in outcome.left if one.id == outcome.scripts[0].ids[5])
        said = {"left": content.title("linksstreit"), "right": content.title("rechtsstreit")}
        assert [(left, right) for left, right, _ in outcome.conflicts] == [(said["left"], said["right"])]
        assert item.title == said[outcome.conflicts[0][2]]

    def test_every_comment_of_a_person_is_on_the_twin_once(self, outcome: Outcome) -> None:
        keeps = outcome.pair.left.visit.keeps_private, outcome.pair.right.visit.keeps_private
        assert not list(compare.comments(outcome.pairs, outcome.markups, keeps))
        said = [one for each in (*outcome.left, *outcome.right) for one in each.comments if one.author != SYNC]
        items = outcome.pair.left.items + outcome.pair.right.items
        assert len(said) == items * COMMENTS + 2 * 2 + 2 * 2

    def test_what_is_private_is_never_public(self, outcome: Outcome) -> None:
        secrets = [secret for one in outcome.scripts for secret in one.secrets]
        public = [one.text for each in (*outcome.left, *outcome.right) for one in each.comments if not one.private]
        public += [one.name for each in (*outcome.left, *outcome.right) for one in each.files if not one.private]
        assert len(secrets) > outcome.pair.left.items
        for shown in ("\n".join(public), *outcome.seen):
            assert not [secret for secret in secrets if secret in shown]
        for script, shown in zip(outcome.scripts, outcome.seen, strict=True):
            assert not shown or f"{script.letter}wort0endex0" in shown

    def test_files_are_the_same_byte_for_byte(self, outcome: Outcome) -> None:
        assert not list(compare.files(outcome.pairs))
        public = [one for each in outcome.left for one in each.files if not one.private]
        added = [len(script.part.sizes) + 2 for script in outcome.scripts]
        assert len(public) == sum(added)

    def test_a_quiet_pass_writes_nothing(self, outcome: Outcome) -> None:
        assert outcome.later == (outcome.left, outcome.right)
