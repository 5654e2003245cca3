from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gui.client import ClusterStatus, Health, MemberStatus, Status, TenantStatus, TenantVerb, Verb
from gui.presenters import actions

TENANT = TenantStatus(
    cluster="c1", name="acme", title="Acme", state="active", sync="idle", url="https://a", loopback_url="http://a"
)
CLUSTER = ClusterStatus(name="c1", health=Health.RUNNING, url="https://c1", database="embedded", tenants=(TENANT,))
STATUS = Status(
    version="1",
    data="/d",
    pid=1,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    https_port=1,
    http_port=2,
    base_domain="localhost",
    members=(MemberStatus(name="postgres", health=Health.RUNNING),),
    clusters=(CLUSTER,),
)


@pytest.mark.parametrize(
    ("health", "possible"),
    [
        (Health.RUNNING, {Verb.STOP, Verb.RESTART}),
        (Health.UNHEALTHY, {Verb.STOP, Verb.RESTART}),
        (Health.STOPPED, {Verb.START}),
        (Health.BACKOFF, {Verb.START, Verb.STOP}),
        (Health.STARTING, {Verb.STOP}),
        (Health.STOPPING, set()),
    ],
)
def test_only_what_makes_sense_is_offered(health: Health, possible: set[Verb]) -> None:
    assert actions.verbs_of(MemberStatus(name="x", health=health)) == possible


def test_nothing_is_offered_for_nothing() -> None:
    assert actions.verbs_of(None) == set()


def test_a_row_leads_to_its_tenant_and_cluster_and_to_none_once_they_are_gone() -> None:
    assert actions.tenant(STATUS, "tenant:c1/acme") is TENANT
    assert actions.cluster(STATUS, "tenant:c1/acme") is CLUSTER
    assert actions.cluster(STATUS, "cluster:c1") is CLUSTER
    assert actions.tenant(STATUS, "cluster:c1") is None
    assert actions.tenant(STATUS, "tenant:c1/other") is None
    assert actions.member(STATUS, "gateway") is None
    assert actions.member(None, "postgres") is None
    assert actions.cluster(STATUS, None) is None


def test_starting_and_resuming_interrupt_nothing_so_nothing_is_asked() -> None:
    assert actions.before_member(Verb.START, "gateway", STATUS) is None
    assert actions.before_cluster(Verb.START, CLUSTER) is None
    assert actions.before_tenant(TenantVerb.RESUME, TENANT) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("postgres", "Cluster c1 will not answer"),
        ("gateway", "synchronisation goes on"),
        ("c1/web", "panels and the API of c1"),
        ("c1/sync", "tenants of c1 are not synchronised"),
    ],
)
def test_the_question_says_what_a_stop_interrupts(name: str, says: str) -> None:
    question = actions.before_member(Verb.STOP, name, STATUS)
    assert question is not None
    assert says in question.text
    assert "Nothing is lost" in question.text


def test_deleting_a_tenant_asks_for_its_name() -> None:
    assert actions.before_delete(TENANT).typed == "acme"
