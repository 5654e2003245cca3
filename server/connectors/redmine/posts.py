"""Posts notes and files on Redmine's issues, and takes them back; it must not choose who may see a note.

A note is believed for what the issue shows afterwards: Redmine says yes to a private one that it makes public.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO

from server.connectors.base import Answer, Outlet
from server.connectors.confirming import confirming, told, unconfirmed
from server.connectors.paths import segment
from server.connectors.redmine.learned import Learned
from server.connectors.redmine.read import lines, own_id
from server.connectors.redmine.talk import DONE, NOT_FOUND, Talk
from server.domain.errors import AppError, LostAnswer, Rejected
from server.domain.item import CommentDraft, FileDraft, Item


class Posts:
    """What we put on one Redmine's issues. ``fetch`` reads a whole issue by its number."""

    def __init__(
        self,
        outlet: Outlet,
        headers: Mapping[str, str],
        learned: Learned,
        talk: Talk,
        fetch: Callable[[str], Item],
    ) -> None:
        self._outlet = outlet
        self._headers = headers
        self._learned = learned
        self._talk = talk
        self._fetch = fetch

    def add(self, item_id: str, draft: CommentDraft) -> str:
        """Post a note and find its number. A private one is only sent where Redmine will keep it private."""
        project = self._require_private_notes(item_id) if draft.private else ""
        self._talk.put(item_id, {"notes": draft.body, "private_notes": draft.private})
        with confirming(f"a note on issue #{item_id}"):
            held = self._fetch(item_id).comments
        for one in reversed(held):
            if one.own and one.body.strip() == lines(draft.body).strip():
                if draft.private and not one.private:
                    self._learned.forget_private(project)
                    raise self._made_public(item_id, one.id)
                return one.id
        raise LostAnswer(f"Redmine took a note on issue #{item_id}, but it is not there yet; it will be looked for.")

    def _made_public(self, item_id: str, comment_id: str) -> Rejected:
        """What to say of a private note that Redmine made public, once it is emptied."""
        done = "it was emptied at once"
        try:
            self.remove(item_id, comment_id)
        except AppError as error:
            done = f"and it could not be emptied ({error.message}). Delete note {comment_id} there by hand"
        return Rejected(
            f"Redmine made a private note on issue #{item_id} public; {done}. Give the syncing user's role the "
            "permission “Set notes as private”."
        )

    def edit(self, item_id: str, comment_id: str, body: str) -> None:
        """Replace a note's text."""
        answer = self._talk.write("PUT", f"/journals/{segment(comment_id)}.json", {"journal": {"notes": body}})
        said = {comment_id: lines(body).strip()}
        self._confirm(answer, item_id, f"the note {comment_id}", lambda item: said.items() <= _notes(item).items())

    def remove(self, item_id: str, comment_id: str) -> None:
        """Empty a note; Redmine then drops it. One that is gone already is no error."""
        path = f"/journals/{segment(comment_id)}.json"
        body = {"journal": {"notes": ""}}
        answer = self._outlet.request("PUT", path, headers=self._headers, json=body, accept=(NOT_FOUND,))
        self._confirm(
            answer, item_id, f"that the note {comment_id} is gone", lambda item: comment_id not in _notes(item)
        )

    def attach(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        """Upload a file and hang it on the issue.

        Cut off in between, it leaves an upload without an issue, which Redmine itself removes after a day.
        """
        answer = self._outlet.request(
            "POST",
            "/uploads.json",
            params={"filename": draft.name},
            headers={**self._headers, "Content-Type": "application/octet-stream"},
            data=content,
        )
        upload = told(answer.json(), "upload", what=f"the file “{draft.name}”")
        token = str(told(upload, "token", what=f"the file “{draft.name}”"))
        part = {"token": token, "filename": draft.name, "content_type": draft.content_type}
        sure = self._talk.put(item_id, {"uploads": [part]}, sure=False)
        made = str(upload.get("id") or token.split(".", 1)[0])
        with confirming(f"the file “{draft.name}”"):
            held = {one.id for one in self._fetch(item_id).attachments}
        if made in held:
            return made
        if not sure:
            raise unconfirmed(f"the file “{draft.name}”")
        raise Rejected(
            f"Redmine took the file “{draft.name}” but did not hang it on issue #{item_id}. The syncing user's role "
            "may not add files there."
        )

    def detach(self, item_id: str, attachment_id: str) -> None:
        """Remove a file; one that is gone already is no error."""
        path = f"/attachments/{segment(attachment_id)}.json"
        answer = self._outlet.request("DELETE", path, headers=self._headers, accept=(NOT_FOUND,))

        def gone(item: Item) -> bool:
            return all(one.id != attachment_id for one in item.attachments)

        self._confirm(answer, item_id, f"that the file {attachment_id} is gone", gone)

    def _confirm(self, answer: Answer, item_id: str, what: str, holds: Callable[[Item], bool]) -> None:
        """Redmine answers 204 to what it has done; after anything else the issue itself decides."""
        if answer.status == DONE:
            return
        with confirming(what):
            item = self._fetch(item_id)
        if not holds(item):
            raise unconfirmed(what)

    def _require_private_notes(self, item_id: str) -> str:
        """The issue's project, where Redmine keeps our private notes private; raises ``Rejected`` anywhere else."""
        project = own_id(self._talk.issue(item_id, "").get("project")) or ""
        if not self._learned.keeps_private(project):
            raise Rejected(
                f"A private comment was not posted on issue #{item_id}: Redmine would have made it public. Give the "
                "syncing user's role the permissions “View private notes” and “Set notes as private”."
            )
        return project


def _notes(item: Item) -> dict[str, str]:
    return {one.id: one.body.strip() for one in item.comments}
