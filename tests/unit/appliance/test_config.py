"""The data folder: what is ours is opened, what is not is refused with one sentence."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from appliance.config import (
    LEAST_CONNECTIONS,
    ClusterRecord,
    DataFolder,
    Options,
    find_data_folder,
    load,
    load_clusters,
    open_data_folder,
    save,
    secret_of,
    write_private,
)
from appliance.errors import ApplianceError, ExitCode
from server.domain import budget


def test_the_least_that_a_cluster_is_allowed_is_what_the_server_says_that_it_needs() -> None:
    assert budget.needed({}) == LEAST_CONNECTIONS


def test_a_new_folder_is_marked_as_ours_and_private(tmp_path: Path) -> None:
    folder = open_data_folder(tmp_path / "var")
    assert json.loads(folder.marker.read_text())["product"] == "lockstep"
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.keys.stat().st_mode) == 0o700


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    first = open_data_folder(tmp_path / "var")
    marker = first.marker.read_bytes()
    again = open_data_folder(tmp_path / "var")
    assert again.marker.read_bytes() == marker
    assert stat.S_IMODE(again.root.stat().st_mode) == 0o700


def test_a_creation_interrupted_before_the_marker_is_completed(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "lockstep.json.new").write_text("{")
    assert open_data_folder(tmp_path / "var").marker.exists()


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.odt").write_text("dear")
    with pytest.raises(ApplianceError, match=r"letter\.odt.*--data") as refused:
        open_data_folder(tmp_path)
    assert refused.value.code is ExitCode.DATA_FOLDER
    assert [path.name for path in tmp_path.iterdir()] == ["letter.odt"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(ApplianceError, match="is not a folder"):
        open_data_folder(tmp_path / "var")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"product": "other", "format": 1}'])
def test_a_marker_that_is_not_ours_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "lockstep.json").write_text(content)
    with pytest.raises(ApplianceError, match="not written by Lockstep"):
        find_data_folder(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    folder = open_data_folder(tmp_path / "var")
    marker = json.loads(folder.marker.read_text())
    folder.marker.write_text(json.dumps({**marker, "format": 99}))
    with pytest.raises(ApplianceError, match="newer Lockstep"):
        find_data_folder(folder.root)


def test_where_nobody_may_write_one_sentence_says_so() -> None:
    with pytest.raises(ApplianceError, match="may not write") as refused:
        open_data_folder(Path("/sys/kernel/lockstep"))
    assert refused.value.code is ExitCode.DATA_FOLDER


def test_an_almost_full_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))
    with pytest.raises(ApplianceError, match="only 4 MB left") as refused:
        open_data_folder(tmp_path / "var")
    assert refused.value.code is ExitCode.DATA_FOLDER
    assert not (tmp_path / "var" / "lockstep.json").exists()


def test_a_disk_that_fills_up_during_a_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "kept.json"
    write_private(target, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ApplianceError, match="is full"):
        write_private(target, "new")
    assert target.read_text() == "old"


def test_private_files_are_private_even_over_a_loose_remainder(tmp_path: Path) -> None:
    loose = tmp_path / "secret.json.new"
    loose.write_text("")
    loose.chmod(0o644)
    write_private(tmp_path / "secret.json", "x")
    assert stat.S_IMODE((tmp_path / "secret.json").stat().st_mode) == 0o600


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = secret_of(tmp_path / "postgres")
    assert secret_of(tmp_path / "postgres") == first
    assert len(first) >= 43
    assert [path.name for path in tmp_path.iterdir()] == ["postgres"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "options.json").write_text('{"https_port": "many"}')
    with pytest.raises(ApplianceError, match=r"options\.json is damaged"):
        load(tmp_path / "options.json", Options)


def test_a_cluster_without_its_record_is_none(tmp_path: Path) -> None:
    folder = open_data_folder(tmp_path / "var")
    folder.cluster("half").mkdir()
    folder.cluster("whole").mkdir()
    record = ClusterRecord(name="whole", database="embedded", web_port=8101)
    save(folder.cluster("whole") / "cluster.json", record)
    assert load_clusters(folder) == (record,)


@pytest.mark.parametrize("domain", ["", "Local Host", "-x", "a/b", "x."])
def test_a_base_domain_must_be_one(domain: str) -> None:
    with pytest.raises(ValidationError):
        Options(base_domain=domain)


def test_logs_of_nodes_lie_beside_the_others() -> None:
    assert DataFolder(Path("/d")).log_of("cluster1/web") == Path("/d/logs/cluster1-web.log")
