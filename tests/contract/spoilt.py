"""What every connector promises of answers in which a part is odd; a part of the conformance suite."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from server.connectors import registry
from server.connectors.base import Connector
from server.connectors.http import HttpOutlet
from server.domain.errors import LockstepError
from server.domain.item import Item, Page
from tests.contract.tracker import Tracker
from tests.security.fuzz import drawn

_ROUNDS = 20
_SHARES = (0.02, 0.1, 0.4)

Reading = Callable[[Connector], object]


class Spoiling(HttpOutlet):
    """What the app answers to reads, kept once it was asked; while ``spoil`` is set, with parts that are odd."""

    answers: dict[str, Any]
    spoil: random.Random | None = None

    def _exchange(self, method: str, target: str, *given: Any, **more: Any) -> Any:
        if method != "GET" or not more["at_once"]:
            return super()._exchange(method, target, *given, **more)
        if target not in self.answers:
            self.answers[target] = super()._exchange(method, target, *given, **more)
        answer = copy(self.answers[target])
        if self.spoil is not None:
            try:
                whole = json.loads(answer.data or b"null")
            except ValueError:
                return answer
            odd = drawn.spoilt(self.spoil, whole, self.spoil.choice(_SHARES))
            answer.data = json.dumps(odd).encode("utf-8", "surrogatepass")
        return answer


@contextmanager
def spoiling(tracker: Tracker, answers: dict[str, Any], draw: random.Random | None) -> Iterator[Connector]:
    """A connector that knows nothing yet, and hears odd things where there is something that draws."""
    outlet = Spoiling(tracker.settings["url"])
    outlet.answers, outlet.spoil = answers, draw
    opened = registry.open_connector(tracker.kind, tracker.settings, outlet)
    try:
        yield opened
    finally:
        opened.close()


def well_formed(item: Item) -> None:
    """What is believed of an answer is of the kinds that everything behind the connector relies on."""
    texts = [item.id, item.key, item.url, item.container, item.type, item.stamp, item.author_name, item.restricted]
    texts += [one for one in (item.parent, item.marker) if one is not None]
    texts += [*item.absorbed, *item.untyped, *item.computed, *item.fields]
    for comment in item.comments:
        texts += [comment.id, comment.body, comment.author, comment.author_name]
    for file in item.attachments:
        texts += [file.id, file.name, file.content_type]
    for link in item.links:
        texts += [link.kind, link.target]
    for value in item.fields.values():
        texts += value if isinstance(value, tuple) else []
        assert value is None or isinstance(value, str | int | float | bool | tuple), value
    assert all(isinstance(one, str) for one in texts), texts


def look(pages: Iterable[Page]) -> None:
    """The same, of all on several pages."""
    for page in pages:
        for head in page.heads:
            assert isinstance(head.id, str), head
            if head.item is not None:
                well_formed(head.item)


def all_texts(ids: Iterable[object]) -> None:
    """Whatever names an item is a text."""
    found = list(ids)
    assert all(isinstance(one, str) for one in found), found


class SpoiltAnswers:
    """Read by read, with what the app really answers and parts of it spoilt."""

    @pytest.fixture
    def readings(self, tracker: Tracker, item: Item) -> dict[str, Reading]:
        place, kind = tracker.container, tracker.item_type
        return {
            "check": lambda one: one.check(),
            "zone": lambda one: one.zone(),
            "abilities": lambda one: one.abilities(place),
            "containers": lambda one: one.containers(),
            "types": lambda one: one.item_types(place),
            "fields": lambda one: one.fields(place, kind),
            "users": lambda one: one.users(place),
            "place": lambda one: one.place(place),
            "kinds of link": lambda one: one.link_kinds(place),
            "changes": lambda one: look(one.changes(place, None)),
            "census": lambda one: all_texts(name for names in one.census(place) for name in names),
            "births": lambda one: list(one.births(place, "")),
            "holds": lambda one: one.holds(place, item.id),
            "fetch": lambda one: well_formed(one.fetch(item.id)),
            "find": lambda one: all_texts(one.find(tracker.draft(), datetime.now(UTC))),
        }

    def test_whatever_is_odd_in_an_answer_is_told_in_words(
        self, tracker: Tracker, readings: dict[str, Reading]
    ) -> None:
        answers: dict[str, Any] = {}
        for read in readings.values():
            with spoiling(tracker, answers, None) as honest, suppress(LockstepError):  # not everybody may read all
                read(honest)
        for number in range(_ROUNDS):
            for name, read in readings.items():
                with spoiling(tracker, answers, drawn.at_random(f"{name} {number}")) as connector:
                    try:
                        read(connector)
                    except LockstepError:
                        continue
                    except Exception as error:
                        raise AssertionError(f"{name}, drawn {number}: {type(error).__name__}: {error}") from error
