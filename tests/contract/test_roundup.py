"""What every connector promises, and what Roundup does that a connector must see through: against real ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from server.domain.values import Value
from tests.contract.conformance import Conformance, Tracker
from tests.support.testbeds import roundup as bed_of_roundup
from tests.support.testbeds.roundup import Roundup

pytestmark = pytest.mark.trackers

ALICE, BOB = "4", "5"
VALUES: Mapping[str, Mapping[str, tuple[Value, Value]]] = {
    "classic": {
        "priority": ("2", None),
        "assignedto": (ALICE, None),
        "keyword": (("backend", "neu und größer"), ()),
        "due": ("2031-12-24", None),
    },
    "devel": {
        "priority": ("2", "3"),
        "severity": ("1", None),
        "assignee": ("7", None),
        "keywords": (("backend",), ()),
        "components": (("1", "2"), ()),
        "resolution": ("3", None),
    },
}


@pytest.fixture(scope="module", params=["classic", "devel"])
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Roundup]:
    with bed_of_roundup.running(tmp_path_factory.mktemp("roundup"), template=request.param) as running:
        yield running


def call(bed: Roundup, method: str, path: str, body: object = None, login: str = "alice") -> Any:
    """The app's own interface, as a person's program would use it."""
    url, headers, auth = f"{bed.url}/rest/data/{path}", bed.headers(), bed.auth(login)
    if method in {"PUT", "DELETE", "PATCH"}:
        headers["If-Match"] = requests.get(url, auth=auth, headers=headers, timeout=30).headers["ETag"]
    answer = requests.request(method, url, auth=auth, headers=headers, json=body, timeout=30)
    assert answer.ok, answer.text
    return answer.json()["data"]


def place(item_id: str) -> str:
    """``issue12`` as ``issue/12``."""
    name = item_id.rstrip("0123456789")
    return f"{name}/{item_id[len(name) :]}"


def describe(bed: Roundup) -> Tracker:
    """The suite's view of a test bed."""
    devel = bed.template == "devel"

    def comment(item_id: str, text: str, private: bool) -> None:  # noqa: FBT001 - the suite's
        assert not private
        me = "7" if devel else ALICE
        made = call(bed, "POST", "msg", {"content": text, "author": me, "date": "."})["id"]
        call(bed, "PATCH", place(item_id), {"@op": "add", "messages": [made]})

    def create(container: str, title: str, count: int) -> None:
        for number in range(count):
            call(bed, "POST", container, {"title": f"{title} {number}"})

    login, password = bed.auth()
    return Tracker(
        kind="roundup",
        settings={"url": bed.url, "login": login, "password": password},
        wrong={"password": "wrong"},
        container=bed.container,
        item_type=bed.container,
        title="title",
        description="description",
        values=VALUES[bed.template],
        status="status",
        statuses=("2", "3") if devel else ("5", "8"),
        unknown=f"{bed.container}999999",
        edit=lambda item_id, title: call(bed, "PUT", place(item_id), {"title": title}),
        comment=comment,
        delete=lambda item_id: call(bed, "DELETE", place(item_id), {}, "admin"),
        person="Alice Tést",
        create=create,
        crowd=bed.container,
        links=("dependencies",) if devel else ("dependson", "superseder"),
    )


@pytest.fixture
def tracker(bed: Roundup) -> Tracker:
    return describe(bed)


class TestRoundup(Conformance):
    """Every connector's promises, on the classic and on the devel template."""
