"""What Roundup makes of running text: every name of a class with a number behind it is a link; it must not ask for any.

A message is shown as plain text, so nothing but a sign that nobody sees can part the two.
"""

from __future__ import annotations

import re

from server.domain.syntax import AutoLink, Guard, Syntax

_CLASSES = (
    *("issue", "bug", "task", "milestone", "msg", "file", "user", "keyword", "status", "priority", "query"),
    *("component", "version", "severity", "resolution", "type"),
)
"""What trackers mostly have; the class of the container comes besides."""


def syntax(container: str, base_url: str) -> Syntax:
    """What a Roundup at that address makes of text, of which the class ``container`` is kept in step."""
    base, own = re.escape(base_url.rstrip("/")), re.escape(container)
    others = "|".join(re.escape(one) for one in _CLASSES if one != container)
    number = r"\s*\d{1,9}(?!\d)(?:#[^\]\[#%^{}\"<>\s]+)?"
    return Syntax(
        links=(
            AutoLink(rf"(?i:(?<![A-Za-z_])(?P<item>{own}\s*\d{{1,9}})(?!\d))", Guard.JOINER),
            AutoLink(rf"(?i:(?<![A-Za-z_])(?:{others}){number})", Guard.JOINER),
        ),
        item="{id}",
        addresses=(rf"{base}/(?P<item>{own}\d+)(?:[?#]\S*)?",),
        files=(rf"(?:{base}/|/)?file(?P<file>\d+)(?:/\S*)?",),
    )
