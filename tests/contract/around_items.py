"""What every connector promises of comments, files and links of an item; a part of ``conformance``."""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import datetime

import pytest

from server.connectors.base import Connector
from server.domain.errors import Rejected
from server.domain.item import PARENT, CommentDraft, FileDraft, Item
from server.engine.file_names import kept_name
from tests.contract.tracker import Tracker

MEGABYTES = 10


class AroundItems:
    """The part of the suite that needs an item to hang things on (the fixture ``item``)."""

    # Comments

    def test_comments_carry_their_author_their_time_and_their_words(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        marker = str(uuid.uuid4())
        made = connector.add_comment(item.id, CommentDraft("Unser *Wort* 🎉\n\nzwei", private=False, marker=marker))
        tracker.comment(item.id, "Euer Wort", False)
        ours, theirs = connector.fetch(item.id).comments
        assert ours.id == made
        assert ours.body.strip() == "Unser *Wort* 🎉\n\nzwei"
        assert (ours.own, theirs.own) == (True, False)
        assert (ours.private, theirs.private) == (False, False)
        assert ours.marker in {marker, None}
        assert theirs.author_name == tracker.person
        assert theirs.body.strip() == "Euer Wort"
        assert isinstance(theirs.created_at, datetime)
        assert theirs.created_at.tzinfo is not None

    def test_a_comment_does_not_move_the_fields(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        for status in tracker.statuses:
            before = connector.update(item.id, {tracker.status: status}).fields
            connector.add_comment(item.id, CommentDraft("nur ein Wort", private=False, marker=str(uuid.uuid4())))
            after = connector.fetch(item.id).fields
            assert after[tracker.status] == before[tracker.status]
            assert after[tracker.title] == before[tracker.title]
            assert after[tracker.description] == before[tracker.description]

    def test_private_stays_private(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        draft = CommentDraft("vertraulich", private=True, marker=str(uuid.uuid4()))
        if not connector.manifest.capabilities.private_comments:
            with pytest.raises(Rejected):
                connector.add_comment(item.id, draft)
            assert connector.fetch(item.id).comments == ()
            return
        connector.add_comment(item.id, draft)
        tracker.comment(item.id, "auch vertraulich", True)
        tracker.comment(item.id, "für alle", False)
        held = connector.fetch(item.id).comments
        assert [(one.body.strip(), one.private) for one in held] == [
            ("vertraulich", True),
            ("auch vertraulich", True),
            ("für alle", False),
        ]

    def test_a_comment_is_edited_and_removed_where_the_app_can(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        able = connector.manifest.capabilities
        made = connector.add_comment(item.id, CommentDraft("vorher", private=False, marker=str(uuid.uuid4())))
        if able.edits_comments:
            connector.edit_comment(item.id, made, "nachher\nmehr")
            (held,) = connector.fetch(item.id).comments
            assert (held.id, held.body.strip()) == (made, "nachher\nmehr")
        if able.deletes_comments:
            connector.delete_comment(item.id, made)
            assert connector.fetch(item.id).comments == ()
            connector.delete_comment(item.id, made)
        assert connector.fetch(item.id).fields[tracker.title] == item.fields[tracker.title]

    # Files

    @pytest.mark.parametrize(
        ("name", "size"),
        [("Größenübersicht 日本 (1).bin", 70_000), ("leer.txt", 0), ("kurz.txt", 1), ("groß.bin", MEGABYTES << 20)],
    )
    def test_files_travel_byte_for_byte(self, connector: Connector, item: Item, name: str, size: int) -> None:
        content = bytes_of(size)
        digest = hashlib.sha256(content).hexdigest()
        draft = FileDraft(name, "application/octet-stream", size, digest, str(uuid.uuid4()))
        made = connector.add_attachment(item.id, draft, io.BytesIO(content))
        (held,) = connector.fetch(item.id).attachments
        assert (held.id, held.name, held.size, held.own) == (made, name, size, True)
        back = hashlib.sha256()
        longest = 0
        for chunk in connector.open_attachment(item.id, held.id):
            back.update(chunk)
            longest = max(longest, len(chunk))
        assert back.hexdigest() == digest
        assert longest <= 1 << 20, "a file is streamed, never held whole"

    @pytest.mark.parametrize(
        "name",
        [
            "x" * 300 + ".png",
            "ж" * 300 + ".png",
            "😀" * 90 + ".tar.gz",
            "a?b%c*:|<>\"'\\/d.txt",
            " .hidden\n ",
            "..",
            "e\u0301.txt",
        ],
    )
    def test_a_file_keeps_the_name_that_was_made_to_fit(self, connector: Connector, item: Item, name: str) -> None:
        fits, _ = kept_name(name, connector.manifest.capabilities.file_names)
        made = connector.add_attachment(item.id, FileDraft(fits, "text/plain", 3, "", ""), io.BytesIO(b"abc"))
        [held] = [one.name for one in connector.fetch(item.id).attachments if one.id == made]
        assert held == fits

    def test_text_files_keep_their_line_ends_and_their_blanks(self, connector: Connector, item: Item) -> None:
        content = b" \r\nWindows\r\nUnix\n\tEnde \n\n"
        digest = hashlib.sha256(content).hexdigest()
        draft = FileDraft("zeilen.txt", "text/plain", len(content), digest, str(uuid.uuid4()))
        made = connector.add_attachment(item.id, draft, io.BytesIO(content))
        assert b"".join(connector.open_attachment(item.id, made)) == content

    def test_files_of_one_name_are_kept_apart_and_removed_where_the_app_can(
        self, connector: Connector, item: Item
    ) -> None:
        made = []
        for content in (b"eins", b"zwei"):
            digest = hashlib.sha256(content).hexdigest()
            draft = FileDraft("gleich.txt", "text/plain", len(content), digest, str(uuid.uuid4()))
            made.append(connector.add_attachment(item.id, draft, io.BytesIO(content)))
        assert [b"".join(connector.open_attachment(item.id, one)) for one in made] == [b"eins", b"zwei"]
        if connector.manifest.capabilities.deletes_attachments:
            connector.delete_attachment(item.id, made[0])
            assert [one.id for one in connector.fetch(item.id).attachments] == made[1:]
            connector.delete_attachment(item.id, made[0])

    # Links

    def test_links_are_made_once_and_taken_away_once(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        if not connector.manifest.capabilities.links:
            assert tracker.links == ()
            return
        assert set(tracker.links) <= set(connector.link_kinds(tracker.container)) - {PARENT}
        for kind in tracker.links:
            other = connector.create(tracker.draft())
            for _ in range(2):
                connector.add_link(item.id, kind, other.id)
                assert [one.kind for one in connector.fetch(item.id).links if one.target == other.id] == [kind]
            for _ in range(2):
                connector.remove_link(item.id, kind, other.id)
                assert [one for one in connector.fetch(item.id).links if one.target == other.id] == []

    def test_a_link_made_from_both_ends_at_once_is_one(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        for kind in tracker.links:
            other = connector.create(tracker.draft())
            connector.add_link(item.id, kind, other.id)
            back = [one.kind for one in connector.fetch(other.id).links if one.target == item.id]
            for seen_from_there in back:
                assert seen_from_there in connector.link_kinds(tracker.container)
                connector.add_link(other.id, seen_from_there, item.id)
            assert [one.kind for one in connector.fetch(item.id).links if one.target == other.id] == [kind]
            assert [one.kind for one in connector.fetch(other.id).links if one.target == item.id] == back
            for seen_from_there in back:
                connector.remove_link(other.id, seen_from_there, item.id)
                assert [one for one in connector.fetch(item.id).links if one.target == other.id] == []

    def test_a_parent_takes_the_place_of_another(self, tracker: Tracker, connector: Connector, item: Item) -> None:
        if PARENT not in connector.link_kinds(tracker.container):
            assert item.parent is None
            with pytest.raises(Rejected):
                connector.add_link(item.id, PARENT, item.id)
            return
        first, second = connector.create(tracker.draft()), connector.create(tracker.draft())
        for parent in (first, first, second):
            connector.add_link(item.id, PARENT, parent.id)
            held = connector.fetch(item.id)
            assert (held.parent, held.links) == (parent.id, ()), "hierarchy is not told twice"
        assert connector.fetch(second.id).links == ()
        connector.remove_link(item.id, PARENT, first.id)
        assert connector.fetch(item.id).parent == second.id, "only that parent is taken away"
        for _ in range(2):
            connector.remove_link(item.id, PARENT, second.id)
            assert connector.fetch(item.id).parent is None

    def test_a_link_that_the_app_does_not_know_is_rejected(
        self, tracker: Tracker, connector: Connector, item: Item
    ) -> None:
        other = connector.create(tracker.draft())
        with pytest.raises(Rejected):
            connector.add_link(item.id, "no-such-link", other.id)
        assert connector.fetch(item.id).links == ()


def bytes_of(size: int) -> bytes:
    """Bytes of every value, the same each time."""
    block = hashlib.sha512(b"lockstep").digest() + bytes(range(256))
    return (block * (size // len(block) + 1))[:size]
