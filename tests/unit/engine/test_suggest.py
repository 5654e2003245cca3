from __future__ import annotations

from typing import Any

from server.domain.integration import SideSettings
from server.domain.mapping import Direction
from server.domain.rules import LinkRules
from server.domain.values import FieldKind, FieldSpec, Option
from server.engine.suggest import Offer, plain, suggest

TRACKER = (
    FieldSpec("subject", "Subject", FieldKind.TEXT, required=True),
    FieldSpec("description", "Description", FieldKind.RICH_TEXT),
    FieldSpec(
        "status_id",
        "Status",
        FieldKind.STATUS,
        options=(
            Option("1", "New", closed=False),
            Option("2", "In Progress", closed=False),
            Option("3", "Resolved", closed=False),
            Option("4", "Feedback", closed=False),
            Option("5", "Closed", closed=True),
            Option("6", "Rejected", closed=True),
        ),
    ),
    FieldSpec(
        "priority_id",
        "Priority",
        FieldKind.OPTION,
        options=tuple(Option(str(i), n) for i, n in enumerate(("Low", "Normal", "High", "Urgent", "Immediate"))),
    ),
    FieldSpec("assigned_to_id", "Assignee", FieldKind.USER),
    FieldSpec("done_ratio", "% Done", FieldKind.NUMBER),
    FieldSpec("created_on", "Created", FieldKind.MOMENT, read_only=True),
)
QUEUE = (
    FieldSpec("Subject", "Subject", FieldKind.TEXT),
    FieldSpec("Content", "Content", FieldKind.RICH_TEXT, create_only=True),
    FieldSpec(
        "Status",
        "Status",
        FieldKind.STATUS,
        options=(
            Option("new", "new", closed=False),
            Option("open", "open", closed=False),
            Option("stalled", "stalled", closed=False),
            Option("resolved", "resolved", closed=True),
            Option("rejected", "rejected", closed=True),
            Option("deleted", "deleted", closed=True),
        ),
    ),
    FieldSpec("Priority", "Priority", FieldKind.NUMBER),
    FieldSpec("Owner", "Owner", FieldKind.USER),
    FieldSpec("Created", "Created", FieldKind.MOMENT, read_only=True),
)


def offer(name: str, fields: tuple[FieldSpec, ...], type_name: str = "Bug", **more: Any) -> Offer:
    return Offer(name, SideSettings(name, "c"), ((type_name.lower(), type_name, fields),), **more)


def test_fields_are_paired_by_meaning_the_important_ones_first() -> None:
    document, _ = suggest(offer("R", TRACKER), offer("Q", QUEUE, "Ticket"))
    (types,) = document.types
    assert [(rule.left, rule.right) for rule in types.fields] == [
        ("subject", "Subject"),
        ("description", "Content"),
        ("status_id", "Status"),
        ("assigned_to_id", "Owner"),
    ]


def test_every_status_has_a_counterpart_and_goes_back_to_itself_where_it_can() -> None:
    document, _ = suggest(offer("R", TRACKER), offer("Q", QUEUE))
    rows = [(row.left, row.right) for row in document.types[0].fields[2].values]
    to_right = dict(reversed(rows))
    to_left = {right: left for left, right in reversed(rows)}
    assert to_right == {"1": "new", "2": "open", "3": "resolved", "4": "stalled", "5": "resolved", "6": "rejected"}
    assert to_left["new"] == "1"
    assert to_left["resolved"] == "3"
    assert set(to_left) >= {"new", "open", "stalled", "resolved", "rejected"}


def test_what_cannot_be_written_is_never_a_target() -> None:
    left = (FieldSpec("a", "Title", FieldKind.TEXT, read_only=True), FieldSpec("b", "Due", FieldKind.DATE))
    right = (FieldSpec("a", "Title", FieldKind.TEXT), FieldSpec("b", "Due", FieldKind.DATE, read_only=True))
    document, _ = suggest(offer("L", left), offer("R", right))
    assert {rule.left: rule.direction for rule in document.types[0].fields} == {
        "a": Direction.TO_RIGHT,
        "b": Direction.TO_LEFT,
    }
    both = (FieldSpec("created", "Created", FieldKind.MOMENT, read_only=True),)
    assert suggest(offer("L", both), offer("R", both))[0].types[0].fields == ()


def test_kinds_that_do_not_fit_are_not_paired() -> None:
    left = (FieldSpec("p", "Priority", FieldKind.OPTION),)
    right = (FieldSpec("p", "Priority", FieldKind.NUMBER),)
    assert suggest(offer("L", left), offer("R", right))[0].types[0].fields == ()


def test_a_field_that_the_app_takes_only_once_is_written_only_once() -> None:
    document, _ = suggest(offer("R", TRACKER), offer("Q", QUEUE))
    assert [rule.left for rule in document.types[0].fields if rule.create_only] == ["description"]


def test_what_found_no_counterpart_is_told() -> None:
    left = (FieldSpec("s", "Severity", FieldKind.OPTION, options=(Option("1", "purple"), Option("2", "high"))),)
    right = (
        FieldSpec("p", "Priority", FieldKind.OPTION, options=(Option("1", "high"),)),
        FieldSpec("c", "Customer", FieldKind.TEXT, required=True),
    )
    document, notes = suggest(offer("L", left, private_comments=True), offer("R", right, attachments=False))
    assert [(row.left, row.right) for row in document.types[0].fields[0].values] == [("2", "1")]
    told = " ".join(notes)
    assert "purple" in told
    assert "Customer" in told
    assert "private" in told
    assert document.attachments.direction is None


def test_types_are_paired_by_name_then_by_meaning_then_anyhow() -> None:
    left = Offer("L", SideSettings("l", "c"), (("1", "Bug", ()), ("2", "Feature", ()), ("3", "Épopée", ())))
    right = Offer("R", SideSettings("r", "c"), (("a", "Enhancement", ()), ("b", "Defect", ()), ("c", "epopee", ())))
    document, notes = suggest(left, right)
    assert [(one.left, one.right) for one in document.types] == [("1", "b"), ("2", "a"), ("3", "c")]
    assert notes == ()


def test_one_type_takes_the_items_of_many() -> None:
    left = Offer("L", SideSettings("l", "c"), (("item", "Ticket", ()),))
    right = Offer("R", SideSettings("r", "c"), (("1", "Bug", ()), ("2", "Feature", ())))
    document, _ = suggest(left, right)
    assert [(one.left, one.right) for one in document.types] == [("item", "1"), ("item", "2")]


def test_an_app_that_keeps_no_word_of_whose_twin_an_item_is_is_named() -> None:
    left = Offer("L", SideSettings("l", "c"), (("1", "Bug", ()),))
    right = Offer("R", SideSettings("r", "c"), (("a", "Defect", ()),), marks=False)
    _, notes = suggest(left, right)
    [said] = [one for one in notes if "correlation id" in one]
    assert said.startswith("R keeps no word of whose twin an item is.")


def test_an_empty_container_is_told() -> None:
    document, notes = suggest(offer("L", ()), Offer("R", SideSettings("r", "c"), ()))
    assert document.types == ()
    assert notes


def test_names_are_compared_without_case_accents_and_marks() -> None:
    assert plain("  Zugewiesen_an: ÄRGER ") == plain("zugewiesen an arger")
    assert plain("Won't fix") == "wont fix"


def test_links_travel_where_both_apps_have_the_like() -> None:
    redmine = ("parent", "relates", "duplicates", "duplicated", "blocks", "blocked", "precedes", "follows")
    rt = ("parent", "depends-on", "depended-on-by", "refers-to", "referred-to-by")
    document, notes = suggest(offer("R", TRACKER, link_kinds=redmine), offer("Q", QUEUE, link_kinds=rt))
    assert (document.links.direction, document.links.parents) == (Direction.BOTH, Direction.BOTH)
    rows = {(row.left, row.right) for row in document.links.kinds}
    assert rows == {("relates", "refers-to"), ("blocks", "depended-on-by"), ("blocked", "depends-on")}
    assert any("“precedes”" in note and "of R" in note for note in notes)
    roundup = ("dependson", "superseder")
    document, _ = suggest(offer("R", TRACKER, link_kinds=redmine), offer("U", QUEUE, link_kinds=roundup))
    assert document.links.parents is None
    assert {(row.left, row.right) for row in document.links.kinds} == {
        ("blocked", "dependson"),
        ("duplicates", "superseder"),
    }
    assert suggest(offer("L", TRACKER), offer("R", QUEUE, link_kinds=rt))[0].links == LinkRules()


def test_a_field_that_only_some_may_see_and_a_flag_that_restricts_are_left_to_a_person() -> None:
    salary = FieldSpec("cf_1", "Salary", FieldKind.TEXT, only_for="the roles Managers")
    flag = FieldSpec("private", "Private", FieldKind.FLAG, restricts=True)
    for narrow in (
        (salary, flag),
        (FieldSpec("s", "Salary", FieldKind.TEXT), FieldSpec("p", "Private", FieldKind.FLAG)),
    ):
        document, notes = suggest(offer("A", (*TRACKER, salary, flag)), offer("B", (*QUEUE, *narrow)))
        [types] = document.types
        assert {one.left for one in types.fields}.isdisjoint({"cf_1", "private"})
        assert "“Salary” is shown only to the roles Managers, so it stays where it is unless you choose it." in notes
