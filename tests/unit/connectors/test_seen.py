"""What an app was seen to do or to have counts, the latest most; what is new is written down, within bounds."""

from __future__ import annotations

from server.connectors.seen import LARGEST, MOST, Seen, lessons_of


def test_nothing_is_known_before_an_answer_shows_it() -> None:
    assert Seen().has("deletes_items") is None
    assert Seen().news() == {}


def test_the_latest_answer_counts_and_is_written_down_once() -> None:
    seen = Seen()
    seen.recall({"deletes_items": True})
    assert seen.news() == {}
    seen.note("deletes_items", there=True)
    assert seen.news() == {}
    seen.note("deletes_items", there=False)
    assert seen.has("deletes_items") is False
    news = seen.news()
    assert news == {"deletes_items": False}
    seen.kept(news)
    assert seen.news() == {}


def test_what_is_seen_while_it_is_written_down_is_news_still() -> None:
    seen = Seen()
    seen.note("deletes_items", there=False)
    news = seen.news()
    seen.note("deletes_items", there=True)
    seen.kept(news)
    assert seen.news() == {"deletes_items": True}


def test_a_lesson_is_news_once_and_what_is_learned_later_stands_in_its_place() -> None:
    seen = Seen()
    seen.recall({"fields": ["a"]})
    seen.learn("fields", ["a"])
    assert seen.news() == {}
    seen.learn("fields", ["b"])
    assert seen.lesson("fields") == ["b"]
    assert seen.news() == {"fields": ["b"]}
    seen.kept(seen.news())
    assert seen.news() == {}


def test_an_ability_is_no_lesson_and_a_lesson_no_ability() -> None:
    seen = Seen()
    seen.recall({"one": True, "other": ["x"], "odd": 7})
    assert (seen.has("one"), seen.has("other"), seen.has("odd"), seen.lesson("one")) == (True, None, None, None)
    assert dict(seen.lessons("o")) == {"other": ["x"], "odd": 7}
    assert lessons_of({"one": True, "other": ["x"]}) == {"other": ["x"]}


def test_lessons_have_bounds_and_those_go_first_that_were_not_used_for_longest() -> None:
    seen = Seen()
    seen.note("deletes_items", there=True)
    seen.learn("huge", "x" * LARGEST)
    assert seen.lesson("huge") is None
    half = "x" * (LARGEST // 2)
    fits = MOST // (LARGEST // 2 + 10)
    for number in range(fits):
        seen.learn(f"number {number}", half)
    seen.kept(seen.news())
    assert seen.lesson("number 0") == half
    seen.learn("one more", half)
    seen.learn("and another", half)
    assert seen.lesson("number 0") == half
    gone = {name for name, one in seen.news().items() if one is None}
    assert gone
    assert "number 1" in gone
    assert all(seen.lesson(name) is None for name in gone)
    assert seen.has("deletes_items") is True
    seen.kept(seen.news())
    assert seen.news() == {}


def test_what_another_process_has_seen_is_taken_over_where_nothing_is_known_here() -> None:
    seen = Seen()
    seen.recall({"fields": ["a"]})
    seen.learn("fields", ["b"])
    seen.heed({"fields": ["c"], "others": ["d"], "deletes_items": True})
    assert (seen.lesson("fields"), seen.lesson("others"), seen.has("deletes_items")) == (["b"], ["d"], True)
    assert seen.news() == {"fields": ["b"]}


def test_what_changes_which_fields_there_are_is_counted_once() -> None:
    seen = Seen()
    seen.learn("fields", ["a"], of_fields=True)
    seen.learn("fields", ["a"], of_fields=True)
    seen.learn("after new", ["open"])
    assert seen.of_fields == 1
