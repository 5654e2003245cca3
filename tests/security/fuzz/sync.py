"""Attacks the sync process: apps that answer with all that they should not, while another tenant's items travel on."""

from __future__ import annotations

import random
import secrets
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.chaos.panel import wait_until
from tests.chaos.stage import House, Stage, id_of, item
from tests.security.besieged import Tenant
from tests.security.fuzz.hostile import HostileApp, hostile
from tests.security.fuzz.law import MEGABYTE, Neighbour, Siege, Watched
from tests.support.fakeapp.connector import MANIFEST
from tests.support.fakeapp.running import Running, running
from tests.support.postgres import Server

MOST = 900 * MEGABYTE
_PATIENCE = 60.0
_SECONDS = "5"


def _besiege(house: House, siege: Siege, stack: ExitStack, seed: int) -> None:
    """A tenant with integrations at work, all of whose apps are hostile."""
    loud = Tenant(house)
    for number, honest in enumerate((0.9, 0.6, 0.3)):
        left, right = (stack.enter_context(running(items=30)) for _ in range(2))
        apps = [
            stack.enter_context(hostile(one.url, siege, f"{seed} {number} {one.url}", 1.0)) for one in (left, right)
        ]
        document = _document(loud, apps, left)
        made = loud.admin.ask("POST", "/integrations", {"name": f"hostile {number}", "document": document})
        loud.admin.ask("POST", f"/integrations/{made['id']}/start")
        for app in apps:
            app.honest = honest


def _document(loud: Tenant, apps: list[HostileApp], real: Running) -> dict[str, Any]:
    ends = []
    for app in apps:
        settings = {**real.settings, "url": app.url, "answer_seconds": _SECONDS}
        made = loud.admin.ask("POST", "/connections", {"name": app.url, "kind": MANIFEST.kind, "settings": settings})
        ends.append({"connection": made["id"], "container": "main"})
    fields = [{"left": name, "right": name} for name in ("title", "text", "labels")]
    types = [{"left": "item", "right": "item", "fields": fields}]
    return {"left": ends[0], "right": ends[1], "types": types, "schedule": {"every_seconds": 5}}


def play(seconds: float, seed: int, server: Server, folder: Path) -> str:
    """Attack for so long. Raises ``Broken``; else what was met."""
    with ExitStack() as stack:
        house = stack.enter_context(House(server, folder))
        stage = stack.enter_context(Stage(house, folder))
        stage.integrate()
        secret = secrets.token_hex(16)
        process = stage.start_sync()

        def visit() -> None:
            title = f"item {secret} {secrets.token_hex(6)}"
            item(stage.left, title)
            wait_until(
                lambda: any(one["fields"]["title"] == title for one in stage.right.items()), "it to travel", _PATIENCE
            )
            assert id_of(stage.right, title)

        visit()
        watched = Watched("sync", process.seen, MOST, process.log)
        siege = Siege("sync", [watched], [Neighbour("another tenant's items", visit, _PATIENCE, 1.0)], [secret])
        _besiege(house, siege, stack, seed)

        def try_one(draw: random.Random) -> str:
            threading.Event().wait(draw.random())
            return "a while"

        siege.run([try_one], seconds, seed, hands=1)
        return siege.told()
