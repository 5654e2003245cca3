"""What differs between operating systems, behind one face; it must not know members or clusters.

``linux.py`` is the one that is complete; its siblings say that their system is not supported yet.
"""

from __future__ import annotations

import sys
from types import ModuleType

from appliance.errors import ApplianceError
from appliance.system import macos, windows


def require_supported(platform: str = sys.platform) -> None:
    """Raise ``ApplianceError`` with a sentence when this operating system is not supported yet."""
    sibling: ModuleType | None = {"win32": windows, "darwin": macos}.get(platform)
    if sibling is not None:
        raise ApplianceError(sibling.NOT_YET)
    if platform != "linux":
        raise ApplianceError(f"Lockstep does not run on {platform}; use a Linux host.")
