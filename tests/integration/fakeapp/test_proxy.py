"""The proxy passes everything on as it came, and spoils what it is told to, just so."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import requests

from tests.support.fakeapp.running import Running, running
from tests.support.fakeapp.serve import TOKEN
from tests.support.proxy import LOGIN_PAGE, Asked, Fault, Proxy, standing_before

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def app() -> Iterator[Running]:
    with running(items=5) as app:
        yield app


@pytest.fixture
def proxy(app: Running) -> Iterator[Proxy]:
    with standing_before(app.url) as proxy:
        yield proxy


def test_what_is_not_spoiled_comes_and_goes_as_it_is(app: Running, proxy: Proxy) -> None:
    there = requests.get(f"{app.url}/items", headers=HEADERS, timeout=10)
    with requests.Session() as session:
        for _ in range(2):
            here = session.get(f"{proxy.url}/items", headers=HEADERS, timeout=10)
            assert (here.status_code, here.content) == (there.status_code, there.content)
            assert here.headers["Content-Type"] == there.headers["Content-Type"]
            assert "Date" in here.headers


def test_a_body_in_chunks_arrives_whole(proxy: Proxy) -> None:
    heard: list[Asked] = []

    def choose(asked: Asked) -> Fault:
        heard.append(asked)
        return Fault.LOGIN

    proxy.choose = choose
    requests.post(f"{proxy.url}/any", data=iter([b"one", b"two"]), timeout=10)
    requests.post(f"{proxy.url}/any", data=io.BytesIO(b"three"), timeout=10)
    assert [(one.body, one.writes) for one in heard] == [(b"onetwo", True), (b"three", True)]


@pytest.mark.parametrize(
    ("fault", "status"), [(Fault.BUSY, 429), (Fault.BROKEN, 503), (Fault.LOGIN, 200), (Fault.EMPTY, 200)]
)
def test_of_what_is_answered_in_its_place_the_app_hears_nothing(
    app: Running, proxy: Proxy, fault: Fault, status: int
) -> None:
    before = app.counts()
    proxy.choose = lambda _: fault
    answer = requests.get(f"{proxy.url}/items", headers=HEADERS, timeout=10)
    assert answer.status_code == status
    assert (answer.content == LOGIN_PAGE) == (fault is Fault.LOGIN)
    assert app.counts() == before
    assert proxy.happened[fault] == 1


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LOGIN_AFTER, Fault.BROKEN_AFTER, Fault.EMPTY_AFTER])
def test_of_what_is_answered_afterwards_the_app_has_done_all(app: Running, proxy: Proxy, fault: Fault) -> None:
    before = app.counts()
    proxy.choose = lambda _: fault
    try:
        requests.get(f"{proxy.url}/items", headers=HEADERS, timeout=10)
    except requests.ConnectionError:
        assert fault is Fault.LOST
    assert app.counts() != before


def test_an_answer_that_is_cut_is_not_whole_and_one_that_is_half_says_that_it_is(proxy: Proxy) -> None:
    whole = requests.get(f"{proxy.url}/items", headers=HEADERS, timeout=10).content
    proxy.choose = lambda _: Fault.HALF
    assert requests.get(f"{proxy.url}/items", headers=HEADERS, timeout=10).content == whole[: len(whole) // 2]
    proxy.choose = lambda _: Fault.CUT
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{proxy.url}/items", headers=HEADERS, timeout=10)
