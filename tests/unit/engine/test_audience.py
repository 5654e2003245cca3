from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.errors import PutRight
from server.domain.integration import Document
from server.domain.item import Draft, Side
from server.domain.operation import RestrictItem, UpdateItem
from server.domain.pair import PairState
from server.domain.rules import AudienceRules, Parting, PartingRules, Restricted
from server.domain.values import FieldKind, FieldSpec, Value
from server.engine.audience import HOLLOW, flag, hollow, stays, to_restrict, without_file_names
from server.engine.filters import outside
from server.engine.mapping import Mapping
from server.engine.parting import Reason, part
from server.engine.plan import Draughtsman
from server.engine.reconcile import reconcile
from server.engine.review import review
from server.store.integrations import document_of
from tests.unit.engine.build import FIELDS, RIGHT_FIELDS, document, ids, item, linked, mapping

FLAG = FieldSpec("hidden", "Hidden", FieldKind.FLAG, restricts=True)
PUBLIC = item(Side.LEFT, {"title": "one", "text": "", "status": "1", "owner": None, "labels": ()})
PRIVATE = replace(PUBLIC, restricted="private")
TWIN = item(Side.RIGHT, {"subject": "one", "body": "", "state": "n", "assignee": None, "tags": ()})


def ruled(rules: AudienceRules, *, able: bool = True) -> Mapping:
    """Right can restrict its items if ``able``."""
    fields = {"ticket": (*RIGHT_FIELDS, FLAG) if able else RIGHT_FIELDS}
    plain = mapping(FIELDS, right={"fields": fields})
    return replace(plain, document=replace(plain.document, audience=rules))


@pytest.mark.parametrize(
    ("left", "right", "beside", "able", "travels"),
    [
        (Restricted.STAY, Restricted.STAY, "", True, False),
        (Restricted.STAY, Restricted.STAY, "private", True, False),
        (Restricted.STAY, Restricted.ALIKE, "", True, False),
        (Restricted.STAY, Restricted.ALIKE, "private", True, True),
        (Restricted.STAY, Restricted.OPEN, "", True, False),
        (Restricted.ALIKE, Restricted.STAY, "", True, True),
        (Restricted.ALIKE, Restricted.STAY, "", False, False),
        (Restricted.ALIKE, Restricted.STAY, "private", False, True),
        (Restricted.OPEN, Restricted.STAY, "", False, True),
    ],
)
def test_a_restricted_item_travels_only_where_somebody_said_so_and_it_is_possible(
    left: Restricted,
    right: Restricted,
    beside: str,
    able: bool,  # noqa: FBT001 - a case
    travels: bool,  # noqa: FBT001 - a case
) -> None:
    rules = ruled(AudienceRules(left, right), able=able)
    assert (stays(rules, Side.LEFT, PRIVATE, beside) == "") is travels
    assert (outside(rules, Side.LEFT, PRIVATE, paired=True, beside=beside) == "") is travels
    assert stays(rules, Side.LEFT, PUBLIC, beside) == ""


def test_what_keeps_an_item_is_said_in_the_apps_own_words() -> None:
    assert stays(ruled(AudienceRules()), Side.LEFT, replace(PRIVATE, restricted="a level"), "") == (
        "Left restricts it (a level). The integration leaves such items where they are, so nothing of it travels."
    )


def test_the_audience_comes_before_every_other_rule() -> None:
    elsewhere = replace(PRIVATE, container="elsewhere", type="unknown")
    assert outside(ruled(AudienceRules()), Side.LEFT, elsewhere, paired=True).startswith("Left restricts it (private).")


def test_an_old_document_leaves_restricted_items_where_they_are() -> None:
    old = {"left": {"connection": "1", "container": "a"}, "right": {"connection": "2", "container": "b"}, "types": []}
    found: Document = document_of(old)
    assert found.audience == AudienceRules(
        Restricted.STAY, Restricted.STAY, PartingRules(Parting.IGNORE, Parting.IGNORE)
    )
    assert document().audience == found.audience


def test_a_twin_is_restricted_before_it_is_written() -> None:
    rules = ruled(AudienceRules(left=Restricted.ALIKE))
    known = linked(PUBLIC, TWIN)
    said = replace(PRIVATE, fields=dict(PRIVATE.fields) | {"title": "for some"})
    plan = reconcile(known, rules.types[0], said, TWIN, rules, ids())
    assert [type(one.step) for one in plan.operations] == [RestrictItem, UpdateItem]
    assert plan.operations[0].side is Side.RIGHT
    assert plan.pair.left.restricted == "private"
    assert to_restrict(rules, rules.types[0], {Side.LEFT: said, Side.RIGHT: replace(TWIN, restricted="hidden")}) is None


def test_a_hollow_draft_tells_nothing() -> None:
    rules = ruled(AudienceRules(left=Restricted.ALIKE))
    fields: dict[str, Value] = {"subject": "secret", "body": "<p>secret</p>", "state": "n", "tags": ("secret",)}
    draft = Draft("R", "ticket", fields, "m", restrict=flag(rules, Side.RIGHT, rules.types[0]))
    shell = hollow(draft, rules.types[0], Side.RIGHT)
    assert shell.fields == {"hidden": True, "subject": HOLLOW}
    assert (shell.marker, shell.restrict) == ("m", "hidden")


@pytest.mark.parametrize("gone", [True, False])
def test_the_notice_on_a_twin_does_not_name_the_item(gone: bool) -> None:  # noqa: FBT001 - a case
    told = PartingRules(on_right=Parting.NOTE)
    plain = ruled(AudienceRules(leaving=told))
    rules = replace(plain, document=replace(plain.document, deletions=told))
    known = linked(PUBLIC, TWIN)
    known = replace(known, left=replace(known.left, restricted="private" if gone else ""))
    reason = Reason(Side.LEFT, None if gone else PRIVATE, "" if gone else "it is private", restricted=not gone)
    plan = part(known, rules.types[0], reason, TWIN, rules, Draughtsman("p", ids()))
    [note] = plan.operations
    body = getattr(note.step, "draft").body  # noqa: B009 - the step is a comment, or this fails
    assert "This is no longer kept in step with Left." in body
    assert PUBLIC.key not in body
    assert plan.pair.state is (PairState.ENDED if gone else PairState.OUTSIDE)


def test_a_document_that_wants_what_the_account_cannot_do_is_refused() -> None:
    review(ruled(AudienceRules(left=Restricted.ALIKE)))
    with pytest.raises(PutRight, match="cannot restrict items on Right") as refused:
        review(ruled(AudienceRules(left=Restricted.ALIKE), able=False))
    assert refused.value.field == "audience.left"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Redmine took the file “Ms. Müller's leave.pdf” but did not hang it on #1.",
            "Redmine took a file but did not hang it on #1.",
        ),
        ("“a.b.tar.gz” came with 3 bytes where 4 are told of it.", "a file came with 3 bytes where 4 are told of it."),
        ("right refuses “Due date”; that is left out.", "right refuses “Due date”; that is left out."),
        ("The mapping names “status”. It rests.", "The mapping names “status”. It rests."),
    ],
)
def test_files_are_not_named_to_who_may_not_read_what_an_item_says(said: str, told: str) -> None:
    assert without_file_names(said) == told
