"""What the tests' clusters list: their apps stand on loopback, where nobody's app stands otherwise."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path

from server.connectors.dial import Contact
from server.connectors.reach import Listed, Reach

NETWORKS = ("127.0.0.0/8", "::1/128")
_LOOPBACK = Reach(tuple(Listed(network=ip_network(one)) for one in NETWORKS))


class Contacts(list[tuple[Contact, bool]]):
    """A ledger that keeps each contact, and whether it was refused."""

    def __call__(self, contact: Contact, *, refused: bool) -> None:
        self.append((contact, refused))


def loopback() -> Reach:
    """Apps on loopback may be contacted, as if the cluster listed them."""
    return _LOOPBACK


def write_reach(path: Path, *networks: str) -> Path:
    """The same as the file that the agent writes."""
    listed = [{"network": one} for one in networks or NETWORKS]
    path.write_text(json.dumps({"listed": listed}))
    return path
