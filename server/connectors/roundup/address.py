"""What the address of a Roundup page tells: the designator of the item; it must not ask Roundup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PAGE = re.compile(r"/([a-z_]\w*?\d+)(?:/.*)?", re.IGNORECASE)
_RECORD = re.compile(r"/rest/data/([a-z_]\w*?)/(\d+)(?:/.*)?", re.IGNORECASE)


def address(path: str, query: Mapping[str, Sequence[str]]) -> str:  # noqa: ARG001 - the shape of every reader
    """The designator in ``/issue12``."""
    record = _RECORD.fullmatch(path)
    if record is not None:
        return record[1] + record[2]
    page = _PAGE.fullmatch(path)
    return page[1] if page is not None else ""
