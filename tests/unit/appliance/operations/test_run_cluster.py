"""An address of a database is taken apart, or refused without repeating the password in it."""

from __future__ import annotations

import pytest

from appliance.config import ClusterSecrets
from appliance.errors import ApplianceError, ExitCode
from appliance.operations.run_cluster import database_settings

KEPT = ClusterSecrets(owner_password="o", control_password="c", node_token="n")


def test_an_address_becomes_settings_of_the_control_role() -> None:
    made = database_settings("postgresql://own:pw@db.example:6432/sync?sslmode=require", "north-sea", KEPT)
    assert made == {
        "host": "db.example",
        "port": 6432,
        "name": "sync",
        "control_role": "lockstep_north_sea_control",
        "control_password": "c",
        "sslmode": "require",
    }


def test_several_hosts_are_handed_on() -> None:
    made = database_settings("postgresql://own:pw@a:5432,b:5432/sync", "c1", KEPT)
    assert (made["host"], made["port"], made["sslmode"]) == ("a,b", 5432, "prefer")


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        ("postgresql://host/db", "user and password"),
        ("postgresql://u:geheim@/db", "lacks host"),
        ("mysql://u:geheim@host/db", "not a valid one"),
        ("postgresql://u:geheim@host/db?colour=1", "not a valid one"),
        ("postgresql://u:geheim@host:many/db", "port"),
    ],
)
def test_a_bad_address_is_refused_and_its_password_not_repeated(dsn: str, words: str) -> None:
    with pytest.raises(ApplianceError, match=words) as refused:
        database_settings(dsn, "c1", KEPT)
    assert refused.value.code is ExitCode.USAGE
    assert "geheim" not in refused.value.message
