from __future__ import annotations

from dataclasses import replace

import pytest

from gui.machine import Folder, Port
from gui.presenters import setup
from gui.presenters.setup import Found, SetupForm

PASSWORD = "four quiet words here"
GOOD = SetupForm(data="/srv/lockstep", password=PASSWORD, again=PASSWORD)
FREE = Found("/srv/lockstep", Folder.EMPTY, ((8443, Port.FREE), (8080, Port.FREE)))


def test_the_usual_answers_are_right_as_they_stand() -> None:
    assert setup.problems(GOOD, FREE) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": " "}, "data"),
        ({"https_port": "no"}, "https_port"),
        ({"https_port": "70000"}, "https_port"),
        ({"http_port": "8443"}, "http_port"),
        ({"base_domain": ""}, "base_domain"),
        ({"base_domain": "Example.com"}, "base_domain"),
        ({"base_domain": "-x.com"}, "base_domain"),
        ({"base_domain": "a..b"}, "base_domain"),
        ({"base_domain": "127.0.0.1"}, "base_domain"),
        ({"cluster": "C"}, "cluster"),
        ({"tenant": "1st"}, "tenant"),
        ({"tenant": "ends-"}, "tenant"),
        ({"login": "two words"}, "login"),
        ({"email": "nobody"}, "email"),
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "adminadminadmin", "again": "adminadminadmin"}, "password"),
        ({"password": "ababababababababab", "again": "ababababababababab"}, "password"),
        ({"again": "another"}, "again"),
        ({"database": "external"}, "dsn"),
        ({"database": "external", "dsn": "mysql://a@b/c"}, "dsn"),
        ({"database": "external", "dsn": "postgresql://host/db"}, "dsn"),
        ({"database": "external", "dsn": "postgresql://a@host"}, "dsn"),
        ({"database": "external", "dsn": "postgresql://a@host:port/db"}, "dsn"),
        ({"database": "external", "dsn": "postgresql://a:secret@host/db"}, "dsn"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nowhere_else(change: dict[str, str], field: str) -> None:
    found = setup.problems(replace(GOOD, **change), FREE)  # type: ignore[arg-type]
    assert list(found) == [field]
    assert found[field].endswith(".") or "postgresql://" in found[field]


@pytest.mark.parametrize("folder", [Folder.FOREIGN, Folder.NOT_WRITABLE, Folder.NOT_A_FOLDER])
def test_a_folder_that_cannot_be_used_is_refused(folder: Folder) -> None:
    assert "data" in setup.problems(GOOD, replace(FREE, folder=folder))


def test_what_was_found_about_another_folder_says_nothing_about_this_one() -> None:
    assert setup.problems(GOOD, replace(FREE, data="/elsewhere", folder=Folder.FOREIGN)) == {}


@pytest.mark.parametrize("state", [Port.TAKEN, Port.FORBIDDEN])
def test_a_port_that_cannot_be_used_is_refused_unless_our_own_appliance_holds_it(state: Port) -> None:
    found = replace(FREE, ports=((8443, state),))
    assert "https_port" in setup.problems(GOOD, found)
    assert setup.problems(GOOD, replace(found, folder=Folder.OURS)) == {}


def test_the_password_is_put_into_the_address_so_that_any_character_survives() -> None:
    dsn = setup.full_dsn("postgres://me@db.example.com:5433/lockstep?sslmode=require", "p@ss/wörd:x")
    assert dsn == "postgresql://me:p%40ss%2Fw%C3%B6rd%3Ax@db.example.com:5433/lockstep?sslmode=require"


def test_no_password_leaves_the_address_as_it_is() -> None:
    assert setup.full_dsn("postgresql://me@db/lockstep", "") == "postgresql://me@db/lockstep"


def test_a_form_never_shows_its_secrets() -> None:
    assert PASSWORD not in repr(replace(GOOD, dsn_password=PASSWORD))


def test_the_first_tenants_address_is_known_before_it_exists() -> None:
    assert setup.tenant_address(GOOD) == "https://tenant1.cluster1.localhost:8443"
