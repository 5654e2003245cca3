"""Signs in to a tenant's panel and uses its API as the panel does: cookie, CSRF token, problems; it knows no page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from appliance.errors import ApplianceError, ExitCode

SESSION_COOKIE = "lockstep_session"
_ACCEPTED, _API = 202, "/api/v1/"


class Panel:
    """One signed-in visit to the tenant at ``host`` (``tenant1.cluster1.localhost``), by the gateway's http port."""

    def __init__(self, host: str, port: int) -> None:
        # The name need not be known to the system's resolver: the gateway looks at the header alone.
        self._base = f"http://127.0.0.1:{port}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Host"] = f"{host}:{port}"

    def sign_in(self, login: str, password: str) -> None:
        """Begin a session. Raises ``ApplianceError`` with the server's sentence."""
        me = self.ask("POST", "session", {"login": login, "password": password})
        self._session.headers["X-CSRF-Token"] = str(me["csrf"])

    def close(self) -> None:
        """Let go of the connection; the session ends by itself."""
        self._session.close()

    def get(self, path: str, **params: str | int) -> Any:
        """What is at ``path``."""
        return self.ask("GET", path, params=params)

    def ask(
        self,
        method: str,
        path: str,
        body: object | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Any:
        """Send a request and return the JSON of its answer (None if it has none), also where it takes an app a while.

        Raises ``ApplianceError`` with the server's own words when it refuses or is not there.
        """
        try:
            answer = self._session.request(method, f"{self._base}/{path}", json=body, params=params, timeout=60)
            while answer.status_code == _ACCEPTED and "/answers/" in answer.headers.get("Location", ""):
                # An app is being asked; each look waits a moment in the server.
                answer = self._session.get(f"{self._base}/{answer.json()['answer'].removeprefix(_API)}", timeout=60)
        except requests.RequestException as error:
            raise ApplianceError(f"The panel does not answer ({type(error).__name__}). See: lockstep status") from error
        self._keep_cookie(answer)
        if answer.ok:
            return answer.json() if answer.content else None
        raise ApplianceError(_sentence(answer), _code(answer.status_code))

    def _keep_cookie(self, answer: requests.Response) -> None:
        """Send the session's cookie back ourselves: a jar would file it under 127.0.0.1 or refuse it."""
        session = answer.cookies.get(SESSION_COOKIE)
        if session:
            self._session.cookies.clear()
            self._session.headers["Cookie"] = f"{SESSION_COOKIE}={session}"


def _sentence(answer: requests.Response) -> str:
    try:
        problem = answer.json()
        said = str(problem.get("detail") or problem.get("title") or "")
    except (ValueError, AttributeError):
        said = answer.text.strip()[:200]
    return said or f"The panel answered {answer.status_code} to {answer.request.method} {answer.request.path_url}."


def _code(status: int) -> ExitCode:
    known = {404: ExitCode.NOT_FOUND, 409: ExitCode.EXISTS, 400: ExitCode.USAGE, 422: ExitCode.USAGE}
    return known.get(status, ExitCode.FAILED)
