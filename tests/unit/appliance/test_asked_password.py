"""The password of an external database comes from a prompt, a file or standard input, and never from an argument."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from appliance.asked_password import whole_address
from appliance.errors import ApplianceError, ExitCode
from tests.support.installation import ROOT

PLACE = "postgresql://own@db.example/sync"


def test_one_on_the_command_line_is_refused_with_a_sentence_that_says_how(tmp_path: Path) -> None:
    words = ["cluster", "create", "north", "--data", str(tmp_path), "--database", "postgresql://own:geheim@db/sync"]
    done = subprocess.run(
        [sys.executable, "-m", "appliance", *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == ExitCode.USAGE
    assert "geheim" not in done.stderr + done.stdout
    for word in ("--password-file", "--password-stdin", "asked for", "Change that password"):
        assert word in done.stderr


def test_one_from_a_file_is_its_first_line_and_the_file_must_be_private(tmp_path: Path) -> None:
    place = tmp_path / "password"
    place.write_text("ge heim\nmore\n")
    place.chmod(0o644)
    with pytest.raises(ApplianceError, match=f"chmod go= {place}"):
        whole_address(PLACE, password_stdin=False, password_file=place)
    place.chmod(0o600)
    whole = whole_address(PLACE, password_stdin=False, password_file=place)
    assert whole is not None
    assert conninfo_to_dict(whole)["password"] == "ge heim"


def test_a_file_that_is_not_there_and_an_empty_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(ApplianceError, match="cannot be read"):
        whole_address(PLACE, password_stdin=False, password_file=tmp_path / "none")
    empty = tmp_path / "empty"
    empty.touch(mode=0o600)
    with pytest.raises(ApplianceError, match="is empty"):
        whole_address(PLACE, password_stdin=False, password_file=empty)


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(ApplianceError, match="is missing"):
            whole_address(PLACE, password_stdin=False, password_file=None)


def test_at_a_terminal_it_is_asked_for_and_not_shown() -> None:
    script = "from appliance.asked_password import whole_address as w; import sys; \
sys.exit(0 if 'password=geheim' in w('postgresql://o@h/d', password_stdin=False, password_file=None) else 7)"
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, start_new_session=True
    ) as asked:
        os.close(theirs)
        shown = b""
        while b"Password" not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, b"geheim\n")
        assert asked.wait(20) == 0
        os.set_blocking(ours, False)
        with contextlib.suppress(OSError):
            shown += os.read(ours, 4096)
    os.close(ours)
    assert b"geheim" not in shown


def test_the_embedded_database_needs_none() -> None:
    assert whole_address(None, password_stdin=False, password_file=None) is None
    with pytest.raises(ApplianceError, match="goes with --database"):
        whole_address(None, password_stdin=True, password_file=None)
