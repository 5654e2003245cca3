"""Two sync processes of one cluster: never both on a tenant, whatever is killed or stopped, and soon the other."""

from __future__ import annotations

import time

import pytest

from tests.chaos import promises, story
from tests.chaos.death import backfilled
from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage, id_of, item
from tests.support.processes import Process

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

TAKEOVER = 10.0
"""Seconds in which another process must have taken a tenant over."""
WRITTEN = ("pairs", "comment_pairs", "attachment_pairs", "operations", "runs", "cursors", "holds", "events")
RECORD = """
create table record (id bigserial, backend int not null, epoch bigint not null);
create function note() returns trigger language plpgsql security definer as $$
begin
  execute format('insert into %I.record (backend, epoch) select pg_backend_pid(), epoch from %I.fence',
                 tg_table_schema, tg_table_schema);
  return null;
end $$;
"""


def keep_record(stage: Stage) -> None:
    """Let the database note which of its connections writes under which epoch."""
    each = "create trigger note after insert or update or delete on {} for each statement execute function note();"
    stage.sql(RECORD + "".join(each.format(table) for table in WRITTEN))


def check_record(stage: Stage) -> None:
    """Once an epoch has begun, no connection of an earlier one has written anything."""
    epochs = [epoch for (epoch,) in stage.sql("select epoch from record order by id")]
    assert epochs == sorted(epochs)
    assert len(set(epochs)) > 1
    both = stage.sql("select backend from record group by backend having count(distinct epoch) > 1")
    assert both == []


def epoch(stage: Stage) -> int:
    """The epoch that may commit."""
    [[found]] = stage.sql("select epoch from fence")
    return int(found)


def holder(stage: Stage) -> str:
    """The node whose lease is in force."""
    found = stage.sql("select holder from control.leases join control.holders using (holder) where expires_at > now()")
    return str(found[0][0]).split("/")[0] if found else ""


def make_much(stage: Stage) -> None:
    """Work for some seconds: the apps take their time."""
    story.before(stage)
    for app in (stage.left, stage.right):
        app.control("quirks", latency=0.05)


def test_the_tenants_of_a_killed_process_are_worked_by_another_in_under_ten_seconds(stage: Stage) -> None:
    make_much(stage)
    keep_record(stage)
    first, second = start_two(stage)
    stage.integrate()
    wait_until(lambda: stage.right.counts()["items"] > story.RIGHT + 1, "the backfill to be under way")
    first.kill()
    died = time.monotonic()
    wait_until(lambda: epoch(stage) == 2, "the second process to shut the first one out", TAKEOVER)
    wait_until(lambda: stage.sql("select 1 from record where epoch = 2"), "it to work", TAKEOVER)
    assert time.monotonic() - died < TAKEOVER
    promises.check(stage, second)
    check_record(stage)


@pytest.mark.parametrize("point", ["journal.committed", "create.sending", "create.sent", "settle.committing"])
def test_a_process_that_is_stopped_past_its_lease_writes_and_commits_nothing_when_it_wakes(
    stage: Stage, point: str
) -> None:
    story.before(stage)
    keep_record(stage)
    first, second = start_two(stage, f"{point}:stop")
    stage.integrate()
    wait_for_takeover(stage, first)
    wait_until(lambda: backfilled(stage), "the second process to do what the first one had planned")
    stage.rest(second)
    written, noted = stage.written(), stage.sql("select max(id) from record where epoch = 1")
    first.wake()
    wait_until(lambda: noticed(first), "the first process to notice")
    assert stage.written() == written
    assert stage.sql("select max(id) from record where epoch = 1") == noted
    typed = story.meanwhile(stage)
    promises.check(stage, second, typed)
    check_record(stage)
    assert first.alive()


def test_an_edit_made_meanwhile_is_not_overwritten_by_a_process_that_wakes(stage: Stage) -> None:
    title = item(stage.left, "L only")
    first, second = start_two(stage, "update.sending:stop")
    stage.integrate()
    wait_until(lambda: stage.right.counts()["items"] == 1, "the twin")
    stage.left.control("edit", id=title, fields={"text": "the first words"})
    wait_for_takeover(stage, first)
    stage.rest(second)
    stage.right.control("edit", id=id_of(stage.right, "L only"), fields={"text": "the last words"})
    stage.rest(second)
    first.wake()
    wait_until(lambda: noticed(first), "the first process to notice")
    stage.rest(second)
    for app in (stage.left, stage.right):
        assert [one["fields"]["text"] for one in app.items()] == ["the last words"]


def start_two(stage: Stage, fault: str = "") -> tuple[Process, Process]:
    """The process that holds the tenant, and one that waits for it. ``fault`` is of the first."""
    first = stage.start_sync(fault, node="one")
    wait_until(lambda: holder(stage) == "one", "the first process to hold the tenant")
    second = stage.start_sync(node="two")
    wait_until(lambda: stage.sql("select 1 from pg_stat_activity where query ~ 'lockstep_[w]ake' offset 1"), "both")
    return first, second


def noticed(process: Process) -> bool:
    """Whether it has said that it may not go on, or that its commit did not come through."""
    return any(words in process.said() for words in ("fenced off", "the pass was stopped", "no longer ours"))


def wait_for_takeover(stage: Stage, first: Process) -> None:
    """Until the other process works the tenant, once ``first`` has been stopped by its fault."""
    wait_until(first.stands_still, "the first process to come to its fault")
    stopped = time.monotonic()
    wait_until(lambda: epoch(stage) == 2, "the second process to shut the first one out", TAKEOVER)
    assert time.monotonic() - stopped < TAKEOVER
