"""Names of clusters and tenants become host names and roles, so they are narrow."""

from __future__ import annotations

import pytest

from appliance.config import require_name
from appliance.errors import ApplianceError, ExitCode


@pytest.mark.parametrize("name", ["", "X", "a", "ends-", "9lives", "über", "a" * 41, "../up", "a b", "a\n"])
def test_a_bad_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(ApplianceError, match="small letters") as refused:
        require_name(name, "tenant")
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("name", ["a1", "cluster1", "a-b", "a" * 40])
def test_a_good_name_passes(name: str) -> None:
    require_name(name, "cluster")
