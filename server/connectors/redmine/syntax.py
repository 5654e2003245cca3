"""What Redmine makes of running text: links to issues, versions, commits and wiki pages, macros, mentions, pictures.

It must not send anything. Redmine links what its formatter has written, but looks for mentions in what people wrote.
"""

from __future__ import annotations

import re

from server.domain.syntax import AutoLink, Guard, Syntax

_BEFORE = r"(?<![^\s(,\-\[>])(?P<escape>!)?"
"""What may stand before a link; an exclamation mark keeps Redmine from making one."""
_THINGS = "attachment|document|version|forum|news|message|project|commit|source|export|user"
_ISSUE = rf"{_BEFORE}##?(?P<item>\d+)(?:#note)?(?:-\d+)?(?![\w-])"
_PROJECT, _LONG = r"[a-z0-9\-_]{1,100}+", r":(?<=[a-z0-9\-_]{100}:)"
"""The name of a project, and the end of what is too long for one and still would be taken for it.

Without an end to the search a line of dashes would cost its length in square.
"""
_NUMBERED = rf"(?:{_THINGS})?(?:##?|(?:[a-z0-9\-_]{{1,255}}+\|)?r)(?:\d+|note)(?:#note)?(?:-\d+)?(?!\w)"
_NAMED = rf"(?:{_THINGS}):(?:\"[^\"\n]+\"|[^\"\s<>]+)"
_OTHERS = (
    rf"{_BEFORE}(?:{_PROJECT}:)?{_NUMBERED}",
    rf"{_LONG}{_NUMBERED}",
    rf"{_BEFORE}(?:{_PROJECT}:)?{_NAMED}",
    rf"{_LONG}{_NAMED}",
    r"(?P<escape>!)?\[\[[^\[\]\n|]+(?:\|[^\[\]\n]*)?\]\]",
    r"(?P<escape>!)?\{\{\w+(?:\([^\n\r]{0,1000}?\))?\s*\}\}",
    r"(?P<escape>!)?\{\{\w+\((?=[^\n\r]{1001})",
)
_PERSON = r"(?<!\w)@(?P<person>[A-Za-z0-9_](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_-])?)"
_PICTURES = r"(?i)[^/\"]+\.(?:bmp|gif|jpg|jpe|jpeg|png)"
"""What every Redmine takes for a picture among the files of an issue: others it may show as a broken one."""

_GUARDS = {"textile": (Guard.ENTITY, Guard.ENTITY), "markdown": (Guard.BANG, Guard.ENTITY)}
"""Of links and of mentions, by the setting of the text format."""
_COMMON_MARK = (Guard.BANG, Guard.SPAN)


def syntax(text_format: str, base_url: str) -> Syntax:
    """What a Redmine with that text format, at that address, makes of text."""
    links, mentions = _GUARDS.get(text_format, _COMMON_MARK)
    base = re.escape(base_url.rstrip("/"))
    return Syntax(
        links=(
            AutoLink(_ISSUE, links),
            *(AutoLink(one, links) for one in _OTHERS),
            AutoLink(_PERSON, mentions),
        ),
        item="#{id}",
        person="@{login}",
        pictures=_PICTURES,
        addresses=(rf"{base}/issues/(?P<item>\d+)(?:\.html)?(?:[?#]\S*)?",),
        files=(rf"(?:{base})?/attachments/(?:download/|thumbnail/)?(?P<file>\d+)(?:/\S*)?",),
    )
