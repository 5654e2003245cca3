"""Root hands a folder over without following a link out of it, and what was cut off is gone through again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.errors import ApplianceError
from appliance.system import linux_folder
from appliance.system.linux_account import Account
from appliance.system.linux_folder import hand_over, owner_of, refuse_swappable

ROOT = os.geteuid() == 0
AS_ROOT = pytest.mark.skipif(not ROOT, reason="only root gives a file to another account")
OTHER = Account("other", 4242, 4242) if ROOT else Account("me", os.geteuid(), os.getegid())
FORMER = frozenset({os.geteuid()})


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    (top / "one" / "two").mkdir(parents=True)
    (top / "one" / "two" / "file").write_text("kept")
    (top / "one" / "two").chmod(0o755)
    (top / "one" / "two" / "file").chmod(0o664)
    return top


def everything(top: Path) -> list[Path]:
    return [top, *top.rglob("*")]


def test_all_of_it_is_given_and_closed_to_others(top: Path) -> None:
    os.mkfifo(top / "one" / "pipe")
    hand_over(top, OTHER, FORMER)
    assert {owner_of(path) for path in everything(top)} == {OTHER.uid}
    assert not any(path.lstat().st_mode & 0o077 for path in everything(top))
    assert (top / "one" / "two" / "file").read_text() == "kept"


def test_a_link_is_given_itself_and_what_it_leads_to_is_left_alone(top: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    (victim / "file").write_text("")
    (top / "one" / "away").symlink_to(victim)
    (top / "one" / "nowhere").symlink_to("gone")
    before = (victim.stat(), (victim / "file").stat())
    hand_over(top, OTHER, FORMER)
    assert (victim.stat(), (victim / "file").stat()) == before
    assert owner_of(top / "one" / "away") == OTHER.uid


def test_a_second_name_of_a_file_outside_is_refused_and_one_within_is_not(top: Path, tmp_path: Path) -> None:
    os.link(top / "one" / "two" / "file", top / "one" / "second")
    hand_over(top, OTHER, FORMER)
    victim = tmp_path / "victim"
    victim.write_text("of somebody")
    os.link(victim, top / "one" / "third")
    with pytest.raises(ApplianceError, match="third has another name outside"):
        hand_over(top, OTHER, FORMER)
    assert victim.stat().st_uid == os.geteuid()


@AS_ROOT
def test_what_is_somebody_elses_is_named_and_left_alone(top: Path) -> None:
    strange = top / "one" / "two" / "file"
    os.chown(strange, 4343, 4343)
    with pytest.raises(ApplianceError, match=r"two/file belongs to account 4343"):
        hand_over(top, OTHER, FORMER)
    assert owner_of(strange) == 4343
    assert owner_of(top) == 0, "the next start would take it for handed over"


def test_one_that_was_cut_off_anywhere_is_completed_by_the_next(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give, left = linux_folder._give, [0]

    def dies(handle: int, found: os.stat_result, account: Account) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        give(handle, found, account)

    monkeypatch.setattr(linux_folder, "_give", dies)
    for given in range(3):
        left[0] = given
        with pytest.raises(KeyboardInterrupt):
            hand_over(top, OTHER, FORMER)
        assert owner_of(top) == os.geteuid()
    monkeypatch.undo()
    hand_over(top, OTHER, FORMER)
    assert {owner_of(path) for path in everything(top)} == {OTHER.uid}


def test_a_link_is_no_folder_for_root(tmp_path: Path, top: Path) -> None:
    (tmp_path / "link").symlink_to(top)
    with pytest.raises(ApplianceError, match="is a link"):
        refuse_swappable(tmp_path / "link")
    with pytest.raises(OSError, match="Not a directory"):
        hand_over(tmp_path / "link", OTHER, FORMER)


def test_a_sure_place_is_taken_whether_it_is_there_or_not() -> None:
    for place in ("/var/lib/lockstep", "/usr/lib", "/tmp/lockstep-none/inner"):
        refuse_swappable(Path(place))
