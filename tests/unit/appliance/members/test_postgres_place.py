"""PostgreSQL's data lies in the data folder, or where an older version put it, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import DataFolder
from appliance.errors import ApplianceError, ExitCode
from appliance.members.postgres_place import make_home, moved_home


def test_it_lies_in_the_data_folder(tmp_path: Path) -> None:
    home = make_home(DataFolder(tmp_path))
    assert home == (tmp_path / "postgres").resolve()
    assert home.is_dir()
    assert moved_home(DataFolder(tmp_path)) is None


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ApplianceError, match="is gone") as refused:
        make_home(DataFolder(tmp_path))
    assert refused.value.code is ExitCode.DATA_FOLDER


def test_only_the_link_that_an_older_version_made_is_followed_by_root(tmp_path: Path) -> None:
    place = tmp_path / "postgres"
    place.symlink_to(tmp_path / "shared" / "data-1")
    assert moved_home(DataFolder(tmp_path), tmp_path / "shared") == tmp_path / "shared" / "data-1"
    for target in ("/etc", "../etc", str(tmp_path / "shared" / ".." / "x")):
        place.unlink()
        place.symlink_to(target)
        with pytest.raises(ApplianceError, match="did not make"):
            moved_home(DataFolder(tmp_path), tmp_path / "shared")
