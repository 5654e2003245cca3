"""What an app showed only by the way is kept with its connection: what uses it can be saved and started."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from server.domain.errors import PutRight
from server.domain.integration import Document, SideSettings
from server.domain.mapping import FieldMapping, TypeMapping
from server.services import apps, integrations
from server.services import connections as use_cases
from server.services.pacing import Paces
from server.services.scope import TenantScope
from server.services.sync.ends import Ends
from server.store import connections
from server.store.connections import Connection
from tests.property.world import Stage
from tests.support.small_redmine import BUG, SmallRedmine, issue

pytestmark = pytest.mark.postgres


@pytest.fixture
def app() -> Iterator[SmallRedmine]:
    with SmallRedmine() as running:
        yield running


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant with one connection to the app, of whose two projects the labels are to be kept in step."""

    scope: TenantScope
    connection: str

    @property
    def document(self) -> Document:
        left, right = (SideSettings(self.connection, one) for one in ("1", "2"))
        fields = (FieldMapping("subject", "subject"), FieldMapping("cf_4", "cf_4"))
        return Document(left, right, (TypeMapping(BUG, BUG, fields),))

    def row(self) -> Connection:
        with self.scope.reading() as tx:
            return connections.get(tx, self.connection)

    def compiled(self) -> tuple[int, int]:
        """How many fields travel, and how many rest, for a sync process that has just begun."""
        ends = Ends(self.scope, None, Paces())
        try:
            [type_] = ends.mapping(self.document)[0].types
        finally:
            ends.close()
        return len(type_.fields), len(type_.resting)


@pytest.fixture
def tenant(stage: Stage, app: SmallRedmine) -> Tenant:
    scope = stage.world().scope
    app.issues = [issue(7), issue(8, project=2)]
    with scope.transaction() as tx:
        made = connections.add(tx, scope.cipher, "desk", "redmine", {"url": app.url}, {"api_key": "planted"})
    return Tenant(scope, made)


def test_an_integration_can_be_saved_and_started_when_the_issue_that_showed_its_field_is_gone(
    tenant: Tenant, app: SmallRedmine
) -> None:
    made = integrations.create(tenant.scope, "a", "both", tenant.document)
    app.issues = []
    assert integrations.change(tenant.scope, "a", made.id, "both again", tenant.document).version == 2
    assert integrations.start(tenant.scope, "a", made.id).state == "running"
    assert tenant.compiled() == (2, 0)
    assert "planted" not in str(tenant.row().seen)


def test_without_what_was_kept_such_a_field_is_refused(tenant: Tenant, app: SmallRedmine) -> None:
    app.issues = []
    with pytest.raises(PutRight):
        integrations.create(tenant.scope, "a", "both", tenant.document)


def test_the_sync_process_keeps_what_it_is_shown_before_anything_else_is_to_be_written(
    tenant: Tenant, app: SmallRedmine
) -> None:
    assert tenant.compiled() == (2, 0)
    app.issues = []
    assert tenant.compiled() == (2, 0)


def test_a_sync_process_that_works_already_takes_over_what_a_person_was_shown(
    tenant: Tenant, app: SmallRedmine
) -> None:
    shown, app.issues = app.issues, []
    ends = Ends(tenant.scope, None, Paces())
    assert len(ends.mapping(tenant.document)[0].types[0].resting) == 1
    app.issues = shown
    integrations.create(tenant.scope, "a", "both", tenant.document)
    app.issues = []
    ends.forget()
    assert not ends.mapping(tenant.document)[0].types[0].resting
    ends.close()


def test_a_look_at_the_fields_keeps_them_and_a_second_one_writes_no_row(tenant: Tenant, app: SmallRedmine) -> None:
    shown = apps.fields(tenant.scope, tenant.connection, "1", BUG)

    def written() -> str:
        with tenant.scope.reading() as tx:
            found = "select xmin::text from connections where id = :id"
            return str(tx.execute(text(found), {"id": tenant.connection}).scalar_one())

    before = written()
    assert apps.fields(tenant.scope, tenant.connection, "1", BUG) == shown
    assert tenant.compiled()[0] == 2
    after = written()
    assert tenant.compiled()[0] == 2
    assert written() == after != before, "the other project's fields were news once"
    app.issues = []
    assert apps.fields(tenant.scope, tenant.connection, "1", BUG) == shown


def test_data_of_something_else_is_one_bad_moment_of_a_read(tenant: Tenant, app: SmallRedmine) -> None:
    app.spoilt = dict.fromkeys(("/projects.json", "/trackers.json", "/issues.json", "/users/current.json"), 1)
    assert "cf_4" in {one.id for one in apps.fields(tenant.scope, tenant.connection, "1", BUG)}
    assert not any(app.spoilt.values())


def test_it_stays_when_the_connection_is_renamed_or_its_key_is_another_and_goes_with_its_address(
    tenant: Tenant, app: SmallRedmine
) -> None:
    integrations.create(tenant.scope, "a", "both", tenant.document)
    with tenant.scope.transaction() as tx:
        connections.remember(tx, tenant.connection, {"deletes_items": True})
    app.issues = []
    use_cases.change(tenant.scope, "a", tenant.connection, "desk 2", "redmine", {"url": app.url, "api_key": "new"})
    assert tenant.compiled() == (2, 0)
    assert "deletes_items" not in tenant.row().seen
    there = {"url": f"{app.url}/elsewhere", "api_key": "new"}
    use_cases.change(tenant.scope, "a", tenant.connection, "desk 2", "redmine", there)
    assert tenant.row().seen == {}


def test_what_is_let_go_goes_from_the_connection_too(tenant: Tenant) -> None:
    with tenant.scope.transaction() as tx:
        connections.remember(tx, tenant.connection, {"old": ["x"], "stays": ["y"], "deletes_items": False})
    with tenant.scope.transaction() as tx:
        connections.remember(tx, tenant.connection, {"old": None, "new": ["z"]})
    assert tenant.row().seen == {"stays": ["y"], "deletes_items": False, "new": ["z"]}
