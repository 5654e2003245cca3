"""Random histories of several Lockstep integrations on the same apps: circles, two tenants, a copy of a database.

People make, edit, comment and attach in any app while passes follow each other in any order, some of them in trouble.
The law: a container holds at most one member of a lineage, and an item each comment and file once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.property import together as stages
from tests.property.model import MISFORTUNES, Fate, ModelApp
from tests.property.together import PLAIN, Together
from tests.property.world import Stage

quirks_of = st.fixed_dictionaries(
    {
        "marks_comments": st.booleans(),
        "page": st.sampled_from([2, 50]),
        "renders": st.sampled_from([False, False, True]),
        "trims": st.sampled_from([False, False, True]),
    }
)
troubles = st.lists(
    st.tuples(st.integers(0, 14), st.sampled_from([one for one in MISFORTUNES if one is not Fate.MEANWHILE])),
    min_size=1,
    max_size=3,
).map(lambda several: [fate for wait, bad in several for fate in [Fate.WELL] * wait + [bad]])


def _circle(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.circle(tenants[0], "left", "middle", "right", **quirks)


def _circle_of_tenants(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.circle_of_strangers(tenants, **quirks)


def _circle_of_accounts(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.circle_of_strangers(tenants, accounts=("us", "them", "others"), **quirks)


def _two_tenants(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.strangers(tenants[:2], **quirks)


def _two_accounts(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.strangers(tenants[:2], accounts=("us", "them"), **quirks)


def _chain(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.chain(tenants[0], "left", "middle", "right", **quirks)


def _alone(tenants: Sequence[Stage], quirks: dict[str, Any]) -> Together:
    return stages.strangers(tenants[:1], **quirks)


WHAT: Mapping[Callable[[Sequence[Stage], dict[str, Any]], Together], str] = {
    _circle: "a circle",
    _circle_of_tenants: "a circle of tenants",
    _circle_of_accounts: "a circle of accounts",
    _two_tenants: "a second tenant",
    _two_accounts: "a second tenant with an account of its own",
    _chain: "a chain",
    _alone: "one alone",
}
KINDS = tuple(WHAT)


class KindredHistories(RuleBasedStateMachine):
    """People and several integrations; the law is checked once it is over."""

    tenants: Sequence[Stage]
    together: Together
    played: ClassVar[int] = 0
    steps: ClassVar[int] = 0
    met: ClassVar[Counter[str]] = Counter()
    """In how many of them something was really met, by its name."""
    meets: ClassVar[frozenset[str]] = frozenset({*WHAT.values(), "a restored database", "a copied database"})
    """What they are played for: of many of them some must meet it."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._copies = ExitStack()
        self._copied = False
        self._what = ""

    @initialize(kind=st.sampled_from(KINDS), quirks=quirks_of)
    def begin(self, kind: Callable[..., Together], quirks: dict[str, Any]) -> None:
        self._what = WHAT[kind]
        self.together = kind(self.tenants, quirks)
        self._count += 1
        self.together.apps[0].person_creates({**PLAIN, "title": "t0", "text": "the text of 0"})

    def _app(self, data: Any, *, filled: bool = False) -> ModelApp:
        there = [one.name for one in self.together.apps if one.records or not filled]
        return self.together.app(data.draw(st.sampled_from(there)))

    def _item(self, app: ModelApp, data: Any) -> str:
        return str(data.draw(st.sampled_from(sorted(app.records, key=int))))

    @rule(data=st.data())
    def create(self, data: Any) -> None:
        title = f"t{self._count}"
        self._app(data).person_creates({**PLAIN, "title": title, "text": f"the text of {title}"})
        self._count += 1

    @rule(data=st.data())
    def edit(self, data: Any) -> None:
        app = self._app(data, filled=True)
        self._count += 1
        app.person_edits(self._item(app, data), "text", f"edited {self._count}")

    @rule(data=st.data())
    def comment(self, data: Any) -> None:
        app = self._app(data, filled=True)
        self._count += 1
        app.person_comments(self._item(app, data), f"cömment {self._count}", private=False)

    @rule(data=st.data())
    def attach(self, data: Any) -> None:
        app = self._app(data, filled=True)
        self._count += 1
        app.person_attaches(self._item(app, data), f"fïle {self._count}.txt", f"{self._count}".encode())

    @rule(data=st.data(), several=st.integers(1, 3))
    def passes(self, data: Any, several: int) -> None:
        for _ in range(several):
            self.together.sync(self._one(data))

    @rule(data=st.data(), fates=troubles)
    def pass_in_trouble(self, data: Any, fates: list[Fate]) -> None:
        self.together.sync(self._one(data), fates)

    def _one(self, data: Any) -> int:
        return int(data.draw(st.integers(0, len(self.together.worlds) - 1)))

    @precondition(lambda self: hasattr(self, "together") and len(self.together.worlds) == 1 and not self._copied)
    @rule(restored=st.booleans())
    def copy_the_database(self, restored: bool) -> None:  # noqa: FBT001 - drawn
        """The copy works beside the original from now on, or (a backup) comes to its place after a few passes."""
        self._copied = True
        self._what = "a restored database" if restored else "a copied database"
        [world] = self.together.worlds
        copy = self._copies.enter_context(stages.copied(world, self.tenants[0]))
        if restored:
            self.create_in_all()
            self.together.pass_of(0, 0)
        worlds = [copy] if restored else [world, copy]
        self.together = stages.share_time(*worlds, apps=self.together.apps)

    def create_in_all(self) -> None:
        """An item in every app."""
        for app in self.together.apps:
            app.person_creates({**PLAIN, "title": f"t{self._count}", "text": f"the text of {self._count}"})
            self._count += 1

    def teardown(self) -> None:
        try:
            if hasattr(self, "together"):
                self.together.settle()
                check_one_member(self.together)
                check_said_once(self.together, lines=self._lines())
                check_rest(self.together)
                KindredHistories.played += 1
                KindredHistories.met[self._what] += self.together.writes() > 0
        finally:
            self._copies.close()

    def _lines(self) -> int:
        """How often a comment may name who wrote it, at most.

        Where an app keeps no correlation id with a comment, the account alone tells that a Lockstep wrote it. Nobody
        knows the accounts of other installations, so each of these may name the author whom it took for a person.
        """
        mute = any(not one.marks_comments for one in self.together.apps)
        accounts = {world.who for world in self.together.worlds} if mute else {""}
        return len(accounts)

    def check_invariants(self, *args: Any, **more: Any) -> None:
        KindredHistories.steps += 1
        super().check_invariants(*args, **more)


def check_one_member(together: Together) -> None:
    """Promise 1: each container holds every item that people made once, wherever they made it, and nothing else."""
    made = {str(one.fields["title"]) for app in together.apps for one in app.records.values()}
    for app in together.apps:
        held = Counter(str(one.fields["title"]) for one in app.records.values())
        twice = {title: number for title, number in held.items() if number > 1}
        assert not twice, f"{app.name} holds more than one of {twice}: {_held(together)}"
        assert set(held) == made, f"{app.name} lacks {made - set(held)}: {_held(together)}"


def check_said_once(together: Together, lines: int = 1) -> None:
    """Promises 1 and 3: each comment and file of a person is on every member of the lineage once, under one name.

    ``lines``: so many lines on top of it may name an author.
    """
    said = {_words(one.body) for app in together.apps for item in app.records.values() for one in item.comments}
    for app in together.apps:
        for item in app.records.values():
            bodies = Counter(_words(one.body) for one in item.comments if one.id not in app.doubled)
            assert not [one for one in bodies if bodies[one] > 1], f"{item.key} of {app.name} holds {bodies}"
            assert all(one.body.count("wrote on") <= lines for one in item.comments), [
                one.body for one in item.comments
            ]
            names = Counter(one.name for one in item.attachments if one.id not in app.doubled)
            assert not [one for one in names if names[one] > 1], f"{item.key} of {app.name} holds {names}"
    for app in together.apps:
        there = {_words(one.body) for item in app.records.values() for one in item.comments}
        assert there == said, f"{app.name} lacks {said - there}"


def _words(body: str) -> str:
    return " ".join(body.rpartition("UTC:")[2].split())


def check_rest(together: Together) -> None:
    """Promise 2: once all is said, nobody writes any more."""
    before = together.writes()
    together.pass_of()
    together.pass_of()
    assert together.writes() == before, "they go on writing"


def _held(together: Together) -> list[list[str]]:
    return [together.held(number) for number in range(len(together.worlds))]
