"""How we are known to a Roundup and what its answers mean; it must not know what is asked or why.

Roundup checks a password with so many rounds that it takes most of a request's time, so one sign-in is made and its
session used. A session that has ended turns us into an anonymous visitor: where such a visitor may use the REST
interface, that would go unnoticed, and every request carries the password instead.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, BinaryIO
from urllib.parse import urlencode, urlsplit

from server.connectors.base import Answer, Outlet
from server.connectors.confirming import told, unconfirmed
from server.connectors.echoes import without_echoes
from server.connectors.paths import segment
from server.connectors.reading import is_page, members_of, number
from server.connectors.roundup import declared
from server.connectors.roundup.declared import Declared
from server.connectors.zones import zone_called, zone_name
from server.domain.errors import (
    AppError,
    CredentialsRefused,
    LostAnswer,
    NotThatApp,
    PutRight,
    Rejected,
    Transient,
    Unreadable,
)
from server.domain.quoting import quoted
from server.domain.values import AppUser

Json = Mapping[str, Any]

_BAD_REQUEST, _FORBIDDEN, _BY_A_RULE, _CHANGED, _NOTHING_THERE = 400, 403, 405, 412, 416
_OWN_FAULT = "check the server log"
_COOKIE = re.compile(r"(roundup_session_[^=;,\s]+)=([^;,\s]+)")
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Known:
    """Who we are, and the headers that prove it."""

    user: AppUser
    headers: Mapping[str, str]


class Session:
    """One account at one Roundup. Safe for several threads."""

    def __init__(self, outlet: Outlet, login: str, password: str) -> None:
        self.outlet = outlet
        self._login, self._password = login, password
        parts = urlsplit(outlet.base_url)
        self._plain = {"X-Requested-With": "Lockstep", "Origin": f"{parts.scheme}://{parts.netloc}"}
        self._lock = threading.Lock()
        self._known: Known | None = None

    @property
    def user(self) -> AppUser:
        """Who we are; signs in when needed."""
        return self._signed_in().user

    def zone(self) -> tzinfo:
        """The time zone in which Roundup reads times from our account now: it counts for each query and write."""
        return self.told_zone() or UTC

    def told_zone(self) -> tzinfo | None:
        """The same; None where none is set at the account: the tracker's own counts, which Roundup does not tell.

        Raises ``PutRight`` when it is none that is known here.
        """
        found, _ = self.get(record("user", self.user.id), (("@fields", "timezone"), ("@verbose", "1")))
        said = str((found.get("attributes") or {}).get("timezone") or "").strip()
        zone = zone_called(zone_name(said)) if said else None
        if said and zone is None:
            raise PutRight(
                f"The syncing user's time zone “{said}” is not known here. Set it to UTC in Roundup (Your Details)."
            )
        return zone

    def check(self) -> AppUser:
        """Sign in anew. Raises ``NotThatApp`` when something else answers, ``CredentialsRefused``."""
        try:
            about = self.outlet.request("GET", "/rest", headers=self._plain | self._basic()).json()
        except Rejected as error:
            if error.status == _FORBIDDEN:
                raise self._no_rest() from error
            raise self._other_app() from error
        try:
            data_in(about)["supported_versions"]
        except (NotThatApp, KeyError) as error:
            raise self._other_app() from error
        with self._lock:
            self._known = None
        return self.user

    def get(self, path: str, params: Iterable[tuple[str, str]] = ()) -> tuple[Json, Answer]:
        """The ``data`` of an answer, and the answer."""
        answer = self._ask("GET", path, params=tuple(params), shape=data_in)
        return data_of(answer), answer

    def listed(self, path: str, params: Iterable[tuple[str, str]] = ()) -> tuple[list[Any], Answer]:
        """The members of a list, as they came, and the answer."""
        answer = self._ask("GET", path, params=tuple(params), shape=collection_in)
        return collection_in(answer.json()), answer

    def declared(self) -> Mapping[str, Mapping[str, Declared]]:
        """What the tracker declares of its classes; empty where that interface is off, or not for our account."""
        kind = {"Content-Type": "text/xml", "Accept": "text/xml"}
        try:
            return declared.read(self._ask("POST", "/xmlrpc", data=declared.ASKED, headers=kind).content)
        except AppError:
            return {}  # then the items have to show it

    def post(self, path: str, json: object) -> str:
        """Make something; its number."""
        return _made(self._ask("POST", path, json=json, shape=data_in), path)

    def upload(self, path: str, parts: Mapping[str, tuple[str, BinaryIO | bytes, str]]) -> str:
        """Make a file from a form; its number."""
        return _made(self._ask("POST", path, files=parts, shape=data_in), path)

    def edit(self, path: str, change: Any) -> None:
        """Write what ``change(attributes)`` says (None: nothing); begun anew when somebody else was faster.

        Raises ``LostAnswer`` where Roundup does not answer that it has changed this very thing.
        """
        for _ in range(_TRIES):
            found, _ = self.get(path, (("@verbose", "0"),))
            body = change(_attributes_of(found, path))
            if not body:
                return
            tag = {"If-Match": str(found.get("@etag") or "")}
            answer = self._ask("PUT", path, json=body, headers=tag, accept=(_CHANGED,), shape=data_in)
            if answer.status != _CHANGED:
                _confirm(answer, path)
                return
        raise _too_busy(path)

    def retire(self, path: str) -> None:
        """Take an item out of the tracker; begun anew when somebody else has changed it meanwhile."""
        for _ in range(_TRIES):
            found, _ = self.get(path, (("@verbose", "0"),))
            tag = {"If-Match": str(found.get("@etag") or "")}
            answer = self._ask("DELETE", path, json={}, headers=tag, accept=(_CHANGED,), shape=data_in)
            if answer.status != _CHANGED:
                if told(data_of(answer), "status", what=path) != "ok":
                    raise unconfirmed(path)
                return
        raise _too_busy(path)

    def size(self, path: str) -> int:
        """The size of what is at ``path`` in bytes, without reading it."""
        answer = self._ask("GET", path, headers={"Range": "bytes=0-0", "Accept": "*/*"}, accept=(_NOTHING_THERE,))
        total = answer.headers.get("Content-Range", "").rpartition("/")[2]
        if total.isdigit():
            return int(total)
        if answer.status == _NOTHING_THERE:
            return 0
        if is_page(answer.content):
            raise Transient(f"A web page came where Roundup's {path.strip('/')} should be. It will be tried again.")
        return len(answer.content)

    def stream(self, path: str) -> Iterable[bytes]:
        """The bytes at ``path``."""
        known = self._signed_in()
        try:
            return self.outlet.stream(path, headers=known.headers)
        except Rejected as error:
            if error.status != _FORBIDDEN or not self._has_ended(known):
                raise
            return self.outlet.stream(path, headers=self._signed_in().headers)

    def _ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
        accept = (*more.pop("accept", ()), _FORBIDDEN)
        known = self._signed_in()

        def ask(who: Known) -> Answer:
            sent = {**who.headers, **(headers or {})}
            try:
                return self.outlet.request(method, path, headers=sent, accept=accept, **more)
            except Rejected as error:
                raise _own_fault(method, error) from error

        answer = ask(known)
        if answer.status == _FORBIDDEN:
            ended = self._has_ended(known)
            if ended and "files" in more:
                raise Transient("Roundup's session ended during an upload. It will be tried again.")
            # A busy Roundup may take us for a visitor for one request; nothing of that is remembered of the tracker.
            answer = ask(self._signed_in()) if "files" not in more else answer
        if answer.status != _FORBIDDEN:
            return answer
        words = without_echoes(_words(answer), known.headers)
        raise Rejected(
            f"Roundup does not allow this to {self._login}.{quoted(words) or ' It gives no reason.'} Give the syncing "
            "user's role the right.",
            words=words,
            status=answer.status,
        )

    def _has_ended(self, known: Known) -> bool:
        """Whether a refusal means that our session is not known any more (then the next request signs in anew)."""
        if "Cookie" not in known.headers:
            return False
        if self.outlet.request("GET", "/rest/data", headers=known.headers, accept=(_FORBIDDEN,)).status != _FORBIDDEN:
            return False
        with self._lock:
            if self._known is known:
                self._known = None
        return True

    def _signed_in(self) -> Known:
        known = self._known
        if known is not None:
            return known
        with self._lock:
            if self._known is None:
                self._known = Known(self._who(), self._plain | (self._cookie() or self._basic()))
            return self._known

    def _basic(self) -> dict[str, str]:
        pair = f"{self._login}:{self._password}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}

    def _who(self) -> AppUser:
        """Our own user, proved by what only its owner may see."""
        wish = (("username:", self._login), ("@fields", "username,realname,address,roles"), ("@verbose", "2"))
        try:
            answer = self.outlet.request(
                "GET", "/rest/data/user", params=wish, headers=self._plain | self._basic(), shape=collection_in
            )
        except Rejected as error:
            if error.status == _FORBIDDEN:
                raise self._no_rest() from error
            raise
        found = data_of(answer).get("collection")
        if not isinstance(found, list) or not found or not isinstance(found[0], dict) or "roles" not in found[0]:
            raise CredentialsRefused(
                f"Roundup takes “{self._login}” for an anonymous visitor: it does not accept a login and password from "
                "programs. Switch on “http_auth” in its configuration."
            )
        return read_user(found[0])

    def _cookie(self) -> dict[str, str] | None:
        """A session's cookie, if Roundup gives one and it is safe to rely on."""
        form = {"@action": "login", "__login_name": self._login, "__login_password": self._password}
        headers = self._plain | {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        try:
            visitor = self.outlet.request("GET", "/rest/data", headers=self._plain, accept=(401, _FORBIDDEN))
            if visitor.status not in {401, _FORBIDDEN}:
                return None
            answer = self.outlet.request("POST", "/", headers=headers, data=urlencode(form).encode())
            found = _COOKIE.search(answer.headers.get("Set-Cookie", ""))
            if found is None:
                return None
            cookie = {"Cookie": f"{found[1]}={found[2]}"}
            self.outlet.request("GET", "/rest/data", headers=self._plain | cookie)
        except AppError:
            return None  # the password with each request works everywhere, only slower
        return cookie

    def _no_rest(self) -> CredentialsRefused:
        return CredentialsRefused(
            f"Roundup does not let “{self._login}” use its REST interface. Give the user a role with “Rest Access”, "
            "and check the login."
        )

    def _other_app(self) -> NotThatApp:
        return NotThatApp(
            f"What answers at {self.outlet.base_url} is no Roundup with a REST interface. The address must be the "
            "tracker's own, as people open it in the browser; Roundup must be 2.0 or later."
        )


def _own_fault(method: str, error: Rejected) -> AppError:
    """Roundup tells its own faults (a locked database, mostly) as a 400 like ours, but for its words.

    Whether the write took place is not known then. What a rule of the tracker rejects comes as a 405, as if the method
    were unknown: it means what was said, and one value of it may be all that is meant.
    """
    if error.status == _BY_A_RULE:
        return Rejected(error.message, words=error.words, status=_BAD_REQUEST)
    if error.status != _BAD_REQUEST or _OWN_FAULT not in error.words:
        return error
    message = "Roundup ran into a fault of its own (its server log has it; a busy database, mostly). It is tried again."
    kind = Transient if method == "GET" else LostAnswer
    return kind(message, words=error.words, status=error.status)


def record(name: str, numbered: str = "") -> str:
    """The path of a class, or of one of its members."""
    return f"/rest/data/{segment(name)}/{segment(numbered)}" if numbered else f"/rest/data/{segment(name)}"


def data_in(body: object) -> Json:
    """The ``data`` member of an answer's JSON. Raises ``NotThatApp`` where there is none."""
    if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
        raise NotThatApp("What answered is no Roundup: its data has another shape. Check the address.")
    data: Json = body["data"]
    return data


def collection_in(body: object) -> list[Any]:
    """The members of a list in an answer's JSON. Raises ``NotThatApp`` where there is none."""
    return members_of(data_in(body).get("collection"), "Roundup's address")


def data_of(answer: Answer) -> Json:
    """The ``data`` member. Raises ``NotThatApp`` where there is none."""
    return data_in(answer.json())


def _attributes_of(found: Json, path: str) -> Json:
    attributes = found.get("attributes")
    if not isinstance(attributes, dict):
        raise Unreadable(_named(path), "its attributes", "they are missing")
    return attributes


def _named(path: str) -> str:
    """``issue12`` for ``/rest/data/issue/12``."""
    return "".join(path.strip("/").split("/")[-2:])


def _made(answer: Answer, path: str) -> str:
    """The number of what was made."""
    what = f"a new {path.rpartition('/')[2]}"
    try:
        return number(told(data_of(answer), "id", what=what))
    except ValueError as error:
        raise unconfirmed(what) from error


def _confirm(answer: Answer, path: str) -> None:
    """Roundup tells the number and the address of what it has changed."""
    data = data_of(answer)
    numbered, link = str(told(data, "id", what=_named(path))), str(told(data, "link", what=_named(path)))
    if numbered != path.rpartition("/")[2] or link.rstrip("/").split("/")[-2:] != path.split("/")[-2:]:
        raise unconfirmed(_named(path))


def read_user(one: Json) -> AppUser:
    """A user as Roundup shows it to us."""
    login = str(one.get("username") or "")
    return AppUser(str(one["id"]), str(one.get("realname") or login), login, str(one.get("address") or ""))


def _words(answer: Answer) -> str:
    try:
        body = answer.json()
    except NotThatApp:
        return ""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("msg") or "") if isinstance(error, dict) else ""


def _too_busy(path: str) -> Transient:
    """Nothing was written, and nothing is wrong with what was to be: it has its time later."""
    return Transient(
        f"{path.rsplit('/', 2)[-1]} is being changed by others all the time; it was left as it is for now."
    )
