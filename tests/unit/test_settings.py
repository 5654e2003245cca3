from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.domain.errors import PutRight
from server.settings import read_settings

WHOLE: dict[str, Any] = {
    "cluster": "cluster1",
    "node": "node1",
    "base_domain": "localhost",
    "database": {
        "host": "127.0.0.1",
        "port": 5432,
        "name": "lockstep_cluster1",
        "control_role": "lockstep_cluster1_control",
        "control_password": "hunter2",
        "sslmode": "disable",
    },
    "master_key_file": "/keys/master",
    "web": {
        "host": "127.0.0.1",
        "port": 8101,
        "threads": 16,
        "node_token": "hunter3",
        "public_https_port": 8443,
        "public_http_port": 8080,
        "gateway_secret": "hunter4",
    },
    "sync": {"threads_per_tenant": 8},
    "panel_folder": "/panel",
    "log_level": "info",
}


def written(tmp_path: Path, content: str, mode: int = 0o600) -> Path:
    path = tmp_path / "settings.json"
    path.write_text(content)
    path.chmod(mode)
    return path


def test_what_the_agent_writes_is_read_and_shows_no_password(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, json.dumps(WHOLE)))
    assert settings.database.control_password.get_secret_value() == "hunter2"
    assert "hunter" not in repr(settings)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PutRight, match="0600"):
        read_settings(written(tmp_path, json.dumps(WHOLE), 0o644))


@pytest.mark.parametrize(
    ("change", "named"), [({"cluster": None}, "cluster"), ({"more": 1}, "more"), ({"log_level": "loud"}, "log_level")]
)
def test_a_wrong_value_is_named_and_no_password_repeated(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    with pytest.raises(PutRight) as refused:
        read_settings(written(tmp_path, json.dumps({**WHOLE, **change})))
    assert refused.value.field == named
    assert "hunter" not in str(refused.value)


def test_a_missing_or_broken_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PutRight, match="cannot be read"):
        read_settings(tmp_path / "missing.json")
    with pytest.raises(PutRight, match="not JSON"):
        read_settings(written(tmp_path, "{"))
