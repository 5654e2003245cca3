"""A form is streamed, knows its size, and survives any file name."""

from __future__ import annotations

import io
import tempfile
from typing import BinaryIO, cast

import pytest

from server.connectors.multipart import Multipart, size_of


class Counting(io.BytesIO):
    """Bytes that say how much was asked for at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.largest = max(self.largest, size if size is not None and size >= 0 else 1 << 40)
        return super().read(size)


def test_a_form_is_read_in_pieces_and_is_as_long_as_it_says() -> None:
    content = Counting(b"x" * 300_000)
    form = Multipart({"name": ("", "Größe".encode(), ""), "content": ('Gr"öße\n.bin', content, "image/png")})
    pieces = []
    while piece := form.read(16_384):
        pieces.append(piece)
    whole = b"".join(pieces)
    assert len(whole) == len(form)
    assert content.largest == 16_384
    boundary = form.content_type.partition("boundary=")[2].encode()
    assert whole.count(b"--" + boundary) == 3
    assert whole.endswith(b"\r\n--" + boundary + b"--\r\n")
    assert 'name="name"\r\n\r\nGröße\r\n'.encode() in whole
    assert 'name="content"; filename="Gr%22öße%0A.bin"\r\nContent-Type: image/png\r\n\r\nxxx'.encode() in whole


def test_a_part_that_cannot_tell_its_size_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        Multipart({"content": ("a", cast("BinaryIO", iter([b"x"])), "")})


def test_sizes_are_of_what_is_left() -> None:
    stream = io.BytesIO(b"12345")
    stream.read(2)
    assert size_of(stream) == 3
    assert stream.read() == b"345"
    assert size_of(b"123") == 3
    assert size_of(iter([b"1"])) is None
    with tempfile.SpooledTemporaryFile(max_size=2) as spooled:
        spooled.write(b"12345")
        spooled.seek(0)
        assert size_of(spooled) == 5
