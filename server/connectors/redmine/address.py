"""What the address of a Redmine page tells: the number of the issue; it must not ask Redmine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_ISSUE = re.compile(r"/issues/(\d+)(?:\.\w+)?(?:/.*)?")


def address(path: str, query: Mapping[str, Sequence[str]]) -> str:  # noqa: ARG001 - the shape of every reader
    """The number in ``/issues/12``, also where a page of the issue or a format follows it."""
    found = _ISSUE.fullmatch(path)
    return found[1] if found is not None else ""
