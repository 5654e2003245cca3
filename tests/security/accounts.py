"""What the tests of accounts share: a tenant of each test's own, its people, and the codes that their apps show."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import pyotp

from server.services.access import Passwords
from server.store.provision import FirstUser
from tests.support.postgres import TestCluster
from tests.support.web import CHEAP, Browser, WebNode

PASSWORD = "correct horse battery staple"
OTHER = "quiet rivers find the sea"
NEVER = "00000000-0000-4000-8000-000000000000"


@dataclass
class House:
    """A tenant with an administrator ``admin``; every browser is a new one."""

    web: WebNode
    tenant: str

    def enter(self, login: str = "admin", password: str = PASSWORD, code: str = "") -> Browser:
        """Somebody, signed in."""
        browser = self.web.browser(self.tenant)
        answer = browser.request("POST", "/session", {"login": login, "password": password, "code": code})
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        browser.csrf = answer.json["csrf"]
        return browser

    def add(self, by: Browser, login: str, role: str = "viewer") -> str:
        """Another account with the password ``PASSWORD``; its id."""
        made = by.post("/users", {"login": login, "role": role, "password": PASSWORD}, expect=201)
        return str(made["user"]["id"])

    def actions(self, by: Browser) -> list[str]:
        """What the audit says was done, the newest first."""
        return [entry["action"] for entry in by.get("/audit")["entries"]]


def make_house(web: WebNode, cluster: TestCluster) -> House:
    """A tenant of the caller's own, whose administrator has the password ``PASSWORD``."""
    name = f"a{secrets.token_hex(4)}"
    cluster.create_tenant(name, FirstUser("admin", "admin@example.org", Passwords(CHEAP).hash(PASSWORD)))
    return House(web, name)


@dataclass
class App:
    """Somebody's authenticator app, with two codes: that of now, and the next one, as of a clock that is ahead."""

    secret: str
    steps: int = 0

    def code(self) -> str:
        """A code that was not shown yet. None is of the past: a slow test would come too late with it."""
        assert self.steps < 2, "a third one is of no use yet"
        shown = pyotp.TOTP(self.secret).at(int(time.time()) + self.steps * 30)
        self.steps += 1
        return shown


def set_up(browser: Browser, code: str = "") -> tuple[App, list[str]]:
    """Set up a second factor; the app, and the recovery codes."""
    made = browser.post("/account/second-factor", {"current": PASSWORD, "code": code})
    app = App(made["secret"])
    done = browser.post("/account/second-factor/confirm", {"code": app.code()})
    browser.csrf = done["csrf"]
    return app, done["codes"]
