"""PostgreSQL's programs and data lie where its account can reach them, wherever the data folder is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from appliance.config import DataFolder
from appliance.errors import ApplianceError, ExitCode
from appliance.members import postgres_place
from appliance.members.postgres_place import installed_programs, make_home, programs
from appliance.system.linux import Account

STRANGER = Account("nobody", 65534, 65534)


def test_without_root_everything_stays_where_it_is(tmp_path: Path) -> None:
    assert programs(None) == installed_programs()
    home = make_home(DataFolder(tmp_path), None)
    assert home == (tmp_path / "postgres").resolve()
    assert home.is_dir()


def test_programs_that_cannot_be_reached_are_copied_once_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_place, "closed_parent", lambda *_: Path("/root"))
    copied = programs(STRANGER, tmp_path / "shared")
    assert copied.is_relative_to(tmp_path / "shared")
    said = subprocess.run([copied / "psql", "--version"], capture_output=True, text=True, check=True).stdout
    assert "PostgreSQL" in said
    before = copied.stat().st_ctime_ns
    assert programs(STRANGER, tmp_path / "shared") == copied
    assert copied.stat().st_ctime_ns == before


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ApplianceError, match="is gone") as refused:
        make_home(DataFolder(tmp_path), None)
    assert refused.value.code is ExitCode.DATA_FOLDER
