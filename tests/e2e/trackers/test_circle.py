"""Redmine -> Request Tracker -> Roundup -> Redmine: a circle of integrations on real trackers multiplies nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.e2e.trackers import content
from tests.e2e.trackers.node import Ending, Node
from tests.e2e.trackers.visit_redmine import RedmineVisit
from tests.e2e.trackers.visit_request_tracker import RequestTrackerVisit
from tests.e2e.trackers.visit_roundup import RoundupVisit
from tests.e2e.trackers.visits import Visit
from tests.support.compare import Stored, words
from tests.support.postgres import Server, make_cluster
from tests.support.testbeds import redmine, request_tracker, roundup

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]

ITEMS = 2
"""Made in each of the three trackers, with a comment each."""

Place = tuple[Visit, Ending, Mapping[str, str]]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Place]]:
    """The three trackers, in the order of the circle."""
    folder = tmp_path_factory.mktemp("circle")
    with (
        redmine.running(folder / "redmine") as one,
        request_tracker.running(folder / "rt") as two,
        roundup.running(folder / "roundup") as three,
    ):
        login, password = three.auth()
        first, second, third = RedmineVisit(one), RequestTrackerVisit(two), RoundupVisit(three)
        yield [
            (
                first,
                Ending(
                    "redmine",
                    {"url": one.url, "api_key": one.keys["sync"], "marker_field": "Remote ID"},
                    one.project,
                    {"alice": first.users["alice"]},
                ),
                {},
            ),
            (
                second,
                Ending(
                    "request_tracker",
                    {"url": two.url, "token": two.tokens["sync"], "files_as": "reply"},
                    two.queue,
                    {"alice": second.users["alice"]},
                ),
                {},
            ),
            (
                third,
                Ending(
                    "roundup",
                    {"url": three.url, "login": login, "password": password},
                    three.container,
                    {"alice": third.users["alice"]},
                ),
                {"priority": "3"},
            ),
        ]


@pytest.fixture(scope="module")
def stood(places: list[Place], postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[list[Stored]]:
    """How the three stood when all was quiet, and once more after a quiet pass of each integration."""
    for number, (visit, _, usual) in enumerate(places):
        for item in range(ITEMS):
            word = f"wort{number}x{item}ende"
            made = visit.create("alice", content.title(word), content.description(visit.markup, word), dict(usual))
            visit.comment("alice", made, content.remark(visit.markup, f"said{number}x{item}"))
    with Node(make_cluster(postgres_server), _folder(tmp_path_factory)) as node:
        for number, (_, ending, _) in enumerate(places):
            _, other, _ = places[(number + 1) % len(places)]
            node.configure(ending, other, lambda document: document, name=f"side {number} of the circle")
        node.start()
        node.wait_until_quiet()
        first = _read(places)
        node.wait_until_quiet()
        later = _read(places)
    assert first == later, "a quiet pass wrote"
    return first


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("node")


def _read(places: Sequence[Place]) -> list[list[Stored]]:
    return [list(visit.read()) for visit, _, _ in places]


def test_every_item_is_in_each_tracker_once(stood: list[list[Stored]]) -> None:
    titles = {content.title(f"wort{number}x{item}ende") for number in range(3) for item in range(ITEMS)}
    for items in stood:
        assert Counter(one.title for one in items) == Counter(titles)


def test_every_comment_is_on_each_item_once(stood: list[list[Stored]], places: list[Place]) -> None:
    for items, (visit, _, _) in zip(stood, places, strict=True):
        for one in items:
            number, item = one.title.split("wort")[1].split("ende")[0].split("x")
            said = [word for comment in one.comments for word in words(comment.text, visit.markup)]
            assert said.count(f"said{number}x{item}") == 1, one.comments
