"""A real Redmine makes no link and no mention of what our writers guard, and shows it as it was typed."""

from __future__ import annotations

from typing import Any

import pytest

from server.connectors.redmine.syntax import syntax
from server.domain.values import TextFormat
from server.engine.richtext import Crossing, convert
from tests.support.testbeds import redmine

pytestmark = pytest.mark.trackers

FORMATS = {"textile": TextFormat.TEXTILE, "markdown": TextFormat.MARKDOWN, "common_mark": TextFormat.MARKDOWN}
WORDS = (
    *("#1", "##1", "#1-2", "#1#note-2", "r12", "demo:r12", "commit:c6f4d0fd", "source:some/file", "export:some/file"),
    *("version:1.0", 'version:"1.0"', "version#1", "demo:version:1.0", "project:demo", "project#1", "forum:help"),
    *("user:alice", "user#6", "@alice", "[[Wiki]]", "[[Wiki|words]]", "{{macro_list}}"),
)
"""All of them mean something in the Redmine of the script."""
BODIES = tuple(form.format(word) for word in WORDS for form in ("see {} now", "{}", "({})", "first\nand {}, last"))

# All that the words mean is there, and whoever looks may see all of it.
SCRIPT = """
User.current = admin = User.find_by!(login: 'admin')
project = Project.find('demo')
project.enabled_module_names |= %w[repository wiki boards]
project.reload
Repository.insert({ project_id: project.id, url: '/nowhere', type: 'Repository::Git', is_default: true })
changeset = { repository_id: project.repository.id, revision: '12', scmid: 'c6f4d0fd', comments: 'x',
              committed_on: Time.now, commit_date: Date.today }
Changeset.insert(changeset)
Board.create!(project: project, name: 'help', description: 'help')
issue = Issue.create!(project: project, tracker: project.trackers.first, author: admin, subject: 'seen',
                      priority: IssuePriority.active.first)
show = '<% @texts.each { |text| @shown << textilizable(text, object: @issue) } %>'
GIVEN.to_h do |format, texts|
  Setting.text_formatting = format
  shown = []
  IssuesController.render(inline: show, layout: false, assigns: { issue: issue, texts: texts, shown: shown })
  mentioned = texts.map do |text|
    issue.reload.mentioned_users = nil
    issue.update_column(:description, '')
    issue.update!(description: text)
    issue.mentioned_users.to_a.map(&:login)
  end
  [format, shown.zip(mentioned)]
end
"""

Shown = dict[str, dict[str, tuple[str, list[str]]]]
"""The HTML that Redmine shows for a text, and the logins of those whom it tells of it, by the format and the text."""


def guarded(body: str, text_format: str) -> str:
    """A text that comes from elsewhere, as we write it for such a Redmine."""
    there = Crossing(target=syntax(text_format, "https://red.example"))
    return convert(body, TextFormat.PLAIN, FORMATS[text_format], there).body


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    bare = [f"see {word} now" for word in WORDS]
    texts = {one: [*bare, *(guarded(body, one) for body in BODIES)] for one in FORMATS}
    told: dict[str, list[Any]] = redmine.told(tmp_path_factory.mktemp("redmine"), SCRIPT, texts)
    return {
        one: {text: (html, logins) for text, (html, logins) in zip(texts[one], told[one], strict=True)}
        for one in FORMATS
    }


def read(html: str) -> str:
    """What people read."""
    return convert(html, TextFormat.HTML, TextFormat.PLAIN).body


@pytest.mark.parametrize("text_format", FORMATS)
def test_what_is_guarded_is_no_link_and_no_mention_and_reads_as_it_was_typed(shown: Shown, text_format: str) -> None:
    for body in BODIES:
        html, told = shown[text_format][guarded(body, text_format)]
        assert "<a " not in html, body
        assert not told, body
        assert read(html) == body


@pytest.mark.parametrize("text_format", FORMATS)
def test_what_is_not_guarded_is_one(shown: Shown, text_format: str) -> None:
    for word in WORDS if text_format == "textile" else ("#1", "@alice", "version:1.0", "commit:c6f4d0fd"):
        html, told = shown[text_format][f"see {word} now"]
        assert "<a " in html or read(html) != f"see {word} now", word
        assert told == (["alice"] if word == "@alice" else [])
