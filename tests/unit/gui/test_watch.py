from __future__ import annotations

import pytest

from gui.errors import Cancelled, NotRunning, sentence_of
from gui.watch import Progress, Watch


def test_progress_reaches_whoever_listens() -> None:
    heard: list[Progress] = []
    Watch(heard.append).report("Making tables", 0.5)
    assert heard == [Progress("Making tables", 0.5)]


def test_work_stops_at_its_next_step_after_it_was_cancelled() -> None:
    watch = Watch(lambda _at: None)
    watch.check()
    watch.cancel()
    assert watch.cancelled
    with pytest.raises(Cancelled):
        watch.check()
    with pytest.raises(Cancelled):
        watch.pause(60)


def test_an_error_nobody_foresaw_still_becomes_a_sentence() -> None:
    assert sentence_of(NotRunning("It is not running.")) == "It is not running."
    assert "KeyError" in sentence_of(KeyError("x"))
