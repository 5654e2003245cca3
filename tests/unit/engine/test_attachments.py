"""Files: one twin each, and a reason for each that has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.domain.item import Attachment, Item, Side
from server.domain.operation import AddFile, Operation
from server.domain.pair import Pair
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from tests.unit.engine.build import NOON, ids, item, linked, mapping, only

L, R = Side.LEFT, Side.RIGHT
LEFT, RIGHT = item(L, {"title": "a"}), item(R, {"subject": "a"})


def file(file_id: str = "f1", **more: Any) -> Attachment:
    given: dict[str, Any] = {"name": "größe.txt", "size": 5, "content_type": "text/plain", "author_name": "Ünal"}
    return Attachment(file_id, created_at=NOON, **(given | more))


def holding(base: Item, *files: Attachment) -> Item:
    return replace(base, attachments=files)


def plan_for(
    left: Item, right: Item, pair: Pair | None = None, /, *, lost: tuple[Operation, ...] = (), **more: Any
) -> Plan:
    compiled = mapping(fields=only("title"), **more)
    return reconcile(pair or linked(LEFT, RIGHT), compiled.types[0], left, right, compiled, ids(), lost)


def files(plan: Plan) -> list[tuple[Side, str]]:
    return [(one.side, one.step.source) for one in plan.operations if isinstance(one.step, AddFile)]


def test_a_new_file_gets_a_twin() -> None:
    assert files(plan_for(holding(LEFT, file()), RIGHT)) == [(R, "f1")]


def test_a_lost_upload_is_recognised_by_being_ours_and_alike() -> None:
    first = plan_for(holding(LEFT, file()), RIGHT)
    foreign, ours = file("r1"), file("r2", own=True)
    again = plan_for(holding(LEFT, file()), holding(RIGHT, foreign, ours), first.pair)
    assert files(again) == [(L, "r1")]  # somebody else's file of the same name is another file
    assert next(one for one in again.pair.attachments if one.left_id == "f1").right_id == "r2"


def test_a_file_that_is_too_large_stays_and_is_on_record() -> None:
    plan = plan_for(holding(LEFT, file(size=10**9)), RIGHT)
    assert files(plan) == []
    assert "more than the integration's limit" in plan.pair.attachments[0].note


def test_a_file_of_a_private_comment_is_never_made_public() -> None:
    plan = plan_for(holding(LEFT, file(private=True)), RIGHT)
    assert files(plan) == []
    assert "private comment" in plan.pair.attachments[0].note


def test_an_app_that_takes_no_files_gets_none() -> None:
    assert files(plan_for(holding(LEFT, file()), RIGHT, right={"attachments": False})) == []


def test_what_an_app_kept_of_a_file_that_was_too_large_for_it_never_travels_back() -> None:
    """Request Tracker says yes, cuts the file short, and its API cannot take away what is there."""
    first = plan_for(holding(LEFT, file(size=50)), RIGHT)
    cut, persons = file("r1", size=30, own=True), file("r2", size=30)
    again = plan_for(holding(LEFT, file(size=50)), holding(RIGHT, cut, persons), first.pair)
    assert [one for one in files(again) if one[0] is L] == [(L, "r2")]  # a person's file of that name is another one
    assert "kept 30 of the 50 bytes" in next(one for one in again.pair.attachments if one.right_id == "r1").note
    settled = plan_for(holding(LEFT, file(size=50)), holding(RIGHT, cut), again.pair)
    assert "r1" not in [one[1] for one in files(settled)]


def test_a_smaller_file_of_the_same_name_that_another_lockstep_put_there_is_no_part_of_one_that_was_never_sent() -> (
    None
):
    """Our account may serve two integrations."""
    plan = plan_for(holding(LEFT, file(size=50)), holding(RIGHT, file("r1", size=30, own=True)))
    assert sorted(files(plan)) == [(L, "r1"), (R, "f1")]
