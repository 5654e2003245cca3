"""Private issues of a real Redmine: who may not read them there does not read them on the other side either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from server.connectors import redmine
from server.connectors.http import HttpOutlet
from server.domain.errors import Hidden
from server.domain.integration import SideSettings
from server.domain.rules import AudienceRules, Parting, PartingRules, Restricted
from server.services import connections, explain, integrations
from server.services.apps import Apps
from server.services.cluster import Cluster
from server.services.scope import TenantScope
from server.services.sync.crew import Crew
from server.services.sync.passes import Broken, Desk
from tests.support.postgres import TestCluster
from tests.support.reaching import loopback
from tests.support.testbeds import redmine as bed_of_redmine

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]
FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Kept:
    """Two projects of one Redmine that are kept in step."""

    bed: bed_of_redmine.Redmine
    scope: TenantScope
    integration: str
    desk: Desk
    pool: Crew

    def passes(self, count: int = 2) -> None:
        """So many passes, each to its end."""
        for _ in range(count):
            [wanted] = [one for one in self.desk.wanted() if one.name == self.integration]
            one = self.desk.start(wanted, self.pool)
            while (outcome := one.step()) is None:
                pass
            assert not isinstance(outcome, Broken), outcome

    def says(self, rules: AudienceRules) -> None:
        """The integration's document says this of private issues from now on."""
        row = integrations.get(self.scope, self.integration)
        integrations.change(self.scope, "test", row.id, row.name, replace(row.document, audience=rules))

    def person(self, login: str, method: str, path: str, issue: dict[str, Any] | None = None) -> Any:
        """What a person does, or sees."""
        body = None if issue is None else {"issue": issue}
        answer = requests.request(method, self.bed.url + path, json=body, headers=self.bed.headers(login), timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content.strip() else None

    def make(self, subject: str, *, private: bool) -> str:
        """An issue of the first project; its number."""
        issue = {"project_id": self.bed.project, "tracker_id": 1, "subject": subject, "is_private": private}
        return str(self.person("admin", "POST", "/issues.json", issue)["issue"]["id"])

    def change(self, number: str, **issue: Any) -> None:
        self.person("admin", "PUT", f"/issues/{number}.json", issue)

    def read_there(self, login: str) -> str:
        """All that a person reads in the second project."""
        wish = f"/issues.json?project_id={self.bed.second}&status_id=*&limit=100"
        found = self.person(login, "GET", wish)["issues"]
        whole = [self.person(login, "GET", f"/issues/{one['id']}.json?include=journals,attachments") for one in found]
        return repr(whole)


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bed_of_redmine.Redmine]:
    with bed_of_redmine.running(tmp_path_factory.mktemp("redmine")) as running:
        yield running


@pytest.fixture(scope="module")
def kept(bed: bed_of_redmine.Redmine, cluster: TestCluster) -> Iterator[Kept]:
    with _kept(bed, cluster) as kept:
        yield kept


@contextmanager
def _kept(bed: bed_of_redmine.Redmine, cluster: TestCluster) -> Iterator[Kept]:
    cluster.create_tenant("private")
    opened = Cluster("c", cluster.database(), cluster.master, loopback)
    scope = opened.scope("private")
    settings = {"url": bed.url, "api_key": bed.keys["sync"], "marker_field": "Remote ID"}
    ends = [connections.create(scope, "test", name, "redmine", settings).id for name in ("Desk", "Lab")]
    document, _ = integrations.suggestion(scope, SideSettings(ends[0], bed.project), SideSettings(ends[1], bed.second))
    integration = integrations.create(scope, "test", "both", document).id
    integrations.start(scope, "test", integration)
    desk = Desk(scope, 1, "test", lambda: False)
    desk.open()
    try:
        with Crew(2, "test") as pool:
            yield Kept(bed, scope, integration, desk, pool)
    finally:
        desk.close()
        opened.close()


def test_e07_a_private_issue_stays_and_one_that_becomes_private_stops_until_it_is_public_again(kept: Kept) -> None:
    hushed = kept.make("hushed from the beginning", private=True)
    kept.change(hushed, notes="a hushed note")
    plain = kept.make("for everybody", private=False)
    kept.passes()
    with pytest.raises(requests.HTTPError, match=str(FORBIDDEN)):
        kept.person("bob", "GET", f"/issues/{hushed}.json")
    assert "for everybody" in kept.read_there("bob")
    assert "hushed" not in kept.read_there("admin")
    told = explain.explain(kept.scope, Apps(), f"#{hushed}", live=True)
    assert told.subjects[0].sentence.startswith("Left out by a rule: Desk restricts it (private).")
    assert all(one.fields == () for subject in told.subjects for one in subject.now)

    kept.says(AudienceRules(leaving=PartingRules(on_right=Parting.NOTE)))
    kept.change(plain, is_private=True)
    kept.change(plain, subject="hushed since", notes="a hushed note")
    kept.passes()
    assert "hushed" not in kept.read_there("admin")
    assert "no longer kept in step with Desk" in kept.read_there("admin")
    kept.change(plain, is_private=False)
    kept.passes()
    assert "hushed since" in kept.read_there("bob")
    assert "a hushed note" in kept.read_there("bob")


def test_a_private_issue_gets_a_twin_that_is_private_before_it_says_anything(kept: Kept) -> None:
    kept.says(AudienceRules(left=Restricted.ALIKE))
    kept.make("only for some", private=True)
    plain = kept.make("soon only for some", private=False)
    kept.passes()
    kept.change(plain, is_private=True, notes="said to some")
    kept.passes()
    assert "only for some" in kept.read_there("admin")
    assert "said to some" in kept.read_there("admin")
    assert "only for some'" not in kept.read_there("bob").replace("soon only for some", "")
    assert "said to some" not in kept.read_there("bob")


def test_an_account_that_may_not_see_an_issue_does_not_take_it_for_deleted(kept: Kept) -> None:
    number = kept.make("not for Bob", private=True)
    settings = {"url": kept.bed.url, "api_key": kept.bed.keys["bob"]}
    reporter = redmine.open(settings, HttpOutlet(kept.bed.url))
    with pytest.raises(Hidden, match=f"does not show issue #{number}"):
        reporter.fetch(number)
    reporter.close()
