"""Debian's Chromium, watched: what a page asks for, says in its console and breaks of its policy is written down.

It must not know any page of the panel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    expect,
    sync_playwright,
)

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS = 30_000
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""

Scheme = Literal["light", "dark"]


@dataclass
class Watched:
    """One browser window on one origin. ``complaints`` is what must be empty at the end."""

    page: Page
    host: str
    complaints: list[str] = field(default_factory=list)

    def picture(self, name: str) -> None:
        """A screenshot of the whole page, from its top."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("window.scrollTo(0, 0)")
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")

    def too_wide(self) -> int:
        """By how many CSS pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def window(
    browser: Browser,
    address: str,
    *,
    state: StorageState | None = None,
    width: int = 1440,
    height: int = 900,
    scheme: Scheme = "light",
) -> Iterator[Watched]:
    """A window of its own on ``address``; nothing is kept from other windows but ``state`` (cookies)."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        storage_state=state,
        ignore_https_errors=True,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    watched = _watch(context, urlsplit(address).hostname or "")
    try:
        yield watched
    except BaseException:
        watched.picture("where-it-failed")
        raise
    finally:
        context.close()


def _watch(context: BrowserContext, host: str) -> Watched:
    context.add_init_script(_TELL_VIOLATIONS)
    context.set_default_timeout(_PATIENCE_MS)
    watched = Watched(context.new_page(), host)

    def said(message: ConsoleMessage) -> None:
        # The browser notes every reply of 4xx; the ones that tell a person what is wrong are meant.
        if message.type in {"error", "warning"} and "the server responded with a status of 4" not in message.text:
            watched.complaints.append(f"console: {message.text}")

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != host:
            watched.complaints.append(f"request to another host: {url}")

    context.on("console", said)
    context.on("weberror", lambda error: watched.complaints.append(f"error: {error.error}"))
    context.on("request", lambda request: asked(request.url))
    return watched
