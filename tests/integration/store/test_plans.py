"""What a page costs the database does not grow with the integration, even before anybody has counted its rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from server.domain.item import Side
from server.store import events, holds, journal, marks, outset, pairs, runs
from server.store.crypto import Cipher
from server.store.database import Transaction
from server.store.journal import Outcome
from tests.property.world import Stage, World
from tests.support.postgres import Server, TestCluster

pytestmark = pytest.mark.postgres
FEW, MANY = 60, 40000
PAGE = 100
MODES = ("force_generic_plan", "force_custom_plan")
"""How PostgreSQL plans a prepared statement: once for all values, and for each anew."""
MINE = [f"l{n}" for n in range(PAGE)]
THEIRS = [f"r{n}" for n in range(1, PAGE)]
FILLED = """
delete from pairs;
delete from holds;
insert into pairs (id, integration_id, state, origin, left_id, right_id, left_stamp, right_stamp)
  select gen_random_uuid(), :integration, 'linked', 'left', 'l' || n, 'r' || n, 's', 's'
  from generate_series(1, :many) n;
insert into operations (id, run_id, pair_id, place, kind, side, payload, state)
  select id, :run, id, 0, 'create', 'right', '{}', 'done' from pairs;
insert into holds (integration_id, side, item_id, kind, reason)
  select :integration, 'left', 'held' || n, 'quarantine', 'why' from generate_series(1, :many) n;
insert into events (integration_id, run_id, pair_id, side, item_id, item_key, outcome, summary)
  select :integration, :run, id, 'left', left_id, '', 'created', 'made' from pairs;
insert into conflicts (pair_id, field_left, field_right, winner, reason)
  select id, 'title', 'title', 'left', 'why' from pairs
"""
IDS = "select id from pairs order by left_id"
READ = "select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) from pg_stat_xact_user_tables"

CIPHER = Cipher(bytes(32))

Use = Callable[[Transaction, str, list[str]], object]
USES: dict[str, Use] = {
    "the marks of its items": lambda tx, of, _: marks.read(tx, of, Side.LEFT, MINE),
    "their pairs": pairs.by_ids,
    "the pairs of items": lambda tx, of, _: pairs.by_items(tx, of, Side.RIGHT, THEIRS),
    "how far their twins are": lambda tx, of, _: pairs.twins(tx, of, Side.RIGHT, THEIRS),
    "whose links lead to them": lambda tx, of, _: pairs.leading_to(tx, of, Side.RIGHT, THEIRS),
    "where a pass begins": lambda tx, of, _: outset.read(tx, of),
    "what was cut off": lambda tx, of, _: journal.unresolved(tx, CIPHER, of),
    "what was cut off of them": lambda tx, of, ids: journal.unresolved(tx, CIPHER, of, ids),
    "what was written of late": lambda tx, _, ids: journal.recent(tx, CIPHER, ids, timedelta(hours=1)),
    "what is due": lambda tx, of, _: holds.due(tx, of, PAGE),
    "when the next is due": lambda tx, of, _: holds.next_due(tx, of),
    "which are held": lambda tx, of, _: holds.known(tx, of, Side.LEFT, MINE),
    "who waited for them": lambda tx, of, _: holds.go_on(tx, of, [(Side.LEFT, one) for one in MINE]),
    "which conflicts were told": lambda tx, _, ids: events.waiting(tx, ids),
    "their writing": lambda tx, of, ids: pairs.save(tx, of, list(pairs.by_ids(tx, of, ids).values())),
    "the writing of their stamps": lambda tx, of, ids: pairs.stamp(
        tx, [(Side.LEFT, one) for one in pairs.by_ids(tx, of, ids).values()]
    ),
    "what became of them": lambda tx, _, ids: journal.finish(tx, [Outcome(one, "done") for one in ids]),
    "where an item may have been made": lambda tx, of, _: journal.sides_in_doubt(tx, of),
}


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_a_page_is_worked_without_a_look_at_the_rest(
    cluster: TestCluster, postgres_server: Server, mode: str, *, counted: bool
) -> None:
    database, name = cluster.database(), f"plans-{mode[6:]}-{counted}".lower().replace("_", "-")
    cluster.create_tenant(name)
    world = Stage(database, cluster.login(name), cluster, name).world()
    with world.scope.transaction() as tx:
        given = {"integration": world.integration, "many": FEW, "run": runs.begin(tx, world.integration, "poll")}
        fill(tx, given)
    if counted:  # when there was next to nothing, as autovacuum may have done
        with psycopg.connect(postgres_server.dsn(cluster.settings.name), autocommit=True) as superuser:
            superuser.execute("analyze")
    costs = {}
    with world.scope.transaction() as tx:
        ids = fill(tx, {**given, "many": MANY})[:PAGE]
        tx.execute(text(f"set local plan_cache_mode = {mode}"))
        for what, use in USES.items():
            use(tx, world.integration, ids)
            before = tx.execute(text(READ)).scalar_one()
            use(tx, world.integration, ids)
            costs[what] = int(tx.execute(text(READ)).scalar_one() - before)
    database.close()
    grown = {what: read for what, read in costs.items() if read > 3 * PAGE}
    assert not grown, grown


def fill(tx: Transaction, given: dict[str, object]) -> list[str]:
    """Put so ``many`` pairs in the place of those that are there, with all that hangs on them; their ids."""
    for statement in FILLED.split(";"):
        tx.execute(text(statement), given)
    return [str(one) for one in tx.execute(text(IDS)).scalars()]


ENTRIES = "select sum(idx_tup_read) from pg_stat_user_indexes where indexrelname = 'operations_planned_idx'"
PATIENCE = 60.0
"""Seconds until nobody else looks back: while autovacuum counts what was filled in, no entry is over for everybody."""


def test_what_is_over_is_walked_past_once_and_not_for_each_page(cluster: TestCluster) -> None:
    database = cluster.database()
    cluster.create_tenant("plans-over")
    world = Stage(database, cluster.login("plans-over"), cluster, "plans-over").world()
    with world.scope.transaction() as tx:
        fill(tx, {"integration": world.integration, "many": 5000, "run": runs.begin(tx, world.integration, "poll")})
        tx.execute(text("update operations set state = 'planned'"))
    with world.scope.transaction() as tx:
        tx.execute(text("update operations set state = 'done'"))
    walks, end = [walked(world)], time.monotonic() + PATIENCE
    while time.monotonic() < end and (len(walks) < 2 or walks[-1] - walks[-2] >= PAGE):
        walks.append(walked(world))
    database.close()
    assert walks[-1] - walks[-2] < PAGE, walks


def walked(world: World) -> int:
    """How many entries of the index were read so far, after one more page has asked."""
    with world.scope.reading() as tx:
        assert journal.sides_in_doubt(tx, world.integration) == set()
        tx.execute(text("select pg_stat_force_next_flush()"))
    with world.scope.transaction() as tx:
        return int(tx.execute(text(ENTRIES)).scalar_one())
