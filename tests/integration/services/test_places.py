"""Who saves an integration is told that another tenant works on its containers, and nothing else of that tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.services import integrations
from server.services.scope import TenantScope
from tests.property.together import tenants
from tests.support.fakeapp.joined import integrate, joined, the_fake_app_known
from tests.support.fakeapp.running import Running, running
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres


@pytest.fixture
def apps() -> Iterator[list[Running]]:
    with running() as left, running() as right, running() as other, the_fake_app_known():
        yield [left, right, other]


@pytest.fixture
def scopes(cluster: TestCluster) -> Iterator[list[TenantScope]]:
    with tenants(cluster, 2) as stages:
        for stage in stages:
            stage.clear()
        yield [stage.world().scope for stage in stages]


def said(scope: TenantScope, integration: str) -> str:
    return integrations.get(scope, integration).shared


def test_the_second_tenant_on_a_container_is_told_of_it(apps: list[Running], scopes: list[TenantScope]) -> None:
    left, right, other = apps
    first, second = scopes
    alone = integrate(first, left, right, {})
    assert said(first, alone) == ""
    shared = said(second, integrate(second, other, right, {}))
    assert shared.startswith("Another tenant of this cluster keeps items of “main” in right of ")
    assert "left of" not in shared
    assert first.name not in shared
    integrations.start(first, "test", alone)
    assert said(first, alone).startswith("Another tenant of this cluster")


def test_the_first_tenant_is_told_when_another_comes_and_when_it_goes(
    apps: list[Running], scopes: list[TenantScope]
) -> None:
    left, right, other = apps
    first, second = scopes
    with joined(first, left, right, {}, epoch=1_000_000) as alone:
        alone.work()
        assert said(first, alone.integration) == ""
        came = integrate(second, other, right, {})
        alone.desk.ends.forget()  # ten minutes later the apps are asked anew
        alone.work()
        told = said(first, alone.integration)
        assert told.startswith("Another tenant of this cluster keeps items of “main” in right of ")
        assert second.name not in told
        integrations.remove(second, "test", came)
        alone.desk.ends.forget()
        alone.work()
        assert said(first, alone.integration) == ""
        lines = alone.rows("select summary from events where integration_id = :of and outcome = 'shared' order by id")
        nobody = "No other tenant of this cluster works on a container of this integration any more."
        assert [one.summary for one in lines] == [told, nobody]
        alone.desk.ends.forget()
        before = alone.rows("select count(*) from runs where integration_id = :of")
        alone.work()
        assert alone.rows("select count(*) from runs where integration_id = :of") == before  # no news, no row


def test_the_other_address_of_an_app_leads_to_the_same_container(
    apps: list[Running], scopes: list[TenantScope]
) -> None:
    left, right, other = apps
    integrate(scopes[0], left, right, {})
    by_name = {"url": right.url.replace("127.0.0.1", "localhost")}
    assert said(scopes[1], integrate(scopes[1], other, right, by_name))


def test_an_integration_that_was_deleted_is_told_no_more(apps: list[Running], scopes: list[TenantScope]) -> None:
    left, right, other = apps
    integrations.remove(scopes[0], "test", integrate(scopes[0], left, right, {}))
    assert said(scopes[1], integrate(scopes[1], other, right, {})) == ""


def test_no_tenant_reads_where_others_work(scopes: list[TenantScope]) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), scopes[0].transaction() as tx:
        tx.execute(text("select * from control.places"))
