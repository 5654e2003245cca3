"""All that a mail says arrives: its texts in their order, all else as files; only alternatives are chosen from."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.request_tracker import forwarded
from server.connectors.request_tracker.parts import (
    DEEPEST,
    MAIL,
    Part,
    Told,
    as_files,
    content_id,
    is_attached,
    nested,
    once_text,
    read_mail,
    read_part,
    tree,
)
from server.connectors.request_tracker.read import Json
from server.domain.values import TextFormat

HTML, PLAIN = TextFormat.HTML, TextFormat.PLAIN


class Mail:
    """Builds a mail as RT lists it: each part before those within it."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.contents: dict[str, str] = {}

    def text(self, content: str, kind: str = "plain", name: str = "") -> Part:
        part = Part(str(next(self.numbers)), f"text/{kind}", name, len(content.encode()))
        self.contents[part.id] = content
        return part

    def file(self, kind: str = "application/octet-stream", name: str = "", size: int = 3) -> Part:
        return Part(str(next(self.numbers)), kind, name, size)

    def of(self, kind: str, *parts: Part) -> Part:
        return Part(str(next(self.numbers)), kind if "/" in kind else f"multipart/{kind}", parts=parts)

    def told(self, root: Part, wanted: TextFormat = HTML) -> Told:
        return read_mail((root,), self.contents, wanted)


def texts(told: Told) -> list[str]:
    return [one.content for one in told.texts]


def names(told: Told) -> list[str]:
    return [one.name for one in told.files]


@pytest.fixture
def mail() -> Mail:
    return Mail()


@pytest.mark.parametrize("wanted", [HTML, PLAIN])
def test_e01_an_html_disclaimer_does_not_take_the_place_of_the_answer(mail: Mail, wanted: TextFormat) -> None:
    root = mail.of("mixed", mail.text("CUSTOMER ANSWER"), mail.text("<p>DISCLAIMER</p>", "html"))
    assert texts(mail.told(root, wanted)) == ["CUSTOMER ANSWER", "<p>DISCLAIMER</p>"]


def test_e03_the_text_behind_a_picture_arrives(mail: Mail) -> None:
    root = mail.of("mixed", mail.text("TEXT BEFORE"), mail.file("image/png", "IMG_1.png"), mail.text("TEXT AFTER"))
    told = mail.told(root)
    assert (texts(told), names(told)) == (["TEXT BEFORE", "TEXT AFTER"], ["IMG_1.png"])


def test_e04_a_part_without_a_name_arrives_as_a_file(mail: Mail) -> None:
    told = mail.told(mail.of("mixed", mail.text("BODY"), mail.file()))
    assert (texts(told), names(told)) == (["BODY"], ["part-2.bin"])


def test_e05_a_forwarded_mail_arrives_as_a_file(mail: Mail) -> None:
    told = mail.told(mail.of("mixed", mail.text("fwd"), mail.of(MAIL, mail.text("inner body"))))
    assert texts(told) == ["fwd"]
    assert [(one.name, one.content_type) for one in told.files] == [("message-3.eml", MAIL)]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image/png", "part-1.png"),
        ("text/csv", "part-1.csv"),
        ("text/x-strange", "part-1.txt"),
        ("text/calendar", "invitation-1.ics"),
        ("message/delivery-status", "delivery-status-1.txt"),
        ("application/pgp-signature", "signature-1.asc"),
        ("application/pkcs7-signature", "smime-1.p7s"),
        ("application/x-nothing-known", "part-1.bin"),
    ],
)
def test_a_made_up_name_ends_as_what_it_is(mail: Mail, kind: str, name: str) -> None:
    assert names(mail.told(mail.file(kind))) == [name]


def test_of_alternatives_the_one_that_needs_no_conversion_is_chosen_and_what_is_no_text_arrives_all_the_same(
    mail: Mail,
) -> None:
    rich = mail.of("related", mail.text("<p>rich</p>", "html"), mail.file("image/png"))
    root = mail.of("alternative", mail.text("plain"), rich, mail.text("BEGIN:VCALENDAR", "calendar"))
    for wanted, said in ((HTML, "<p>rich</p>"), (PLAIN, "plain")):
        told = mail.told(root, wanted)
        assert texts(told) == [said]
        assert names(told) == ["part-2.png", "invitation-5.ics"]


def test_an_alternative_that_says_nothing_is_not_chosen(mail: Mail) -> None:
    assert texts(mail.told(mail.of("alternative", mail.text("said"), mail.text(" \n", "html")))) == ["said"]
    assert texts(mail.told(mail.of("alternative", mail.text(""), mail.text("<p>said</p>", "html")), PLAIN)) == [
        "<p>said</p>"
    ]


EMPTY_PAGES = (
    "<html><body></body></html>",
    "<html><head><title>Mail</title><style>p {}</style></head><body><p>&nbsp;</p></body></html>",
    "<div><br></div>&#8203;&zwnj;\ufeff&shy;",
)


@pytest.mark.parametrize("page", [*EMPTY_PAGES, '<p><img src="cid:pixel"></p>'])
@pytest.mark.parametrize("wanted", [HTML, PLAIN])
def test_an_empty_page_beside_the_text_is_not_chosen(mail: Mail, page: str, wanted: TextFormat) -> None:
    """Some programs and gateways write one; what the customer said stands in the plain text alone."""
    rich = mail.of("related", mail.text(page, "html"), mail.file("image/png"))
    told = mail.told(mail.of("alternative", mail.text("CUSTOMER ANSWER"), rich), wanted)
    assert texts(told) == ["CUSTOMER ANSWER"]
    assert [one.content_type for one in told.files] == ["image/png"]


@pytest.mark.parametrize("placeholder", ["[image: IMG_1.png]", "[cid:image001.png@01D0]\n", "[Inline image 1]", ""])
def test_a_mail_of_a_picture_alone_shows_it(mail: Mail, placeholder: str) -> None:
    page = '<p><img src="cid:a"></p>'
    rich = mail.of("related", mail.text(page, "html"), mail.file("image/png"))
    assert texts(mail.told(mail.of("alternative", mail.text(placeholder), rich))) == [page]


@pytest.mark.parametrize("page", EMPTY_PAGES)
def test_an_empty_page_says_nothing_anywhere(mail: Mail, page: str) -> None:
    assert texts(mail.told(mail.of("mixed", mail.text("said"), mail.text(page, "html")))) == ["said"]


def test_within_an_alternative_all_of_a_mixed_one_arrives(mail: Mail) -> None:
    apple = mail.of(
        "mixed", mail.text("<p>1</p>", "html"), mail.file("application/pdf", "a.pdf"), mail.text("<p>2</p>", "html")
    )
    told = mail.told(mail.of("alternative", mail.text("plain"), apple))
    assert (texts(told), names(told)) == (["<p>1</p>", "<p>2</p>"], ["a.pdf"])


def test_empty_parts_are_nothing(mail: Mail) -> None:
    root = mail.of("mixed", mail.text("  "), mail.file(size=0), mail.file("text/plain", "empty.txt", 0))
    told = mail.told(root)
    assert (texts(told), names(told)) == ([], ["empty.txt"]), "a file that somebody named is one, though it is empty"


def test_what_is_too_deep_arrives_as_a_file(mail: Mail) -> None:
    root = mail.of("mixed", mail.text("deepest"))
    for level in range(DEEPEST + 5):
        root = mail.of("mixed", mail.text(str(level)), root)
    told = mail.told(root)
    assert texts(told) == [str(level) for level in range(DEEPEST + 4, 4, -1)]
    [file] = told.files
    [deep] = as_files(root)
    assert (file.id, file.content_type) == (f"{deep.id}:whole", MAIL)
    assert b"deepest" in eml(deep, mail, {})


def test_rt_lists_parts_in_a_row_and_they_become_a_tree_again() -> None:
    rows: list[Json] = [
        {"id": 1, "ContentType": "multipart/mixed", "Filename": ""},
        {"id": "2", "ContentType": "Multipart/Alternative; boundary=x", "Filename": None},
        {"id": "3", "ContentType": "text/plain", "ContentLength": "4"},
        {"id": "4", "ContentType": "", "ContentLength": "many", "Filename": " a.bin "},
    ]
    parts = [read_part(one) for one in rows]
    assert [one.id for one in nested(parts)] == ["2"]
    [root] = tree(parts, {"2": ["3"]})
    assert [one.id for one in root.parts] == ["2", "4"]
    assert [one.id for one in root.parts[0].parts] == ["3"]
    assert root.parts[1] == Part("4", "application/octet-stream", " a.bin ", 0), "a name is left as it is"
    assert read_part({"id": "5", "ContentType": "image/png", "Filename": "  "}).name == ""


def test_what_rt_tells_untruly_of_a_tree_is_no_endless_walk() -> None:
    parts = [Part("1", "multipart/mixed"), Part("2", "multipart/mixed"), Part("3", "multipart/mixed")]
    assert tree(parts, {"2": ["3", "99"], "3": ["2"]})
    assert tree((), {}) == ()


def test_a_text_whose_charset_rt_does_not_know_is_a_text_still() -> None:
    assert once_text("Subject: x\nX-RT-Original-Content-Type: text/plain\nContent-Length: 5") == "text/plain"
    assert once_text('Subject: x\nContent-Type: application/octet-stream;\n charset="x"\nTo: y') == "text/plain"
    assert once_text("Content-Type: application/octet-stream\nSubject: charset=x") == ""
    assert once_text("Subject: X-RT-Original-Content-Type: text/plain") == ""


@pytest.mark.parametrize(
    ("headers", "called"),
    [
        ("Content-Type: image/png; name=image.png\nContent-ID: <ii_abc@mail>\nX-Attachment-Id: ii_abc", "ii_abc@mail"),
        ("content-id:\n <image001.png@01D0>\nContent-Length: 3", "image001.png@01D0"),
        ("Content-Id:\r\n\t< a b@mail >\r\n", "a b@mail"),
        ("Content-ID: bare@mail\nTo: x", "bare@mail"),
        ("Content-ID: <first@mail>\nContent-ID: <second@mail>", "first@mail"),
        ("Content-ID: <>\nTo: x", ""),
        ("Content-ID:\nTo: <a@b.test>", ""),
        ("X-Content-ID: <a@mail>\nSubject: Content-ID: <a@mail>", ""),
        ("", ""),
    ],
)
def test_what_a_mail_calls_a_part_by_is_read_from_its_headers(headers: str, called: str) -> None:
    assert content_id(headers) == called


def eml(part: Part, mail: Mail, headers: dict[str, str]) -> bytes:
    def content(one: Part) -> Iterator[bytes]:
        body = mail.contents[one.id].encode() if one.id in mail.contents else bytes(range(one.size))
        yield body[:2]
        yield body[2:]

    pieces = list(forwarded.pieces(part, headers))
    whole = b"".join(forwarded.written(pieces, content))
    assert forwarded.length(pieces, lambda one: one.size) == len(whole), "its length was known before"
    return whole


def test_a_mail_within_a_mail_is_a_mail_again(mail: Mail) -> None:
    said, picture = mail.text("inner grüß"), mail.file("image/png", "a.png", 200)
    inner = mail.of("mixed", said, picture, mail.of(MAIL, mail.text("innermost")))
    whole = mail.of(MAIL, inner)
    headers = {
        inner.id: 'From: x@y.test\nSubject: long\n one\nContent-Type: multipart/mixed; boundary="A"\nX-RT-Foo: 1',
        said.id: "content-type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\nContent-Length: 11",
        picture.id: 'Content-Type: image/png; name="a.png"\nContent-Disposition: attachment; filename="a.png"',
    }
    read = email.message_from_bytes(eml(whole, mail, headers), policy=email.policy.default)
    assert (read["From"], read["Subject"], read["X-RT-Foo"]) == ("x@y.test", "long one", None)
    text, image, forward = read.iter_parts()
    assert text.get_content().strip() == "inner grüß"
    assert (image.get_filename(), image.get_content()) == ("a.png", bytes(range(200)))
    assert "innermost" in forward.as_string()


KINDS = st.sampled_from(["mixed", "related", "report", "signed", "digest", "alternative", "strange"])


@st.composite
def mails(draw: st.DrawFn) -> tuple[Mail, Part]:
    mail = Mail()

    def part(depth: int) -> Part:
        kind = draw(st.integers(0, 5 if depth else 2))
        if kind == 0:
            return mail.text(f"said {next(mail.numbers)}", draw(st.sampled_from(["plain", "html"])))
        if kind == 1:
            return mail.file(draw(st.sampled_from(["image/png", "text/csv", "message/delivery-status"])))
        if kind == 2:
            return mail.file(name="named.bin", size=draw(st.integers(0, 5)))
        inner = tuple(part(depth - 1) for _ in range(draw(st.integers(0, 4))))
        return mail.of(MAIL if kind == 5 and inner else draw(KINDS), *inner)

    return mail, part(draw(st.integers(0, 4)))


def leaves(part: Part, above: tuple[str, ...] = ()) -> Iterator[tuple[Part, tuple[str, ...]]]:
    if not part.parts:
        yield part, above
    for one in part.parts:
        yield from leaves(one, (*above, part.content_type))


@given(mails(), st.sampled_from([HTML, PLAIN]))
def test_nothing_of_any_mail_is_lost_or_there_twice(made: tuple[Mail, Part], wanted: TextFormat) -> None:
    mail, root = made
    told = mail.told(root, wanted)
    files = [one.id for one in told.files]
    assert len(files) == len(set(files))
    for part, above in leaves(root):
        if part.holds or MAIL in above:
            continue
        if part.id in mail.contents and not part.name and part.content_type in ("text/plain", "text/html"):
            times = texts(told).count(mail.contents[part.id])
            assert times == 1 or (times == 0 and "multipart/alternative" in above)
        else:
            assert (part.id in files) is bool(part.name or part.size)


def test_a_text_that_its_mail_calls_an_attachment_is_a_file_and_no_text(mail: Mail) -> None:
    root = mail.of("mixed", mail.text("BODY"), replace(mail.text("LOG"), attached=True))
    told = mail.told(root)
    assert (texts(told), [(one.name, one.size) for one in told.files]) == (["BODY"], [("part-2.txt", 3)])
    both = mail.of("alternative", mail.text("plain"), replace(mail.text("<p>page</p>", "html"), attached=True))
    assert texts(mail.told(both)) == ["plain"], "a page that is attached is no way to say the same"


@pytest.mark.parametrize(
    ("headers", "attached"),
    [
        ("Content-Disposition: attachment", True),
        ("Content-Type: text/plain\nCONTENT-DISPOSITION:  Attachment; size=3", True),
        ("Content-Disposition:\n attachment", True),
        ("Content-Disposition: inline", False),
        ("Content-Disposition: inline; filename=attachment", False),
        ("Subject: Content-Disposition: attachment", False),
        ("", False),
    ],
)
def test_what_a_mail_calls_a_part_is_read_from_its_headers(headers: str, attached: bool) -> None:  # noqa: FBT001 - a case
    assert is_attached(headers) is attached
