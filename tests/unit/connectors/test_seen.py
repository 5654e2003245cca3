"""What an app was seen to do counts, the latest most, and only what is new is written down."""

from __future__ import annotations

from server.connectors.seen import Seen


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
