"""An address of a database is taken whole or refused, its password is not repeated, and what it leaves open is safe."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from appliance.database_address import WEAKER, given_address, kept_address, names_password, with_password
from appliance.errors import ApplianceError, ExitCode
from appliance.operations.doctor import check_address


def test_an_address_becomes_settings_of_the_control_role() -> None:
    made = given_address("postgresql://own:pw@db.example:6432/sync?sslmode=require").settings("control", "c")
    assert made == {
        "host": "db.example",
        "port": 6432,
        "name": "sync",
        "control_role": "control",
        "control_password": "c",
        "sslmode": "require",
        "options": {},
    }


def test_one_that_does_not_say_how_is_verified_in_full_by_the_systems_authorities() -> None:
    address = given_address("postgresql://own:pw@db.example/sync")
    made = address.settings("control", "c")
    assert (made["sslmode"], address.weakness) == ("verify-full", "")
    options = made["options"]
    assert isinstance(options, dict)
    assert options["sslrootcert"] == "system" or Path(options["sslrootcert"]).exists()
    owner = conninfo_to_dict(address.text)
    assert (owner["sslmode"], owner["sslrootcert"]) == ("verify-full", options["sslrootcert"])


@pytest.mark.parametrize("mode", WEAKER)
def test_a_weaker_way_is_taken_when_asked_for_and_told(mode: str) -> None:
    address = given_address(f"postgresql://own:pw@db.example/sync?sslmode={mode}")
    assert address.settings("control", "c")["sslmode"] == mode
    assert address.weakness
    told = check_address("north", kept_address(address.text), Path("secrets.json"))
    assert told.ok
    assert address.weakness in told.found


def test_one_of_an_older_version_that_did_not_say_how_goes_on_and_is_told() -> None:
    address = kept_address("postgresql://own:pw@db.example/sync")
    assert address.settings("control", "c")["sslmode"] == "prefer"
    told = check_address("north", address, Path("secrets.json"))
    assert not told.ok
    assert "verify-full" in told.advice


def test_several_hosts_and_all_their_ports_are_kept() -> None:
    address = given_address("postgresql://own:pw@a:5433,b,c:5435/sync?sslmode=require&hostaddr=::1,::2,::3")
    made = address.settings("control", "c")
    assert (made["host"], made["port"]) == ("a,b,c", "5433,5432,5435")
    assert made["options"] == {"hostaddr": "::1,::2,::3"}
    assert given_address("host=a,b port=6000 user=u password=p dbname=d").settings("x", "y")["port"] == 6000


def test_every_option_that_is_taken_is_kept(tmp_path: Path) -> None:
    authority = tmp_path / "root.crt"
    authority.write_text("")
    said = {"sslrootcert": str(authority), "channel_binding": "require", "keepalives_idle": "30"}
    words = "&".join(f"{name}={value}" for name, value in said.items())
    address = given_address(f"postgresql://own:p%40s%3As@db/sync?{words}")
    assert address.settings("control", "c")["options"] == said
    assert conninfo_to_dict(address.text) == {
        **said, "user": "own", "password": "p@s:s", "host": "db", "port": "5432", "dbname": "sync",
        "sslmode": "verify-full",
    }  # fmt: skip
    assert kept_address(address.text) == address


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        ("postgresql://host/db", "user and password"),
        ("postgresql://u:geheim@/db", "lacks host"),
        ("mysql://u:geheim@host/db", "not a valid one"),
        ("postgresql://u:geheim@host/db?colour=1", "not a valid one"),
        ("postgresql://u:geheim@host:many/db", "port"),
        ("postgresql://u:geheim@host:70000/db", "port"),
        ("postgresql://u:geheim@a:1,b:2,c/db?port=1,2", "ports"),
        ("host=a,b,c port=1,2 user=u password=geheim dbname=d", "3 hosts and 2 ports"),
        ("postgresql://u:geheim@host/db?options=-csearch_path%3Dx", "options"),
        ("postgresql://u:geheim@host/db?passfile=/root/.pgpass", "passfile"),
        ("postgresql://u:geheim@host/db?application_name=x&service=y", "application_name and service"),
        ("postgresql://u:geheim@host/db?sslpassword=geheim", "sslpassword"),
        ("postgresql://u:geheim@host/db?sslrootcert=root.crt", "whole path"),
        ("postgresql://u:geheim@host/db?sslrootcert=/nowhere/root.crt", "/nowhere/root.crt"),
    ],
)
def test_a_bad_address_is_refused_and_its_password_not_repeated(dsn: str, words: str) -> None:
    with pytest.raises(ApplianceError, match=words) as refused:
        given_address(dsn)
    assert refused.value.code is ExitCode.USAGE
    assert "geheim" not in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:geheim@host/db",
        "postgresql://u@host/db?password=geheim",
        "host=h user=u password=geheim",
        "host=h user=u PASSWORD = geheim",
        "postgres://u:geheim@a:5432,b:5433/db",
        "mysql://u:geheim@host/db",
        "postgresql://u:ge@heim@host/db",
    ],
)
def test_a_password_in_an_address_is_seen_however_it_is_written(text: str) -> None:
    assert names_password(text)


@pytest.mark.parametrize("text", ["postgresql://u@host/db", "host=h user=u dbname=d", "postgresql://u@a:1,b:2/db", "x"])
def test_none_is_seen_where_there_is_none(text: str) -> None:
    assert not names_password(text)


def test_any_password_can_be_put_in() -> None:
    strange = "p '\\\"@:/%?&= ü"
    assert conninfo_to_dict(with_password("postgresql://u@h/d", strange))["password"] == strange
