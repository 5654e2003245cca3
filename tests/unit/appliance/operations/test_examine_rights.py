"""The doctor tells what a process of ours should not be able to do."""

from __future__ import annotations

import dataclasses
import os

import pytest

from appliance.operations.examine_rights import faults
from appliance.system.linux_rights import NET_BIND_SERVICE, Rights, rights_of

ALL = (1 << 41) - 1
WELL = Rights((7,) * 4, (7,) * 4, (7,), 0, 0, 0, ALL, 0, no_new_privs=True, cores=False)


def test_an_ordinary_process_is_well() -> None:
    assert not list(faults(WELL, 7))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uids": (0,) * 4}, "it is root"),
        ({"uids": (7, 7, 0, 7)}, "it is root"),
        ({"uids": (65534,) * 4}, "it runs as nobody"),
        ({"gids": (0, 7, 7, 7)}, "root's group"),
        ({"groups": (0, 27)}, "root's group"),
        ({"permitted": 1}, "capabilities"),
        ({"effective": 1 << 21}, "capabilities"),
        ({"inheritable": 2}, "capabilities"),
        ({"ambient": 1 << NET_BIND_SERVICE}, "capabilities"),
        ({"no_new_privs": False}, "may gain rights"),
        ({"cores": True}, "memory to disk"),
    ],
)
def test_each_right_too_many_is_told(change: dict[str, object], words: str) -> None:
    (told,) = faults(dataclasses.replace(WELL, **change), 7)  # type: ignore[arg-type]
    assert words in told


def test_the_gateway_may_listen_on_ports_of_root_and_no_more() -> None:
    bit = 1 << NET_BIND_SERVICE
    lent = dataclasses.replace(WELL, permitted=bit, effective=bit, ambient=bit, inheritable=bit)
    assert not list(faults(lent, 7, bit))
    assert list(faults(lent, 7))
    assert list(faults(dataclasses.replace(lent, effective=bit | 1), 7, bit))


def test_the_system_is_asked_what_a_process_may() -> None:
    here = rights_of(os.getpid())
    assert here is not None
    assert here.uids[1] == os.geteuid()
    assert rights_of(2**22 + 1) is None
