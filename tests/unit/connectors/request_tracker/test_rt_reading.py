from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.connectors.request_tracker import read, write
from server.connectors.request_tracker.content import decoded
from server.connectors.request_tracker.feed import walk_changes
from server.connectors.request_tracker.markup import html_to_text, text_to_html
from server.connectors.request_tracker.read import CustomField, File, Message, Reading, Text
from server.connectors.request_tracker.upload import Upload
from server.domain.errors import NotThatApp, Rejected, Transient
from server.domain.values import FieldKind, TextFormat, Value

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CUSTOMS = {
    "2": CustomField("2", "Remote ID", FieldKind.TEXT),
    "4": CustomField("4", "Labels", FieldKind.OPTIONS),
    "6": CustomField("6", "Due at", FieldKind.MOMENT),
    "8": CustomField("8", "Screenshot", None),
}


def reading(text_format: TextFormat = TextFormat.HTML) -> Reading:
    return Reading("https://rt.example", "sync", text_format, "Remote ID", CUSTOMS, NOW)


def ticket(**more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "Subject": "Größe",
        "Status": "open",
        "Queue": {"id": "3", "type": "queue"},
        "Owner": {"id": "Nobody"},
        "Priority": "Medium",
        "Due": "1970-01-01T00:00:00Z",
        "Requestor": [{"id": "carol"}, {"id": "alice"}],
        "LastUpdated": "2026-01-01T00:00:00Z",
        "CustomFields": [
            {"id": "2", "name": "Remote ID", "values": ["abc"]},
            {"id": "4", "name": "Labels", "values": ["UI", "API"]},
            {"id": "6", "name": "Due at", "values": []},
            {"id": "8", "name": "Screenshot", "values": [{"filename": "x.png"}]},
        ],
        "_hyperlinks": [
            {"ref": "self", "type": "ticket", "id": 7},
            {"ref": "depends-on", "type": "ticket", "id": "8"},
            {"ref": "parent", "type": "ticket", "id": "9"},
            {"ref": "refers-to", "type": "external", "_url": "https://example.test"},
            {"ref": "lifecycle", "from": "open", "to": "resolved"},
        ],
    } | more


def said(number: str, kind: str, body: str, content_type: str = "text/html", **more: Any) -> Message:
    texts = (Text(content_type, body),) if body else ()
    return Message(number, kind, more.pop("author", "alice"), "Älice", NOW, texts, **more)


def test_a_ticket_is_read_with_unset_things_unset() -> None:
    item = read.read_item(ticket(), (), reading())
    assert (item.fields["Owner"], item.fields["Due"], item.fields["Priority"]) == (None, None, "50")
    assert item.fields["Requestor"] == ("alice", "carol")
    assert item.fields["cf_4"] == ("API", "UI")
    assert item.fields["cf_6"] is None
    assert "cf_8" not in item.fields
    assert (item.marker, item.parent) == ("abc", "9")
    assert [(one.kind, one.target) for one in item.links] == [("depends-on", "8")]


@pytest.mark.parametrize(
    ("shown", "held"), [("Low", "0"), ("high", "100"), ("70", "70"), (50, "50"), ("", "0"), (None, "0")]
)
def test_a_priority_is_a_number_whichever_way_rt_tells_it(shown: object, held: str) -> None:
    assert read.read_priority(shown) == held


def test_replies_are_public_comments_are_private_and_files_go_with_them() -> None:
    file = File("5", "a.txt", 3, "text/plain")
    messages = (
        said("1", "Create", "<p>Anfang</p>"),
        said("2", "Correspond", "<p>öffentlich</p>", author="sync"),
        said("3", "Comment", "", files=(file,)),
        said("4", "Comment", "a & b", "text/plain"),
    )
    item = read.read_item(ticket(), messages, reading())
    assert item.fields["description"] == "<p>Anfang</p>"
    assert [(one.id, one.body, one.private, one.own) for one in item.comments] == [
        ("2", "<p>öffentlich</p>", False, True),
        ("4", "<p>a &amp; b</p>", True, False),
    ]
    (attached,) = item.attachments
    assert (attached.name, attached.size, attached.private) == ("a.txt", 3, True)


def test_of_a_ticket_that_another_was_merged_into_each_thing_is_told_once_and_its_own_beginning_stays() -> None:
    file = File("5", "a.txt", 3, "text/plain")
    messages = (
        said("1", "Create", "<p>older, of the other</p>", ticket="3"),
        said("2", "Create", "<p>its own</p>", ticket="7"),
        said("3", "Correspond", "<p>said there</p>", ticket="3", files=(file,)),
        said("4", "Correspond", "<p>carried there by us</p>", ticket="3", author="sync", files=(file,)),
        said("5", "Correspond", "<p>carried here by us</p>", ticket="7", author="sync"),
    )
    item = read.read_item(ticket(), messages, reading())
    assert item.fields["description"] == "<p>its own</p>"
    assert [one.body for one in item.comments] == [
        "<p>older, of the other</p>",
        "<p>said there</p>",
        "<p>carried here by us</p>",
    ]
    assert len(item.attachments) == 1
    assert item.absorbed == ("3",)
    assert read.read_item(ticket(), messages[1:2], reading()).absorbed == ()


def test_a_message_keeps_its_paragraphs_between_text_and_html() -> None:
    assert text_to_html("eins <b>\r\nzwei\r\n\r\ndrei") == "<p>eins &lt;b&gt;<br />zwei</p>\n<p>drei</p>"
    markup = (
        "<html><head><title>x</title></head><p>eins<br/>zwei</p><script>boese()</script><ul><li>drei</li></ul></html>"
    )
    assert html_to_text(markup) == "eins\nzwei\n\n* drei"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<pre>line 1\n  line 2</pre>", "line 1\n  line 2"),
        ("<p>a</p><pre>\n\tif x:\n      y\n</pre><p>b  c</p>", "a\n\n    if x:\n      y\n\nb c"),
        ('<p>see <a href="https://x.example.org/d">docs</a></p>', "see docs (https://x.example.org/d)"),
        ('<a href="https://x.example.org/d">https://x.example.org/d</a>', "https://x.example.org/d"),
        ('<a href="mailto:a@example.org">a@example.org</a>', "a@example.org"),
        ('<a href="#top">up</a> <a>nowhere</a> <a href="https://x.example.org"></a>', "up nowhere"),
        (
            "<table><tr><th>host</th><th>state</th></tr><tr><td>db1</td><td>down</td></tr></table>after",
            "host | state\ndb1 | down\nafter",
        ),
    ],
)
def test_plain_words_keep_the_lines_of_code_the_cells_of_tables_and_where_links_lead(markup: str, words: str) -> None:
    assert html_to_text(markup) == words


def test_a_stamp_is_empty_while_the_second_may_not_be_over() -> None:
    assert read.read_stamp(NOW, NOW + timedelta(seconds=1)) == ""
    assert read.read_stamp(NOW, NOW + timedelta(seconds=3)) == "2026-01-02T00:00:00Z"
    assert read.read_stamp(NOW, None) == ""


def test_an_answer_of_something_else_is_not_taken_for_an_empty_one() -> None:
    answers: tuple[object, ...] = ({}, [], "hello", None)
    for answer in answers:
        with pytest.raises(NotThatApp):
            read.section(answer, "items")


def test_fields_are_written_as_rt_takes_them() -> None:
    fields: dict[str, Value] = {
        "Owner": None, "Due": "2026-07-01T10:00:00Z", "Priority": "High", "Requestor": ("carol",), "description": "x",
        "cf_4": (), "cf_6": "2026-07-01T10:00:00Z",
    }  # fmt: skip
    body = write.ticket_body(fields, CUSTOMS, lambda: ZoneInfo("Asia/Kolkata"), creating=False)
    assert body == {
        "Owner": "Nobody",
        "Due": "2026-07-01 10:00:00",
        "Priority": "100",
        "Requestor": ["carol"],
        "CustomFields": {"4": [], "6": "2026-07-01 15:30:00"},
    }
    with pytest.raises(Rejected, match="cf_99"):
        write.ticket_body({"cf_99": "x"}, CUSTOMS, lambda: UTC, creating=False)


def as_rt_reads(wall: str, zone: tzinfo) -> datetime:
    """RT's own way: the text as UTC, less the zone's distance at that time."""
    text = datetime.fromisoformat(wall).replace(tzinfo=UTC)
    distance = text.astimezone(zone).utcoffset()
    assert distance is not None
    return text - distance


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_rt_understands_the_moment_that_was_meant_in_any_zone(name: str) -> None:
    zone = ZoneInfo(name)
    hour = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    wrong = [
        when
        for when in (hour + timedelta(hours=6 * step) for step in range(1460))
        if as_rt_reads(write.spoken(when, zone), zone) != when
    ]
    # In the hour that a change of the clocks leaves out, RT cannot be told the moment; then it is never a later one.
    assert len(wrong) <= 1
    assert all(as_rt_reads(write.spoken(when, zone), zone) < when for when in wrong)


def test_what_was_left_undone_is_told_apart_from_what_was_only_spelled_otherwise() -> None:
    wanted: dict[str, Value] = {
        "Owner": "Alice",
        "Priority": "Low",
        "Status": "open",
        "Due": "2026-01-01T00:00:00+00:00",
    }
    held: dict[str, Value] = {"Owner": "alice", "Priority": "0", "Status": "new", "Due": "2026-01-01T00:00:00Z"}
    assert write.not_taken(wanted, held, CUSTOMS) == ("Status",)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 57 * 1024, 57 * 1024 + 1, 200_000])
def test_a_file_goes_out_whole_and_as_long_as_it_said(size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    body = Upload('Ü "x" 日本.txt', "text/plain", io.BytesIO(content), size)
    sent = b"".join(body)
    assert len(sent) == len(body)
    (part,) = json.loads(sent)["Attachments"]
    assert part["FileName"].encode("latin-1").decode() == 'Ü "x" 日本.txt'
    assert part["FileContent"], "RT wants something there, even for a file without bytes"
    if size:
        assert base64.b64decode(part["FileContent"]) == content


@pytest.mark.parametrize("step", [1, 7, 64, 1000])
def test_a_file_comes_back_whole_however_the_answer_is_cut(step: int) -> None:
    content = bytes(index % 251 for index in range(700))
    answer = json.dumps({"Headers": 'x "Content" : "no"', "Content": base64.encodebytes(content).decode(), "id": 5})
    raw = answer.encode()
    chunks = (raw[start : start + step] for start in range(0, len(raw), step))
    assert b"".join(decoded(chunks)) == content


def test_half_a_file_is_never_taken_for_a_whole_one() -> None:
    raw = json.dumps({"Content": base64.b64encode(b"x" * 300).decode()}).encode()
    for cut in (raw[:100], b""):
        with pytest.raises(Transient):
            list(decoded([cut]))
    with pytest.raises(NotThatApp):
        list(decoded([b'{"hello": "world"}']))
    assert b"".join(decoded([b'{"ContentType": "text/plain", "id": 5}'])) == b"", "a file without bytes"


def test_bytes_that_rt_would_rewrite_are_sent_as_bytes() -> None:
    assert write.kept_type("text/plain", io.BytesIO("grüße".encode())) == "text/plain"
    latin = io.BytesIO("grüße".encode("latin-1"))
    assert write.kept_type("text/plain", latin) == "application/octet-stream"
    assert latin.tell() == 0
    assert write.kept_type("message/rfc822", io.BytesIO(b"")) == "application/octet-stream"
    assert write.kept_type("image/png", io.BytesIO(b"")) == "image/png"


def test_a_walk_asks_for_what_lies_behind_the_last_ticket_seen() -> None:
    asked: list[str] = []

    def search(query: str, *_: object) -> tuple[list[read.Json], int | None]:
        asked.append(query)
        if len(asked) > 1:
            return [], 0
        return [{"id": 9, "LastUpdated": "2026-01-01T00:00:05Z"}], 2

    pages = list(walk_changes(search, "3", None, lambda: UTC, lambda: NOW))
    assert [one.id for page in pages for one in page.heads] == ["9"]
    assert asked == [
        "Queue = 3 AND LastUpdated >= '1970-01-01 00:00:00'",
        "Queue = 3 AND (LastUpdated >= '2026-01-01 00:00:06' OR (LastUpdated >= '2026-01-01 00:00:05' AND id > 9))",
    ]


def test_a_zone_that_changes_between_two_pages_skips_nothing() -> None:
    zones = iter([ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
    asked: list[str] = []

    def search(query: str, *_: object) -> tuple[list[read.Json], int | None]:
        asked.append(query)
        return ([{"id": 9, "LastUpdated": "2026-01-01T12:00:00Z"}], 2) if len(asked) == 1 else ([], 0)

    list(walk_changes(search, "3", datetime(2026, 1, 1, tzinfo=UTC), lambda: next(zones), lambda: NOW))
    assert "'2026-01-01 01:00:00'" in asked[0]
    assert "'2026-01-01 07:00:00' AND id > 9" in asked[1]


def test_a_value_cannot_end_its_quotes_in_a_query() -> None:
    assert write.quoted("o'x\\") == "'o\\'x\\\\'"


def test_a_ticket_is_restricted_by_a_field_that_says_so() -> None:
    by = replace(reading(), restricting=frozenset({"confidential"}))
    field = {"id": "9", "name": "Confidential", "values": ["Ms. Müller"]}
    assert read.read_item(ticket(CustomFields=[field]), (), by).restricted == "Confidential"
    assert read.read_item(ticket(CustomFields=[field | {"values": ["no"]}]), (), by).restricted == ""
    assert read.read_item(ticket(), (), by).restricted == ""


def by(creator: str, number: int, kind: str, name: str = "", ticket: str = "7") -> dict[str, Any]:
    return {"id": str(number), "Type": kind, "Field": name, "Creator": {"id": creator}, "ObjectId": ticket}


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [
        ("Status", "Status", "Status"),
        ("Set", "Due", "Due"),
        ("Set", "Owner", "Owner"),
        ("Steal", "", "Owner"),
        ("CustomField", "4", "cf_4"),
    ],
)
def test_what_rt_itself_set_last_nobody_typed(kind: str, name: str, field: str) -> None:
    itself, alice = by("RT_System", 2, kind, name), by("alice", 1, kind, name)
    assert read.read_untyped("7", [alice, itself]) == {field}
    assert read.read_untyped("7", [itself, by("alice", 10, kind, name)]) == frozenset()


def test_what_was_merged_into_a_ticket_and_what_is_no_field_says_nothing() -> None:
    others = [
        by("RT_System", 1, "Set", "Due", ticket="9"),
        by("RT_System", 2, "EmailRecord"),
        by("RT_System", 3, "Create"),
    ]
    assert read.read_untyped("7", others) == frozenset()


def status(creator: str, number: int, before: str, after: str, ticket: str = "7") -> dict[str, Any]:
    return by(creator, number, "Status", "Status", ticket) | {"OldValue": before, "NewValue": after}


def moved(*history: dict[str, Any], way: tuple[str, ...] = ()) -> Value:
    """The status before the message 1, if that moved it."""
    return dict(read.read_moved("7", history, "sync", lambda _start, _goal: way).get("1", ())).get("Status")


REPLY, OPENED = by("sync", 1, "Correspond"), status("RT_System", 2, "resolved", "open")


def test_what_rt_opened_for_a_reply_of_ours_is_known_until_it_is_back() -> None:
    assert moved(REPLY, OPENED) == moved(OPENED, REPLY) == "resolved"
    assert moved(REPLY, by("RT_System", 3, "EmailRecord"), OPENED) == "resolved"
    assert moved(REPLY, OPENED, status("sync", 3, "open", "resolved")) is None
    assert moved(REPLY) is None
    assert moved(by("sync", 1, "Create"), OPENED) is None


def test_we_may_be_on_the_way_back() -> None:
    halfway = status("sync", 3, "open", "review")
    assert moved(REPLY, OPENED, halfway, way=("review", "resolved")) == "resolved"
    assert moved(REPLY, OPENED, halfway) is None, "another integration of our account may have written that"


def test_what_anybody_else_did_since_is_theirs() -> None:
    assert moved(REPLY, OPENED, status("alice", 3, "open", "stalled"), status("alice", 4, "stalled", "open")) is None
    assert moved(REPLY, OPENED, by("alice", 3, "Correspond")) is None
    assert moved(REPLY, by("alice", 2, "Correspond"), status("RT_System", 3, "resolved", "open")) is None
    assert moved(REPLY, OPENED, by("alice", 3, "Comment")) == "resolved", "a comment opens nothing"
    assert moved(by("alice", 1, "Correspond"), OPENED) is None


def test_what_another_reply_of_ours_opened_is_that_ones() -> None:
    later = (by("sync", 5, "Correspond"), status("RT_System", 6, "resolved", "open"))
    assert moved(REPLY, *later) is None
    assert moved(REPLY, OPENED, status("sync", 3, "open", "resolved"), *later) is None
    assert moved(REPLY, OPENED, by("sync", 3, "Correspond")) == "resolved"
    assert moved(REPLY, status("RT_System", 2, "resolved", "open", "9")) is None, "another ticket was merged into this"
