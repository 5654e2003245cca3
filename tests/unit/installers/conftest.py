"""What is installed, looked at once."""

from __future__ import annotations

import pytest

from installers import parts
from installers.parts import Part


@pytest.fixture(scope="session")
def every() -> tuple[Part, ...]:
    return parts.every()
