"""How long a process may believe that a tenant is its own, without asking anybody."""

from __future__ import annotations

import pytest

from server.domain.errors import Fenced
from server.store.lease import LEASE, Tenure, elapsed


def test_a_tenure_that_was_never_renewed_is_over() -> None:
    with pytest.raises(Fenced):
        Tenure().check()


def test_a_renewed_tenure_holds_and_ends_with_its_lease() -> None:
    tenure = Tenure()
    tenure.renewed(elapsed())
    tenure.check()
    tenure.renewed(elapsed() - LEASE.total_seconds())
    with pytest.raises(Fenced, match="run out"):
        tenure.check()


def test_a_killed_process_is_followed_in_under_ten_seconds_whenever_it_was_killed() -> None:
    asks_every = LEASE / 4
    assert (LEASE + asks_every).total_seconds() < 10
