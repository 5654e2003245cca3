"""Promises 1 to 6, compared on both sides through the apps' own interface, once everything has come to rest."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import requests

from tests.chaos.stage import REFUSED, Stage
from tests.chaos.story import PRIVATE
from tests.support import compare
from tests.support.compare import SYNC, Kept, Said, Stored, digest
from tests.support.fakeapp.running import Running
from tests.support.fakeapp.serve import TOKEN
from tests.support.processes import Process

_MARKUPS, _KEEPS = ("plain", "plain"), (True, True)
_VALUES = {("open", "open"), ("closed", "closed")}
_NONE = {("", "")}


def read(app: Running) -> list[Stored]:
    """Everything the app holds, files included."""
    return [_stored(app, one) for one in app.items()]


def check(stage: Stage, sync: Process, typed: Collection[str] = ()) -> None:
    """Let both sides come to rest, then hold every promise against them.

    ``typed``: what people typed into one and the same field.
    """
    stage.rest(sync)
    left, right = read(stage.left), read(stage.right)
    here = [one for one in left if REFUSED not in one.title]
    pairs = compare.by_title(here, right)
    complaints = [
        *compare.twins(here, right),
        *compare.texts(pairs, _MARKUPS),
        *compare.values(pairs, _VALUES, _NONE),
        *compare.comments(pairs, _MARKUPS, _KEEPS),
        *compare.files(pairs),
        *_labels(stage),
        *_links(stage),
        *_published((left, right)),
    ]
    assert not complaints, "\n".join(complaints)
    assert len(pairs) == len(right)
    _held_on_record(stage, left)
    _made_on_record(stage)
    _overwritten_on_record(stage, left, typed)
    before = stage.written()
    stage.panel.whole_pass(sync.alive)
    assert stage.written() == before, "a quiet pass wrote"


def _labels(stage: Stage) -> list[str]:
    ours, theirs = (
        {one["fields"]["title"]: one["fields"]["labels"] for one in app.items()} for app in (stage.left, stage.right)
    )
    return [
        f"“{title}” has other labels on the left" for title in ours if theirs.get(title, ours[title]) != ours[title]
    ]


def _links(stage: Stage) -> list[str]:
    shown = []
    for app in (stage.left, stage.right):
        items = {one["id"]: one for one in app.items()}
        titles = {key: one["fields"]["title"] for key, one in items.items()}
        ends = {(titles[key], "relates", titles[other]) for key, one in items.items() for other in one["links"]}
        shown.append(
            ends | {(titles[key], "parent", titles[one["parent"]]) for key, one in items.items() if one["parent"]}
        )
    return [f"only one side has the link {one}" for one in sorted(shown[0] ^ shown[1])]


def _published(sides: tuple[list[Stored], list[Stored]]) -> list[str]:
    """Private words in a public comment."""
    every = (said for side in sides for one in side for said in one.comments)
    return [f"{said} is public" for said in every if PRIVATE in said.text and not said.private]


def _held_on_record(stage: Stage, left: list[Stored]) -> None:
    """The one item that the right app refuses is held with the app's own words, and nothing else is."""
    refused = {f"F-{one.id}" for one in left if REFUSED in one.title}
    held = {one["item_key"]: one for one in stage.panel.holds()}
    assert set(held) == refused, held
    assert all(REFUSED in one["words"] and one["kind"] == "quarantine" for one in held.values())


def _made_on_record(stage: Stage) -> None:
    """Each twin has one line of creation, and the runs say together how many were made."""
    told = stage.panel.creations()
    assert set(told.values()) == {1}, told
    assert sum(one["counts"].get("created", 0) for one in stage.panel.every_run()) == len(told)


def _overwritten_on_record(stage: Stage, left: list[Stored], typed: Collection[str]) -> None:
    """What one of them typed is on both sides, what the other typed is on record."""
    shown = {one.text for one in left} & set(typed)
    assert bool(shown) == bool(typed)
    record = stage.panel.record()
    assert not [words for words in typed if words not in shown and words not in record]


def _stored(app: Running, raw: dict[str, Any]) -> Stored:
    fields = raw["fields"]
    comments = tuple(
        Said(SYNC if one["own"] else one["author"], one["body"], one["private"]) for one in raw["comments"]
    )
    files = tuple(Kept(one["name"], one["size"], _digest(app, one["id"])) for one in raw["files"])
    assignee = fields["assignee"] or ""
    about = (raw["id"], fields["title"], fields["text"], fields["status"], "", assignee)
    return Stored(*about, comments, files, raw["updated"])


def _digest(app: Running, file_id: str) -> str:
    answer = requests.get(f"{app.url}/files/{file_id}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
    answer.raise_for_status()
    return digest(answer.content)
