"""Jobs tell how they go and how they ended, whatever happens inside."""

from __future__ import annotations

import threading

import pytest

from appliance.control.jobs import JobBoard, Work
from appliance.control.messages import Job
from appliance.errors import ApplianceError, ExitCode
from appliance.site import Report


def finished(work: Work) -> Job:
    done, board = threading.Event(), JobBoard(lambda _: done.set())
    job = board.submit("work", work)
    assert done.wait(5)
    return board.get(job.id)


def test_a_result_is_kept() -> None:
    def work(report: Report) -> dict[str, object]:
        report("half way", 0.5)
        return {"name": "c1"}

    job = finished(work)
    assert (job.state, job.step, job.progress, job.result) == ("succeeded", "half way", 0.5, {"name": "c1"})


def test_a_refusal_keeps_its_sentence_and_exit_code() -> None:
    def work(_: Report) -> dict[str, object]:
        raise ApplianceError("The cluster c1 exists already.", ExitCode.EXISTS)

    job = finished(work)
    assert (job.state, job.error, job.exit_code) == ("failed", "The cluster c1 exists already.", 8)


def test_a_surprise_is_an_error_too() -> None:
    def work(_: Report) -> dict[str, object]:
        raise KeyError("colour")

    job = finished(work)
    assert job.state == "failed"
    assert "colour" in job.error


def test_a_cancelled_job_ends_at_its_next_report() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()
    board = JobBoard(lambda _: done.set())

    def work(report: Report) -> dict[str, object]:
        begun.set()
        assert go_on.wait(5)
        report("never seen")
        return {}

    job = board.submit("work", work)
    assert begun.wait(5)
    assert board.busy()
    board.cancel(job.id)
    go_on.set()
    assert done.wait(5)
    assert board.get(job.id).state == "cancelled"
    assert not board.busy()


def test_an_unknown_job_is_not_found() -> None:
    with pytest.raises(ApplianceError, match="no job"):
        JobBoard(lambda _: None).get("x")
