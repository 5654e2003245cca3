"""Where the connections of a cluster's tenants may lead: reads what a person lists, and tells the processes.

Processes read the file that is written here (``clusters/NAME/reach.json``) whenever it changes. Nobody but the agent
writes it, so no tenant can. A kill leaves the old file or the new one; the next start writes all of them anew.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from appliance.config import ClusterRecord, ClusterSecrets, load, write_private
from appliance.control.client import read_control_file
from appliance.errors import ApplianceError, ExitCode
from appliance.site import Site

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)")
"""A host whose last part is a number is an address to every library, however it is written."""
_BRACKETS = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>.*))?")
_PORT = re.compile(r"[0-9]{1,5}")
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Listed:
    """A host's name (``*.`` before it: all below) or a network; ``port`` None: every port but Lockstep's own."""

    name: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    port: int | None

    @classmethod
    def read(cls, text: str) -> Listed:
        """What a person writes: ``HOST``, ``*.DOMAIN``, an address or a network, and ``:PORT`` if only that is meant.

        Raises ``ApplianceError`` (USAGE).
        """
        host, port = _apart(text.strip().lower().rstrip("."))
        try:
            return cls("", ipaddress.ip_network(host), port)
        except ValueError as error:
            if "host bits" in str(error):
                network = ipaddress.ip_network(host, strict=False)
                raise ApplianceError(f"{text} is no network; {network} is one.", ExitCode.USAGE) from error
        try:
            name = host.encode("idna").decode() if not host.isascii() else host
        except UnicodeError:
            name = ""
        if not _NAME.fullmatch(name) or _NUMBER.fullmatch(name):
            raise ApplianceError(
                f"{text!r} is neither a host nor a network. Write a name (tracker.example.com), all names below one"
                " (*.example.com), an address (192.0.2.7) or a network (10.0.0.0/8), and :PORT behind it if only that"
                " port is meant; IPv6 stands in brackets then ([2001:db8::7]:443).",
                ExitCode.USAGE,
            )
        return cls(name, None, port)

    def shown(self) -> str:
        """As a person would write it."""
        if self.network is None:
            host = self.name
        else:
            single = self.network.num_addresses == 1
            host = str(self.network.network_address if single else self.network)
        if self.port is None:
            return host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def told(self) -> dict[str, object]:
        """As the server's processes read it."""
        return {"name": self.name, "network": str(self.network) if self.network else None, "port": self.port}


def _apart(text: str) -> tuple[str, int | None]:
    """Host and port. What has colons and no brackets is an IPv6 address as a whole."""
    in_brackets = _BRACKETS.fullmatch(text)
    if in_brackets is not None:
        host, port = in_brackets["host"], in_brackets["port"]
    else:
        host, port = text.split(":") if text.count(":") == 1 else (text, None)
    if port is None:
        return host, None
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= _HIGHEST_PORT:
        raise ApplianceError(f"{text!r} has no port that there could be, between 1 and 65535.", ExitCode.USAGE)
    return host, int(port)


def reach_file(site: Site, cluster: str) -> Path:
    """Where the processes of a cluster read it."""
    return site.folder.cluster(cluster) / "reach.json"


def tell_reach(site: Site) -> None:
    """Write every cluster's file anew: what it lists, and where this appliance itself answers now."""
    with site.telling:
        records = site.clusters()
        ours = {"own_ports": sorted(_own_ports(site, records)), "own_names": [site.route(one).host for one in records]}
        for record in records:
            listed = [Listed.read(one).told() for one in record.listed]
            content = {"listed": listed, "only_listed": record.only_listed, **ours}
            write_private(reach_file(site, record.name), json.dumps(content, indent=2) + "\n")


def _own_ports(site: Site, records: tuple[ClusterRecord, ...]) -> set[int]:
    options = site.options
    found = {options.https_port, options.http_port, site.postgres.listen_port, *(one.web_port for one in records)}
    control = read_control_file(site.folder.root)
    if control is not None:
        found.add(int(control.address.rpartition(":")[2]))
    for record in records:
        kept = load(site.folder.cluster(record.name) / "secrets.json", ClusterSecrets)
        if kept.external_dsn is not None:  # it may stand on this machine, too
            ports = str(conninfo_to_dict(kept.external_dsn).get("port") or 5432).split(",")
            found |= {int(one) for one in ports if one}
    return found
