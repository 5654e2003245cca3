"""What we write as Textile, Redmine's own formatter shows as it was meant; nothing else knows that dialect."""

from __future__ import annotations

import json
import random
import subprocess

import pytest

from server.domain.values import TextFormat
from server.engine.richtext import convert
from tests.property.richtext_bodies import SIGNS

# Redmine's formatter without the rest of Redmine: all it then leaves out are links and code highlighting.
_SHOW = r"""
require 'active_support/all'
require 'json'
require 'cgi'
$: << '/usr/share/redmine/lib'
load '/usr/share/redmine/lib/redmine/helpers/url.rb'
load '/usr/share/redmine/lib/redmine/wiki_formatting/textile/redcloth3.rb'
class Formatter < RedCloth3
  def initialize(*a); super; self.hard_breaks = true; self.no_span_caps = true; self.filter_styles = false; end
  def hard_break(text)
    text.gsub!(/(.)\n(?!\n|\Z| *([#*=]+(\s|$)|[{|]))/, "\\1<br />")
  end
  def to_html(*r); super(:textile, :block_markdown_rule); end
end
STDOUT.puts JSON.dump(JSON.parse(STDIN.read).map { |text| Formatter.new(text.dup).to_html })
"""
_BODIES = 2000


def shown(bodies: list[str]) -> list[str]:
    """HTML as Redmine shows it."""
    done = subprocess.run(["ruby", "-e", _SHOW], input=json.dumps(bodies), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def some_body(chance: random.Random) -> str:
    def word() -> str:
        kind = chance.random()
        if kind < 0.45:
            return chance.choice(SIGNS)
        letters = "abcxyz019" if kind < 0.7 else "ab*_@-+~^%?!#|<>&[]{}()=:;.,\"'\\/`$AB"
        return "".join(chance.choices(letters, k=chance.randint(1, 5)))

    lines = [[word() for _ in range(chance.randint(0, 5))] for _ in range(chance.randint(1, 4))]
    return "\n".join(chance.choice([" ", ""]).join(line) for line in lines)


@pytest.mark.trackers
def test_redmine_shows_plain_text_as_it_was_typed() -> None:
    chance = random.Random(20261123)  # noqa: S311 - the same bodies each time
    bodies = [some_body(chance) for _ in range(_BODIES)]
    written = [convert(body, TextFormat.PLAIN, TextFormat.TEXTILE).body for body in bodies]
    for body, textile, html in zip(bodies, written, shown(written), strict=True):
        seen = convert(html, TextFormat.HTML, TextFormat.PLAIN).body
        assert "".join(seen.split()) == "".join(body.split()), textile


@pytest.mark.trackers
@pytest.mark.parametrize(
    "markdown",
    [
        "# Title\n\n**bold** and _em_, ~~gone~~, `code`",
        "- a\n  - b\n    - c\n- d\n\ntext",
        "> said\n>\n> > before\n\nanswer",
        "```\nif a < b and *c*:\n    pass\n```",
        "| A | B |\n| --- | --- |\n| 1 | x\\|y |",
        "[docs](https://x.org/a_b) and (https://x.org/c)",
    ],
)
def test_redmine_shows_formatted_text_as_it_was_meant(markdown: str) -> None:
    textile = convert(markdown, TextFormat.MARKDOWN, TextFormat.TEXTILE).body
    (html,) = shown([textile])
    assert (
        convert(html, TextFormat.HTML, TextFormat.MARKDOWN).body
        == convert(textile, TextFormat.TEXTILE, TextFormat.MARKDOWN).body
    )
