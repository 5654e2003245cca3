"""What RT says that it did not keep of a file counts, and not the length by which it goes on calling it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server.connectors.request_tracker.read import File, Message
from server.connectors.request_tracker.shortened import as_kept, shortened

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def message(number: str, *files: File, by: str = "sync") -> Message:
    return Message(number, "Comment", by, "", NOW, files=files)


def file(number: str, name: str = "big.bin", size: int = 40_000) -> File:
    return File(number, name, size, "application/octet-stream")


def line(number: str, kind: str, kept: object, *, by: str = "sync", name: str = "big.bin") -> dict[str, Any]:
    return {
        "id": number,
        "Type": kind,
        "Creator": {"id": by},
        "Data": name,
        "OldValue": "40000",
        "NewValue": kept,
    }


@pytest.mark.parametrize(("told", "kept"), [("22500", 22_500), ("22500.75", 22_500), ("", 0), (None, 0)])
def test_a_file_that_was_cut_short_is_as_long_as_what_is_there(told: object, kept: int) -> None:
    then = [line("2", "AttachmentTruncate", told)]
    [said] = as_kept([message("1", file("11"))], then, "sync")
    assert [one.size for one in said.files] == [kept]


def test_a_file_of_ours_of_which_nothing_was_kept_is_no_file_and_a_persons_is_the_sentence_in_its_place() -> None:
    mine, theirs = message("1", file("11", "big.bin.txt")), message("3", file("12", "big.bin.txt"), by="alice")
    then = [line("2", "AttachmentDrop", "30000"), line("4", "AttachmentDrop", "30000", by="alice")]
    first, second = as_kept([mine, theirs], then, "sync")
    assert first.files == ()
    assert [(one.name, one.size) for one in second.files] == [("big.bin.txt", 24)]


def test_only_the_file_that_was_meant_is_shorter() -> None:
    others = (message("1", file("10")), message("2", file("11"), file("12", "other.bin")), message("4", file("13")))
    said = as_kept(others, [line("3", "AttachmentTruncate", "9")], "sync")
    assert [[one.size for one in each.files] for each in said] == [[40_000], [9, 40_000], [40_000]]


def test_a_line_that_tells_no_length_means_no_file() -> None:
    assert (
        shortened([line("2", "AttachmentTruncate", "9") | {"OldValue": "large"}, {"id": "3", "Type": "Status"}]) == ()
    )
