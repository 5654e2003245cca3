"""``lockstep tenant explain``: words for people, one JSON value for programs, an exit code for an unknown key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from click.testing import CliRunner, Result

from appliance import cli
from appliance.control.client import Client
from appliance.control.messages import AppSays, ExplainedItem, ExplainItem, Explanation, HeldItem, HistoryLine
from appliance.errors import ApplianceError, ExitCode

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
TOLD = Explanation(
    key="BUG-1",
    sentence="Refused: the title is too long.",
    items=(
        ExplainedItem(
            key="BUG-1 ↔ #7",
            integration="bugs",
            sentence="Refused: the title is too long.",
            state="linked",
            next_attempt=NOON,
            ahead=2,
            held=(HeldItem(key="BUG-1", reason="the title is too long.", words="max 80", since=NOON),),
            apps=(
                AppSays(name="Tracker", key="BUG-1", gone=False, changed=("Title",), problem=""),
                AppSays(name="Desk", key="#7", gone=True, changed=(), problem=""),
            ),
            history=(HistoryLine(at=NOON, summary="Desk #7 was created from Tracker BUG-1"),),
        ),
    ),
    history=(),
)


class Agent:
    """Answers as the agent does. ``tenants``: those of the only cluster."""

    def __init__(self, *tenants: str) -> None:
        self.tenants = tenants
        self.asked: list[tuple[str, str, ExplainItem]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def status(self) -> Any:
        named = [SimpleNamespace(name=one) for one in self.tenants]
        return SimpleNamespace(clusters=[SimpleNamespace(name="north", tenants=named)])

    def explain(self, cluster: str, tenant: str, request: ExplainItem) -> Explanation:
        self.asked.append((cluster, tenant, request))
        if request.key != "BUG-1":
            raise ApplianceError("Lockstep knows no such item.", ExitCode.NOT_FOUND)
        return TOLD


def run(monkeypatch: pytest.MonkeyPatch, agent: Agent, *words: str) -> Result:
    monkeypatch.setattr(Client, "of", lambda _data: agent)
    return CliRunner().invoke(cli.lockstep, ["tenant", "explain", *words, "--data", str(Path("nowhere"))])


def test_why_is_told_in_words_of_the_only_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = Agent("anna")
    done = run(monkeypatch, agent, "BUG-1")
    assert done.exit_code == 0
    assert agent.asked == [("north", "anna", ExplainItem(key="BUG-1", ask_apps=True))]
    assert done.stdout.splitlines() == [
        "Refused: the title is too long.",
        "",
        "BUG-1 ↔ #7  (bugs)",
        "  held     BUG-1, since 2030-01-07 12:00 UTC: the title is too long. It says: “max 80”.",
        "  next     2030-01-07 12:00 UTC, 2 before it",
        "  now      Tracker: BUG-1, changed: Title",
        "  now      Desk: it is not there any more",
        "  history  2030-01-07 12:00 UTC  Desk #7 was created from Tracker BUG-1",
    ]


def test_programs_get_one_json_value(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Agent("anna", "bert"), "BUG-1", "--tenant", "bert", "--no-ask", "--json")
    assert json.loads(done.stdout) == TOLD.model_dump(mode="json")


def test_an_unknown_key_ends_with_its_own_code_and_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Agent("anna"), "BUG-2")
    assert (done.exit_code, done.stdout) == (7, "")
    assert done.stderr == "lockstep: Lockstep knows no such item.\n"
    told = run(monkeypatch, Agent("anna"), "BUG-2", "--json")
    assert json.loads(told.stdout) == {"error": "Lockstep knows no such item.", "exit_code": 7}


def test_of_several_tenants_one_has_to_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Agent("anna", "bert"), "BUG-1")
    assert done.exit_code == 2
    assert "--tenant: anna, bert" in done.stderr
    assert run(monkeypatch, Agent(), "BUG-1").exit_code == 7
