"""Whether private comments are sealed is an administrator's to say, is on record, and is off until then."""

from __future__ import annotations

import pytest

from tests.support.web import Browser

pytestmark = pytest.mark.postgres


def test_an_administrator_has_private_comments_sealed_and_it_is_on_record_once(admin: Browser) -> None:
    assert admin.get("/privacy") == {"sealed": False, "through": True}
    for _ in range(2):
        answer = admin.request("PUT", "/privacy", {"sealed": True})
        assert answer.json == {"sealed": True, "through": True}
    assert [one["action"] for one in admin.get("/audit")["entries"]].count("private comments sealed") == 1


def test_a_viewer_neither_sees_nor_changes_it(viewer: Browser) -> None:
    assert viewer.request("GET", "/privacy").status_code == 403
    assert viewer.request("PUT", "/privacy", {"sealed": True}).status_code == 403
