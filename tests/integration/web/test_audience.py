"""What viewers read of a restricted item: its key and that it is one, and no word of what it says."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from server.domain.integration import Document, SideSettings
from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping
from server.domain.operation import Conflict, Note
from server.domain.pair import AttachmentPair, Pair, PairState, Seen
from server.store import connections, events, holds, integrations, pairs, runs
from server.store.events import Event
from server.store.holds import Hold
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres
NOWHERE = {"url": "http://127.0.0.1:1"}
SECRET = "Ms. Müller is leaving"


@pytest.fixture
def pair(web: WebNode, admin: Browser) -> Pair:
    scope = web.node.cluster.scope(admin.tenant)
    with scope.transaction() as tx:
        ends = [connections.add(tx, scope.cipher, one, "redmine", NOWHERE, {"api_key": "k"}) for one in ("Desk", "Lab")]
        types = TypeMapping("bug", "issue", (FieldMapping("subject", "title"),))
        document = Document(SideSettings(ends[0], "1"), SideSettings(ends[1], "2"), (types,))
        integration = integrations.add(tx, "Both", document, "admin")
        run = runs.begin(tx, integration, "now")
        left = Seen("1", "#1", "http://r/1", "bug", {"subject": SECRET}, "s", restricted="private")
        right = Seen("2", "#2", "http://r/2", "issue", {"title": SECRET}, "s")
        made = Pair(str(uuid4()), PairState.LINKED, Side.LEFT, left, right, SECRET)
        pairs.reserve(tx, integration, [made])
        pairs.save(tx, integration, [made])
        file = AttachmentPair(str(uuid4()), Side.LEFT, "f1", "f2", f"{SECRET}.pdf", 1)
        pairs.save_attachments(tx, [(made.id, file)])
        note = Note("set", Side.RIGHT, "Title", "old", SECRET)
        said = [("updated", "#2 was updated"), ("failed", f"#1: The file “{SECRET}.pdf” is refused.")]
        events.add(tx, integration, run, [Event(*one, made.id, Side.LEFT, "1", "#1", (note,)) for one in said])
        events.add_conflicts(tx, [(made.id, Conflict("subject", "title", SECRET, "x", "held", "both changed it"))])
        holds.put(
            tx,
            integration,
            [Hold(Side.LEFT, "1", "quarantine", f"“{SECRET}.pdf” is refused.", "#1", made.id, f"“{SECRET}”?")],
        )
    return made


def everything(browser: Browser, pair: Pair) -> dict[str, str]:
    [run] = browser.get("/runs")
    return {
        "list": json.dumps(browser.get("/items"), ensure_ascii=False),
        "item": json.dumps(browser.get(f"/items/{pair.id}"), ensure_ascii=False),
        "why": json.dumps(browser.get("/explain?key=%231&live=false"), ensure_ascii=False),
        "run": json.dumps(browser.get(f"/runs/{run['id']}/events"), ensure_ascii=False),
    }


def test_an_administrator_reads_what_a_restricted_item_says_and_a_viewer_its_key(
    admin: Browser, viewer: Browser, pair: Pair
) -> None:
    assert all(SECRET in said for said in everything(admin, pair).values())
    read = everything(viewer, pair)
    assert [where for where, said in read.items() if SECRET in said] == []
    assert all("#1" in said for said in read.values())
    assert viewer.get(f"/items/{pair.id}")["left"]["restricted"] == "private"
    assert viewer.get("/items")["items"][0]["title"] == "#1 ↔ #2"


def test_a_viewer_finds_a_restricted_item_by_its_key_and_not_by_its_title(
    admin: Browser, viewer: Browser, pair: Pair
) -> None:
    assert len(admin.get("/items?q=leaving")["items"]) == 1
    assert viewer.get("/items?q=leaving")["items"] == []
    assert [one["id"] for one in viewer.get("/items?q=%231")["items"]] == [pair.id]


def test_a_held_restricted_item_keeps_its_reason_and_loses_the_apps_words_for_a_viewer(
    admin: Browser, viewer: Browser, pair: Pair
) -> None:
    assert SECRET in json.dumps(admin.get("/holds"), ensure_ascii=False)
    [held] = viewer.get("/holds")
    assert (held["item_key"], held["reason"], held["words"], held["pair"]) == ("#1", "a file is refused.", "", pair.id)
