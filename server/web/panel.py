"""Serves the built panel: hashed files for ever, everything else as the page; it must not know what the panel does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

from flask import Flask, Response, make_response, request, send_from_directory

from server.domain.errors import NotFound
from server.web.hooks import PAGE
from server.web.safe_headers import new_nonce, policy

_NOT_PAGES = ("api/", "-/", "assets/")
_A_YEAR_UNCHANGED = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class Panel:
    """The folder of the built panel."""

    folder: Path

    def install(self, app: Flask) -> frozenset[str]:
        """Add the routes; the endpoints that belong to no tenant."""
        app.add_url_rule("/assets/<path:name>", "panel_asset", self._asset)
        app.add_url_rule("/", PAGE, self._page, defaults={"path": ""})
        app.add_url_rule("/<path:path>", PAGE, self._page)
        return frozenset({"panel_asset"})

    def _asset(self, name: str) -> Response:
        response = send_from_directory(self.folder / "assets", name, max_age=None)
        response.headers["Cache-Control"] = _A_YEAR_UNCHANGED
        return response

    def _page(self, path: str) -> Response:
        if path.startswith(_NOT_PAGES):
            raise NotFound("There is nothing at this address.")
        if path != "index.html" and path in self._files():
            response = send_from_directory(self.folder, path, max_age=None)
            response.headers["Cache-Control"] = _ASK_AGAIN
            return response
        return self._index()

    def _files(self) -> frozenset[str]:
        """The names of the files beside the page. Asked for what is there: a name of others may be none at all."""
        with suppress(OSError):
            return frozenset(one.name for one in self.folder.iterdir() if one.is_file())
        return frozenset()

    def _index(self) -> Response:
        try:
            text = (self.folder / "index.html").read_text(encoding="utf-8")
        except OSError as error:
            raise NotFound("The panel was not built; run `make panel`.") from error
        nonce = new_nonce()
        text = text.replace("__CSP_NONCE__", nonce).replace("__BASE_PATH__", escape(f"{request.script_root}/"))
        response = make_response(text)
        response.mimetype = "text/html"
        response.headers["Content-Security-Policy"] = policy(nonce)
        response.headers["Cache-Control"] = "no-store"
        return response
