"""Labels of two items, in whatever case: every way in which two people can change them before a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

import pytest

from server.domain.item import Draft, Item, Side
from server.domain.operation import CreateItem, Operation, UpdateItem
from server.domain.pair import Pair
from server.engine.reconcile import reconcile
from tests.unit.engine.build import ids, item, linked, mapping, only

L, R = Side.LEFT, Side.RIGHT
FIELD = {L: "labels", R: "tags"}
COMPILED = mapping(fields=only("labels"))
[TYPE] = COMPILED.types
WORDS = ("Blau", "blau", "red")

Labels = tuple[str, ...]


@dataclass(frozen=True)
class Apps:
    """Which of the two apps keep labels in small letters."""

    folding: frozenset[Side]

    def kept(self, side: Side, labels: Labels) -> Labels:
        return tuple(sorted({each.lower() if side in self.folding else each for each in labels}))

    def alike(self, labels: Labels) -> set[str]:
        """Labels as both apps would keep them."""
        return {each.lower() for each in labels} if self.folding else set(labels)

    def possible(self, side: Side) -> list[Labels]:
        every = (each for size in range(len(WORDS) + 1) for each in combinations(WORDS, size))
        return sorted({self.kept(side, each) for each in every})


@dataclass
class Story:
    """What stood on each side, what people made of it, and what stands there once the two are in step again."""

    apps: Apps
    before: dict[Side, Labels]
    typed: dict[Side, Labels]
    cut_off: bool
    """The twin was made, nobody was told so, and people typed before anybody looked."""
    after: dict[Side, Labels]

    def acts(self, side: Side, word: str) -> set[bool]:
        """Whether the person of a side put a word on (True) or took it off; in another case it is put on anew."""
        before, now = self.apps.alike(self.before[side]), self.apps.alike(self.typed[side])
        anew = self.apps.alike(tuple(set(self.typed[side]) - set(self.before[side])))
        put = (word in now and word not in before) or word in anew
        return ({True} if put else set()) | ({False} if word in before and word not in now else set())

    def unknowable(self, word: str) -> bool:
        """Something was done to a word that we sent, on a twin that we had never seen: the app may have done it."""
        sent = {each.casefold() for each in self.before[R]}
        about = [each for each in WORDS if each.casefold() == word.casefold()]
        return self.cut_off and word.casefold() in sent and any(self.acts(R, each) for each in about)


def come_to_rest(apps: Apps, pair: Pair, items: dict[Side, Item], lost: tuple[Operation, ...]) -> dict[Side, Labels]:
    """Look again and again until nothing is written; what both sides hold then."""
    for _ in range(5):
        plan = reconcile(pair, TYPE, items[L], items[R], COMPILED, ids(), lost)
        pair, lost = plan.pair, ()
        for one in plan.operations:
            assert isinstance(one.step, UpdateItem)
            [(name, sent)] = one.step.changed.items()
            assert isinstance(sent, tuple)
            kept = {name: apps.kept(one.side, sent)}
            items[one.side] = replace(items[one.side], fields=kept)
            pair = pair.with_side(one.side, replace(pair.on(one.side), snapshot=kept))
        if not plan.operations:
            return {side: labels_of(items[side], side) for side in Side}
    raise AssertionError("the two never come to rest")


def labels_of(one: Item, side: Side) -> Labels:
    value = one.fields[FIELD[side]]
    assert isinstance(value, tuple)
    return value


def stories(apps: Apps, *, cut_off: bool) -> Iterator[Story]:
    for made, left, right in product(apps.possible(L), apps.possible(L), apps.possible(R)):
        before = {L: made, R: apps.kept(R, made)}
        pair = linked(item(L, {"labels": before[L]}), item(R, {"tags": before[R]}))
        lost: tuple[Operation, ...] = ()
        if cut_off:
            for side in Side:
                pair = pair.with_side(side, replace(pair.on(side), snapshot=None))
            lost = (Operation("o", pair.id, 0, R, CreateItem(Draft("R", "ticket", {"tags": made}, pair.id))),)
        items = {L: item(L, {"labels": left}), R: item(R, {"tags": right})}
        yield Story(apps, before, {L: left, R: right}, cut_off, come_to_rest(apps, pair, items, lost))


@pytest.mark.parametrize("cut_off", [False, True], ids=["in step before", "cut off before"])
@pytest.mark.parametrize("folding", [(), (L,), (R,), (L, R)], ids=lambda sides: "+".join(sides) or "none")
def test_what_one_person_does_to_a_label_is_done_on_both_sides(folding: tuple[Side, ...], cut_off: bool) -> None:  # noqa: FBT001 - a case
    apps = Apps(frozenset(folding))
    for story in stories(apps, cut_off=cut_off):
        left, right = (apps.alike(story.after[side]) for side in Side)
        assert left == right, story
        for word in apps.alike(WORDS):
            acts = story.acts(L, word) | story.acts(R, word)
            if len(acts) == 1 and not story.unknowable(word):
                assert {word in left, word in right} == acts, f"{word}: {story}"


def test_of_two_labels_that_an_app_keeps_as_one_the_one_that_stays_keeps_it_there() -> None:
    apps = Apps(frozenset({R}))
    pair = linked(item(L, {"labels": ("Blau", "blau")}), item(R, {"tags": ("blau",)}))
    items = {L: item(L, {"labels": ("Blau",)}), R: item(R, {"tags": ("blau",)})}
    assert come_to_rest(apps, pair, items, ()) == {L: ("Blau",), R: ("blau",)}


def test_a_label_that_a_twin_lacks_whose_creation_was_cut_off_is_written_again_and_taken_from_nobody() -> None:
    pair = linked(item(L, {}), item(R, {}))
    pair = pair.with_side(L, replace(pair.left, snapshot=None)).with_side(R, replace(pair.right, snapshot=None))
    lost = (Operation("o", pair.id, 0, R, CreateItem(Draft("R", "ticket", {"tags": ("blau", "red")}, pair.id))),)
    items = {L: item(L, {"labels": ("blau", "red")}), R: item(R, {"tags": ("red",)})}
    expected = {L: ("blau", "red"), R: ("blau", "red")}
    assert come_to_rest(Apps(frozenset()), pair, items, lost) == expected
