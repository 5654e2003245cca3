"""The doctor's findings in order and in words; it must not ask for them."""

from __future__ import annotations

from gui.client import Check, Doctor
from gui.presenters import figures
from gui.presenters.cells import Tone


def ordered(doctor: Doctor) -> tuple[Check, ...]:
    """What needs attention first, then in the doctor's order."""
    return tuple(sorted(doctor.checks, key=lambda check: check.ok))


def verdict(doctor: Doctor) -> tuple[str, Tone]:
    """The one sentence above the table."""
    bad = sum(not check.ok for check in doctor.checks)
    if bad:
        return f"{figures.count(bad, 'check needs', 'checks need')} attention.", Tone.BAD
    return "Every check is good.", Tone.GOOD


def report(doctor: Doctor) -> str:
    """The findings as plain text, to be copied into a message to whoever helps."""
    lines = []
    for check in doctor.checks:
        lines.append(f"[{'good' if check.ok else 'ATTENTION'}] {check.name}: {check.found}")
        if check.advice and not check.ok:
            lines.append(f"    {check.advice}")
    return "\n".join(lines)
