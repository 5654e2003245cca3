"""A Roundup whose schema knows private issues and messages: what one may not see of them counts as private."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from server.connectors import roundup
from server.connectors.http import HttpOutlet
from server.domain.item import Item
from tests.support.testbeds import roundup as bed_of_roundup
from tests.support.testbeds.roundup import Roundup

pytestmark = pytest.mark.trackers
_SEES_MOST = """
def is_shown(db, userid, itemid):
    return not (db.issue.get(itemid, 'title') or '').startswith('shut')

for each in ('title', 'messages', 'files', 'nosy', 'status', 'priority', 'keyword', 'superseder', 'assignedto',
             'remote_id', 'due', 'dependson', 'activity', 'creation', 'creator', 'actor', 'id'):
    db.security.addPermissionToRole('User', db.security.addPermission(
        name='View', klass='issue', properties=(each,)))
db.security.addPermissionToRole('User', db.security.addPermission(
    name='View', klass='issue', check=is_shown, properties=('private',)))
db.security.addPermissionToRole('User', db.security.addPermission(name='Search', klass='issue'))
for each in ('Edit', 'Create'):
    db.security.addPermissionToRole('User', each, 'issue')
"""


def with_privacy(folder: Path) -> None:
    """Issues, messages and files get a flag; what it says of some issues is shown to administrators only."""
    schema = folder / "schema.py"
    text = schema.read_text()
    text = text.replace('assignedto=Link("user"),', 'private=Boolean(), assignedto=Link("user"),', 1)
    text = text.replace("inreplyto=String())", "private=Boolean(), inreplyto=String())", 1)
    text = text.replace("for cl in 'issue', 'file', 'msg', 'keyword':", "for cl in 'file', 'msg', 'keyword':", 1)
    schema.write_text(text + _SEES_MOST)


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roundup]:
    with bed_of_roundup.running(tmp_path_factory.mktemp("roundup"), change=with_privacy) as running:
        yield running


@pytest.fixture(scope="module")
def connector(bed: Roundup) -> Iterator[roundup.Roundup]:
    login, password = bed.auth()
    opened = roundup.open({"url": bed.url, "login": login, "password": password}, HttpOutlet(bed.url))
    yield opened
    opened.close()


def make(bed: Roundup, kind: str, /, **given: Any) -> str:
    """What an administrator makes; its number."""
    url = f"{bed.url}/rest/data/{kind}"
    answer = requests.post(url, auth=bed.auth("admin"), headers=bed.headers(), json=given, timeout=30)
    assert answer.ok, answer.text
    return str(answer.json()["data"]["id"])


def read(connector: roundup.Roundup, number: str) -> Item:
    return connector.fetch(f"issue{number}")


def test_a_flag_of_the_schema_restricts_from_the_first_issue_on(bed: Roundup, connector: roundup.Roundup) -> None:
    """The schema was learned while there was no issue to learn from."""
    assert connector.fields("issue", "issue")
    private, public = make(bed, "issue", title="a", private="yes"), make(bed, "issue", title="b")
    assert read(connector, private).restricted == "private"
    assert read(connector, public).restricted == ""
    assert read(connector, make(bed, "issue", title="c", private="no")).restricted == ""
    heads = [one for page in connector.changes("issue", None) for one in page.heads]
    assert {one.item.restricted for one in heads if one.item is not None} <= {"private", ""}


def test_a_flag_that_is_not_shown_to_us_may_say_yes(bed: Roundup, connector: roundup.Roundup) -> None:
    shut = make(bed, "issue", title="shut", private="no")
    assert read(connector, shut).restricted == "private: not shown to us"


def test_a_message_that_the_schema_calls_private_is_a_private_comment_and_so_are_its_files(
    bed: Roundup, connector: roundup.Roundup
) -> None:
    plan, notes = (make(bed, "file", name=name, content="x", type="text/plain") for name in ("plan.txt", "notes.txt"))
    first = make(bed, "msg", content="how it began", date=".", author="1")
    whisper = make(bed, "msg", content="geheim", date=".", author="1", private="yes", files=[notes])
    aloud = make(bed, "msg", content="for all", date=".", author="1", files=[plan])
    item = read(connector, make(bed, "issue", title="d", messages=[first, whisper, aloud], files=[plan, notes]))
    assert {one.body: one.private for one in item.comments if one.body != "how it began"} == {
        "geheim": True,
        "for all": False,
    }
    assert {one.name: one.private for one in item.attachments} == {"plan.txt": False, "notes.txt": True}
    assert item.restricted == ""


def test_a_name_that_no_class_has_is_told_with_the_test_of_the_connection(bed: Roundup) -> None:
    login, password = bed.auth()
    names = {"restricted_by": "private, superseder, nosuchfield"}
    opened = roundup.open({"url": bed.url, "login": login, "password": password, **names}, HttpOutlet(bed.url))
    [told] = [one for one in opened.check().warnings if "restrict" in one]
    opened.close()
    assert "“nosuchfield”" in told
    assert not {"“private”", "“superseder”"} & set(told.split())
