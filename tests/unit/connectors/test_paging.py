"""The walk misses nothing that changes meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.paging import in_parts, walk
from server.domain.errors import TooLarge
from server.domain.item import Head, Page

START = datetime(2031, 1, 1, tzinfo=UTC)


class App:
    """A list of items by time of change in whole seconds, that changes after each question."""

    def __init__(self, seconds: Sequence[int], edits: Sequence[tuple[int, int]]) -> None:
        self.second = max(seconds, default=0)
        self.changed = {f"i{number}": second for number, second in enumerate(seconds)}
        self.version = dict.fromkeys(self.changed, 0)
        self.edits = list(edits)
        self.questions = 0
        self.shown = dict(self.version)
        """The versions as they were when the last question was asked."""

    def edit(self, pick: int, pause: int) -> None:
        """Change an existing item (or make one) ``pause`` seconds later than anything before."""
        self.second += pause
        name = f"i{pick}" if pick < len(self.changed) else f"i{len(self.changed)}"
        self.changed[name] = self.second
        self.version[name] = self.version.get(name, 0) + 1

    def ask(self, since: datetime | None, offset: int, limit: int) -> list[Head]:
        """The question as ``walk`` puts it; afterwards somebody may change something."""
        self.questions += 1
        assert self.questions < 2_000, "the walk does not end"
        rows = sorted((second, name) for name, second in self.changed.items())
        heads = [
            # As a connector does: no stamp while the second is not over, as the item may change within it again.
            Head(name, START + timedelta(seconds=second), f"{second}" if second < self.second else "")
            for second, name in rows
            if since is None or START + timedelta(seconds=second) >= since
        ]
        self.shown = dict(self.version)
        if self.edits:
            self.edit(*self.edits.pop(0))
        return heads[offset : offset + limit]


@given(
    seconds=st.lists(st.integers(0, 6), max_size=40),
    edits=st.lists(st.tuples(st.integers(0, 45), st.integers(0, 1)), max_size=20),
    limit=st.integers(2, 7),
)
def test_everything_comes_in_order_and_what_changed_last_is_seen_or_comes_with_the_next_look(
    seconds: list[int], edits: list[tuple[int, int]], limit: int
) -> None:
    app = App(seconds, edits)
    seen: dict[str, int] = {}
    cursor: datetime | None = None
    reached: list[datetime] = []
    for page in walk(app.ask, None, limit):
        assert page.heads
        assert page.reached is not None
        assert page.reached <= max(one.updated_at for one in page.heads)
        reached.append(page.reached)
        seen |= {one.id: app.shown[one.id] for one in page.heads}
    assert reached == sorted(reached)
    cursor = max(reached, default=None)
    assert set(seen) >= {f"i{number}" for number in range(len(seconds))}
    app.edits.clear()
    app.second += 1
    for page in walk(app.ask, cursor, limit):
        seen |= {one.id: app.shown[one.id] for one in page.heads}
    assert seen == app.version


@given(
    seconds=st.lists(st.integers(0, 4), max_size=30),
    edits=st.lists(st.tuples(st.integers(0, 35), st.integers(0, 1)), max_size=10),
    limit=st.integers(3, 40),
    most=st.integers(2, 10),
)
def test_a_page_that_is_too_large_an_answer_is_asked_for_in_smaller_ones(
    seconds: list[int], edits: list[tuple[int, int]], limit: int, most: int
) -> None:
    app = App(seconds, edits)

    def ask(since: datetime | None, offset: int, wanted: int) -> list[Head]:
        heads = app.ask(since, offset, wanted)
        if len(heads) > most:
            raise TooLarge("more than that is not taken")
        return heads

    assert {one.id for page in walk(ask, None, limit) for one in page.heads} >= {
        f"i{number}" for number in range(len(seconds))
    }


def test_a_single_entry_that_is_too_large_is_told() -> None:
    def ask(since: datetime | None, offset: int, wanted: int) -> list[Head]:
        raise TooLarge(f"{since}, {offset}, {wanted}")

    with pytest.raises(TooLarge, match="None, 0, 2"):
        list(walk(ask, None, 100))


@given(seconds=st.lists(st.integers(0, 4), max_size=30), limit=st.integers(2, 6))
def test_a_quiet_list_is_told_once(seconds: list[int], limit: int) -> None:
    app = App(seconds, ())
    told = [one.id for page in walk(app.ask, None, limit) for one in page.heads]
    assert sorted(told) == sorted(app.changed)


def test_only_what_changed_since_is_asked_for() -> None:
    app = App([1, 2, 3], ())
    later = START + timedelta(seconds=2)
    assert [one.id for page in walk(app.ask, later, 10) for one in page.heads] == ["i1", "i2"]
    assert list(walk(app.ask, START + timedelta(seconds=9), 10)) == []
    assert app.questions == 2


def test_a_walk_that_breaks_raises_and_does_not_end_early() -> None:
    def broken(since: datetime | None, offset: int, limit: int) -> list[Head]:
        assert (offset, limit) == (0, 2)
        if since is not None:
            raise TimeoutError
        return [Head("a", START, "1"), Head("b", START + timedelta(seconds=1), "1")]

    pages = walk(broken, None, 2)
    assert [one.id for one in next(pages).heads] == ["a", "b"]
    try:
        next(pages)
    except TimeoutError:
        return
    raise AssertionError("a broken walk must not look like an ended one")


heads_at = st.lists(st.integers(0, 9), min_size=1, max_size=12).map(
    lambda seconds: tuple(Head(f"i{n}", START + timedelta(seconds=at), "1") for n, at in enumerate(seconds))
)


@given(heads=heads_at, size=st.integers(1, 5), capped=st.none() | st.integers(0, 9))
def test_a_part_of_a_page_claims_no_more_than_the_list_has_shown_in_order(
    heads: tuple[Head, ...], size: int, capped: int | None
) -> None:
    reached = max(one.updated_at for one in heads)
    page = Page(heads, reached if capped is None else START + timedelta(seconds=capped), 7)
    parts = list(in_parts(page, size))
    assert tuple(one for part in parts for one in part.heads) == heads
    assert [part.total for part in parts] == [7] + [None] * (len(parts) - 1)
    for number, part in enumerate(parts):
        still_to_come = heads[(number + 1) * size :]
        assert part.reached is not None
        assert all(part.reached <= one.updated_at for one in still_to_come)
        assert part.reached <= page.reached  # type: ignore[operator]  # it has one
    assert parts[-1].reached == min(reached, page.reached)  # type: ignore[type-var]  # it has one
