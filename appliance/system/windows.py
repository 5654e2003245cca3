"""Windows: not supported yet, and it says so; it must not pretend otherwise."""

from __future__ import annotations

NOT_YET = "Lockstep does not run on Windows yet; use a Linux host (a virtual machine or WSL 2 will do)."
"""What a person reads who starts the appliance there."""
