"""What a correlation id says: its original and its maker, in the same 36 signs as ever."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from server.domain.lineage import Lineage, Maker, alike, bounds, lineage, maker_of, marker, original

_roots = st.integers(0, 2**60 - 1)
_makers = st.builds(Maker, st.integers(0, 2**20 - 1), st.integers(0, 2**12 - 1))
_chances = st.uuids(version=4).map(str)


@given(root=_roots, maker=_makers, chance=_chances)
def test_what_is_written_into_an_id_is_read_from_it(root: int, maker: Maker, chance: str) -> None:
    made = marker(root, maker, chance)
    assert lineage(made) == Lineage(root, maker)
    assert str(uuid.UUID(made)) == made


@given(root=_roots, maker=_makers, chance=_chances, other=_roots)
def test_all_ids_of_an_original_lie_between_its_bounds(root: int, maker: Maker, chance: str, other: int) -> None:
    low, high = bounds(root)
    assert low <= marker(root, maker, chance) <= high
    if other >> 12 != root >> 12:
        assert not low <= marker(other, maker, chance) <= high


@given(maker=_makers, chances=st.tuples(_chances, _chances))
def test_two_ids_of_one_original_differ_by_chance(maker: Maker, chances: tuple[str, str]) -> None:
    same = uuid.UUID(chances[0]).int % 2**30 == uuid.UUID(chances[1]).int % 2**30
    assert (marker(1, maker, chances[0]) == marker(1, maker, chances[1])) is same


@given(_chances)
def test_an_id_from_before_names_no_maker_and_is_a_lineage_of_its_own(chance: str) -> None:
    said = lineage(chance)
    assert said is not None
    assert said.maker is None


@given(st.none() | st.text(max_size=50))
def test_what_is_none_of_ours_says_nothing(text: str | None) -> None:
    said = lineage(text)
    assert said is None or (text is not None and str(uuid.UUID(text)) == text.lower())


def test_braces_and_missing_hyphens_are_not_how_we_write_an_id() -> None:
    plain = str(uuid.uuid4())
    assert lineage("{" + plain[1:-1] + "}") is None
    assert lineage(plain.replace("-", "")) is None
    assert lineage(plain.upper()) == lineage(plain)


def test_an_original_is_told_by_its_place_and_all_its_words() -> None:
    known = {original("redmine 1", "12"), original("redmine 2", "12"), original("redmine 1", "1", "2")}
    assert len(known) == 3
    assert original("redmine 1", "12") == original("redmine 1", "12")


def test_makers_are_told_apart_and_stay_who_they_are() -> None:
    assert maker_of("tenant", "one") == maker_of("tenant", "one")
    assert maker_of("tenant", "one").lockstep == maker_of("tenant", "two").lockstep
    assert maker_of("tenant", "one") != maker_of("tenant", "two")


def test_titles_are_alike_however_an_app_trims_cuts_or_writes_them() -> None:
    assert alike("  The Printer\u00a0 is on FIRE ") == alike("the printer is on fire")
    assert alike("x" * 300) == alike("x" * 60)
    assert alike("one\0") == alike("one\ufffd")
