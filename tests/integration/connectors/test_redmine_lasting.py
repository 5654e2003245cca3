"""What only an issue of Redmine's shows is known for as long as nothing else is shown, also when the issue is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from server.connectors import redmine
from server.connectors.http import HttpOutlet
from server.connectors.redmine import Redmine
from server.domain.errors import NotThatApp, Rejected
from server.domain.item import Draft
from tests.support.small_redmine import BUG, LABELS, TASK, SmallRedmine, issue

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def app() -> Iterator[SmallRedmine]:
    with SmallRedmine() as running:
        yield running


def opened(app: SmallRedmine, before: Redmine | None = None) -> Redmine:
    """A connector of a new process: it knows what the one before has written down."""
    settings = {"url": app.url, "api_key": "k", "marker_field": "Remote ID"}
    made = redmine.open(settings, HttpOutlet(app.url))
    if before is not None:
        made.seen.recall(json.loads(json.dumps(dict(before.seen.news()))))
    return made


def customs(connector: Redmine, container: str = "1", item_type: str = BUG) -> set[str]:
    return {one.id for one in connector.fields(container, item_type) if one.id.startswith("cf_")}


def test_a_field_that_an_issue_showed_is_known_to_a_new_process_when_the_issue_is_gone(app: SmallRedmine) -> None:
    app.issues = [issue(7)]
    first = opened(app)
    specs = first.fields("1", BUG)
    app.issues = []
    second = opened(app, first)
    assert second.fields("1", BUG) == specs
    assert second.marks("1"), "the correlation id's field is known, too"
    assert second.seen.news().keys() <= first.seen.news().keys()
    assert "cf_4" in {one.id for one in specs}


def test_it_is_known_of_its_own_project_and_type_before_any_other_issue_is_believed(app: SmallRedmine) -> None:
    app.issues = [issue(7), issue(8, project=2, custom_fields=[])]
    first = opened(app)
    assert customs(first) == {"cf_4"}
    app.issues = app.issues[1:]
    assert customs(opened(app, first)) == {"cf_4"}
    assert customs(opened(app)) == set(), "without what was kept, the other project's issue was all there was"


def test_what_was_told_from_another_project_stays_as_well(app: SmallRedmine) -> None:
    app.issues = [issue(8, project=2)]
    first = opened(app)
    assert customs(first, "1") == {"cf_4"}
    app.issues = []
    second = opened(app, first)
    assert (customs(second, "1"), customs(second, "1", TASK)) == ({"cf_4"}, set())


def test_what_is_shown_later_stands_in_the_place_of_what_was_shown_before(app: SmallRedmine) -> None:
    app.issues = [issue(7)]
    first = opened(app)
    assert customs(first) == {"cf_4"}
    app.issues = [issue(9, custom_fields=[{"id": 6, "name": "Team", "value": "x"}])]
    second = opened(app, first)
    assert customs(second) == {"cf_6"}
    app.issues = []
    assert customs(opened(app, second)) == {"cf_6"}


def test_an_administrators_full_list_wins_over_what_was_kept(app: SmallRedmine) -> None:
    app.issues = [issue(7)]
    first = opened(app)
    customs(first)
    app.issues = []
    app.admin = [{"id": 6, "name": "Team", "field_format": "string", "customized_type": "issue"}]
    assert customs(opened(app, first)) == {"cf_6"}


def test_no_value_and_no_secret_is_kept(app: SmallRedmine) -> None:
    app.issues = [issue(7, subject="planted", custom_fields=[LABELS | {"value": ["planted"]}])]
    first = opened(app)
    customs(first)
    first.fetch("7")
    kept = json.dumps(dict(first.seen.news()))
    assert "Labels" in kept
    assert "planted" not in kept
    assert '"k"' not in kept


def test_what_is_known_already_is_no_news(app: SmallRedmine) -> None:
    app.issues = [issue(7)]
    first = opened(app)
    customs(first)
    first.way("7", {"status": "3"})
    second = opened(app, first)
    customs(second)
    second.way("7", {"status": "3"})
    second.fetch("7")
    assert second.seen.news() == {}


@pytest.mark.parametrize("odd", [None, 7, "x", {}, [None], [{"id": {}, "name": 5}], [["a"]]])
def test_what_another_version_wrote_is_not_believed(app: SmallRedmine, odd: Any) -> None:
    app.issues = [issue(7)]
    first = opened(app)
    customs(first)
    first.way("7", {"status": "3"})
    app.issues = []
    second = opened(app)
    second.seen.recall(dict.fromkeys(first.seen.news(), odd))
    assert customs(second) == set()
    app.issues = [issue(8)]
    assert customs(second) == {"cf_4"}
    assert second.way("8", {"status": "2"}) == {}


def test_what_may_follow_a_status_is_known_to_a_new_process(app: SmallRedmine) -> None:
    begun, done = ({"id": 2, "name": "Begun"}, {"id": 3, "name": "Done"})
    app.issues = [issue(7), issue(8, status=begun, allowed_statuses=[begun, done])]
    first = opened(app)
    assert first.way("7", {"status": "3"}) == {"status": ("2",)}
    app.issues = app.issues[:1]
    second = opened(app, first)
    assert second.way("7", {"status": "3"}) == {"status": ("2",)}
    with pytest.raises(Rejected, match="was never seen"):
        opened(app).update("7", {"status": "3"})


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/users/current.json", lambda app: app.check()),
        ("/projects.json", lambda app: app.containers()),
        ("/projects/1.json", lambda app: app.item_types("1")),
        ("/trackers.json", lambda app: app.fields("1", BUG)),
        ("/issue_statuses.json", lambda app: app.fields("1", BUG)),
        ("/enumerations/issue_priorities.json", lambda app: app.fields("1", BUG)),
        ("/projects/1/versions.json", lambda app: app.fields("1", BUG)),
        ("/issues.json", lambda app: app.fields("1", BUG)),
        ("/roles/1.json", lambda app: app.abilities("1")),
        ("/projects/1/memberships.json", lambda app: app.users("1")),
        ("/users/5.json", lambda app: app.users("1")),
        ("/projects/1.json", lambda app: app.place("1")),
        ("/issues/7.json", lambda app: app.fetch("7")),
        ("/issues.json", lambda app: list(app.changes("1", None))),
        ("/issues.json", lambda app: list(app.census("1"))),
        ("/issues.json", lambda app: list(app.births("1", ""))),
        ("/issues.json", lambda app: app.find(Draft("1", BUG, {"subject": "s"}, "m"), NOW)),
        ("/issues/7.json", lambda app: app.way("7", {"status": "3"})),
        ("/issue_statuses.json", lambda app: app.way("7", {"status": "3"})),
    ],
)
def test_a_read_that_has_not_what_was_asked_for_may_be_sent_again(
    app: SmallRedmine, path: str, read: Callable[[Redmine], object]
) -> None:
    app.issues = [issue(7)]
    connector = opened(app)
    app.spoilt[path] = 1
    with pytest.raises(NotThatApp) as caught:
        read(connector)
    assert caught.value.spoilt
    read(connector)


def test_an_odd_list_of_custom_fields_is_the_issues_own_fault(app: SmallRedmine) -> None:
    app.issues = [issue(7)]
    connector = opened(app)
    customs(connector)
    kept = dict(connector.seen.news())
    app.issues = [issue(7, custom_fields="x")]
    assert customs(connector) == set()
    assert connector.seen.news() == kept
