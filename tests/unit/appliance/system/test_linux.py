"""Accounts, locks and ports of the system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.errors import ApplianceError
from appliance.system import require_supported
from appliance.system.linux import lock, short_folder
from appliance.system.linux_account import Account
from appliance.system.linux_view import closed_parent

STRANGER = Account("nobody", 65534, 65534)


def test_the_first_closed_folder_on_the_way_is_named(tmp_path: Path) -> None:
    place = Path(os.path.realpath(tmp_path))
    closed = place / "closed"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0o700)
    first = closed_parent(closed / "inner" / "data", STRANGER)
    assert first is not None
    assert not first.stat().st_mode & 0o001


def test_an_open_way_is_open() -> None:
    assert closed_parent(Path("/usr/bin/env"), STRANGER) is None
    assert closed_parent(Path("/usr/nothing/there"), STRANGER) is None


def test_a_folder_is_locked_once(tmp_path: Path) -> None:
    first = lock(tmp_path / "lock")
    assert first is not None
    assert lock(tmp_path / "lock") is None
    os.close(first)
    again = lock(tmp_path / "lock")
    assert again is not None
    os.close(again)


def test_a_short_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    folder = short_folder(tmp_path)
    assert short_folder(tmp_path) == folder
    folder.chmod(0o755)
    with pytest.raises(ApplianceError, match="private folder"):
        short_folder(tmp_path)
    folder.rmdir()


@pytest.mark.parametrize("platform", ["win32", "darwin", "sunos5"])
def test_a_system_that_is_not_supported_yet_is_told_so(platform: str) -> None:
    with pytest.raises(ApplianceError, match="use a Linux host"):
        require_supported(platform)


def test_linux_is_supported() -> None:
    require_supported("linux")
