"""What Redmine's webhook plugins tell: the number of the issue; a Redmine without one tells nothing."""

from __future__ import annotations

from collections.abc import Mapping

from server.connectors.hints import delivered, ids_of, named_items


def hint(settings: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> tuple[str, ...] | None:
    """The issue under ``payload.issue`` or ``issue``; else what any app may say. Raises ``PutRight``."""
    said = delivered(body)
    for inner in (said.get("payload"), said) if isinstance(said, Mapping) else ():
        issue = inner.get("issue") if isinstance(inner, Mapping) else None
        if isinstance(issue, Mapping):
            return ids_of([issue.get("id")])
    return named_items(settings, headers, body)
