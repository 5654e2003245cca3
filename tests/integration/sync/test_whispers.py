"""What is private of an item, or of what hangs on it: in matches, comments, texts and answers that were lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from server.domain.item import Side
from server.domain.mapping import Direction, FieldMapping
from server.domain.rules import AudienceRules, CommentRules, PrivateComments, Restricted
from server.domain.syntax import AutoLink, Guard, Syntax
from server.domain.values import Value
from server.services import audience, told
from server.services.apps import Apps
from server.services.explain import Explanation, explain
from server.store import integrations
from tests.property import laws
from tests.property.hushing import everything_on
from tests.property.model import FIELDS, PRIVATE, Fate, ModelApp, ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ("red",)}
SECRET: dict[str, Value] = ITEM | {"title": "secret title", "text": "secret text", "private": True}
RULES = {"rules": {"rules": [{"parts": [{"left": "title", "right": "title", "how": "words"}]}]}}
NUMBERED = Syntax(links=(AutoLink(r"(?<!\w)#(?P<item>\d+)", Guard.JOINER),), item="#{id}")


def world_with(stage: Stage, rules: AudienceRules | None = None, **more: Any) -> World:
    world = stage.world(restricts=True, **more)
    world.document = replace(world.document, audience=rules or AudienceRules())
    return world


def in_step(world: World, item: dict[str, Value] | None = None) -> tuple[str, str]:
    mine = world.left.person_creates(item or ITEM)
    before = set(world.right.records)
    world.settle()
    [twin] = set(world.right.records) - before
    return mine, twin


def strikes(which: Callable[[str], bool], fate: Fate) -> Callable[[str], Fate]:
    """What happens to the first call that is one of ``which``; all others are well."""
    left = [fate]
    return lambda call: left.pop() if left and which(call) else Fate.WELL


def only_comment(app: ModelApp, item: str) -> str:
    [one] = app.records[item].comments
    return one.id


# Matches


@pytest.mark.parametrize("restricted", [(True, False), (False, True), (True, True)])
def test_a_match_neither_shows_nor_joins_what_is_restricted(stage: Stage, restricted: tuple[bool, bool]) -> None:
    world = world_with(stage)
    for app, private in zip((world.left, world.right), restricted, strict=True):
        app.person_creates(SECRET | {"private": private})
        app.person_creates(ITEM)
    preview = world.answer("match", RULES)
    lines = world.rows(f"select action, item_id from previews where run_id = '{preview}'")  # noqa: S608 - our own id
    assert [(one.action, one.item_id) for one in lines] == [("join", "2")]
    world.answer("match", {"preview": preview, "wins": "fill"})
    assert laws.pairs(world) == {"2": "2"}
    assert "secret" not in world.history()
    assert world.rows("select signature from candidates") == []


@pytest.mark.parametrize("side", list(Side))
def test_what_becomes_restricted_after_a_match_was_shown_is_not_joined(stage: Stage, side: Side) -> None:
    world = world_with(stage)
    for app in (world.left, world.right):
        app.person_creates(ITEM)
    preview = world.answer("match", RULES)
    world.app(side).person_restricts("1", restricted=True)
    world.app(side).person_edits("1", "text", "secret text")
    world.answer("match", {"preview": preview, "wins": "fill"})
    assert laws.pairs(world) == {}
    assert f"{side.value} restricts it (private)" in world.history()
    assert "secret" not in world.history()
    assert "secret" not in everything_on(world.app(side.other))


def test_a_joined_item_that_is_restricted_is_known_as_such_from_its_first_commit_on(stage: Stage) -> None:
    world = world_with(stage, AudienceRules(left=Restricted.OPEN))
    world.left.person_creates(SECRET)
    world.right.person_creates(ITEM | {"title": "Secret title"})
    world.answer("match", {"preview": world.answer("match", RULES), "wins": "fill"})
    [row] = world.rows("select left_restricted, right_restricted from pairs where integration_id = :integration")
    assert (row.left_restricted, row.right_restricted) == ("private", "")


# Comments


@pytest.mark.parametrize("policy", [PrivateComments.KEEP, PrivateComments.SKIP])
@pytest.mark.parametrize("step", range(8))
@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST])
def test_a_comment_that_becomes_private_after_it_was_carried_says_no_more_there(
    stage: Stage, policy: PrivateComments, step: int, bad: Fate
) -> None:
    world = world_with(stage)
    world.document = replace(world.document, comments=CommentRules(private=policy))
    item, twin = in_step(world)
    world.left.person_comments(item, "for everybody", private=False)
    world.sync([Fate.WELL] * step + [bad])
    world.left.person_hides_comment(item, only_comment(world.left, item), private=True)
    world.left.person_edits_comment(item, only_comment(world.left, item), "secret")
    world.settle()
    carried = world.right.records[twin].comments
    assert all(one.private or "secret" not in one.body for one in carried)
    assert len(carried) <= 1
    assert "secret" not in world.history()
    laws.check_quiet(world)
    world.left.person_hides_comment(item, only_comment(world.left, item), private=False)
    world.settle()
    [there] = world.right.records[twin].comments
    assert "secret" in there.body, "it is for everybody now"
    laws.check_quiet(world)


def test_a_private_comment_is_in_the_history_without_its_words(stage: Stage) -> None:
    world = world_with(stage)
    item, twin = in_step(world)
    world.left.person_comments(item, "secret", private=True)
    world.settle()
    world.left.person_edits_comment(item, only_comment(world.left, item), "secret, too")
    world.settle()
    [there] = world.right.records[twin].comments
    assert (there.private, "secret, too" in there.body) == (True, True)
    assert "private comment" in world.history()
    assert "private comment edited" in world.history()
    assert "secret" not in world.history()


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
def test_a_private_comment_that_the_app_made_public_is_taken_back_also_after_a_death(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, bad: Fate
) -> None:
    """Its connector would have seen that at once; nobody was there to look."""
    world = world_with(stage)
    item, twin = in_step(world)
    world.left.person_comments(item, "secret", private=True)
    plain, posted = ModelConnector.add_comment, []

    def published(one: ModelConnector, to: str, draft: Any) -> str:
        posted.append(draft)
        return plain(one, to, replace(draft, private=False))

    monkeypatch.setattr(ModelConnector, "add_comment", published)
    calm, world.right.fate = world.right.fate, strikes(lambda call: call == "right.add_comment", bad)
    world.sync()
    world.right.fate = calm
    world.settle()
    assert len(posted) == 1
    assert world.right.records[twin].comments == []
    assert "private comment is public" in world.history()
    assert "secret" not in world.history()
    laws.check_quiet(world)


# In the middle of a pass


def test_what_becomes_restricted_between_a_list_and_the_reading_stays(stage: Stage) -> None:
    world = world_with(stage, page=1, left_rereads=True)
    item, twin = in_step(world)
    world.left.person_edits(item, "title", "for everybody")

    def meanwhile() -> None:
        world.left.person_restricts(item, restricted=True)
        world.left.person_edits(item, "title", "secret title")
        world.left.person_comments(item, "secret note", private=False)

    world.left.between = meanwhile
    world.sync()
    world.left.between = lambda: None
    world.settle()
    assert "secret" not in everything_on(world.right)
    assert "secret" not in world.history()
    assert twin in world.right.records


@pytest.mark.parametrize("write", ["create", "update", "add_comment", "add_attachment"])
def test_what_becomes_restricted_right_before_a_write_has_said_nothing_since(stage: Stage, write: str) -> None:
    """People are faster than one of the writes of a pass: what is sent was read while everybody could see it."""
    world = world_with(stage)
    item, _ = in_step(world)
    fresh = world.left.person_creates(ITEM | {"title": "new for everybody"})
    for one in (item, fresh):
        world.left.person_comments(one, "a note for everybody", private=False)
        world.left.person_attaches(one, "plan.txt", b"for everybody")
    world.left.person_edits(item, "title", "for everybody")
    faster: list[str] = []

    def meanwhile(there: str) -> None:
        faster.append(there)
        for one in (item, fresh):
            world.left.person_restricts(one, restricted=True)
            world.left.person_edits(one, "title", "secret title")
            world.left.person_comments(one, "secret note", private=False)
            world.left.person_attaches(one, "secret.txt", b"secret")

    world.right.meanwhile = meanwhile
    calm, world.right.fate = world.right.fate, strikes(lambda call: call == f"right.{write}", Fate.MEANWHILE)
    world.sync()
    world.right.fate = calm
    world.settle()
    world.scan()
    assert len(faster) == 1
    assert "secret" not in everything_on(world.right)
    assert "secret" not in world.history()
    laws.check_quiet(world)


# Texts, mappings, runs that people ask for


def test_a_text_that_names_a_restricted_item_does_not_lead_to_its_twin(stage: Stage) -> None:
    world = world_with(stage)
    for app in (world.left, world.right):
        app.syntax = NUMBERED
    (hushed, hushed_twin), (seen, seen_twin) = in_step(world), in_step(world)
    never = world.left.person_creates(SECRET)
    world.left.person_restricts(hushed, restricted=True)
    world.left.person_edits(hushed, "title", "secret title")
    world.settle()
    _, there = in_step(world, ITEM | {"text": f"see #{seen}, #{hushed} and #{never}", "title": "names them"})
    said = str(world.right.records[there].fields["text"])
    named = set(re.findall(NUMBERED.links[0].pattern, said))
    assert named == {seen_twin}, said
    assert hushed_twin not in named
    assert "secret" not in everything_on(world.right)


def test_a_field_that_a_new_mapping_brings_in_says_nothing_of_a_restricted_item(stage: Stage) -> None:
    world = world_with(stage)
    [types] = world.document.types
    without = replace(types, fields=tuple(one for one in types.fields if one.left not in {"text", "due"}))
    world.document = replace(world.document, types=(without,))
    item, _ = in_step(world)
    world.left.person_edits(item, "text", "secret text")
    world.settle()
    world.left.person_restricts(item, restricted=True)
    for wins in ("left", "right", "latest", "fill"):
        world.document = replace(world.document, types=(types,))
        world.answer("reconcile", {"wins": wins})
        world.settle()
    assert "secret" not in everything_on(world.right)
    assert "secret" not in world.history()


def test_a_flag_that_is_mapped_like_any_field_does_not_open_what_is_restricted(stage: Stage) -> None:
    """Both flags are mapped to each other by hand: a person opens one item, and the other stays until one opens it."""
    world = world_with(stage, AudienceRules(left=Restricted.ALIKE))
    world.left.fields = world.right.fields = (*FIELDS, PRIVATE)
    [types] = world.document.types
    flags = (*types.fields, FieldMapping("private", "private"))
    world.document = replace(world.document, types=(replace(types, fields=flags),))
    item, twin = in_step(world, SECRET)
    assert world.right.records[twin].fields["private"] is True
    world.right.person_edits(twin, "text", "typed there in private")
    world.left.person_restricts(item, restricted=False)
    world.settle()
    assert world.right.records[twin].fields["private"] is True
    assert "typed there in private" not in everything_on(world.left)


def test_an_undone_run_opens_no_item_that_was_restricted_since(stage: Stage) -> None:
    world = world_with(stage, AudienceRules(left=Restricted.ALIKE))
    world.right.fields = (*FIELDS, PRIVATE)
    item, twin = in_step(world)
    world.left.person_restricts(item, restricted=True)
    world.left.person_edits(item, "text", "secret text")
    world.settle()
    assert world.right.records[twin].fields["private"] is True
    for run in world.rows("select id from runs where integration_id = :integration order by started_at desc"):
        world.answer("undo", {"run": str(run.id)})
    assert world.right.records[twin].fields["private"] is True


# What is told


@pytest.fixture
def why(monkeypatch: pytest.MonkeyPatch) -> Callable[[World, str], Explanation]:
    """Explains a key as a viewer reads it; the model apps are opened in the place of those of a registry."""

    def explained(world: World, key: str) -> Explanation:
        for module in ("apps", "sync.ends"):
            opener = lambda _scope, row, *_, **__: ModelConnector(world.app(Side(row.name)))  # noqa: E731
            monkeypatch.setattr(f"server.services.{module}.open_connector", opener)
        return audience.explanation(world.scope, explain(world.scope, Apps(), key, live=True, discreet=True))

    return explained


def test_a_viewer_reads_no_word_of_an_item_that_became_restricted_a_moment_ago(
    stage: Stage, why: Callable[[World, str], Explanation]
) -> None:
    world = world_with(stage)
    with world.scope.transaction() as tx:
        integrations.start(tx, world.integration)
    world.right.refuses = frozenset({"secret"})
    item, _ = in_step(world)
    world.left.person_edits(item, "title", "once secret")
    world.sync()
    assert "secret" in repr(why(world, f"left-{item}"))
    world.left.person_restricts(item, restricted=True)
    said = why(world, f"left-{item}")
    assert "secret" not in repr(said)
    assert said.subjects[0].pair is not None
    assert said.subjects[0].pair.title == f"left-{item} ↔ right-1"


def test_of_an_item_without_a_twin_that_cannot_be_read_nobody_is_told_what_stood_there(
    stage: Stage, why: Callable[[World, str], Explanation]
) -> None:
    world = world_with(stage)
    item = world.left.person_creates(SECRET)
    world.left.person_garbles(item)
    world.sync()
    said = why(world, f"left-{item}")
    words = world.rows("select words from holds where integration_id = :integration")[0].words
    assert words
    assert words not in repr(said)
    assert words not in repr(told.tell(world.scope, f"left-{item}", live=False))


def test_a_dry_run_of_everything_says_no_word_of_what_is_private(stage: Stage) -> None:
    world = world_with(stage, AudienceRules(left=Restricted.OPEN))
    item = world.left.person_creates(SECRET)
    world.left.person_comments(item, "secret note", private=False)
    world.left.person_attaches(item, "secret.txt", b"secret")
    plain = world.left.person_creates(ITEM)
    world.left.person_comments(plain, "secret whisper", private=True)
    world.document = replace(world.document, creates=Direction.BOTH)
    world.ask("dry run")
    run = world.go_on()
    lines = world.rows(f"select action, field, before, after, reason from previews where run_id = '{run}'")  # noqa: S608 - our own id
    assert {"opened", "create", "add_comment", "add_file"} <= {one.action for one in lines}
    assert "secret" not in repr(lines)
