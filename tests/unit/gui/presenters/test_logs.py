from __future__ import annotations

import json

from gui.presenters import logs
from gui.presenters.cells import Tone


def test_a_json_line_becomes_a_sentence_with_its_details() -> None:
    entry = {"event": "pass ended", "level": "warning", "timestamp": "2026-11-23T10:00:00.5Z", "tenant": "ä", "n": 3}
    raw = json.dumps(entry)
    line = logs.read(raw + "\n")
    assert line.tone is Tone.WARN
    assert line.raw == raw
    assert "warning  pass ended" in line.text
    assert line.text.endswith("tenant=ä  n=3")
    assert ":00:00.500" in line.text


def test_a_gateways_line_with_its_time_in_seconds_is_read_too() -> None:
    line = logs.read('{"level":"error","ts":1700000000.25,"logger":"http","msg":"no upstream"}')
    assert line.tone is Tone.BAD
    assert "no upstream" in line.text


def test_a_traceback_stands_below_its_event() -> None:
    line = logs.read(json.dumps({"event": "failed", "level": "error", "exception": "Traceback\n  x"}))
    assert line.text.splitlines()[1:] == ["Traceback", "  x"]


def test_other_lines_stay_as_they_are_with_the_databases_errors_marked() -> None:
    assert logs.read("plain words").text == "plain words"
    assert logs.read("2026 UTC [1] FATAL:  no").tone is Tone.BAD
    assert logs.read("2026 UTC [1] WARNING:  hm").tone is Tone.WARN
    assert logs.read("{not json").text == "{not json"
    assert logs.read("[1, 2]").tone is Tone.PLAIN


def test_a_time_that_cannot_be_read_is_shown_as_it_came() -> None:
    assert logs.read('{"event":"x","timestamp":"yesterday"}').text.startswith("yesterday")


def test_a_filter_wants_all_its_words_in_any_case() -> None:
    line = logs.read("Tenant ACME synced")
    assert logs.matches(line, "acme tenant")
    assert not logs.matches(line, "acme other")
    assert logs.matches(line, "  ")
