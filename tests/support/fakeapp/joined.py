"""Two fake apps and an integration of everything between them, worked by the product's own passes, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from server.connectors import registry
from server.domain.integration import Document, SideSettings
from server.domain.mapping import FieldMapping, TypeMapping, ValueMapping
from server.domain.rules import CommentRules
from server.services import connections, integrations
from server.services.scope import TenantScope
from server.services.sync.crew import Crew
from server.services.sync.passes import Broken, Desk, Finished
from server.store import holds
from tests.support.fakeapp import connector as fakeapp
from tests.support.fakeapp.running import Running

_FIELDS = (
    FieldMapping("title", "title"),
    FieldMapping("text", "text"),
    FieldMapping("status", "status", values=(ValueMapping("open", "open"), ValueMapping("closed", "closed"))),
    FieldMapping("labels", "labels"),
)


@contextmanager
def the_fake_app_known() -> Iterator[None]:
    """The fake app is in the list of kinds until the end of the context."""
    before = registry.CONNECTORS
    registry.CONNECTORS = (*before, (fakeapp.MANIFEST, fakeapp.open))
    try:
        yield
    finally:
        registry.CONNECTORS = before


def integrate(scope: TenantScope, left: Running, right: Running, settings: Mapping[str, str]) -> str:
    """Two connections with ``settings`` and a started two-way integration of everything; its id."""
    name = f"{left.url} and {right.url}"
    ends = []
    for side, app in (("left", left), ("right", right)):
        given = {**app.settings, **settings}
        ends.append(connections.create(scope, "test", f"{side} of {name}", fakeapp.MANIFEST.kind, given).id)
    document = Document(
        SideSettings(ends[0], "main"),
        SideSettings(ends[1], "main"),
        (TypeMapping("item", "item", _FIELDS),),
        comments=CommentRules(),
    )
    integration = integrations.create(scope, "test", name, document).id
    integrations.start(scope, "test", integration)
    return integration


@dataclass(frozen=True, slots=True)
class Joined:
    """The integration at work."""

    scope: TenantScope
    integration: str
    left: Running
    right: Running
    desk: Desk
    pool: Executor

    def work(self) -> Finished | Broken:
        """One pass."""
        [wanted] = [one for one in self.desk.wanted() if one.name == self.integration]
        one = self.desk.start(wanted, self.pool)
        while (outcome := one.step()) is None:
            pass
        return outcome

    def release(self) -> None:
        """Let what waits for its next attempt be tried now."""
        with self.scope.transaction() as tx:
            holds.release(tx, self.integration)

    def linked(self, side: str) -> set[str]:
        """The ids of the items on a side that are known to have a twin."""
        rows = self.rows("select left_id, right_id from pairs where integration_id = :of and state = 'linked'")
        return {row.left_id if side == "left" else row.right_id for row in rows}

    def rows(self, query: str) -> list[Any]:
        """What the database says; ``:of`` in the query is the integration."""
        with self.scope.reading() as tx:
            return list(tx.execute(text(query), {"of": self.integration}))


@contextmanager
def joined(
    scope: TenantScope, left: Running, right: Running, settings: Mapping[str, str], threads: int = 4, epoch: int = 1
) -> Iterator[Joined]:
    """Both apps joined within the tenant; ``settings`` go to both connections."""
    integration = integrate(scope, left, right, settings)
    desk = Desk(scope, epoch, "test", lambda: False)
    desk.open()
    try:
        with Crew(threads, "test") as pool:
            yield Joined(scope, integration, left, right, desk, pool)
    finally:
        desk.close()
