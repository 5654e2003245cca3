"""Processes of ours are told from all others, and logs are turned without losing what they hold."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

import psutil
import pytest

from appliance.config import open_data_folder
from appliance.members import process
from appliance.members.node import server_environment
from appliance.members.process import clean_environment, find_left, in_one_line, last_lines, start_process, turn_log
from server import faults


def test_a_reused_pid_is_not_ours(tmp_path: Path) -> None:
    folder = open_data_folder(tmp_path / "var")
    record = folder.members / "postgres.json"
    created = psutil.Process().create_time()
    record.write_text(json.dumps({"pid": os.getpid(), "create_time": created}))
    found = find_left(folder, "postgres")
    assert found is not None
    assert found.pid == os.getpid()
    record.write_text(json.dumps({"pid": os.getpid(), "create_time": created - 100}))
    assert find_left(folder, "postgres") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "1"}', '{"pid": 999999999, "create_time": 1.0}'])
def test_a_record_cut_short_is_no_process(tmp_path: Path, content: str) -> None:
    folder = open_data_folder(tmp_path / "var")
    (folder.members / "gateway.json").write_text(content)
    assert find_left(folder, "gateway") is None


def test_a_member_gets_nothing_of_the_persons_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("LD_PRELOAD", "x.so")
    environment = clean_environment({"HOME": "/d"})
    assert not {"PGPASSWORD", "LD_PRELOAD"} & set(environment)
    assert environment["HOME"] == "/d"


def test_a_member_may_have_as_many_files_open_as_the_account_may(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        folder = open_data_folder(tmp_path / "var")
        told = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
        running = start_process(folder, "c/web", [sys.executable, "-c", told], place=tmp_path, environment={})
        assert running.wait(30)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert last_lines(folder.log_of("c/web"), 1) == (f"{before[1]} {before[1]}",)


def test_a_member_cannot_be_told_to_fail_by_the_environment_of_its_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(faults.FAULT, "journal.committed:kill")
    monkeypatch.setenv(faults.ALLOWED, faults.CONSENT)
    folder = open_data_folder(tmp_path / "var")
    told = "import os; print(*os.environ, sep='\\n')"
    running = start_process(
        folder, "c/sync", [sys.executable, "-c", told], place=tmp_path, environment=server_environment()
    )
    assert running.wait(30)
    given = set(last_lines(folder.log_of("c/sync"), 100))
    assert "PYTHONPATH" in given
    assert not {faults.FAULT, faults.ALLOWED} & given


def test_a_log_is_turned_when_it_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_BYTES", 10)
    log = tmp_path / "web.log"
    for content in ("first line\n", "second line\n", "third line\n", "fourth line\n"):
        log.write_text(content)
        turn_log(log)
        assert log.read_text() == ""
    kept = {path.name: path.read_text() for path in tmp_path.iterdir() if path != log}
    assert kept == {
        "web.log.1": "fourth line\n",
        "web.log.2": "third line\n",
        "web.log.3": "second line\n",
    }


def test_a_small_log_and_a_missing_one_are_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("a\nb\n")
    turn_log(log)
    turn_log(tmp_path / "none.log")
    assert last_lines(log, 1) == ("b",)
    assert last_lines(tmp_path / "none.log", 5) == ()


@pytest.mark.parametrize("said", ["a\nb", "a\r\n2026-11-30T00:00:00 b", "a\x1b[2Jb", "a\u2028b", "a\x85b", "a\0b"])
def test_what_others_say_adds_no_line_to_a_log(said: str) -> None:
    line = in_one_line(said)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert in_one_line("Müller & Söhne: 日本") == "Müller & Söhne: 日本"
