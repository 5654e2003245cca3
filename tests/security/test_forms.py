"""Whatever an app tells of a file or a field, a form that we send holds the parts that we meant and no line more."""

from __future__ import annotations

import io
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.multipart import Multipart
from server.domain.media import ANYTHING, media_type

NASTY = st.text(st.sampled_from('ab/;="\r\n\0 :-\u2028\x85ü\ud800'), max_size=30)
SMUGGLED = '\r\nContent-Disposition: form-data; name="role"\r\n\r\nadmin\r\n--'


def parts_of(form: Multipart) -> list[EmailMessage]:
    """The parts as a library finds them that is not ours."""
    whole = b""
    while piece := form.read(1000):
        whole += piece
    assert len(whole) == len(form)
    head = f"Content-Type: {form.content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    read = message_from_bytes(head + whole, policy=policy.HTTP)
    assert isinstance(read, EmailMessage)
    assert not read.defects, read.defects
    return [one for one in read.iter_parts() if isinstance(one, EmailMessage)]


@pytest.mark.parametrize(
    "kind",
    [
        f"image/png{SMUGGLED}",
        "image/png\nX-Role: admin",
        "image/png\r",
        'text/plain; name="a\r\nb"',
        "image/png\0",
        "image/png, text/html",
        "imagepng",
        "",
        "text/plain; a",
        "image/pn\u0433",
        f"text/{'a' * 300}",
    ],
)
def test_a_media_type_that_is_none_is_not_told_on(kind: str) -> None:
    assert media_type(kind) == ANYTHING
    [part] = parts_of(Multipart({"content": ("a.png", b"x", kind)}))
    assert part.items() == [
        ("Content-Disposition", 'form-data; name="content"; filename="a.png"'),
        ("Content-Type", ANYTHING),
    ]


@pytest.mark.parametrize(
    "kind", ["image/png", "text/plain; charset=utf-8", 'text/x; a="b c"; d=e', "application/vnd.a+json;v=1"]
)
def test_a_media_type_is_told_as_it_is(kind: str) -> None:
    assert media_type(f" {kind}\t") == kind


@given(name=NASTY, file_name=NASTY, kind=NASTY, content=st.binary(max_size=40))
def test_no_name_of_a_field_or_file_adds_a_line_or_ends_its_own(
    name: str, file_name: str, kind: str, content: bytes
) -> None:
    form = Multipart({name: (file_name, io.BytesIO(content), kind), "last": ("", b"end", kind)})
    whole = b""
    while piece := form.read(7):
        whole += piece
    boundary = form.content_type.partition("boundary=")[2].encode()
    before, first, last, end = whole.split(b"--" + boundary)
    assert (before, end) == (b"", b"--\r\n")
    head, _, body = first.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    assert body == content + b"\r\n"
    lines = head.split(b"\r\n")
    assert len(lines) == (2 if file_name else 1)
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    assert lines[0].count(b'"') == (4 if file_name else 2)
    assert last == b'\r\nContent-Disposition: form-data; name="last"\r\n\r\nend\r\n'
