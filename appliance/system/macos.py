"""macOS: not supported yet, and it says so; it must not pretend otherwise."""

from __future__ import annotations

NOT_YET = "Lockstep does not run on macOS yet; use a Linux host (a virtual machine will do)."
"""What a person reads who starts the appliance there."""
