"""What people wrote is what people read on the other side, in each format's own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.domain.values import TextFormat
from server.engine.richtext import attributed, convert, fingerprint, read, same_meaning

MARKDOWN, TEXTILE, HTML, PLAIN = TextFormat.MARKDOWN, TextFormat.TEXTILE, TextFormat.HTML, TextFormat.PLAIN

IN_ALL_THREE = [
    ("# Title", "h1. Title", "<h1>Title</h1>"),
    ("**bold** and _em_", "*bold* and _em_", "<p><strong>bold</strong> and <em>em</em></p>"),
    ("~~gone~~ `code`", "-gone- @code@", "<p><del>gone</del> <code>code</code></p>"),
    ("<ins>under</ins>", "+under+", "<p><u>under</u></p>"),
    ("one\ntwo\n\nthree", "one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
    ("[docs](https://x.org/a_b)", '"docs":https://x.org/a_b', '<p><a href="https://x.org/a_b">docs</a></p>'),
    ("<https://x.org>.", "https://x.org.", '<p><a href="https://x.org">https://x.org</a>.</p>'),
    ("- a\n  - b\n- c", "* a\n** b\n* c", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul></li>\n<li>c</li>\n</ul>"),
    ("1. a\n2. b", "# a\n# b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
    ("- [x] done\n- [ ] open", "* [x] done\n* [ ] open", "<ul>\n<li>[x] done</li>\n<li>[ ] open</li>\n</ul>"),
    ("> said", "> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
    (
        "```python\nif a < b:\n    pass\n```",
        '<pre><code class="python">\nif a < b:\n    pass\n</code></pre>',
        '<pre><code class="language-python">if a &lt; b:\n    pass</code></pre>',
    ),
    ("```\n*raw*\n```", "<pre>\n*raw*\n</pre>", "<pre><code>*raw*</code></pre>"),
    ("***", "---", "<hr>"),
    (
        "| A | B |\n| --- | --- |\n| 1 | **2** |",
        "|_. A |_. B |\n| 1 | *2* |",
        "<table>\n<tr><th>A</th><th>B</th></tr>\n<tr><td>1</td><td><strong>2</strong></td></tr>\n</table>",
    ),
    ("![alt](a.png)", "!a.png(alt)!", '<p><img src="a.png" alt="alt"></p>'),
    ("@joe look", "@joe look", "<p>@joe look</p>"),
]


@pytest.mark.parametrize("bodies", IN_ALL_THREE, ids=lambda bodies: bodies[0][:12])
def test_each_format_says_it_in_its_own_words(bodies: tuple[str, str, str]) -> None:
    by_format = dict(zip((MARKDOWN, TEXTILE, HTML), bodies, strict=True))
    for source, body in by_format.items():
        for target, expected in by_format.items():
            assert convert(body, source, target).body == expected
            assert same_meaning(body, source, expected, target)


@pytest.mark.parametrize(
    ("text", "markdown", "textile"),
    [
        ("*not bold* snake_case", "\\*not bold\\* snake_case", "&#42;not bold* snake_case"),
        ("1. first", "1\\. first", "1. first"),
        ("# no title", "\\# no title", "&#35; no title"),
        ("h1. no title", "h1. no title", "&#104;1. no title"),
        ("a < b & c > d", "a < b & c > d", "a < b & c > d"),
        ("<script>x</script>", "\\<script>x\\</script>", "&#60;script>x&#60;/script>"),
        ("run -v --flag ~/x", "run -v --flag \\~/x", "run -v --flag ~/x"),
        ("a[0] [[Page]] {{toc}}", "a\\[0\\] \\[\\[Page\\]\\] {{toc}}", "a&#91;0] &#91;[Page]] &#123;{toc}}"),
        ("@x@ !y.png! &amp;", "@x@ !y.png! &amp;amp;", "&#64;x@ &#33;y.png! &#38;amp;"),
    ],
)
def test_signs_in_plain_text_stay_signs(text: str, markdown: str, textile: str) -> None:
    assert convert(text, PLAIN, MARKDOWN).body.replace("\\<", "<") == markdown.replace("\\<", "<")
    assert convert(text, PLAIN, TEXTILE).body == textile
    assert convert(convert(text, PLAIN, MARKDOWN).body, MARKDOWN, PLAIN).body == text
    assert convert(textile, TEXTILE, PLAIN).body == text


def test_the_same_format_is_left_alone() -> None:
    body = "  *odd*\r\n\r\n\r\nspacing "
    assert convert(body, MARKDOWN, MARKDOWN).body == body


def test_what_cannot_come_along_is_said() -> None:
    assert convert("**a**", MARKDOWN, PLAIN).lost == ("formatting: the target holds plain text",)
    assert convert("plain words", MARKDOWN, PLAIN).lost == ()
    assert "script" in convert("<p>a</p><script>b()</script>", HTML, MARKDOWN).lost[0]
    assert "link" in convert('<a href="javascript:x()">a</a>', HTML, MARKDOWN).lost[0]
    assert "word" in convert("a<b>b</b>c", HTML, TEXTILE).lost[0]
    assert convert("a<b>b</b>c", HTML, TEXTILE).body == "abc"


@pytest.mark.parametrize("source", [MARKDOWN, HTML, TEXTILE])
def test_no_script_passes(source: TextFormat) -> None:
    body = "<img src=x onerror=alert(1)> <a href='java\nscript:alert(1)'>x</a> [y](javascript:alert(1))"
    for target in (MARKDOWN, HTML, TEXTILE):
        if target is not source:
            out = convert(body, source, target).body
            assert "](javascript" not in out.replace("\\", "").replace("]\\(", "](") or source is not MARKDOWN
            assert "<img src=x onerror" not in out.replace("&lt;", "").replace("\\<", "") or target is not HTML
            assert 'href="java' not in out


def test_placeholders_that_look_like_tags_are_kept() -> None:
    assert convert("use <your name> here", MARKDOWN, HTML).body == "<p>use &lt;your name&gt; here</p>"
    assert convert("<script> hangs\n\nthe rest", MARKDOWN, PLAIN).body == "<script> hangs\n\nthe rest"


def test_html_of_a_mail_program_is_read() -> None:
    body = "<html><head><style>p{}</style></head><body><div>Hi&nbsp;you,<br/>see <b>this<i>!</b></i></div><p>&nbsp;</p>"
    assert convert(body, HTML, PLAIN).body == "Hi you,\nsee this!"


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        (PLAIN, "Ann *B* wrote on 2026-01-02 10:04 UTC:\n\nbody"),
        (MARKDOWN, "**Ann \\*B\\*** wrote on 2026-01-02 10:04 UTC:\n\nbody"),
        (TEXTILE, "*Ann &#42;B** wrote on 2026-01-02 10:04 UTC:\n\nbody"),
        (HTML, "<p><strong>Ann *B*</strong> wrote on 2026-01-02 10:04 UTC:</p>\nbody"),
    ],
)
def test_a_comment_carries_its_author_and_time(format_: TextFormat, expected: str) -> None:
    when = datetime(2026, 1, 2, 12, 4, tzinfo=timezone(timedelta(hours=2)))
    written = attributed("body", format_, "Ann\n*B*", when)
    assert convert(written, format_, PLAIN).body.split() == convert(expected, format_, PLAIN).body.split()
    assert same_meaning(written, format_, "Ann *B* wrote on 2026-01-02 10:04 UTC:\n\nbody", PLAIN)
    assert attributed("b", PLAIN, " ", datetime(2026, 1, 2, tzinfo=UTC)).startswith("Somebody wrote on")


def test_meaning_is_compared_not_characters() -> None:
    assert same_meaning("*a*\n", MARKDOWN, "_a_", MARKDOWN)
    assert same_meaning("**a** b", MARKDOWN, "a  b\r\n", PLAIN)
    assert not same_meaning("**a**", MARKDOWN, "a", MARKDOWN)
    assert same_meaning("- a\n\n  b", MARKDOWN, convert("- a\n\n  b", MARKDOWN, TEXTILE).body, TEXTILE)


def test_a_fingerprint_notices_an_edit() -> None:
    assert fingerprint("a", PLAIN) != fingerprint("b", PLAIN)
    assert fingerprint("a\nb", PLAIN) == fingerprint("a \r\nb\n\n", PLAIN)


@pytest.mark.parametrize("format_", list(TextFormat))
@pytest.mark.parametrize("piece", ["<b>", "> ", "- ", "*a ", '"a":', "[x](", "<!--", "`", "@a ", "|a", "<div>", "(("])
def test_hostile_depth_ends(format_: TextFormat, piece: str) -> None:
    for target in TextFormat:
        assert isinstance(convert(piece * 3000 + "x", format_, target).body, str)


@pytest.mark.parametrize("words", [")", ")a", "= a", "- a", "> a", "(a) b", "~a", "-a"])
def test_bold_words_at_the_beginning_of_a_line_are_no_entry_of_a_list(words: str) -> None:
    there = convert(f"<b>{words}</b>", HTML, TEXTILE).body
    assert same_meaning(f"<b>{words}</b>", HTML, there, TEXTILE)
    assert read(there, TEXTILE).blocks == read(f"<p><b>{words}</b></p>", HTML).blocks
