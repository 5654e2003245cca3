"""What the address of a page of Request Tracker tells: the number of the ticket; it must not ask RT."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PAGE = re.compile(r"/(?:Ticket/\w+\.html|SelfService/\w+\.html|m/ticket/\w+)", re.IGNORECASE)
"""The pages of staff, of customers and for telephones, which name the ticket by ``id``."""
_RECORD = re.compile(r"/REST/2\.0/ticket/(\d+)(?:/.*)?")


def address(path: str, query: Mapping[str, Sequence[str]]) -> str:
    """The number in ``/Ticket/Display.html?id=12`` and its like."""
    record = _RECORD.fullmatch(path)
    if record is not None:
        return record[1]
    number = next(iter(query.get("id", ())), "")
    return number if _PAGE.fullmatch(path) and number.isdigit() else ""
