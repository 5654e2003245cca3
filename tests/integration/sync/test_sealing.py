"""What private comments say is in no live row in clear where a tenant wants that, whatever becomes of the comment."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from server.domain.values import Value
from server.services import sealing
from server.services.sync.passes import Desk
from server.store import sealing as store
from server.store.crypto import Cipher, WrongKey
from server.store.sealing import WITHHELD, State, quotes
from tests.property.model import Fate
from tests.property.model.fates import Killed
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ("red",)}
PLANTED = "plantedsecret"


def live(world: World) -> str:
    """Every live row of the tenant's schema, as a dump has it; of the comments that are there in clear, too."""
    with world.scope.reading() as tx:
        names = tx.execute(text("select tablename from pg_tables where schemaname = current_schema()")).scalars().all()
        assert {"operations", "events", "holds", "pairs", "previews"} <= set(names)
        rows = [tx.execute(text(f'select to_jsonb(t) from "{name}" t')).scalars().all() for name in names]  # noqa: S608 - our own tables
    return json.dumps(rows, ensure_ascii=False)


def planted(world: World) -> set[str]:
    return set(re.findall(rf"{PLANTED}\w*", live(world)))


def sealed(world: World, *, on: bool = True) -> State:
    return sealing.set_sealed(world.scope, "admin", sealed=on)


def fresh(stage: Stage, **quirks: Any) -> World:
    """A clean world of a tenant that keeps private comments as they are."""
    world = stage.world(**quirks)
    sealed(world, on=False)
    return world


def in_step(world: World) -> tuple[str, str]:
    mine = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records
    return mine, twin


def said(world: World, twin: str) -> list[str]:
    return [one.body for one in world.right.records[twin].comments]


BAD = [Fate.WELL, Fate.BUSY, Fate.LOST, Fate.CUT, Fate.TWICE, Fate.REFUSED, Fate.KILLED_BEFORE, Fate.KILLED_AFTER]


def test_no_planted_word_is_in_a_live_row_whatever_becomes_of_the_comment(stage: Stage) -> None:
    world = fresh(stage, refuses_comments=frozenset({f"{PLANTED}unwelcome"}))
    mine, twin = in_step(world)
    assert sealed(world) == State(sealed=True, through=True)
    world.left.person_comments(mine, "for everybody", private=False)
    for number, (before, bad) in enumerate(product((1, 3, 5), BAD)):
        world.left.person_comments(mine, f"{PLANTED}made{number}", private=True)
        world.sync([Fate.WELL] * before + [bad])
        assert planted(world) == set(), (before, bad)
        [comment] = [one for one in world.left.records[mine].comments if one.body == f"{PLANTED}made{number}"]
        world.left.person_edits_comment(mine, comment.id, f"{PLANTED}edited{number}")
        world.sync([Fate.WELL] * before + [bad])
        assert planted(world) == set(), (before, bad, "edited")
    world.settle()
    arrived = [one for one in said(world, twin) if PLANTED in one]
    assert len([one for one in arrived if "edited" in one]) >= len(BAD), "they travel all the same"
    world.left.person_comments(mine, f"{PLANTED}unwelcome", private=True)
    world.settle()
    [last, *_] = [one for one in world.left.records[mine].comments if PLANTED in one.body]
    world.left.person_removes_comment(mine, last.id)
    world.settle()
    assert planted(world) == set()
    assert "sealed" in live(world)


def test_an_undo_finds_what_a_sealed_comment_said_before(stage: Stage) -> None:
    world = fresh(stage)
    mine, twin = in_step(world)
    sealed(world)
    world.left.person_comments(mine, f"{PLANTED}once", private=True)
    world.settle()
    [comment] = world.left.records[mine].comments
    world.left.person_edits_comment(mine, comment.id, f"{PLANTED}twice")
    world.settle()
    assert f"{PLANTED}twice" in said(world, twin)[0]
    [run] = world.rows("select run_id from operations where kind = 'edit_comment'")
    world.ask("undo", {"run": str(run.run_id)})
    world.go_on_in_trouble([])
    assert f"{PLANTED}once" in said(world, twin)[0]
    assert planted(world) == set()


def test_what_is_there_is_sealed_and_opened_again_and_a_kill_in_the_midst_is_found_by_the_next_thread(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_AT_ONCE", 1)
    world = fresh(stage, refuses_comments=frozenset({f"{PLANTED}refused"}))
    mine, _ = in_step(world)
    for word in ("one", "two", "three", "refused"):
        world.left.person_comments(mine, f"{PLANTED}{word}", private=True)
        world.settle()
    whole = world.rows("select id, payload from operations order by id")
    assert planted(world)
    commits = iter([Fate.WELL, Fate.WELL, Fate.KILLED_AFTER])
    scope = replace(world.scope, commits=lambda _: next(commits, Fate.WELL))
    with pytest.raises(Killed):
        sealing.set_sealed(scope, "admin", sealed=True)
    assert sealing.state(world.scope) == State(sealed=True, through=False)
    assert planted(world), "it died half way"
    sealing.finish(world.scope)
    assert sealing.state(world.scope) == State(sealed=True, through=True)
    assert planted(world) == set()
    assert sealed(world, on=False) == State(sealed=False, through=True)
    assert world.rows("select id, payload from operations order by id") == whole


def test_a_sealed_text_opens_in_no_other_row_and_under_no_other_tenants_key() -> None:
    payload = {"kind": "add_comment", "source": "7", "draft": {"body": PLANTED, "private": True, "marker": "m"}}
    cipher = Cipher(bytes(32))
    kept = store.seal(cipher, "operation 1", payload)
    assert PLANTED not in json.dumps(kept)
    assert store.opened(cipher, "operation 1", kept) == payload
    for other, operation in ((cipher, "operation 2"), (Cipher(bytes(31) + b"x"), "operation 1")):
        with pytest.raises(WrongKey):
            store.opened(other, operation, kept)


def test_what_an_app_says_to_a_private_comment_is_withheld_where_it_quotes_it() -> None:
    assert quotes("Invalid: “Größe 12 geheim”", "nicht GEHEIM genug")
    assert not quotes("Comments are closed.", "was ich sagte")
    assert "private comment" in WITHHELD


def test_a_request_does_a_few_parts_and_the_sync_thread_the_rest(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_AT_ONCE", 1)
    monkeypatch.setattr(sealing, "_AT_ONCE", 2)
    world = fresh(stage)
    sealing.finish(world.scope)
    mine, _ = in_step(world)
    for word in ("one", "two", "three"):
        world.left.person_comments(mine, f"{PLANTED}{word}", private=True)
        world.settle()
    assert sealed(world) == State(sealed=True, through=False)
    assert planted(world), "it was too much for a request"
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.wanted()
    assert sealing.state(world.scope) == State(sealed=True, through=True)
    assert planted(world) == set()


def test_a_switch_in_the_midst_of_a_pass_leaves_nothing_in_clear_and_loses_nothing(stage: Stage) -> None:
    world = fresh(stage)
    mine, twin = in_step(world)
    turned: list[State] = []

    def act(call: str) -> Fate:
        if call == "right.add_comment" and not turned:  # planned in clear, under way, and not settled
            turned.append(sealed(world))
        return Fate.WELL

    world.left.person_comments(mine, f"{PLANTED}race", private=True)
    world.right.fate = act
    world.calm()
    assert turned == [State(sealed=True, through=True)]
    assert planted(world) == set()
    assert [one for one in said(world, twin) if f"{PLANTED}race" in one]
    world.settle()
    sealed(world, on=False)
    assert len([one for one in said(world, twin) if f"{PLANTED}race" in one]) == 1


def test_conflicts_the_history_and_a_dry_run_have_nothing_of_it_in_clear(stage: Stage) -> None:
    world = fresh(stage)
    mine, twin = in_step(world)
    sealed(world)
    world.left.person_comments(mine, f"{PLANTED}said", private=True)
    world.left.person_edits(mine, "title", "left says")
    world.right.person_edits(twin, "title", "right says")
    world.settle()
    [comment] = [one for one in world.left.records[mine].comments if PLANTED in one.body]
    world.left.person_edits_comment(mine, comment.id, f"{PLANTED}again")
    world.answer("dry run")
    assert planted(world) == set()
    world.settle()
    assert PLANTED not in world.history()
