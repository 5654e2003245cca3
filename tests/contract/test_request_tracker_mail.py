"""What mails bring into a real Request Tracker arrives whole: in a new ticket and in a reply alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from server.connectors import request_tracker
from server.connectors.http import HttpOutlet
from server.domain.item import Item
from tests.support.testbeds import request_tracker as bed_of_rt
from tests.support.testbeds.request_tracker import RequestTracker

pytestmark = pytest.mark.trackers

BYTES = "Content-Transfer-Encoding: base64\n\nAAEC"
PICTURE = f"Content-Type: image/png; name=IMG_1.png\nContent-Disposition: inline; filename=IMG_1.png\n{BYTES}"
FORWARDED = (
    "Content-Type: message/rfc822\n\nFrom: x@example.test\nSubject: inner\nContent-Type: text/plain\n\ninner body\n"
)


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    with bed_of_rt.running(tmp_path_factory.mktemp("rt")) as running:
        yield running


def several(kind: str, *parts: str, boundary: str = "A") -> str:
    inner = "".join(f"--{boundary}\n{one}\n" for one in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\n\n{inner}--{boundary}--\n"


def said(text: str, kind: str = "plain", more: str = "") -> str:
    return f"Content-Type: text/{kind}{more}\n\n{text}"


def send(bed: RequestTracker, subject: str, body: str) -> None:
    mail = f"From: alice@example.test\nTo: rt@example.test\n{subject}MIME-Version: 1.0\n{body}"
    form = {"queue": "Bare", "action": "correspond", "SessionType": "REST", "message": mail.encode("latin-1")}
    answer = requests.post(f"{bed.url}/REST/1.0/NoAuth/mail-gateway", data=form, timeout=30)
    assert answer.text.strip().startswith("ok"), answer.text


CASES = {
    "E01": (
        several("mixed", said("CUSTOMER ANSWER"), said("<p>DISCLAIMER</p>", "html")),
        "<p>CUSTOMER ANSWER</p>\n<p>DISCLAIMER</p>",
        {},
    ),
    "E03": (
        several("mixed", said("TEXT BEFORE"), PICTURE, said("TEXT AFTER")),
        "<p>TEXT BEFORE</p>\n<p>TEXT AFTER</p>",
        {"IMG_1.png": b"\0\1\2"},
    ),
    "E04": (
        several("mixed", said("BODY"), f"Content-Type: application/octet-stream\n{BYTES}"),
        "<p>BODY</p>",
        {".bin": b"\0\1\2"},
    ),
    "E05": (several("mixed", said("fwd"), FORWARDED), "<p>fwd</p>", {".eml": b"inner body"}),
    "nested": (
        several(
            "mixed",
            several(
                "alternative",
                said("plain"),
                several("related", said("<p>rich</p>", "html"), f"Content-Type: image/png\n{BYTES}", boundary="R"),
                boundary="B",
            ),
            said("AFTER"),
        ),
        "<p>rich</p>\n<p>AFTER</p>",
        {".png": b"\0\1\2"},
    ),
    "report": (
        several(
            "report",
            said("not delivered"),
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed",
        ),
        "<p>not delivered</p>",
        {".txt": b"Action: failed"},
    ),
    "invitation": (
        several("alternative", said("come"), said("<p>come</p>", "html"), said("BEGIN:VCALENDAR", "calendar")),
        "<p>come</p>",
        {".ics": b"BEGIN:VCALENDAR"},
    ),
    "attached text": (
        several("mixed", said("BODY"), "Content-Type: text/plain\nContent-Disposition: attachment\n\nLOG"),
        "<p>BODY</p>",
        {".txt": b"LOG"},
    ),
    "signed": (
        several("signed", several("mixed", said("BODY"), PICTURE, boundary="B"), said("-----BEGIN", "x-sig")),
        "<p>BODY</p>",
        {"IMG_1.png": b"\0\1\2", ".txt": b"-----BEGIN"},
    ),
    "digest": (
        several("digest", FORWARDED, FORWARDED.replace("inner body", "second body")),
        "",
        {".eml": b"inner body", "eml": b"second body"},
    ),
    "flowed": (said("one \ntwo\n", more="; format=flowed"), "<p>one <br />two</p>", {}),
    "unknown charset": (
        said("Gr\xfc\xdfe", more="; charset=x-nonsense\nContent-Transfer-Encoding: 8bit"),
        "<p>Grüße</p>",
        {},
    ),
}


PICTURES = several(
    "related",
    said('<p>see <img src="cid:ii_abc@mail"> and <img src="cid:ii_def@mail"></p>', "html"),
    f"Content-Type: image/png; name=image.png\nContent-ID: <ii_def@mail>\nX-Attachment-Id: ii_def\n{BYTES}",
    f"Content-Type: image/png; name=image.png\nX-Attachment-Id: ii_abc\nContent-ID:\n <ii_abc@mail>\n{BYTES}",
)


def newest(bed: RequestTracker) -> str:
    wish = {"query": "id > 0", "orderby": "id", "order": "DESC", "per_page": "1"}
    found = requests.get(f"{bed.api}/tickets", params=wish, headers=bed.headers(), timeout=30).json()
    return str(found["items"][0]["id"])


def files(connector: request_tracker.RequestTracker, item: Item, wanted: dict[str, bytes]) -> None:
    assert len(item.attachments) == len(wanted)
    for one, (name, content) in zip(item.attachments, wanted.items(), strict=True):
        held = b"".join(connector.open_attachment(item.id, one.id))
        assert one.name.endswith(name)
        assert one.size == len(held)
        assert content in held


@pytest.mark.parametrize("case", CASES)
def test_all_of_a_mail_arrives(bed: RequestTracker, case: str) -> None:
    body, text, wanted = CASES[case]
    with closing(request_tracker.open({"url": bed.url, "token": bed.tokens["sync"]}, HttpOutlet(bed.url))) as connector:
        send(bed, f"Subject: {case}\n", body)
        ticket = connector.fetch(newest(bed))
        assert (ticket.fields["Subject"], ticket.fields["description"]) == (case, text)
        files(connector, ticket, wanted)
        send(bed, "Subject: first\n", said("first"))
        number = newest(bed)
        send(bed, f"Subject: [testbed #{number}] answer\n", body)
        answered = connector.fetch(number)
        assert [one.body for one in answered.comments] == [text] * bool(text)
        files(connector, answered, wanted)


def test_e13_a_picture_is_known_by_the_name_that_the_text_of_its_mail_has_for_it(bed: RequestTracker) -> None:
    with closing(request_tracker.open({"url": bed.url, "token": bed.tokens["sync"]}, HttpOutlet(bed.url))) as connector:
        send(bed, "Subject: E13\n", PICTURES)
        ticket = connector.fetch(newest(bed))
    assert 'src="cid:ii_abc@mail"' in str(ticket.fields["description"])
    assert [(one.name, one.content_id) for one in ticket.attachments] == [
        ("image.png", "ii_def@mail"),
        ("image.png", "ii_abc@mail"),
    ]
