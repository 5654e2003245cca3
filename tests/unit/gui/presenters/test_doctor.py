from __future__ import annotations

from gui.client import Check, Doctor
from gui.presenters import doctor
from gui.presenters.cells import Tone

FOUND = Doctor(
    checks=(
        Check(name="Disk", ok=True, found="41 GB free"),
        Check(name="Names", ok=False, found="not resolved", advice="Ask the name server's keeper."),
    )
)


def test_what_needs_attention_comes_first() -> None:
    assert [check.name for check in doctor.ordered(FOUND)] == ["Names", "Disk"]
    assert doctor.verdict(FOUND) == ("1 check needs attention.", Tone.BAD)


def test_all_good_is_said_so() -> None:
    assert doctor.verdict(Doctor(checks=FOUND.checks[:1])) == ("Every check is good.", Tone.GOOD)


def test_the_report_holds_findings_and_advice() -> None:
    assert doctor.report(FOUND).splitlines() == [
        "[good] Disk: 41 GB free",
        "[ATTENTION] Names: not resolved",
        "    Ask the name server's keeper.",
    ]
