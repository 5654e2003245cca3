"""What the roles of our account leave of Redmine's abilities in one project; it must not ask Redmine."""

from __future__ import annotations

from dataclasses import replace

from server.connectors.base import Capabilities

PRIVATE_NOTES = frozenset({"view_private_notes", "set_notes_private"})
_EDITS_NOTES = frozenset({"edit_issue_notes", "edit_own_issue_notes"})
_EDITS_ISSUES = frozenset({"edit_issues", "edit_own_issues"})


def abilities(best: Capabilities, allowed: frozenset[str] | None) -> Capabilities:
    """``best`` as far as ``allowed`` permits it (None: everything is; empty: no role is known, so nothing is sure).

    What a project allows to everybody stands in no membership. There each refusal is told as it comes, but for
    private notes: these Redmine would make public.
    """
    if allowed is None:
        return best
    if not allowed:
        return replace(best, private_comments=False)
    return replace(
        best,
        private_comments=allowed >= PRIVATE_NOTES,
        edits_comments=bool(allowed & _EDITS_NOTES),
        deletes_comments=bool(allowed & _EDITS_NOTES),
        deletes_attachments=bool(allowed & _EDITS_ISSUES),
        deletes_items="delete_issues" in allowed,
    )
