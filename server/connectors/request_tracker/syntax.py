"""What Request Tracker makes of running text, as far as it can be known; it must not send anything.

By itself it links addresses alone. Many installations add a link for ``#12``, which means a ticket to everybody.
"""

from __future__ import annotations

import re

from server.domain.syntax import AutoLink, Guard, Syntax
from server.domain.values import TextFormat

_TICKET = r"(?<![\w#&/])#(?P<item>\d+)(?![\w-])"


def syntax(text_format: TextFormat, base_url: str) -> Syntax:
    """What an RT at that address makes of messages in that format."""
    base = re.escape(base_url.rstrip("/"))
    return Syntax(
        links=(AutoLink(_TICKET, Guard.SPAN if text_format is TextFormat.HTML else Guard.JOINER),),
        item="#{id}",
        addresses=(rf"{base}/Ticket/\w+\.html\?id=(?P<item>\d+)(?:[&#]\S*)?",),
        files=(rf"(?:{base})?/Ticket/Attachment/\d+/(?P<file>\d+)(?:/\S*)?",),
    )
