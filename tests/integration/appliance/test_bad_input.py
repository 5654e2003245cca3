"""Bad input gets one clear sentence and an exit code of its own, and nothing is lost or left running."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.support.installation import Done, Installation

pytestmark = pytest.mark.postgres


def one_sentence(done: Done, code: int, *words: str) -> None:
    assert done.code == code, done.err + done.out
    assert len(done.err.strip().splitlines()) == 1, done.err
    for word in words:
        assert word in done.err


def test_a_port_in_use_is_named_with_its_holder(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        installation.https_port = port
        one_sentence(installation.start(), 5, f"Port {port}", f"pid {os.getpid()}", "--https-port")
    assert not installation.processes()
    assert not (installation.data / "agent" / "control.json").exists()


def test_the_same_port_twice_is_refused(installation: Installation) -> None:
    installation.http_port = installation.https_port
    one_sentence(installation.start(), 2, "must differ")


def test_a_taken_database_port_is_no_obstacle(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 54329))
            taken.listen()
        except OSError:
            pass  # somebody has it already, which is as good
        started = installation.start()
        assert started.code == 0, started.err
        assert installation.member("postgres")["port"] != 54329


def test_a_folder_that_is_not_ours_is_refused_and_left_alone(installation: Installation) -> None:
    installation.data.mkdir()
    (installation.data / "letter.odt").write_text("dear")
    one_sentence(installation.start(), 6, "letter.odt", "--data")
    assert [path.name for path in installation.data.iterdir()] == ["letter.odt"]
    one_sentence(installation.lockstep("status"), 6, "letter.odt")


def test_a_folder_that_may_not_be_written_is_refused(installation: Installation) -> None:
    installation.data = Path("/sys/kernel/lockstep")
    one_sentence(installation.start(), 6, "may not write", "--data")


@pytest.mark.parametrize(("what", "name"), [("cluster", "../up"), ("tenant", "Über")])
def test_a_bad_name_is_refused_before_anything_is_asked(installation: Installation, what: str, name: str) -> None:
    one_sentence(installation.lockstep(what, "create", name), 2, name, "small letters")


def test_errors_are_json_when_json_is_asked_for(installation: Installation) -> None:
    done = installation.lockstep("status", "--json")
    assert done.code == 3
    assert done.json["exit_code"] == 3
    assert "lockstep start" in done.json["error"]


def test_an_unknown_option_is_a_matter_of_usage(installation: Installation) -> None:
    assert installation.lockstep("start", "--colour").code == 2


def test_a_base_domain_that_is_none_is_refused(installation: Installation) -> None:
    one_sentence(installation.start("--base-domain", "not a domain"), 2, "not a domain")


def test_what_is_not_there_is_named(installation: Installation) -> None:
    assert installation.start().code == 0
    one_sentence(installation.lockstep("cluster", "stop", "nowhere"), 7, "no cluster nowhere")
    one_sentence(installation.lockstep("tenant", "create", "t1"), 7, "lockstep cluster create")
    one_sentence(installation.lockstep("tenant", "suspend", "t1", "--cluster", "nowhere"), 7, "nowhere")
    one_sentence(
        installation.lockstep("cluster", "create", "ext", "--database", "postgresql://host/db"),
        2,
        "lacks user",
        "postgresql://",
    )
    assert installation.status()["clusters"] == []
