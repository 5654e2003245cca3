"""Posts comments, replies and files on RT's tickets; it must not read what others said, or choose who may see a post.

Each is a message that RT cannot edit afterwards. A reply opens a ticket by itself, which is undone here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from server.connectors.base import Answer, Outlet
from server.connectors.confirming import confirming
from server.connectors.paths import segment
from server.connectors.request_tracker.feed import PAGE
from server.connectors.request_tracker.learned import API, Learned
from server.connectors.request_tracker.read import read_moved
from server.connectors.request_tracker.shortened import shortened
from server.connectors.request_tracker.statuses import Statuses
from server.connectors.request_tracker.transcript import since
from server.connectors.request_tracker.upload import Upload
from server.connectors.request_tracker.write import kept_type, message_type
from server.connectors.seen import PRIVATE_COMMENTS, Seen
from server.domain.errors import LostAnswer, Rejected
from server.domain.item import CommentDraft, FileDraft
from server.domain.values import TextFormat

_FORBIDDEN = 403


class Posts:
    """What we say on one RT's tickets. ``files_public``: files go with a reply, else with a comment."""

    def __init__(
        self, outlet: Outlet, learned: Learned, statuses: Statuses, text_format: TextFormat, *, files_public: bool
    ) -> None:
        self._outlet = outlet
        self._learned = learned
        self._statuses = statuses
        self._format = text_format
        self._files_public = files_public

    def add(self, item_id: str, draft: CommentDraft, seen: Seen) -> str:
        """Post a comment (private) or a reply (public); its number. The ticket's status stays what it was."""
        body: dict[str, Any] = {"Content": draft.body, "ContentType": message_type(self._format)}
        if draft.private:
            return _number(item_id, self._comment(item_id, body, seen))
        # A status sent along would overwrite what a person has set since we looked, and RT would not tell.
        made = _number(item_id, self._post(item_id, "correspond", body))
        self._put_back(item_id, made)
        return made

    def _put_back(self, item_id: str, made: str) -> None:
        """Give the ticket back the status that it had before a reply of ours, which is there whatever comes of this.

        A death right before leaves the reply unconfirmed in the journal; the next look reads what it moved.
        """
        with confirming(f"the status of ticket #{item_id} after a reply"):
            then = since(self._learned, item_id, made)
            opened = [str(one.get("NewValue")) for one in then if one.get("Type") == "Status"]
            moved = read_moved(item_id, then, self._learned.account().id, lambda *_: ()).get(made, ())
            for _, status in moved:
                self._statuses.restore(item_id, str(status), opened[-1])

    def attach(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        """Attach a file with a message of its own; its number. The ticket's status stays what it was."""
        path = f"{API}/ticket/{segment(item_id)}/{'correspond' if self._files_public else 'comment'}"
        body = Upload(draft.name, kept_type(draft.content_type, content), content, draft.size)
        headers = self._learned.headers | {"Content-Type": body.content_type}
        made = _number(item_id, self._outlet.request("POST", path, headers=headers, data=body))
        if self._files_public:
            self._put_back(item_id, made)
        self._require_whole(item_id, made, draft)
        wish = [("fields", "Filename,ContentLength"), ("per_page", str(PAGE))]
        with confirming(f"the file “{draft.name}” on ticket #{item_id}"):
            parts = self._learned.members(f"/transaction/{made}/attachments", wish)
        for one in parts:
            if one.get("Filename"):
                held = int(one.get("ContentLength") or 0)
                if held != draft.size:
                    raise Rejected(
                        f"Request Tracker kept {held} of {draft.size} bytes of “{draft.name}” on ticket #{item_id}. "
                        "Its limit (MaxAttachmentSize) may be lower."
                    )
                return str(one["id"])
        raise Rejected(
            f"Request Tracker took the file “{draft.name}” for ticket #{item_id} but dropped it. Its limit "
            "(MaxAttachmentSize) may be lower."
        )

    def _require_whole(self, item_id: str, made: str, draft: FileDraft) -> None:
        """Raises ``Rejected`` where RT's history says that it did not keep all of the file."""
        with confirming(f"the file “{draft.name}” on ticket #{item_id}"):
            told = shortened(since(self._learned, item_id, made))
            ours = [one for one in told if one.by == self._learned.account().id and one.was == draft.size]
        if ours:
            raise Rejected(
                f"Request Tracker kept {ours[0].kept} of {draft.size} bytes of “{draft.name}” on ticket #{item_id}. "
                "The file is larger than its limit (MaxAttachmentSize)."
            )

    def _comment(self, item_id: str, body: Mapping[str, Any], seen: Seen) -> Answer:
        try:
            answer = self._post(item_id, "comment", body)
        except Rejected as error:
            if error.status == _FORBIDDEN:
                seen.note(PRIVATE_COMMENTS, there=False)
            raise
        seen.note(PRIVATE_COMMENTS, there=True)
        return answer

    def _post(self, item_id: str, verb: str, body: Mapping[str, Any]) -> Answer:
        path = f"{API}/ticket/{segment(item_id)}/{verb}"
        return self._outlet.request("POST", path, headers=self._learned.headers, json=body)


def _number(item_id: str, answer: Answer) -> str:
    """The number of the transaction that a post made: RT tells it in the address of what was created."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    number = headers.get("location", "").rstrip("/").rsplit("/", 1)[-1]
    if not number.isdigit():
        raise LostAnswer(f"Request Tracker took a message on ticket #{item_id} but did not say its number.")
    return number
