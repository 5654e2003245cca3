from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import PutRight
from server.domain.item import Side
from server.domain.rules import FilterRule, Operator, ScopeRules, SideFilter
from server.domain.values import FieldKind, FieldSpec, TextFormat, Value
from server.engine.filters import holds, outside, review_filter
from server.engine.mapping import Mapping, SideShape
from tests.unit.engine.build import item, mapping

SPECS = (
    FieldSpec("words", "Words", FieldKind.TEXT),
    FieldSpec("tags", "Tags", FieldKind.LABELS),
    FieldSpec("hours", "Hours", FieldKind.NUMBER),
    FieldSpec("day", "Day", FieldKind.DATE),
    FieldSpec("urgent", "Urgent", FieldKind.FLAG),
)
SHAPE = SideShape(Side.LEFT, "Desk", "c", TextFormat.PLAIN, {"bug": SPECS})
values = st.none() | st.text() | st.floats(allow_nan=False) | st.booleans() | st.tuples(st.text(), st.text())


def kept(name: str, value: Value, operator: Operator, *wanted: str) -> bool:
    return holds(FilterRule(name, operator, wanted), value, SHAPE.spec("bug", name))


def filtered(left: SideFilter) -> Mapping:
    plain = mapping()
    return replace(plain, document=replace(plain.document, scope=ScopeRules(left=left)))


@pytest.mark.parametrize(
    ("name", "value", "operator", "wanted", "outcome"),
    [
        ("words", "Printer", Operator.IS, ("printer", "fax"), True),
        ("words", "Printers", Operator.IS, ("printer",), False),
        ("words", "Our printer burns", Operator.CONTAINS, ("PRINTER",), True),
        ("words", None, Operator.CONTAINS, ("printer",), False),
        ("words", "", Operator.EMPTY, (), True),
        ("words", "x", Operator.FILLED, (), True),
        ("tags", ("red", "blue"), Operator.IS, ("blue",), True),
        ("tags", (), Operator.IS, ("blue",), False),
        ("tags", ("dark red",), Operator.CONTAINS, ("red",), True),
        ("tags", (), Operator.EMPTY, (), True),
        ("hours", 10, Operator.AT_LEAST, ("9.5",), True),
        ("hours", 9, Operator.AT_LEAST, ("10",), False),
        ("hours", None, Operator.AT_LEAST, ("1",), False),
        ("hours", None, Operator.AT_MOST, ("1",), False),
        ("hours", 2, Operator.IS, ("2",), True),
        ("day", "2026-11-23", Operator.AT_MOST, ("2026-11-23",), True),
        ("day", "2026-11-24", Operator.AT_MOST, ("2026-11-23T12:00:00Z",), False),
        ("urgent", True, Operator.IS, ("true",), True),
        ("urgent", False, Operator.IS, ("true",), False),
    ],
)
def test_a_rule_holds_or_does_not(
    name: str,
    value: Value,
    operator: Operator,
    wanted: tuple[str, ...],
    outcome: bool,  # noqa: FBT001 - a case
) -> None:
    assert kept(name, value, operator, *wanted) is outcome


@given(value=values, name=st.sampled_from([one.id for one in SPECS]), wanted=st.text())
def test_opposites_never_agree(value: Value, name: str, wanted: str) -> None:
    assert kept(name, value, Operator.IS, wanted) is not kept(name, value, Operator.IS_NOT, wanted)
    assert kept(name, value, Operator.CONTAINS, wanted) is not kept(name, value, Operator.LACKS, wanted)
    assert kept(name, value, Operator.EMPTY) is not kept(name, value, Operator.FILLED)


def test_new_items_and_kept_ones_have_rules_of_their_own() -> None:
    done = FilterRule("status", Operator.IS, ("2",))
    only_new = filtered(SideFilter(new=(done,)))
    bug = item(Side.LEFT, {"status": "1"})
    assert "“Status” is not “Done”" in outside(only_new, Side.LEFT, bug, paired=False)
    assert outside(only_new, Side.LEFT, bug, paired=True) == ""
    only_kept = filtered(SideFilter(kept=(done,)))
    assert outside(only_kept, Side.LEFT, bug, paired=False) == ""
    assert outside(only_kept, Side.LEFT, bug, paired=True) != ""
    assert outside(filtered(SideFilter(every=(done,))), Side.LEFT, bug, paired=True) != ""


def test_an_item_in_another_container_or_of_a_type_that_is_not_mapped_is_outside() -> None:
    bug = item(Side.LEFT, {})
    assert "moved" in outside(mapping(), Side.LEFT, replace(bug, container="elsewhere"), paired=True)
    assert "“epic”" in outside(mapping(), Side.LEFT, replace(bug, type="epic"), paired=False)
    assert outside(mapping(), Side.LEFT, bug, paired=True) == ""


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (FilterRule("gone", Operator.FILLED), "no field “gone”"),
        (FilterRule("words", Operator.IS), "wants a value"),
        (FilterRule("words", Operator.EMPTY, ("x",)), "takes no value"),
        (FilterRule("words", Operator.AT_LEAST, ("x",)), "no order"),
        (FilterRule("hours", Operator.AT_LEAST, ("many",)), "no number"),
        (FilterRule("hours", Operator.CONTAINS, ("1",)), "no text"),
    ],
)
def test_a_rule_that_can_never_be_meant_is_refused(rule: FilterRule, says: str) -> None:
    with pytest.raises(PutRight, match=says) as error:
        review_filter(SideFilter(every=(rule,)), SHAPE, "scope.left")
    assert error.value.field == "scope.left.every.0"
