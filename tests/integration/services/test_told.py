"""What the command line is told of an item: the panel's sentence and what it rests on, and no value of any field."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from server.domain.errors import NotFound
from server.domain.rules import AudienceRules, Restricted
from server.domain.values import Value
from server.services import told
from tests.property.world import World

pytestmark = pytest.mark.postgres
SECRET = "only the tenant's people read this"
ITEM: dict[str, Value] = {"title": "bad", "text": SECRET, "status": "1", "labels": ()}


def test_a_held_item_is_told_with_its_reason_the_apps_words_and_no_values(world: World) -> None:
    world.right.refuses = frozenset({"bad"})
    item = world.left.person_creates(ITEM)
    world.sync()
    found = told.tell(world.scope, f"left-{item}", live=False)
    [one] = found["items"]
    assert one["sentence"] == found["sentence"]
    assert found["sentence"].startswith("Refused:")
    [held] = one["held"]
    assert held["reason"]
    assert held["words"]
    assert one["history"]
    assert SECRET not in json.dumps(found)


def test_a_pair_in_step_is_told_by_either_key(world: World) -> None:
    item = world.left.person_creates(ITEM | {"title": "good"})
    world.settle()
    [twin] = world.right.records
    for key in (f"left-{item}", f"right-{twin}"):
        found = told.tell(world.scope, key, live=False)
        assert found["sentence"].startswith("In step since")
        assert [one["state"] for one in found["items"]] == ["linked"]
        assert SECRET not in json.dumps(found)


def test_an_unknown_key_is_not_found_with_a_sentence(world: World) -> None:
    with pytest.raises(NotFound, match="Lockstep knows no such item"):
        told.tell(world.scope, "NOPE-1", live=False)


def test_a_restricted_item_is_told_by_its_key_without_what_it_says_or_the_apps_words(world: World) -> None:
    world.document = replace(world.document, audience=AudienceRules(left=Restricted.OPEN))
    world.right.refuses = frozenset({"bad"})
    item = world.left.person_creates(ITEM | {"title": "good", "private": True})
    world.settle()
    world.left.person_edits(item, "title", "bad")
    world.settle()
    found = told.tell(world.scope, f"left-{item}", live=False)
    [one] = found["items"]
    refused = "right refuses “Title”; that is left out, and the rest goes on."
    assert [(held["reason"], held["words"]) for held in one["held"]] == [(refused, "")]
    assert "“bad”" not in json.dumps(found, ensure_ascii=False)
    stays = world.right.person_creates(ITEM | {"title": "good, too", "private": True})
    world.settle()
    found = told.tell(world.scope, f"right-{stays}", live=False)
    assert found["sentence"].startswith("Left out by a rule: right restricts it (private).")
    assert "good, too" not in json.dumps(found)
