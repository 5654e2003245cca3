"""What both apps show by now, and did not when the mapping was saved, is said; what a person left out is not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from server.domain.item import Side
from server.domain.mapping import FieldMapping
from server.domain.values import FieldKind, FieldSpec, Option
from server.engine.appeared import Shown, appeared, shown
from server.engine.compiling import compile_mapping
from server.engine.mapping import Mapping, SideShape
from tests.unit.engine.build import document, shape

TEAM = FieldSpec("team", "Team", FieldKind.TEXT)


def plus(side: Side, *more: FieldSpec) -> SideShape:
    """A side that shows these, too; in the place of what has their ids."""
    whole = shape(side)
    ids = {one.id for one in more}
    fields = {name: (*(one for one in specs if one.id not in ids), *more) for name, specs in whole.fields.items()}
    return replace(whole, fields=fields)


def compiled(*more: FieldSpec, rules: tuple[FieldMapping, ...] = ()) -> Mapping:
    plain = document()
    [rule] = plain.types
    plain = replace(plain, types=(replace(rule, fields=(*rule.fields, *rules)),))
    return compile_mapping(plain, plus(Side.LEFT, *more), plus(Side.RIGHT, *more), saved=plain.types)


def kept(mapping: Mapping) -> Shown:
    """What was shown, as it comes back from the store."""
    found: Shown = json.loads(json.dumps(shown(mapping)))
    return found


def test_a_field_that_both_show_only_now_is_said_by_name() -> None:
    before = kept(compiled())
    [said] = appeared(compiled(TEAM), before)
    assert "“Team” of" in said


def test_a_field_that_was_shown_and_left_out_is_not_said() -> None:
    assert appeared(compiled(TEAM), kept(compiled(TEAM))) == ()


def test_nothing_is_said_once_it_is_in_the_mapping() -> None:
    assert appeared(compiled(TEAM, rules=(FieldMapping("team", "team"),)), kept(compiled())) == ()


@pytest.mark.parametrize("kind", [FieldKind.LABELS, FieldKind.NUMBER])
def test_a_field_that_was_taken_for_another_kind_counts_as_not_shown(kind: FieldKind) -> None:
    [said] = appeared(compiled(replace(TEAM, kind=kind)), kept(compiled(TEAM)))
    assert "Team" in said


def test_a_value_that_was_not_shown_and_has_no_row_is_said_and_one_that_was_left_out_is_not() -> None:
    def stages(*names: str) -> FieldSpec:
        return FieldSpec("stage", "Stage", FieldKind.OPTION, options=tuple(Option(one, one) for one in names))

    rule = FieldMapping("stage", "stage")
    before = kept(compiled(stages(), rules=(rule,)))
    now = compiled(stages("low", "high"), rules=(rule,))
    assert any("“low”, “high” of “Stage”" in one for one in appeared(now, before))
    assert appeared(now, kept(now)) == ()
