"""``lockstep cluster reach``: shows and changes where the connections of a cluster's tenants may lead.

It is a client of the agent's control interface and does no work of its own.
"""

from __future__ import annotations

from pathlib import Path

import click

from appliance import display
from appliance.command import command, show
from appliance.control.client import Client
from appliance.control.messages import ChangeReach


def offer_reach(cluster: click.Group) -> None:
    """Add the command to the clusters' group."""

    @command(cluster, "reach")
    @click.argument("name")
    @click.option("--add", multiple=True, metavar="WHERE", help="Let connections lead there.")
    @click.option("--remove", multiple=True, metavar="WHERE", help="Not any more.")
    @click.option(
        "--only-listed/--also-unlisted", default=None, help="Nowhere but to what is listed; or to your networks, too."
    )
    def reach(
        data: Path,
        as_json: bool,  # noqa: FBT001
        name: str,
        add: tuple[str, ...],
        remove: tuple[str, ...],
        only_listed: bool | None,  # noqa: FBT001
    ) -> None:
        """Show or change where the connections of a cluster's tenants may lead.

        They reach the apps on your networks. This machine itself, link-local addresses and Lockstep's own ports are
        closed to them, unless you list what they need. WHERE is a host (tracker.example.com), all hosts below one
        (*.example.com), an address or a network (10.0.0.0/8), with :PORT if only that is meant. Our own ports open
        only where the port is named.
        """
        with Client.of(data) as client:
            if add or remove or only_listed is not None:
                found = client.change_reach(name, ChangeReach(add=add, remove=remove, only_listed=only_listed))
            else:
                found = client.reach(name)
        show(found, display.reach_page(name, found), as_json)
