"""Promise 6 for what we make: each twin was made once, and once it is told; it must not know how it came about."""

from __future__ import annotations

from collections import Counter

from server.domain.item import Side
from tests.property.world import World


def check_creations(world: World) -> None:
    """Every twin of ours has one line of creation, nothing else has any, and the runs say together how many there are.

    Also a twin that was found again after a death or a lost answer, and one whose original was deleted meanwhile.
    """
    rows = world.rows(
        "select id::text as id, origin, left_id, right_id from pairs where integration_id = :integration"
        " and left_id is not null and right_id is not null"
    )
    made = {row.id: row.right_id if row.origin == "left" else row.left_id for row in rows}
    told = Counter(
        row.pair
        for row in world.rows(
            "select pair_id::text as pair from events where integration_id = :integration and outcome = 'created'"
        )
    )
    untold = [item for pair, item in made.items() if not told[pair]]
    assert not untold, f"nothing says that {untold} were created; {world.history()}"
    twice = {pair: count for pair, count in told.items() if count > 1 or pair not in made}
    assert not twice, f"of these is told more than once that they were created: {twice}; {world.history()}"
    runs = world.rows("select counts from runs where integration_id = :integration")
    counted = sum(int(row.counts.get("created", 0)) for row in runs)
    assert counted == len(made), f"the runs say that {counted} were created, and there are {len(made)}"
    for side in Side:
        ours = {record.id for record in world.app(side).records.values() if record.ours}
        assert ours <= set(made.values()), f"of these items of ours nothing is known: {ours - set(made.values())}"
