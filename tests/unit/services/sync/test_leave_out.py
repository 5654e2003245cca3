"""Of any write that an app refuses in part the rest arrives, with a bounded number of writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import LostAnswer, Rejected, Transient
from server.domain.item import Item, Side
from server.domain.mapping import FieldMapping
from server.domain.values import FieldKind, FieldSpec, TextFormat, Value
from server.engine.mapping import CompiledField, CompiledType
from server.engine.people import Directory
from server.services.sync.leave_out import MOST_WRITES, Writing

NOW = datetime(2026, 11, 30, tzinfo=UTC)
NAMES = [f"f{number}" for number in range(10)]


@dataclass
class App:
    """An item whose app takes some values only. ``partly``: it takes the rest of a write that it refuses a part of."""

    bad: frozenset[object]
    names: bool = True
    partly: bool = False
    status: int | None = 422
    held: dict[str, Value] = field(default_factory=dict)
    writes: int = 0
    reads: int = 0

    def fetch(self, item_id: str) -> Item:
        self.reads += 1
        return Item(item_id, item_id, "", "c", "t", NOW, dict(self.held))

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        self.writes += 1
        refused = [name for name, value in changed.items() if self.refuses(name, value)]
        if refused and self.partly:
            self.held |= {name: value for name, value in changed.items() if name not in refused}
        if refused:
            raise Rejected("no", words="no", status=self.status, fields=refused if self.names else ())
        self.held |= changed
        return self.fetch(item_id)

    def refuses(self, name: str, value: Value) -> bool:
        return name in self.bad or (isinstance(value, tuple) and bool(self.bad & set(value)))


def type_of(kinds: Mapping[str, FieldKind]) -> CompiledType:
    def compiled(name: str, kind: FieldKind) -> CompiledField:
        spec = FieldSpec(name, name, kind)
        directory = Directory({}, {}, {}, {})
        return CompiledField(FieldMapping(name, name), spec, spec, TextFormat.PLAIN, TextFormat.PLAIN, directory)

    return CompiledType("t", "t", tuple(compiled(name, kind) for name, kind in kinds.items()))


def writing(app: App, kinds: Mapping[str, FieldKind] | None = None) -> Writing:
    type_ = type_of(kinds or dict.fromkeys(NAMES, FieldKind.NUMBER))
    return Writing(cast("Any", app), Side.RIGHT, type_, "1", dict(app.held))


@given(
    bad=st.frozensets(st.sampled_from(NAMES)),
    names=st.booleans(),
    partly=st.booleans(),
    status=st.sampled_from([400, 422]),
)
def test_every_field_is_written_or_left_out_and_the_writes_are_few(
    bad: frozenset[object],
    names: bool,  # noqa: FBT001 - drawn
    partly: bool,  # noqa: FBT001 - drawn
    status: int,
) -> None:
    app = App(bad, names, partly, status)
    one = writing(app)
    refused = one.write(dict.fromkeys(NAMES, 1))
    assert app.writes <= MOST_WRITES
    assert (refused is not None) is bool(bad)
    assert one.taken | one.skipped == set(NAMES)
    assert not one.taken & (bad | one.skipped)
    assert {each.name for each in one.refusals} == one.skipped
    if names or len(bad) <= 1:
        assert one.taken == set(NAMES) - bad


def test_what_an_app_took_although_it_refused_a_part_is_not_sent_again() -> None:
    app = App(frozenset({"f3"}), partly=True, status=None)
    one = writing(app)
    one.write(dict.fromkeys(NAMES, 1))
    assert app.writes == 1
    assert one.taken == set(NAMES) - {"f3"}


def test_title_and_description_go_first() -> None:
    kinds = {"title": FieldKind.TEXT, "text": FieldKind.RICH_TEXT} | dict.fromkeys(NAMES, FieldKind.NUMBER)
    app = App(frozenset(NAMES), names=False)
    one = writing(app, kinds)
    one.write(dict.fromkeys(kinds, "x"))
    assert one.taken == {"title", "text"}
    assert app.writes <= MOST_WRITES


@given(bad=st.frozensets(st.sampled_from(list("abcdef")), max_size=2), held=st.frozensets(st.sampled_from("cxyz")))
def test_of_a_set_the_members_go_that_the_app_takes(bad: frozenset[object], held: frozenset[str]) -> None:
    bad -= {"c"}
    app = App(bad, held={"labels": tuple(sorted(held))})
    one = writing(app, {"labels": FieldKind.LABELS})
    one.write({"labels": tuple("abcdef")})
    assert set(cast("tuple[str, ...]", app.held["labels"])) == set("abcdef") - bad
    assert {each.value for each in one.refusals} == bad
    assert one.skipped == set()
    assert app.writes <= MOST_WRITES


def test_what_somebody_changes_meanwhile_is_not_overwritten() -> None:
    app = App(frozenset({"f0"}))
    honest = app.update

    def slow(item_id: str, changed: Mapping[str, Value]) -> Item:
        try:
            return honest(item_id, changed)
        finally:
            app.held["f1"] = 7

    app.update = slow  # type: ignore[method-assign]  # somebody is faster
    one = writing(app)
    one.write({"f0": 1, "f1": 1, "f2": 1})
    assert app.held == {"f1": 7, "f2": 1}
    assert one.skipped == {"f0", "f1"}
    assert [each.name for each in one.refusals] == ["f0"]


@pytest.mark.parametrize("status", [403, 404, 413])
def test_what_concerns_the_item_or_our_account_is_not_taken_apart(status: int) -> None:
    app = App(frozenset({"f0"}), names=False, status=status)
    with pytest.raises(Rejected):
        writing(app).write(dict.fromkeys(NAMES, 1))
    assert app.writes == 1


def test_where_the_item_cannot_be_read_after_a_refusal_the_outcome_is_unknown() -> None:
    app = App(frozenset({"f0"}))

    def busy(item_id: str) -> Item:
        raise Transient(f"busy with {item_id}")

    app.fetch = busy  # type: ignore[method-assign]  # the app breaks off
    with pytest.raises(LostAnswer):
        writing(app).write(dict.fromkeys(NAMES, 1))


def test_a_text_that_the_app_leaves_as_it_was_without_a_word_is_refused_and_the_rest_is_taken() -> None:
    class Deaf(App):
        def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
            self.writes += 1
            self.held |= {name: value for name, value in changed.items() if name != "title"}
            return self.fetch(item_id)

    app = Deaf(frozenset(), held={"title": "old", "text": "old", "size": 1})
    kinds = {"title": FieldKind.TEXT, "text": FieldKind.RICH_TEXT, "size": FieldKind.NUMBER}
    one = writing(app, kinds)
    refused = one.write({"title": "new", "text": "new", "size": 2})
    assert refused is not None
    assert refused.fields == {"title"}
    assert (one.taken, one.skipped) == ({"text", "size"}, {"title"})
    assert [each.name for each in one.refusals] == ["title"]
    assert app.writes == 1, "what is left like that is not sent again"
