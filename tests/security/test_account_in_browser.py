"""An account's whole life in a real browser: a password by link, a second factor, a new password, a session ended."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from server.services import users
from server.services.access import Passwords
from server.store.provision import FirstUser
from server.web.factory import application
from tests.security.accounts import OTHER, PASSWORD, App
from tests.support.browser import Watched, window
from tests.support.postgres import TestCluster
from tests.support.web import CHEAP, WebNode, make_web_node

pytestmark = [pytest.mark.postgres, pytest.mark.browser]
DIST = Path(__file__).parents[2] / "server/panel/dist"


@pytest.fixture
def address(cluster: TestCluster, tmp_path: Path) -> Iterator[tuple[str, WebNode, str]]:
    """A web node with the built panel, on a real socket; its tenant's address."""
    assert (DIST / "index.html").exists(), "build the panel: make panel"
    made = make_web_node(cluster, tmp_path)
    node = replace(made.node, settings=made.node.settings.model_copy(update={"panel_folder": DIST}))
    tenant = f"b{secrets.token_hex(4)}"
    cluster.create_tenant(tenant, FirstUser("admin", "admin@example.org", Passwords(CHEAP).hash(PASSWORD)))
    server = make_server("127.0.0.1", 0, application(node), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{tenant}.cluster1.localhost:{server.server_port}", made, tenant
    server.shutdown()
    thread.join()
    server.server_close()
    node.cluster.close()


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("Login").fill("admin")
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def pictures(watched: Watched, name: str) -> None:
    for width, scheme in ((1440, "light"), (390, "dark")):
        watched.page.set_viewport_size({"width": width, "height": 844})
        watched.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        watched.picture(f"{name}-{scheme}-{width}")
        assert watched.too_wide() <= 0, f"{name} is wider than its window of {width}"
    watched.page.set_viewport_size({"width": 1440, "height": 900})


def choose_password(here: Watched, token: str) -> None:
    page = here.page
    page.goto(f"/password#{token}")
    for password in ("passwordpassword", OTHER):
        page.get_by_role("textbox", name="New password").fill(password)
        page.get_by_role("textbox", name="Once more").fill(password)
        page.get_by_role("button", name="Take this password").click()
        if password != OTHER:
            expect(page.get_by_text("one of the commonest passwords")).to_be_visible()
            pictures(here, "choose-password")
    page.get_by_role("link", name="Sign in").click()


def set_up(here: Watched) -> tuple[App, list[str]]:
    page = here.page
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("textbox", name="Your password").fill(OTHER)
    page.get_by_role("button", name="Go on").click()
    app = App(page.locator("pre").inner_text().replace(" ", ""))
    pictures(here, "second-factor")
    page.get_by_label("The code that the app shows now").fill(app.code())
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("Your ten recovery codes")).to_be_visible()
    recovery = page.locator("pre").inner_text().split()
    page.get_by_role("button", name="I have it").click()
    return app, recovery


def test_a_whole_life(browser: Browser, address: tuple[str, WebNode, str]) -> None:
    place, web, tenant = address
    with window(browser, place) as there, window(browser, place) as here:
        page = here.page
        choose_password(here, users.open_again(web.node.cluster.scope(tenant), "admin", drop_factor=False).token)
        sign_in(page, OTHER)
        page.get_by_label("Account of admin").click()
        page.get_by_role("menuitem", name="Account").click()
        app, recovery = set_up(here)

        other = there.page
        other.goto("/")
        sign_in(other, OTHER)
        other.get_by_label("Code").fill(app.code())
        pictures(there, "sign-in-code")
        other.get_by_role("button", name="Sign in").click()
        expect(other.get_by_role("heading", name="Overview")).to_be_visible()

        page.reload()
        pictures(here, "account")
        page.get_by_role("button", name="End Chrome").click()
        expect(page.get_by_role("button", name="End Chrome")).to_have_count(0)
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        sign_in(other, OTHER)
        other.get_by_label("Code").fill(recovery[0])
        other.get_by_role("button", name="Sign in").click()
        expect(other.get_by_role("heading", name="Overview")).to_be_visible()

        page.get_by_role("textbox", name="Password until now").fill(OTHER)
        page.get_by_role("textbox", name="New password").fill(PASSWORD)
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_text("The new password holds")).to_be_visible()
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_role("link", name="Users and tokens").click()
        page.get_by_role("switch", name="Administrators need a second factor").press("Space")
        expect(page.get_by_role("switch", name="Administrators need a second factor")).to_be_checked()
        pictures(here, "users")
        assert here.complaints == []
        assert there.complaints == []
