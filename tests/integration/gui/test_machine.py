from __future__ import annotations

import os
import socket
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from gui import machine
from gui.errors import Trouble
from gui.machine import Folder, Port
from tests.support.postgres import Server


def test_what_lies_in_a_folder_is_told_apart(tmp_path: Path) -> None:
    ours, foreign, file = tmp_path / "ours", tmp_path / "foreign", tmp_path / "file"
    for folder in (ours, foreign):
        folder.mkdir()
    (ours / "lockstep.json").write_text('{"product": "lockstep", "format": 1}')
    (foreign / "lockstep.json").write_text('{"product": "another"}')
    file.write_text("x")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert machine.look_at_folder(ours) is Folder.OURS
    assert machine.look_at_folder(foreign) is Folder.FOREIGN
    assert machine.look_at_folder(file) is Folder.NOT_A_FOLDER
    assert machine.look_at_folder(file / "below") is Folder.NOT_WRITABLE
    assert machine.look_at_folder(empty) is Folder.EMPTY
    assert machine.look_at_folder(tmp_path / "new" / "deep") is Folder.NEW
    assert machine.look_at_folder(Path("/proc/lockstep")) in {Folder.NOT_WRITABLE, Folder.NEW}


def test_a_port_is_free_until_somebody_listens_on_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert machine.look_at_port(port) is Port.TAKEN
        assert machine.free_port_from(port) > port
    assert machine.look_at_port(port) is Port.FREE


def test_the_usual_data_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCKSTEP_DATA", str(tmp_path))
    assert machine.usual_data_folder() == tmp_path
    monkeypatch.delenv("LOCKSTEP_DATA")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert machine.usual_data_folder() == Path("/var/lib/lockstep")


@pytest.mark.postgres
def test_a_database_is_tried_and_what_it_lacks_is_named(postgres_server: Server) -> None:
    administrator = postgres_server.dsn("postgres")
    with psycopg.connect(administrator, autocommit=True) as connection:
        for name, right in (("console_owner", "CREATEROLE"), ("console_weak", "NOCREATEROLE")):
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'p w' {}").format(sql.Identifier(name), sql.SQL(right))
            )
        connection.execute("CREATE DATABASE console_external OWNER console_owner")
        connection.execute("CREATE DATABASE console_other")

    def dsn(user: str, database: str = "console_external", *, wrong: bool = False) -> str:
        password = "wrong" if wrong else "p%20w"
        return f"postgresql://{user}:{password}@127.0.0.1:{postgres_server.port}/{database}"

    found = machine.try_database(dsn("console_owner"))
    assert (found.database, found.user, found.encrypted) == ("console_external", "console_owner", False)
    for address, says in (
        (dsn("console_weak"), "may not create roles"),
        (dsn("console_owner", "console_other"), "may not create schemas"),
        (dsn("console_owner", "nowhere"), "does not exist"),
        (dsn("console_owner", wrong=True), "refused the login"),
    ):
        with pytest.raises(Trouble, match=says) as caught:
            machine.try_database(address)
        assert "p w" not in caught.value.message
        assert "wrong" not in caught.value.message
