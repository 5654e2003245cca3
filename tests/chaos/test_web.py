"""The web process dies in the middle of a request that changes what is configured: all of it is saved, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
import requests

from tests.chaos import promises, story
from tests.chaos.panel import Json, wait_until
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.mark.parametrize("point", ["change.committing", "change.committed"])
def test_a_change_whose_answer_never_came_is_saved_whole_or_not_at_all(stage: Stage, point: str) -> None:
    panel, changes = stage.panel, Changes(stage, point)
    story.before(stage)
    document = stage.document()
    third = {"name": "third", "kind": "fakeapp", "settings": {**stage.left.settings, "parallel": "3"}}
    changes.make(lambda: panel.ask("POST", "/connections", third), "connection created")
    [kept] = [one for one in panel.ask("GET", "/connections") if one["name"] == "third"]
    assert (kept["settings"]["parallel"], kept["secrets_set"]) == ("3", ["token"])

    changes.make(
        lambda: panel.ask("POST", "/integrations", {"name": "both", "document": document}), "integration created"
    )
    [made] = panel.integrations()
    assert (made["document"], made["version"], made["state"]) == (document, 1, "draft")
    panel.integration = made["id"]

    later = deepcopy(document)
    later["schedule"]["every_seconds"] = 7
    path = f"/integrations/{made['id']}"
    changes.make(lambda: panel.ask("PUT", path, {"name": "renamed", "document": later}), "integration changed")
    [changed] = panel.integrations()
    assert (changed["document"], changed["version"], changed["name"]) == (later, 2, "renamed")
    assert stage.sql(
        "select version, document -> 'schedule' ->> 'every_seconds' from integration_versions order by version"
    ) == [
        (1, "5"),
        (2, "7"),
    ]

    changes.make(lambda: panel.ask("POST", f"{path}/start"), "integration started")
    promises.check(stage, stage.start_sync())


class Changes:
    """Each change is asked of a process that dies in it, then, if nothing of it was saved, of one that lives."""

    def __init__(self, stage: Stage, point: str) -> None:
        self._stage = stage
        self._point = point

    def make(self, change: Callable[[], object], action: str) -> None:
        """Raises unless the change was made exactly once in the end, and is in the audit once."""
        before, entries = self._shown(), self._entries(action)
        self._restart(f"{self._point}:kill")
        with pytest.raises(requests.ConnectionError):
            change()
        wait_until(self._stage.house.web.was_killed, "the web process to die")
        self._restart("")
        if self._point == "change.committing":
            assert self._shown() == before
            change()
        assert self._entries(action) == entries + 1

    def _restart(self, fault: str) -> None:
        house = self._stage.house
        if house.web.alive():
            house.web.kill()
        house.web = house.start_web(fault)
        self._stage.panel.wait()

    def _entries(self, action: str) -> int:
        return [one["action"] for one in self._stage.panel.ask("GET", "/audit")["entries"]].count(action)

    def _shown(self) -> list[Json]:
        return [self._stage.panel.ask("GET", path) for path in ("/connections", "/integrations", "/audit")]
