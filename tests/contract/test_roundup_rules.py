"""A real Roundup's rule moves a status for a message: not where we may say so, and as nobody's edit elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from server.connectors import roundup
from server.connectors.http import HttpOutlet
from server.domain.errors import Rejected
from server.domain.item import CommentDraft, Draft
from server.services.sync.leave_out import is_of_a_value
from tests.support.testbeds import roundup as bed_of_roundup
from tests.support.testbeds.roundup import Roundup

pytestmark = pytest.mark.trackers
_MAY_TALK = """
for each in ('messages', 'files', 'title'):
    db.security.addPermissionToRole('User', db.security.addPermission(name='Edit', klass='issue', properties=(each,)))
db.security.addPermissionToRole('User', db.security.addPermission(name='Search', klass='issue'))
for each in ('View', 'Create'):
    db.security.addPermissionToRole('User', each, 'issue')
"""
RESOLVED, CHATTING, DEFERRED = "8", "3", "2"


def who_talks_sets_no_status(folder: Path) -> None:
    """Our account may say something on issues, and not give them a status."""
    schema = folder / "schema.py"
    text = schema.read_text().replace(
        "for cl in 'issue', 'file', 'msg', 'keyword':", "for cl in 'file', 'msg', 'keyword':", 1
    )
    schema.write_text(text + _MAY_TALK)


_RULE = """
def hurry(db, cl, nodeid, newvalues):
    if 'priority' in newvalues and 'title' not in newvalues:
        newvalues['assignedto'] = '1'

def init(db):
    db.issue.audit('set', hurry)
"""


_REFUSING = """
from roundup.exceptions import Reject

def refuse(db, cl, nodeid, newvalues):
    if newvalues.get('status') == '8':
        raise Reject('not done before it is looked at')

def init(db):
    db.issue.audit('set', refuse)
    db.issue.audit('create', refuse)
"""


def a_rule_lets_nothing_be_resolved(folder: Path) -> None:
    """Whoever resolves an issue is told no."""
    (folder / "detectors" / "refusing.py").write_text(_REFUSING)


def a_rule_gives_away_what_is_urgent(folder: Path) -> None:
    """Whoever sets a priority gives the issue to the administrator."""
    (folder / "detectors" / "hurry.py").write_text(_RULE)


def test_what_a_rule_makes_of_a_write_of_ours_is_nobodys_edit(tmp_path: Path) -> None:
    with bed_of_roundup.running(tmp_path, change=a_rule_gives_away_what_is_urgent) as bed:
        login, password = bed.auth()
        ours = roundup.open({"url": bed.url, "login": login, "password": password}, HttpOutlet(bed.url))
        made = ours.create(Draft("issue", "issue", {"title": "urgent"}, "m"))
        held = ours.update(made.id, {"priority": "1"})
        assert (held.fields["assignedto"], held.untyped) == ("1", frozenset({"assignedto"}))
        assert ours.update(made.id, {"title": "urgent still"}).untyped == frozenset()


def test_what_a_rule_refuses_is_one_value_and_the_rest_goes_without_it(tmp_path: Path) -> None:
    with bed_of_roundup.running(tmp_path, change=a_rule_lets_nothing_be_resolved) as bed:
        login, password = bed.auth()
        ours = roundup.open({"url": bed.url, "login": login, "password": password}, HttpOutlet(bed.url))
        made = ours.create(Draft("issue", "issue", {"title": "open"}, "m"))
        with pytest.raises(Rejected, match="not done before it is looked at") as caught:
            ours.update(made.id, {"title": "open still", "status": RESOLVED})
        assert is_of_a_value(caught.value)
        with pytest.raises(Rejected) as caught:
            ours.create(Draft("issue", "issue", {"title": "born resolved", "status": RESOLVED}, "n"))
        assert is_of_a_value(caught.value)


@pytest.fixture(params=[False, True], ids=["sets statuses", "sets none"])
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Roundup]:
    change = who_talks_sets_no_status if request.param else lambda _: None
    with bed_of_roundup.running(tmp_path, change=change) as running:
        yield running


def test_a_message_moves_no_status_or_moves_it_as_nobodys_edit(bed: Roundup) -> None:
    login, password = bed.auth()
    ours = roundup.open({"url": bed.url, "login": login, "password": password}, HttpOutlet(bed.url))

    def administrator(method: str, path: str, **given: str) -> requests.Response:
        url, headers = (
            f"{bed.url}/rest/data/{path}",
            bed.headers() | {"If-Match": tag(path) if method == "PUT" else "*"},
        )
        answer = requests.request(method, url, auth=bed.auth("admin"), headers=headers, json=given, timeout=30)
        assert answer.ok, answer.text
        return answer

    def tag(path: str) -> str:
        found = requests.get(f"{bed.url}/rest/data/{path}", auth=bed.auth("admin"), headers=bed.headers(), timeout=30)
        return str(found.json()["data"]["@etag"])

    made = administrator("POST", "issue", title="done", status=RESOLVED).json()["data"]["id"]
    ours.add_comment(f"issue{made}", CommentDraft("said", private=False, marker="m"))
    item = ours.fetch(f"issue{made}")
    assert [one.body for one in item.comments] == ["said"] or item.fields["description"] == "said"
    if item.fields["status"] == RESOLVED:
        assert item.untyped == frozenset()
        return
    assert (item.fields["status"], item.untyped) == (CHATTING, frozenset({"status"}))
    administrator("PUT", f"issue/{made}", status=DEFERRED)
    assert ours.fetch(f"issue{made}").untyped == frozenset(), "a person has set it since"
