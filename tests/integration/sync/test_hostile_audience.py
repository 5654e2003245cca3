"""Items become private while apps misbehave over real HTTP: nothing that was said in private is on the other side."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any

import pytest

from server.domain.rules import AudienceRules, Restricted
from server.services import integrations
from server.services.scope import TenantScope
from tests.support.fakeapp.app import Quirks
from tests.support.fakeapp.joined import Joined, joined
from tests.support.fakeapp.people import content
from tests.support.fakeapp.running import Running, running

pytestmark = pytest.mark.postgres
MOODS = {
    "lost answers": Quirks(lost=0.25),
    "pages to log in at": Quirks(walled=0.1, strange=0.1, bad_reads=0.1),
    "all together": Quirks(
        busy=0.05, retry_as="nothing", broken=0.05, lost=0.05, cut=0.03, truncated=0.03, repeated=0.1, overlaps=2
    ),
}
SECRET = "geheim"


@pytest.fixture(scope="module")
def apps() -> Iterator[tuple[Running, Running]]:
    with running(seed=5) as left, running(seed=6) as right:
        yield left, right


@dataclass(frozen=True, slots=True)
class Kept:
    """Two apps that are kept in step, with people on the left who make some of their items private."""

    one: Joined
    chance: random.Random

    @property
    def left(self) -> Running:
        return self.one.left

    def turn(self, quirks: Quirks) -> None:
        for app in (self.one.left, self.one.right):
            app.control("quirks", **asdict(quirks))

    def passes(self, times: int) -> None:
        for _ in range(times):
            self.one.release()
            self.one.work()

    def whisper(self, item: str) -> None:
        """Say in every way what is not for everybody."""
        self.left.control("edit", id=item, fields={"title": f"{SECRET} title", "text": SECRET, "labels": [SECRET]})
        self.left.control("comment", id=item, body=f"{SECRET} said")
        self.left.control("file", id=item, name=f"{SECRET}.txt", text=f"{SECRET} content")

    def on_the_right(self) -> str:
        """All that the right app holds, files too."""
        items = self.one.right.items()
        files = [content(self.one.right, file["id"]) for one in items for file in one["files"]]
        return json.dumps([items, files], ensure_ascii=False)

    def on_record(self) -> str:
        lines = self.one.rows("select summary, detail from events where integration_id = :of")
        held = self.one.rows("select reason, words from holds where integration_id = :of")
        return repr([*map(tuple, lines), *map(tuple, held)])


def begin(stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope, rules: AudienceRules) -> Kept:
    left, right = apps
    for app in apps:
        app.control("reset")
    one = stack.enter_context(joined(scope, left, right, {}))
    row = integrations.get(scope, one.integration)
    integrations.change(scope, "test", row.id, row.name, replace(row.document, audience=rules))
    return Kept(one, random.Random(11))  # noqa: S311 - a story that can be told again


def make(app: Running, title: str, **more: Any) -> str:
    fields = {"title": title, "text": "a first line", "status": "open", "labels": []} | more
    return str(app.control("create", container="main", fields=fields)["id"])


@pytest.mark.parametrize("mood", MOODS)
def test_what_was_said_in_private_stays_whatever_the_apps_do(
    stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope, mood: str
) -> None:
    kept = begin(stack, apps, scope, AudienceRules())
    items = [make(kept.left, f"item {number}") for number in range(12)]
    never = [make(kept.left, f"{SECRET} {number}", text=SECRET, private=True) for number in range(3)]
    kept.turn(MOODS[mood])
    private: set[str] = set()
    for _ in range(3):
        kept.passes(1)
        for item in kept.chance.sample(items, 3):
            kept.left.control("restrict", id=item)
            private.add(item)
        for item in (*private, never[0]):
            kept.whisper(item)
        kept.passes(1)
    kept.turn(Quirks())
    kept.passes(3)
    assert SECRET not in kept.on_the_right()
    assert SECRET not in kept.on_record()
    assert len(kept.one.right.items()) <= len(items), "none is there twice"
    linked = kept.one.linked("left")
    assert linked.isdisjoint(private | set(never))
    assert linked == set(items) - private
    for item in private:
        kept.left.control("restrict", id=item, private=False)
    kept.passes(3)
    assert kept.one.linked("left") == set(items)
    titles = sorted(one["fields"]["title"] for one in kept.one.right.items())
    assert titles == sorted(one["fields"]["title"] for one in kept.left.items() if one["id"] in items)


def test_a_private_twin_is_private_before_it_says_anything_or_says_nothing(
    stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope
) -> None:
    kept = begin(stack, apps, scope, AudienceRules(left=Restricted.ALIKE))
    kept.one.right.control("quirks", **asdict(Quirks(keeps_public=True)))
    item = make(kept.left, f"{SECRET} title", text=SECRET, private=True)
    kept.whisper(item)
    kept.passes(3)
    assert SECRET not in kept.on_the_right()
    [hollow] = kept.one.right.items()
    assert hollow["fields"]["title"] == "(restricted)"
    kept.turn(Quirks(lost=0.2, broken=0.2))
    kept.passes(3)
    kept.turn(Quirks())
    kept.left.control("edit", id=item, fields={"text": f"{SECRET}, once more"})
    kept.passes(3)
    [twin] = kept.one.right.items()
    assert (twin["fields"]["private"], twin["fields"]["title"]) == (True, f"{SECRET} title")


def test_an_item_that_our_account_may_not_see_any_more_is_not_deleted_and_says_nothing(
    stack: ExitStack, apps: tuple[Running, Running], scope: TenantScope
) -> None:
    kept = begin(stack, apps, scope, AudienceRules())
    item = make(kept.left, "for everybody")
    kept.passes(2)
    kept.left.control("hide", id=item)
    kept.whisper(item)
    [twin] = kept.one.right.items()
    kept.one.right.control("edit", id=twin["id"], fields={"status": "closed"})
    kept.passes(2)
    assert SECRET not in kept.on_the_right()
    assert kept.one.linked("left") == {item}
    [held] = kept.one.rows("select kind, reason from holds where integration_id = :of")
    assert (held.kind, held.reason) == ("waiting", f"The fake app does not show item {item}.")
    kept.left.control("hide", id=item, hidden=False)
    kept.left.control("edit", id=item, fields={"title": "for everybody, again", "text": "", "labels": []})
    kept.passes(3)
    assert {one["fields"]["status"] for app in apps for one in app.items()} == {"closed"}
