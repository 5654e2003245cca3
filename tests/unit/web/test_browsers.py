from __future__ import annotations

import pytest

from server.web.browsers import named

LIKE = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox 130 on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE} Chrome/140.0.0.0 Safari/537.36", "Chrome 140 on Windows"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.1",
            "Edge 140 on Windows",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {LIKE} Version/17.0 Mobile/15E148 Safari/604.1",
            "Safari 17 on iOS",
        ),
        (f"Mozilla/5.0 (Linux; Android 14) {LIKE} Chrome/139.0.0.0 Mobile Safari/537.36", "Chrome 139 on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("\x00\x1b[31mred\x07", "[31mred"),
    ],
)
def test_a_browser_is_told_in_words_that_its_owner_knows_again(agent: str, words: str) -> None:
    assert named(agent) == words


def test_whatever_a_client_calls_itself_stays_short() -> None:
    assert len(named("x" * 100_000)) <= 100
    assert len(named("Firefox/" + "9" * 100_000 + " Linux")) <= 100
