"""What is learned of a Roundup by asking stays true whatever one answer says."""

from __future__ import annotations

from typing import Any, cast

import pytest

from server.connectors.roundup.schema import Schema
from server.connectors.roundup.session import Session
from server.domain.errors import Rejected
from server.domain.values import FieldKind


class Tracker:
    """A session to a tracker without declarations, whose only item has an empty set of links to many."""

    def __init__(self, words: str, status: int) -> None:
        self._words, self._status = words, status

    def declared(self) -> dict[str, Any]:
        return {}

    def listed(self, *_: Any) -> tuple[list[Any], None]:
        return [{"id": "1"}], None

    def get(self, path: str, params: Any = ()) -> tuple[dict[str, Any], None]:
        if path.endswith("/1"):
            return {"attributes": {"title": "one", "parts": [], "note": "words"}}, None
        asked = dict(params)
        if asked.get("@fields", "").endswith(".id"):
            raise Rejected("no", words=self._words, status=self._status)
        if "parts" in asked:
            raise Rejected("no", words='No key (name) value "nothing" for "part"', status=400)
        return {}, None


@pytest.mark.parametrize(
    ("words", "status"), [("Multilink Traversal not allowed: parts.id", 400), ("Forbidden.", 403), ("", 404)]
)
def test_a_set_of_links_is_one_however_the_question_for_it_is_refused(words: str, status: int) -> None:
    shape = Schema(cast(Session, Tracker(words, status))).shape("bug")
    parts = shape.fields["parts"]
    assert (parts.target, parts.many, parts.kind) == ("part", True, FieldKind.OPTIONS)
    assert shape.fields["note"].kind is FieldKind.TEXT
