"""An app that misbehaves in every way over real HTTP, and people at work on both sides: the promises hold."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace

import pytest

from server.services.scope import TenantScope
from server.services.sync.passes import Broken
from tests.support.fakeapp.app import Quirks
from tests.support.fakeapp.joined import Joined, joined
from tests.support.fakeapp.people import People, key_of
from tests.support.fakeapp.running import Running, running

pytestmark = pytest.mark.postgres
_PATIENCE_SECONDS = 180.0
_SEED = int(os.environ.get("LOCKSTEP_SEED", "1"))
"""Another number tells another story."""


@dataclass(frozen=True, slots=True)
class Mood:
    """What the apps do to us. ``told``: it makes something fail, which must be on record (None: it may)."""

    quirks: Quirks
    told: bool | None = True
    settings: dict[str, str] = field(default_factory=dict)


MOODS = {
    "429": Mood(Quirks(busy=0.2, retry_as="nothing"), told=None),  # a request that is sent again mostly comes through
    "429 with Retry-After": Mood(Quirks(busy=0.03, retry_after=1), told=None),
    "429 with Retry-After as a date": Mood(Quirks(busy=0.03, retry_after=1, retry_as="date"), told=None),
    "500": Mood(Quirks(broken=0.2)),
    "lost answers": Mood(Quirks(lost=0.3)),
    "answers cut in the middle": Mood(Quirks(cut=0.2)),
    "half a JSON": Mood(Quirks(truncated=0.2)),
    "repeated and overlapping pages": Mood(Quirks(repeated=0.4, overlaps=5), told=False),
    "lists out of order": Mood(Quirks(shuffles=True), told=False),
    "a search that lags": Mood(Quirks(search_lag=0.2, lost=0.2), settings={"marker_lag": "0.4"}),
    "stalls": Mood(Quirks(stalled=0.05, stall_seconds=30), settings={"patience": "0.3"}),
    "a create that has to be read back": Mood(
        Quirks(search_lag=0.2, broken=0.2), settings={"marker_lag": "0.4", "reads_back": "true"}
    ),
    "a quarter of all reads of no use": Mood(Quirks(bad_reads=0.25), told=None),
    "pages to log in at": Mood(Quirks(walled=0.15, strange=0.1), told=None),
    "whole seconds": Mood(Quirks(whole_seconds=True, broken=0.1)),
}
_ALL = Quirks(
    busy=0.05,
    retry_as="nothing",
    broken=0.05,
    lost=0.02,
    cut=0.02,
    truncated=0.02,
    repeated=0.05,
    overlaps=3,
    shuffles=True,
    stalled=0.01,
    stall_seconds=30,
    search_lag=0.1,
)
MOODS["all together"] = Mood(_ALL, settings={"marker_lag": "0.3", "patience": "0.5", "heads_only": "true"})
_QUICK = ("pages to log in at", "lost answers", "a create that has to be read back", "half a JSON", "all together")
"""Those that `make test-fast` plays too."""


@pytest.fixture(scope="module")
def apps() -> Iterator[tuple[Running, Running]]:
    with running(seed=_SEED) as left, running(seed=_SEED + 1) as right:
        yield left, right


def meet(stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope, mood: Mood) -> tuple[Joined, People]:
    """Two apps in that mood, each with items of its own, joined but not worked yet."""
    left, right = apps
    for app in apps:
        app.control("reset")
    people = People(left, right, random.Random(_SEED))  # noqa: S311 - a story that can be told again
    people.create("left", 20)
    people.create("right", 10)
    return stack.enter_context(joined(scope, left, right, mood.settings)), people


def turn(one: Joined, quirks: Quirks) -> None:
    """Both apps change their mood."""
    for app in (one.left, one.right):
        app.control("quirks", **asdict(quirks))


def live(one: Joined, people: People, mood: Mood) -> list[Broken]:
    """A backfill and then edits on both sides, all of it in that mood; the passes that were stopped."""
    turn(one, mood.quirks)
    outcomes = []
    for _ in range(3):
        wait_until_shown(one)
        outcomes.append(one.work())
    for _ in range(3):
        one.release()
        people.create("left", 2)
        for side in ("left", "right"):
            people.busy(side, 6, one.linked(side))
        outcomes.append(one.work())
    return [each for each in outcomes if isinstance(each, Broken)]


def come_to_rest(one: Joined) -> None:
    """Passes in the same mood, until nothing is open and nothing is written any more.

    A pass that was shown an old list once more proves nothing.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    calm = 0
    while calm < 3:
        assert time.monotonic() < deadline, "they never come to rest"
        wait_until_shown(one)
        before, old = writes(one), fates(one).get("repeated", 0)
        one.release()
        outcome = one.work()
        fresh = fates(one).get("repeated", 0) == old
        quiet = fresh and not isinstance(outcome, Broken) and writes(one) == before and not pending(one)
        calm = calm + 1 if quiet else 0


def wait_until_shown(one: Joined) -> None:
    """Until both lists show all that there is: a pass over less knows nothing of rest."""
    deadline, tick = time.monotonic() + _PATIENCE_SECONDS, threading.Event()
    while one.left.counts()["unseen"] or one.right.counts()["unseen"]:
        assert time.monotonic() < deadline, "the lists never show everything"
        tick.wait(0.02)


def writes(one: Joined) -> int:
    return int(one.left.counts()["writes"] + one.right.counts()["writes"])


def pending(one: Joined) -> bool:
    held = one.rows("select 1 from holds where integration_id = :of and kind <> 'skipped'")
    return bool(held or one.rows("select 1 from operations where state = 'planned'"))


def fates(one: Joined) -> dict[str, int]:
    left, right = one.left.counts()["fates"], one.right.counts()["fates"]
    return {name: left.get(name, 0) + right.get(name, 0) for name in {*left, *right}}


@pytest.mark.parametrize("name", [one if one in _QUICK else pytest.param(one, marks=pytest.mark.slow) for one in MOODS])
def test_backfill_and_edits_come_through_any_mood(
    stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope, name: str
) -> None:
    mood = MOODS[name]
    one, people = meet(stack, apps, scope, mood)
    broken = live(one, people, mood)
    come_to_rest(one)
    suffered = fates(one)
    turn(one, Quirks())
    people.check()
    told = one.rows("select summary from events where integration_id = :of and outcome in ('held', 'failed')")
    assert all(row.summary for row in told)
    assert all(each.reason for each in broken)
    assert mood.told in (None, bool(told or broken)), suffered
    one.work()
    before = writes(one)
    one.work()
    assert writes(one) == before


@pytest.mark.parametrize(("heads_only", "count"), [("false", 420), pytest.param("true", 100, marks=pytest.mark.slow)])
def test_a_long_walk_comes_to_its_end_though_a_quarter_of_all_reads_is_of_no_use(
    stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope, heads_only: str, count: int
) -> None:
    mood = Mood(Quirks(bad_reads=0.25), settings={"heads_only": heads_only})
    one, people = meet(stack, apps, scope, mood)
    people.create("left", count)
    turn(one, mood.quirks)
    broken = [outcome for outcome in (one.work() for _ in range(3)) if isinstance(outcome, Broken)]
    assert len(broken) <= 1, broken
    come_to_rest(one)
    suffered = fates(one)
    # A list that brings whole items needs few reads, so few of the ways to fail are met.
    assert len(suffered) > (3 if heads_only == "true" else 0), suffered
    turn(one, Quirks())
    people.check()
    assert len(one.right.items()) == len(one.left.items()) == count + 30


def test_what_vanishes_between_list_and_fetch_holds_back_nothing_and_takes_nothing_along(
    stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope
) -> None:
    mood = Mood(Quirks(vanishing=0.3), settings={"heads_only": "true"})
    one, people = meet(stack, apps, scope, mood)
    one.left.control("quirks", **asdict(mood.quirks))
    there = {key_of(each) for each in one.left.items()}
    one.work()
    one.left.control("quirks", **asdict(replace(mood.quirks, vanishing=0.0)))
    gone = there - {key_of(each) for each in one.left.items()}
    assert gone
    come_to_rest(one)
    people.check(gone=frozenset(gone))
    assert not {key_of(each) for each in one.right.items()} & gone


def test_what_we_made_is_known_when_the_list_brings_it(
    stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope
) -> None:
    one, _ = meet(stack, apps, scope, Mood(Quirks()))
    one.work()
    assert [row.n for row in one.rows("select count(*) n from pairs where integration_id = :of")] == [30]
    assert one.rows("select 1 from pairs where left_stamp = '' or right_stamp = ''") == []
