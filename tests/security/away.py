"""What names lead to that answer as they like, on a machine of its own; it prints what came of it and judges nothing.

An app stands at ``OUTSIDE``, as on a company's network. At the same port of 127.0.0.1 stands what nobody may contact.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from server.connectors.http import HttpOutlet
from server.connectors.reach import Listed, Reach
from server.domain.errors import LockstepError
from tests.support.apart import OUTSIDE
from tests.support.certificates import Authority
from tests.support.nameserver import AAAA, A, answering
from tests.support.reaching import Contacts
from tests.support.webapp import WebApp

INSIDE = "127.0.0.1"
_ALWAYS = {
    "app.test": [OUTSIDE],
    "both.test": [OUTSIDE, INSIDE],
    "both-turned.test": [INSIDE, OUTSIDE],
    "six.test": [OUTSIDE, "::1"],
    "mapped.test": [f"::ffff:{INSIDE}"],
    "inside.test": [INSIDE],
    "neighbour.test": ["169.254.169.254"],
    "localhost": [INSIDE],
    "proxy.test": [OUTSIDE],
    "t.c1.example.test": [OUTSIDE],
}
LISTED = Reach((Listed(name="proxy.test"),))


class Names:
    """The names of this machine. ``turns.*`` lead outside when they are asked for the first time, then inside."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, int]] = Counter()

    def __call__(self, name: str, kind: int) -> Sequence[str] | None:
        self.asked[name, kind] += 1
        if name.startswith("turns"):
            return [OUTSIDE if self.asked[name, kind] == 1 else INSIDE]
        return _ALWAYS.get(name)


class Tries:
    """What came of each try."""

    def __init__(self) -> None:
        self.came: dict[str, Any] = {}

    def __call__(self, case: str, url: str, reach: Reach = Reach(), times: int = 1, **more: Any) -> None:  # noqa: B008 - a value that nobody can change
        contacts, ends = Contacts(), []
        with closing(HttpOutlet(url, reach=lambda: reach, ledger=contacts, **more)) as outlet:
            for _ in range(times):
                try:
                    outlet.request("GET", "/secret", headers={"X-Key": "sesame"}).json()
                    ends.append("reached")
                except LockstepError as error:
                    ends.append(f"{type(error).__name__}: {error.message}")
                outlet.close()
        told = [[one.host, one.port, one.address, one.via, refused] for one, refused in contacts]
        self.came[case] = {"ends": ends, "contacts": told}


def main() -> None:
    names, tries = Names(), Tries()
    with ExitStack() as stack:
        stack.enter_context(answering(names, 53))
        app = stack.enter_context(WebApp(host=OUTSIDE))
        inner = stack.enter_context(WebApp(port=app.port))
        port = app.port
        for name in ("app", "both", "both-turned", "six", "mapped", "inside", "neighbour", "nowhere"):
            tries(name, f"http://{name}.test:{port}")
        tries("localhost.", f"http://localhost.:{port}")
        tries("turns", f"http://turns.test:{port}", times=2)
        tries("listed name", f"http://inside.test:{port}", Reach((Listed(name="inside.test"),)))
        inner.asked.clear()
        tries("own port", f"http://app.test:{port}", Reach(own_ports=frozenset({port})))
        tries("own name", f"http://t.c1.example.test:{port}", Reach(own_names=frozenset({"c1.example.test"})))
        tries("only listed", f"http://app.test:{port}", Reach(only_listed=True))
        network = Listed(network=ip_network("10.0.0.0/8"))
        tries("only a network", f"http://app.test:{port}", Reach((network,), only_listed=True))
        _over_proxies(tries, port)
        with tempfile.TemporaryDirectory() as folder:
            tls = Authority("Nobody's", Path(folder)).issue("app", ["elsewhere.test"])
            secure = stack.enter_context(WebApp(tls, host=OUTSIDE))
            spy = stack.enter_context(WebApp(port=secure.port))
            tries("certificate", f"https://turns-too.test:{secure.port}")
        tries.came["asked inside"] = len(inner.asked) + len(spy.asked)
        tries.came["asked outside"] = [one.path for one in app.asked]
        tries.came["look-ups of app.test"] = [names.asked["app.test", A], names.asked["app.test", AAAA]]
    print(json.dumps(tries.came))  # noqa: T201 - it is what this is for


def _over_proxies(tries: Tries, port: int) -> None:
    proxy = f"http://proxy.test:{port}"
    tries("proxy here", "http://far.example", proxy=proxy)
    tries("proxy inside", "http://far.example", proxy=f"http://inside.test:{port}")
    tries("over a proxy", "http://far.example", LISTED, proxy=proxy)
    for case in ("inside.test", "localhost", "x.localhost", "0x7f.1", "metadata.google.internal", "neighbour.test"):
        tries(f"over a proxy to {case}", f"http://{case}", LISTED, proxy=proxy)
    tries("over a proxy by TLS to inside.test", "https://inside.test", LISTED, proxy=proxy)
