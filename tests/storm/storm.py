"""One storm: three real trackers behind proxies, people at work, a process that is killed; it must not judge."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from server.domain.integration import Document
from tests.e2e.trackers.node import Ending, Node
from tests.e2e.trackers.visit_redmine import RedmineVisit
from tests.e2e.trackers.visit_request_tracker import RequestTrackerVisit
from tests.e2e.trackers.visit_roundup import RoundupVisit
from tests.e2e.trackers.visits import Visit, in_parallel
from tests.storm import record
from tests.storm.diary import Diary, token_of
from tests.storm.people import Crowd
from tests.storm.verdict import Standing, Verdict, judge
from tests.storm.weather import Weather
from tests.support.compare import Stored
from tests.support.postgres import TestCluster
from tests.support.proxy import Proxy, standing_before
from tests.support.testbeds import redmine, request_tracker, roundup

PEOPLE = ("alice", "bob")
_SEEDED = 6
"""Items that each side has before the integration starts."""
_PAST_THE_LEASE = 9.0
_QUIET_PASSES = 2
_NOTHING_TO_WRITE = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How bad it becomes. ``kills`` of the process, ``stops`` past its lease; so many writes to apps lie between two.

    Writes and not seconds: a busy machine would else be killed before it had read anything, which proves nothing.
    """

    kills: int = 25
    stops: int = 2
    seed: int = 1
    scale: float = 1.0
    pause: float = 0.3
    between: tuple[int, int] = (1, 60)


@dataclass(slots=True)
class Front:
    """An integration of the storm: what its people see of both sides, and what they did."""

    name: str
    visits: tuple[Visit, Visit]
    ends: tuple[Ending, Ending]
    usual: tuple[Mapping[str, str], Mapping[str, str]]
    statuses: tuple[Sequence[str], Sequence[str]]
    diary: Diary = field(default_factory=Diary)
    document: Document | None = None
    id: str = ""
    crowds: list[Crowd] = field(default_factory=list)

    def rows(self, name: str) -> set[tuple[str, str]]:
        """Which values of a field mean the same, as the integration says."""
        kinds = self.document.types if self.document else ()
        rules = [one for kind in kinds for one in kind.fields if one.left == name]
        return {(row.left, row.right) for one in rules for row in one.values}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a verdict for each integration, what the proxies did, and how long it took in seconds.

    ``evidence``: all that product and trackers have on record of the items with a fault.
    """

    verdicts: Mapping[str, Verdict]
    happened: Mapping[str, int]
    done: Mapping[str, int]
    held: Sequence[str]
    failures: Sequence[str]
    evidence: Sequence[str]
    seconds: float

    @property
    def faults(self) -> list[str]:
        """All that went wrong."""
        return [said for one in self.verdicts.values() for said in one.faults]


Say = Callable[[str], None]


@contextmanager
def fronts(folder: Path, weather: Weather) -> Iterator[tuple[list[Front], list[Proxy]]]:
    """Redmine <-> Request Tracker, and Roundup <-> another project of the same Redmine, each app behind a proxy."""
    with ExitStack() as stack:
        one = stack.enter_context(redmine.running(folder / "redmine"))
        two = stack.enter_context(request_tracker.running(folder / "rt"))
        three = stack.enter_context(roundup.running(folder / "roundup"))
        proxies = [stack.enter_context(standing_before(bed.url, weather)) for bed in (one, two, three)]
        urls = [proxy.url for proxy in proxies]
        first, second = RedmineVisit(one), RedmineVisit(replace(one, project=one.second))
        desk, tracker = RequestTrackerVisit(two), RoundupVisit(three)
        login, password = three.auth()
        engineering = {"url": urls[0], "api_key": one.keys["sync"], "marker_field": "Remote ID"}

        def end(kind: str, visit: Visit, settings: Mapping[str, str], container: str) -> Ending:
            known = getattr(visit, "users", {})
            return Ending(kind, settings, container, {login: known[login] for login in PEOPLE})

        help_desk = {"url": urls[1], "token": two.tokens["sync"], "files_as": "reply"}
        issues = {"url": urls[2], "login": login, "password": password}
        yield (
            [
                Front(
                    "Redmine and Request Tracker",
                    (first, desk),
                    (
                        end("redmine", first, engineering, one.project),
                        end("request_tracker", desk, help_desk, two.queue),
                    ),
                    ({}, {}),
                    (("2", "3", "5"), ("open", "resolved")),
                ),
                Front(
                    "Roundup and Redmine",
                    (tracker, second),
                    (
                        end("roundup", tracker, issues, three.container),
                        end("redmine", second, engineering, one.second),
                    ),
                    ({"priority": "3"}, {}),
                    (("5", "8"), ("2", "3", "5")),
                ),
            ],
            proxies,
        )


def rage(plan: Plan, cluster: TestCluster, folder: Path, say: Say = lambda _: None) -> Outcome:
    """Let a storm pass over real trackers and judge what it left."""
    began, weather = time.monotonic(), Weather(plan.seed, plan.scale, calm=True)
    (folder / "node").mkdir()
    with fronts(folder, weather) as (places, proxies), Node(cluster, folder / "node") as node:
        for number, front in enumerate(places):
            front.document = node.configure(*front.ends, lambda document: document, name=front.name)
            front.id = node.integrations[-1]
            front.crowds = [_crowd(node, front, side, plan, number) for side in (0, 1)]
        crowds = [crowd for front in places for crowd in front.crowds]
        say("people fill the trackers")
        in_parallel(len(crowds), lambda crowd: crowd.begin(_SEEDED), crowds)
        over = threading.Event()
        threads = [threading.Thread(target=crowd.work, args=(over,)) for crowd in crowds]
        weather.calm = False
        node.start()
        for thread in threads:
            thread.start()
        try:
            _strike(node, plan, weather, say)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        made = node.count("pairs where state = 'linked'")
        say(f"the storm is over after {weather.writes} writes and {made} pairs; both sides come to rest")
        weather.calm = True
        node.retry_all()
        node.wait_until_quiet()
        standings = [_stand(node, front) for front in places]
        held = node.held()
        verdicts = {one.name: judge(one, front.diary) for one, front in zip(standings, places, strict=True)}
        evidence = [line for front in places for line in _evidence(node, front, verdicts[front.name])]
    done = {
        "items": sum(len(one.diary.items) for one in places),
        "comments": sum(len(one.diary.remarks) for one in places),
        "titles": sum(len(one.diary.titles) for one in places),
        "files": sum(len(one.diary.files) for one in places),
        "kills": plan.kills,
        "reads in the storm": weather.reads,
        "writes in the storm": weather.writes,
        "pairs made in the storm": made,
    }
    happened = {
        str(fault): sum(proxy.happened[fault] for proxy in proxies) for proxy in proxies for fault in proxy.happened
    }
    failures = [said for crowd in crowds for said in crowd.failures]
    return Outcome(verdicts, happened, done, held, failures, evidence, time.monotonic() - began)


def _crowd(node: Node, front: Front, place: int, plan: Plan, number: int) -> Crowd:
    side = ("left", "right")[place]
    priorities = sorted({row[place] for row in front.rows("priority")})
    statuses = [one for one in front.statuses[place] if one in {row[place] for row in front.rows("status")}]
    choices = {"status": statuses, "priority": priorities, "assignee": (*PEOPLE, "")}

    def known() -> list[tuple[str, str]]:
        return [(item, token_of(title)) for item, title in record.linked(node, front.id, side)]

    return Crowd(
        front.visits[place],
        side,
        front.diary,
        {name: values for name, values in choices.items() if values},
        known,
        seed=plan.seed * 100 + number * 10 + place,
        usual=front.usual[place],
        pause=plan.pause,
    )


def _strike(node: Node, plan: Plan, weather: Weather, say: Say) -> None:
    """Kill the process again and again at any moment, and let it stand still past its lease now and then."""
    drawn = random.Random(plan.seed)  # noqa: S311 - the same storm for the same seed
    blows = ["kill"] * plan.kills + ["stop"] * plan.stops
    drawn.shuffle(blows)
    for number, blow in enumerate(blows, 1):
        _wait_for_writes(weather, drawn.randint(*plan.between))
        say(f"{number} of {len(blows)}: {blow}, after {weather.writes} writes")
        if blow == "kill":
            node.kill()
            node.start()
        else:
            node.stop()
            time.sleep(_PAST_THE_LEASE)
            node.wake()
    _wait_for_writes(weather, plan.between[1])


def _wait_for_writes(weather: Weather, many: int) -> None:
    """Until so many more have gone to the apps; or until it is clear that nothing is to be written."""
    wanted, deadline = weather.writes + many, time.monotonic() + _NOTHING_TO_WRITE
    while weather.writes < wanted and time.monotonic() < deadline:
        time.sleep(0.02)


def _stand(node: Node, front: Front) -> Standing:
    left, right = _read(front)
    for _ in range(_QUIET_PASSES):
        node.wait_until_quiet()
    later = _read(front)
    first, second = front.visits
    return Standing(
        front.name,
        left,
        right,
        later,
        (first.seen_by_outsider(), second.seen_by_outsider()),
        (first.markup, second.markup),
        (first.keeps_private, second.keeps_private),
        front.rows("status"),
        front.rows("priority"),
        record.said(node, front.id),
        record.troubled(node, front.id),
        record.creations(node, front.id),
    )


def _evidence(node: Node, front: Front, verdict: Verdict) -> Iterator[str]:
    for token in sorted({token for said in verdict.faults if (token := token_of(said))}):
        yield f"== {front.name}: {token}"
        yield from (str(one) for one in front.diary.titles if one.token == token)
        yield from record.story(node, front.id, token)
        for ids in record.twins(node, front.id, token):
            yield from (visit.history(item) for visit, item in zip(front.visits, ids, strict=True))


def _read(front: Front) -> tuple[tuple[Stored, ...], tuple[Stored, ...]]:
    left, right = in_parallel(2, lambda visit: visit.read(), front.visits)
    return left, right
