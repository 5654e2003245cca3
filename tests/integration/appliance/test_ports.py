"""Appliances that start in the same moment on one host get ports of their own."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.config import DataFolder, load_options
from appliance.system.linux import claim_free_port, claim_port, free_port
from tests.support.installation import new_installation

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_two_that_start_at_once_take_a_database_port_each() -> None:
    with new_installation() as one, new_installation() as other:
        both = (one, other)
        with ThreadPoolExecutor(2) as pool:
            started = list(pool.map(lambda each: each.start(), both))
        assert [done.code for done in started] == [0, 0], [done.err for done in started]
        options = [load_options(DataFolder(each.data)) for each in both]
        assert len({each.postgres_port for each in options if each is not None}) == 2
        for each in both:
            assert {member["health"] for member in each.status()["members"]} == {"running"}
            assert each.member("postgres")["restarts"] == 0


def test_a_port_is_claimed_once_and_until_its_holder_lets_go() -> None:
    port = free_port()
    first = claim_port(port)
    assert first is not None
    with contextlib.closing(first):
        assert claim_port(port) is None
        other, second = claim_free_port(port, frozenset())
        second.close()
        assert other != port
    again, third = claim_free_port(port, frozenset())
    third.close()
    assert again == port
