"""A file is read as far as the app told of it, and no further."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import repeat

from server.services.sync.apply import kept


def test_a_file_comes_whole_with_its_size_and_hash() -> None:
    with kept([b"ab", b"", b"c"], "a.txt", 3) as (content, size, digest):
        assert (content.read(), size, digest) == (b"abc", 3, hashlib.sha256(b"abc").hexdigest())


def test_a_file_without_end_is_left_where_it_is_more_than_was_told() -> None:
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for piece in repeat(b"x" * 1000):
            taken += 1
            yield piece

    with kept(pieces(), "endless.bin", 4500) as (_, size, _digest):
        assert size == 5000
    assert taken == 5
