"""A fortieth as many histories more, of values that are something else on the other side, and faults they catch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.domain.item import Side
from server.domain.values import LengthUnit, Value
from server.engine import lengths, mapping
from server.engine.mapping import CompiledField
from server.engine.richtext import crossing
from server.services.sync import ways
from tests.property.crossing_laws import Meant, beginning, check_crossings, check_halfway, check_tries_end
from tests.property.crossings import CrossingHistories, Ways
from tests.property.laws import pairs
from tests.property.model import Fate
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.sight import look
from tests.property.stories import values
from tests.property.world import Stage, World
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
SEED = 62
SIGNS = ("漢", "👨\u200d👩\u200d👧", "a")
MOST = 20


def test_every_history_of_values_that_cross_over_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 40, SEED, CrossingHistories)


class Story:
    """Two pairs in step, and a person on the left who types, so that it is something else on the right."""

    def __init__(self, stage: Stage, **kept: object) -> None:
        self.meant = Meant(Side.RIGHT, Side.RIGHT, MOST, LengthUnit.BYTES, signs={"".join(SIGNS): SIGNS})
        self.world: World = stage.world()
        Ways(most=MOST, **kept).furnish(self.world)  # type: ignore[arg-type]  # as the case says
        self.item, self.other = (self.world.left.person_creates(values(title)) for title in ("one", "two"))
        self.world.settle()

    def types(self, name: str, value: Value, meant: str | None = None) -> None:
        """A person types on the left."""
        self.world.left.person_edits(self.item, name, value)
        typed = self.world.left.records[self.item].typed[name][-1]
        self.meant.typed(typed.number, meant or str(value), pairs(self.world))

    def judge(self) -> None:
        """What the laws say once all has been carried over."""
        self.world.settle()
        self.world.settle()
        check_halfway(self.world)
        check_crossings(look(self.world), self.meant)


def day(stage: Stage) -> Story:
    """A day is typed, then the other account moves, and the item is written on."""
    story = Story(stage)
    story.types("day", "2026-12-24")
    story.world.settle()
    story.world.right.zone = "America/New_York"
    story.types("title", "on")
    return story


def moment(stage: Stage) -> Story:
    """On the right, where days are moments, somebody in Berlin types a day while our account is in New York."""
    story = Story(stage)
    story.world.right.zone = "America/New_York"
    twin = story.world.right.records[pairs(story.world)[story.item]]
    story.world.right.person_edits(twin.id, "day", beginning("2026-03-29", "Europe/Berlin"))
    story.meant.typed(twin.typed["day"][-1].number, "2026-03-29", {})
    return story


def note(stage: Stage) -> Story:
    """A text is longer than the other app's field: the cut falls into what people see as one sign."""
    story = Story(stage)
    story.types("note", "".join(SIGNS))
    return story


def words(stage: Stage) -> Story:
    """A text names an item with a twin, another app's item by its number, and a person."""
    story = Story(stage)
    story.types("words", f"#{story.other} and #77 by @alice")
    return story


def status(stage: Stage) -> Story:
    """A status is reached over another one, and the process dies on the way."""
    story = Story(stage)
    story.types("status", "2")
    story.world.tick()
    honest, deaths = story.world.right.fate, [Fate.KILLED_AFTER]
    story.world.right.fate = lambda call: deaths.pop() if deaths and call.endswith(".step") else honest(call)
    story.world.sync()
    assert not deaths
    return story


def a_day_is_that_of_utc(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mapping, "day_of", lambda moment, _zones: moment[:10])


def a_day_begins_by_utc(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mapping, "beginning_of", lambda one, _zones: f"{one}T03:00:00Z")


def a_text_is_cut_anywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mapping, "cut", lengths._fitting)


def a_cut_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mapping, "told", lambda *_: "")


def what_was_cut_is_news(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CompiledField, "_is_carried", lambda *_: False)
    patch.setattr(mapping, "told", lambda *_: "")


def nothing_is_guarded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(crossing, "_in_pieces", lambda text, _found, _syntax: iter((text,)))


def references_are_words(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(crossing._Way, "_there", lambda *_: None)


def a_way_is_not_on_record(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ways, "written_down", lambda _work, plans: list(plans))


@pytest.mark.parametrize("story", [day, moment, note, words, status])
def test_without_a_fault_the_stories_end_well(story: Callable[[Stage], Story], stage: Stage) -> None:
    story(stage).judge()


@pytest.mark.parametrize(
    ("plant", "story", "told"),
    [
        (a_day_is_that_of_utc, moment, "on one side is"),
        (a_day_begins_by_utc, day, "on one side is"),
        (a_text_is_cut_anywhere, note, "fits"),
        (a_cut_is_not_told, note, "nobody was told"),
        (nothing_is_guarded, words, "tells"),
        (references_are_words, words, "whose twin is"),
        (a_way_is_not_on_record, status, "which nobody typed|was typed into status"),
    ],
)
def test_a_planted_fault_breaks_its_law(
    plant: Callable[[pytest.MonkeyPatch], None],
    story: Callable[[Stage], Story],
    told: str,
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=told):
        story(stage).judge()


def test_a_blocked_way_that_is_tried_for_ever_breaks_its_law(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked() -> Story:
        story = Story(stage)
        story.world.right.blocked = True
        story.types("status", "2")
        return story

    check_tries_end(blocked().world)
    honest = World.sync

    def impatient(world: World, *given: object, **more: object) -> None:
        world.be_patient()  # as if nothing was remembered of what was refused
        honest(world, *given, **more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(World, "sync", impatient)
    with pytest.raises(AssertionError, match="go on writing"):
        check_tries_end(blocked().world)
