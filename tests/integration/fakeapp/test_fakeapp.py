"""The fake app keeps the protocol over real HTTP, and misbehaves when, and only when, it is told to."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
import requests

from server.connectors.http import HttpOutlet
from server.domain.errors import CredentialsRefused, Gone, LostAnswer, Rejected, Transient
from server.domain.item import PARENT, CommentDraft, Draft, FileDraft, Item
from tests.support.fakeapp import connector as fakeapp
from tests.support.fakeapp.app import Quirks
from tests.support.fakeapp.connector import FakeConnector
from tests.support.fakeapp.running import Running, running
from tests.support.fakeapp.serve import TOKEN

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    with running(items=250) as app:
        yield app


@pytest.fixture
def app(served: Running) -> Iterator[Running]:
    yield served
    served.control("quirks", **asdict(Quirks()))


@pytest.fixture
def connector(app: Running) -> Iterator[FakeConnector]:
    one = FakeConnector(app.settings, HttpOutlet(app.url))
    yield one
    one.close()


def draft(title: str, marker: str) -> Draft:
    return Draft("main", "item", {"title": title, "text": "a\n\nb", "labels": ("x", "y")}, marker)


def listed(connector: FakeConnector, since: datetime | None = None) -> dict[str, Item]:
    heads = [head for page in connector.changes("main", since) for head in page.heads]
    return {head.id: head.item for head in heads if head.item is not None}


def test_the_feed_brings_every_item_whole(connector: FakeConnector, app: Running) -> None:
    made = connector.create(draft("feed", "m-feed"))
    everything = listed(connector)
    assert set(everything) == set(next(connector.census("main")))
    assert everything[made.id] == connector.fetch(made.id) == made
    assert set(listed(connector, made.updated_at)) == {made.id}
    app.control("quirks", overlaps=3)
    assert set(listed(connector)) == set(everything)


def test_comments_and_files_arrive(connector: FakeConnector) -> None:
    made = connector.create(draft("parts", "m-parts"))
    comment = connector.add_comment(made.id, CommentDraft("hällo", private=True, marker="c-1"))
    connector.edit_comment(made.id, comment, "anders")
    file_id = connector.add_attachment(made.id, FileDraft("ü &.txt", "text/plain", 4, "", "f"), io.BytesIO(b"\x00abc"))
    item = connector.fetch(made.id)
    assert [(one.id, one.body, one.private, one.marker, one.own) for one in item.comments] == [
        (comment, "anders", True, "c-1", True)
    ]
    assert [(one.name, one.size) for one in item.attachments] == [("ü &.txt", 4)]
    assert b"".join(connector.open_attachment(made.id, file_id)) == b"\x00abc"
    assert item.stamp != made.stamp


def test_a_lost_answer_was_a_write(connector: FakeConnector, app: Running) -> None:
    app.control("quirks", lost=1)
    with pytest.raises(LostAnswer):
        connector.create(draft("lost", "m-lost"))
    assert len(connector.find(draft("lost", "m-lost"), NOW)) == 1


def test_it_is_busy_and_breaks_on_demand(connector: FakeConnector, app: Running) -> None:
    app.control("quirks", busy=1, retry_after=7)
    with pytest.raises(Transient) as busy:
        connector.create(draft("busy", "m-busy"))
    assert busy.value.retry_after == 7
    app.control("quirks", busy=0, broken=1)
    with pytest.raises(Transient):
        connector.fetch("1")
    app.control("quirks", broken=0)
    assert connector.find(draft("busy", "m-busy"), NOW) == ()


@pytest.mark.parametrize("said", ["nothing", "seconds", "date"])
def test_a_busy_answer_says_how_long_as_the_vendors_do(app: Running, said: str) -> None:
    app.control("quirks", busy=1, retry_after=90, retry_as=said)
    raw = requests.get(f"{app.url}/items/1", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    assert raw.status_code == 429
    assert raw.headers["X-RateLimit-Remaining"] == "0"
    assert 88 <= int(raw.headers["X-RateLimit-Reset"]) - time.time() <= 91
    assert ("Retry-After" in raw.headers) == (said != "nothing")
    with pytest.raises(Transient) as busy:
        FakeConnector(app.settings, HttpOutlet(app.url)).fetch("1")
    assert busy.value.retry_after is not None
    assert 87 <= busy.value.retry_after <= 91


@pytest.mark.parametrize("quirk", ["cut", "truncated"])
def test_an_answer_that_ends_too_early_is_no_answer(connector: FakeConnector, app: Running, quirk: str) -> None:
    app.control("quirks", **{quirk: 1})
    with pytest.raises(Transient):
        connector.fetch("1")
    with pytest.raises(Transient):
        listed(connector)
    with pytest.raises(LostAnswer):
        connector.create(draft("half", f"m-{quirk}"))
    app.control("quirks", **{quirk: 0})
    assert len(connector.find(draft("half", f"m-{quirk}"), NOW)) == 1


def test_a_list_out_of_order_or_seen_before_hides_nothing(connector: FakeConnector, app: Running) -> None:
    everything = set(next(connector.census("main")))
    app.control("quirks", shuffles=True, overlaps=3)
    assert set(listed(connector)) == everything
    app.control("quirks", shuffles=False, repeated=1)
    again = [head.id for page in connector.changes("main", None) for head in page.heads]
    assert set(again) < everything


def test_a_list_of_heads_makes_every_item_a_question_of_its_own(app: Running) -> None:
    connector = fakeapp.open({**app.settings, "heads_only": "true"}, HttpOutlet(app.url))
    heads = [head for page in connector.changes("main", None) for head in page.heads]
    assert all(head.item is None for head in heads)
    whole = connector.fetch(heads[0].id)
    assert (whole.stamp, whole.updated_at) == (heads[0].stamp, heads[0].updated_at)
    app.control("quirks", vanishing=1)
    with pytest.raises(Gone):
        connector.fetch(heads[1].id)
    connector.close()


def test_a_stalled_answer_ends_the_callers_patience_and_a_write_was_done(app: Running) -> None:
    app.control("quirks", stalled=1, stall_seconds=60)
    hasty = fakeapp.open({**app.settings, "patience": "0.2"}, HttpOutlet(app.url))
    with pytest.raises(Transient, match="too long"):
        hasty.fetch("1")
    with pytest.raises(LostAnswer):
        hasty.create(draft("late", "m-late"))
    app.control("quirks", stalled=0)
    assert len(hasty.find(draft("late", "m-late"), NOW)) == 1
    assert app.counts()["fates"]["stalled"] == 2
    hasty.close()


def test_it_changes_hides_and_refuses_values_on_demand(connector: FakeConnector, app: Running) -> None:
    app.control("quirks", trims_titles=True, rerenders_text=True, search_lag=60, whole_seconds=True, refuses=["bad"])
    made = connector.create(draft("  long " * 20, "m-quirk"))
    assert len(str(made.fields["title"])) <= 60
    assert made.fields["text"] == "a\r\n\r\nb"
    assert made.updated_at.microsecond == 0
    assert connector.find(draft("", "m-quirk"), NOW) == ()
    assert made.id not in listed(connector)
    with pytest.raises(Rejected, match="bad"):
        connector.update(made.id, {"title": "bad word"})


def test_what_is_gone_says_so(connector: FakeConnector, app: Running) -> None:
    made = connector.create(draft("gone", "m-gone"))
    app.control("delete", id=made.id)
    with pytest.raises(Gone):
        connector.fetch(made.id)
    stranger = FakeConnector({**app.settings, "token": "wrong"}, HttpOutlet(app.url))
    with pytest.raises(CredentialsRefused):
        stranger.check()
    stranger.close()


def test_links_parents_and_deletions_are_seen_at_both_ends(connector: FakeConnector) -> None:
    one, two = (connector.create(draft(name, f"m-{name}")) for name in ("one", "two"))
    for _ in range(2):
        connector.add_link(one.id, "relates", two.id)
        assert [(each.kind, each.target) for each in connector.fetch(two.id).links] == [("relates", one.id)]
    connector.add_link(one.id, PARENT, two.id)
    assert connector.fetch(one.id).parent == two.id
    connector.remove_link(one.id, PARENT, "another")
    assert connector.fetch(one.id).parent == two.id
    for _ in range(2):
        connector.remove_link(two.id, "relates", one.id)
        assert connector.fetch(one.id).links == ()
    connector.delete(two.id)
    assert connector.fetch(one.id).parent is None
    with pytest.raises(Gone):
        connector.delete(two.id)
