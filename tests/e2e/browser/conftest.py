"""The whole product with two real Roundup trackers, and a browser; made once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.support.browser import Watched, window
from tests.support.installation import Installation, new_installation
from tests.support.testbeds import roundup
from tests.support.testbeds.roundup import Roundup

LOGIN = "admin"
PASSWORD = "correct-horse-battery"
NOBODY = "127.0.0.1:1"
"""Listed for the cluster, and nobody listens there."""
HOST = "anna.north.localhost"
_BACKFILL_MS = 120_000
_DESK = (
    "Drucker im Büro: Papierstau, größer als gedacht",
    "Señal de red débil en la planta 3",
    "Cannot sign in after the holidays",
    "請幫忙重設密碼",
    "VPN bricht nach genau 30 Minuten ab",
    "Monitor flackert bei 4K",
    "Mail mit Umlauten im Betreff kommt verstümmelt an",
    "New starter needs a laptop by Monday",
)
_ENGINEERING = (
    "Crash on save when a naïve café.txt is open",
    "Search ignores accents: élan does not find elan",
    "Export to PDF loses the last row",
    "Läufer zeigt 101 % an",
    "Time zone of reports is off by one hour",
    "API: 500 on an empty body",
)


@dataclass(frozen=True, slots=True)
class World:
    """A running product with tenant ``anna``, and its two trackers."""

    installation: Installation
    desk: Roundup
    engineering: Roundup

    @property
    def address(self) -> str:
        """The tenant's panel, over plain HTTP on the loopback."""
        return f"http://{HOST}:{self.installation.http_port}"

    @property
    def secure_address(self) -> str:
        """The same through TLS."""
        return f"https://{HOST}:{self.installation.https_port}"


def report(bed: Roundup, title: str, text: str) -> None:
    """A new item, written by a person in the tracker itself."""
    with requests.Session() as alice:
        alice.auth = bed.auth("alice")
        alice.headers.update(bed.headers())
        users = alice.get(f"{bed.url}/rest/data/user?username=alice", timeout=60).json()
        author = users["data"]["collection"][0]["id"]
        words = alice.post(f"{bed.url}/rest/data/msg", json={"content": text, "author": author}, timeout=60)
        item = {"title": title, "messages": [words.json()["data"]["id"]]}
        alice.post(f"{bed.url}/rest/data/{bed.container}", json=item, timeout=60).raise_for_status()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything started, the trackers filled, nothing connected yet; each file has its own, whatever others did."""
    assert (Path(__file__).parents[3] / "server/panel/dist/index.html").exists(), "build the panel: make panel"
    folder = tmp_path_factory.mktemp("trackers")
    with (
        roundup.running(folder / "desk", template="classic") as desk,
        roundup.running(folder / "engineering", template="devel") as engineering,
        new_installation() as installation,
    ):
        for bed, titles in ((desk, _DESK), (engineering, _ENGINEERING)):
            for title in titles:
                report(bed, title, f"{title}.\n\nFirst line, with “quotes”.\nSecond line.")
        started = installation.start()
        assert started.code == 0, started.err
        installation.must("cluster", "create", "north")
        beside_us = [NOBODY, *(urlsplit(bed.url).netloc for bed in (desk, engineering))]
        installation.must("cluster", "reach", "north", *(word for one in beside_us for word in ("--add", one)))
        tenant = ("tenant", "create", "anna", "--title", "Anna & Söhne", "--password-stdin")
        installation.must(*tenant, stdin=f"{PASSWORD}\n")
        yield World(installation, desk, engineering)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, world: World) -> StorageState:
    """The cookies of an administrator who signed in by the form."""
    with window(browser, world.address) as watched:
        sign_in(watched, PASSWORD)
        watched.page.get_by_role("heading", name="Overview").wait_for()
        assert watched.complaints == []
        return watched.page.context.storage_state()


def sign_in(watched: Watched, password: str) -> None:
    """Fill in the form and send it."""
    page = watched.page
    page.goto("/")
    page.get_by_label("Login").fill(LOGIN)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def desk(browser: Browser, world: World, signed_in: StorageState) -> Iterator[Watched]:
    """A large light window, signed in; at the end it must have nothing to complain of."""
    with window(browser, world.address, state=signed_in) as watched:
        yield watched
        assert watched.complaints == []


def pictures(watched: Watched, name: str) -> None:
    """As it is seen in a large light and in a narrow dark window; it fits both."""
    page = watched.page
    for width, scheme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        watched.picture(f"{name}-{scheme}-{width}")
        assert watched.too_wide() <= 0, f"{name} is wider than its window of {width}"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def fill_in_connection(page: Page, name: str, url: str, password: str) -> None:
    page.goto("/connections/new")
    page.get_by_role("button", name="Roundup").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Address").fill(url)
    page.get_by_label("Login").fill("admin")
    page.get_by_role("textbox", name="Password").fill(password)


def connect(page: Page, name: str, bed: Roundup) -> None:
    fill_in_connection(page, name, bed.url, bed.passwords["admin"])
    page.get_by_role("button", name="Test").click()
    page.get_by_text("It works").wait_for()
    page.get_by_role("button", name="Save the connection").click()
    page.get_by_role("heading", name="Connections", exact=True).wait_for()


def choose(page: Page, box: str, option: str) -> None:
    page.get_by_role("combobox", name=box).click()
    page.get_by_role("option", name=option, exact=True).click()


MOVE = "Move everything from Help desk to Engineering, once"


def begin_integration(page: Page, world: World) -> None:
    """The wizard of a new one, as it suggests it, up to its rules."""
    page.goto("/integrations/new")
    choose(page, "Left side", "Help desk")
    choose(page, "Right side", "Engineering")
    page.get_by_role("button", name="Next").click()
    choose(page, "Help desk", world.desk.container)
    choose(page, "Engineering", world.engineering.container)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Values").first.wait_for()
    page.get_by_role("button", name="Next").click()


@pytest.fixture(scope="module")
def integration(browser: Browser, world: World, signed_in: StorageState) -> str:
    """The path of an integration that was made with the wizard, started, and has come into step."""
    with window(browser, world.address, state=signed_in) as watched:
        page = watched.page
        connect(page, "Help desk", world.desk)
        connect(page, "Engineering", world.engineering)
        page.goto("/integrations/new")
        choose(page, "Left side", "Help desk")
        choose(page, "Right side", "Engineering")
        watched.picture("wizard-1-connections")
        page.get_by_role("button", name="Next").click()
        choose(page, "Help desk", world.desk.container)
        choose(page, "Engineering", world.engineering.container)
        watched.picture("wizard-2-containers")
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Values").first.click()
        expect(page.get_by_role("combobox", name="Field of Help desk").first).to_have_value("Title * · text")
        watched.picture("wizard-3-fields")
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_text("Every item of Help desk gets a twin in Engineering")).to_be_visible()
        watched.picture("wizard-4-review")
        page.get_by_role("button", name="Save and start").click()
        page.get_by_role("heading", name="Help desk and Engineering").wait_for()
        page.get_by_text("Succeeded").first.wait_for(timeout=_BACKFILL_MS)
        expect(page.get_by_role("link", name="14 pairs")).to_be_visible()
        watched.picture("integration")
        assert watched.complaints == []
        return page.url.removeprefix(world.address)
