"""References lead to twins or to nobody, mentions tell nobody who was not meant, pictures point to files."""

from __future__ import annotations

import re

import pytest

from server.connectors.redmine.syntax import syntax as redmine
from server.connectors.request_tracker.syntax import syntax as request_tracker
from server.connectors.roundup.syntax import syntax as roundup
from server.domain.syntax import AutoLink, Counterpart, Guard, Syntax
from server.domain.values import TextFormat
from server.engine.richtext import Crossing, convert, named_items, notice, said_references

PLAIN, MARKDOWN, TEXTILE, HTML = TextFormat.PLAIN, TextFormat.MARKDOWN, TextFormat.TEXTILE, TextFormat.HTML
REDMINE = redmine("textile", "https://red.example/r")
COMMON_MARK = redmine("common_mark", "https://red.example/r")
REDCARPET = redmine("markdown", "https://red.example/r")
RT, RT_PLAIN = (request_tracker(one, "https://rt.example") for one in (HTML, PLAIN))
ROUNDUP = roundup("issue", "https://bugs.example/tracker")
HUB = Syntax(
    links=(
        AutoLink(r"(?<!\w)(?:[\w-]+/[\w-]+)?#(?P<item>\d+)\b", Guard.COMMENT),
        AutoLink(r"(?<!\w)!\d+\b", Guard.COMMENT),
        AutoLink(r"(?<![\w`])@(?P<person>[A-Za-z0-9][\w-]*)", Guard.COMMENT),
    ),
    item="#{id}",
    person="@{login}",
)
"""As the large hosts of code read Markdown."""

TO_REDMINE = {"1": Counterpart("55", "#55", "https://red.example/r/issues/55")}
TO_RT = {"55": Counterpart("1", "#1", "https://rt.example/Ticket/Display.html?id=1")}


def over(body: str, source: TextFormat, target: TextFormat, from_: Syntax, to: Syntax, **more: object) -> str:
    return convert(body, source, target, Crossing(from_, to, **more)).body  # type: ignore[arg-type]


def test_e15_a_number_without_a_twin_links_to_nobody_s_item() -> None:
    assert over("<p>same as #1</p>", HTML, TEXTILE, RT, REDMINE) == "same as &#35;1"
    assert over("<p>same as #1</p>", HTML, MARKDOWN, RT, COMMON_MARK) == "same as !#1"
    assert over("same as #1", PLAIN, HTML, Syntax(), RT) == "<p>same as #<span></span>1</p>"
    assert over("same as #1", PLAIN, PLAIN, Syntax(), RT_PLAIN) == "same as #\u20601"


def test_e15_a_number_with_a_twin_becomes_the_twin_s() -> None:
    assert over("<p>same as #1, not #2</p>", HTML, TEXTILE, RT, REDMINE, twins=TO_REDMINE) == "same as #55, not &#35;2"
    assert over("<p><b>see #1</b></p>", HTML, TEXTILE, RT, REDMINE, twins=TO_REDMINE) == "*see #55*"
    assert over("h2. about #55", TEXTILE, HTML, REDMINE, RT, twins=TO_RT) == "<h2>about #1</h2>"
    twins = {"55": Counterpart("issue7", "issue7", "https://bugs.example/tracker/issue7")}
    assert over("see #55 and ##55", TEXTILE, PLAIN, REDMINE, ROUNDUP, twins=twins) == "see issue7 and issue7"
    back = {"issue7": Counterpart("55", "#55", "https://red.example/r/issues/55")}
    assert over("see Issue 7 and issue8", PLAIN, TEXTILE, ROUNDUP, REDMINE, twins=back) == "see #55 and issue8"


@pytest.mark.parametrize(
    "words",
    [
        *("#12", "##12", "#12-3", "#12#note-3", "r12", "commit:c6f4d0fd", "version:1.0", 'version:"1.0 beta"'),
        *("user:alice", "user#4", "project#3", "sandbox:#12", "document#17", "attachment:file.zip", "@alice"),
        *("source:some/file", "forum:help", "[[Wiki]]", "[[other:Page|text]]", "{{child_pages}}", "{{include(Page)}}"),
    ],
)
@pytest.mark.parametrize(
    ("target", "syntax"), [(TEXTILE, REDMINE), (MARKDOWN, COMMON_MARK), (MARKDOWN, REDCARPET)], ids=["t", "c", "r"]
)
def test_what_redmine_would_link_is_guarded_and_reads_as_it_was(target: TextFormat, syntax: Syntax, words: str) -> None:
    for body in (f"see {words} now", words, f"({words})"):
        there = over(body, PLAIN, target, Syntax(), syntax)
        assert said_references(there, target, syntax) == frozenset(), there
        assert over(there, target, PLAIN, syntax, Syntax()) == body


def test_a_mention_pings_nobody_unless_the_integration_says_so() -> None:
    pattern = re.compile(r"(?:^|\W)@([A-Za-z0-9_\-@.]+)")
    for target, syntax in ((TEXTILE, REDMINE), (MARKDOWN, COMMON_MARK), (MARKDOWN, REDCARPET)):
        there = over("ask @alice, or bob@example.org", PLAIN, target, Syntax(), syntax)
        assert not pattern.search(there), there
    people = {"alice": "a.smith"}
    assert over("ask @alice!", MARKDOWN, TEXTILE, HUB, REDMINE, people=people) == "ask @a.smith!"
    assert over("ask @alice!", MARKDOWN, TEXTILE, HUB, REDMINE) == "ask &#64;alice!"


def test_the_forms_of_large_hosts_of_code() -> None:
    body = "see #12, org/repo#1, !7 and @bob, not a#b or mail@x.example"
    there = over(body, PLAIN, MARKDOWN, Syntax(), HUB)
    assert "<!-- -->12" in there
    assert "org/repo#1" not in there
    assert "@<!-- -->bob" in there
    assert "mail@x.example" in there
    assert said_references(there, MARKDOWN, HUB) == frozenset()
    assert over(there, MARKDOWN, PLAIN, HUB, Syntax()) == body


@pytest.mark.parametrize("words", ["issue12", "msg3", "Issue 12", "file4", "user1", "user 1"])
def test_what_roundup_would_link_is_parted_by_what_nobody_sees(words: str) -> None:
    there = over(f"see {words} or profile 12", PLAIN, PLAIN, Syntax(), ROUNDUP)
    assert there == f"see {words[0]}\u2060{words[1:]} or profile 12"
    assert said_references(there, PLAIN, ROUNDUP) == frozenset()
    assert over(there, PLAIN, PLAIN, ROUNDUP, Syntax()) == f"see {words} or profile 12"


def test_code_and_links_stay_as_they_are() -> None:
    code = "<pre>#12 @x@</pre><p><code>#13</code> <a href='https://x.example/#14'>#15</a></p>"
    assert over(code, HTML, MARKDOWN, RT, COMMON_MARK) == "```\n#12 @x@\n```\n\n`#13` [#15](https://x.example/#14)"


def test_an_address_of_an_item_becomes_the_twin_s_address() -> None:
    url = "https://rt.example/Ticket/Display.html?id=1"
    there = over(f'<p>see {url} or <a href="{url}#txn-3">this</a></p>', HTML, TEXTILE, RT, REDMINE, twins=TO_REDMINE)
    assert there == 'see https://red.example/r/issues/55 or "this":https://red.example/r/issues/55'
    assert named_items(f"see {url}, #4", RT) == {"1", "4"}
    other = "https://rt.example/Ticket/Display.html?id=2"
    assert over(f"<p>{other}</p>", HTML, TEXTILE, RT, REDMINE, twins=TO_REDMINE) == other


@pytest.mark.parametrize("body", ["<p>same as #1, #7 and @bob</p>", "<p>#7</p>", "<ul>\n<li>#1</li>\n</ul>"])
def test_a_round_trip_restores_the_original(body: str) -> None:
    there = over(body, HTML, TEXTILE, RT, REDMINE, twins=TO_REDMINE)
    kept = said_references(body, HTML, RT)
    assert over(there, TEXTILE, HTML, REDMINE, RT, twins=TO_RT, kept=kept) == body


def test_a_number_that_a_person_types_there_is_not_taken_for_the_one_here() -> None:
    """RT's text names its own #7; a person in Redmine types #7 and means Redmine's, which has no twin."""
    kept = said_references("<p>#7</p>", HTML, RT)
    assert over("see #7", TEXTILE, HTML, REDMINE, RT, kept=kept) == "<p>see #<span></span>7</p>"


def test_the_same_format_stays_to_the_character_where_nothing_is_named() -> None:
    body = "h1. Odd  *spacing*\n\n* x {color:red}\n"
    assert over(body, TEXTILE, TEXTILE, REDMINE, redmine("textile", "https://other.example")) == body
    there = over("see #55", TEXTILE, TEXTILE, REDMINE, redmine("textile", "https://other.example"))
    assert there == "see &#35;55"


def test_what_people_escaped_is_no_reference() -> None:
    assert over("not !#55 but #55", TEXTILE, HTML, REDMINE, RT, twins=TO_RT) == "<p>not #<span></span>55 but #1</p>"
    assert over("Wow!#55", TEXTILE, PLAIN, REDMINE, Syntax(), twins=TO_RT) == "Wow!#55"


def test_a_notice_of_ours_names_the_other_side_s_item_and_links_to_none() -> None:
    assert notice("#12 of Help desk was deleted there.", TEXTILE, REDMINE) == "&#35;12 of Help desk was deleted there."


PICTURES = {
    "cid:image001.png@01D0": "image001.png",
    "shot 1.png": "shot 1.png",
    "/Ticket/Attachment/5/9/a.png": "a.png",
}


def test_e13_a_picture_of_a_mail_is_shown_by_its_name() -> None:
    body = '<p>see <img src="cid:image001.png@01D0"> here</p>'
    assert over(body, HTML, TEXTILE, RT, REDMINE, picture=PICTURES.get) == "see !image001.png! here"
    assert over(body, HTML, MARKDOWN, RT, COMMON_MARK, picture=PICTURES.get) == "see ![](image001.png) here"
    assert over(body, HTML, PLAIN, RT, ROUNDUP, picture=PICTURES.get) == "see image001.png here"


def test_a_picture_is_named_where_the_app_shows_none() -> None:
    assert over("!shot%201.png(the shot)!", TEXTILE, HTML, REDMINE, RT, picture={"shot%201.png": "shot 1.png"}.get) == (
        "<p>the shot (shot 1.png)</p>"
    )


def test_a_name_with_odd_signs_still_leads_to_the_picture() -> None:
    body = '<p><img src="cid:x" alt="größe"></p>'
    name = {"cid:x": "größe (1) a+b.png"}.get
    assert over(body, HTML, MARKDOWN, RT, COMMON_MARK, picture=name) == "![größe](größe%20%281%29%20a%2Bb.png)"
    assert over(body, HTML, TEXTILE, RT, REDMINE, picture=name) == "!größe%20%281%29%20a%2Bb.png(größe)!"


def test_a_picture_from_elsewhere_stays_where_it_is() -> None:
    body = '<p><img src="https://x.example/a.png" alt="a"></p>'
    assert over(body, HTML, TEXTILE, RT, REDMINE, picture=PICTURES.get) == "!https://x.example/a.png(a)!"
